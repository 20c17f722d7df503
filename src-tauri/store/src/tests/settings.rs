use super::{conversation, conversations, open, turn};
use crate::schema::{self, Migration};
use crate::{FILE, NewTurn, Store};
use std::time::Duration;
use tacet_conversation::{
    Conversation, ConversationId, ConversationSettings, Effort, Filing, ModelRef,
};

fn settings() -> ConversationSettings {
    ConversationSettings {
        assistant: Some("geologist".to_owned()),
        model: Some("lab/org/model:7b".parse().unwrap()),
        instructions: "Answer as a geologist.\nBriefly, in „Deutsch“.".to_owned(),
        temperature: Some(0.25),
        max_output_tokens: Some(512),
        effort: Some(Effort::Most),
        tools: Some(vec!["files".parse().unwrap(), "web/fetch".parse().unwrap()]),
    }
}

fn turn_with(conversation: &Conversation, settings: Option<ConversationSettings>) -> NewTurn {
    NewTurn {
        settings,
        ..turn(conversation, None)
    }
}

async fn kept(store: &Store, id: ConversationId) -> Option<ConversationSettings> {
    store.conversation_settings(id).await.unwrap()
}

async fn is_damaged(store: &Store, id: ConversationId) -> bool {
    let described = store.described(id).await.unwrap().unwrap();
    assert_eq!(described.settings, kept(store, id).await);
    described.is_damaged
}

#[tokio::test]
async fn settings_of_a_conversation_are_kept_as_they_are_until_they_are_changed() {
    let (folder, store) = open();
    let conversation = conversation();
    let id = conversation.id;
    assert_eq!(kept(&store, id).await, None);
    let new = turn_with(&conversation, Some(settings()));
    store.begin_turn(new).await.unwrap();
    assert_eq!(kept(&store, id).await, Some(settings()));
    // A turn that says nothing of them leaves them as they are.
    store.begin_turn(turn(&conversation, None)).await.unwrap();
    assert_eq!(kept(&store, id).await, Some(settings()));

    let other = ConversationSettings {
        tools: Some(Vec::new()),
        ..ConversationSettings::default()
    };
    let set = store.set_conversation_settings(id, other.clone()).await;
    assert!(set.unwrap());
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(kept(&store, id).await, Some(other.clone()));

    let mut json = Vec::new();
    store.export(&mut json).unwrap();
    let exported: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let written = &exported["conversations"][0]["settings"];
    assert_eq!(*written, serde_json::to_value(&other).unwrap());
}

#[tokio::test]
async fn settings_of_a_conversation_that_is_gone_are_not_kept() {
    let (_folder, store) = open();
    let conversation = conversation();
    let id = conversation.id;
    let set = store.set_conversation_settings(id, settings()).await;
    assert!(!set.unwrap());
    let new = turn_with(&conversation, Some(settings()));
    store.begin_turn(new).await.unwrap();
    assert!(store.delete(id, 2_000).await.unwrap());
    assert_eq!(kept(&store, id).await, None);
    let set = store.set_conversation_settings(id, settings()).await;
    assert!(!set.unwrap());
    assert!(store.restore(id).await.unwrap());
    assert_eq!(kept(&store, id).await, Some(settings()));
}

#[tokio::test]
async fn a_conversation_of_the_seventh_format_goes_on_with_the_model_of_the_branch_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let older: Vec<&Migration> = steps.into_iter().filter(|step| step.version <= 7).collect();
    let old = schema::open(folder.path(), Duration::from_millis(50), &older).unwrap();
    let [branched, plain, empty] = [(); 3].map(|()| ConversationId::new());
    let shown = tacet_conversation::MessageId::new();
    old.execute_batch(&format!(
        "INSERT INTO conversation (id, title, created_at, updated_at, head)
         VALUES ('{branched}', 'Branched', 1, 1, '{shown}'), ('{plain}', 'Plain', 1, 1, NULL),
                ('{empty}', 'Empty', 1, 1, NULL);
         INSERT INTO message (id, conversation_id, role, state, created_at, model)
         VALUES ('{shown}', '{branched}', 'assistant', 'complete', 1, 'a/shown'),
                ('m2', '{branched}', 'assistant', 'complete', 2, 'a/other'),
                ('m3', '{plain}', 'user', 'complete', 1, 'a/first'),
                ('m4', '{plain}', 'assistant', 'complete', 2, 'a/\"last\"/x');"
    ))
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    let of_model = |model: &str| {
        let model: ModelRef = model.parse().unwrap();
        Some(ConversationSettings::of_model(model))
    };
    assert_eq!(kept(&store, branched).await, of_model("a/shown"));
    assert_eq!(kept(&store, plain).await, of_model("a/\"last\"/x"));
    let nothing = ConversationSettings::default();
    assert_eq!(kept(&store, empty).await, Some(nothing));
    assert!(folder.path().join(format!("{FILE}.format-7")).exists());
}

#[tokio::test]
async fn what_tools_may_do_in_a_conversation_is_read_again_and_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = ConversationId::new();
    let allowed = Some("{\"hosts\":[\"example.org\"]}".to_owned());
    let unknown = store.set_permissions(id, allowed.clone()).await.unwrap();
    assert!(!unknown, "there is no such conversation");
    rusqlite::Connection::open(folder.path().join(FILE))
        .unwrap()
        .execute(
            "INSERT INTO conversation (id, title, created_at, updated_at) VALUES (?1, '', 1, 1)",
            [id.to_string()],
        )
        .unwrap();
    assert_eq!(store.permissions(id).await.unwrap(), None);
    assert!(store.set_permissions(id, allowed.clone()).await.unwrap());
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.permissions(id).await.unwrap(), allowed);
    assert!(store.delete(id, 2).await.unwrap());
    assert_eq!(store.permissions(id).await.unwrap(), None);
}

#[tokio::test]
async fn damaged_settings_and_tags_are_told_and_keep_nothing_closed() {
    let (folder, store) = open();
    let whole = conversation();
    let broken = conversation();
    for one in [&whole, &broken] {
        store.begin_turn(turn(one, None)).await.unwrap();
    }
    rusqlite::Connection::open(folder.path().join(FILE))
        .unwrap()
        .execute(
            "UPDATE conversation SET settings = '{\"model\": ', tags = 'cold' WHERE id = ?1",
            [broken.id],
        )
        .unwrap();
    assert_eq!(conversations(&store).await.len(), 2);
    assert_eq!(kept(&store, broken.id).await, None);
    assert!(is_damaged(&store, broken.id).await);
    assert!(!is_damaged(&store, whole.id).await);
    assert!(
        store
            .described(ConversationId::new())
            .await
            .unwrap()
            .is_none()
    );
    let mut json = Vec::new();
    store.export(&mut json).unwrap();
    assert!(
        String::from_utf8(json)
            .unwrap()
            .contains("What is a moraine?")
    );
    for words in [
        "moraine tag:cold",
        "moraine assistant:geo",
        "glaciers tag:c",
    ] {
        let search = crate::Search {
            words: words.to_owned(),
            utc_offset_minutes: 0,
            limit: 9,
        };
        assert_eq!(store.search(search).await.unwrap().hits, []);
    }
    // What is kept from then on can be read.
    let settings = ConversationSettings::default();
    let set = store.set_conversation_settings(broken.id, settings.clone());
    assert!(set.await.unwrap());
    assert!(store.file(broken.id, Filing::default()).await.unwrap());
    assert_eq!(kept(&store, broken.id).await, Some(settings));
    assert!(!is_damaged(&store, broken.id).await);
}

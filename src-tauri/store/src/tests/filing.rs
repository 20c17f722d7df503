//! Folders, pins, tags and the archive on disk, in the search, and after a deletion.

use super::deletion::files_with;
use super::{conversation, conversations, open, turn};
use crate::schema::{self, Migration};
use crate::{RenamedFolder, Search, Store};
use std::time::Duration;
use tacet_conversation::{Conversation, ConversationId, ConversationSettings, Filing};

fn filing(folder: Option<&str>, tags: &[&str]) -> Filing {
    Filing {
        folder: folder.map(str::to_owned),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Filing::default()
    }
}

/// A conversation of that title, which asks what a moraine is.
async fn told(store: &Store, title: &str, filing: Filing) -> ConversationId {
    let mut told = conversation();
    told.title = title.to_owned();
    store.begin_turn(turn(&told, None)).await.unwrap();
    assert!(store.file(told.id, filing).await.unwrap());
    told.id
}

async fn kept(store: &Store, id: ConversationId) -> Filing {
    store.conversation(id).await.unwrap().unwrap().filing
}

#[tokio::test]
async fn how_a_conversation_is_filed_is_kept_until_it_is_filed_otherwise() {
    let (folder, store) = open();
    let all = Filing {
        pinned: true,
        archived: true,
        ..filing(Some("Field notes"), &["ice", "ä, \"b\""])
    };
    let id = told(&store, "Ice", all.clone()).await;
    // A turn in it leaves that as it is.
    let here = store.conversation(id).await.unwrap().unwrap();
    store.begin_turn(turn(&here, here.head)).await.unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(kept(&store, id).await, all);
    assert_eq!(conversations(&store).await[0].filing, all);
    assert!(store.file(id, Filing::default()).await.unwrap());
    assert_eq!(kept(&store, id).await, Filing::default());

    assert!(store.delete(id, 2_000).await.unwrap());
    assert!(!store.file(id, all).await.unwrap());
    assert!(store.restore(id).await.unwrap());
    assert_eq!(kept(&store, id).await, Filing::default());
}

#[tokio::test]
async fn a_folder_is_one_whatever_its_capitals_and_is_renamed_joined_and_dissolved_as_a_whole() {
    let (_folder, store) = open();
    let a = told(&store, "A", filing(Some("Übung"), &[])).await;
    let b = told(&store, "B", filing(Some("übung"), &[])).await;
    let c = told(&store, "C", filing(Some("Work"), &[])).await;
    let folders = async || {
        let mut all = Vec::new();
        for id in [a, b, c] {
            all.push(kept(&store, id).await.folder.unwrap_or_default());
        }
        all
    };
    assert_eq!(folders().await, ["Übung", "Übung", "Work"]);
    // What was deleted goes along, for when it comes back.
    assert!(store.delete(b, 2_000).await.unwrap());
    let rename = async |from: &str, to: Option<&str>| {
        let renamed = store.rename_folder(from.to_owned(), to.map(str::to_owned));
        let RenamedFolder { moved, name } = renamed.await.unwrap();
        (moved, name.unwrap_or_default())
    };
    assert_eq!(rename("Übung", Some("ÜBUNG")).await, (2, "ÜBUNG".into()));
    assert!(store.restore(b).await.unwrap());
    assert_eq!(folders().await, ["ÜBUNG", "ÜBUNG", "Work"]);
    assert_eq!(
        rename("ÜBUNG", Some("work")).await,
        (2, "Work".into()),
        "as it is spelled there"
    );
    assert_eq!(folders().await, ["Work", "Work", "Work"]);
    assert_eq!(rename("Work", None).await, (3, String::new()));
    assert_eq!(folders().await, ["", "", ""]);
    assert_eq!(rename("Work", None).await, (0, String::new()));
}

#[tokio::test]
async fn a_search_is_narrowed_to_a_folder_a_tag_and_an_assistant_by_how_their_names_begin() {
    let (_folder, store) = open();
    let ice = told(&store, "Ice", filing(Some("Field Notes"), &["cold", "Wet"])).await;
    let snow = told(&store, "Snow", filing(Some("Übung"), &["cold"])).await;
    told(&store, "Rain", filing(None, &["wet"])).await;
    let settings = ConversationSettings {
        assistant: Some("geologist".to_owned()),
        ..ConversationSettings::default()
    };
    let set = store.set_conversation_settings(snow, settings);
    assert!(set.await.unwrap());
    let found = async |words: &str| {
        let search = Search {
            words: words.to_owned(),
            utc_offset_minutes: 0,
            limit: 50,
        };
        let found = store.search(search).await.unwrap();
        let mut ids: Vec<_> = found.hits.iter().map(|hit| hit.conversation_id).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let mut cold = [ice, snow];
    cold.sort();
    // As it is looked through, and as it is indexed.
    for _ in 0..2 {
        assert_eq!(found("moraine").await.len(), 3);
        assert_eq!(found("moraine folder:field").await, [ice]);
        assert_eq!(found("moraine folder:\"field NOTES\"").await, [ice]);
        assert_eq!(found("folder:ubung").await, [snow]);
        assert_eq!(found("tag:cold moraine").await, cold);
        assert_eq!(found("tag:WET").await.len(), 2);
        assert_eq!(found("tag:wet folder:field").await, [ice]);
        assert_eq!(found("moraine assistant:Geo").await, [snow]);
        assert_eq!(found("snow assistant:geologist").await, [snow]);
        assert_eq!(found("ice assistant:geologist").await, []);
        assert_eq!(found("snow folder:field").await, []);
        assert_eq!(found("snow tag:cold").await, [snow]);
        assert_eq!(found("moraine folder:elsewhere").await, []);
        assert_eq!(found("moraine tag:elsewhere").await, []);
        store.keep_index();
        store.purge_index().await.unwrap();
    }
}

#[tokio::test]
async fn the_names_of_what_was_deleted_are_in_no_file_any_more() {
    let (folder, store) = open();
    told(&store, "Ice", filing(Some("Harmless"), &["harmless"])).await;
    let doomed = told(&store, "Doomed", filing(Some("SECRET"), &["SECRET too"])).await;
    assert!(!files_with(folder.path(), "SECRET").is_empty());
    assert!(store.delete(doomed, 2_000).await.unwrap());
    store.purge_deleted(2_000).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_was_taken_away_is_overwritten() {
    let (folder, store) = open();
    let id = told(&store, "Ice", filing(Some("SECRET"), &["SECRET too"])).await;
    assert!(store.file(id, Filing::default()).await.unwrap());
    assert!(store.fold().await.unwrap());
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

#[tokio::test]
async fn conversations_of_the_ninth_format_are_filed_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let older: Vec<&Migration> = steps.into_iter().filter(|step| step.version <= 9).collect();
    let old = schema::open(folder.path(), Duration::from_millis(50), &older).unwrap();
    let id = ConversationId::new();
    old.execute(
        "INSERT INTO conversation (id, title, created_at, updated_at) VALUES (?1, 'Ice', 1, 1)",
        [id],
    )
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(kept(&store, id).await, Filing::default());
}

#[tokio::test]
async fn the_list_comes_in_pages_and_first_what_stands_first_in_it() {
    let (_folder, store) = open();
    let mut pinned = filing(Some("Zoo"), &[]);
    pinned.pinned = true;
    let mut archived = filing(Some("Alps"), &[]);
    archived.archived = true;
    let plain = told(&store, "Plain", Filing::default()).await;
    let archived = told(&store, "Archived", archived).await;
    let zoo = told(&store, "Zoo", filing(Some("zoo"), &[])).await;
    let alps = told(&store, "Alps", filing(Some("Alps"), &[])).await;
    let pinned = told(&store, "Pinned", pinned).await;
    let gone = told(&store, "Gone", Filing::default()).await;
    assert!(store.delete(gone, 1).await.unwrap());
    let ids = |list: Vec<Conversation>| list.iter().map(|it| it.id).collect::<Vec<_>>();
    let (all, more) = store.first_conversations(5).await.unwrap();
    assert_eq!(ids(all), [pinned, alps, zoo, plain, archived]);
    assert!(!more);
    let (first, more) = store.first_conversations(2).await.unwrap();
    assert_eq!(ids(first), [pinned, alps]);
    assert!(more);

    let mut read = Vec::new();
    loop {
        let page = store.conversations_after(read.last().copied(), 2);
        let page = ids(page.await.unwrap());
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        read.extend(page);
    }
    let mut expected = vec![plain, archived, zoo, alps, pinned];
    expected.sort();
    assert_eq!(read, expected);
}

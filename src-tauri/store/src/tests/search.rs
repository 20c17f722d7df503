//! Finding: what is found, what is not (any more), and what becomes of the index.

use super::{checkpoint, conversation, open, text, turn};
use crate::{Checkpointed, Found, HitKind, NewTurn, SEARCH_FILE, Search, Store};
use std::path::Path;
use tacet_conversation::{
    Attachment, Cause, Message, MessageId, MessageState, ModelRef, Part, Reasoning, ResultContent,
    ToolCall, ToolCallState, ToolResult,
};

fn asked(words: &str) -> Search {
    Search {
        words: words.to_owned(),
        utc_offset_minutes: 0,
        limit: 50,
    }
}

pub(super) async fn find(store: &Store, words: &str) -> Found {
    store.search(asked(words)).await.unwrap()
}

/// The messages that are found, the best first.
pub(super) async fn messages(store: &Store, words: &str) -> Vec<MessageId> {
    let found = find(store, words).await;
    found.hits.iter().filter_map(|hit| hit.message_id).collect()
}

/// Keeps the index, and returns when it has everything.
pub(super) async fn index(store: &Store) {
    store.keep_index();
    store.purge_index().await.unwrap();
}

/// A turn whose answer has these parts and has ended.
async fn told(store: &Store, new: &NewTurn, parts: Vec<Part>) -> Message {
    store.begin_turn(new.clone()).await.unwrap();
    let mut answer = new.answer.clone();
    answer.state = MessageState::Complete;
    answer.ended_at = Some(2_000);
    answer.parts = parts;
    assert!(store.finish(answer.clone()).await.unwrap());
    answer
}

/// A conversation of its own with this answer.
pub(super) async fn answered(store: &Store, words: &str) -> Message {
    told(store, &turn(&conversation(), None), vec![text(words)]).await
}

fn tool_parts() -> Vec<Part> {
    vec![
        Part::Reasoning(Reasoning {
            text: "I wonder about drumlins.".to_owned(),
            ..Reasoning::default()
        }),
        Part::ToolCall(ToolCall {
            call_id: "1".to_owned(),
            name: "look_up".to_owned(),
            arguments: r#"{"query": "K\u00e4rnten\nvalley"}"#.to_owned(),
            state: ToolCallState::Succeeded,
            seal: None,
        }),
        Part::ToolResult(ToolResult {
            call_id: "1".to_owned(),
            text: "An esker runs there.".to_owned(),
            contents: vec![ResultContent::text("Also a kame.")],
            left_out: false,
            state: ToolCallState::Succeeded,
        }),
        text("It is a valley of ice."),
    ]
}

#[tokio::test]
async fn everything_is_found_where_it_stands_with_and_without_an_index() {
    let (_folder, store) = open();
    let told_here = conversation();
    let mut new = turn(&told_here, None);
    let file = |name: &str, text: &str, base64| {
        Part::Attachment(Attachment {
            name: name.to_owned(),
            media_type: String::new(),
            text: text.into(),
            base64,
            ..Attachment::default()
        })
    };
    let parts = &mut new.user_message.as_mut().unwrap().parts;
    parts.push(file("fjord survey.pdf", "Zmlyag==", true));
    parts.push(file("notes.txt", "Firn is old snow.", false));
    let answer = told(&store, &new, tool_parts()).await;
    let question = new.user_message.unwrap();
    for indexed in [false, true] {
        if indexed {
            index(&store).await;
        }
        for (words, message, kind, part) in [
            ("glacier", None, HitKind::Title, None),
            ("moraine", Some(question.id), HitKind::Text, Some(0)),
            ("fjord", Some(question.id), HitKind::Attachment, Some(1)),
            ("firn", Some(question.id), HitKind::Attachment, Some(2)),
            ("drumlin", Some(answer.id), HitKind::Reasoning, Some(0)),
            ("look_up", Some(answer.id), HitKind::ToolCall, Some(1)),
            ("karnten", Some(answer.id), HitKind::ToolCall, Some(1)),
            ("esker", Some(answer.id), HitKind::ToolResult, Some(2)),
            ("kame", Some(answer.id), HitKind::ToolResult, Some(2)),
            // Words of several parts, and the piece with the most of them.
            ("ice valley esker", Some(answer.id), HitKind::Text, Some(3)),
        ] {
            let found = find(&store, words).await;
            assert_eq!(found.hits.len(), 1, "{words} {found:?}");
            let hit = &found.hits[0];
            assert_eq!(hit.conversation_id, told_here.id);
            assert_eq!(
                (hit.message_id, hit.kind, hit.part),
                (message, kind, part),
                "{words}"
            );
            assert_eq!(hit.title, "Glaciers");
            assert!(hit.snippet.iter().any(|piece| piece.is_hit), "{hit:?}");
        }
        for words in ["Zmlyag", "glaciology", "\"is moraine\"", "ice fjord"] {
            assert_eq!(find(&store, words).await.hits, [], "{words}");
        }
    }
}

#[tokio::test]
async fn exact_words_without_and_filters_choose_the_same_with_and_without_an_index() {
    let (_folder, store) = open();
    let first = answered(&store, "Blue ice flows. Snow falls.").await;
    let mut new = turn(&conversation(), None);
    new.answer.created_at = 1_767_225_600_000; // 2026-01-01
    new.answer.model = Some(ModelRef {
        provider: "there".to_owned(),
        model: "Llama-3".to_owned(),
    });
    let second = told(&store, &new, vec![text("Ice is blue.")]).await;
    let mut new = turn(&conversation(), None);
    new.answer.cause = Some(Cause::ViewerGone);
    store.begin_turn(new.clone()).await.unwrap();
    let mut third = new.answer.clone();
    third.state = MessageState::Interrupted;
    third.parts = vec![text("Blue iceberg")];
    assert!(store.finish(third.clone()).await.unwrap());
    let (first, second, third) = (first.id, second.id, third.id);
    for indexed in [false, true] {
        if indexed {
            index(&store).await;
        }
        for (words, mut expected) in [
            ("blue ice", vec![first, second, third]),
            ("blue ice ", vec![first, second]),
            ("\"blue ice\"", vec![first]),
            ("ice -snow", vec![second]),
            ("ice -\"is blue\" -iceberg ", vec![first]),
            ("ice model:llama", vec![second]),
            ("ice after:2026", vec![second]),
            ("ice before:2026-01-01", vec![first]),
            ("iceberg stopped:", vec![third]),
            ("stopped:yes", vec![third]),
            ("stopped:viewer-gone blue", vec![third]),
            ("ice stopped:no", vec![first, second]),
            ("-moraine -snow", vec![second, third]),
            ("model:llama-3", vec![second]),
        ] {
            let mut found = messages(&store, words).await;
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{words} {indexed}");
        }
    }
}

#[tokio::test]
async fn chinese_japanese_and_korean_are_found_by_two_characters_and_diacritics_do_not_count() {
    let (_folder, store) = open();
    let chinese = answered(&store, "我们在北京大学学习机器学习。").await.id;
    let japanese = answered(&store, "東京タワーに行きました。").await.id;
    let korean = answered(&store, "서울에서 만났습니다").await.id;
    let french = answered(&store, "Le cœur du glacier à Ålesund").await.id;
    for indexed in [false, true] {
        if indexed {
            index(&store).await;
        }
        for (words, expected) in [
            ("北京", vec![chinese]),
            ("京大", vec![chinese]),
            ("习。", vec![chinese]),
            ("机器学习", vec![chinese]),
            ("北京学习", vec![]),
            ("北京 学习", vec![chinese]),
            ("タワ", vec![japanese]),
            ("ﾀﾜ", vec![japanese]),
            ("울에", vec![korean]),
            ("만났습", vec![korean]),
            ("coeur alesund", vec![french]),
            ("CŒUR alesunde", vec![]),
        ] {
            assert_eq!(messages(&store, words).await, expected, "{words} {indexed}");
        }
        let mut both = messages(&store, "京").await;
        both.sort();
        assert_eq!(both, [chinese, japanese]);
    }
}

#[tokio::test]
async fn the_index_follows_what_is_sent_renamed_deleted_and_restored() {
    let (_folder, store) = open();
    index(&store).await;
    let told_here = conversation();
    let new = turn(&told_here, None);
    let mut answer = told(&store, &new, vec![text("A drumlin.")]).await;
    assert_eq!(messages(&store, "drumlin").await, [answer.id]);
    // A branch that is not shown any more.
    let other = turn(&told_here, new.user_message.map(|asked| asked.id));
    told(&store, &other, vec![text("An esker.")]).await;
    assert_eq!(messages(&store, "drumlin").await, [answer.id]);
    assert!(
        store
            .rename(told_here.id, "Hills".to_owned())
            .await
            .unwrap()
    );
    assert_eq!(find(&store, "glaciers").await.hits, []);
    assert_eq!(find(&store, "hills").await.hits[0].kind, HitKind::Title);
    assert!(store.delete(told_here.id, 5_000).await.unwrap());
    assert_eq!(find(&store, "drumlin").await.hits, []);
    assert_eq!(find(&store, "hills").await.hits, []);
    assert!(store.restore(told_here.id).await.unwrap());
    answer.id = messages(&store, "drumlin").await[0];
    assert_eq!(find(&store, "hills").await.hits.len(), 1);
}

#[tokio::test]
async fn a_running_answer_costs_the_index_nothing_and_is_found_when_it_has_ended() {
    let (folder, store) = open();
    index(&store).await;
    let new = turn(&conversation(), None);
    store.begin_turn(new.clone()).await.unwrap();
    store.purge_index().await.unwrap();
    let rows = || {
        let index = rusqlite::Connection::open(folder.path().join(SEARCH_FILE)).unwrap();
        let count = |table: &str| -> u32 {
            let sql = format!("SELECT count(*) FROM {table}");
            index.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        (count("indexed"), count("words_data"))
    };
    let before = rows();
    let mut saved = Checkpointed::default();
    for length in 1..20 {
        checkpoint(
            &store,
            &new,
            &mut saved,
            &[text(&"drumlin ".repeat(length))],
        )
        .await;
    }
    store.purge_index().await.unwrap();
    assert_eq!(rows(), before);
    assert_eq!(messages(&store, "drumlin").await, []);
    let mut answer = new.answer.clone();
    answer.state = MessageState::Complete;
    answer.parts = vec![text("drumlin")];
    // Another one goes on meanwhile, and what comes after it is not forgotten.
    store.begin_turn(turn(&conversation(), None)).await.unwrap();
    let later = answered(&store, "A drumlin as well.").await;
    assert!(store.finish(answer.clone()).await.unwrap());
    store.purge_index().await.unwrap();
    assert_eq!(rows().0, 5);
    let mut found = messages(&store, "drumlin").await;
    found.sort();
    assert_eq!(found, [answer.id, later.id]);
}

fn has(path: &Path, word: &str) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes
        .windows(word.len())
        .any(|piece| piece == word.as_bytes())
}

#[tokio::test]
async fn what_was_deleted_for_good_is_gone_from_the_index_and_its_file() {
    let (folder, store) = open();
    index(&store).await;
    let gone = answered(&store, "qxzzyvadrumlin").await;
    for number in 0..20 {
        answered(&store, &format!("Another one {number}")).await;
    }
    store.purge_index().await.unwrap();
    let file = folder.path().join(SEARCH_FILE);
    let log = folder.path().join("search.db-wal");
    assert!(has(&file, "qxzzyva") || has(&log, "qxzzyva"));
    assert!(store.delete(gone.conversation_id, 3_000).await.unwrap());
    store.purge_deleted(4_000).await.unwrap();
    assert!(!has(&file, "qxzzyva") && !has(&log, "qxzzyva"));
    assert_eq!(messages(&store, "another 7").await.len(), 1);
    assert_eq!(find(&store, "qxzzyvadrumlin").await.hits, []);
}

#[tokio::test]
async fn a_damaged_index_is_made_anew_and_is_no_error() {
    let (folder, store) = open();
    let one = answered(&store, "A drumlin.").await.id;
    index(&store).await;
    let file = folder.path().join(SEARCH_FILE);
    drop(store);
    for damage in [
        b"This is no database at all, whatever its name says.".repeat(100),
        Vec::new(),
        {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[4096..].fill(0xa5);
            bytes
        },
    ] {
        std::fs::write(&file, &damage).unwrap();
        let reader = Store::open_read_only(folder.path()).unwrap();
        let found = reader.search(&asked("drumlin")).unwrap();
        assert_eq!(found.hits[0].message_id, Some(one));
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(messages(&store, "drumlin").await, [one]);
        index(&store).await;
        assert_eq!(messages(&store, "drumlin").await, [one]);
        let other = answered(&store, "A drumlin again").await;
        store.delete(other.conversation_id, 1).await.unwrap();
        drop(store);
        let index = rusqlite::Connection::open(&file).unwrap();
        let check: String = index
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
    }
    // While it is open.
    let store = Store::open(folder.path()).unwrap();
    index(&store).await;
    std::fs::remove_file(&file).unwrap();
    store.purge_index().await.unwrap();
    assert!(file.is_file());
    assert_eq!(messages(&store, "drumlin").await, [one]);
}

#[tokio::test]
async fn the_index_of_other_conversations_is_not_believed() {
    let (folder, store) = open();
    answered(&store, "A drumlin.").await;
    index(&store).await;
    drop(store);
    let (other, store) = open();
    let esker = answered(&store, "An esker.").await.id;
    drop(store);
    let file = folder.path().join(SEARCH_FILE);
    std::fs::copy(&file, other.path().join(SEARCH_FILE)).unwrap();
    let store = Store::open(other.path()).unwrap();
    assert_eq!(messages(&store, "drumlin").await, []);
    index(&store).await;
    assert_eq!(messages(&store, "drumlin").await, []);
    assert_eq!(messages(&store, "esker").await, [esker]);
}

#[tokio::test]
async fn many_messages_are_all_in_the_index_and_the_newest_of_too_many_are_shown() {
    let (folder, store) = open();
    let told_here = conversation();
    let mut parent = None;
    for number in 0..350 {
        let mut new = turn(&told_here, parent);
        new.answer.created_at = 10_000 + number;
        let answer = told(&store, &new, vec![text(&format!("Number n{number} here"))]).await;
        parent = Some(answer.id);
    }
    index(&store).await;
    let found = find(&store, "number here").await;
    assert_eq!(
        (found.hits.len(), found.more, found.indexing),
        (50, true, None)
    );
    // Older than what would be looked through without the index.
    assert_eq!(messages(&store, "n3 ").await.len(), 1);
    let reader = Store::open_read_only(folder.path()).unwrap();
    let all = Search {
        limit: 1_000,
        ..asked("number")
    };
    assert_eq!(reader.search(&all).unwrap().hits.len(), 350);
    // Titles before messages, and neither twice.
    let found = find(&store, "glaciers ").await;
    assert_eq!(found.hits.len(), 1);
}

#[tokio::test]
async fn nothing_that_can_be_typed_fails() {
    let (_folder, store) = open();
    answered(&store, "a \"b\" c* (d) -e ^f g:h NEAR(i, 2) AND OR NOT").await;
    index(&store).await;
    for typed in [
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "*",
        "a*",
        "(",
        ")",
        "(a",
        "^a",
        "said:a",
        "a AND",
        "OR",
        "NOT b",
        "NEAR(a b)",
        "a:b:c",
        "model:",
        "before:",
        "after:2026-99-99",
        "stopped:maybe",
        "\u{0}",
        "a\u{0}b",
        "'; DROP TABLE message; --",
        "\u{301}",
        "\u{202e}x",
        "½ ⑴ ﬁ",
        "💡",
        "+a",
        "{a b}",
        "said : a",
        "-a",
        "\" \" \"",
    ] {
        find(&store, typed).await;
    }
    assert_eq!(messages(&store, "(d) g:h").await.len(), 1);
    assert_eq!(messages(&store, "near and or not ").await.len(), 1);
    let long = "word ".repeat(3_000);
    find(&store, &long).await;
}

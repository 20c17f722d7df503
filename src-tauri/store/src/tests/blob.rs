//! The bodies of files: each once, as long as a file has it.

use super::deletion::files_with;
use super::{checkpoint, conversation, conversations, open, text, turn};
use crate::recovery::recover;
use crate::schema::{self, Migration};
use crate::{Checkpointed, FILE, NewTurn, PageEnd, Store};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use tacet_conversation::{
    Attachment, ConversationId, Message, MessageState, Part, ResultContent, ToolCallState,
    ToolResult,
};
use tempfile::TempDir;

fn file(name: &str, body: &str, base64: bool) -> Part {
    Part::Attachment(Attachment {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        text: body.into(),
        base64,
        ..Attachment::default()
    })
}

/// A conversation of its own whose question has these parts.
async fn ask(store: &Store, parts: Vec<Part>) -> (ConversationId, Message) {
    let mut new: NewTurn = turn(&conversation(), None);
    let question = new.user_message.as_mut().unwrap();
    question.parts = parts;
    let question = question.clone();
    new.answer.state = MessageState::Complete;
    store.begin_turn(new).await.unwrap();
    (question.conversation_id, question)
}

fn blobs(folder: &Path) -> Vec<String> {
    let database = Connection::open(folder.join(FILE)).unwrap();
    let mut texts = database
        .prepare("SELECT text FROM blob ORDER BY text")
        .unwrap();
    let texts = texts.query_map([], |row| row.get(0)).unwrap();
    texts.map(Result::unwrap).collect()
}

fn export(store: &Store) -> String {
    let mut json = Vec::new();
    store.export(&mut json).unwrap();
    String::from_utf8(json).unwrap()
}

/// A folder with a database of the format before this one.
fn before(format: u32) -> (TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let older: Vec<&Migration> = steps
        .into_iter()
        .filter(|step| step.version < format)
        .collect();
    let database = schema::open(folder.path(), Duration::from_millis(50), &older).unwrap();
    (folder, database)
}

/// Has a database read what is in that of another folder, as `newer`.
fn attach(old: &Connection, folder: &Path) {
    let path = folder.join(FILE);
    old.execute("ATTACH ?1 AS newer", [path.to_string_lossy()])
        .unwrap();
}

/// Takes the conversations over, with the columns that they had in the format before.
fn take_over_conversations(old: &Connection) {
    let columns = "SELECT group_concat(name) FROM pragma_table_info('conversation', 'main')";
    let columns: String = old.query_row(columns, [], |row| row.get(0)).unwrap();
    let take = "INSERT INTO conversation SELECT";
    old.execute(&format!("{take} {columns} FROM newer.conversation"), [])
        .unwrap();
}

/// A folder with what was brought into a new database from one of these bytes, which is whole.
fn recovered(bytes: &[u8]) -> TempDir {
    let damaged = tempfile::tempdir().unwrap();
    std::fs::write(damaged.path().join(FILE), bytes).unwrap();
    assert!(recover(damaged.path()).unwrap().is_whole);
    damaged
}

#[tokio::test]
async fn a_file_that_is_sent_again_is_kept_once_and_goes_with_the_last_message_that_has_it() {
    let (folder, store) = open();
    // Longer than a page of the database.
    let picture = "SECRETPICTURE".repeat(1_000);
    let parts = vec![
        file("a.png", &picture, true),
        file("b.txt", "Ice.", false),
        file("again.png", &picture, true),
        text("What is this?"),
    ];
    let (first, _) = ask(&store, parts.clone()).await;
    let (second, question) = ask(&store, parts.clone()).await;
    assert_eq!(blobs(folder.path()), ["Ice.", picture.as_str()]);
    let read = store.message(question.id).await.unwrap().unwrap();
    assert_eq!(read.parts, parts);

    assert!(store.delete(first, 2_000).await.unwrap());
    store.purge_deleted(2_000).await.unwrap();
    let read = store.message(question.id).await.unwrap().unwrap();
    assert_eq!(read.parts, parts);

    assert!(store.delete(second, 3_000).await.unwrap());
    assert_eq!(store.file_body(question.id, 0).await.unwrap(), None);
    store.purge_deleted(3_000).await.unwrap();
    assert_eq!(blobs(folder.path()), Vec::<String>::new());
    let found = files_with(folder.path(), "SECRETPICTURE");
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_has_the_text_of_files_and_others_are_read_one_by_one() {
    let (_folder, store) = open();
    let parts = vec![
        file("a.png", "iVBORw0KGgo=", true),
        file("b.txt", "Ice.", false),
        text("What is this?"),
    ];
    let (conversation, question) = ask(&store, parts).await;
    let page = store.branch_page(conversation, PageEnd::Head, 10);
    let page = page.await.unwrap().unwrap();
    let shown = [file("a.png", "", true), file("b.txt", "Ice.", false)];
    assert_eq!(page.messages[0].parts[..2], shown);
    let body = async |part| store.file_body(question.id, part).await.unwrap();
    assert_eq!(body(0).await.as_deref(), Some("iVBORw0KGgo="));
    assert_eq!(body(1).await.as_deref(), Some("Ice."));
    assert_eq!(body(2).await, None);
    assert_eq!(body(3).await, None);
    // A file that is left out from there on is still whole.
    assert!(store.leave_out(question.id, 0, true).await.unwrap());
    let read = store.message(question.id).await.unwrap().unwrap();
    assert_eq!(read.parts[0].body(), "iVBORw0KGgo=");
}

#[tokio::test]
async fn files_of_the_format_before_are_the_same_in_this_one() {
    let (newer, store) = open();
    let parts = vec![
        file("a.png", "iVBORw0KGgo=", true),
        text("What is this?"),
        file("c.png", "iVBORw0KGgo=", true),
    ];
    ask(&store, parts.clone()).await;
    let expected = export(&store);
    drop(store);

    let (folder, old) = before(crate::blob::FORMAT);
    attach(&old, newer.path());
    take_over_conversations(&old);
    old.execute_batch(
        "INSERT INTO message SELECT * FROM newer.message;
         INSERT INTO part SELECT p.message_id, p.ordinal, p.kind, coalesce(b.text, p.text), p.extra
           FROM newer.part p LEFT JOIN newer.blob b ON b.hash = p.blob;",
    )
    .unwrap();
    drop(old);
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();

    let store = Store::open(folder.path()).unwrap();
    assert_eq!(export(&store), expected);
    assert_eq!(blobs(folder.path()), ["iVBORw0KGgo="]);
    assert!(folder.path().join("tacet.db.format-11").is_file());

    // What is brought into a new database from such a one is the same, too.
    let damaged = recovered(&bytes);
    assert_eq!(export(&Store::open(damaged.path()).unwrap()), expected);
    assert_eq!(blobs(damaged.path()), ["iVBORw0KGgo="]);
}

/// A tool's result with a picture, sound, and a file beside its words.
fn result(picture: &str) -> Part {
    let image = || ResultContent::Image {
        media_type: "image/png".to_owned(),
        data: picture.into(),
    };
    let resource = |data: Option<&str>| ResultContent::Resource {
        uri: "ice://one".to_owned(),
        media_type: None,
        text: None,
        data: data.map(Into::into),
    };
    Part::ToolResult(ToolResult {
        call_id: "1".to_owned(),
        text: "Here it is.".to_owned(),
        contents: vec![
            ResultContent::text("\"data\":"),
            image(),
            ResultContent::Audio {
                media_type: "audio/wav".to_owned(),
                data: "".into(),
            },
            resource(Some("UklGRg==")),
            resource(None),
            image(),
            ResultContent::Structured {
                value: serde_json::json!({"data": "none", "b": 1.50, "a": 9_007_199_254_740_993_u64}),
            },
        ],
        state: ToolCallState::Succeeded,
        left_out: false,
    })
}

#[tokio::test]
async fn what_tools_gave_beside_words_is_kept_once_and_goes_with_the_last_that_has_it() {
    let (folder, store) = open();
    let picture = "SECRETPICTURE".repeat(1_000);
    let parts = vec![result(&picture), text("Seen."), result(&picture)];
    let (first, _) = ask(&store, parts.clone()).await;
    let (second, question) = ask(&store, vec![file("a.png", &picture, true)]).await;
    let (third, again) = ask(&store, parts.clone()).await;
    assert_eq!(blobs(folder.path()), [picture.as_str(), "UklGRg=="]);
    let read = async |id| store.message(id).await.unwrap().unwrap().parts;
    assert_eq!(read(again.id).await, parts);
    // What is left out of requests is still whole.
    assert!(store.leave_out(again.id, 2, true).await.unwrap());
    let Part::ToolResult(left_out) = read(again.id).await.remove(2) else {
        panic!("no result");
    };
    let Part::ToolResult(whole) = result(&picture) else {
        panic!("no result");
    };
    assert_eq!(
        (left_out.left_out, left_out.contents),
        (true, whole.contents)
    );

    for (gone, at) in [(first, 2_000), (third, 3_000)] {
        assert!(store.delete(gone, at).await.unwrap());
        store.purge_deleted(at).await.unwrap();
        assert_eq!(read(question.id).await[0].body(), picture);
    }
    assert_eq!(blobs(folder.path()), [picture.as_str()]);
    assert!(store.delete(second, 4_000).await.unwrap());
    store.purge_deleted(4_000).await.unwrap();
    assert_eq!(blobs(folder.path()), Vec::<String>::new());
    let found = files_with(folder.path(), "SECRETPICTURE");
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_running_tool_gives_is_kept_as_it_comes_and_replaced_by_what_comes_later() {
    let (folder, store) = open();
    let new = turn(&conversation(), None);
    store.begin_turn(new.clone()).await.unwrap();
    let mut saved = Checkpointed::default();
    for picture in ["b25l", "dHdv"] {
        let parts = [result(picture)];
        checkpoint(&store, &new, &mut saved, &parts).await;
        let read = store.message(new.answer.id).await.unwrap().unwrap();
        assert_eq!(read.parts, parts);
        assert_eq!(blobs(folder.path()), ["UklGRg==", picture]);
    }
    let mut answer = new.answer;
    answer.state = MessageState::Complete;
    answer.parts = vec![result("dGhyZWU=")];
    assert!(store.finish(answer.clone()).await.unwrap());
    assert_eq!(blobs(folder.path()), ["UklGRg==", "dGhyZWU="]);
    let read = store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(read.parts, answer.parts);
}

#[tokio::test]
async fn results_of_the_format_before_are_the_same_in_this_one() {
    let (newer, store) = open();
    ask(
        &store,
        vec![result("iVBORw0KGgo="), file("a.png", "iVBORw0KGgo=", true)],
    )
    .await;
    ask(&store, vec![result("iVBORw0KGgo="), result("b25l")]).await;
    let expected = export(&store);
    drop(store);

    let (folder, old) = before(crate::blob::FORMAT_OF_RESULTS);
    attach(&old, newer.path());
    take_over_conversations(&old);
    old.execute_batch(
        "INSERT INTO message SELECT * FROM newer.message;
         INSERT INTO blob SELECT * FROM newer.blob;
         INSERT INTO part SELECT * FROM newer.part;",
    )
    .unwrap();
    // The format before had their bodies in the parts.
    let mut whole = old
        .prepare("UPDATE part SET extra = ?1 WHERE kind = 'tool-result' AND ordinal = ?2")
        .unwrap();
    for (ordinal, picture) in [(0, "iVBORw0KGgo="), (1, "b25l")] {
        let Part::ToolResult(result) = result(picture) else {
            panic!("no result");
        };
        let head = Part::ToolResult(ToolResult {
            text: String::new(),
            ..result
        });
        let extra = serde_json::to_string(&head).unwrap();
        whole.execute((extra, ordinal)).unwrap();
    }
    drop(whole);
    old.execute(
        "DELETE FROM blob WHERE hash NOT IN (SELECT blob FROM part WHERE blob IS NOT NULL)",
        [],
    )
    .unwrap();
    drop(old);
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();

    let store = Store::open(folder.path()).unwrap();
    assert_eq!(export(&store), expected);
    assert_eq!(blobs(folder.path()), ["UklGRg==", "b25l", "iVBORw0KGgo="]);
    assert!(folder.path().join("tacet.db.format-12").is_file());

    let damaged = recovered(&bytes);
    assert_eq!(export(&Store::open(damaged.path()).unwrap()), expected);
    assert_eq!(blobs(damaged.path()).len(), 3);
}

/// The most memory that this process has taken, in KB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let figure = line.unwrap().split_whitespace().nth(1);
    figure.unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_library_of_large_files_comes_to_this_format_with_no_more_than_one_in_memory() {
    const FILES: u32 = 64;
    // The test starts itself once more, as the process that is measured.
    if let Some(folder) = std::env::var_os("TACET_TEST_MIGRATED") {
        let before = peak();
        drop(Store::open(Path::new(&folder)).unwrap());
        println!("took {} KB", peak() - before);
        return;
    }
    let (newer, store) = open();
    ask(&store, vec![text("What is this?")]).await;
    drop(store);
    let (folder, old) = before(crate::blob::FORMAT);
    attach(&old, newer.path());
    take_over_conversations(&old);
    old.execute_batch("INSERT INTO message SELECT * FROM newer.message;")
        .unwrap();
    // Of 1 MB each.
    let mut insert = old
        .prepare(
            "INSERT INTO part SELECT id, ?1, 'attachment', printf('%0*d', 1000000, ?1), '{}'
             FROM message WHERE role = 'user'",
        )
        .unwrap();
    for number in 0..FILES {
        insert.execute([number]).unwrap();
    }
    drop(insert);
    drop(old);
    let measured = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!(
            "{}::a_library_of_large_files_comes_to_this_format_with_no_more_than_one_in_memory",
            module_path!().split_once("::").unwrap().1
        ))
        .env("TACET_TEST_MIGRATED", folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8(measured.stdout).unwrap();
    let taken = output.split_once("took ").unwrap().1;
    let taken: u64 = taken.split_once(" KB").unwrap().0.parse().unwrap();
    assert!(taken < 24_000, "{taken} KB for {FILES} MB");
    assert_eq!(blobs(folder.path()).len(), FILES as usize);
}

#[tokio::test]
async fn whichever_page_is_lost_a_file_that_is_sent_again_is_whole() {
    const PAGE: usize = 4096;
    let (folder, store) = open();
    let picture: String = (0..9_000).map(|number| format!("{number:05}")).collect();
    let parts = vec![
        file("a.png", &picture, true),
        text("What is this?"),
        result("b25l"),
    ];
    for _ in 0..2 {
        ask(&store, parts.clone()).await;
    }
    drop(store);
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    let mut whole = 0;
    let overwritten = (0..bytes.len() / PAGE).map(|page| {
        let mut broken = bytes.clone();
        // Letters that are text, where the middle of the file stood.
        broken[page * PAGE..(page + 1) * PAGE].fill(b'x');
        broken
    });
    let cut_off = (1..bytes.len() / PAGE).map(|pages| bytes[..pages * PAGE].to_vec());
    for (number, broken) in overwritten.chain(cut_off).enumerate() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), broken).unwrap();
        let Ok(recovered) = recover(folder.path()) else {
            continue;
        };
        let store = Store::open(folder.path()).unwrap();
        let mut files = Vec::new();
        for conversation in conversations(&store).await {
            for message in store.messages(conversation.id).await.unwrap() {
                files.extend(message.attachments());
            }
        }
        let is_whole = files.len() == 2 && files.iter().all(|file| *file.text == *picture);
        assert!(
            is_whole || !recovered.is_whole,
            "the loss of {number} is unsaid"
        );
        whole += usize::from(is_whole);
        let (_, again) = ask(&store, parts.clone()).await;
        let read = store.message(again.id).await.unwrap().unwrap();
        assert_eq!(read.parts, parts, "{number}");
    }
    assert!(whole > 0);
}

//! Something of a message is damaged in the database: all else is read, and nothing is overwritten.

use super::{message, open, text, turn};
use crate::{FILE, PageEnd, Store, StoreError};
use rusqlite::Connection;
use std::path::Path;
use tacet_conversation::{
    Attachment, Conversation, ErrorCategory, Message, MessageId, MessageState, Part, ProviderError,
    Reasoning, Role, ToolCall, ToolCallState, Usage, UsageSource,
};

const BROKEN: &str = "{\"kind\": ";

/// A conversation of three messages; the one in the middle has one of everything.
async fn full(store: &Store) -> (Conversation, [MessageId; 3]) {
    let conversation = super::conversation();
    let mut new = turn(&conversation, None);
    new.answer.state = MessageState::Incomplete;
    new.answer.parts = vec![
        Part::Reasoning(Reasoning {
            text: "Stones.".to_owned(),
            duration_ms: Some(5),
            ..Reasoning::default()
        }),
        Part::Attachment(Attachment {
            name: "ice.png".to_owned(),
            text: "iVBORw0KGgo=".into(),
            base64: true,
            ..Attachment::default()
        }),
        Part::ToolCall(ToolCall {
            call_id: "1".to_owned(),
            name: "files/list".to_owned(),
            arguments: "{}".to_owned(),
            state: ToolCallState::Succeeded,
            seal: None,
        }),
        text("A heap."),
    ];
    new.answer.error = Some(ProviderError::new(ErrorCategory::Network, "It broke off."));
    new.answer.usage = Some(Usage::unknown());
    let question = new.user_message.as_ref().unwrap().id;
    let mut last = message(conversation.id, Role::User, new.turn_id);
    last.parent_id = Some(new.answer.id);
    last.parts = vec![text("And now?")];
    let ids = [question, new.answer.id, last.id];
    let answer = new.answer.clone();
    store.begin_turn(new).await.unwrap();
    store
        .run(move |connection| {
            crate::message::insert(connection, &last)?;
            connection.execute(
                "UPDATE conversation SET head = ?1 WHERE id = ?2",
                (last.id, last.conversation_id),
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let read = store.message(answer.id).await.unwrap();
    assert_eq!(read.unwrap().parts, answer.parts);
    (conversation, ids)
}

fn damage(folder: &Path, sql: &str, id: MessageId) {
    let database = Connection::open(folder.join(FILE)).unwrap();
    assert_eq!(database.execute(sql, (id, BROKEN)).unwrap(), 1, "{sql}");
}

/// The page and what is damaged on it.
async fn page(store: &Store, conversation: &Conversation) -> (Vec<Message>, Vec<MessageId>) {
    let page = store.branch_page(conversation.id, PageEnd::Head, 60);
    let page = page.await.unwrap().unwrap();
    (page.messages, page.damaged)
}

#[tokio::test]
async fn whatever_of_a_message_is_damaged_the_rest_of_it_and_of_its_page_is_read() {
    let part = |ordinal: u32| {
        format!("UPDATE part SET extra = ?2 WHERE message_id = ?1 AND ordinal = {ordinal}")
    };
    let receipt = "INSERT INTO receipt (message_id, turn_id, receipt) VALUES (?1, '', ?2)";
    for sql in [
        &*part(0),
        &*part(1),
        &*part(2),
        receipt,
        "UPDATE message SET error = ?2 WHERE id = ?1",
        "UPDATE message SET cause = ?2 WHERE id = ?1",
        "UPDATE message SET model = ?2 WHERE id = ?1",
        "UPDATE message SET finish_reason = ?2 WHERE id = ?1",
        "UPDATE usage SET replaced = ?2 WHERE message_id = ?1",
        "UPDATE usage SET source = ?2 WHERE message_id = ?1",
        "UPDATE part SET text = CAST(x'41ff42' AS TEXT)
         WHERE message_id = ?1 AND ordinal = 3 AND ?2 IS NOT NULL",
    ] {
        let (folder, store) = open();
        let (conversation, ids) = full(&store).await;
        let (whole, damaged) = page(&store, &conversation).await;
        assert_eq!(whole.iter().map(|it| it.id).collect::<Vec<_>>(), ids);
        assert_eq!(damaged, []);
        damage(folder.path(), sql, ids[1]);
        let (read, damaged) = page(&store, &conversation).await;
        assert_eq!(damaged, [ids[1]], "{sql}");
        assert_eq!((&read[0], &read[2]), (&whole[0], &whole[2]), "{sql}");
        assert_eq!(read[1].parts.len(), 4, "{sql}");
        assert_eq!(read[1].parts[0].body(), "Stones.", "{sql}");
        let words = read[1].text();
        assert!(
            words.contains("A heap.") || words.contains("A\u{fffd}B"),
            "{sql}"
        );
        // It is sent and exported as far as it can be read, too.
        assert_eq!(store.branch(ids[2]).await.unwrap().len(), 3, "{sql}");
        assert_eq!(store.export(&mut Vec::new()).unwrap().damaged, 1, "{sql}");
        let mut reader = store.reader().unwrap();
        let lines = reader.export_lines(None, &mut Vec::new()).unwrap();
        assert_eq!(lines.unwrap().damaged, 1, "{sql}");
        let branch = reader.branch(ids[2]).unwrap();
        assert_eq!(
            (branch.messages.len(), &*branch.damaged),
            (3, &ids[1..2]),
            "{sql}"
        );
    }
}

#[tokio::test]
async fn nothing_of_a_damaged_message_is_overwritten() {
    let (folder, store) = open();
    let (_, [_, answer, _]) = full(&store).await;
    let sql = "UPDATE part SET extra = ?2 WHERE message_id = ?1 AND ordinal = 1";
    damage(folder.path(), sql, answer);
    let dump = || {
        let database = Connection::open(folder.path().join(FILE)).unwrap();
        let mut rows = database
            .prepare("SELECT extra, text, blob FROM part ORDER BY message_id, ordinal")
            .unwrap();
        let rows = rows.query_map([], |row| {
            Ok((0..3)
                .map(|at| row.get(at))
                .collect::<Result<Vec<Option<String>>, _>>())
        });
        rows.unwrap()
            .map(Result::unwrap)
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    let before = dump();
    let refused = store.leave_out(answer, 1, true).await;
    assert!(matches!(refused, Err(StoreError::DamagedMessage)));
    let figures = Usage {
        output_tokens: Some(7),
        source: UsageSource::Counted,
        ..Usage::unknown()
    };
    assert_eq!(store.settle_usage(answer, figures).await.unwrap(), None);
    assert_eq!(dump(), before);
    // One that was being written when the app ended has ended all the same.
    let sql = "UPDATE message SET state = 'streaming', ended_at = NULL
               WHERE id = ?1 AND ?2 IS NOT NULL";
    damage(folder.path(), sql, answer);
    assert_eq!(store.mend_after_crash(9).await.unwrap(), [answer]);
    let read = store.message(answer).await.unwrap().unwrap();
    assert_eq!(read.state, MessageState::Interrupted);
    assert_eq!(dump(), before);
}

use super::{conversation, text, turn};
use crate::price::Cost;
use crate::store::schema::{self, Migration};
use crate::store::{FILE, Store};
use crate::{
    Cause, Conversation, Message, MessageState, Phase, Receipt, StopEffect, Usage, UsageSource,
};
use std::time::Duration;
use tempfile::TempDir;

fn reported() -> Usage {
    Usage {
        source: UsageSource::Reported,
        input_tokens: Some(9),
        output_tokens: Some(21),
        cost: Some(Cost::billed(0.0015)),
        ..Usage::unknown()
    }
}

fn receipt(answer: &Message) -> Receipt {
    Receipt {
        turn_id: answer.turn_id.unwrap(),
        phase: Phase::Text,
        cause: Cause::User,
        stopped_at: 1_002,
        click_to_token_ms: None,
        token_to_closed_ms: 0.3,
        token_to_commit_ms: 1.5,
        connection: crate::ConnectionEnd::Closed,
        server_cancel: None,
        stop_effect: StopEffect::Unknown,
        tools: Vec::new(),
        processes_ended: 0,
        bytes_received: 90,
        characters_kept: 20,
        usage: answer.usage.clone().unwrap(),
        unconfirmed: Vec::new(),
    }
}

/// A stopped answer with an estimate.
async fn stopped(store: &Store, conversation: &Conversation) -> Message {
    let new = turn(conversation, None);
    store.begin_turn(new.clone()).await.unwrap();
    let mut answer = Message {
        state: MessageState::Interrupted,
        cause: Some(Cause::User),
        parts: vec![text("A moraine is a heap.")],
        usage: Some(Usage {
            generation_id: Some("gen-1".to_owned()),
            ..Usage::estimated(20, "smol")
        }),
        ended_at: Some(1_002),
        ..new.answer
    };
    answer.receipt = Some(receipt(&answer));
    assert!(store.finish(answer.clone()).await.unwrap());
    answer
}

async fn store() -> (TempDir, Store, Conversation) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store, conversation())
}

#[tokio::test]
async fn c23_true_figures_take_the_place_of_the_estimate_and_both_are_kept_and_exported() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    let settled = store.settle_usage(answer.id, reported()).await.unwrap();
    let settled = settled.expect("the answer is there");
    let expected = Usage {
        generation_id: Some("gen-1".to_owned()),
        replaced: answer.usage.clone().map(Box::new),
        ..reported()
    };
    assert_eq!(settled, expected);
    let read = store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(read.usage.as_ref(), Some(&expected));
    assert_eq!(read.receipt.unwrap().usage, expected);
    assert_eq!(read.parts, answer.parts);

    let mut export = Vec::new();
    store.export(&mut export).unwrap();
    let export: serde_json::Value = serde_json::from_slice(&export).unwrap();
    let usage = &export["conversations"][0]["messages"][1]["usage"];
    assert_eq!(usage["source"], "reported");
    assert_eq!(usage["generationId"], "gen-1");
    assert_eq!(usage["cost"]["low"], 0.0015);
    assert_eq!(usage["cost"]["basis"], "billed");
    assert_eq!(usage["replaced"]["source"], "estimated");
    assert_eq!(usage["replaced"]["outputTokens"], 5);
}

#[tokio::test]
async fn c23_final_figures_are_not_replaced() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    assert!(
        store
            .settle_usage(answer.id, reported())
            .await
            .unwrap()
            .is_some()
    );
    let other = Usage {
        output_tokens: Some(1),
        ..reported()
    };
    assert_eq!(store.settle_usage(answer.id, other).await.unwrap(), None);
    let usage = store.message(answer.id).await.unwrap().unwrap().usage;
    assert_eq!(usage.unwrap().output_tokens, Some(21));
}

#[tokio::test]
async fn c05_figures_of_a_deleted_answer_are_not_written() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    assert!(store.delete(conversation.id, 1_003).await.unwrap());
    assert_eq!(
        store.settle_usage(answer.id, reported()).await.unwrap(),
        None
    );
    assert!(store.restore(conversation.id).await.unwrap());
    let usage = store.message(answer.id).await.unwrap().unwrap().usage;
    assert_eq!(usage, answer.usage);
}

#[tokio::test]
async fn usage_of_the_first_format_is_kept_when_the_database_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let first: Vec<&Migration> = steps.into_iter().filter(|step| step.version == 1).collect();
    let old = schema::open(folder.path(), Duration::from_millis(50), &first).unwrap();
    let (conversation, message) = (conversation().id, crate::MessageId::new());
    old.execute_batch(&format!(
        "INSERT INTO conversation (id, title, created_at, updated_at)
         VALUES ('{conversation}', 'Old', 1, 1);
         INSERT INTO message (id, conversation_id, role, state, created_at)
         VALUES ('{message}', '{conversation}', 'assistant', 'complete', 1);
         INSERT INTO usage (request_id, message_id, source, output, created_at)
         VALUES ('old/0', '{message}', 'reported', 7, 1);"
    ))
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    let usage = store
        .message(message)
        .await
        .unwrap()
        .unwrap()
        .usage
        .unwrap();
    assert_eq!(usage.output_tokens, Some(7));
    assert_eq!((usage.cost, usage.replaced), (None, None));
    assert!(folder.path().join(format!("{FILE}.format-1")).exists());
}

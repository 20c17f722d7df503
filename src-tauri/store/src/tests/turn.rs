use super::{checkpoint, conversation, conversations, open, open_with_turn, text, turn};
use crate::{Begun, Checkpointed, FILE, Store, StoreError};
use std::time::Duration;
use tacet_conversation::{
    Cause, ConnectionEnd, MessageState, Part, Phase, RECEIPT_VERSION, Reasoning, Receipt,
    StopEffect, TextTally, ToolCall, ToolCallState, TurnId, Usage, UsageSource,
};

fn tool_call(arguments: &str, state: ToolCallState) -> Part {
    Part::ToolCall(ToolCall {
        call_id: "call_1".to_owned(),
        name: "delete_file".to_owned(),
        arguments: arguments.to_owned(),
        state,
        seal: None,
    })
}

fn receipt(turn_id: TurnId) -> Receipt {
    Receipt {
        version: RECEIPT_VERSION,
        requests: Vec::new(),
        turn_id,
        phase: Phase::Text,
        cause: Cause::User,
        stopped_at: 2_000,
        click_to_token_ms: Some(1.3),
        token_to_closed_ms: 0.1 + 0.2,
        token_to_commit_ms: Some(4.75),
        connection: ConnectionEnd::Closed,
        server_cancel: None,
        stop_effect: StopEffect::Unknown,
        tools: Vec::new(),
        processes_ended: 0,
        bytes_received: 812,
        characters_kept: 20,
        usage: Usage::estimated(&TextTally::of("A moraine is a heap."), "smol"),
        without_seals: false,
        unconfirmed: Vec::new(),
    }
}

#[tokio::test]
async fn a_turn_that_is_begun_twice_is_written_once() {
    let (_folder, store) = open();
    let conversation = conversation();
    let first = turn(&conversation, None);
    assert_eq!(store.begin_turn(first.clone()).await.unwrap(), Begun::New);

    let mut second = turn(&conversation, None);
    second.turn_id = first.turn_id;
    assert_eq!(
        store.begin_turn(second).await.unwrap(),
        Begun::AlreadyThere {
            answer: first.answer.id
        }
    );
    let stored = store.messages(conversation.id).await.unwrap();
    assert_eq!(stored, [first.user_message.unwrap(), first.answer.clone()]);
    let listed = conversations(&store).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].head, Some(first.answer.id));
    assert_eq!(listed[0].updated_at, first.answer.created_at);
}

#[tokio::test]
async fn what_was_checkpointed_is_there_after_a_crash() {
    let (folder, store, new) = open_with_turn().await;
    let mut saved = Checkpointed::default();
    let mut parts = vec![Part::Reasoning(Reasoning {
        text: "Ice".to_owned(),
        duration_ms: None,
        field: None,
        seal: None,
    })];
    checkpoint(&store, &new, &mut saved, &parts).await;
    parts[0] = Part::Reasoning(Reasoning {
        text: "Ice. Debris — 碎石.".to_owned(),
        duration_ms: Some(700),
        field: None,
        seal: None,
    });
    parts.push(text("A mor"));
    checkpoint(&store, &new, &mut saved, &parts).await;
    parts[1].body_mut().unwrap().push_str("aine 🏔 is");
    parts.push(tool_call("{\"pa", ToolCallState::ReceivingArguments));
    checkpoint(&store, &new, &mut saved, &parts).await;
    assert_eq!(saved.advance(&parts).parts, []);

    let running = store.messages(new.conversation.id).await.unwrap();
    assert_eq!(running[1].parts, parts);
    assert_eq!(running[1].state, MessageState::Streaming);
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    assert_eq!(
        store.mend_after_crash(9_000).await.unwrap(),
        [new.answer.id]
    );
    let mended = store.messages(new.conversation.id).await.unwrap().remove(1);
    parts[2] = tool_call("{\"pa", ToolCallState::InterruptedBeforeRun);
    assert_eq!(mended.parts, parts);
    assert_eq!(mended.state, MessageState::Interrupted);
    assert_eq!(mended.cause, Some(Cause::Crash));
    assert_eq!(mended.ended_at, Some(9_000));
    let usage = mended.usage.unwrap();
    assert_eq!(usage.source, UsageSource::Estimated);
    // The end of the answer may be missing, and the server may have gone on.
    assert!(usage.at_least && usage.output_tokens > Some(0));
    assert!(store.mend_after_crash(9_001).await.unwrap().is_empty());
}

#[tokio::test]
async fn c04_parts_that_are_put_before_others_or_turned_into_others_are_saved_anew() {
    let (folder, store, new) = open_with_turn().await;
    let mut saved = Checkpointed::default();
    let reasoning = |words: &str| {
        Part::Reasoning(Reasoning {
            text: words.to_owned(),
            ..Reasoning::default()
        })
    };
    for parts in [
        vec![text("A moraine is rubble")],
        vec![reasoning("It broke off."), text("A moraine is rubble")],
        vec![reasoning("It broke off."), reasoning("A mor"), text("A")],
        vec![reasoning("It broke off."), text("A"), text("A and more")],
    ] {
        checkpoint(&store, &new, &mut saved, &parts).await;
        let running = store.messages(new.conversation.id).await.unwrap();
        assert_eq!(running.last().unwrap().parts, parts);
        // A checkpoint that failed is begun anew.
        checkpoint(&store, &new, &mut Checkpointed::default(), &parts).await;
        let running = store.messages(new.conversation.id).await.unwrap();
        assert_eq!(running.last().unwrap().parts, parts);
    }
    drop(folder);
}

#[tokio::test]
async fn a_checkpoint_that_is_repeated_from_the_start_takes_the_place_of_what_was_there() {
    let (_folder, store, new) = open_with_turn().await;
    let mut saved = Checkpointed::default();
    checkpoint(&store, &new, &mut saved, &[text("one ")]).await;
    checkpoint(&store, &new, &mut saved, &[text("one two ")]).await;
    let whole = [text("one too three"), text("four")];
    checkpoint(&store, &new, &mut Checkpointed::default(), &whole).await;
    let stored = store.messages(new.conversation.id).await.unwrap();
    assert_eq!(stored[1].parts, whole);
    // As after an attempt that failed: parts have gone.
    let whole = [text("one")];
    checkpoint(
        &store,
        &new,
        &mut saved,
        &[text("one too three"), text("four")],
    )
    .await;
    checkpoint(&store, &new, &mut saved, &whole).await;
    let stored = store.messages(new.conversation.id).await.unwrap();
    assert_eq!(stored[1].parts, whole);
}

#[tokio::test]
async fn a_checkpoint_costs_what_is_new_and_not_what_is_there() {
    let (folder, store, new) = open_with_turn().await;
    let wal = folder.path().join("tacet.db-wal");
    store
        .run(|connection| Ok(connection.pragma_update(None, "wal_autocheckpoint", 0)?))
        .await
        .unwrap();
    let mut saved = Checkpointed::default();
    let mut parts = vec![text(&"x".repeat(1_000_000))];
    checkpoint(&store, &new, &mut saved, &parts).await;

    let (bytes_before, rows_before) = (std::fs::metadata(&wal).unwrap().len(), rows(&store).await);
    for _ in 0..100 {
        parts[0].body_mut().unwrap().push_str(&"y".repeat(100));
        checkpoint(&store, &new, &mut saved, &parts).await;
    }
    let bytes = std::fs::metadata(&wal).unwrap().len() - bytes_before;
    assert_eq!(rows(&store).await - rows_before, 100);
    // A page or four for each: with the whole answer it would be 100 MB.
    assert!(bytes < 100 * 5 * 4_096, "{bytes} bytes were written");

    let mut answer = new.answer;
    answer.state = MessageState::Complete;
    answer.parts = parts;
    assert!(store.finish(answer.clone()).await.unwrap());
    assert_eq!(store.branch(answer.id).await.unwrap()[1], answer);
    let tails: u32 = store
        .run(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM tail", [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(tails, 0);
}

async fn rows(store: &Store) -> u64 {
    store
        .run(|connection| Ok(connection.total_changes()))
        .await
        .unwrap()
}

#[tokio::test]
async fn c05_nothing_late_is_written() {
    let (_folder, store, new) = open_with_turn().await;
    let mut stopped = new.answer.clone();
    stopped.state = MessageState::Interrupted;
    stopped.cause = Some(Cause::User);
    stopped.parts = vec![text("kept")];
    assert!(store.finish(stopped.clone()).await.unwrap());

    let mut late = stopped.clone();
    late.parts = vec![text("kept and more")];
    assert!(!store.finish(late).await.unwrap());
    let pieces = Checkpointed::default().advance(&[text("late")]);
    let (answer, turn_id) = (new.answer.id, new.turn_id);
    assert!(
        !store
            .checkpoint(answer, turn_id, pieces.clone())
            .await
            .unwrap()
    );
    let foreign = receipt(TurnId::new());
    assert!(!store.save_receipt(answer, &foreign).await.unwrap());
    assert_eq!(store.branch(answer).await.unwrap()[1], stopped);

    let again = super::turn(&new.conversation, Some(answer));
    store.begin_turn(again.clone()).await.unwrap();
    assert!(
        !store
            .checkpoint(again.answer.id, turn_id, pieces)
            .await
            .unwrap(),
        "a turn wrote into another turn's answer"
    );
}

#[tokio::test]
async fn c05_a_deleted_conversation_cannot_come_back() {
    let (_folder, store, new) = open_with_turn().await;
    let mut saved = Checkpointed::default();
    checkpoint(&store, &new, &mut saved, &[text("so far")]).await;
    assert!(store.delete(new.conversation.id, 3_000).await.unwrap());
    assert!(!store.delete(new.conversation.id, 3_001).await.unwrap());

    let mut late = new.answer.clone();
    late.state = MessageState::Complete;
    assert!(!store.finish(late).await.unwrap());
    let pieces = saved.advance(&[text("so far and more")]);
    assert!(
        !store
            .checkpoint(new.answer.id, new.turn_id, pieces)
            .await
            .unwrap()
    );
    let stopped = receipt(new.turn_id);
    assert!(!store.save_receipt(new.answer.id, &stopped).await.unwrap());
    assert!(matches!(
        store.begin_turn(turn(&new.conversation, None)).await,
        Err(StoreError::ConversationDeleted)
    ));
    assert!(
        !store
            .rename(new.conversation.id, "Back".to_owned())
            .await
            .unwrap()
    );
    assert!(conversations(&store).await.is_empty());
    assert!(
        store
            .messages(new.conversation.id)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.branch(new.answer.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_undone_deletion_brings_everything_back_and_a_new_launch_makes_it_final() {
    let (folder, store) = open();
    let (kept, lost) = (conversation(), conversation());
    let new = turn(&kept, None);
    store.begin_turn(new.clone()).await.unwrap();
    store.begin_turn(turn(&lost, None)).await.unwrap();
    let pieces = Checkpointed::default().advance(&[text("so far")]);
    store
        .checkpoint(new.answer.id, new.turn_id, pieces)
        .await
        .unwrap();
    store.delete(kept.id, 3_000).await.unwrap();
    store.delete(lost.id, 3_000).await.unwrap();
    assert!(store.restore(kept.id).await.unwrap());
    assert!(!store.restore(kept.id).await.unwrap());

    let answer = store.messages(kept.id).await.unwrap().remove(1);
    assert_eq!(answer.parts, [text("so far")]);
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(answer.cause, Some(Cause::User));
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(9_000).await.unwrap();
    assert!(!store.restore(lost.id).await.unwrap());
    store.purge_deleted(9_000).await.unwrap();
    assert!(store.conversation(kept.id).await.unwrap().is_some());
    let left: (u32, u32) = store
        .run(|connection| {
            let sql = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM part)";
            Ok(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })
        .await
        .unwrap();
    assert_eq!(left, (2, 2), "the purge left rows of the deleted one");
}

#[tokio::test]
async fn a_receipt_is_kept_with_its_answer_and_the_last_one_stands() {
    let (_folder, store, new) = open_with_turn().await;
    let mut stopped = new.answer.clone();
    stopped.state = MessageState::Interrupted;
    stopped.usage = Some(Usage::estimated(
        &TextTally::of("A moraine is a heap."),
        "smol",
    ));
    assert!(store.finish(stopped.clone()).await.unwrap());
    let mut last = receipt(new.turn_id);
    assert!(store.save_receipt(stopped.id, &last).await.unwrap());
    last.token_to_commit_ms = Some(5.125);
    assert!(store.save_receipt(stopped.id, &last).await.unwrap());
    stopped.receipt = Some(last);
    assert_eq!(store.branch(stopped.id).await.unwrap()[1], stopped);
}

#[tokio::test]
async fn a_write_goes_on_when_its_caller_has_gone() {
    let (_folder, store) = open();
    let conversation = conversation();
    let new = turn(&conversation, None);
    let (release, held) = std::sync::mpsc::channel::<()>();
    let busy = store.clone();
    let wait = move |_: &mut rusqlite::Connection| {
        held.recv().unwrap();
        Ok(())
    };
    let mut blocker = Box::pin(busy.run(wait));
    assert!(futures::poll!(&mut blocker).is_pending());
    {
        let mut begin = Box::pin(store.begin_turn(new));
        assert!(futures::poll!(&mut begin).is_pending());
    }
    release.send(()).unwrap();
    blocker.await.unwrap();
    // Whatever is written now comes after it.
    store
        .set_head(conversation.id, tacet_conversation::MessageId::new())
        .await
        .unwrap();
    assert_eq!(store.messages(conversation.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_panic_costs_its_own_operation_only() {
    let (_folder, store) = open();
    let refused = store.run::<()>(|_| panic!("on purpose")).await;
    assert!(matches!(refused, Err(StoreError::Closed)));
    assert!(conversations(&store).await.is_empty());
}

#[tokio::test]
async fn c04_a_write_waits_while_another_program_holds_the_database() {
    let (folder, store, mut new) = open_with_turn().await;
    let other = rusqlite::Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    new.answer.state = MessageState::Interrupted;
    new.answer.cause = Some(Cause::User);
    let (writing, answer) = (store.clone(), new.answer.clone());
    let mut write = tokio::spawn(async move { writing.finish(answer).await });
    // A write that does not wait has failed long before.
    let early = tokio::time::timeout(Duration::from_millis(100), &mut write).await;
    assert!(early.is_err(), "{early:?}");
    other.execute_batch("COMMIT").unwrap();
    assert!(write.await.unwrap().unwrap());
    let stored = store.message(new.answer.id).await.unwrap();
    assert_eq!(stored, Some(new.answer));
}

//! Stop: once, twice, late, and at the same moment as the end.

use crate::hand_driven::{Close, Cue, HandDriven, says};
use crate::turn_desk::{Desk, answer_on_disk, follow_up, question};
use crate::turn_watch::Watch;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_core::{
    Cause, ConnectionEnd, FinishReason, MessageState, ModelEvent, Part, Phase, Provider,
    STOP_LIMIT, StartTurn, StopOutcome, ToolCallState, TurnId, now,
};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::Frame;
use tokio::sync::oneshot;

/// Starts a turn at a provider that is driven by hand, and watches it.
async fn ask(desk: &Desk, provider: Arc<dyn Provider>) -> Watch {
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    desk.watch(request.turn_id).await
}

#[tokio::test]
async fn c07_a_second_and_a_third_stop_say_so_and_change_nothing() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    let (first, second, third) = tokio::join!(
        desk.stop(watch.turn),
        desk.turns.stop(watch.turn, Cause::AppQuit, None),
        desk.stop(watch.turn)
    );
    exchange.hung_up().await;
    let StopOutcome::Stopped { receipt } = first else {
        panic!("{first:?}");
    };
    let already = StopOutcome::AlreadyStopped { receipt };
    assert_eq!(second, already);
    assert_eq!(third, already);
    assert_eq!(watch.end().await.cause, Some(Cause::User));
    // Long after the end the answer is the same.
    until("the turn to be forgotten", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    assert_eq!(desk.stop(watch.turn).await, already);
}

#[tokio::test]
async fn c07_a_stop_of_an_unknown_turn_says_so() {
    let desk = Desk::open().await;
    assert_eq!(desk.stop(TurnId::new()).await, StopOutcome::Unknown);
}

#[tokio::test]
async fn c07_a_turn_that_had_finished_stays_complete() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    exchange.complete(7, 0).await;
    watch.end().await;
    let row = desk.answer(watch.turn).await;
    assert_eq!(desk.stop(watch.turn).await, StopOutcome::AlreadyEnded);
    assert_eq!(desk.answer(watch.turn).await, row);
    assert_eq!(row.state, MessageState::Complete);
    assert_eq!(row.receipt, None);
}

/// Either the turn is complete or it is interrupted, and everything says the same.
async fn check_one_of_both(desk: &Desk, watch: &Watch, outcome: &StopOutcome) -> MessageState {
    let end = watch.end().await;
    let row = desk.answer(watch.turn).await;
    match end.state {
        MessageState::Complete => {
            assert_eq!(*outcome, StopOutcome::AlreadyEnded);
            assert_eq!(end.cause, None);
            assert_eq!(end.receipt, None);
            assert_eq!(end.finish_reason, Some(FinishReason::Stop));
            assert_eq!(row.text(), "All of it.");
        }
        MessageState::Interrupted => {
            let receipt = end.receipt.clone().map(Box::new);
            assert_eq!(*outcome, StopOutcome::Stopped { receipt });
            assert_eq!(end.cause, Some(Cause::User));
            assert_eq!(end.finish_reason, None);
        }
        MessageState::Incomplete | MessageState::Streaming => panic!("{end:?}"),
    }
    assert_eq!((row.state, row.receipt), (end.state, end.receipt));
    end.state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_a_stop_in_the_tick_of_the_final_frame_gives_one_end() {
    let desk = Desk::open().await;
    for round in 0..120 {
        let watch = desk.ask("What is a moraine?").await;
        let mut exchange = desk.server.next_request().await;
        exchange.send_text_delta("All of it.").await;
        watch.receive(1).await;
        let end = exchange.complete(7, 3);
        let outcome = if round % 2 == 0 {
            tokio::join!(end, desk.stop(watch.turn)).1
        } else {
            tokio::join!(desk.stop(watch.turn), end).0
        };
        check_one_of_both(&desk, &watch, &outcome).await;
    }
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c08_both_orders_of_stop_and_final_frame_within_one_tick_give_one_end() {
    let desk = Desk::open().await;
    let whole = || {
        let text = ModelEvent::Text("All of it.".to_owned());
        Cue::Item(Ok(vec![text, ModelEvent::Finished(FinishReason::Stop)]))
    };
    for round in 0..80 {
        let (provider, hand) = HandDriven::one(Close::AtOnce);
        let watch = ask(&desk, provider).await;
        let asked = ModelEvent::Phase(Phase::WaitingForHeaders);
        hand.send(Cue::Item(Ok(vec![asked]))).unwrap();
        watch.reach(Phase::WaitingForHeaders).await;
        let stop = desk.stop(watch.turn);
        let outcome = if round % 2 == 0 {
            hand.send(whole()).expect("a listening stream");
            stop.await
        } else {
            let finish = async { hand.send(whole()).is_ok() };
            tokio::join!(stop, finish).0
        };
        // What came before the stream was closed was received (rule C04), and it was all.
        let state = check_one_of_both(&desk, &watch, &outcome).await;
        assert_eq!(state, MessageState::Complete, "round {round}");
    }
}

#[tokio::test]
async fn c05_a_deleted_conversation_does_not_come_back() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    watch.receive(1).await;
    let conversation = watch.snapshot.message.conversation_id;
    let stopping = desk.turns.stop_conversation(conversation, Cause::User);
    within("the conversation's turns to stop", stopping).await;
    assert!(desk.store.delete(conversation, now()).await.unwrap());
    exchange.hung_up().await;
    exchange.send(&Frame::text(" of rubble")).await;
    watch.end().await;
    assert_eq!(desk.store.conversation(conversation).await.unwrap(), None);
    assert_eq!(answer_on_disk(desk.folder.path(), watch.turn), None);
}

#[tokio::test]
async fn c05_a_turn_whose_conversation_is_deleted_under_it_stops_and_writes_nothing_more() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    desk.start(request.clone()).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    let conversation = request.conversation_id;
    assert!(desk.store.delete(conversation, now()).await.unwrap());
    exchange.send_text_delta(" of rubble").await;
    exchange.hung_up().await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    assert_eq!(desk.store.conversation(conversation).await.unwrap(), None);
    assert!(desk.store.restore(conversation).await.unwrap());
    let row = desk.answer(request.turn_id).await;
    assert_eq!(row.state, MessageState::Interrupted);
    assert_eq!(row.receipt, None);
    assert!("A heap".starts_with(&row.text()), "{:?}", row.text());
}

#[tokio::test]
async fn c05_a_turn_whose_branch_is_deleted_under_it_stops_and_writes_nothing_more() {
    let desk = Desk::open().await;
    let first = question("What is a moraine?");
    let asked = desk.start(first.clone()).await.user_message.unwrap().id;
    desk.server.next_request().await;
    desk.stop(first.turn_id).await;
    let again = StartTurn {
        text: None,
        ..follow_up(first.conversation_id, asked, "")
    };
    let answer = desk.start(again.clone()).await.answer.id;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    let deleted = desk.store.delete_branch(answer, now()).await;
    let deleted = deleted.unwrap().unwrap();
    exchange.send_text_delta(" of rubble").await;
    exchange.hung_up().await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    assert_eq!(answer_on_disk(desk.folder.path(), again.turn_id), None);
    let restored = desk.store.restore_branch(deleted.branch_id).await;
    assert!(restored.unwrap().is_some());
    let row = desk.answer(again.turn_id).await;
    assert_eq!(row.state, MessageState::Interrupted);
    assert_eq!(row.receipt, None);
    assert!("A heap".starts_with(&row.text()), "{:?}", row.text());
}

#[tokio::test]
async fn c08_a_panic_ends_its_own_turn_only() {
    let desk = Desk::open().await;
    let other = desk.ask("What is a kame?").await;
    let mut exchange = desk.server.next_request().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let watch = ask(&desk, provider).await;
    hand.send(says("A heap")).unwrap();
    watch.receive(1).await;
    hand.send(Cue::Panic).unwrap();
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.cause, Some(Cause::Crash));
    assert!(end.error.is_some());
    assert_eq!(desk.answer(watch.turn).await.text(), "A heap");
    until("the panicked turn to be forgotten", || {
        (desk.turns.list().len() == 1).then_some(())
    })
    .await;
    // Nobody stopped it, and nothing is left to stop.
    assert_eq!(desk.stop(watch.turn).await, StopOutcome::AlreadyEnded);
    exchange.send_text_delta("A hill.").await;
    exchange.complete(7, 2).await;
    assert_eq!(other.end().await.state, MessageState::Complete);
}

#[tokio::test]
async fn c08_a_panic_while_closing_still_gives_one_end() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::Panic);
    let watch = ask(&desk, provider).await;
    hand.send(says("A heap")).unwrap();
    watch.receive(1).await;
    desk.stop(watch.turn).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.cause, Some(Cause::Crash));
    assert_eq!(desk.answer(watch.turn).await.text(), "A heap");
}

#[tokio::test]
async fn c08_a_panic_closes_what_was_open_for_those_who_watch() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let watch = ask(&desk, provider).await;
    let call = ModelEvent::ToolCallStarted {
        index: 0,
        call_id: "call_1".to_owned(),
        name: "search".to_owned(),
    };
    hand.send(Cue::Item(Ok(vec![call]))).unwrap();
    watch.reach(Phase::ToolArguments).await;
    hand.send(Cue::Panic).unwrap();
    watch.end().await;
    let [Part::ToolCall(call)] = &watch.parts()[..] else {
        panic!("{:?}", watch.parts());
    };
    assert_eq!(call.state, ToolCallState::InterruptedBeforeRun);
}

#[tokio::test]
async fn c08_a_provider_that_panics_at_once_gives_one_end() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let nothing_prepared = Arc::new(HandDriven::default());
    let started = desk.start_at(nothing_prepared, request.clone()).await;
    assert!(!started.unwrap().already);
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let row = desk.answer(request.turn_id).await;
    assert_eq!(row.state, MessageState::Interrupted);
    assert_eq!(row.cause, Some(Cause::Crash));
}

#[tokio::test]
async fn c09_a_stop_that_nothing_confirms_is_over_within_two_seconds_and_says_so() {
    let desk = Desk::open().await;
    let (_kept, never) = oneshot::channel();
    let (provider, hand) = HandDriven::one(Close::When(never));
    let watch = ask(&desk, provider).await;
    hand.send(says("A heap")).unwrap();
    watch.receive(1).await;
    let began = Instant::now();
    let outcome = desk.stop(watch.turn).await;
    let took = began.elapsed();
    let StopOutcome::Stopped { receipt } = outcome else {
        panic!("{outcome:?}");
    };
    let receipt = receipt.expect("a receipt all the same");
    assert!(took < STOP_LIMIT + Duration::from_millis(500), "{took:?}");
    assert_eq!(receipt.connection, ConnectionEnd::Unconfirmed);
    assert_eq!(receipt.unconfirmed.len(), 1);
    assert_eq!(receipt.phase, Phase::Text);
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(desk.answer(watch.turn).await.text(), "A heap");
}

#[tokio::test]
async fn c12_an_end_without_a_terminal_event_is_incomplete() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    exchange.end().await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(end.cause, Some(Cause::ProviderError));
    assert!(end.error.is_some());
    assert_eq!(end.receipt, None);
    let row = desk.answer(watch.turn).await;
    assert_eq!(row.text(), "A heap");
    assert_eq!(desk.stop(watch.turn).await, StopOutcome::AlreadyEnded);
    desk.converse_after(&row).await;
}

#[tokio::test]
async fn c12_a_transport_error_is_swallowed_only_after_stop() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    watch.receive(1).await;
    exchange.close_abruptly();
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert!(end.error.is_some());

    let watch = desk.ask("What is a kame?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A hill").await;
    watch.receive(1).await;
    tokio::join!(desk.stop(watch.turn), async { exchange.close_abruptly() });
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.error, None);
}

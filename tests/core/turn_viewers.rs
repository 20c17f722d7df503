//! Those who watch: reload, re-attach, two at once, and nobody at all (rule C13).

use crate::hand_driven::{Close, Cue, HandDriven, says};
use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use std::time::{Duration, Instant};
use tacet_core::{
    Attention, Cause, FinishReason, Happening, MessageState, ModelEvent, Phase, TurnEventKind,
    TurnOptions, Usage, UsageSource,
};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::{Frame, Script};
use tokio::sync::oneshot;

/// Characters of one, two and three bytes, and of one and two UTF-16 code units.
fn pieces(count: usize) -> Vec<String> {
    let words = ["ice ", "Gletscher – ", "氷河", "\u{1f9ca}\n", "é"];
    (0..count)
        .map(|number| format!("{number}{}", words[number % words.len()]))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_a_page_that_reloads_at_any_moment_has_the_text_without_gap_or_double() {
    let desk = Desk::open().await;
    let pieces = pieces(3_000);
    let whole = pieces.concat();
    desk.server.script(Script::text(pieces).at(6_000));
    let request = question("What is a moraine?");
    desk.start(request.clone()).await;
    let mut reloads = 0_usize;
    let mut random = 7_usize;
    let last = loop {
        let Some(watch) = desk.try_watch(request.turn_id).await else {
            break None;
        };
        let begun = watch.snapshot.message.text();
        assert!(whole.starts_with(&begun), "the snapshot is no beginning");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let events = 1 + (random >> 33) % 12;
        watch
            .until("some events", |watch| {
                let seen = watch.events();
                let ended =
                    |event: &tacet_core::TurnEvent| matches!(event.event, TurnEventKind::Ended(_));
                seen.len() >= events || seen.iter().any(ended)
            })
            .await;
        assert!(whole.starts_with(&watch.text()), "gap or double");
        if begun.len() * 10 > whole.len() * 8 {
            break Some(watch);
        }
        desk.turns.page_gone("main");
        reloads += 1;
    };
    if let Some(watch) = last {
        assert_eq!(watch.end().await.state, MessageState::Complete);
        assert_eq!(watch.text(), whole);
    }
    assert!(reloads >= 3, "only {reloads} reloads");
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let row = desk.answer(request.turn_id).await;
    assert_eq!((row.state, row.text()), (MessageState::Complete, whole));
    assert_eq!(desk.server.chat_requests(), 1);
}

#[tokio::test]
async fn c13_a_turn_that_nobody_watches_is_stopped() {
    let options = TurnOptions {
        watch_limit: Duration::from_millis(50),
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let request = question("What is a moraine?");
    desk.start(request.clone()).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    exchange.hung_up().await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let row = desk.answer(request.turn_id).await;
    assert_eq!(row.state, MessageState::Interrupted);
    assert_eq!(row.cause, Some(Cause::ViewerGone));
    assert_eq!(row.receipt.expect("a receipt").cause, Cause::ViewerGone);
}

#[tokio::test]
async fn c13_a_turn_goes_on_unwatched_where_the_person_wants_that_and_its_end_is_told() {
    let options = TurnOptions {
        watch_limit: Duration::from_millis(50),
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    // Nobody listens any more only when the test has ended.
    desk.turns
        .on_attention(move |attention| drop(told.send(attention)));
    desk.turns.go_on_unwatched(true);
    let request = question("What is a moraine?");
    desk.start(request.clone()).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    let begun = Instant::now();
    until("several limits to pass", || {
        (begun.elapsed() > Duration::from_millis(300)).then_some(())
    })
    .await;
    exchange.complete(7, 3).await;
    let expected = Attention {
        conversation_id: request.conversation_id,
        what: Happening::Ended {
            state: MessageState::Complete,
            cause: None,
            error: None,
        },
    };
    assert_eq!(heard.recv().await, Some(expected));
    assert_eq!(desk.answer(request.turn_id).await.cause, None);

    // It counts for a turn that runs, too, once the person does not want it any more.
    let request = question("And a drumlin?");
    desk.start(request.clone()).await;
    let exchange = desk.server.next_request().await;
    desk.turns.go_on_unwatched(false);
    exchange.hung_up().await;
    let ended = heard.recv().await.expect("an end");
    assert!(matches!(
        ended.what,
        Happening::Ended {
            cause: Some(Cause::ViewerGone),
            ..
        }
    ));
}

#[tokio::test]
async fn c13_a_turn_goes_on_unwatched_once_the_person_wants_that_while_it_waits() {
    let limit = Duration::from_millis(400);
    let options = TurnOptions {
        watch_limit: limit,
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let request = question("What is a moraine?");
    desk.start(request.clone()).await;
    let exchange = desk.server.next_request().await;
    // The turn waits for the server and for the limit, and for nothing else.
    let begun = Instant::now();
    until("some time of the limit to pass", || {
        (begun.elapsed() > limit / 2).then_some(())
    })
    .await;
    desk.turns.go_on_unwatched(true);
    until("the limit to pass", || {
        (begun.elapsed() > 2 * limit).then_some(())
    })
    .await;
    exchange.complete(7, 3).await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let row = desk.answer(request.turn_id).await;
    assert_eq!((row.state, row.cause), (MessageState::Complete, None));
}

#[tokio::test]
async fn c13_a_page_that_does_not_answer_counts_as_gone() {
    let options = TurnOptions {
        watch_limit: Duration::from_millis(90),
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    exchange.hung_up().await;
    assert_eq!(watch.end().await.cause, Some(Cause::ViewerGone));
    let asked = |event: &tacet_core::TurnEvent| event.event == TurnEventKind::AreYouThere;
    assert!(watch.events().iter().any(asked), "it was never asked");
}

/// Answers each question whether somebody is there, for as long as three limits.
async fn answer_for_three_limits(desk: &Desk, watch: &Watch) {
    for round in 1..=9 {
        watch
            .until("the next question", |watch| {
                let events = watch.events();
                let asked = events
                    .iter()
                    .filter(|event| event.event == TurnEventKind::AreYouThere);
                asked.count() >= round
            })
            .await;
        desk.turns.acknowledge(watch.turn, watch.id.clone(), 0);
    }
}

#[tokio::test]
async fn c13_a_page_that_answers_keeps_its_turn() {
    let options = TurnOptions {
        watch_limit: Duration::from_millis(300),
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    answer_for_three_limits(&desk, &watch).await;
    exchange.complete(7, 0).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
}

#[tokio::test]
async fn c13_a_turn_goes_on_while_one_of_two_windows_shows_it_and_no_longer() {
    let limit = Duration::from_millis(300);
    let options = TurnOptions {
        watch_limit: limit,
        ..TurnOptions::default()
    };
    let desk = Desk::with(options).await;
    let first = desk.ask("What is a moraine?").await;
    let folder = desk.folder.path();
    let second = Watch::attach_in(&desk.turns, first.turn, "window-2", folder).await;
    let second = second.expect("a running turn");
    let mut exchange = desk.server.next_request().await;
    desk.turns.page_gone("main");
    answer_for_three_limits(&desk, &second).await;
    exchange.send_text_delta("A heap").await;
    second
        .until("the text", |watch| watch.text() == "A heap")
        .await;
    assert_eq!(first.text(), "", "its page is gone");
    desk.turns.page_gone("window-2");
    exchange.hung_up().await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let row = desk.answer(first.turn).await;
    assert_eq!(row.cause, Some(Cause::ViewerGone));
}

#[tokio::test]
async fn c13_one_can_attach_while_the_turn_stops_and_not_after_its_end() {
    let desk = Desk::open().await;
    let (confirm, confirmed) = oneshot::channel();
    let (provider, hand) = HandDriven::one(Close::When(confirmed));
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let first = desk.watch(turn).await;
    assert!(!first.snapshot.stopping);
    hand.send(says("A heap")).unwrap();
    first.receive(1).await;
    let stopping = desk.stop(turn);
    let late = async {
        first
            .until("the stop to be noticed", |watch| {
                let events = watch.events();
                events
                    .iter()
                    .any(|event| event.event == TurnEventKind::Stopping)
            })
            .await;
        let late = desk.watch(turn).await;
        assert!(late.snapshot.stopping);
        assert_eq!(late.snapshot.message.text(), "A heap");
        assert_eq!(late.snapshot.phase, Phase::Text);
        confirm.send(()).unwrap();
        late
    };
    let (_, late) = tokio::join!(stopping, late);
    assert_eq!(late.end().await, first.end().await);
    assert!(desk.try_watch(turn).await.is_none());
}

#[tokio::test]
async fn c13_a_watcher_that_leaves_does_not_disturb_the_other() {
    let desk = Desk::open().await;
    let stays = desk.ask("What is a moraine?").await;
    let leaves = desk.watch(stays.turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap ").await;
    leaves.receive(1).await;
    desk.turns.detach(stays.turn, leaves.id.clone());
    exchange.send_text_delta("of rubble").await;
    stays.receive(16).await;
    exchange.complete(7, 3).await;
    assert_eq!(stays.end().await.state, MessageState::Complete);
    assert_eq!(leaves.text(), "A heap ");
}

#[tokio::test]
async fn c13_the_snapshot_has_the_usage_so_far() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let first = desk.watch(request.turn_id).await;
    let usage = Usage {
        source: UsageSource::Running,
        output_tokens: Some(2),
        ..Usage::unknown()
    };
    let told = ModelEvent::Usage(usage.clone());
    hand.send(Cue::Item(Ok(vec![told]))).unwrap();
    first
        .until("the usage", |watch| {
            let events = watch.events();
            let is_usage =
                |event: &tacet_core::TurnEvent| matches!(event.event, TurnEventKind::Usage { .. });
            events.iter().any(is_usage)
        })
        .await;
    let second = desk.watch(request.turn_id).await;
    assert_eq!(second.snapshot.message.usage, Some(usage));
}

/// A chunk of text that also carries the counts so far, as vLLM and xAI send them.
fn counted(text: &str, tokens: usize) -> Frame {
    Frame::Data(serde_json::json!({
        "id": "chatcmpl-gated",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
        "usage": {"prompt_tokens": 7, "completion_tokens": tokens},
    }))
}

async fn check_coalescing(frames: Vec<Frame>) {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    for frame in &frames {
        exchange.send(frame).await;
    }
    exchange.complete(7, 5_000).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    assert_eq!(end.usage.expect("usage").output_tokens, Some(5_000));
    let events = watch.events();
    assert!(
        events.len() < 1_500,
        "{} events for 5,000 deltas",
        events.len()
    );
    for event in &events {
        assert!(serde_json::to_string(event).unwrap().len() < 8_192);
    }
}

#[tokio::test]
async fn five_thousand_deltas_are_far_fewer_events() {
    let frames = (0..5_000).map(|number| Frame::text(format!("word {number} ")));
    check_coalescing(frames.collect()).await;
}

#[tokio::test]
async fn five_thousand_deltas_with_running_usage_are_far_fewer_events() {
    let frames = (1..=5_000).map(|number| counted("\"word\" ", number));
    check_coalescing(frames.collect()).await;
}

#[tokio::test]
async fn a_huge_delta_comes_in_small_events() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let text = "\u{1}\"氷\\\n".repeat(30_000);
    hand.send(says(&text)).unwrap();
    watch.receive(text.len()).await;
    let finished = ModelEvent::Finished(FinishReason::Stop);
    hand.send(Cue::Item(Ok(vec![finished]))).unwrap();
    drop(hand);
    within("the end", watch.end()).await;
    assert!(watch.text() == text, "the text is another");
    for event in &watch.events() {
        assert!(serde_json::to_string(event).unwrap().len() < 8_192);
    }
}

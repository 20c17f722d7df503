//! What a stopped turn leaves: usage with its source, cut-off calls, and the receipt.

use crate::hand_driven::{Close, Cue, HandDriven, says};
use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use serde_json::{Value, json};
use tacet_core::{
    Cause, ConnectionEnd, Message, MessageState, ModelEvent, Part, Phase, Receipt, StopEffect,
    StopOutcome, ToolCallState, TurnEventKind, Usage, UsageSource, now,
};
use tacet_test_support::server::{Exchange, Frame};

async fn asked(desk: &Desk) -> (Watch, Exchange) {
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    (watch, exchange)
}

async fn until_usage(watch: &Watch) {
    watch
        .until("usage", |watch| {
            let events = watch.events();
            events
                .iter()
                .any(|event| matches!(event.event, TurnEventKind::Usage { .. }))
        })
        .await;
}

async fn stopped(desk: &Desk, watch: &Watch) -> (Message, Receipt) {
    let outcome = desk.stop(watch.turn).await;
    watch.end().await;
    let row = desk.answer(watch.turn).await;
    let StopOutcome::Stopped { receipt } = outcome else {
        panic!("{outcome:?}");
    };
    let receipt = *receipt.expect("a receipt");
    assert_eq!(row.receipt.as_ref(), Some(&receipt));
    assert_eq!(row.usage.as_ref(), Some(&receipt.usage));
    (row, receipt)
}

#[tokio::test]
async fn c23_what_was_reported_before_stop_stays_reported() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let reported = Usage {
        source: UsageSource::Reported,
        input_tokens: Some(7),
        output_tokens: Some(2),
        ..Usage::unknown()
    };
    hand.send(says("A heap")).unwrap();
    let told = ModelEvent::Usage(reported.clone());
    hand.send(Cue::Item(Ok(vec![told]))).unwrap();
    until_usage(&watch).await;
    let (row, _) = stopped(&desk, &watch).await;
    let usage = row.usage.map(|usage| Usage {
        cost: None,
        ..usage
    });
    assert_eq!(usage, Some(reported));
}

#[tokio::test]
async fn c10_an_answer_that_named_its_finish_before_stop_is_complete() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    exchange.send_text_delta("A heap").await;
    exchange.send_finish("stop").await;
    exchange.send_usage(7, 2).await;
    until_usage(&watch).await;
    // Only `[DONE]` is missing, which some servers never send.
    assert_eq!(desk.stop(watch.turn).await, StopOutcome::AlreadyEnded);
    assert_eq!(watch.end().await.state, MessageState::Complete);
    let usage = desk.answer(watch.turn).await.usage.expect("a row");
    assert_eq!(usage.source, UsageSource::Reported);
    exchange.hung_up().await;
}

fn counted(output: u64) -> Frame {
    Frame::Data(json!({
        "id": "chatcmpl-gated",
        "choices": [{"index": 0, "delta": {"content": "ice "}, "finish_reason": null}],
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": output,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }))
}

#[tokio::test]
async fn c23_cumulative_counts_are_assigned_and_stay_running_after_stop() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    for output in 1..=5 {
        exchange.send(&counted(output)).await;
    }
    watch.receive(5 * 4).await;
    let (row, _) = stopped(&desk, &watch).await;
    let usage = row.usage.expect("a row");
    assert_eq!(usage.source, UsageSource::Running);
    assert_eq!(usage.output_tokens, Some(5));
    assert_eq!(usage.cached_input_tokens, Some(0), "zero is a number");
}

#[tokio::test]
async fn c23_without_the_providers_figures_there_is_an_estimate_with_its_method() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    exchange.send_text_delta("twelve chars").await;
    watch.receive(1).await;
    let (row, _) = stopped(&desk, &watch).await;
    let usage = row.usage.expect("a row");
    assert_eq!(usage.source, UsageSource::Estimated);
    assert_eq!(usage.output_tokens, Some(2));
    assert_eq!(usage.input_tokens, None);
    assert!(usage.method.is_some());
}

#[tokio::test]
async fn c23_when_nothing_came_the_usage_is_unknown() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    exchange.open_stream().await;
    watch.reach(Phase::WaitingForFirstToken).await;
    let (row, _) = stopped(&desk, &watch).await;
    let usage = row.usage.expect("a row");
    assert_eq!(usage.source, UsageSource::Unknown);
    assert_eq!(usage.output_tokens, None);
}

#[tokio::test]
async fn c15_arguments_that_were_cut_off_are_kept_verbatim_and_never_run() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    let cut = "{\"path\": \"notes.txt\", \"text\": \"Dear";
    exchange.send_text_delta("I write it down.").await;
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("write_file"), &cut[..9])
        .await;
    exchange
        .send_tool_delta(Some(0), None, None, &cut[9..])
        .await;
    watch.receive(16 + cut.len()).await;
    let (row, receipt) = stopped(&desk, &watch).await;
    let Some(Part::ToolCall(call)) = row.parts.last() else {
        panic!("{:?}", row.parts);
    };
    assert_eq!(call.arguments, cut);
    assert_eq!(call.state, ToolCallState::InterruptedBeforeRun);
    assert_eq!(receipt.phase, Phase::ToolArguments);
    assert_eq!(receipt.tools.len(), 1);
    assert_eq!(receipt.tools[0].name, "write_file");
    assert_eq!(receipt.tools[0].state, ToolCallState::InterruptedBeforeRun);
    desk.converse_after(&row).await;
    let sent = desk.server.records().len();
    assert_eq!(sent, 2, "the call had no consequence but the next question");
}

#[tokio::test]
async fn c14_a_whole_call_without_a_tool_to_run_it_fails() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("search"), "{}")
        .await;
    exchange.send_finish("tool_calls").await;
    exchange.send_done().await;
    exchange.end().await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    let row = desk.answer(watch.turn).await;
    let [Part::ToolCall(call)] = &row.parts[..] else {
        panic!("{:?}", row.parts);
    };
    assert_eq!(call.state, ToolCallState::Failed);
    desk.converse_after(&row).await;
}

#[tokio::test]
async fn c26_the_receipt_says_what_stop_did_how_long_it_took_and_what_it_left() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = asked(&desk).await;
    exchange.send_text_delta("Gletscher – 氷河").await;
    watch.receive(1).await;
    let before = now();
    let stopping = desk.turns.stop(watch.turn, Cause::User, Some(before - 25));
    let StopOutcome::Stopped { receipt } = stopping.await else {
        panic!("not stopped");
    };
    let receipt = receipt.expect("a receipt");
    let hang_up = exchange.hung_up().await;
    assert_eq!(receipt.turn_id, watch.turn);
    assert_eq!(receipt.phase, Phase::Text);
    assert_eq!(receipt.cause, Cause::User);
    assert!((before..=now()).contains(&receipt.stopped_at));
    let click = receipt.click_to_token_ms.expect("there was a click");
    assert!((25.0..10_000.0).contains(&click), "{click}");
    assert!(receipt.token_to_closed_ms > 0.0);
    let commit = receipt.token_to_commit_ms.expect("a commit");
    assert!(commit > receipt.token_to_closed_ms);
    assert!(commit < 10_000.0);
    assert_eq!(receipt.connection, ConnectionEnd::Closed);
    assert_eq!(receipt.stop_effect, StopEffect::Unknown);
    assert_eq!(receipt.tools, []);
    assert_eq!(receipt.processes_ended, 0);
    assert_eq!(receipt.bytes_received, hang_up.bytes_written as u64);
    assert_eq!(receipt.characters_kept, 14);
    assert_eq!(receipt.usage.source, UsageSource::Estimated);
    assert_eq!(receipt.unconfirmed, Vec::<String>::new());

    let mut export = Vec::new();
    desk.store.export(&mut export).unwrap();
    let export: Value = serde_json::from_slice(&export).unwrap();
    let exported = &export["conversations"][0]["messages"][1]["receipt"];
    assert_eq!(*exported, serde_json::to_value(&receipt).unwrap());
    assert_eq!(exported["connection"], "closed");
}

#[tokio::test]
async fn c26_a_click_from_a_page_with_a_strange_clock_does_no_harm() {
    let desk = Desk::open().await;
    for clicked_at in [i64::MIN, i64::MAX, 0, now() + 60_000] {
        let (watch, _exchange) = asked(&desk).await;
        let outcome = desk.turns.stop(watch.turn, Cause::User, Some(clicked_at));
        let StopOutcome::Stopped { receipt } = outcome.await else {
            panic!("not stopped");
        };
        let click = receipt.expect("a receipt").click_to_token_ms;
        assert!(click.is_none_or(|click| click >= 0.0), "{click:?}");
        assert_eq!(watch.end().await.cause, Some(Cause::User));
    }
}

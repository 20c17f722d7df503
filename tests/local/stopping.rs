//! Stop, in each phase: it is confirmed, what came is kept and counted, and the next is answered.

use crate::model::{
    answers, embedded, executable, file, long_answer, long_question, question, rest, text, until,
    until_phase, usage,
};
use crate::process::{pid, until_fetched};
use futures::StreamExt;
use rustix::process::{Signal, kill_process};
use std::time::Duration;
use tacet_core::{ConnectionEnd, ModelEvent, Phase, Provider, UsageSource};
use tacet_local::Embedded;
use tokio::time::Instant;

#[tokio::test]
async fn c02_stop_before_the_first_poll_starts_nothing() {
    let provider = embedded();
    let closed = provider.stream(long_answer()).close().await;
    assert_eq!(closed.connection, ConnectionEnd::NeverOpened);
    assert_eq!(closed.events, []);
    assert_eq!(provider.worker_id(), None);
}

/// The clock stands still, and goes on by itself only to where something waits for it.
#[tokio::test(start_paused = true)]
async fn c02_stop_while_the_model_loads_kills_the_worker_and_waits_for_nothing() {
    let provider = embedded();
    let mut stream = provider.stream(long_question());
    until_phase(&mut stream, Phase::LoadingModel).await;
    let loading = provider.worker_id().unwrap();
    // It could not confirm if it wanted to.
    kill_process(pid(loading), Signal::STOP).unwrap();
    let stopped = Instant::now();
    let closed = stream.close().await;
    assert_eq!(stopped.elapsed(), Duration::ZERO);
    assert_eq!(closed.connection, ConnectionEnd::WorkerKilled);
    assert_eq!(closed.events, []);
    assert_eq!(provider.worker_id(), None);
    tokio::time::resume();
    until_fetched(loading).await;
    answers(&provider).await;
}

#[tokio::test]
async fn c02_stop_while_the_prompt_is_read_is_confirmed_and_the_worker_stays() {
    let provider = embedded();
    let mut stream = provider.stream(long_question());
    until_phase(&mut stream, Phase::ReadingPrompt).await;
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::WorkerStopped);
    assert_eq!(text(&closed.events), "");
    let usage = usage(&closed.events);
    assert_eq!(usage.source, UsageSource::Reported);
    assert!(usage.input_tokens.unwrap() < 3000, "{usage:?}");
    assert_eq!(usage.output_tokens, Some(0));
    let worker = provider.worker_id();
    answers(&provider).await;
    assert_eq!(provider.worker_id(), worker);
}

#[tokio::test]
async fn c04_stop_while_the_answer_is_written_keeps_and_counts_what_came() {
    let provider = embedded();
    let mut stream = provider.stream(long_answer());
    let mut events = until(&mut stream, |event| matches!(event, ModelEvent::Text(_))).await;
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::WorkerStopped);
    assert!(closed.bytes_received > 0);
    events.extend(closed.events);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, ModelEvent::Finished(_)))
    );
    let usage = usage(&events);
    assert_eq!(usage.source, UsageSource::Reported);
    // One token or more for each text, and none that nobody has seen, but for one whose
    // characters were not whole.
    let texts = events
        .iter()
        .filter(|event| matches!(event, ModelEvent::Text(_)));
    let texts = texts.count() as u64;
    let tokens = usage.output_tokens.unwrap();
    assert!(
        (texts..=texts + 1).contains(&tokens),
        "{tokens} tokens, {texts} texts"
    );
    let worker = provider.worker_id();
    answers(&provider).await;
    assert_eq!(provider.worker_id(), worker);
}

#[tokio::test]
async fn c09_a_worker_that_hangs_is_killed_and_the_next_message_starts_another() {
    let provider = embedded();
    let mut stream = provider.stream(long_answer());
    let mut events = until(&mut stream, |event| matches!(event, ModelEvent::Text(_))).await;
    let hanging = provider.worker_id().unwrap();
    kill_process(pid(hanging), Signal::STOP).unwrap();
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::WorkerKilled);
    events.extend(closed.events);
    assert_eq!(usage(&events).source, UsageSource::Running);
    assert_eq!(provider.worker_id(), None);
    answers(&provider).await;
    assert_ne!(provider.worker_id(), Some(hanging));
}

#[tokio::test]
async fn c09_a_worker_that_does_not_even_read_its_orders_is_killed() {
    let provider = embedded();
    answers(&provider).await;
    kill_process(pid(provider.worker_id().unwrap()), Signal::STOP).unwrap();
    // More than a pipe holds: the request itself cannot be sent.
    let mut stream = provider.stream(question(&"word ".repeat(100_000), 8));
    let polled = tokio::time::timeout(Duration::from_millis(50), stream.next()).await;
    assert!(polled.is_err());
    assert_eq!(stream.close().await.connection, ConnectionEnd::WorkerKilled);
    answers(&provider).await;
}

#[tokio::test]
async fn dropping_a_stream_stops_it_and_the_worker_answers_the_next() {
    let provider = embedded();
    let mut stream = provider.stream(long_answer());
    until_phase(&mut stream, Phase::Text).await;
    let worker = provider.worker_id();
    drop(stream);
    // The next waits for the seat, so an answer shows that the first one gave it up.
    answers(&provider).await;
    assert_eq!(provider.worker_id(), worker);
}

#[tokio::test]
async fn c02_a_second_request_queues_and_can_be_stopped_there() {
    let provider = embedded();
    let mut first = provider.stream(long_answer());
    until_phase(&mut first, Phase::Text).await;

    let mut second = provider.stream(long_answer());
    let events = until_phase(&mut second, Phase::Queued).await;
    assert_eq!(events, [ModelEvent::Phase(Phase::Queued)]);
    let closed = second.close().await;
    assert_eq!(closed.connection, ConnectionEnd::NeverOpened);
    assert_eq!(closed.events, []);

    let mut third = provider.stream(question("Say yes.", 8));
    until_phase(&mut third, Phase::Queued).await;
    assert_eq!(first.close().await.connection, ConnectionEnd::WorkerStopped);
    let (events, error) = rest(third).await;
    assert_eq!(error, None);
    assert!(!text(&events).is_empty());
}

#[tokio::test]
async fn c07_close_after_the_end_of_the_answer_changes_nothing() {
    let provider = Embedded::new(executable(), &file(), Duration::from_secs(600));
    let mut stream = provider.stream(question("Say yes.", 4));
    let events = until(&mut stream, |event| {
        matches!(event, ModelEvent::Finished(_))
    })
    .await;
    assert_eq!(usage(&events).source, UsageSource::Reported);
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::WorkerStopped);
    assert_eq!(closed.events, []);
}

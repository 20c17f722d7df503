//! Hang-up on real sockets: the server sees it in each phase, and the pool keeps what ended whole.

use crate::answers::said;
use futures::StreamExt;
use std::time::{Duration, Instant};
use tacet_core::{
    BoxModelStream, ConnectionEnd, Endpoint, ErrorCategory, FinishReason, ModelEvent, ModelRequest,
    Phase, Provider, ProviderError, Remote, Role, StopEffect, WireApi,
};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::{BlackHole, Exchange, Frame, GatedServer};

/// Far above what a hang-up takes on a busy machine, far below any limit that would do it instead.
const SOON: Duration = Duration::from_millis(500);

pub fn ask(words: &str) -> ModelRequest {
    ModelRequest::new("gated-model", vec![said(Role::User, words)])
}

pub fn provider(base_url: &str) -> Remote {
    Remote::new(WireApi::OpenaiChat, &Endpoint::new(base_url, None)).unwrap()
}

pub async fn next(stream: &mut BoxModelStream) -> Option<Result<Vec<ModelEvent>, ProviderError>> {
    within("the next item", stream.next()).await
}

/// Polls until the request is in this phase.
pub async fn reach(stream: &mut BoxModelStream, phase: Phase) -> Vec<ModelEvent> {
    let mut all = Vec::new();
    while !all.contains(&ModelEvent::Phase(phase)) {
        all.extend(next(stream).await.expect("an item").expect("no error"));
    }
    all
}

/// All items to the end.
pub async fn drain(mut stream: BoxModelStream) -> (Vec<ModelEvent>, Option<ProviderError>) {
    let mut all = Vec::new();
    while let Some(item) = next(&mut stream).await {
        match item {
            Ok(events) => all.extend(events),
            Err(error) => return (all, Some(error)),
        }
    }
    (all, None)
}

/// A server, a request that waits for its headers, and the server's end of it.
async fn asked() -> (GatedServer, BoxModelStream, Exchange) {
    let server = GatedServer::start().await;
    let (stream, exchange) = asked_at(&server, &provider(&server.base_url()), "hello").await;
    (server, stream, exchange)
}

async fn asked_at(
    server: &GatedServer,
    provider: &Remote,
    words: &str,
) -> (BoxModelStream, Exchange) {
    let mut stream = provider.stream(ask(words));
    reach(&mut stream, Phase::WaitingForHeaders).await;
    (stream, server.next_request().await)
}

fn text(words: &str) -> ModelEvent {
    ModelEvent::Text(words.to_owned())
}

#[tokio::test]
async fn c03_dropping_while_connecting_ends_the_attempt() {
    let black_hole = BlackHole::open();
    let mut stream = provider(&black_hole.base_url()).stream(ask("hello"));
    reach(&mut stream, Phase::Connecting).await;
    assert!(futures::poll!(stream.next()).is_pending());
    black_hole.tried().await;
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::NeverOpened);
    black_hole.abandoned().await;
}

#[tokio::test]
async fn c03_closing_while_waiting_for_headers_hangs_up() {
    let (_server, stream, exchange) = asked().await;
    let stopped = Instant::now();
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::Closed);
    let hang_up = exchange.hung_up().await;
    assert!(!hang_up.after_headers);
    assert!(hang_up.at - stopped < SOON, "{:?}", hang_up.at - stopped);
}

#[tokio::test]
async fn c03_closing_before_the_first_token_hangs_up() {
    let (_server, mut stream, mut exchange) = asked().await;
    exchange.open_stream().await;
    reach(&mut stream, Phase::WaitingForFirstToken).await;
    let stopped = Instant::now();
    stream.close().await;
    let hang_up = exchange.hung_up().await;
    assert!(hang_up.after_headers);
    assert_eq!(hang_up.chunks_written, 0);
    assert!(hang_up.at - stopped < SOON);
}

#[tokio::test]
async fn c03_dropping_in_the_middle_of_the_text_hangs_up_while_the_server_is_silent() {
    let (_server, mut stream, mut exchange) = asked().await;
    exchange.send(&Frame::text("The beginning")).await;
    let events = reach(&mut stream, Phase::Text).await;
    assert_eq!(events.last(), Some(&text("The beginning")));
    let stopped = Instant::now();
    drop(stream);
    let hang_up = exchange.hung_up().await;
    assert_eq!(hang_up.chunks_written, 1);
    assert!(hang_up.at - stopped < SOON);
}

#[tokio::test]
async fn c03_a_connection_is_used_again_after_a_natural_end() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    for words in ["one", "two", "three"] {
        let (stream, mut exchange) = asked_at(&server, &provider, words).await;
        assert_eq!(exchange.request.connection, 0);
        exchange.send(&Frame::text(words)).await;
        exchange.send(&Frame::Finish("stop".to_owned())).await;
        exchange.send(&Frame::Done).await;
        // The consumer has its end before the server has ended the body.
        let (events, error) = drain(stream).await;
        assert_eq!(error, None);
        assert_eq!(
            events.last(),
            Some(&ModelEvent::Finished(FinishReason::Stop))
        );
        exchange.end().await;
        // The rest of the body and the pool each have a task until the connection is idle; what
        // remains are the connection's own and the pool's clock.
        let tasks = tokio::runtime::Handle::current().metrics();
        until("the connection to be idle", || {
            (tasks.num_alive_tasks() <= 2).then_some(())
        })
        .await;
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c03_a_server_that_never_ends_its_body_loses_the_connection() {
    let (_server, stream, mut exchange) = asked().await;
    exchange.send(&Frame::Finish("stop".to_owned())).await;
    exchange.send(&Frame::Done).await;
    let (_, error) = drain(stream).await;
    assert_eq!(error, None);
    exchange.hung_up().await;
}

#[tokio::test]
async fn c12_a_connection_that_breaks_in_the_middle_keeps_the_text_and_is_an_error() {
    let (_server, mut stream, mut exchange) = asked().await;
    exchange.send(&Frame::text("half")).await;
    reach(&mut stream, Phase::Text).await;
    exchange.close_abruptly();
    let (events, error) = drain(stream).await;
    assert_eq!(events, []);
    assert_eq!(error.unwrap().category, ErrorCategory::Network);
}

#[tokio::test]
async fn c12_a_server_that_closes_without_done_has_finished_when_it_gave_a_reason() {
    let (_server, stream, mut exchange) = asked().await;
    exchange.open_stream_until_close().await;
    exchange.send(&Frame::text("whole")).await;
    exchange.send(&Frame::Finish("stop".to_owned())).await;
    exchange.end().await;
    let (events, error) = drain(stream).await;
    assert_eq!(error, None);
    assert_eq!(
        events.last(),
        Some(&ModelEvent::Finished(FinishReason::Stop))
    );
}

#[tokio::test]
async fn a_compressed_stream_arrives_chunk_by_chunk() {
    let (_server, mut stream, mut exchange) = asked().await;
    assert_eq!(exchange.request.header("accept-encoding"), Some("gzip"));
    exchange.open_gzip_stream().await;
    for words in ["first", "second"] {
        exchange.send(&Frame::text(words)).await;
        let mut events = Vec::new();
        while !events.contains(&text(words)) {
            events.extend(next(&mut stream).await.unwrap().unwrap());
        }
    }
}

#[tokio::test]
async fn one_read_of_many_frames_is_one_item() {
    let (_server, mut stream, mut exchange) = asked().await;
    exchange.open_stream().await;
    reach(&mut stream, Phase::WaitingForFirstToken).await;
    let model = "gated-model";
    let both = [
        Frame::text("a").encode(model),
        Frame::text("b").encode(model),
    ]
    .concat();
    exchange.send_chunk(both).await;
    let events = next(&mut stream).await.unwrap().unwrap();
    assert_eq!(
        events,
        [
            ModelEvent::AnswerId("chatcmpl-gated".to_owned()),
            ModelEvent::Phase(Phase::Text),
            text("a"),
            text("b")
        ]
    );
    let closed = stream.close().await;
    assert_eq!(
        closed.bytes_received,
        exchange.record().bytes_written as u64
    );
}

#[tokio::test]
async fn a_server_that_sends_nothing_but_comments_can_still_be_stopped() {
    let (_server, mut stream, mut exchange) = asked().await;
    exchange.open_stream().await;
    reach(&mut stream, Phase::WaitingForFirstToken).await;
    for _ in 0..100 {
        exchange.send(&Frame::Comment("wait".to_owned())).await;
        assert!(futures::poll!(stream.next()).is_pending());
    }
    stream.close().await;
    exchange.hung_up().await;
}

#[tokio::test]
async fn a_silent_server_is_given_up_at_the_idle_limit() {
    let server = GatedServer::start().await;
    let mut endpoint = Endpoint::new(server.base_url(), None);
    endpoint.idle_timeout = Duration::from_millis(50);
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    let (stream, exchange) = asked_at(&server, &provider, "hello").await;
    let (_, error) = drain(stream).await;
    let error = error.unwrap();
    assert_eq!(error.category, ErrorCategory::Network);
    assert!(error.message.contains("said nothing for 0.05 s"), "{error}");
    exchange.hung_up().await;
}

#[tokio::test]
async fn the_request_has_a_length_the_key_and_the_apps_name() {
    let server = GatedServer::start().await;
    let key = tacet_core::ApiKey::new(" sk-secret\n");
    let endpoint = Endpoint::new(format!("{}/", server.base_url()), key);
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    assert_eq!(provider.stop_effect(), StopEffect::Unknown);
    assert!(!format!("{provider:?}").contains("sk-secret"));
    let (_stream, exchange) = asked_at(&server, &provider, "hello").await;
    let request = &exchange.request;
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer sk-secret"));
    let name = concat!("Tacet/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(name));
    assert_eq!(
        request.header("content-length"),
        Some(request.body.len().to_string().as_str())
    );
    assert_eq!(request.json()["stream_options"]["include_usage"], true);
}

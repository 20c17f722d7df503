//! Hang-up over HTTP/2: the stream is reset, and its neighbour on the same connection goes on.

use crate::hanging_up::{ask, next, reach};
use tacet_core::{BoxModelStream, Endpoint, ModelEvent, Phase, Provider, Remote, WireApi};
use tacet_test_support::server::{Dialect, Http2Exchange, Say, StreamEndKind, TlsServer};

/// RST_STREAM's code for what is not wanted any more (RFC 9113, section 7).
const CANCEL: u32 = 8;

fn provider(server: &TlsServer) -> Remote {
    let endpoint = Endpoint {
        ca_certificate: Some(std::fs::read(server.ca_pem()).unwrap()),
        ..Endpoint::new(server.base_url_of(Dialect::OpenaiChat), None)
    };
    Remote::new(WireApi::OpenaiChat, &endpoint).unwrap()
}

/// A request that waits for its headers, and the server's end of it.
async fn asked(server: &TlsServer, provider: &Remote) -> (BoxModelStream, Http2Exchange) {
    let mut stream = provider.stream(ask("hello"));
    reach(&mut stream, Phase::WaitingForHeaders).await;
    (stream, server.next_request().await)
}

/// Polls until these words were received together.
async fn hear(stream: &mut BoxModelStream, words: &str) {
    let wanted = ModelEvent::Text(words.to_owned());
    loop {
        let events = next(stream).await.expect("an item").expect("no error");
        if events.contains(&wanted) {
            return;
        }
    }
}

#[tokio::test]
async fn c03_over_http2_closing_before_the_headers_resets_the_stream() {
    let server = TlsServer::start().await;
    let (stream, exchange) = asked(&server, &provider(&server)).await;
    stream.close().await;
    let end = exchange.wait_reset().await;
    assert_eq!(end.kind, StreamEndKind::Reset(CANCEL));
}

#[tokio::test]
async fn c03_over_http2_closing_in_the_middle_leaves_the_neighbour_alone() {
    let server = TlsServer::start().await;
    let provider = provider(&server);
    let (mut stopped, mut first) = asked(&server, &provider).await;
    let (mut neighbour, mut second) = asked(&server, &provider).await;
    assert_eq!(first.request.connection, second.request.connection);
    first.say(&Say::text("one"));
    second.say(&Say::text("two"));
    hear(&mut stopped, "one").await;
    hear(&mut neighbour, "two").await;
    stopped.close().await;
    let end = first.wait_reset().await;
    assert_eq!(end.kind, StreamEndKind::Reset(CANCEL));
    second.say(&Say::text("goes on"));
    hear(&mut neighbour, "goes on").await;
}

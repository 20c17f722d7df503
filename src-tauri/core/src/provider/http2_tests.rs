//! Hang-up over HTTP/2: the stream is reset, and its neighbour on the same connection goes on.
//!
//! These stand here and not among the suites since HTTP/2 without TLS must be forced on the client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::http::{Endpoint, Http};
use super::{BoxModelStream, ModelEvent, ModelRequest, Provider, Remote, WireApi};
use crate::{ConversationId, Message, MessageId, MessageState, Part, Phase, Role};
use bytes::Bytes;
use futures::StreamExt;
use h2::server::{Connection, SendResponse};
use h2::{Reason, SendStream};
use reqwest::Client;
use std::future::poll_fn;
use tacet_test_support::patience::within;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server whose answers, each with the number of its connection, are in the hands of the test.
struct Server {
    provider: Remote,
    requests: mpsc::UnboundedReceiver<(usize, SendResponse<Bytes>)>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            for number in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, number, sender.clone()));
            }
        });
        let endpoint = Endpoint::new(format!("http://{address}/v1"), None);
        let client = Client::builder().http2_prior_knowledge();
        let http = Http::with(&endpoint, WireApi::OpenaiChat.manners(), client).unwrap();
        Self {
            provider: Remote::over(WireApi::OpenaiChat, &endpoint, http),
            requests,
        }
    }

    /// Starts a request that waits for its headers.
    async fn ask(&mut self) -> (BoxModelStream, usize, SendResponse<Bytes>) {
        let mut stream = self.provider.stream(request());
        reach(&mut stream, &ModelEvent::Phase(Phase::WaitingForHeaders)).await;
        let (connection, answer) = within("a request", self.requests.recv()).await.unwrap();
        (stream, connection, answer)
    }
}

async fn serve(
    socket: TcpStream,
    number: usize,
    sender: mpsc::UnboundedSender<(usize, SendResponse<Bytes>)>,
) {
    let mut connection: Connection<TcpStream, Bytes> = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((_, answer))) = connection.accept().await {
        sender.send((number, answer)).unwrap();
    }
}

fn request() -> ModelRequest {
    let question = Message {
        id: MessageId::new(),
        conversation_id: ConversationId::new(),
        parent_id: None,
        turn_id: None,
        role: Role::User,
        state: MessageState::Complete,
        cause: None,
        model: None,
        parts: vec![Part::Text {
            text: "hello".to_owned(),
        }],
        finish_reason: None,
        usage: None,
        receipt: None,
        error: None,
        created_at: 0,
        ended_at: None,
    };
    ModelRequest::new("m", vec![question])
}

async fn reach(stream: &mut BoxModelStream, wanted: &ModelEvent) {
    let events = async {
        while let Some(item) = stream.next().await {
            if item.unwrap().contains(wanted) {
                return;
            }
        }
        panic!("the stream ended before {wanted:?}");
    };
    within("an event", events).await;
}

fn open(answer: &mut SendResponse<Bytes>) -> SendStream<Bytes> {
    let mut response = ::http::Response::new(());
    let media_type = ::http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", media_type);
    answer.send_response(response, false).unwrap()
}

fn say(body: &mut SendStream<Bytes>, words: &str) {
    let frame = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{words}\"}}}}]}}\n\n");
    body.send_data(frame.into(), false).unwrap();
}

#[tokio::test]
async fn c03_over_http2_closing_before_the_headers_resets_the_stream() {
    let mut server = Server::start().await;
    let (stream, _, mut answer) = server.ask().await;
    stream.close().await;
    let reason = within("the reset", poll_fn(|cx| answer.poll_reset(cx))).await;
    assert_eq!(reason.unwrap(), Reason::CANCEL);
}

#[tokio::test]
async fn c03_over_http2_closing_in_the_middle_leaves_the_neighbour_alone() {
    let mut server = Server::start().await;
    let (mut stopped, first, mut answer) = server.ask().await;
    let (mut neighbour, second, mut other) = server.ask().await;
    assert_eq!(first, second, "both are on one connection");
    let mut body = open(&mut answer);
    let mut other = open(&mut other);
    say(&mut body, "one");
    say(&mut other, "two");
    reach(&mut stopped, &ModelEvent::Text("one".to_owned())).await;
    reach(&mut neighbour, &ModelEvent::Text("two".to_owned())).await;
    stopped.close().await;
    let reason = within("the reset", poll_fn(|cx| body.poll_reset(cx))).await;
    assert_eq!(reason.unwrap(), Reason::CANCEL);
    say(&mut other, "goes on");
    reach(&mut neighbour, &ModelEvent::Text("goes on".to_owned())).await;
}

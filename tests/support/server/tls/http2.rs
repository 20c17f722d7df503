//! One HTTP/2 stream in the hands of the test, with the moment at which the client reset it.
//!
//! A task of the server owns the stream and watches it, so that the moment is the arrival of the
//! frame and not the test's next look.

use super::super::request::Request;
use super::super::say::{Finish, Say, Tokens};
use super::super::voice::{Asked, Speaker};
use crate::patience::within;
use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;
use std::future::poll_fn;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};

/// How a client ended a stream before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEnd {
    /// When the server saw it; taken by the server's own thread.
    pub at: Instant,
    /// Whether the stream alone has gone, or all of its connection.
    pub kind: StreamEndKind,
}

/// What it was that ended a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEndKind {
    /// RST_STREAM with this error code; 8 is CANCEL (RFC 9113, section 7).
    Reset(u32),
    /// The connection went away.
    ConnectionLost,
}

/// What the test has the stream do.
enum Command {
    Head(Response<()>),
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    Reset(Reason),
}

/// A request over HTTP/2 and the response that the test writes to it, frame by frame. Dropping it
/// before its end resets the stream.
///
/// Writing to a stream that the client has reset is no error here.
#[derive(Debug)]
pub struct Http2Exchange {
    /// The request that this answers. Its `connection` counts those of HTTP/2; two streams of one
    /// connection have the same.
    pub request: Request,
    /// The stream's number on its connection.
    pub stream_id: u32,
    speaker: Speaker,
    has_head: bool,
    commands: mpsc::UnboundedSender<Command>,
    end: watch::Receiver<Option<StreamEnd>>,
}

impl Http2Exchange {
    /// Sends the HEADERS frame of the response.
    ///
    /// # Panics
    /// When the status or a header cannot be sent.
    pub fn send_headers(&mut self, status: u16, headers: &[(&str, &str)]) {
        let mut response = Response::new(());
        *response.status_mut() = match StatusCode::from_u16(status) {
            Ok(status) => status,
            Err(error) => panic!("{status}: {error}"),
        };
        *response.headers_mut() = header_map(headers);
        self.has_head = true;
        self.command(Command::Head(response));
    }

    /// Sends the head of a stream with status 200, of the media type that the request's API
    /// streams in.
    pub fn open_stream(&mut self) {
        let media_type = self.request.dialect().stream_type();
        self.send_headers(200, &[("content-type", media_type)]);
    }

    /// Sends `bytes` as one DATA frame. Where no head was sent yet, that of
    /// [`Http2Exchange::open_stream`] goes before it.
    pub fn send_data(&mut self, bytes: impl Into<Bytes>) {
        if !self.has_head {
            self.open_stream();
        }
        self.command(Command::Data(bytes.into()));
    }

    /// Has the model say this in the request's API, as one DATA frame, or none where the API has
    /// nothing for it.
    pub fn say(&mut self, say: &Say) {
        let bytes = self.speaker.say(say);
        if !bytes.is_empty() {
            self.send_data(bytes);
        }
    }

    /// Ends the answer as the request's API does, and the stream.
    pub fn finish(mut self, finish: Finish, tokens: Tokens) {
        for bytes in self.speaker.finish(finish, tokens) {
            self.send_data(bytes);
        }
        self.end();
    }

    /// Answers with this JSON, and ends the stream.
    ///
    /// # Panics
    /// When the status cannot be sent.
    pub fn respond_json(mut self, status: u16, body: &Value) {
        self.send_headers(status, &[("content-type", "application/json")]);
        self.send_data(body.to_string());
        self.end();
    }

    /// Ends the stream with trailers.
    ///
    /// # Panics
    /// When a trailer cannot be sent.
    pub fn end_with_trailers(self, trailers: &[(&str, &str)]) {
        self.command(Command::Trailers(header_map(trailers)));
    }

    /// Ends the stream.
    pub fn end(self) {
        self.command(Command::End);
    }

    /// Resets the stream from the server's side, with this error code (RFC 9113, section 7).
    pub fn reset(self, code: u32) {
        self.command(Command::Reset(Reason::from(code)));
    }

    /// How and when the client ended the stream, if it has.
    pub fn reset_at(&self) -> Option<StreamEnd> {
        *self.end.borrow()
    }

    /// Waits until the client ends the stream; nothing needs to be written for it to show.
    ///
    /// # Panics
    /// When it does not within the usual limit.
    pub async fn wait_reset(&self) -> StreamEnd {
        let what = format!("the client to reset stream {}", self.stream_id);
        let mut end = self.end.clone();
        let ended = async {
            // The task that watches lives as long as this exchange, unless it has seen the end.
            let seen = end.wait_for(Option::is_some).await;
            seen.ok().and_then(|seen| *seen)
        };
        match within(&what, ended).await {
            Some(end) => end,
            None => panic!("the stream {} is no longer watched", self.stream_id),
        }
    }

    fn command(&self, command: Command) {
        // The task has gone when the client has, which is no error here.
        let _ = self.commands.send(command);
    }
}

fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        match (name, HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => drop(map.append(name, value)),
            _ => panic!("{headers:?} cannot be sent"),
        }
    }
    map
}

/// Serves one connection until it ends.
pub(super) async fn serve(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    number: usize,
    exchanges: mpsc::UnboundedSender<Http2Exchange>,
) {
    let Ok(mut connection) = h2::server::handshake(socket).await else {
        return;
    };
    let connection: &mut Connection<_, Bytes> = &mut connection;
    while let Some(Ok((request, answer))) = connection.accept().await {
        tokio::spawn(begin(request, answer, number, exchanges.clone()));
    }
}

/// Reads the request and hands it to the test; then watches over the stream.
async fn begin(
    request: http::Request<RecvStream>,
    answer: SendResponse<Bytes>,
    connection: usize,
    exchanges: mpsc::UnboundedSender<Http2Exchange>,
) {
    let (head, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = body.data().await {
        // The connection has gone where this fails, and the watch will say so.
        let _ = body.flow_control().release_capacity(piece.len());
        bytes.extend_from_slice(&piece);
    }
    let path = head.uri.path_and_query().map(ToString::to_string);
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let request = Request {
        connection,
        method: head.method.to_string(),
        path: path.unwrap_or_default(),
        headers: headers.collect(),
        body: bytes,
        received_at: Instant::now(),
    };
    let stream_id = answer.stream_id().as_u32();
    let asked = Asked::of(&request, &format!("{connection}-{stream_id}"));
    let (commands, received) = mpsc::unbounded_channel();
    let (ended, end) = watch::channel(None);
    let exchange = Http2Exchange {
        speaker: Speaker::new(request.dialect(), asked),
        request,
        stream_id,
        has_head: false,
        commands,
        end,
    };
    if exchanges.send(exchange).is_ok() {
        drive(answer, received, ended).await;
    }
}

/// Does what the test commands until either side ends the stream.
async fn drive(
    mut answer: SendResponse<Bytes>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    ended: watch::Sender<Option<StreamEnd>>,
) {
    let mut body: Option<SendStream<Bytes>> = None;
    loop {
        let reset = poll_fn(|task| match &mut body {
            Some(body) => body.poll_reset(task),
            None => answer.poll_reset(task),
        });
        let command = tokio::select! {
            reset = reset => {
                let kind = match reset {
                    Ok(reason) => StreamEndKind::Reset(reason.into()),
                    Err(_) => StreamEndKind::ConnectionLost,
                };
                let at = Instant::now();
                ended.send_replace(Some(StreamEnd { at, kind }));
                return;
            }
            command = commands.recv() => command,
        };
        // A refusal below means that the client has gone, which the next look at it says.
        match (command, &mut body) {
            (None, _) => return,
            (Some(Command::Head(head)), None) => body = answer.send_response(head, false).ok(),
            (Some(Command::Data(bytes)), Some(body)) => drop(body.send_data(bytes, false)),
            (Some(Command::Trailers(trailers)), Some(body)) => {
                drop(body.send_trailers(trailers));
                return;
            }
            (Some(Command::End), Some(body)) => {
                drop(body.send_data(Bytes::new(), true));
                return;
            }
            (Some(Command::End), None) => {
                drop(answer.send_response(Response::new(()), true));
                return;
            }
            (Some(Command::Reset(reason)), _) => {
                answer.send_reset(reason);
                return;
            }
            (Some(Command::Head(_)), Some(_)) => panic!("a stream has one head"),
            (Some(Command::Data(_) | Command::Trailers(_)), None) => {}
        }
    }
}

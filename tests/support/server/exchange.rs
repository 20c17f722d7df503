//! One request and the response that the test writes to it, step by step.

use super::connection::{Handback, seen};
use super::dialect::Dialect;
use super::record::{ExchangeRecord, HangUp, OpenRecord};
use super::request::Request;
use super::voice::{Asked, Speaker};
use crate::patience::{LIMIT, within, within_limit};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};

/// The head of an event stream.
pub const EVENT_STREAM: &[(&str, &str)] = &[
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache"),
];

/// The head of Ollama's stream of lines.
const LINE_STREAM: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Chunked,
    UntilClose,
}

/// An answer that goes on at the server although its connection broke.
#[derive(Debug)]
pub struct BrokenAnswer {
    asked: Asked,
    speaker: Speaker,
}

/// An open exchange. Dropping it closes the connection; [`Exchange::end`] keeps it for the next
/// request.
///
/// Writing to a client that has gone is no error here: many servers do, and tests count it.
#[derive(Debug)]
pub struct Exchange {
    /// The request that this answers.
    pub request: Request,
    pub(super) asked: Asked,
    pub(super) speaker: Speaker,
    stream: Arc<TcpStream>,
    record: OpenRecord,
    hang_up: watch::Receiver<Option<Instant>>,
    handback: Option<oneshot::Sender<Handback>>,
    framing: Framing,
    gzip: Option<GzEncoder<Vec<u8>>>,
    patience: Duration,
}

impl Exchange {
    pub(super) fn new(
        request: Request,
        number: usize,
        stream: Arc<TcpStream>,
        record: OpenRecord,
        hang_up: watch::Receiver<Option<Instant>>,
        handback: oneshot::Sender<Handback>,
    ) -> Self {
        let asked = Asked::of(&request, &number.to_string());
        Self {
            speaker: Speaker::new(request.dialect(), asked.clone()),
            request,
            asked,
            stream,
            record,
            hang_up,
            handback: Some(handback),
            framing: Framing::Chunked,
            gzip: None,
            patience: LIMIT,
        }
    }

    /// Lets a write wait this long for a client that reads slowly, instead of the usual limit.
    pub(super) fn wait_for_slow_reader(&mut self, patience: Duration) {
        self.patience = patience;
    }

    pub(super) fn open_record(&self) -> OpenRecord {
        self.record.clone()
    }

    /// Writes the response head; the body is chunked.
    pub async fn send_headers(&mut self, status: u16, headers: &[(&str, &str)]) {
        self.send_head(status, headers, &[("transfer-encoding", "chunked")])
            .await;
    }

    /// Writes the head of a chunked stream with status 200, of the media type that the request's
    /// API streams in.
    pub async fn open_stream(&mut self) {
        self.send_headers(200, self.stream_head()).await;
    }

    fn stream_head(&self) -> &'static [(&'static str, &'static str)] {
        match self.request.dialect() {
            Dialect::Ollama => LINE_STREAM,
            Dialect::OpenaiChat
            | Dialect::OpenaiResponses
            | Dialect::Anthropic
            | Dialect::Gemini
            | Dialect::GeminiInteractions => EVENT_STREAM,
        }
    }

    /// As [`Exchange::open_stream`], with each later chunk compressed and flushed by itself.
    pub async fn open_gzip_stream(&mut self) {
        self.gzip = Some(GzEncoder::new(Vec::new(), Compression::fast()));
        let framing = [
            ("content-encoding", "gzip"),
            ("transfer-encoding", "chunked"),
        ];
        self.send_head(200, self.stream_head(), &framing).await;
    }

    /// As [`Exchange::open_stream`], for a body whose end is the end of the connection.
    pub async fn open_stream_until_close(&mut self) {
        self.framing = Framing::UntilClose;
        self.send_head(200, self.stream_head(), &[("connection", "close")])
            .await;
    }

    async fn send_head(&mut self, status: u16, headers: &[(&str, &str)], own: &[(&str, &str)]) {
        let head = head(status, headers.iter().chain(own));
        if self
            .write("the client to take the head", head.as_bytes())
            .await
        {
            self.record.lock().headers_at = Some(Instant::now());
        }
    }

    /// Writes `bytes` as one chunk of the body, in one write. Where no head was sent yet, that of
    /// [`Exchange::open_stream`] goes before it.
    pub async fn send_chunk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if self.record.lock().headers_at.is_none() {
            self.open_stream().await;
        }
        let body = match &mut self.gzip {
            Some(encoder) => compress(encoder, bytes),
            None => bytes.to_vec(),
        };
        let framed = match self.framing {
            Framing::Chunked => chunk(&body),
            Framing::UntilClose => body,
        };
        if self.write("the client to take a chunk", &framed).await {
            let mut record = self.record.lock();
            record.chunks_at.push(Instant::now());
            record.bytes_written += bytes.len();
        }
    }

    /// Ends the body as its framing has it, and returns what was written. Without a
    /// [`Exchange::send_done`] before, this is the end of stream that names no terminal event.
    pub async fn end(mut self) -> ExchangeRecord {
        let what = "the client to take the end of the body";
        let rest = self.gzip.take().and_then(|encoder| encoder.finish().ok());
        match self.framing {
            Framing::Chunked => {
                // What the compressor still holds must not become an empty chunk: that is the end.
                let rest = rest.filter(|rest| !rest.is_empty());
                let mut last = rest.map(|rest| chunk(&rest)).unwrap_or_default();
                last.extend_from_slice(b"0\r\n\r\n");
                self.note_end();
                self.write(what, &last).await;
                self.hand_back(Handback::KeepAlive);
            }
            Framing::UntilClose => {
                self.note_end();
                self.hand_back(Handback::Close);
            }
        }
        self.record.copy()
    }

    /// The id that the API gives to this answer, such as `resp_gated0`. Ollama gives none, and the
    /// name here is the test's alone.
    pub fn answer_id(&self) -> &str {
        &self.asked.answer_id
    }

    /// Answers in one piece with a `content-length`; the connection stays usable.
    pub async fn respond(mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let length = body.len().to_string();
        let own = [("content-length", length.as_str())];
        let mut head = head(status, headers.iter().chain(&own));
        head.push_str(body);
        self.note_end();
        self.write("the client to take the answer", head.as_bytes())
            .await;
        self.hand_back(Handback::KeepAlive);
    }

    /// Answers with a JSON body.
    pub async fn respond_json(self, status: u16, body: &Value) {
        let headers = [("content-type", "application/json")];
        self.respond(status, &headers, &body.to_string()).await;
    }

    /// Closes the connection in mid-body with a FIN: a transport error for a chunked body.
    pub fn close(mut self) {
        self.note_end();
        self.hand_back(Handback::Close);
    }

    /// Breaks the connection off; the answer goes on without it, for [`Exchange::pick_up`].
    pub fn break_off(mut self) -> BrokenAnswer {
        let asked = self.asked.clone();
        let silent = Speaker::new(self.request.dialect(), asked.clone());
        let speaker = std::mem::replace(&mut self.speaker, silent);
        self.close_abruptly();
        BrokenAnswer { asked, speaker }
    }

    /// Goes on with an answer whose connection broke.
    pub fn pick_up(&mut self, answer: BrokenAnswer) {
        self.asked = answer.asked;
        self.speaker = answer.speaker;
    }

    /// Closes the connection with a reset, as a crashed server or a firewall does.
    ///
    /// # Panics
    /// When the socket does not take the option that asks for a reset.
    pub fn close_abruptly(mut self) {
        self.note_end();
        if let Err(error) = self.stream.set_zero_linger() {
            panic!("the socket refuses to be reset: {error}");
        }
        self.hand_back(Handback::Close);
    }

    /// Waits until the client has closed the connection; nothing needs to be written for it to show.
    ///
    /// # Panics
    /// When the client stays beyond the usual limit.
    pub async fn hung_up(&self) -> HangUp {
        let what = format!("the client to hang up {}", self.request.path);
        let at = within(&what, self.hang_up_at()).await;
        match self.record.lock().hang_up {
            Some(hang_up) => hang_up,
            // The watch notes it in the record first, and an exchange that ended is consumed.
            None => panic!("the hang-up at {at:?} is missing in the record of an open exchange"),
        }
    }

    /// The moment of the hang-up, without a limit; for racing it against something else.
    pub async fn hang_up_at(&self) -> Instant {
        seen(self.hang_up.clone()).await
    }

    /// Whether the client has gone already.
    pub fn is_hung_up(&self) -> bool {
        self.hang_up.borrow().is_some()
    }

    /// What was written so far, and when.
    pub fn record(&self) -> ExchangeRecord {
        self.record.copy()
    }

    fn note_end(&self) {
        self.record.lock().ended_at = Some(Instant::now());
    }

    fn hand_back(&mut self, handback: Handback) {
        if let Some(sender) = self.handback.take() {
            // A refusal means that the client hung up first and nobody watches the socket any more.
            let _ = sender.send(handback);
        }
    }

    /// Writes all of `bytes`; false when the client is gone.
    async fn write(&self, what: &str, bytes: &[u8]) -> bool {
        within_limit(self.patience, what, write_all(&self.stream, bytes))
            .await
            .is_ok()
    }
}

fn head<'a>(status: u16, headers: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    let mut head = format!("HTTP/1.1 {status} \r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

fn chunk(body: &[u8]) -> Vec<u8> {
    let mut framed = format!("{:x}\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body);
    framed.extend_from_slice(b"\r\n");
    framed
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn compress(encoder: &mut GzEncoder<Vec<u8>>, bytes: &[u8]) -> Vec<u8> {
    // Writing into a Vec cannot fail.
    let _ = encoder.write_all(bytes).and_then(|()| encoder.flush());
    std::mem::take(encoder.get_mut())
}

//! One running request: it owns the send future, then the body, and polling drives it, so that
//! dropping it hangs up at once. A task that read the body on its behalf would keep the
//! connection open until its next event.

mod ending;
mod handing_over;
mod limits;
mod request;
mod resume;

use super::cancellation::{after_cancel, cancel_at_server};
use super::decode::Decoder;
use super::http::{Sending, Sent};
use super::refusal;
use super::wire::{Outgoing, Wire};
use crate::{Closed, ModelEvent, ModelRequest, ModelStream};
use bytes::Bytes;
use ending::{failed, strange};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use limits::Limits;
use request::{holds_seals, is_long};
use reqwest::Response;
use reqwest::header::LOCATION;
use resume::Resuming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tacet_conversation::{ConnectionEnd, Phase, ProviderError, ServerCancel, Usage};
use tokio::task::JoinHandle;

/// How much of a refusal is read.
const REFUSAL_LIMIT: usize = 64 * 1024;
/// The longest id of an answer that is kept, in bytes; real ones are far shorter.
const LONGEST_ID: usize = 256;
/// How long the rest of a body may take after the end of the answer, and the figures of one that
/// failed.
const REST_LIMIT: Duration = Duration::from_secs(1);

type Body = BoxStream<'static, reqwest::Result<Bytes>>;
type Item = Result<Vec<ModelEvent>, ProviderError>;

pub(super) struct WireStream {
    wire: Arc<dyn Wire>,
    request: ModelRequest,
    decoder: Decoder,
    state: State,
    /// An error whose events were handed over before it.
    failure: Option<ProviderError>,
    limits: Limits,
    bytes_received: u64,
    /// How often it was tried to pick the answer up again since something of it came.
    attempts: usize,
    /// Whether the answer's id was handed over.
    named: bool,
    /// The issuer of the seals of this answer, where they are bound to its request.
    bound: Option<String>,
    /// The optional fields that the server refused in this very request.
    left_out: Vec<&'static str>,
}

enum State {
    Ready,
    /// A long history that is not written yet is repaired and encoded on a thread where that holds nobody up. Dropping
    /// this leaves the work to itself, and nothing is sent.
    Encoding(JoinHandle<Outgoing>),
    Sending {
        response: Sending,
        sent: Arc<Sent>,
        announced: bool,
        optional_fields: Vec<&'static str>,
    },
    Receiving {
        body: Body,
        kind: Kind,
    },
    /// The connection is lost, and the answer is picked up again over another one.
    Resuming(Resuming),
    /// The connection is lost, and the server is told to end what goes on there without it.
    Cancelling {
        cancel: BoxFuture<'static, (ServerCancel, Option<Usage>)>,
        error: ProviderError,
    },
    Ended,
}

/// What a response's body is.
enum Kind {
    Answer,
    Refused {
        status: u16,
        text: Vec<u8>,
        retry_after_ms: Option<u64>,
        optional_fields: Vec<&'static str>,
    },
}

impl WireStream {
    pub(super) fn new(wire: Arc<dyn Wire>, request: ModelRequest) -> Self {
        let mut decoder = wire.decoder(&request.model);
        if wire.optional_fields().leaves_tag_out(&request.model) {
            decoder.assume_reasoning();
        }
        let rules = wire.rules(&request.model);
        let bound = rules.binds.then(|| {
            rules
                .bound_to(&request.instructions, Some(&request.tools))
                .issuer
        });
        Self {
            decoder,
            wire,
            request,
            state: State::Ready,
            failure: None,
            limits: Limits::default(),
            bytes_received: 0,
            attempts: 0,
            named: false,
            bound: bound.flatten(),
            left_out: Vec::new(),
        }
    }

    /// Repairs and encodes the history; what is long, elsewhere.
    fn begin(&mut self) -> Option<Item> {
        let rules = self.wire.rules(&self.request.model);
        if !is_long(&self.request, &rules) {
            return self.send(self.wire.outgoing(&self.request));
        }
        let (wire, request) = (Arc::clone(&self.wire), self.request.clone());
        let encoding = tokio::task::spawn_blocking(move || wire.outgoing(&request));
        self.state = State::Encoding(encoding);
        None
    }

    fn send(&mut self, outgoing: Outgoing) -> Option<Item> {
        let http = self.wire.http();
        let (response, sent) = http.post(&outgoing.path, outgoing.body);
        self.state = State::Sending {
            response,
            sent,
            announced: false,
            optional_fields: outgoing.optional_fields,
        };
        Some(Ok(vec![ModelEvent::Phase(Phase::Connecting)]))
    }

    /// Starts the limit on silence anew.
    fn heard(&mut self) {
        let limit = if self.decoder.is_failing() {
            REST_LIMIT
        } else {
            self.wire.http().destination().idle_timeout
        };
        self.limits.heard(limit);
    }

    /// Takes the headers in.
    fn receive(&mut self, response: Response, optional_fields: Vec<&'static str>) -> Option<Item> {
        self.heard();
        self.wire.heard(response.headers());
        let status = response.status();
        if status.is_success() {
            self.wire
                .optional_fields()
                .prove(&self.request.model, &self.left_out);
        }
        let kind = if status.is_redirection() {
            let target = response.headers().get(LOCATION);
            Kind::Refused {
                status: status.as_u16(),
                text: target.map_or_else(Vec::new, |target| target.as_bytes().to_vec()),
                retry_after_ms: None,
                optional_fields,
            }
        } else if !status.is_success() {
            Kind::Refused {
                status: status.as_u16(),
                text: Vec::new(),
                retry_after_ms: refusal::retry_after(response.headers(), SystemTime::now()),
                optional_fields,
            }
        } else {
            // Whatever its media type: what it is shows in the body.
            Kind::Answer
        };
        let phase = match &kind {
            Kind::Answer => Some(Ok(vec![ModelEvent::Phase(Phase::WaitingForFirstToken)])),
            Kind::Refused { .. } => None,
        };
        self.state = State::Receiving {
            body: response.bytes_stream().boxed(),
            kind,
        };
        phase
    }

    /// Takes the next piece of the body in. `None` means that it said nothing yet.
    fn read(&mut self, bytes: &[u8]) -> Option<Item> {
        self.bytes_received += bytes.len() as u64;
        let State::Receiving { kind, .. } = &mut self.state else {
            return None;
        };
        let text = match kind {
            Kind::Answer => {
                let decoded = self.decoder.push(bytes);
                if !decoded.events.is_empty() {
                    self.attempts = 0;
                }
                self.heard();
                // A page for people may be long.
                let is_long = self.bytes_received > REFUSAL_LIMIT as u64;
                if is_long && decoded.end.is_none() && self.decoder.stranger().is_some() {
                    return self.conclude(None);
                }
                return self.hand_over(decoded);
            }
            Kind::Refused { text, .. } => text,
        };
        let room = REFUSAL_LIMIT - text.len();
        text.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let is_full = text.len() == REFUSAL_LIMIT;
        self.heard();
        if is_full {
            return self.conclude(None);
        }
        None
    }

    /// The body is over, or nothing more of it is wanted, or it failed.
    fn conclude(&mut self, failure: Option<ProviderError>) -> Option<Item> {
        let State::Receiving { kind, .. } = std::mem::replace(&mut self.state, State::Ended) else {
            return None;
        };
        let example = self.wire.http().destination().example;
        let decoded = match kind {
            Kind::Answer => {
                if let Some(item) = self.resume(failure.as_ref()) {
                    return item;
                }
                let broke = failure.is_some();
                let decoded = self.decoder.close(failure);
                match self.decoder.stranger() {
                    Some(stranger) if !broke => failed(strange(stranger, example)),
                    Some(_) | None => decoded,
                }
            }
            Kind::Refused {
                status,
                text,
                retry_after_ms,
                optional_fields,
            } => {
                let refused = self.wire.optional_fields().learn(
                    &self.request.model,
                    status,
                    &text,
                    &optional_fields,
                );
                if !refused.is_empty() {
                    self.left_out.extend(refused);
                    self.state = State::Ready;
                    return None;
                }
                if holds_seals(&self.request) && refusal::is_of_seals(status, &text) {
                    self.request.without_seals = true;
                    self.state = State::Ready;
                    return Some(Ok(vec![ModelEvent::WithoutSeals]));
                }
                let mut error = refusal::from_response(status, &text, &self.request.model, example);
                error.retry_after_ms = retry_after_ms.or(error.retry_after_ms);
                failed(error)
            }
        };
        self.hand_over(decoded)
    }

    fn fail(&mut self, error: ProviderError) -> Poll<Option<Item>> {
        Poll::Ready(self.hand_over(failed(error)))
    }
}

impl Stream for WireStream {
    type Item = Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let this = self.get_mut();
        if let Some(error) = this.failure.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let destination = this.wire.http().destination();
        if let Some(error) = this.limits.poll_first_word(destination, cx) {
            if !matches!(this.state, State::Receiving { .. }) {
                return this.fail(error);
            }
            // The person's own limit is no break of the connection.
            this.attempts = resume::NO_MORE;
            return given(this.conclude(Some(error)), cx);
        }
        let item = match &mut this.state {
            State::Ready => this.begin(),
            State::Encoding(encoding) => match encoding.poll_unpin(cx) {
                Poll::Ready(Ok(outgoing)) => this.send(outgoing),
                Poll::Ready(Err(error)) => match error.try_into_panic() {
                    // As if it had been encoded here: the turn says what a panic means.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // Only where the runtime ends.
                    Err(_) => {
                        this.state = State::Ended;
                        None
                    }
                },
                Poll::Pending => return Poll::Pending,
            },
            State::Sending {
                response,
                sent,
                announced,
                optional_fields,
            } => match response.poll_unpin(cx) {
                Poll::Ready(Ok(response)) => {
                    let optional_fields = std::mem::take(optional_fields);
                    this.receive(response, optional_fields)
                }
                Poll::Ready(Err(error)) => {
                    let error = this.wire.http().destination().unreached(&error);
                    return this.fail(error);
                }
                Poll::Pending if !*announced && sent.poll(cx.waker()) => {
                    *announced = true;
                    this.heard();
                    this.limits.asked(this.wire.http().destination());
                    Some(Ok(vec![ModelEvent::Phase(Phase::WaitingForHeaders)]))
                }
                Poll::Pending => match this.limits.poll_silence(this.wire.http().destination(), cx)
                {
                    Some(error) => return this.fail(error),
                    None => return Poll::Pending,
                },
            },
            State::Receiving { body, .. } => match body.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(bytes))) => this.read(&bytes),
                Poll::Ready(Some(Err(error))) => {
                    let error = this.wire.http().destination().broken(&error);
                    this.conclude(Some(error))
                }
                Poll::Ready(None) => this.conclude(None),
                Poll::Pending => match this.limits.poll_silence(this.wire.http().destination(), cx)
                {
                    Some(error) => this.conclude(Some(error)),
                    None => return Poll::Pending,
                },
            },
            State::Resuming(_) => match this.poll_resume(cx) {
                Poll::Ready(item) => item,
                Poll::Pending => return Poll::Pending,
            },
            State::Cancelling { cancel, error } => match cancel.poll_unpin(cx) {
                Poll::Ready((server, usage)) => {
                    this.failure = Some(ProviderError {
                        message: format!("{} {}", error.message, after_cancel(server)),
                        ..error.clone()
                    });
                    this.state = State::Ended;
                    match usage {
                        Some(usage) => Some(Ok(vec![ModelEvent::Usage(usage)])),
                        None => this.failure.take().map(Err),
                    }
                }
                Poll::Pending => return Poll::Pending,
            },
            State::Ended => return Poll::Ready(None),
        };
        given(item, cx)
    }
}

impl ModelStream for WireStream {
    fn bytes_received(&self) -> Option<u64> {
        Some(self.bytes_received)
    }

    fn pending(mut self: Pin<&mut Self>) -> Vec<ModelEvent> {
        self.decoder.pending()
    }

    /// Drops the request or the body before it returns. The transport closes the socket as soon
    /// as its own task notices, which is its next step. Only then is the server asked to end what
    /// a hang-up does not end there.
    fn close(mut self: Pin<Box<Self>>) -> BoxFuture<'static, Closed> {
        let connection = match &self.state {
            State::Ready | State::Encoding(_) => ConnectionEnd::NeverOpened,
            State::Sending { sent, .. } if !sent.is_taken() => ConnectionEnd::NeverOpened,
            State::Sending { .. }
            | State::Receiving { .. }
            | State::Resuming(_)
            | State::Cancelling { .. }
            | State::Ended => ConnectionEnd::Closed,
        };
        let ends_there = match &self.state {
            State::Receiving { .. } | State::Resuming(_) | State::Cancelling { .. } => {
                self.decoder.answer_id()
            }
            State::Ready | State::Encoding(_) | State::Sending { .. } | State::Ended => None,
        };
        let cancel = ends_there.and_then(|id| self.wire.cancel_path(id));
        let mut events = self.decoder.drain();
        let bytes_received = self.bytes_received;
        let wire = Arc::clone(&self.wire);
        drop(self);
        let at = std::time::Instant::now();
        async move {
            let server = match cancel {
                Some(path) => {
                    let (server, usage) = cancel_at_server(&*wire, &path).await;
                    events.extend(usage.map(ModelEvent::Usage));
                    Some(server)
                }
                None => None,
            };
            Closed {
                connection,
                events,
                bytes_received,
                at,
                server,
            }
        }
        .boxed()
    }
}

/// What there is to hand over; where it is nothing, the stream is looked at again soon.
fn given(item: Option<Item>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
    if item.is_none() {
        // Nothing to say yet. Coming back by way of the scheduler, and not in a loop here, leaves
        // the reader a moment to see a Stop while a server sends nothing but comments.
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    Poll::Ready(item)
}

#[cfg(test)]
mod tests;

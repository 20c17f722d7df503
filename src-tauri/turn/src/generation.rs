//! One request to a model that really stops: the smallest thing that the library offers.

mod ending;

use crate::answer::{Answer, StopFacts};
use crate::content::Content;
use crate::draft::{Change, Draft};
use crate::drained_stream::DrainedStream;
use crate::limit::AnswerLimit;
use crate::retry;
use futures::StreamExt;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tacet_conversation::{
    Cause, ConnectionEnd, ErrorCategory, MessageState, ProviderError, StopHandle, StopRequest,
    Usage, family,
};
use tacet_provider::{
    BoxModelStream, Closed, Goal, ModelEvent, ModelRequest, OnStop, Provider, awake,
    price::{Counted, Quote, RequestCount, cost_of},
};
use tokio::time::Timeout;

/// The longest time that a turn is `stopping` (rule C09).
pub const STOP_LIMIT: Duration = Duration::from_secs(2);
/// How much of it the connection has; the rest is for the disk.
const CLOSE_LIMIT: Duration = Duration::from_millis(1_800);

/// What the error of an answer adds where some of it was received.
const KEPT: &str = " What arrived is kept.";

/// Lets the connection that was just dropped close, before anything is told or saved: the task that
/// closes it was woken on this thread, and no other thread takes it over.
pub(crate) async fn let_connection_close() {
    tokio::task::yield_now().await;
}

/// Where the events come from.
enum Source {
    Open(BoxModelStream),
    /// The request failed and is made again when the time has come.
    Waiting(awake::Sleep),
    /// Kept between calls, so that a dropped [`Generation::next`] does not lose the close.
    Closing(Pin<Box<Timeout<BoxFuture<'static, Closed>>>>, Closing),
    Ended,
}

/// Why a connection is closed before the answer has ended.
#[derive(Clone, Copy)]
enum Closing {
    /// Somebody has called Stop.
    Stopped(StopRequest),
    /// The answer grew beyond its limit.
    TooLong,
}

/// A running request. [`next`](Self::next) drives it; dropping it stops it. The
/// [front page](crate) shows it at work.
pub struct Generation {
    provider: Arc<dyn Provider>,
    request: ModelRequest,
    source: Source,
    /// What the attempts took that failed and were made again, in their order.
    failed_attempts: Vec<Usage>,
    stop: StopHandle,
    draft: Draft,
    limit: AnswerLimit,
    /// Whether a request that fails before its first token is made again.
    may_retry: bool,
    /// Whether it has been driven.
    begun: bool,
    /// What the request is in tokens, where they have a price; it is counted meanwhile.
    counting: Option<RequestCount>,
    /// What [`next`](Self::next) has not handed over yet.
    waiting: VecDeque<Change>,
    error: Option<ProviderError>,
    facts: Option<StopFacts>,
    /// What is read on after Stop.
    rest: Option<DrainedStream>,
}

impl Generation {
    /// Makes a request ready; nothing is sent before the first [`next`](Self::next).
    #[must_use]
    pub fn start(provider: Arc<dyn Provider>, request: ModelRequest) -> Self {
        Self::with_stop(provider, request, StopHandle::default())
    }

    /// The same under a handle that exists already.
    #[must_use]
    pub fn with_stop(provider: Arc<dyn Provider>, request: ModelRequest, stop: StopHandle) -> Self {
        let draft = start(&request);
        Self::drafting(provider, request, stop, draft)
    }

    /// The same, adding to `content`: what the request says that the answer has so far.
    pub(crate) fn adding(
        provider: Arc<dyn Provider>,
        request: ModelRequest,
        stop: StopHandle,
        content: Content,
    ) -> Self {
        Self::drafting(provider, request, stop, Draft::after(content))
    }

    fn drafting(
        provider: Arc<dyn Provider>,
        request: ModelRequest,
        stop: StopHandle,
        draft: Draft,
    ) -> Self {
        Self {
            source: Source::Open(provider.stream(request.clone())),
            draft,
            limit: AnswerLimit::new(AnswerLimit::USUAL),
            may_retry: true,
            provider,
            request,
            failed_attempts: Vec::new(),
            begun: false,
            counting: None,
            stop,
            waiting: VecDeque::new(),
            error: None,
            facts: None,
            rest: None,
        }
    }

    /// The same with another limit for what is received than 8 MB, in bytes of text: words,
    /// reasoning and the arguments of tool calls. An answer that grows beyond it ends there as
    /// incomplete, and its connection is closed.
    #[must_use]
    pub fn with_answer_limit(self, bytes: usize) -> Self {
        Self {
            limit: AnswerLimit::new(bytes),
            ..self
        }
    }

    /// The same, with no second attempt where the first one fails.
    pub(crate) fn without_retries(self) -> Self {
        Self {
            may_retry: false,
            ..self
        }
    }

    /// What is read on after Stop, where the provider's settings want that.
    pub(crate) fn take_rest(&mut self) -> Option<DrainedStream> {
        self.rest.take()
    }

    /// Stops, with the cause `user`: the next call of [`next`](Self::next) closes the
    /// connection. Says whether this was the first call; later ones do nothing.
    pub fn stop(&self) -> bool {
        self.stop.stop(Cause::User)
    }

    /// A handle that stops this generation from any task.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// What the attempts took that failed and were made again, in their order (rule C23).
    #[must_use]
    pub fn failed_attempts(&self) -> &[Usage] {
        &self.failed_attempts
    }

    /// What was received so far.
    #[must_use]
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The next change of the answer, or `None` once it has ended. After Stop it hands over what
    /// was received, says [`Change::Stopping`] and then what closing the connection still brought,
    /// and ends. Dropping the future and calling again loses nothing.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            // The connection does not wait until the caller has taken what was received.
            let close_first = self.stop.is_stopped() && matches!(self.source, Source::Open(_));
            if !close_first && let Some(change) = self.waiting.pop_front() {
                return Some(change);
            }
            let changes = self.advance().await?;
            let stopping = changes.contains(&Change::Stopping);
            self.waiting.extend(changes);
            if stopping {
                let_connection_close().await;
            }
        }
    }

    /// All changes of the next event: one read of the connection, or one step of its end. `None`
    /// once the answer has ended. Not to be mixed with [`next`](Self::next).
    pub(crate) async fn advance(&mut self) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            self.count_request();
        }
        match &mut self.source {
            Source::Open(stream) => {
                let item = tokio::select! {
                    biased;
                    request = self.stop.stopped() => Err(request),
                    item = stream.next() => Ok(item),
                };
                match item {
                    Ok(Some(Ok(events))) => {
                        self.apply(events, &mut changes);
                        if self.limit.is_exceeded() && self.draft.finish().is_none() {
                            self.close_too_long();
                        }
                    }
                    Ok(Some(Err(error))) => match self.time_to_retry(&error) {
                        Some(wait) => self.begin_wait(wait, error, &mut changes),
                        None => self.end(Some(error), &mut changes),
                    },
                    Ok(None) => self.end(None, &mut changes),
                    // A finished answer stays finished (rule C07): nothing is left to stop.
                    Err(_) if self.draft.finish().is_some() => self.end(None, &mut changes),
                    Err(request) => {
                        changes.push(Change::Stopping);
                        self.begin_close(request, &mut changes);
                    }
                }
            }
            Source::Waiting(sleep) => {
                let stopped = tokio::select! {
                    biased;
                    request = self.stop.stopped() => Some(request),
                    () = sleep => None,
                };
                match stopped {
                    Some(request) => {
                        changes.push(Change::Stopping);
                        let closed = Closed::now(ConnectionEnd::Closed, 0);
                        self.end_close(closed, request, &mut changes);
                    }
                    None => {
                        let stream = self.provider.stream(self.request.clone());
                        self.source = Source::Open(stream);
                    }
                }
            }
            Source::Closing(closing, why) => {
                let closed = closing.await;
                let closed = closed.unwrap_or_else(|_| Closed::now(ConnectionEnd::Unconfirmed, 0));
                match *why {
                    Closing::Stopped(request) => self.end_close(closed, request, &mut changes),
                    Closing::TooLong => {
                        self.apply(closed.events, &mut changes);
                        self.source = Source::Ended;
                        self.error = Some(self.limit.error());
                        self.settle(&mut changes);
                    }
                }
            }
            Source::Ended => return None,
        }
        Some(changes)
    }

    /// How it ended. For a generation that was not driven to its end this closes the connection
    /// by dropping it, and the answer is what a Stop at this moment leaves, without its facts;
    /// where nobody has called Stop the cause is `viewer-gone`.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        self.conclude(&mut Vec::new())
    }

    /// The same; what it closes that was still open is told in `changes`.
    pub(crate) fn conclude(self, changes: &mut Vec<Change>) -> Answer {
        let (answer, content) = self.conclude_apart(changes);
        Answer {
            parts: content.into_parts(),
            ..answer
        }
    }

    /// The same, with the parts apart, for a request that adds to them.
    pub(crate) fn conclude_apart(mut self, changes: &mut Vec<Change>) -> (Answer, Content) {
        let finished = self.draft.finish();
        let (state, cause) = if finished.is_some() {
            (MessageState::Complete, None)
        } else if let Some(facts) = &self.facts {
            (MessageState::Interrupted, Some(facts.cause))
        } else if self.error.is_some() {
            let cause = if self.limit.is_exceeded() {
                Cause::AnswerLimit
            } else {
                Cause::ProviderError
            };
            (MessageState::Incomplete, Some(cause))
        } else {
            let request = self.stop.request();
            let cause = request.map_or(Cause::ViewerGone, |request| request.cause);
            (MessageState::Interrupted, Some(cause))
        };
        self.settle(changes);
        let answer = Answer {
            state,
            cause,
            finish_reason: finished,
            usage: self.usage(),
            failed_attempts: self.failed_attempts,
            requests: Vec::new(),
            tools: Vec::new(),
            without_seals: self.draft.is_without_seals(),
            repeated: self.draft.take_repeated(),
            error: self.error.or_else(|| self.draft.take_explanation()),
            characters: self.draft.characters(),
            stop: self.facts.filter(|_| finished.is_none()),
            parts: Vec::new(),
        };
        (answer, self.draft.into_content())
    }

    /// What it took so far, and what that costs, where the request is counted in time.
    fn usage(&self) -> Usage {
        let model = &self.request.model;
        let is_open = self.is_open();
        let usage = self.draft.usage(model, is_open);
        let counted = Counted {
            request: self.counting.as_ref().and_then(RequestCount::get),
            answer: self.draft.received().tokens(family::of(model)),
            is_open,
        };
        let cost = cost_of(&usage, &self.provider.quote(model), &counted);
        Usage { cost, ..usage }
    }

    /// Whether more may have been written, and billed, than was received.
    fn is_open(&self) -> bool {
        let hidden = self
            .provider
            .hides_reasoning(&self.request.model, self.request.parameters.effort)
            || self.draft.has_uncounted();
        let server = self.facts.as_ref().and_then(|facts| facts.server);
        let effect = self.provider.stop_effect().once_stopped(server);
        hidden || (self.draft.finish().is_none() && effect.may_go_on())
    }

    fn count_request(&mut self) {
        let model = &self.request.model;
        if let Quote::Priced(_) = self.provider.quote(model) {
            self.counting = Some(RequestCount::begin(self.request.clone()));
        }
    }

    fn apply(&mut self, events: Vec<ModelEvent>, changes: &mut Vec<Change>) {
        for event in events {
            if let Some(event) = self.limit.take(event) {
                self.draft.apply(event, changes);
            }
        }
    }

    /// How often the request was made again.
    fn retries(&self) -> u32 {
        u32::try_from(self.failed_attempts.len()).unwrap_or(u32::MAX)
    }

    /// How long to wait before the request is made again; never once a token has been shown.
    fn time_to_retry(&self, error: &ProviderError) -> Option<Duration> {
        if !self.may_retry || !self.draft.is_blank() || self.draft.finish().is_some() {
            return None;
        }
        retry::wait(error, self.retries(), fastrand::f64())
    }

    fn begin_wait(&mut self, wait: Duration, error: ProviderError, changes: &mut Vec<Change>) {
        self.failed_attempts.push(self.usage());
        self.source = Source::Waiting(awake::Sleep::new(wait));
        let is_first = self.request.so_far.is_none();
        let start = is_first.then(|| start(&self.request));
        self.draft.restart(start, changes);
        changes.push(Change::Retrying {
            retry: self.retries(),
            of: retry::RETRIES,
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            error,
        });
    }

    fn end(&mut self, error: Option<ProviderError>, changes: &mut Vec<Change>) {
        self.source = Source::Ended;
        self.error = match (self.draft.finish(), error) {
            // What breaks after the last event of a whole answer changes nothing about it.
            (Some(_), _) => None,
            (None, Some(error)) => Some(error),
            (None, None) => Some(ProviderError::new(
                ErrorCategory::Protocol,
                "The provider's stream ended without saying that the answer is finished. Retry to \
                 ask again.",
            )),
        };
        if let Some(error) = self.error.as_mut().filter(|_| !self.draft.is_blank()) {
            error.message.push_str(KEPT);
        }
        self.settle(changes);
    }

    fn begin_close(&mut self, request: StopRequest, changes: &mut Vec<Change>) {
        if let Source::Open(mut stream) = std::mem::replace(&mut self.source, Source::Ended) {
            let bytes_received = stream.bytes_received().unwrap_or(0);
            let on_stop = if self.is_worth_reading_on(request.cause) {
                self.provider.on_stop()
            } else {
                OnStop::Close
            };
            if on_stop != OnStop::Close {
                // What is known already counts before the stop does (rules C04, C10).
                let known = stream.as_mut().pending();
                self.apply(known, changes);
            }
            let (model, is_open) = (&self.request.model, self.is_open());
            let stream = match DrainedStream::of(stream, on_stop, model, &self.draft, is_open) {
                Err(stream) => stream,
                Ok(rest) => {
                    self.rest = Some(rest);
                    let closed = Closed::now(ConnectionEnd::ReadOn, bytes_received);
                    self.end_close(closed, request, changes);
                    return;
                }
            };
            self.close(stream, Closing::Stopped(request));
        }
    }

    /// Closes the connection as Stop does; the answer has ended for a reason of its own.
    fn close_too_long(&mut self) {
        if let Source::Open(stream) = std::mem::replace(&mut self.source, Source::Ended) {
            self.close(stream, Closing::TooLong);
        }
    }

    fn close(&mut self, stream: BoxModelStream, why: Closing) {
        let closing = tokio::time::timeout(CLOSE_LIMIT, stream.close());
        self.source = Source::Closing(Box::pin(closing), why);
    }

    fn end_close(&mut self, closed: Closed, request: StopRequest, changes: &mut Vec<Change>) {
        self.source = Source::Ended;
        self.facts = Some(StopFacts {
            cause: request.cause,
            phase: self.draft.phase(),
            at: request.at,
            at_millis: request.at_millis,
            clicked_at: request.clicked_at,
            closed_at: closed.at,
            connection: closed.connection,
            bytes_received: closed.bytes_received,
            server: closed.server,
        });
        self.apply(closed.events, changes);
        self.settle(changes);
    }
}

/// What an answer begins with, before anything of it was received.
fn start(request: &ModelRequest) -> Draft {
    if let Some(so_far) = &request.so_far {
        return Draft::after(Content::after(so_far.parts().cloned().collect()));
    }
    match (request.goal, request.history.last()) {
        (Goal::Continue, Some(message)) => {
            let begun = message.begun().unwrap_or(&message.parts);
            let after = message.parts.get(begun.len());
            Draft::continuing(begun.to_vec()).with_sources_of(after)
        }
        (Goal::Continue, None) | (Goal::Answer, _) => Draft::default(),
    }
}

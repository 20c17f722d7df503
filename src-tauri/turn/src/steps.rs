//! The steps of a turn: what it is at, from the first request to the last (rule C02).
//!
//! A step is one request and the tools that its answer calls. A request gives what came of it;
//! whether that completes the turn is decided here.

mod calls;

use crate::answer::{Answer, StopFacts, ToolEnd};
use crate::content::Content;
use crate::drained_stream::DrainedStream;
use crate::recipe::{Asked, Recipe, Resolving};
use crate::tool_calls::ToolCalls;
use crate::{Change, Generation};
use futures::FutureExt;
use std::sync::Arc;
use tacet_conversation::{
    ConnectionEnd, ErrorCategory, FinishReason, MessageState, Part, Phase, ProviderError,
    RequestRecord, StopHandle, StopRequest, ToolCallState, Usage,
};
use tacet_provider::{ModelRequest, Provider};
use tacet_store::Store;

enum Stage {
    /// The provider and the tools are made ready and the history read.
    Preparing(Resolving<Box<Asked>>),
    Requesting(Box<Generation>),
    Calling(Box<ToolCalls>),
    /// So many steps were made; the person is asked whether to go on.
    AtLimit(Content),
    /// Nothing more happens.
    Ended(Box<Answer>),
    /// The answer was taken out, to be written.
    Concluded,
}

/// How much of an answer stood there before a request.
#[derive(Clone, Copy)]
enum Begun {
    /// So many characters, of parts that may have grown since.
    Characters(usize),
    /// So many parts, which are as they were.
    Parts(usize),
}

/// What a turn is at.
pub(super) struct Steps {
    stage: Stage,
    stop: StopHandle,
    asked: Option<Box<Asked>>,
    /// The step that is made, from 0.
    step: u32,
    /// The step that it is asked after whether to go on.
    limit: u32,
    /// The requests of the steps that were made.
    requests: Vec<RequestRecord>,
    /// What these gave, in characters that were kept.
    characters: u64,
    /// What a continuation repeated, where it is the last request.
    repeated: String,
    /// Whether the provider refused sealed reasoning in this turn, so that the rest of it does without.
    without_seals: bool,
    /// How tools ended that were told to.
    tools: Vec<ToolEnd>,
    /// Whether the person wants it to end after this step, and since when.
    last: Option<StopRequest>,
    /// What stood there before the last request.
    begun: Begun,
    /// What is read on of it after Stop.
    rest: Option<DrainedStream>,
}

impl Steps {
    pub(super) fn new(recipe: Recipe, store: Store, stop: StopHandle) -> Self {
        Self {
            stage: Stage::Preparing(recipe.prepare(store).boxed()),
            stop,
            asked: None,
            step: 0,
            limit: 0,
            requests: Vec::new(),
            characters: 0,
            repeated: String::new(),
            without_seals: false,
            tools: Vec::new(),
            last: None,
            begun: Begun::Characters(0),
            rest: None,
        }
    }

    /// All changes of the next event; `None` once there will be none. Dropping the future and
    /// calling again loses nothing.
    pub(super) async fn advance(&mut self) -> Option<Vec<Change>> {
        match &mut self.stage {
            Stage::Preparing(preparing) => {
                let ready = tokio::select! {
                    biased;
                    request = self.stop.stopped() => {
                        self.end(Answer::never_requested(request));
                        return Some(Vec::new());
                    }
                    ready = preparing => ready,
                };
                match ready {
                    Ok(asked) => {
                        self.limit = asked.tools.step_limit();
                        self.asked = Some(asked);
                        self.request(None);
                    }
                    Err(error) => self.end(Answer::failed(error)),
                }
                Some(Vec::new())
            }
            Stage::Requesting(generation) => match generation.advance().await {
                Some(mut changes) => {
                    self.add_up(&mut changes);
                    Some(changes)
                }
                None => Some(self.end_request()),
            },
            Stage::Calling(calls) => match calls.advance().await {
                Some(changes) => Some(changes),
                None => Some(self.end_step()),
            },
            Stage::AtLimit(_) => {
                let request = self.stop.stopped().await;
                Some(self.stop_between(request))
            }
            Stage::Ended(_) | Stage::Concluded => None,
        }
    }

    /// Makes the request of the step, after what stands there of those before it.
    fn request(&mut self, content: Option<Content>) {
        let Some(asked) = &mut self.asked else {
            return;
        };
        let parts = content.as_ref().map(Content::parts);
        let left = asked.answer_limit.saturating_sub(parts.map_or(0, said));
        let request = ModelRequest {
            without_seals: self.without_seals,
            ..asked.request(parts)
        };
        let stop = self.stop.child();
        let provider = Arc::clone(&asked.provider);
        let generation = match content {
            Some(content) => {
                self.begun = Begun::Parts(content.parts().len());
                Generation::adding(provider, request, stop, content)
            }
            None => {
                let first = Generation::with_stop(provider, request, stop);
                self.begun = Begun::Characters(characters(first.draft().parts()));
                first
            }
        };
        self.stage = Stage::Requesting(Box::new(generation.with_answer_limit(left)));
    }

    /// What a request's figures are is told together with those before it.
    fn add_up(&self, changes: &mut [Change]) {
        for change in changes {
            if let Change::Usage(usage) = change
                && let Some(before) = RequestRecord::total(&self.requests)
            {
                *usage = Usage::total([&before, usage]);
            }
        }
    }

    /// The request has come to its end: so has the turn, unless its answer calls tools.
    fn end_request(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let Stage::Requesting(mut generation) =
            std::mem::replace(&mut self.stage, Stage::Concluded)
        else {
            return changes;
        };
        self.rest = generation.take_rest();
        let (answer, content) = generation.conclude_apart(&mut changes);
        let calls = |part: &Part| {
            matches!(part, Part::ToolCall(call)
                if call.state == ToolCallState::WaitingForApproval)
        };
        let is_whole = answer.state == MessageState::Complete;
        let has_calls = content.parts().iter().any(calls);
        if is_whole && !has_calls && answer.finish_reason == Some(FinishReason::Paused) {
            self.keep(&answer);
            changes.extend(self.go_to_next(content));
            return changes;
        }
        if !is_whole || !has_calls {
            self.end(Answer {
                parts: content.into_parts(),
                ..answer
            });
            return changes;
        }
        self.keep(&answer);
        let tools = self.asked.as_ref().map(|asked| asked.tools.clone());
        let calls = ToolCalls::new(content, tools.unwrap_or_default(), self.stop.clone());
        self.stage = Stage::Calling(Box::new(calls));
        changes
    }

    /// Adds what a request gave to what was there.
    fn keep(&mut self, answer: &Answer) {
        let last = (&answer.usage, answer.finish_reason);
        let records = RequestRecord::of_step(self.step, &answer.failed_attempts, Some(last));
        self.requests.extend(records);
        self.characters += answer.characters;
        self.without_seals |= answer.without_seals;
        self.repeated.clone_from(&answer.repeated);
    }

    /// All calls of a step have ended.
    fn end_step(&mut self) -> Vec<Change> {
        let Stage::Calling(calls) = std::mem::replace(&mut self.stage, Stage::Concluded) else {
            return Vec::new();
        };
        self.tools.extend(calls.ends());
        let (stopped, phase) = (calls.stopped(), calls.phase());
        let content = calls.into_content();
        if let Some(request) = stopped {
            self.end_stopped(request, phase, content.into_parts());
            return Vec::new();
        }
        self.go_to_next(content)
    }

    /// Goes on to the next step, unless the person wants no more, or is to be asked first.
    fn go_to_next(&mut self, content: Content) -> Vec<Change> {
        if let Some(request) = self.last {
            self.end_stopped(request, Phase::BetweenRequests, content.into_parts());
        } else if self.step + 1 >= self.limit {
            self.stage = Stage::AtLimit(content);
            return vec![Change::AtStepLimit(self.step + 1)];
        } else {
            self.step += 1;
            self.request(Some(content));
        }
        Vec::new()
    }

    fn stop_between(&mut self, request: StopRequest) -> Vec<Change> {
        if let Stage::AtLimit(content) = std::mem::replace(&mut self.stage, Stage::Concluded) {
            self.end_stopped(request, Phase::BetweenRequests, content.into_parts());
        }
        vec![Change::Stopping]
    }

    /// Stopped while no request was open.
    fn end_stopped(&mut self, request: StopRequest, phase: Phase, parts: Vec<Part>) {
        let facts = StopFacts {
            phase,
            connection: ConnectionEnd::Finished,
            ..StopFacts::unopened(request)
        };
        self.stage = Stage::Ended(Box::new(self.whole(Answer {
            state: MessageState::Interrupted,
            cause: Some(request.cause),
            parts,
            stop: Some(facts),
            ..Answer::empty()
        })));
    }

    /// The last request has ended, and the turn with it.
    fn end(&mut self, answer: Answer) {
        let answer = if self.asked.is_some() {
            self.keep(&answer);
            self.whole(answer)
        } else {
            answer
        };
        self.stage = Stage::Ended(Box::new(answer));
    }

    /// The answer of all steps, of which the last has given `answer`.
    fn whole(&mut self, answer: Answer) -> Answer {
        let requests = std::mem::take(&mut self.requests);
        Answer {
            usage: RequestRecord::total(&requests).unwrap_or_else(Usage::unknown),
            failed_attempts: RequestRecord::failed(&requests),
            characters: self.characters,
            without_seals: self.without_seals,
            repeated: std::mem::take(&mut self.repeated),
            tools: std::mem::take(&mut self.tools),
            requests,
            ..answer
        }
    }

    /// How it ended; what is closed with it is told in `changes`.
    pub(super) fn conclude(&mut self, changes: &mut Vec<Change>) -> Answer {
        match std::mem::replace(&mut self.stage, Stage::Concluded) {
            Stage::Ended(answer) => *answer,
            Stage::Requesting(generation) => {
                let answer = generation.conclude(changes);
                self.keep(&answer);
                self.whole(answer)
            }
            Stage::Calling(calls) => self.broken_off(calls.into_content(), changes),
            Stage::AtLimit(content) => self.broken_off(content, changes),
            Stage::Preparing(_) | Stage::Concluded => Answer::failed(lost()),
        }
    }

    /// What an error inside leaves of a turn while no request is open.
    fn broken_off(&mut self, mut content: Content, changes: &mut Vec<Change>) -> Answer {
        for index in 0..content.parts().len() {
            if let Part::ToolCall(call) = &content.parts()[index] {
                let state = call.state.when_interrupted();
                content.set_call_state(index, state, changes);
            }
        }
        self.whole(Answer {
            parts: content.into_parts(),
            error: Some(lost()),
            ..Answer::empty()
        })
    }

    /// The parts of the answer as they stand; `None` before there was a request.
    pub(super) fn parts(&self) -> Option<&[Part]> {
        match &self.stage {
            Stage::Preparing(_) | Stage::Concluded => None,
            Stage::Requesting(generation) => Some(generation.draft().parts()),
            Stage::Calling(calls) => Some(calls.parts()),
            Stage::AtLimit(content) => Some(content.parts()),
            Stage::Ended(answer) => self.asked.is_some().then_some(&*answer.parts),
        }
    }

    /// Whether there was a request.
    pub(super) fn has_requested(&self) -> bool {
        self.asked.is_some()
    }

    /// Who is asked, once that is known.
    pub(super) fn provider(&self) -> Option<&Arc<dyn Provider>> {
        self.asked.as_ref().map(|asked| &asked.provider)
    }

    /// What is read on of the last request after Stop, where the provider's settings want that.
    pub(super) fn take_rest(&mut self) -> Option<DrainedStream> {
        self.rest.take()
    }

    /// How many characters stood there before the last request.
    pub(super) fn begun(&self) -> usize {
        match self.begun {
            Begun::Characters(count) => count,
            Begun::Parts(count) => {
                let parts = self.parts().and_then(|parts| parts.get(..count));
                parts.map_or(0, characters)
            }
        }
    }

    /// The requests that have ended so far, those that failed among them.
    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        let failed = match &self.stage {
            Stage::Requesting(generation) => {
                RequestRecord::of_step(self.step, generation.failed_attempts(), None)
            }
            Stage::Preparing(_)
            | Stage::Calling(_)
            | Stage::AtLimit(_)
            | Stage::Ended(_)
            | Stage::Concluded => Vec::new(),
        };
        self.requests.iter().cloned().chain(failed).collect()
    }

    /// The same with the one that is open, as far as the provider has said what it takes.
    pub(super) fn requests_so_far(&self) -> Vec<RequestRecord> {
        let mut requests = self.requests();
        if let Stage::Requesting(generation) = &self.stage
            && let Some(usage) = generation.draft().provider_usage()
        {
            let attempt = generation.failed_attempts().len();
            requests.push(RequestRecord {
                step: self.step,
                attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
                made_again: false,
                finish_reason: None,
                usage: usage.clone(),
            });
        }
        requests
    }

    /// After how many steps the person is asked whether to go on, while they are.
    pub(super) fn at_limit(&self) -> Option<u32> {
        matches!(self.stage, Stage::AtLimit(_)).then_some(self.step + 1)
    }

    /// Ends the turn once the tools of this step have ended (rule C25); `false` where it has ended.
    pub(super) fn stop_after_step(&mut self, request: StopRequest) -> bool {
        match &self.stage {
            Stage::Ended(_) | Stage::Concluded => return false,
            Stage::AtLimit(_) => {
                self.stop_between(request);
            }
            Stage::Preparing(_) | Stage::Requesting(_) | Stage::Calling(_) => {
                self.last.get_or_insert(request);
            }
        }
        true
    }

    /// Whether it ends after this step.
    pub(super) fn ends_after_step(&self) -> bool {
        self.last.is_some()
    }

    /// Makes as many steps again as are made without asking; `false` where nobody was asked.
    pub(super) fn go_on(&mut self) -> bool {
        match std::mem::replace(&mut self.stage, Stage::Concluded) {
            Stage::AtLimit(content) => {
                let more = self.asked.as_ref().map_or(1, |it| it.tools.step_limit());
                self.limit = self.limit.saturating_add(more);
                self.step += 1;
                self.request(Some(content));
                true
            }
            stage => {
                self.stage = stage;
                false
            }
        }
    }
}

/// How many characters (Unicode scalar values) parts have.
fn characters(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.body().chars().count()).sum()
}

/// How many bytes of parts the model said.
fn said(parts: &[Part]) -> usize {
    let said = parts
        .iter()
        .filter(|part| !matches!(part, Part::ToolResult(_)));
    said.map(|part| part.body().len()).sum()
}

/// What only an error inside Tacet leads to.
fn lost() -> ProviderError {
    ProviderError::new(
        ErrorCategory::Engine,
        "The turn ended before its answer did. Retry to ask again.",
    )
}

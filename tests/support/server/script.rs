//! Answers that need no hand: so many frames at such a pace, for benches and for tests of the
//! window, with every chunk's time on record.

use super::dialect::Dialect;
use super::exchange::Exchange;
use super::frame::{Frame, ReasoningField};
use super::say::{Finish, PROMPT_TOKENS, Say, Tokens};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Long enough for any client that reads at all.
const SLOW_READER: Duration = Duration::from_secs(600);

/// One step of a script.
#[derive(Debug, Clone)]
enum Step {
    /// A frame of Chat Completions; in another API, what it says.
    Frame(Frame),
    /// In the words of the request's API.
    Say(Say),
    /// The end of the answer.
    Finish(Finish, Tokens),
}

/// A whole answer, in the API of the request: each step goes out as one chunk in one write, the end
/// as one for each of its events.
#[derive(Debug, Clone)]
pub struct Script {
    steps: Arc<[Step]>,
    per_second: Option<u32>,
    ends: bool,
}

impl Script {
    /// These frames and nothing else, as fast as the client takes them. In another API than Chat
    /// Completions, what the frames say: `Usage` and `Finish` count when `Done` comes, and a
    /// comment or a raw value goes out as it is.
    pub fn frames(frames: impl IntoIterator<Item = Frame>) -> Self {
        Self::steps(frames.into_iter().map(Step::Frame).collect())
    }

    /// The model says this, and the stream stays unfinished: the body ends without the API's
    /// terminal event.
    pub fn say(said: impl IntoIterator<Item = Say>) -> Self {
        Self::steps(said.into_iter().map(Step::Say).collect())
    }

    /// The model says this, and the answer ends as the API has it.
    pub fn answer(said: impl IntoIterator<Item = Say>, finish: Finish, tokens: Tokens) -> Self {
        let mut steps: Vec<Step> = said.into_iter().map(Step::Say).collect();
        steps.push(Step::Finish(finish, tokens));
        Self::steps(steps)
    }

    /// A complete answer of these pieces of text with its usage: 7 prompt tokens, one completion
    /// token a piece.
    pub fn text<S: Into<String>>(pieces: impl IntoIterator<Item = S>) -> Self {
        Self::complete(pieces.into_iter().map(text_step).collect())
    }

    /// As [`Script::text`], after these pieces of reasoning. The field is the one that Chat
    /// Completions sends them in; the other APIs have their own.
    pub fn reasoning_then_text<R: Into<String>, S: Into<String>>(
        field: ReasoningField,
        reasoning: impl IntoIterator<Item = R>,
        pieces: impl IntoIterator<Item = S>,
    ) -> Self {
        let reasoning = reasoning.into_iter();
        let mut steps: Vec<Step> = reasoning
            .map(|text| Step::Frame(Frame::Reasoning(field, text.into())))
            .collect();
        steps.extend(pieces.into_iter().map(text_step));
        Self::complete(steps)
    }

    fn complete(mut steps: Vec<Step>) -> Self {
        let pieces = u64::try_from(steps.len()).unwrap_or(u64::MAX);
        steps.push(Step::Finish(
            Finish::Stop,
            Tokens::new(PROMPT_TOKENS, pieces),
        ));
        Self::steps(steps)
    }

    fn steps(steps: Vec<Step>) -> Self {
        Self {
            steps: steps.into(),
            per_second: None,
            ends: true,
        }
    }

    /// At most so many chunks a second, evenly spread; 0 means no limit. Above 1,000 several chunks
    /// share a millisecond, which is what the timer can tell apart.
    #[must_use]
    pub fn at(mut self, per_second: u32) -> Self {
        self.per_second = (per_second > 0).then_some(per_second);
        self
    }

    /// Leaves the body open after the last frame, until the client goes.
    #[must_use]
    pub fn then_silence(mut self) -> Self {
        self.ends = false;
        self
    }

    pub(super) async fn play(self, mut exchange: Exchange) {
        exchange.wait_for_slow_reader(SLOW_READER);
        exchange.open_stream().await;
        let start = Instant::now();
        let mut translation = Translation::default();
        for (number, step) in (0u32..).zip(self.steps.iter()) {
            if let Some(per_second) = self.per_second {
                let due = start + Duration::from_secs(1) * number / per_second;
                tokio::select! {
                    _ = exchange.hang_up_at() => return,
                    () = tokio::time::sleep_until(due) => {}
                }
            }
            if exchange.is_hung_up() {
                return;
            }
            match step {
                Step::Frame(frame) => translation.play(frame, &mut exchange).await,
                Step::Say(say) => exchange.say(say).await,
                Step::Finish(finish, tokens) => exchange.conclude(*finish, *tokens).await,
            }
        }
        if self.ends {
            exchange.end().await;
        } else {
            exchange.hang_up_at().await;
        }
    }
}

fn text_step(piece: impl Into<String>) -> Step {
    Step::Frame(Frame::text(piece))
}

/// Frames of Chat Completions said in another API, which puts the finish and the usage that came
/// before `[DONE]` into one event.
#[derive(Debug)]
struct Translation {
    finish: Finish,
    tokens: Tokens,
}

impl Default for Translation {
    fn default() -> Self {
        Self {
            finish: Finish::Stop,
            tokens: Tokens::new(PROMPT_TOKENS, 0),
        }
    }
}

impl Translation {
    async fn play(&mut self, frame: &Frame, exchange: &mut Exchange) {
        if exchange.request.dialect() == Dialect::OpenaiChat {
            return exchange.send(frame).await;
        }
        match frame {
            Frame::Role => exchange.open_answer(None).await,
            Frame::Text(text) | Frame::Refusal(text) => exchange.say(&Say::text(text)).await,
            Frame::Reasoning(_, text) => exchange.say(&Say::reasoning(text)).await,
            Frame::Tool(tool) => {
                if let Some(name) = &tool.name {
                    let id = tool.id.as_deref().unwrap_or_default();
                    exchange.say(&Say::tool(id, name)).await;
                }
                if !tool.arguments.is_empty() {
                    exchange.say(&Say::arguments(&tool.arguments)).await;
                }
            }
            Frame::Finish(reason) => {
                self.finish = match reason.as_str() {
                    "length" => Finish::Length,
                    "tool_calls" => Finish::ToolCalls,
                    "content_filter" => Finish::ContentFilter,
                    _ => Finish::Stop,
                };
            }
            Frame::Usage(prompt, completion) => {
                self.tokens = Tokens::new(*prompt, *completion);
            }
            Frame::Comment(_) | Frame::Data(_) => exchange.send_as_it_is(frame).await,
            Frame::Error(message) => exchange.error_frame(message).await,
            Frame::Done => exchange.conclude(self.finish, self.tokens).await,
        }
    }
}

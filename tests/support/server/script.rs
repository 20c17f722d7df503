//! Answers that need no hand: so many frames at such a pace, for benches and for tests of the
//! window, with every chunk's time on record.

use super::exchange::Exchange;
use super::frame::{Frame, ReasoningField};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Long enough for any client that reads at all.
const SLOW_READER: Duration = Duration::from_secs(600);

/// A whole answer: each frame goes out as one chunk in one write.
#[derive(Debug, Clone)]
pub struct Script {
    frames: Arc<[Frame]>,
    per_second: Option<u32>,
    ends: bool,
}

impl Script {
    /// These frames and nothing else, as fast as the client takes them.
    pub fn frames(frames: impl IntoIterator<Item = Frame>) -> Self {
        Self {
            frames: frames.into_iter().collect(),
            per_second: None,
            ends: true,
        }
    }

    /// A complete answer of these pieces of text, with finish reason, usage (7 prompt tokens, one
    /// completion token a piece) and `[DONE]`.
    pub fn text<S: Into<String>>(pieces: impl IntoIterator<Item = S>) -> Self {
        Self::complete(pieces.into_iter().map(Frame::text).collect())
    }

    /// As [`Script::text`], after these pieces of reasoning.
    pub fn reasoning_then_text<R: Into<String>, S: Into<String>>(
        field: ReasoningField,
        reasoning: impl IntoIterator<Item = R>,
        pieces: impl IntoIterator<Item = S>,
    ) -> Self {
        let reasoning = reasoning.into_iter();
        let mut frames: Vec<Frame> = reasoning
            .map(|text| Frame::Reasoning(field, text.into()))
            .collect();
        frames.extend(pieces.into_iter().map(Frame::text));
        Self::complete(frames)
    }

    fn complete(mut frames: Vec<Frame>) -> Self {
        let pieces = u64::try_from(frames.len()).unwrap_or(u64::MAX);
        frames.extend([
            Frame::Finish("stop".to_owned()),
            Frame::Usage(7, pieces),
            Frame::Done,
        ]);
        Self::frames(frames)
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
        for (number, frame) in (0u32..).zip(self.frames.iter()) {
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
            exchange.send(frame).await;
        }
        if self.ends {
            exchange.end().await;
        } else {
            exchange.hang_up_at().await;
        }
    }
}

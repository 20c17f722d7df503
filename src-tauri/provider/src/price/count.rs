//! What a request is in tokens, counted here: its history may be long, so it is counted on a thread
//! that may block, while the answer is waited for.

use crate::{ModelRequest, SoFar};
use std::sync::{Arc, OnceLock};
use tacet_conversation::{Message, Part, TextTally, TokenRange, family};
use tokio::task::spawn_blocking;

/// Tokens around the text of a message, at most.
const ENDS: u64 = 8;

/// What was counted here, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The request; absent while it is not counted.
    pub request: Option<CountedRequest>,
    /// What was received of the answer.
    pub answer: TokenRange,
    /// Whether more may have been written than was received.
    pub is_open: bool,
}

/// The texts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedRequest {
    /// How many tokens.
    pub tokens: TokenRange,
    /// Whether there is nothing else, such as an image, that cannot be counted here.
    pub is_whole: bool,
}

/// A request that is being counted.
#[derive(Debug)]
pub struct RequestCount(Arc<OnceLock<CountedRequest>>);

impl RequestCount {
    /// Begins to count, as the family of its model cuts text; dropping it ends that.
    pub fn begin(request: ModelRequest) -> Self {
        let counted = Arc::new(OnceLock::new());
        let place = Arc::downgrade(&counted);
        drop(spawn_blocking(move || {
            let wanted = || place.strong_count() > 0;
            let known = request.written.take_tally();
            let known = known.filter(|known| known.begins(&request));
            let mut tally = known.unwrap_or_default();
            if tally.grow(&request, &wanted).is_none() {
                return;
            }
            if let Some(place) = place.upgrade() {
                // Nobody else writes to it.
                let _ = place.set(tally.sum.counted(&request.model));
            }
            request.written.keep_tally(tally);
        }));
        Self(counted)
    }

    /// The count, once it is there.
    pub fn get(&self) -> Option<CountedRequest> {
        self.0.get().copied()
    }
}

/// Counts the texts of instructions and a history; `None` when it is not `wanted` any more. Not for a
/// thread that must not block.
pub fn count<'a>(
    instructions: &str,
    history: impl IntoIterator<Item = &'a Message>,
    model: &str,
    wanted: impl Fn() -> bool,
) -> Option<CountedRequest> {
    let mut sum = Sum::default();
    sum.instruct(instructions);
    for message in history {
        sum.add(&message.parts, &wanted)?;
    }
    Some(sum.counted(model))
}

/// What texts come to, as far as they were gone through.
#[derive(Debug, Default)]
struct Sum {
    texts: TextTally,
    has_others: bool,
    ends: u64,
}

impl Sum {
    fn instruct(&mut self, instructions: &str) {
        if !instructions.trim().is_empty() {
            self.texts.add(instructions);
            self.ends += ENDS;
        }
    }

    /// Adds a message.
    fn add(&mut self, parts: &[Part], wanted: &impl Fn() -> bool) -> Option<()> {
        self.ends += ENDS;
        self.go_on(parts, wanted)
    }

    /// Adds more parts of the last message.
    fn go_on(&mut self, parts: &[Part], wanted: &impl Fn() -> bool) -> Option<()> {
        for part in parts {
            if !wanted() {
                return None;
            }
            match part {
                Part::Attachment(file) if file.left_out => {}
                Part::Attachment(file) if file.base64 => self.has_others = true,
                Part::ToolResult(result) => {
                    let mut contents = result.contents.iter();
                    let pictures = contents.any(|it| it.image().is_some());
                    self.has_others |= pictures && !result.left_out;
                    self.texts.add(part.body());
                }
                Part::Text { .. }
                | Part::Reasoning(_)
                | Part::ToolCall(_)
                | Part::Attachment(_)
                | Part::Citations { .. }
                | Part::ServerTool(_) => self.texts.add(part.body()),
            }
        }
        Some(())
    }

    fn counted(&self, model: &str) -> CountedRequest {
        let tokens = self.texts.tokens(family::of(model));
        CountedRequest {
            tokens: TokenRange {
                high: tokens.high + self.ends,
                ..tokens
            },
            is_whole: !self.has_others,
        }
    }
}

/// What the requests of a turn come to: each part is gone through once.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sum: Sum,
    /// What was gone through; nothing yet where there is no history.
    history: Option<Arc<[Message]>>,
    instructions: Arc<str>,
    pieces: Vec<Arc<[Part]>>,
}

impl Tally {
    /// Whether what was gone through is the beginning of this request.
    fn begins(&self, request: &ModelRequest) -> bool {
        let pieces = request.so_far.as_ref().map_or(&[][..], SoFar::pieces);
        let mut both = self.pieces.iter().zip(pieces);
        let history = self.history.as_ref();
        history.is_some_and(|known| Arc::ptr_eq(known, &request.history))
            && self.instructions == request.instructions
            && self.pieces.len() <= pieces.len()
            && both.all(|(known, piece)| Arc::ptr_eq(known, piece))
    }

    /// Goes through the rest of a request that this is the beginning of.
    fn grow(&mut self, request: &ModelRequest, wanted: &impl Fn() -> bool) -> Option<()> {
        if self.history.is_none() {
            self.sum.instruct(&request.instructions);
            for message in &*request.history {
                self.sum.add(&message.parts, wanted)?;
            }
            self.history = Some(Arc::clone(&request.history));
            self.instructions = Arc::clone(&request.instructions);
        }
        let pieces = request.so_far.as_ref().map_or(&[][..], SoFar::pieces);
        for piece in &pieces[self.pieces.len()..] {
            if self.pieces.is_empty() {
                self.sum.add(piece, wanted)?;
            } else {
                self.sum.go_on(piece, wanted)?;
            }
            self.pieces.push(Arc::clone(piece));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tacet_conversation::Attachment;

    #[test]
    fn an_image_leaves_a_request_without_an_upper_end_and_a_text_file_does_not() {
        let mut message = Message::from_user("What is this?");
        let count = |message: &Message| {
            let history = std::slice::from_ref(message);
            count("", history, "smol", || true).unwrap()
        };
        let alone = count(&message);
        assert!(alone.is_whole && alone.tokens.low > 0);
        let file = |base64| Attachment {
            name: "moraine".to_owned(),
            media_type: "image/png".to_owned(),
            text: "aGVhcA==".into(),
            base64,
            ..Attachment::default()
        };
        message.parts.push(Part::Attachment(file(false)));
        let with_text = count(&message);
        assert!(with_text.is_whole && with_text.tokens.about > alone.tokens.about);
        message.parts.push(Part::Attachment(file(true)));
        let expected = CountedRequest {
            is_whole: false,
            ..with_text
        };
        assert_eq!(count(&message), expected);
    }

    #[test]
    fn instructions_are_counted_with_the_request() {
        let history = [Message::from_user("What is a moraine?")];
        let counted = |instructions: &str| {
            let request = count(instructions, &history, "smol", || true).unwrap();
            request.tokens
        };
        assert_eq!(counted(" "), counted(""));
        let with = counted("Answer in one short sentence, as a geologist would.");
        assert!(with.about > counted("").about + 5, "{with:?}");
    }

    #[tokio::test]
    async fn a_request_is_counted_on_another_thread() {
        let history: Arc<[Message]> = Arc::new([Message::from_user("What is a moraine?")]);
        let instructions = "Answer in one word.";
        let expected = count(instructions, history.iter(), "smol", || true);
        let request = ModelRequest::new("smol", history).with_instructions(instructions);
        let counting = RequestCount::begin(request);
        // The runtime of this test has one thread, which only waits here.
        let place = Arc::clone(&counting.0);
        let counted = spawn_blocking(move || *place.wait()).await.unwrap();
        assert_eq!(Some(counted), expected);
        assert_eq!(counting.get(), expected);
    }
}

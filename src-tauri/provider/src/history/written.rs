//! The messages of a request as the list that a wire makes of them. A turn with tools has many
//! requests, each with all that stands before it: what one of them has repaired and written, the
//! next one takes as it is, and adds to it.

use super::continuation::{prepare_by, with_instructions};
use super::repair::{Repairing, Seen, is_answered};
use super::rules::{Continuation, Rules};
use crate::price::Tally;
use crate::{Goal, ModelRequest, SoFar, WireApi};
use bytes::Bytes;
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tacet_conversation::{Message, MessageState, Part, Role};

/// How a wire writes messages.
pub(crate) trait Writer {
    /// What decides, beside the rules, how it does: its API, and which of two ways.
    fn way(&self) -> (WireApi, bool);

    /// What a history says above its messages, where the wire has a place of its own for that.
    fn above(&self, _history: &[Message]) -> Vec<String> {
        Vec::new()
    }

    /// Writes messages that were repaired. An answer may come in several calls, whole steps in each.
    fn write(&self, messages: &[Message]) -> Block;
}

/// Some elements of the list.
#[derive(Debug)]
pub(crate) struct Block {
    /// With commas between them.
    pub(crate) json: Bytes,
    /// Whether a model that has a budget for it may think after them (Anthropic).
    pub(crate) may_think: bool,
    /// Where the server's own tools ran in the answer that they end with (Anthropic).
    pub(crate) container: Option<String>,
}

impl Block {
    /// A block of these elements.
    pub(crate) fn of<T: Serialize>(elements: &[T]) -> Self {
        // Neither maps with keys that are not strings nor a writer that fails: this has no error.
        let list = serde_json::to_vec(elements).unwrap_or_else(|_| b"[]".to_vec());
        let inner = 1..list.len() - 1;
        Self {
            json: Bytes::from(list).slice(inner),
            may_think: true,
            container: None,
        }
    }
}

/// How much is copied, in bytes, so that a body has fewer pieces.
const SMALL: usize = 64 * 1024;

/// The messages of a request as a wire writes them.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// What stands above them.
    pub(crate) above: Vec<String>,
    /// Pieces of the list's JSON, without its brackets.
    pub(crate) json: Vec<Bytes>,
    /// Whether a model that has a budget for it may think now (Anthropic).
    pub(crate) may_think: bool,
    /// Where the server's own tools ran (Anthropic).
    pub(crate) container: Option<String>,
}

impl Listed {
    /// The list of a repaired history.
    pub(crate) fn new(history: &[Message], writer: &impl Writer) -> Self {
        let mut listed = Self {
            above: writer.above(history),
            json: Vec::new(),
            may_think: true,
            container: None,
        };
        listed.add(writer.write(history));
        listed
    }

    /// The list of a request's messages.
    pub(crate) fn of(request: &ModelRequest, rules: &Rules, writer: &impl Writer) -> Self {
        let rules = rules.clone().of(request);
        let grown = request.written.grow(request, &rules, writer);
        grown.unwrap_or_else(|| Self::new(&prepare_by(request, &rules), writer))
    }

    fn add(&mut self, block: Block) {
        if block.json.is_empty() {
            return;
        }
        if !self.json.is_empty() {
            join(&mut self.json, Bytes::from_static(b","));
        }
        join(&mut self.json, block.json);
        self.may_think = block.may_think;
        self.container = block.container.or(self.container.take());
    }
}

/// Adds to the pieces of a text, as one with the last of them where both are small.
pub(crate) fn join(pieces: &mut Vec<Bytes>, more: Bytes) {
    match pieces.last_mut() {
        Some(last) if last.len() + more.len() <= SMALL => *last = [&**last, &*more].concat().into(),
        Some(_) | None => pieces.push(more),
    }
}

/// What the requests of one turn have made of its messages. Clones are the same.
#[derive(Clone, Default)]
pub struct Written(Arc<Shared>);

#[derive(Default)]
struct Shared {
    list: Mutex<Option<Kept>>,
    tally: Mutex<Option<Tally>>,
}

/// What is written, and of what.
struct Kept {
    of: Of,
    way: (WireApi, bool),
    listed: Listed,
    seen: Seen,
    /// What of the answer is in it.
    pieces: Vec<Arc<[Part]>>,
    /// How many parts these are.
    length: usize,
}

/// What a list is made of beside the answer.
struct Of {
    history: Arc<[Message]>,
    instructions: Arc<str>,
    rules: Rules,
}

impl Of {
    fn new(request: &ModelRequest, rules: &Rules) -> Self {
        Self {
            history: Arc::clone(&request.history),
            instructions: Arc::clone(&request.instructions),
            rules: Rules {
                // No answer is continued here.
                continuation: Continuation::Ask,
                ..rules.clone()
            },
        }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.history, &other.history)
            && self.instructions == other.instructions
            && self.rules == other.rules
    }
}

/// What is kept there, for the time in which it grows; another request begins anew meanwhile.
fn taken<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put<T>(place: &Mutex<Option<T>>, kept: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
}

impl Written {
    /// How much of the messages is counted.
    pub(crate) fn take_tally(&self) -> Option<Tally> {
        taken(&self.0.tally)
    }

    pub(crate) fn keep_tally(&self, tally: Tally) {
        put(&self.0.tally, tally);
    }

    /// How many pieces of the answer so far are written, with all that stands before them; `None`
    /// where nothing of what a request says is.
    pub(crate) fn pieces(&self, request: &ModelRequest, rules: &Rules) -> Option<usize> {
        let of = Of::new(request, &rules.clone().of(request));
        let kept = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let begins = kept.begins(&of, request.so_far.as_ref());
        begins.then_some(kept.pieces.len())
    }

    /// The list of a request for an answer, after what is written already; `None` where what comes
    /// later may change what was written before.
    fn grow(&self, request: &ModelRequest, rules: &Rules, writer: &impl Writer) -> Option<Listed> {
        let last = request.history.last()?;
        let is_asked = last.role == Role::User && last.state != MessageState::Streaming;
        if request.goal != Goal::Answer || !is_asked {
            return None;
        }
        let of = Of::new(request, rules);
        let so_far = request.so_far.as_ref();
        let is_begun = |kept: &Kept| kept.way == writer.way() && kept.begins(&of, so_far);
        let mut kept = match taken(&self.0.list).filter(is_begun) {
            Some(kept) => kept,
            None => Kept::begin(of, writer)?,
        };
        let open = match so_far {
            Some(so_far) => kept.add(so_far, writer)?,
            None => None,
        };
        if so_far.is_none() && request.tools.is_empty() {
            // There will hardly be another one.
            return Some(kept.listed);
        }
        let mut listed = kept.listed.clone();
        put(&self.0.list, kept);
        if let Some(open) = open {
            listed.add(open);
        }
        Some(listed)
    }
}

impl Kept {
    /// The list of a history; `None` where it does not end with what a person says, so that what is
    /// added may be one with its last element.
    fn begin(of: Of, writer: &impl Writer) -> Option<Self> {
        let mut repairing = Repairing::new(&of.rules);
        let history: Vec<&Message> = of.history.iter().collect();
        let repaired = repairing.all(&history);
        let seen = repairing.into_seen();
        let is_asked = repaired.last().is_some_and(|last| last.role == Role::User);
        let listed = Listed::new(&with_instructions(&of.instructions, repaired), writer);
        is_asked.then_some(Self {
            of,
            way: writer.way(),
            listed,
            seen,
            pieces: Vec::new(),
            length: 0,
        })
    }

    /// Whether what is written is the beginning of this.
    fn begins(&self, of: &Of, so_far: Option<&SoFar>) -> bool {
        let pieces = so_far.map_or(&[][..], SoFar::pieces);
        let mut both = self.pieces.iter().zip(pieces);
        self.of.is(of)
            && self.pieces.len() <= pieces.len()
            && both.all(|(known, piece)| Arc::ptr_eq(known, piece))
    }

    /// Adds the steps of an answer that have ended; gives what there is after them. `None` where a
    /// later step may change an earlier one.
    fn add(&mut self, so_far: &SoFar, writer: &impl Writer) -> Option<Option<Block>> {
        let new = &so_far.pieces()[self.pieces.len()..];
        let ended = |piece: &Arc<[Part]>| matches!(piece.last(), Some(Part::ToolResult(_)));
        let ends = new.iter().rposition(ended).map_or(0, |place| place + 1);
        let (steps, open) = new.split_at(ends);
        if !steps.is_empty() {
            let parts: Vec<&Part> = steps.iter().flat_map(|piece| piece.iter()).collect();
            let mut repairing = Repairing::after(&self.of.rules, std::mem::take(&mut self.seen));
            let repaired = repairing.more(so_far.answer(), self.length, &parts);
            self.seen = repairing.into_seen();
            let is_closed = matches!(repaired.parts.last(), Some(Part::ToolResult(_)));
            if !is_closed || !is_answered(&parts) {
                return None;
            }
            self.listed.add(writer.write(&[repaired]));
            self.length += parts.len();
            self.pieces.extend(steps.iter().cloned());
        }
        let parts: Vec<&Part> = open.iter().flat_map(|piece| piece.iter()).collect();
        if parts.is_empty() {
            return Some(None);
        }
        let mut repairing = Repairing::after(&self.of.rules, self.seen.clone());
        let repaired = repairing.more(so_far.answer(), self.length, &parts);
        let says = !repaired.parts.is_empty();
        Some(says.then(|| writer.write(&[repaired])))
    }
}

impl fmt::Debug for Written {
    /// Without what is written, which is the conversation once more.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Written").finish_non_exhaustive()
    }
}

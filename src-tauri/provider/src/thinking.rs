//! Reasoning that comes inside of the answer's text, between tags.
//!
//! Servers without a parser for a model's template pass its tags on: `<think>` (DeepSeek R1, Qwen,
//! GLM, MiniMax), `[THINK]` (Magistral), `<seed:think>` (Seed-OSS) and some of tuned models. The
//! templates of several models write the opening tag themselves, so that only the closing one
//! comes. A pair of tags counts at the beginning of an answer; a closing tag alone where no tag came
//! before it, outside of code and at the end of its line. Every other tag is text. Of a server that
//! has left the opening tag out once, the next answer is reasoning from its beginning.

use crate::ModelEvent;
use tacet_conversation::{FinishReason, Phase};

/// What opens and closes reasoning.
#[derive(Debug, PartialEq, Eq)]
struct Tag {
    open: &'static str,
    close: &'static str,
}

const TAGS: &[Tag] = &[
    Tag {
        open: "<think>",
        close: "</think>",
    },
    Tag {
        open: "<thinking>",
        close: "</thinking>",
    },
    Tag {
        open: "<thought>",
        close: "</thought>",
    },
    Tag {
        open: "<reasoning>",
        close: "</reasoning>",
    },
    Tag {
        open: "<seed:think>",
        close: "</seed:think>",
    },
    Tag {
        open: "[THINK]",
        close: "[/THINK]",
    },
];

/// So much of a tag at the end of an answer that was cut off is seen to be one: less may be text.
const SEEN_TO_BE_TAG: usize = 3;

/// Where in an answer its text is.
#[derive(Debug)]
enum Place {
    /// Nothing was said: a tag may come.
    Beginning,
    /// In reasoning, of which something was said or nothing yet.
    Inside { tag: &'static Tag, begun: bool },
    /// After reasoning: what is blank there separates it from the answer.
    After,
    /// In the answer.
    Answer(Code),
}

/// What is known of the text before, as far as a tag might stand in code there.
#[derive(Debug, Default)]
struct Code {
    in_block: bool,
    /// The beginning of the line, as far as it says whether the line bounds a block.
    line: String,
    /// How many backticks the line has.
    backticks: usize,
}

impl Code {
    fn pass(&mut self, text: &str) {
        for character in text.chars() {
            if character == '\n' {
                *self = Self {
                    in_block: self.in_block,
                    ..Self::default()
                };
                continue;
            }
            self.backticks += usize::from(character == '`');
            let begun = self.line.trim_start();
            if begun.len() < 3 {
                self.line.push(character);
                let fence = self.line.trim_start();
                if fence == "```" || fence == "~~~" {
                    self.in_block = !self.in_block;
                }
            }
        }
    }

    fn is_open(&self) -> bool {
        self.in_block || self.backticks % 2 == 1
    }
}

/// Sorts the texts of one answer into reasoning and what is said.
#[derive(Debug)]
pub(crate) struct Thinking {
    place: Place,
    /// What may be part of a tag, or of the blank around one.
    held: String,
    /// The last character of the reasoning that was passed on.
    last: Option<char>,
    /// The phase that was told, and one that waits for what it is about.
    phase: Option<Phase>,
    waiting: Option<Phase>,
    /// A closing tag may still turn all text before it into reasoning.
    may_close: bool,
    /// The answer was taken for reasoning from its beginning, and no tag has borne that out.
    assumed: bool,
    /// Whether the opening tag was left out, once that has shown.
    unopened: Option<bool>,
}

impl Default for Thinking {
    fn default() -> Self {
        Self {
            place: Place::Beginning,
            held: String::new(),
            last: None,
            phase: None,
            waiting: None,
            may_close: true,
            assumed: false,
            unopened: None,
        }
    }
}

impl Thinking {
    /// Takes the answer for reasoning from its beginning: the server leaves the opening tag out.
    pub(crate) fn assume(&mut self) {
        let tag = &TAGS[0];
        self.place = Place::Inside { tag, begun: false };
        self.assumed = true;
    }

    /// Whether the server has left the opening tag out, once that has shown.
    pub(crate) fn is_unopened(&self) -> Option<bool> {
        self.unopened
    }

    /// The answer is not what it was taken for.
    fn give_up(&mut self, place: Place) {
        self.assumed = false;
        self.unopened = Some(false);
        self.place = place;
    }
    /// Sorts the texts among `events`.
    pub(crate) fn sort(&mut self, events: &mut Vec<ModelEvent>) {
        let taken = std::mem::take(events);
        for event in taken {
            match event {
                ModelEvent::Text(text) => {
                    self.held.push_str(&text);
                    let mut said = Vec::new();
                    while self.step(&mut said) {}
                    events.append(&mut said);
                }
                // Whether it is about the answer shows in what follows.
                ModelEvent::Phase(phase @ (Phase::Text | Phase::Reasoning)) => {
                    self.waiting = Some(phase);
                }
                ModelEvent::Phase(phase) => {
                    self.phase = Some(phase);
                    self.waiting = None;
                    events.push(ModelEvent::Phase(phase));
                }
                ModelEvent::Reasoning(_) => {
                    if self.assumed && self.last.is_none() {
                        self.give_up(Place::Beginning);
                    }
                    self.pass_rest(true, events);
                    self.may_close = false;
                    self.enter(Phase::Reasoning, events);
                    events.push(event);
                }
                ModelEvent::ReasoningSealed(_) | ModelEvent::Cited(_) => {
                    self.pass_rest(true, events);
                    events.push(event);
                }
                ModelEvent::ToolCallStarted { .. }
                | ModelEvent::File(_)
                | ModelEvent::ServerTool(_) => {
                    self.pass_rest(true, events);
                    self.may_close = false;
                    if !matches!(self.place, Place::Answer(_)) {
                        self.place = Place::Answer(Code::default());
                    }
                    events.push(event);
                }
                ModelEvent::Finished(reason) => {
                    self.pass_rest(true, events);
                    // At its limit a model may not have come to its answer.
                    if self.assumed && reason != FinishReason::Length {
                        self.give_up(Place::Answer(Code::default()));
                        events.extend(self.last.map(|_| ModelEvent::ReasoningWasText));
                    }
                    events.push(event);
                }
                ModelEvent::TextWasReasoning
                | ModelEvent::ReasoningWasText
                | ModelEvent::ReasoningField(_)
                | ModelEvent::ToolCallArguments { .. }
                | ModelEvent::ToolCallSealed { .. }
                | ModelEvent::AnswerId(_)
                | ModelEvent::WithoutSeals
                | ModelEvent::Explained(_)
                | ModelEvent::Usage(_) => events.push(event),
            }
        }
    }

    /// Nothing more comes. What is seen to be a part of a tag is none of the answer.
    pub(crate) fn end(&mut self, events: &mut Vec<ModelEvent>) {
        self.pass_rest(false, events);
    }

    /// Passes on what is held back. A part of a tag is text where the answer is `whole`.
    fn pass_rest(&mut self, whole: bool, events: &mut Vec<ModelEvent>) {
        let mut held = std::mem::take(&mut self.held);
        match &self.place {
            Place::Beginning | Place::After => {
                let begun = held.trim_start();
                let tag = !whole && begun.len() >= SEEN_TO_BE_TAG && opening(begun) == Found::Part;
                if !tag {
                    self.say(held, events);
                }
            }
            Place::Inside { tag, .. } => {
                // Here a whole tag is one that seemed to be quoted.
                if held.trim_start().starts_with(tag.close) {
                    self.place = Place::After;
                    return;
                }
                if tag.close.starts_with(held.trim_start())
                    && held.trim_start().len() >= SEEN_TO_BE_TAG
                {
                    held.clear();
                }
                let kept = held.trim_end().len();
                self.think(&held[..kept], events);
            }
            Place::Answer(code) => match closing(&held) {
                Some(_) if self.may_close && !code.is_open() => self.turn_round(events),
                Some(_) | None => {
                    let part = TAGS.iter().any(|tag| tag.close.starts_with(&held));
                    if whole || !part || held.len() < SEEN_TO_BE_TAG {
                        self.say(held, events);
                    }
                }
            },
        }
    }

    /// Takes the next piece out of what is held; false when more is needed.
    fn step(&mut self, events: &mut Vec<ModelEvent>) -> bool {
        match &mut self.place {
            Place::Beginning | Place::After => {
                let begun = self.held.trim_start();
                match opening(begun) {
                    Found::Whole(tag) => {
                        let rest = begun[tag.open.len()..].to_owned();
                        self.held = rest;
                        self.place = Place::Inside { tag, begun: false };
                        self.may_close = false;
                        true
                    }
                    Found::Part => false,
                    Found::Nothing => {
                        let begun = begun.to_owned();
                        if matches!(self.place, Place::After) {
                            self.held = begun;
                        }
                        self.place = Place::Answer(Code::default());
                        true
                    }
                }
            }
            Place::Inside { .. } => self.step_inside(events),
            Place::Answer(_) if !self.may_close => {
                let text = std::mem::take(&mut self.held);
                self.say(text, events);
                false
            }
            Place::Answer(_) => self.step_answer(events),
        }
    }

    fn step_inside(&mut self, events: &mut Vec<ModelEvent>) -> bool {
        let Place::Inside { tag, begun } = &mut self.place else {
            return false;
        };
        if !*begun {
            self.held = self.held.trim_start().to_owned();
            *begun = !self.held.is_empty();
            if self.assumed && *begun {
                match opening(&self.held) {
                    Found::Whole(_) => {
                        self.give_up(Place::Beginning);
                        return true;
                    }
                    Found::Part => {
                        *begun = false;
                        return false;
                    }
                    Found::Nothing => {}
                }
            }
        }
        let close = tag.close;
        if let Some((at, is_sure)) = self.closed_at(close) {
            let text = self.held[..at].to_owned();
            if is_sure {
                self.held.drain(..at + close.len());
                self.think(text.trim_end(), events);
                self.place = Place::After;
                if std::mem::take(&mut self.assumed) {
                    self.unopened = Some(true);
                    self.may_close = false;
                }
            } else {
                self.held.drain(..at);
                self.think(&text, events);
            }
            return is_sure;
        }
        let cut = self.held.len() - part_of(close, &self.held);
        let cut = self.held[..cut].trim_end().len();
        let rest = self.held.split_off(cut);
        let text = std::mem::replace(&mut self.held, rest);
        self.think(&text, events);
        false
    }

    /// Where what is held has the closing tag, and whether it is one: in code it is a word like
    /// others, which shows in what follows.
    fn closed_at(&self, close: &str) -> Option<(usize, bool)> {
        let mut places = self.held.match_indices(close);
        places.find_map(|(at, _)| {
            let before = self.held[..at].chars().next_back().or(self.last);
            let after = self.held[at + close.len()..].chars().next();
            match (before, after) {
                (Some('`'), Some('`')) => None,
                (Some('`'), None) => Some((at, false)),
                (Some(_) | None, _) => Some((at, true)),
            }
        })
    }

    /// In the answer a closing tag may come whose opening one did not.
    fn step_answer(&mut self, events: &mut Vec<ModelEvent>) -> bool {
        let Place::Answer(code) = &mut self.place else {
            return false;
        };
        let first = self.held.find(['<', '[']);
        match first {
            None | Some(1..) => {
                let rest = self.held.split_off(first.unwrap_or(self.held.len()));
                let text = std::mem::replace(&mut self.held, rest);
                code.pass(&text);
                self.say(text, events);
                return !self.held.is_empty();
            }
            Some(0) => {}
        }
        if let Some(close) = closing(&self.held) {
            let after = self.held[close.len()..].trim_start_matches([' ', '\t', '\r']);
            match after.chars().next() {
                None => return false,
                Some('\n') if !code.is_open() => {
                    self.held = after.to_owned();
                    self.turn_round(events);
                    return true;
                }
                Some(_) => {}
            }
        } else if TAGS.iter().any(|tag| tag.close.starts_with(&self.held)) {
            return false;
        }
        let rest = self.held.split_off(1);
        let text = std::mem::replace(&mut self.held, rest);
        code.pass(&text);
        self.say(text, events);
        !self.held.is_empty()
    }

    /// What was said was reasoning.
    fn turn_round(&mut self, events: &mut Vec<ModelEvent>) {
        self.unopened = Some(true);
        self.may_close = false;
        self.place = Place::After;
        events.push(ModelEvent::TextWasReasoning);
    }

    fn say(&mut self, text: String, events: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.enter(Phase::Text, events);
            join(ModelEvent::Text(text), events);
        }
    }

    fn think(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        self.last = text.chars().next_back().or(self.last);
        if !text.is_empty() {
            self.enter(Phase::Reasoning, events);
            join(ModelEvent::Reasoning(text.to_owned()), events);
        }
    }

    fn enter(&mut self, phase: Phase, events: &mut Vec<ModelEvent>) {
        let told = self.waiting.take().is_some() || self.phase.is_some();
        if told && self.phase != Some(phase) {
            self.phase = Some(phase);
            events.push(ModelEvent::Phase(phase));
        }
    }
}

/// What begins a text.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Whole(&'static Tag),
    /// Something that may become a tag.
    Part,
    Nothing,
}

fn opening(text: &str) -> Found {
    let whole = TAGS.iter().find(|tag| text.starts_with(tag.open));
    match whole {
        Some(tag) => Found::Whole(tag),
        None if TAGS.iter().any(|tag| tag.open.starts_with(text)) => Found::Part,
        None => Found::Nothing,
    }
}

/// The closing tag that begins a text.
fn closing(text: &str) -> Option<&'static str> {
    let mut tags = TAGS.iter().map(|tag| tag.close);
    tags.find(|close| text.starts_with(close))
}

/// How many bytes at the end of `text` may be the beginning of `tag`.
fn part_of(tag: &str, text: &str) -> usize {
    let mut lengths = (1..tag.len()).rev();
    let fitting = lengths.find(|&length| text.ends_with(&tag[..length]));
    fitting.unwrap_or(0)
}

/// Adds a text to one of the same kind before it, so that looking at it in pieces leaves no trace.
fn join(event: ModelEvent, events: &mut Vec<ModelEvent>) {
    match (events.last_mut(), event) {
        (Some(ModelEvent::Text(before)), ModelEvent::Text(text))
        | (Some(ModelEvent::Reasoning(before)), ModelEvent::Reasoning(text)) => {
            before.push_str(&text);
        }
        (_, event) => events.push(event),
    }
}

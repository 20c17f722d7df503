//! Halves of characters in a server's JSON.
//!
//! JSON escapes a character beyond U+FFFF as two surrogates, and a server that counts UTF-16 code
//! units cuts between them: one half alone, or one at the end of an event and the other at the
//! beginning of the next. Rust's strings cannot hold them and no parser takes them, so a half
//! travels through the parser as a character of the last private plane, and is joined with its
//! other half, or becomes U+FFFD, before anybody sees it.

use crate::{Cited, GeneratedFile, ModelEvent};
use tacet_conversation::{Citation, ProviderError, Seal, ServerTool};

/// The character that stands for U+D800; the other 2,047 follow.
const FIRST_STAND_IN: u32 = 0x10_F800;
const FIRST: u32 = 0xD800;
const FIRST_LOW: u32 = 0xDC00;
const LAST: u32 = 0xDFFF;

/// JSON text in which stand-ins replace lone surrogates; `None` where there are none.
pub(crate) fn replaced(json: &str) -> Option<String> {
    let mut rest = json;
    let mut text = String::new();
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match escaped(rest) {
            Some(unit) if unit < FIRST_LOW => match rest.get(6..).and_then(escaped) {
                Some(FIRST_LOW..=LAST) => 12,
                Some(_) | None => {
                    text.extend(stand_in(unit));
                    found = true;
                    rest = &rest[6..];
                    continue;
                }
            },
            Some(unit) => {
                text.extend(stand_in(unit));
                found = true;
                rest = &rest[6..];
                continue;
            }
            // A backslash and what it escapes, which may be another backslash.
            None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        text.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    text.push_str(rest);
    found.then_some(text)
}

/// The surrogate that `text` begins with as an escape.
fn escaped(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u32::from_str_radix(digits, 16).ok()?;
    (FIRST..=LAST).contains(&unit).then_some(unit)
}

fn stand_in(unit: u32) -> Option<char> {
    char::from_u32(unit - FIRST + FIRST_STAND_IN)
}

/// The surrogate that a character stands for.
fn unit_of(character: char) -> Option<u32> {
    let unit = u32::from(character)
        .checked_sub(FIRST_STAND_IN)
        .map(|place| place + FIRST);
    unit.filter(|unit| *unit <= LAST)
}

/// A text that grows piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growing {
    Text,
    Reasoning,
    Arguments(usize),
}

/// Takes the stand-ins out of the events of one answer again.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    /// Nothing was replaced so far, so there is nothing to look for.
    active: bool,
    /// The first halves at the ends of texts, whose second halves may come.
    open: Vec<(Growing, u32)>,
}

impl Joiner {
    /// From now on there are stand-ins.
    pub(crate) fn activate(&mut self) {
        self.active = true;
    }

    /// Joins halves in `events`, and over to those that come later.
    pub(crate) fn join(&mut self, events: &mut Vec<ModelEvent>) {
        if !self.active {
            return;
        }
        let mut joined = Vec::with_capacity(events.len());
        for event in events.drain(..) {
            match event {
                ModelEvent::Text(text) => {
                    self.end_others(Growing::Text, &mut joined);
                    joined.extend(self.grow(Growing::Text, &text).map(ModelEvent::Text));
                }
                ModelEvent::Reasoning(text) => {
                    self.end_others(Growing::Reasoning, &mut joined);
                    let grown = self.grow(Growing::Reasoning, &text);
                    joined.extend(grown.map(ModelEvent::Reasoning));
                }
                ModelEvent::ToolCallArguments { index, text } => {
                    let grown = self.grow(Growing::Arguments(index), &text);
                    joined.extend(grown.map(|text| ModelEvent::ToolCallArguments { index, text }));
                }
                ModelEvent::ReasoningSealed(seal) => {
                    self.end_others(Growing::Arguments(usize::MAX), &mut joined);
                    joined.push(ModelEvent::ReasoningSealed(plain_seal(&seal)));
                }
                ModelEvent::ToolCallStarted {
                    index,
                    call_id,
                    name,
                } => {
                    self.end_others(Growing::Arguments(index), &mut joined);
                    joined.push(ModelEvent::ToolCallStarted {
                        index,
                        call_id: plain(&call_id),
                        name: plain(&name),
                    });
                }
                ModelEvent::ToolCallSealed { index, seal } => {
                    let seal = plain_seal(&seal);
                    joined.push(ModelEvent::ToolCallSealed { index, seal });
                }
                ModelEvent::ServerTool(tool) => {
                    self.end_others(Growing::Arguments(usize::MAX), &mut joined);
                    joined.push(ModelEvent::ServerTool(ServerTool {
                        name: plain(&tool.name),
                        input: plain(&tool.input),
                        seal: tool.seal.as_ref().map(plain_seal),
                    }));
                }
                ModelEvent::Cited(cited) => {
                    let citations = cited.citations.iter().map(plain_citation);
                    joined.push(ModelEvent::Cited(Cited {
                        citations: citations.collect(),
                        ..cited
                    }));
                }
                ModelEvent::File(file) => {
                    self.end_others(Growing::Arguments(usize::MAX), &mut joined);
                    let seal = file.seal.as_ref().map(plain_seal);
                    joined.push(ModelEvent::File(GeneratedFile { seal, ..file }));
                }
                ModelEvent::Finished(reason) => {
                    self.end(&mut joined);
                    joined.push(ModelEvent::Finished(reason));
                }
                ModelEvent::Explained(error) => {
                    let words = error.provider_text.as_deref().map(plain);
                    joined.push(ModelEvent::Explained(ProviderError {
                        provider_text: words,
                        ..error
                    }));
                }
                ModelEvent::Phase(_)
                | ModelEvent::TextWasReasoning
                | ModelEvent::ReasoningWasText
                | ModelEvent::ReasoningField(_)
                | ModelEvent::WithoutSeals
                | ModelEvent::AnswerId(_)
                | ModelEvent::Usage(_) => joined.push(event),
            }
        }
        *events = joined;
    }

    /// Nothing more comes: what is open stays a half.
    pub(crate) fn end(&mut self, events: &mut Vec<ModelEvent>) {
        for (growing, _) in std::mem::take(&mut self.open) {
            events.push(half(growing));
        }
    }

    /// Text and reasoning end where something else begins. The arguments of parallel calls may
    /// come interleaved.
    fn end_others(&mut self, but: Growing, events: &mut Vec<ModelEvent>) {
        self.open.retain(|(growing, _)| {
            let stays = *growing == but || matches!(growing, Growing::Arguments(_));
            if !stays {
                events.push(half(*growing));
            }
            stays
        });
    }

    fn grow(&mut self, growing: Growing, text: &str) -> Option<String> {
        let known = self.open.iter().position(|(open, _)| *open == growing);
        let mut high = known.map(|at| self.open.swap_remove(at).1);
        let mut grown = String::with_capacity(text.len());
        for character in text.chars() {
            let unit = unit_of(character);
            let pair = high.zip(unit.filter(|unit| *unit >= FIRST_LOW));
            if let Some((first, second)) = pair {
                let code = 0x1_0000 + ((first - FIRST) << 10) + (second - FIRST_LOW);
                grown.extend(char::from_u32(code));
                high = None;
                continue;
            }
            if high.take().is_some() {
                grown.push(char::REPLACEMENT_CHARACTER);
            }
            match unit {
                None => grown.push(character),
                Some(unit) if unit < FIRST_LOW => high = Some(unit),
                Some(_) => grown.push(char::REPLACEMENT_CHARACTER),
            }
        }
        self.open.extend(high.map(|high| (growing, high)));
        (!grown.is_empty()).then_some(grown)
    }
}

/// What is left of a text's last character.
fn half(growing: Growing) -> ModelEvent {
    let text = char::REPLACEMENT_CHARACTER.to_string();
    match growing {
        Growing::Text => ModelEvent::Text(text),
        Growing::Reasoning => ModelEvent::Reasoning(text),
        Growing::Arguments(index) => ModelEvent::ToolCallArguments { index, text },
    }
}

/// JSON text with U+FFFD in the places of lone surrogates; `None` where there are none.
pub(crate) fn without_halves(json: &str) -> Option<String> {
    replaced(json).map(|json| plain(&json))
}

/// A text that does not grow, without stand-ins.
pub(crate) fn plain(text: &str) -> String {
    let mended = |character| match unit_of(character) {
        Some(_) => char::REPLACEMENT_CHARACTER,
        None => character,
    };
    text.chars().map(mended).collect()
}

fn plain_citation(citation: &Citation) -> Citation {
    Citation {
        url: plain(&citation.url),
        title: plain(&citation.title),
        quoted: citation.quoted.as_deref().map(plain),
        span: citation.span,
        seal: citation.seal.as_ref().map(plain_seal),
    }
}

fn plain_seal(seal: &Seal) -> Seal {
    Seal {
        issuer: seal.issuer.clone(),
        data: plain(&seal.data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_are_replaced_and_nothing_that_only_looks_like_one() {
        for whole in [
            r#"{"a":"\ud83d\ude00"}"#,
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":"\u00e9\n"}"#,
        ] {
            assert_eq!(replaced(whole), None, "{whole}");
        }
        let high = '\u{10f83d}';
        assert_eq!(
            replaced(r#"{"a":"x\uD83Dy\\\ud83d\ud83d\ude00"}"#),
            Some(format!(r#"{{"a":"x{high}y\\{high}\ud83d\ude00"}}"#))
        );
    }
}

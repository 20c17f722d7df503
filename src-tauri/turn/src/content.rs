//! The parts of an answer as they grow, for the whole of a turn: one request after another adds to
//! them.

use crate::Change;
use tacet_conversation::{Attachment, Part, ResultContent, ToolCallState, utf16_length};

/// The parts of an answer, and how long each is for the page that shows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    parts: Vec<Part>,
    /// The length of each part's body in UTF-16 code units.
    lengths: Vec<usize>,
    /// How many characters (Unicode scalar values) were received and are kept.
    characters: u64,
}

impl Content {
    /// What stood there before anything was received: it does not count as received.
    pub(crate) fn after(parts: Vec<Part>) -> Self {
        Self {
            lengths: parts.iter().map(|part| utf16_length(part.body())).collect(),
            parts,
            characters: 0,
        }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn parts_mut(&mut self) -> &mut [Part] {
        &mut self.parts
    }

    /// The length of a part's body, in UTF-16 code units.
    pub(crate) fn length(&self, index: usize) -> usize {
        self.lengths.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn into_parts(self) -> Vec<Part> {
        self.parts
    }

    /// How many characters were received and are kept: text, reasoning, arguments.
    pub(crate) fn characters(&self) -> u64 {
        self.characters
    }

    /// Adds a part at the end, with an empty body where it grows, and says where it stands.
    pub(crate) fn add(&mut self, part: Part, changes: &mut Vec<Change>) -> usize {
        let index = self.parts.len();
        changes.push(Change::PartAdded {
            index,
            part: part.clone(),
        });
        // A file is whole from the start.
        self.lengths.push(utf16_length(part.body()));
        self.parts.push(part);
        index
    }

    /// Puts a part before the one at `index`.
    pub(crate) fn insert(&mut self, index: usize, part: Part, changes: &mut Vec<Change>) {
        self.lengths.insert(index, utf16_length(part.body()));
        self.parts.insert(index, part);
        changes.push(Change::Rearranged);
    }

    /// Puts another file in the place of one that a model showed before.
    pub(crate) fn replace_file(
        &mut self,
        index: usize,
        file: Attachment,
        changes: &mut Vec<Change>,
    ) {
        self.lengths[index] = utf16_length(&file.text);
        self.parts[index] = Part::Attachment(file);
        changes.push(Change::Rearranged);
    }

    /// Adds to the body of a part.
    pub(crate) fn append(&mut self, index: usize, text: String, changes: &mut Vec<Change>) {
        if text.is_empty() {
            return;
        }
        // Nothing is received into a file.
        if let Some(body) = self.parts[index].body_mut() {
            body.push_str(&text);
        }
        let offset = self.lengths[index];
        self.lengths[index] += utf16_length(&text);
        self.characters += text.chars().count() as u64;
        changes.push(Change::Appended {
            index,
            offset,
            text,
        });
    }

    /// Adds to the body of a part what no model said: it does not count as received.
    pub(crate) fn append_unreceived(
        &mut self,
        index: usize,
        text: String,
        changes: &mut Vec<Change>,
    ) {
        let characters = self.characters;
        self.append(index, text, changes);
        self.characters = characters;
    }

    /// Gives a tool's result its end. What was shown while it ran stays where the end begins with
    /// it.
    pub(crate) fn replace_result(
        &mut self,
        index: usize,
        text: String,
        contents: Vec<ResultContent>,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        let rest = text.strip_prefix(self.parts[index].body());
        match rest.map(str::to_owned) {
            Some(rest) => self.append_unreceived(index, rest, changes),
            None => {
                self.set_body(index, text);
                changes.push(Change::Rearranged);
            }
        }
        if let Part::ToolResult(result) = &mut self.parts[index] {
            result.contents = contents;
            result.state = state;
        }
        changes.push(Change::ToolResultState { index, state });
    }

    /// Gives a call another state.
    pub(crate) fn set_call_state(
        &mut self,
        index: usize,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        if let Some(Part::ToolCall(call)) = self.parts.get_mut(index)
            && call.state != state
        {
            call.state = state;
            changes.push(Change::ToolCallState { index, state });
        }
    }

    /// Gives a part the body that it has after words of it became something else. They stay among
    /// what was received.
    pub(crate) fn set_body(&mut self, index: usize, text: String) {
        self.lengths[index] = utf16_length(&text);
        if let Some(body) = self.parts[index].body_mut() {
            *body = text;
        }
    }

    /// Takes out a part whose words become something else.
    pub(crate) fn remove(&mut self, index: usize) -> Part {
        self.lengths.remove(index);
        self.parts.remove(index)
    }

    /// Takes out the parts from `length` on, and counts `characters` as received.
    pub(crate) fn truncate(&mut self, length: usize, characters: u64) {
        self.parts.truncate(length);
        self.lengths.truncate(length);
        self.characters = characters;
    }

    /// The same words are about to be received once more.
    pub(crate) fn forget(&mut self, text: &str) {
        let characters = text.chars().count() as u64;
        self.characters = self.characters.saturating_sub(characters);
    }
}

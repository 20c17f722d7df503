//! Reasoning in an answer: where it stands, what seals it, and what shows only afterwards to have
//! been reasoning or not.

use super::{Change, Continued, Draft, OpenReasoning, utf16_length};
use tacet_conversation::{Part, Reasoning, Seal};
use tacet_provider::ModelEvent;
use tokio::time::Instant;

impl Draft {
    /// Adds reasoning: before the text that a continuation continues, so that the text stays one
    /// and the last.
    pub(super) fn add_reasoning(
        &mut self,
        reasoning: Reasoning,
        changes: &mut Vec<Change>,
    ) -> usize {
        let part = Part::Reasoning(reasoning);
        let Some(continued) = &mut self.continued else {
            return self.add(part, changes);
        };
        let index = continued.index;
        continued.index += 1;
        self.end_reasoning(changes);
        self.lengths.insert(index, utf16_length(part.body()));
        self.parts.insert(index, part);
        changes.push(Change::Rearranged);
        index
    }

    /// The reasoning part that is not whole yet, or a new one.
    pub(super) fn open_reasoning(&mut self, changes: &mut Vec<Change>) -> usize {
        let index = match &self.reasoning {
            Some(open) => open.index,
            None => {
                let reasoning = Reasoning {
                    field: self.field.take().map(str::to_owned),
                    ..Reasoning::default()
                };
                self.add_reasoning(reasoning, changes)
            }
        };
        let now = Instant::now();
        let open = self
            .reasoning
            .get_or_insert(OpenReasoning { index, times: None });
        open.times.get_or_insert((now, now)).1 = now;
        index
    }

    pub(super) fn seal(&mut self, seal: Seal, changes: &mut Vec<Change>) {
        let open = self.reasoning.as_ref().map(|open| open.index);
        if let Some(Part::Reasoning(open)) = open.and_then(|index| self.parts.get_mut(index)) {
            open.seal = Some(seal);
            self.end_reasoning(changes);
            return;
        }
        // Some providers seal reasoning of which they show nothing, and the text before.
        let begun = self.continued.as_ref().map(|continued| continued.begun);
        let length = self.parts.last().map_or(0, |part| part.body().len());
        if begun.is_some_and(|begun| begun < length) {
            self.close_seam(changes);
        }
        let reasoning = Reasoning {
            seal: Some(seal),
            ..Reasoning::default()
        };
        self.add_reasoning(reasoning, changes);
    }

    /// Makes reasoning of the text that this request gave.
    pub(super) fn turn_text_round(&mut self, changes: &mut Vec<Change>) {
        let mut continued = self.continued.take();
        if let Some(continued) = &mut continued {
            let rest = continued.seam.end();
            self.append(continued.index, rest, &mut Vec::new());
        }
        let last = self.parts.len().saturating_sub(1);
        let Some(Part::Text { text }) = self.parts.get_mut(last) else {
            return;
        };
        let begun = continued.as_ref().map_or(0, |continued| continued.begun);
        let said = text.split_off(begun);
        match continued {
            Some(continued) => {
                self.lengths[last] = utf16_length(text);
                let again = Continued::of(continued.index, text);
                self.repeated += &continued.seam.into_repeated();
                self.continued = Some(again);
            }
            None => {
                self.parts.pop();
                self.lengths.pop();
            }
        }
        changes.push(Change::Rearranged);
        let said = said.trim_end();
        if !said.is_empty() {
            let reasoning = Reasoning {
                text: said.to_owned(),
                ..Reasoning::default()
            };
            let index = self.add_reasoning(reasoning, &mut Vec::new());
            self.lengths[index] = utf16_length(said);
        }
    }

    /// Makes text of the reasoning that grows.
    pub(super) fn turn_reasoning_round(&mut self, changes: &mut Vec<Change>) {
        let Some(open) = self.reasoning.take() else {
            return;
        };
        let Part::Reasoning(reasoning) = self.parts.remove(open.index) else {
            return;
        };
        self.lengths.remove(open.index);
        if let Some(continued) = &mut self.continued {
            continued.index -= 1;
        }
        self.characters = self
            .characters
            .saturating_sub(reasoning.text.chars().count() as u64);
        let mut unseen = Vec::new();
        self.apply(ModelEvent::Text(reasoning.text), &mut unseen);
        changes.push(Change::Rearranged);
    }
}

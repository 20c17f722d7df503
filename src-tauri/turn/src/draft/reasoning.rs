//! Reasoning in an answer: where it stands, what seals it, and what shows only afterwards to have
//! been reasoning or not.

use super::{Change, Continued, Draft, OpenReasoning};
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
        self.content.insert(index, part, changes);
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
        if let Some(Part::Reasoning(open)) =
            open.and_then(|index| self.content.parts_mut().get_mut(index))
        {
            open.seal = Some(seal);
            self.end_reasoning(changes);
            return;
        }
        // Some providers seal reasoning of which they show nothing, and the text before.
        let begun = self.continued.as_ref().map(|continued| continued.begun);
        let length = self.parts().last().map_or(0, |part| part.body().len());
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
        let Some(last) = self.open_text() else {
            return;
        };
        let mut text = self.parts()[last].body().to_owned();
        let begun = continued.as_ref().map_or(0, |continued| continued.begun);
        let said = text.split_off(begun);
        match continued {
            Some(continued) => {
                let again = Continued::of(continued.index, &text);
                self.content.set_body(last, text);
                self.repeated += &continued.seam.into_repeated();
                self.continued = Some(again);
            }
            None => drop(self.content.remove(last)),
        }
        changes.push(Change::Rearranged);
        let said = said.trim_end();
        if !said.is_empty() {
            let index = self.add_reasoning(Reasoning::default(), &mut Vec::new());
            self.content.set_body(index, said.to_owned());
        }
    }

    /// Makes text of the reasoning that grows.
    pub(super) fn turn_reasoning_round(&mut self, changes: &mut Vec<Change>) {
        let Some(open) = self.reasoning.take() else {
            return;
        };
        let Part::Reasoning(reasoning) = self.content.remove(open.index) else {
            return;
        };
        if let Some(continued) = &mut self.continued {
            continued.index -= 1;
        }
        self.content.forget(&reasoning.text);
        let mut unseen = Vec::new();
        self.apply(ModelEvent::Text(reasoning.text), &mut unseen);
        changes.push(Change::Rearranged);
    }
}

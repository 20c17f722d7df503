//! The sources of a text: gathered while it grows, and told after it once it is whole, so that they
//! do not cut it in two.

use super::{Change, Draft};
use tacet_conversation::{Citation, Part, Span};
use tacet_provider::Cited;

impl Draft {
    /// With the sources of the text that it continues, where this part has them.
    pub(crate) fn with_sources_of(self, part: Option<&Part>) -> Self {
        match part {
            Some(Part::Citations { citations }) => Self {
                citations: citations.clone(),
                ..self
            },
            Some(_) | None => self,
        }
    }

    pub(super) fn cite(&mut self, cited: Cited) {
        let text = match &self.continued {
            Some(continued) => Some(continued.index),
            None => self.open_text(),
        };
        let to = text.map_or(0, |index| self.content.length(index));
        let span = cited.length.map(|length| Span {
            from: to.saturating_sub(length),
            to,
        });
        for citation in cited.citations {
            let citation = Citation { span, ..citation };
            if !self.citations.contains(&citation) {
                self.citations.push(citation);
            }
        }
    }

    pub(super) fn end_citations(&mut self, changes: &mut Vec<Change>) {
        let citations = std::mem::take(&mut self.citations);
        if !citations.is_empty() {
            self.content.add(Part::Citations { citations }, changes);
        }
    }
}

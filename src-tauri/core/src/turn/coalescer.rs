//! Gathers small appends into events of a size and a rate that a page can take.
//!
//! The first text goes out at once, then at most one batch every 16 ms or 3 KiB. A message of
//! 8192 bytes of JSON or more would leave Tauri's ordered path, so texts are cut below that.

use super::event::TurnEventKind;
use crate::Usage;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two batches: one frame.
const INTERVAL: Duration = Duration::from_millis(16);
/// So much text goes out without waiting for the interval.
const BATCH: usize = 3 * 1024;
/// The longest text of one event in bytes of JSON, well below 8192 with its envelope.
const LONGEST: usize = 7 * 1024;

#[derive(Debug)]
struct Pending {
    index: usize,
    offset: usize,
    text: String,
}

/// Texts that wait to be sent, and the usage, which some servers tell with every token.
#[derive(Debug, Default)]
pub(super) struct Coalescer {
    pending: Vec<Pending>,
    usage: Option<Usage>,
    bytes: usize,
    last: Option<Instant>,
}

impl Coalescer {
    pub(super) fn push(&mut self, index: usize, offset: usize, text: String) {
        self.bytes += text.len();
        // The arguments of parallel calls come interleaved; each part is gathered by itself.
        match self.pending.iter_mut().find(|known| known.index == index) {
            Some(known) => known.text.push_str(&text),
            None => self.pending.push(Pending {
                index,
                offset,
                text,
            }),
        }
    }

    /// Figures that stand until there are newer ones.
    pub(super) fn count(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    /// When what waits has to go out; `None` when nothing waits.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.pending.is_empty() && self.usage.is_none() {
            None
        } else if self.bytes >= BATCH {
            Some(now)
        } else {
            Some(self.last.map_or(now, |last| last + INTERVAL))
        }
    }

    /// Takes out all that waits, cut on character boundaries.
    pub(super) fn take(&mut self, now: Instant) -> Vec<TurnEventKind> {
        let mut events = Vec::new();
        for Pending {
            index,
            mut offset,
            text,
        } in self.pending.drain(..)
        {
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cut(rest));
                events.push(TurnEventKind::Appended {
                    index,
                    offset,
                    text: piece.to_owned(),
                });
                offset += piece.encode_utf16().count();
                rest = after;
            }
        }
        events.extend(
            self.usage
                .take()
                .map(|usage| TurnEventKind::Usage { usage }),
        );
        if !events.is_empty() {
            self.last = Some(now);
        }
        self.bytes = 0;
        events
    }
}

/// How many bytes of `text` fit into one event.
fn cut(text: &str) -> usize {
    let mut json = 0;
    for (at, character) in text.char_indices() {
        json += match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            _ => character.len_utf8(),
        };
        if json > LONGEST {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::TextTally;
    use proptest::prelude::*;

    fn usage(letters: usize) -> Usage {
        Usage::estimated(&TextTally::of(&"a".repeat(letters)), "smol")
    }

    fn joined(events: &[TurnEventKind]) -> (String, bool) {
        let mut text = String::new();
        let mut gapless = true;
        for event in events {
            if let TurnEventKind::Appended {
                offset,
                text: piece,
                ..
            } = event
            {
                gapless &= *offset == text.encode_utf16().count();
                text.push_str(piece);
            }
        }
        (text, gapless)
    }

    #[test]
    fn the_first_text_goes_out_at_once_and_the_next_after_a_frame() {
        let start = Instant::now();
        let mut coalescer = Coalescer::default();
        coalescer.push(0, 0, "a".to_owned());
        assert_eq!(coalescer.due(start), Some(start));
        assert_eq!(coalescer.take(start).len(), 1);
        assert_eq!(coalescer.due(start), None);
        coalescer.push(0, 1, "b".to_owned());
        coalescer.push(0, 2, "c".to_owned());
        assert_eq!(coalescer.due(start), Some(start + INTERVAL));
        let events = coalescer.take(start + INTERVAL);
        assert!(
            matches!(&events[..], [TurnEventKind::Appended { offset: 1, text, .. }] if text == "bc")
        );
    }

    #[test]
    fn three_kibibytes_do_not_wait() {
        let start = Instant::now();
        let mut coalescer = Coalescer::default();
        coalescer.push(0, 0, "a".to_owned());
        coalescer.take(start);
        coalescer.push(0, 1, "x".repeat(BATCH));
        assert_eq!(coalescer.due(start), Some(start));
    }

    #[test]
    fn interleaved_parts_and_repeated_figures_are_one_event_each() {
        let start = Instant::now();
        let mut coalescer = Coalescer::default();
        for at in 0..100 {
            coalescer.push(0, at, "a".to_owned());
            coalescer.push(1, at, "b".to_owned());
            coalescer.count(usage(at));
        }
        let events = coalescer.take(start);
        let usage = usage(99);
        assert_eq!(events.len(), 3);
        assert_eq!(joined(&events[..1]), ("a".repeat(100), true));
        assert_eq!(joined(&events[1..2]), ("b".repeat(100), true));
        assert_eq!(events[2], TurnEventKind::Usage { usage });
        assert_eq!(coalescer.due(start), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_event_stays_below_the_ordered_path_of_tauri(text in "(\\PC|[\\x00-\\x1f]|\u{1f600}){1,6000}") {
            let mut coalescer = Coalescer::default();
            coalescer.push(0, 0, text.clone());
            let events = coalescer.take(Instant::now());
            for event in &events {
                prop_assert!(serde_json::to_string(event).unwrap().len() < 8000);
            }
            prop_assert_eq!(joined(&events), (text, true));
        }
    }
}

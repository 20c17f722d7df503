//! What has happened in a turn and is not told yet, in events of a size and a rate that a page can
//! take.
//!
//! The first text goes out at once, then at most one batch every 16 ms or 3 KiB. A message of
//! 8192 bytes of JSON or more would leave Tauri's ordered path, so texts are cut below that. Text is
//! not kept here: it is read from the answer when its time has come, so that a page that is far
//! behind costs nothing, and gets in one piece what has gathered meanwhile.

use super::event::TurnEventKind;
use std::collections::VecDeque;
use std::time::Duration;
use tacet_conversation::{Part, Usage, utf16_length};
use tokio::time::Instant;

/// The shortest time between two batches: one frame.
const INTERVAL: Duration = Duration::from_millis(16);
/// So much text goes out without waiting for the interval.
const BATCH: usize = 3 * 1024;
/// The longest text of one event in bytes of JSON, well below 8192 with its envelope.
const LONGEST: usize = 7 * 1024;
/// So many events without text wait at most; of a page that is further behind, the whole state is
/// asked for.
const MOST: usize = 256;

/// How much of a part's body was told, which is also where the next text begins.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    bytes: usize,
    /// As a page counts text.
    utf16: usize,
}

impl Told {
    fn all(part: &Part) -> Self {
        let body = part.body();
        Self {
            bytes: body.len(),
            utf16: utf16_length(body),
        }
    }
}

/// What waits to be told.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Of each part that was told of.
    told: Vec<Told>,
    /// Events without text, in their order.
    events: VecDeque<TurnEventKind>,
    /// The state is to be asked for anew, in place of what waits.
    resync: bool,
    usage: Option<Usage>,
    /// Bytes of text that wait.
    text: usize,
    last: Option<Instant>,
}

impl Backlog {
    /// `parts` are known to whoever comes to watch.
    pub(super) fn after(parts: &[Part]) -> Self {
        Self {
            told: parts.iter().map(Told::all).collect(),
            ..Self::default()
        }
    }

    /// A part's body grew by so many bytes.
    pub(super) fn grew(&mut self, bytes: usize) {
        self.text += bytes;
    }

    /// Figures that stand until there are newer ones.
    pub(super) fn count(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    /// An event without text.
    pub(super) fn push(&mut self, event: TurnEventKind) {
        match event {
            TurnEventKind::Resync => {
                self.resync = true;
                self.events.clear();
            }
            // The state that is asked for holds it.
            _ if self.resync => {}
            event if self.events.len() < MOST => self.events.push_back(event),
            _ => self.push(TurnEventKind::Resync),
        }
    }

    /// Whether more waits than `room` bytes.
    pub(super) fn exceeds(&self, room: usize) -> bool {
        let events = self.events.iter().map(TurnEventKind::weight);
        self.resync || self.text + events.sum::<usize>() > room
    }

    /// When what waits has to go out; `None` when nothing waits.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.resync || !self.events.is_empty() || self.text >= BATCH {
            Some(now)
        } else if self.text > 0 || self.usage.is_some() {
            Some(self.last.map_or(now, |last| last + INTERVAL))
        } else {
            None
        }
    }

    /// Leaves out what waits: whoever comes to watch gets the state as it is.
    pub(super) fn skip(&mut self, parts: &[Part]) {
        *self = Self {
            last: self.last,
            ..Self::after(parts)
        };
    }

    /// Takes out what waits of an answer that stands at `parts`, about `room` bytes of it, in
    /// events whose texts are cut on character boundaries.
    pub(super) fn take(&mut self, parts: &[Part], room: usize, now: Instant) -> Vec<TurnEventKind> {
        if room == 0 {
            return Vec::new();
        }
        let mut taken = self.take_events(parts, room);
        let weight: usize = taken.iter().map(TurnEventKind::weight).sum();
        let mut left = room.saturating_sub(weight);
        for (index, (told, part)) in self.told.iter_mut().zip(parts).enumerate() {
            while left > 0
                && let Some(rest) = part
                    .body()
                    .get(told.bytes..)
                    .filter(|rest| !rest.is_empty())
            {
                let text = rest[..cut(rest)].to_owned();
                let offset = told.utf16;
                told.bytes += text.len();
                told.utf16 += utf16_length(&text);
                let event = TurnEventKind::Appended {
                    index,
                    offset,
                    text,
                };
                left = left.saturating_sub(event.weight());
                taken.push(event);
            }
        }
        if left > 0 {
            let usage = self.usage.take();
            taken.extend(usage.map(|usage| TurnEventKind::Usage { usage }));
        }
        if !taken.is_empty() {
            self.last = Some(now);
        }
        let told = self.told.iter().map(|told| told.bytes).sum();
        let there: usize = parts.iter().map(|part| part.body().len()).sum();
        self.text = there.saturating_sub(told);
        taken
    }

    /// The same for the events without text.
    pub(super) fn take_events(&mut self, parts: &[Part], room: usize) -> Vec<TurnEventKind> {
        let mut taken = Vec::new();
        let mut left = room;
        if left > 0 && self.resync {
            self.skip(parts);
            taken.push(TurnEventKind::Resync);
        }
        while left > 0
            && let Some(event) = self.events.pop_front()
        {
            if let TurnEventKind::PartAdded { index, part } = &event {
                if *index < self.told.len() {
                    // It was there already when the state was asked for.
                    continue;
                }
                // What is whole from the start is told with it.
                self.told.push(Told::all(part));
            }
            left = left.saturating_sub(event.weight());
            taken.push(event);
        }
        taken
    }

    /// The parts as far as they were told.
    pub(super) fn told(&self, parts: &[Part]) -> Vec<Part> {
        let mut parts: Vec<Part> = parts.iter().take(self.told.len()).cloned().collect();
        for (part, told) in parts.iter_mut().zip(&self.told) {
            if let Some(body) = part.body_mut() {
                // A body that was replaced may have no character's end there.
                body.truncate(body.floor_char_boundary(told.bytes));
            }
        }
        parts
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
    use proptest::prelude::*;
    use tacet_conversation::{Reasoning, TextTally};

    fn usage(letters: usize) -> Usage {
        Usage::estimated(&TextTally::of(&"a".repeat(letters)), "smol")
    }

    const ROOM: usize = 1 << 20;

    fn text(text: &str) -> Part {
        Part::Text {
            text: text.to_owned(),
        }
    }

    fn reasoning(text: &str) -> Part {
        Part::Reasoning(Reasoning {
            text: text.to_owned(),
            ..Reasoning::default()
        })
    }

    /// A backlog that has told of as many parts, and nothing of their bodies.
    fn fresh(parts: usize) -> Backlog {
        Backlog {
            told: vec![Told::default(); parts],
            ..Backlog::default()
        }
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
        let mut backlog = fresh(1);
        backlog.grew(1);
        assert_eq!(backlog.due(start), Some(start));
        assert_eq!(backlog.take(&[text("a")], ROOM, start).len(), 1);
        assert_eq!(backlog.due(start), None);
        backlog.grew(1);
        backlog.grew(1);
        assert_eq!(backlog.due(start), Some(start + INTERVAL));
        let events = backlog.take(&[text("abc")], ROOM, start + INTERVAL);
        assert!(
            matches!(&events[..], [TurnEventKind::Appended { offset: 1, text, .. }] if text == "bc")
        );
    }

    #[test]
    fn three_kibibytes_do_not_wait() {
        let start = Instant::now();
        let mut backlog = fresh(1);
        backlog.grew(1);
        backlog.take(&[text("a")], ROOM, start);
        backlog.grew(BATCH);
        assert_eq!(backlog.due(start), Some(start));
    }

    #[test]
    fn interleaved_parts_and_repeated_figures_are_one_event_each() {
        let start = Instant::now();
        let mut backlog = fresh(2);
        for at in 0..100 {
            backlog.grew(2);
            backlog.count(usage(at));
        }
        let parts = [text(&"a".repeat(100)), reasoning(&"b".repeat(100))];
        let events = backlog.take(&parts, ROOM, start);
        let usage = usage(99);
        assert_eq!(events.len(), 3);
        assert_eq!(joined(&events[..1]), ("a".repeat(100), true));
        assert_eq!(joined(&events[1..2]), ("b".repeat(100), true));
        assert_eq!(events[2], TurnEventKind::Usage { usage });
        assert_eq!(backlog.due(start), None);
    }

    #[test]
    fn what_has_no_room_waits_and_comes_when_there_is_some() {
        let start = Instant::now();
        let whole = "x".repeat(100_000);
        let parts = [text(&whole)];
        let mut backlog = fresh(1);
        backlog.grew(whole.len());
        assert_eq!(backlog.take(&parts, 0, start), []);
        assert!(backlog.exceeds(whole.len() - 1) && !backlog.exceeds(whole.len()));
        let mut seen = backlog.take(&parts, 20_000, start);
        let (first, _) = joined(&seen);
        assert!((20_000..30_000).contains(&first.len()), "{}", first.len());
        assert_eq!(backlog.told(&parts), [text(&first)]);
        seen.extend(backlog.take(&parts, ROOM, start));
        assert_eq!(joined(&seen), (whole, true));
        assert_eq!(backlog.due(start), None);
    }

    #[test]
    fn a_part_is_told_before_its_text_which_may_be_there_earlier() {
        let start = Instant::now();
        let parts = [text("one"), reasoning("two")];
        let mut backlog = fresh(1);
        backlog.grew(6);
        let events = backlog.take(&parts, ROOM, start);
        assert_eq!(joined(&events), ("one".to_owned(), true));
        let part = reasoning("");
        let added = TurnEventKind::PartAdded { index: 1, part };
        backlog.push(added.clone());
        let events = backlog.take(&parts, ROOM, start);
        assert_eq!(events[0], added);
        assert_eq!(joined(&events), ("two".to_owned(), true));
    }

    #[test]
    fn more_events_than_a_page_could_catch_up_with_become_one_question_for_the_state() {
        let start = Instant::now();
        let mut parts = Vec::new();
        let mut backlog = Backlog::default();
        for index in 0..1_000 {
            parts.push(text("a"));
            let part = text("");
            backlog.push(TurnEventKind::PartAdded { index, part });
            backlog.grew(1);
            assert!(backlog.events.len() <= MOST);
        }
        assert_eq!(backlog.take(&parts, 0, start), []);
        assert_eq!(backlog.take(&parts, 1, start), [TurnEventKind::Resync]);
        assert_eq!(backlog.told(&parts), parts);
        assert_eq!(backlog.due(start), None);
        // What was there when the state was asked for is not told once more.
        let part = text("");
        backlog.push(TurnEventKind::PartAdded { index: 999, part });
        assert_eq!(backlog.take(&parts, ROOM, start), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_event_stays_below_the_ordered_path_of_tauri(words in "(\\PC|[\\x00-\\x1f]|\u{1f600}){1,6000}") {
            let mut backlog = fresh(1);
            backlog.grew(words.len());
            let events = backlog.take(&[text(&words)], ROOM, Instant::now());
            for event in &events {
                prop_assert!(serde_json::to_string(event).unwrap().len() < 8000);
            }
            prop_assert_eq!(joined(&events), (words, true));
        }
    }
}

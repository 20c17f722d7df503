//! Those who watch a turn, whether they still do (rule C13), and how much is on its way to them.

use super::event::{TurnEvent, TurnEventKind};
use std::collections::VecDeque;
use std::time::Duration;
use tacet_conversation::TurnId;
use tokio::time::Instant;

/// So many bytes are on their way to a page at most. What it cannot take queues up in its process
/// otherwise, with the press of Stop behind it: a flood of a second took several to pass.
pub(super) const WINDOW: usize = 32 * 1024;
/// After so many bytes a watcher is asked to say that it has shown them.
const ASK: usize = WINDOW / 4;
/// A watcher that has so much under way gets no more text, while another one keeps up: it sees the
/// gap in what it gets next, and asks for the whole state.
const FALLEN_BEHIND: usize = 3 * WINDOW;

/// Where the events of one watcher go. Sending must not block.
pub trait EventSink: Send + Sync {
    /// Hands the event over. That it arrives is not known: watchers acknowledge now and then.
    fn send(&self, event: &TurnEvent);
}

struct Watcher {
    /// The name of the page that it belongs to.
    page: String,
    id: String,
    sink: Box<dyn EventSink>,
    /// What it has not said to have shown: the number and the weight of each event.
    under_way: VecDeque<(u64, usize)>,
    /// The sum of these weights.
    weight: usize,
}

impl Watcher {
    fn send(&mut self, event: &TurnEvent, weight: usize) {
        let is_text = matches!(event.event, TurnEventKind::Appended { .. });
        if is_text && self.weight >= FALLEN_BEHIND {
            return;
        }
        self.under_way.push_back((event.seq, weight));
        self.weight += weight;
        self.sink.send(event);
    }

    fn has_shown(&mut self, shown: u64) {
        while let Some((_, weight)) = self.under_way.pop_front_if(|(seq, _)| *seq <= shown) {
            self.weight -= weight;
        }
    }
}

/// All watchers of one turn.
pub(super) struct Watchers {
    turn_id: TurnId,
    seq: u64,
    watchers: Vec<Watcher>,
    last_sign: Instant,
    /// The weight of what was sent since a watcher was asked.
    since_asked: usize,
}

impl Watchers {
    pub(super) fn new(turn_id: TurnId) -> Self {
        Self {
            turn_id,
            seq: 0,
            watchers: Vec::new(),
            last_sign: Instant::now(),
            since_asked: 0,
        }
    }

    /// The number of the last event.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// How many bytes more the watchers can take now. The one that can take most counts: one that a
    /// page has left behind, or that is stuck, does not hold up the others.
    pub(super) fn room(&self) -> usize {
        let least = self.watchers.iter().map(|watcher| watcher.weight).min();
        WINDOW.saturating_sub(least.unwrap_or(0))
    }

    /// When somebody was last known to watch; at first the start of the turn.
    pub(super) fn last_sign(&self) -> Instant {
        self.last_sign
    }

    pub(super) fn add(&mut self, page: String, id: String, sink: Box<dyn EventSink>) {
        self.remove(&id);
        self.last_sign = Instant::now();
        self.watchers.push(Watcher {
            page,
            id,
            sink,
            under_way: VecDeque::new(),
            weight: 0,
        });
    }

    /// Leaving is a sign of life too: the time without watchers begins now.
    pub(super) fn remove(&mut self, id: &str) {
        self.acknowledge(id, 0);
        self.watchers.retain(|watcher| watcher.id != id);
    }

    /// Those of a page are gone: it was reloaded or closed, and until then it was there.
    pub(super) fn page_gone(&mut self, page: &str) {
        let count = self.watchers.len();
        self.watchers.retain(|watcher| watcher.page != page);
        if self.watchers.len() < count {
            self.last_sign = Instant::now();
        }
    }

    /// A sign of life, and the number of the last event that was shown. One from a watcher that is
    /// not attached does not count.
    pub(super) fn acknowledge(&mut self, id: &str, shown: u64) {
        if let Some(watcher) = self.watchers.iter_mut().find(|watcher| watcher.id == id) {
            watcher.has_shown(shown);
            self.last_sign = Instant::now();
        }
    }

    /// Nothing ran for a while, which counts for no limit: the last sign is as much later, and not
    /// longer ago than `at_most`.
    pub(super) fn slept(&mut self, slept: Duration, at_most: Duration) {
        let now = Instant::now();
        let earliest = now.checked_sub(at_most).unwrap_or(now);
        self.last_sign = (self.last_sign + slept).max(earliest).min(now);
    }

    pub(super) fn send(&mut self, event: TurnEventKind) {
        self.seq += 1;
        let weight = event.weight();
        if !self.watchers.is_empty() {
            self.since_asked += weight;
        }
        let acknowledge = self.since_asked >= ASK;
        if acknowledge {
            self.since_asked = 0;
        }
        let event = TurnEvent {
            turn_id: self.turn_id,
            seq: self.seq,
            acknowledge,
            event,
        };
        for watcher in &mut self.watchers {
            watcher.send(&event, weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, PoisonError};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<TurnEvent>>>);

    impl Sink {
        fn seen(&self) -> Vec<TurnEvent> {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        }
    }

    impl EventSink for Sink {
        fn send(&self, event: &TurnEvent) {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(event.clone());
        }
    }

    fn text() -> TurnEventKind {
        TurnEventKind::Appended {
            index: 0,
            offset: 0,
            text: "x".repeat(3_000),
        }
    }

    #[tokio::test]
    async fn a_watcher_that_never_answers_gets_one_window_and_is_asked_in_time() {
        let mut watchers = Watchers::new(TurnId::new());
        let sink = Sink::default();
        watchers.add("main".to_owned(), "a".to_owned(), Box::new(sink.clone()));
        while watchers.room() > 0 {
            watchers.send(text());
        }
        let seen = sink.seen();
        assert!(seen.len() * 3_000 < WINDOW + 3_000, "{} events", seen.len());
        let asked = seen.iter().rfind(|event| event.acknowledge);
        let last = asked.map(|event| event.seq);
        watchers.acknowledge("b", 100);
        assert_eq!(watchers.room(), 0);
        // Whatever it was asked about last leaves room for more.
        watchers.acknowledge("a", last.unwrap_or_default());
        assert!(watchers.room() > WINDOW / 2);
        watchers.acknowledge("a", u64::MAX);
        assert_eq!(watchers.room(), WINDOW);
    }

    #[tokio::test]
    async fn a_new_watcher_has_its_window_and_without_any_nothing_is_under_way() {
        let mut watchers = Watchers::new(TurnId::new());
        watchers.send(text());
        assert_eq!(watchers.room(), WINDOW);
        watchers.add("main".to_owned(), "a".to_owned(), Box::new(Sink::default()));
        while watchers.room() > 0 {
            watchers.send(text());
        }
        watchers.add(
            "window-2".to_owned(),
            "b".to_owned(),
            Box::new(Sink::default()),
        );
        assert_eq!(watchers.room(), WINDOW);
        watchers.send(text());
        watchers.page_gone("main");
        assert!(watchers.room() < WINDOW, "the other one is still there");
        watchers.page_gone("window-2");
        assert_eq!(watchers.room(), WINDOW);
    }

    #[tokio::test]
    async fn c02_one_that_falls_behind_another_gets_no_more_text_and_hears_the_end() {
        let mut watchers = Watchers::new(TurnId::new());
        let (slow, quick) = (Sink::default(), Sink::default());
        watchers.add("main".to_owned(), "slow".to_owned(), Box::new(slow.clone()));
        watchers.add(
            "window-2".to_owned(),
            "quick".to_owned(),
            Box::new(quick.clone()),
        );
        for _ in 0..200 {
            watchers.send(text());
            watchers.acknowledge("quick", watchers.seq());
            assert_eq!(watchers.room(), WINDOW);
        }
        watchers.send(TurnEventKind::Stopping);
        assert_eq!(quick.seen().len(), 201);
        let seen = slow.seen();
        assert!(
            seen.len() * 3_000 < FALLEN_BEHIND + 9_000,
            "{} events",
            seen.len()
        );
        let [.., before, last] = &*seen else {
            panic!("nothing was sent");
        };
        assert_eq!(last.event, TurnEventKind::Stopping);
        assert!(last.seq > before.seq + 1, "it sees no gap");
    }
}

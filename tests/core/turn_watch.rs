//! A watcher of a turn that remembers everything, and puts the answer together as a page does.

use crate::turn_desk::answer_on_disk;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacet_core::{
    EventSink, Message, MessageState, Part, Phase, TurnEnd, TurnEvent, TurnEventKind, TurnId,
    TurnSnapshot, Turns,
};
use tacet_test_support::patience::within;
use tokio::sync::watch;
use uuid::Uuid;

/// What was seen, and the row that was on disk when the end was told.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub events: Vec<TurnEvent>,
    pub on_disk_at_the_end: Option<Message>,
}

struct Recorder {
    turns: Turns,
    id: String,
    /// Whether it acknowledges what it is asked to.
    answers: bool,
    seen: Arc<watch::Sender<Seen>>,
    folder: PathBuf,
}

impl EventSink for Recorder {
    fn send(&self, event: &TurnEvent) {
        let ended = matches!(event.event, TurnEventKind::Ended(_));
        let row = ended.then(|| answer_on_disk(&self.folder, event.turn_id));
        self.seen.send_modify(|seen| {
            seen.events.push(event.clone());
            seen.on_disk_at_the_end = row.flatten();
        });
        if event.acknowledge && self.answers {
            self.turns
                .acknowledge(event.turn_id, self.id.clone(), event.seq);
        }
    }
}

pub struct Watch {
    pub id: String,
    pub turn: TurnId,
    pub snapshot: TurnSnapshot,
    seen: Arc<watch::Sender<Seen>>,
}

impl Watch {
    pub async fn attach(turns: &Turns, turn: TurnId, folder: &Path) -> Option<Self> {
        Self::of(turns, turn, "main", folder, true).await
    }

    /// One of the page of that name.
    pub async fn attach_in(turns: &Turns, turn: TurnId, page: &str, folder: &Path) -> Option<Self> {
        Self::of(turns, turn, page, folder, true).await
    }

    /// One that never says what it has shown.
    pub async fn attach_mute(turns: &Turns, turn: TurnId, folder: &Path) -> Option<Self> {
        Self::of(turns, turn, "main", folder, false).await
    }

    async fn of(
        turns: &Turns,
        turn: TurnId,
        page: &str,
        folder: &Path,
        answers: bool,
    ) -> Option<Self> {
        let id = Uuid::now_v7().to_string();
        let seen = Arc::new(watch::Sender::new(Seen::default()));
        let recorder = Recorder {
            seen: Arc::clone(&seen),
            folder: folder.to_owned(),
            turns: turns.clone(),
            id: id.clone(),
            answers,
        };
        let attached = turns.attach(turn, page, id.clone(), Box::new(recorder));
        Some(Self {
            snapshot: within("the snapshot", attached).await?,
            id,
            turn,
            seen,
        })
    }

    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub fn events(&self) -> Vec<TurnEvent> {
        self.seen().events
    }

    /// Waits until what was seen is as `right` wants it.
    pub async fn until(&self, what: &str, mut right: impl FnMut(&Watch) -> bool) {
        let mut seen = self.seen.subscribe();
        within(what, async {
            loop {
                seen.borrow_and_update();
                if right(self) {
                    return;
                }
                seen.changed().await.expect("a watched turn");
            }
        })
        .await;
    }

    /// Waits until the turn is in this phase.
    pub async fn reach(&self, phase: Phase) {
        self.until(&format!("{phase:?}"), |watch| watch.phase() == phase)
            .await;
    }

    /// Waits until it was told that the parts are to be taken anew, by watching again.
    pub async fn rearranged(&self) {
        let is_told = |event: &TurnEvent| matches!(event.event, TurnEventKind::Resync);
        self.until("new parts", |watch| watch.events().iter().any(is_told))
            .await;
    }

    /// Waits until so much text was seen, counted over all parts in bytes.
    pub async fn receive(&self, bytes: usize) {
        let length = |watch: &Watch| -> usize {
            let parts = watch.parts();
            parts.iter().map(|part| part.body().len()).sum()
        };
        self.until("more text", |watch| length(watch) >= bytes)
            .await;
    }

    /// Waits for the end as it is told, saved or not.
    pub async fn told_end(&self) -> TurnEnd {
        let end = |watch: &Watch| {
            let last = watch.events().pop().map(|event| event.event);
            match last {
                Some(TurnEventKind::Ended(end)) => Some(TurnEnd::clone(&end)),
                _ => None,
            }
        };
        self.until("the end", |watch| end(watch).is_some()).await;
        end(self).expect("the end")
    }

    /// Waits for the end, and checks that it is told once and last, after it was on disk
    /// (rules C06 and C08), and that nothing of the answer is missing here.
    pub async fn end(&self) -> TurnEnd {
        let is_end = |event: &TurnEvent| matches!(event.event, TurnEventKind::Ended(_));
        self.until("the end", |watch| watch.events().iter().any(is_end))
            .await;
        let seen = self.seen();
        assert_eq!(seen.events.iter().filter(|event| is_end(event)).count(), 1);
        let row = seen.on_disk_at_the_end.expect("a row before the end");
        let last = seen.events.last().map(|event| &event.event);
        let Some(TurnEventKind::Ended(end)) = last else {
            panic!("the end is not the last event, but {last:?}");
        };
        assert_eq!(end.unsaved, None);
        assert_eq!((row.state, row.cause), (end.state, end.cause));
        assert_eq!(row.usage, end.usage);
        assert_eq!(row.failed_attempts, end.failed_attempts);
        assert_eq!(row.receipt, end.receipt);
        // A page that is told to ask for the state does so, and reads what has ended meanwhile.
        let is_resync = |event: &TurnEvent| matches!(event.event, TurnEventKind::Resync);
        if !end.behind && !seen.events.iter().any(is_resync) {
            assert_eq!(row.parts, self.parts());
        }
        TurnEnd::clone(end)
    }

    /// What the turn does, by snapshot and events.
    pub fn phase(&self) -> Phase {
        let mut phase = self.snapshot.phase;
        for event in self.events() {
            if let TurnEventKind::Phase { phase: next } = event.event {
                phase = next;
            }
        }
        phase
    }

    /// The answer's parts by snapshot and events, as a page puts them together: a gap or a
    /// double in numbers or offsets fails.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = self.snapshot.message.parts.clone();
        let utf16 = |part: &Part| part.body().encode_utf16().count();
        let mut lengths: Vec<usize> = parts.iter().map(utf16).collect();
        let mut seq = self.snapshot.seq;
        for event in self.events() {
            assert_eq!(event.seq, seq + 1, "the events have a gap");
            assert_eq!(event.turn_id, self.turn);
            seq = event.seq;
            match event.event {
                TurnEventKind::PartAdded { index, part } => {
                    assert_eq!(index, parts.len());
                    lengths.push(utf16(&part));
                    parts.push(part);
                }
                TurnEventKind::Appended {
                    index,
                    offset,
                    text,
                } => {
                    assert_eq!(offset, lengths[index], "the text has a gap");
                    lengths[index] += text.encode_utf16().count();
                    parts[index].body_mut().unwrap().push_str(&text);
                }
                TurnEventKind::ReasoningEnded { index, duration_ms } => {
                    let Part::Reasoning(reasoning) = &mut parts[index] else {
                        panic!("{:?} is no reasoning", parts[index]);
                    };
                    reasoning.duration_ms = Some(duration_ms);
                }
                TurnEventKind::ToolCallState { index, state } => {
                    let Part::ToolCall(call) = &mut parts[index] else {
                        panic!("{:?} is no tool call", parts[index]);
                    };
                    call.state = state;
                }
                TurnEventKind::ToolResultState { index, state } => {
                    let Part::ToolResult(result) = &mut parts[index] else {
                        panic!("{:?} is no result", parts[index]);
                    };
                    result.state = state;
                }
                TurnEventKind::ApprovalAsked(_)
                | TurnEventKind::ElicitationAsked(_)
                | TurnEventKind::ElicitationClosed { .. }
                | TurnEventKind::ToolProgress(_)
                | TurnEventKind::AtStepLimit { .. }
                | TurnEventKind::EndsAfterStep
                | TurnEventKind::Phase { .. }
                | TurnEventKind::Usage { .. }
                | TurnEventKind::Unsaved { .. }
                | TurnEventKind::Retrying(_)
                | TurnEventKind::Stopping
                | TurnEventKind::AreYouThere
                | TurnEventKind::Resync
                | TurnEventKind::Ended(_) => {}
            }
        }
        parts
    }

    /// The answer's text so far.
    pub fn text(&self) -> String {
        let message = Message {
            parts: self.parts(),
            state: MessageState::Streaming,
            ..self.snapshot.message.clone()
        };
        message.text()
    }
}

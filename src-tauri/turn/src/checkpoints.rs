//! The checkpoints of a running answer: what was received is on disk within a second, or the person
//! is told why not (rule C04).

use crate::deadline::until;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::time::Duration;
use tacet_conversation::{MessageId, Part, RequestRecord, TurnId};
use tacet_store::{Checkpoint, Checkpointed, Store, StoreError};
use tokio::time::Instant;

/// The longest time that received text is not on disk.
const CHECKPOINT: Duration = Duration::from_millis(900);
/// A checkpoint that failed is tried again after so long, and twice as long each time, so often.
const DOUBLINGS: u32 = 3;
/// How long a disk may say nothing before the person hears of it; what takes less passes unnoticed.
const SILENCE: Duration = Duration::from_secs(4);
/// Why nothing is saved, where the disk says nothing.
pub(super) const SILENT: &str = "The disk has not answered for some seconds. What was saved before is safe. Check the disk, \
     and close other programs that use the data folder.";

/// What came of a checkpoint.
pub(super) enum Progress {
    /// All that it had is on disk.
    Saved,
    /// The answer has no place any more: its conversation was deleted.
    Refused,
    /// It failed, or has not been answered for long; in words for the person.
    Unsaved(String),
}

pub(super) struct Checkpoints {
    /// What is on disk, or on its way there.
    saved: Checkpointed,
    /// How many of the requests are.
    requests: usize,
    /// Whether there is more.
    news: bool,
    next: Instant,
    running: Option<Running>,
    failures: u32,
}

struct Running {
    write: BoxFuture<'static, Result<bool, StoreError>>,
    /// When its silence is told; `None` once it was.
    late: Option<Instant>,
}

impl Checkpoints {
    /// `parts` are on disk.
    pub(super) fn after(parts: &[Part]) -> Self {
        let mut saved = Checkpointed::default();
        saved.advance(parts);
        Self {
            saved,
            requests: 0,
            news: false,
            next: Instant::now() + CHECKPOINT,
            running: None,
            failures: 0,
        }
    }

    /// There is something to save.
    pub(super) fn note(&mut self) {
        self.news = true;
    }

    /// When the next one is due; `None` where there is nothing to save, or one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        (self.news && self.running.is_none()).then_some(self.next)
    }

    /// Whether one can begin at once: none is under way, and none has failed a moment ago.
    pub(super) fn is_ready(&self) -> bool {
        self.running.is_none() && (self.failures == 0 || self.next <= Instant::now())
    }

    /// Whether one is under way.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The parts stand otherwise than before: the next one has all of them.
    pub(super) fn begin_anew(&mut self) {
        self.saved = Checkpointed::default();
        self.news = true;
    }

    /// `requests` are all that have ended so far.
    pub(super) fn begin(
        &mut self,
        parts: &[Part],
        mut requests: Vec<RequestRecord>,
        store: &Store,
        answer: MessageId,
        turn: TurnId,
    ) {
        self.news = false;
        let ended = requests.len();
        let new = Checkpoint {
            requests: requests.split_off(self.requests.min(ended)),
            ..self.saved.advance(parts)
        };
        self.requests = ended;
        let store = store.clone();
        let now = Instant::now();
        self.next = now + CHECKPOINT;
        self.running = Some(Running {
            write: async move { store.checkpoint(answer, turn, new).await }.boxed(),
            late: Some(now + SILENCE),
        });
    }

    /// Resolves when something came of the one under way, or when it is late; never without one.
    /// Dropping the future and calling again loses nothing.
    pub(super) async fn progress(&mut self) -> Progress {
        let Some(running) = &mut self.running else {
            return std::future::pending().await;
        };
        let silence = until(running.late);
        let written = tokio::select! {
            biased;
            written = &mut running.write => written,
            () = silence => {
                running.late = None;
                return Progress::Unsaved(SILENT.to_owned());
            }
        };
        self.running = None;
        match written {
            Ok(true) => {
                self.failures = 0;
                Progress::Saved
            }
            Ok(false) => Progress::Refused,
            Err(error) => {
                // Tried again from the start: the disk may have room by then.
                self.saved = Checkpointed::default();
                self.requests = 0;
                self.news = true;
                self.next = Instant::now() + CHECKPOINT * 2_u32.pow(self.failures);
                self.failures = DOUBLINGS.min(self.failures + 1);
                Progress::Unsaved(error.to_string())
            }
        }
    }
}

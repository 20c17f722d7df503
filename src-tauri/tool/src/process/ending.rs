//! The end of all that is below this process: input closed, TERM, KILL, until nothing is left.

use super::descendants::{Process, descendants};
use super::protocol::{EndedBy, Report, ToolExit};
use super::{AFTER_INPUT, AFTER_TERM};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, wait, waitid};
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often those that came up meanwhile are looked for.
const GLANCE: Duration = Duration::from_millis(20);
/// The same once they are killed: at first, so that forks do not win, and for those that stay.
const KILLING: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(200));

/// What the supervisor waits for.
pub(super) enum Event {
    /// A child has ended and waits to be reaped.
    Child,
    /// No child is left, and so no descendant: each orphan would have become a child.
    NothingLeft,
    /// The app says so, or is gone, or a signal came.
    End,
}

/// The children of this process.
pub(super) struct Children {
    tool: Pid,
    events: Receiver<Event>,
    reaped: Sender<()>,
    /// How the tool itself ended.
    pub exit: Option<ToolExit>,
    nothing_left: bool,
}

impl Children {
    /// Watches over `tool` and all that it starts; `sender` puts more into `events`.
    pub fn watch(tool: Pid, sender: Sender<Event>, events: Receiver<Event>) -> Self {
        let (reaped, go_on) = channel();
        std::thread::spawn(move || {
            loop {
                // Left for the other thread to reap, so that no number is free for another
                // process while that thread works with it.
                let event = match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
                {
                    Ok(_) => Event::Child,
                    Err(Errno::INTR) => continue,
                    Err(_) => Event::NothingLeft,
                };
                let last = matches!(event, Event::NothingLeft);
                if sender.send(event).is_err() || last || go_on.recv().is_err() {
                    return;
                }
            }
        });
        Self {
            tool,
            events,
            reaped,
            exit: None,
            nothing_left: false,
        }
    }

    /// Waits until the tool has ended or its end is wanted.
    pub fn until_end(&mut self) {
        while let Ok(event) = self.events.recv() {
            let wanted = matches!(event, Event::End);
            self.take(event);
            if wanted || self.exit.is_some() || self.nothing_left {
                return;
            }
        }
    }

    /// Ends everything, and tells `report` of the tool's own end when it comes. Returns when
    /// nothing is left, however long that takes.
    pub fn end(mut self, mut report: impl FnMut(Report)) -> Report {
        let mut tell_exit = self.exit.is_none();
        let mut seen = HashSet::new();
        let mut pass = |children: &mut Self, signal, rest, seen: &mut HashSet<Process>| {
            let mut fresh = Vec::new();
            for found in descendants() {
                if seen.insert(found.process) || signal != Some(Signal::TERM) {
                    fresh.push(found);
                }
            }
            if let Some(signal) = signal {
                fresh.iter().for_each(|found| found.signal(signal));
            }
            children.wait(rest);
            if let Some(exit) = children.exit.filter(|_| tell_exit) {
                tell_exit = false;
                report(Report::Exited(exit));
            }
            children.nothing_left
        };
        let ended = |by, count: usize| Report::Ended {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            by,
        };
        // Those that end by themselves are looked at once only, at the first moment.
        if self.settled() {
            return ended(EndedBy::Itself, 0);
        }
        let mut noted = HashSet::new();
        if pass(&mut self, None, AFTER_INPUT, &mut noted) {
            return ended(EndedBy::InputClosed, noted.len());
        }
        let since = Instant::now();
        while let Some(rest) = AFTER_TERM
            .checked_sub(since.elapsed())
            .filter(|rest| !rest.is_zero())
        {
            // Each gets TERM once; `seen` holds those that were told.
            if pass(&mut self, Some(Signal::TERM), rest.min(GLANCE), &mut seen) {
                return ended(EndedBy::Term, noted.union(&seen).count());
            }
        }
        let mut pause = KILLING.0;
        while !pass(&mut self, Some(Signal::KILL), pause, &mut seen) {
            pause = (pause * 2).min(KILLING.1);
        }
        ended(EndedBy::Kill, noted.union(&seen).count())
    }

    /// Takes what has come, and says whether nothing is left.
    fn settled(&mut self) -> bool {
        // The thread that waits needs a moment to say that there is nothing left to wait for.
        if self.exit.is_some() && descendants().is_empty() {
            self.wait(AFTER_INPUT);
        }
        self.nothing_left
    }

    /// Takes what comes within `limit`, or until nothing is left.
    fn wait(&mut self, limit: Duration) {
        let until = Instant::now() + limit;
        while !self.nothing_left {
            let rest = until.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(rest) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Child => {
                while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
                    if pid == self.tool {
                        self.exit = Some(ToolExit {
                            code: status.exit_status(),
                            signal: status.terminating_signal(),
                        });
                    }
                }
                let _ = self.reaped.send(());
            }
            Event::NothingLeft => self.nothing_left = true,
            Event::End => {}
        }
    }
}

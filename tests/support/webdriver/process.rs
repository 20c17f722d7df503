//! The application as the system sees it: its process, its children, and their end.

use crate::patience::until;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The main process of the application under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppProcess {
    id: u32,
}

impl AppProcess {
    /// The outermost process below `ancestor` that runs `binary`.
    pub(super) fn below(ancestor: u32, binary: &Path) -> Option<Self> {
        let binary = binary.canonicalize().ok()?;
        let runs_it = |id: &u32| executable(*id).is_some_and(|path| path == binary);
        let id = descendants(ancestor).into_iter().find(runs_it)?;
        Some(Self { id })
    }

    pub(super) fn of(id: u32) -> Self {
        Self { id }
    }

    /// The process id.
    pub fn id(self) -> u32 {
        self.id
    }

    /// Whether it still runs; one that ended and was not collected by its parent does not.
    pub fn runs(self) -> bool {
        state_and_parent(self.id).is_some_and(|(state, _)| state != 'Z' && state != 'X')
    }

    /// It and all its descendants: the web process, the network process, the model's worker.
    pub fn family(self) -> Vec<u32> {
        let mut family = vec![self.id];
        family.extend(descendants(self.id));
        family
    }

    /// How often its main thread has begun to wait, and so was woken, since its start.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn waits(self) -> u64 {
        match counted(self.id, "status", "voluntary_ctxt_switches:") {
            Some(count) => count,
            None => panic!("process {} has ended", self.id),
        }
    }

    /// What it holds in memory that no file holds too, in bytes (`Pss_Anon` of proc_pid_smaps(5)).
    ///
    /// # Panics
    /// When there is no such process any more, or the kernel does not count this.
    pub fn anonymous_memory(self) -> u64 {
        match counted(self.id, "smaps_rollup", "Pss_Anon:") {
            Some(kilobytes) => kilobytes * 1024,
            None => panic!("nothing is known of the memory of process {}", self.id),
        }
    }

    /// The process of its page, or of its first one; `None` while there is none.
    pub fn page(self) -> Option<Self> {
        self.pages().into_iter().next()
    }

    /// The processes of its pages: one for each window.
    pub fn pages(self) -> Vec<Self> {
        let is_page =
            |id: &u32| executable(*id).is_some_and(|path| path.ends_with("WebKitWebProcess"));
        let family = descendants(self.id).into_iter();
        family.filter(is_page).map(|id| Self { id }).collect()
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn kill(self) {
        self.signal(Signal::KILL);
    }

    /// Asks it to end, as a session manager does at logout.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn terminate(self) {
        self.signal(Signal::TERM);
    }

    /// Holds it and all its descendants, as a computer that sleeps does, for that time.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub async fn sleep(self, time: Duration) {
        let family = self.family();
        for id in &family {
            send(*id, Signal::STOP);
        }
        tokio::time::sleep(time).await;
        for id in &family {
            send(*id, Signal::CONT);
        }
    }

    fn signal(self, signal: Signal) {
        send(self.id, signal);
    }

    /// Waits until it has ended, and says when that was seen.
    ///
    /// # Panics
    /// When it still runs after the usual limit.
    pub async fn ended(self) -> Instant {
        let what = format!("process {} to end", self.id);
        until(&what, || (!self.runs()).then(Instant::now)).await
    }
}

fn send(id: u32, signal: Signal) {
    let sent = i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .map(|id| kill_process(id, signal));
    assert!(
        matches!(sent, Some(Ok(()))),
        "process {id} takes no signal: {sent:?}"
    );
}

/// All processes below `ancestor`, nearer ones first.
pub fn descendants(ancestor: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = processes()
        .filter_map(|id| Some((id, state_and_parent(id)?.1)))
        .collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        found.extend(children.map(|(id, _)| *id));
        next += 1;
    }
    found.split_off(1)
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What the kernel counts of a process in the line that begins with `name` of `/proc/ID/FILE`, without
/// its unit, which is kB wherever there is one; `None` once the process is gone.
pub fn counted(id: u32, file: &str, name: &str) -> Option<u64> {
    let counts = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
    let count = counts.lines().find_map(|line| line.strip_prefix(name))?;
    count.split_whitespace().next()?.parse().ok()
}

fn executable(id: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{id}/exe")).ok()
}

/// The third and fourth field of `/proc/ID/stat`; the second may contain anything, brackets too.
fn state_and_parent(id: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

//! The processes below this one, as the system lists them, and signals that cannot hit another.

use rustix::process::{
    Pid, PidfdFlags, Signal, getpid, kill_process, kill_process_group, pidfd_open,
    pidfd_send_signal,
};
use std::collections::HashMap;
use std::fs;

/// A process at one moment. Its number with the time of its start names no other, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub pid: Pid,
    /// In ticks since the system started.
    pub started: u64,
}

struct Entry {
    process: Process,
    parent: i32,
    group: i32,
    zombie: bool,
}

/// A living process below this one.
pub(super) struct Descendant {
    pub process: Process,
    /// Whether it is a direct child that leads a group of its own: then the group's number is not
    /// given to another before the child was reaped, which only this process does.
    leads_group: bool,
}

impl Descendant {
    /// Sends a signal to it and nobody else. One that has ended meanwhile needs none.
    pub fn signal(&self, signal: Signal) {
        let pid = self.process.pid;
        match pidfd_open(pid, PidfdFlags::empty()) {
            // The handle is of whoever has the number now; looked at again, it is known who.
            Ok(handle) => {
                if entry(pid.as_raw_nonzero().get())
                    .is_some_and(|entry| entry.process == self.process)
                {
                    let _ = pidfd_send_signal(&handle, signal);
                }
            }
            // Systems before Linux 5.3.
            Err(rustix::io::Errno::NOSYS) => {
                let _ = kill_process(pid, signal);
            }
            Err(_) => {}
        }
        if self.leads_group {
            let _ = kill_process_group(pid, signal);
        }
    }
}

/// All that live below this process. One that is forked meanwhile may be missing.
pub(super) fn descendants() -> Vec<Descendant> {
    let own = getpid().as_raw_nonzero().get();
    let mut children: HashMap<i32, Vec<Entry>> = HashMap::new();
    let Ok(listing) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    for name in listing.flatten().map(|item| item.file_name()) {
        let number = name.to_str().and_then(|name| name.parse().ok());
        if let Some(entry) = number.and_then(entry) {
            children.entry(entry.parent).or_default().push(entry);
        }
    }
    let mut found = Vec::new();
    let mut parents = vec![own];
    while let Some(parent) = parents.pop() {
        for child in children.remove(&parent).into_iter().flatten() {
            let pid = child.process.pid.as_raw_nonzero().get();
            parents.push(pid);
            if !child.zombie {
                found.push(Descendant {
                    process: child.process,
                    leads_group: parent == own && child.group == pid,
                });
            }
        }
    }
    found
}

/// Reads `/proc/PID/stat` (proc_pid_stat(5)): the name in brackets may hold anything.
fn entry(pid: i32) -> Option<Entry> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let fields: Vec<&str> = std::str::from_utf8(&stat[after_name..])
        .ok()?
        .split_ascii_whitespace()
        .collect();
    Some(Entry {
        process: Process {
            pid: Pid::from_raw(pid)?,
            started: fields.get(19)?.parse().ok()?,
        },
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
    })
}

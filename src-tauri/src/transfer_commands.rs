//! `tacet export`, `tacet import` and `tacet backup`: without a window, and beside one; and `tacet
//! move`, without one alone.

use crate::arguments::ExportFormat;
use crate::changes;
use crate::ownership::{Ownership, OwnershipError};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tacet_conversation::ConversationId;
use tacet_store::relocation::{self, Step};
use tacet_store::{Exported, Store};
use tacet_transfer::{Control, MarkdownError, Progress, Report, import, write_markdown};

/// Writes conversations to standard output. How far it is, on a terminal, and what of them was damaged
/// goes to standard error.
///
/// # Errors
/// In words, when they cannot be read or the output cannot be written.
pub fn run_export(
    data_dir: &Path,
    format: ExportFormat,
    only: Option<ConversationId>,
) -> Result<(), String> {
    let reader = Store::open_read_only(data_dir).map_err(|error| error.to_string())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let line = Arc::new(ProgressLine::default());
    let mut reader = reader.telling({
        let line = Arc::clone(&line);
        move |Exported {
                  conversations, of, ..
              }| {
            line.show(|| format!("{conversations} of {of} conversations"));
        }
    });
    let done = match (format, only) {
        (ExportFormat::Json, None) => reader.export(&mut out).map(Some),
        (ExportFormat::Json, Some(id)) => reader.export_one(id, &mut out),
        (ExportFormat::JsonLines, only) => reader.export_lines(only, &mut out),
        (ExportFormat::Markdown, Some(id)) => {
            let damaged = write_markdown(&reader, id, 0, &mut out);
            tell_damaged(damaged.map_err(|error| error.to_string())?);
            return Ok(());
        }
        (ExportFormat::Markdown, None) => {
            return Err(
                "Markdown is of one conversation: name it with --conversation ID. `tacet search \
                 WORDS` shows the ids."
                    .to_owned(),
            );
        }
    };
    line.clear();
    let exported = done.map_err(|error| error.to_string())?;
    let exported = exported.ok_or_else(|| MarkdownError::Unknown.to_string())?;
    tell_damaged(exported.damaged);
    Ok(())
}

/// Says on standard error of how many messages something is missing.
fn tell_damaged(messages: usize) {
    match messages {
        0 => {}
        1 => eprintln!(
            "tacet: one message is damaged. What can be read of it was written; see it in the window."
        ),
        _ => eprintln!(
            "tacet: {messages} messages are damaged. What can be read of them was written; see them \
             in the window."
        ),
    }
}

/// Copies the database to a file of its own. How far it is goes to standard error, on a terminal.
///
/// # Errors
/// In words; there is no half of a copy then.
pub fn run_backup(data_dir: &Path, to: &Path) -> Result<(), String> {
    let line = ProgressLine::default();
    let done = Store::back_up(data_dir, to, &mut |at| {
        line.show(|| format!("{} %", percent(at.bytes, at.total)));
    });
    line.clear();
    done.map_err(|error| error.to_string())
}

/// Moves the data folder, and says where it is on standard output; how far it is, on a terminal, on
/// standard error.
///
/// # Errors
/// In words; the conversations stay where they are then.
pub fn run_move(data_dir: &Path, to: &Path) -> Result<(), String> {
    let to = std::path::absolute(to)
        .map_err(|error| format!("{} cannot be used: {error}", to.display()))?;
    let _ownership = Ownership::take(data_dir).map_err(|error| error.to_string())?;
    // Brings what the last run left in the log to its place, or says what is wrong with it.
    drop(Store::open(data_dir).map_err(|error| error.to_string())?);
    let line = ProgressLine::default();
    let moved = relocation::relocate(data_dir, &to, &mut |step| match step {
        Step::Copied(at) => line.show(|| format!("{} %", percent(at.bytes, at.total))),
        Step::Marked | Step::Database | Step::Verified | Step::Switched | Step::SetAside => {}
    });
    line.clear();
    moved.map_err(|error| error.to_string())?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "The data folder is {} from now on. What is left in {} goes at the next start.",
        to.display(),
        data_dir.display()
    )
    .and_then(|()| out.flush())
    .map_err(|error| format!("the output could not be written: {error}"))
}

/// Takes in what is in these files, and says on standard output what came of each. Where a window has
/// the folder open, its list follows within a second or two.
///
/// # Errors
/// In words, when a file could not be read to its end; the others were.
pub fn run_import(data_dir: &Path, files: &[PathBuf]) -> Result<(), String> {
    // One process mends and brings up to date what is in the folder: this one, or the window that has
    // it open. Beside that, it is written as the window itself does it, a small transaction at a time.
    let ownership = match Ownership::take(data_dir) {
        Ok(ownership) => Some(ownership),
        Err(OwnershipError::InUse { .. }) => {
            Store::open_read_only(data_dir).map_err(|error| error.to_string())?;
            None
        }
        Err(error @ OwnershipError::Unusable { .. }) => return Err(error.to_string()),
    };
    let store = Store::open(data_dir).map_err(|error| error.to_string())?;
    let mut failed = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let line = ProgressLine::default();
        let done = import(&store, file, &Control::default(), &mut |progress| {
            line.show(|| imported(&name, progress));
        });
        line.clear();
        match done {
            Ok(report) => print(&name, &report)?,
            Err(error) => failed.push(error.to_string()),
        }
    }
    drop(store);
    if ownership.is_none() {
        changes::note(data_dir);
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\ntacet: "))
    }
}

/// How far it is, on a terminal alone.
#[derive(Default)]
struct ProgressLine {
    shown: AtomicBool,
}

impl ProgressLine {
    fn show(&self, words: impl FnOnce() -> String) {
        if std::io::stderr().is_terminal() {
            self.shown.store(true, Ordering::Relaxed);
            eprint!("\r\u{1b}[K{}", words());
        }
    }

    fn clear(&self) {
        if self.shown.load(Ordering::Relaxed) {
            eprint!("\r\u{1b}[K");
        }
    }
}

fn imported(name: &str, progress: Progress) -> String {
    let percent = percent(progress.bytes, progress.total);
    format!(
        "{name}: {percent} %, {} conversations",
        progress.conversations
    )
}

fn percent(bytes: u64, total: u64) -> u64 {
    (bytes * 100).checked_div(total).unwrap_or(100)
}

fn print(name: &str, report: &Report) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    let mut write = || {
        writeln!(
            out,
            "{name}: {} conversations added, {} brought up to date, {} the same; {} messages.",
            report.added, report.updated, report.unchanged, report.messages
        )?;
        for problem in &report.problems {
            writeln!(
                out,
                "  not taken in as they are: {} {}",
                problem.count, problem.what
            )?;
        }
        out.flush()
    };
    write().map_err(|error: std::io::Error| format!("the output could not be written: {error}"))
}

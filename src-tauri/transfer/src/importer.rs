//! Takes conversations into the store as they are read, in batches, so that other writes wait for
//! none of them.

use super::foreign::{self, Files};
use super::report::{ImportError, Progress, Report};
use super::source::Source;
use super::stream;
use futures::executor::block_on;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tacet_conversation::{Conversation, ConversationSettings, Message};
use tacet_store::{Arrival, Store, StoreError};

/// A batch is written when it has so many messages,
const BATCH: usize = 200;
/// or so much text, in bytes.
const BATCH_TEXT: usize = 1 << 20;
/// Progress is told no more often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Stops an import, and says how far it is.
#[derive(Debug, Default)]
pub struct Control {
    stopped: AtomicBool,
    bytes: AtomicU64,
}

impl Control {
    /// Ends the import at the conversation that it is at.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn at(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}

/// Imports a file into `store`, and tells `on_progress` now and then. Blocks until that is done.
///
/// # Errors
/// When the file cannot be read, is not understood, or the store cannot be written. Conversations
/// that were whole by then stay.
pub fn import(
    store: &Store,
    path: &Path,
    control: &Control,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Report, ImportError> {
    let unreadable = |source| ImportError::File {
        path: path.to_owned(),
        source,
    };
    let total = std::fs::metadata(path).map_err(unreadable)?.len();
    control.at(0);
    let mut importer = Importer {
        store,
        control,
        on_progress,
        total,
        told: Instant::now(),
        report: Report::default(),
        current: None,
        lines: None,
        failure: None,
    };
    let read = stream::read(path, &mut importer);
    importer.abandon();
    let failure = importer.failure.take();
    importer.tell(true);
    if control.is_stopped() {
        importer.report.stopped = true;
        return Ok(importer.report);
    }
    match (failure, read) {
        (Some(failure), _) => Err(failure.into()),
        (None, Err(stream::ReadError::File(source))) => Err(unreadable(source)),
        (None, Err(stream::ReadError::NotUnderstood(reason))) => Err(ImportError::NotUnderstood {
            path: path.to_owned(),
            reason,
        }),
        (None, Ok(())) => Ok(importer.report),
    }
}

/// What takes in what was read.
pub(super) struct Importer<'a> {
    store: &'a Store,
    pub control: &'a Control,
    on_progress: &'a mut dyn FnMut(Progress),
    total: u64,
    told: Instant,
    pub report: Report,
    current: Option<Current>,
    /// A conversation whose messages come a line each.
    lines: Option<Source>,
    failure: Option<StoreError>,
}

/// The conversation that is being read.
struct Current {
    conversation: Conversation,
    settings: Option<ConversationSettings>,
    arrival: Arrival,
    batch: Vec<Message>,
    text: usize,
    changed: u64,
}

/// The import ends here: it was stopped, or the store failed.
#[derive(Debug)]
pub(super) struct Ended;

impl Importer<'_> {
    /// There are so many bytes to read, and not those of the file itself.
    pub fn expect(&mut self, total: u64) {
        self.total = total;
    }

    /// A conversation begins; the one before is whole.
    pub fn begin(
        &mut self,
        conversation: Conversation,
        settings: Option<ConversationSettings>,
    ) -> Result<(), Ended> {
        self.end()?;
        let arrival = self.try_to(|store| block_on(store.begin_import(conversation.clone())))?;
        if arrival == Arrival::Leaving {
            self.report.problem(
                "conversations that are just being deleted; import the file again later",
                1,
            );
        }
        self.current = Some(Current {
            conversation,
            settings,
            arrival,
            batch: Vec::new(),
            text: 0,
            changed: 0,
        });
        Ok(())
    }

    /// A message of the conversation that has begun, after its parent.
    pub fn message(&mut self, message: Message) -> Result<(), Ended> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.arrival == Arrival::Leaving {
            return Ok(());
        }
        let bodies = message.parts.iter().map(|part| part.body().len());
        current.text += bodies.sum::<usize>();
        current.batch.push(message);
        if current.batch.len() >= BATCH || current.text >= BATCH_TEXT {
            self.flush()?;
        }
        self.tell(false);
        self.go_on()
    }

    /// The conversation is whole.
    pub fn end(&mut self) -> Result<(), Ended> {
        self.flush()?;
        let Some(current) = self.current.take() else {
            return self.go_on();
        };
        if current.arrival != Arrival::Leaving {
            let changed = self.try_to(|store| {
                block_on(store.end_import(current.conversation.clone(), current.settings.clone()))
            })?;
            self.report.messages += current.changed;
            match current.arrival {
                Arrival::New => self.report.added += 1,
                Arrival::Known if changed || current.changed > 0 => self.report.updated += 1,
                Arrival::Known | Arrival::Leaving => self.report.unchanged += 1,
            }
        }
        self.tell(false);
        self.go_on()
    }

    /// A conversation of another app.
    fn foreign(&mut self, source: Source) -> Result<(), Ended> {
        let (conversation, messages) = source.into_messages(&mut self.report);
        if messages.is_empty() {
            self.report.problem("conversations without a message", 1);
            return self.go_on();
        }
        self.begin(conversation, None)?;
        for message in messages {
            self.message(message)?;
        }
        self.end()
    }

    /// Any JSON that may be a conversation of another app.
    pub fn value(&mut self, value: &Value, files: &mut dyn Files) -> Result<(), Ended> {
        match foreign::read(value, files, &mut self.report) {
            Some(line) if line.is_line => match &mut self.lines {
                Some(lines) if lines.id == line.id => {
                    lines.join(line);
                    self.go_on()
                }
                Some(_) | None => {
                    self.end_lines()?;
                    self.lines = Some(line);
                    self.go_on()
                }
            },
            Some(source) => self.foreign(source),
            None => {
                self.report.problem("entries of an unknown kind", 1);
                self.go_on()
            }
        }
    }

    /// The file has no more lines.
    pub fn end_of_file(&mut self) -> Result<(), Ended> {
        self.end_lines()?;
        self.end()
    }

    fn end_lines(&mut self) -> Result<(), Ended> {
        match self.lines.take() {
            Some(lines) => self.foreign(lines),
            None => Ok(()),
        }
    }

    /// Gives up what did not come as a whole.
    fn abandon(&mut self) {
        if let Some(current) = self.current.take()
            && current.arrival == Arrival::New
        {
            // What stays is removed at the next start, and not shown until then.
            drop(block_on(self.store.abandon_import(current.conversation.id)));
        }
    }

    fn flush(&mut self) -> Result<(), Ended> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut current.batch);
        current.text = 0;
        let conversation = current.conversation.clone();
        let taken = self.try_to(|store| block_on(store.import_messages(conversation, batch)))?;
        if let Some(current) = &mut self.current {
            current.changed += taken.added + taken.changed;
        }
        self.report.problem(
            "messages whose place in the conversation is missing; they stand at its beginning",
            taken.uprooted,
        );
        self.report.problem(
            "messages that another conversation already has; they were left out",
            taken.left_out,
        );
        Ok(())
    }

    fn go_on(&self) -> Result<(), Ended> {
        if self.control.is_stopped() {
            Err(Ended)
        } else {
            Ok(())
        }
    }

    fn try_to<T>(
        &mut self,
        work: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, Ended> {
        work(self.store).map_err(|error| {
            self.failure = Some(error);
            Ended
        })
    }

    fn tell(&mut self, now: bool) {
        if now || self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            (self.on_progress)(Progress {
                bytes: self.control.bytes.load(Ordering::Relaxed).min(self.total),
                total: self.total,
                conversations: self.report.conversations(),
            });
        }
    }
}

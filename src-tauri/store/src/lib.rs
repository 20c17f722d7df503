//! The store: conversations on disk, written by one thread, so that what was accepted is kept
//! in order whatever becomes of the caller.

mod backup;
mod blob;
mod branch;
mod catalogue;
mod column;
mod conversation;
mod durability;
mod error;
mod export;
mod file;
mod filing;
mod find;
mod held;
mod import;
mod map;
mod message;
mod page;
mod part;
mod place;
mod purge;
mod read_only;
mod readers;
mod receipt;
pub mod recovery;
mod refused_field;
pub mod relocation;
mod request;
mod schema;
mod search;
mod tail;
mod task;
#[cfg(test)]
mod tests;
mod title;
mod total;
mod turn;
mod writer;

pub use backup::{BackupError, BackupProgress};
pub use branch::{DeletedBranch, RestoredBranch};
pub use conversation::Described;
pub use error::StoreError;
pub use export::{Branch, Exported, Reader};
pub use filing::RenamedFolder;
pub use find::FoundAbove;
pub use held::UnsavedAnswer;
pub use import::{Arrival, Taken};
pub use map::{MappedMessage, Stretch};
pub use page::{BranchPage, PageEnd};
pub use purge::UNDO_LIMIT;
pub use request::AwaitedRecord;
pub use schema::FILE;
pub use search::{Found, Hit, HitKind, Indexing, SEARCH_FILE, Search, SnippetPiece};
pub use tail::{Checkpoint, Checkpointed, PartCheckpoint};
pub use task::OpenTask;
pub use title::TitleRequest;
pub use total::{Grouping, Tally, UsageTotal};
pub use turn::{Begun, Claim, NewTurn};

use held::Held;
use message::Selection;
use place::Place;
use readers::Readers;
use rusqlite::Connection;
use search::{Indexer, Searcher};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tacet_conversation::{ConversationId, Message, MessageId, Millis, Receipt, TurnId, Usage};
use tokio::sync::watch;
use writer::Writer;

/// The conversations of one data folder. Clones share their connections; the last one that is
/// dropped waits for the writes that were accepted.
///
/// Every asynchronous method hands its work over when it is first polled; from then on the work
/// is done even if the future is dropped. Each write is one transaction, whole or not at all, and
/// on the disk when it is answered, but for checkpoints, which the next other write takes along.
/// A read waits for no write and holds none up; it sees what had been committed, and so every
/// write that was answered.
#[derive(Clone, Debug)]
pub struct Store {
    // Before the writer, whose connection, as the last one, puts the log into the database.
    readers: Arc<Readers>,
    searcher: Arc<Searcher>,
    indexer: Arc<OnceLock<Indexer>>,
    writer: Arc<Writer>,
    folder: Arc<PathBuf>,
    held: Arc<Held>,
    /// Counts the writes that succeeded.
    writes: Arc<watch::Sender<u64>>,
}

impl Store {
    /// Opens the database in `data_dir`, makes both as needed, and brings an older database to
    /// this program's format after copying it to `tacet.db.format-N`.
    ///
    /// # Errors
    /// When the folder cannot be used, the database is newer than this program, is none, or is
    /// held by another process for more than 5 s. Nothing was changed then.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let connection = schema::open(data_dir, schema::PATIENCE, &schema::migrations())?;
        let place = Place::of(data_dir.to_owned());
        let writer = Writer::start(connection, place).map_err(|source| StoreError::Folder {
            path: data_dir.to_owned(),
            source,
        })?;
        Ok(Self {
            readers: Arc::new(Readers::new(data_dir.join(FILE))),
            searcher: Arc::new(Searcher::new(data_dir.to_owned())),
            indexer: Arc::default(),
            writer: Arc::new(writer),
            folder: Arc::new(data_dir.to_owned()),
            held: Arc::default(),
            writes: Arc::default(),
        })
    }

    /// Opens the database in `data_dir` for reading only, also while the app runs. A folder
    /// without a database reads as empty.
    ///
    /// # Errors
    /// When the database cannot be read, or has another format than this program's.
    pub fn open_read_only(data_dir: &Path) -> Result<Reader, StoreError> {
        Reader::open(data_dir, Arc::default())
    }

    /// Copies the database in `data_dir` into the folder `to`, for a run that shows what is in it and
    /// keeps nothing. `data_dir` is only read. Where it has no database, nothing is copied.
    ///
    /// # Errors
    /// When the database cannot be read, is newer than this program, or `to` has no room for it.
    pub fn copy(data_dir: &Path, to: &Path) -> Result<(), StoreError> {
        read_only::copy(data_dir, to)
    }

    /// Whether [`Store::copy`] can read the database in `data_dir`.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check_readable(data_dir: &Path) -> Result<(), StoreError> {
        read_only::open(data_dir, 1).map(drop)
    }

    /// Ends what the last run left `streaming`: it becomes `interrupted`, cause `crash`, with
    /// the text that was saved; its open tool calls become interrupted, and it gets a usage row.
    /// Conversations that were deleted in earlier runs cannot be restored any more;
    /// [`Store::purge_deleted`] removes them. Only for the process that owns the data folder,
    /// before its first turn. Answers the mended messages.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn mend_after_crash(&self, now: Millis) -> Result<Vec<MessageId>, StoreError> {
        self.run(move |connection| turn::mend(connection, now))
            .await
    }

    /// All messages of a conversation's tree in the order of their creation; none for a
    /// conversation that is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn messages(&self, id: ConversationId) -> Result<Vec<Message>, StoreError> {
        let read = self
            .readers
            .run(move |connection| message::load(connection, Selection::Conversation(id)));
        Ok(self.held.show_all(read.await?))
    }

    /// One message; `None` when it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let read = self
            .readers
            .run(move |connection| message::load(connection, Selection::One(id)));
        Ok(self.held.show_all(read.await?).pop())
    }

    /// Those of the messages that are in a conversation, which is not deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn those_there(
        &self,
        messages: Vec<MessageId>,
    ) -> Result<HashSet<MessageId>, StoreError> {
        self.readers
            .run(move |connection| message::those_there(connection, &messages))
            .await
    }

    /// The messages from the root to `leaf`; none when `leaf` is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn branch(&self, leaf: MessageId) -> Result<Vec<Message>, StoreError> {
        self.fold_branch(leaf, Vec::new(), Vec::push).await
    }

    /// Hands the messages of [`Store::branch`] to `take` one at a time, so that a long branch never
    /// stands in memory whole. Answers `onto` as that has left it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn fold_branch<T: Send + 'static>(
        &self,
        leaf: MessageId,
        mut onto: T,
        mut take: impl FnMut(&mut T, Message) + Send + 'static,
    ) -> Result<T, StoreError> {
        let held = Arc::clone(&self.held);
        let work = move |connection: &Connection| {
            message::each(connection, Selection::Branch(leaf), |loaded| {
                take(&mut onto, held.show(loaded.message));
                Ok::<_, StoreError>(())
            })?;
            Ok(onto)
        };
        self.readers.run(work).await
    }

    /// At most `limit` messages of one branch of a conversation, more only where
    /// [`PageEnd::Between`] or [`PageEnd::Through`] asks for them. `None` when the conversation is unknown or deleted, or has
    /// no such message; a conversation without messages has an empty page. The cost grows with the
    /// page, and next to nothing with the conversation.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn branch_page(
        &self,
        id: ConversationId,
        end: PageEnd,
        limit: u32,
    ) -> Result<Option<BranchPage>, StoreError> {
        let read = self
            .readers
            .run(move |connection| page::load(connection, id, end, limit));
        Ok(read.await?.map(|page| BranchPage {
            messages: self.held.show_all(page.messages),
            ..page
        }))
    }

    /// The answer of a turn; `None` when the turn is unknown, or its conversation deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn answer_of(&self, turn: TurnId) -> Result<Option<Message>, StoreError> {
        let read = self
            .readers
            .run(move |connection| match turn::answer_of(connection, turn)? {
                Some(answer) => message::load(connection, Selection::One(answer)),
                None => Ok(Vec::new()),
            });
        Ok(self.held.show_all(read.await?).pop())
    }

    /// Writes the beginning of a turn in one transaction. A turn that was begun before is left
    /// as it is.
    ///
    /// # Errors
    /// [`StoreError::ConversationDeleted`] for a deleted conversation, [`StoreError::BranchDeleted`]
    /// after a message of a deleted branch; else when the database cannot be written, or the parent
    /// of a message is unknown.
    pub async fn begin_turn(&self, new: NewTurn) -> Result<Begun, StoreError> {
        let begun = self.write(move |connection| turn::begin(connection, &new));
        let begun = begun.await?;
        self.index_soon();
        Ok(begun)
    }

    /// Saves what is new in a running answer (see [`Checkpointed`]); the cost is that of the new
    /// text, however long the answer is. `false` when the answer does not run in this turn any
    /// more: nothing was written then (rule C05).
    ///
    /// # Errors
    /// When the database cannot be written; what was saved before stays.
    pub async fn checkpoint(
        &self,
        answer: MessageId,
        turn: TurnId,
        new: Checkpoint,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| turn::checkpoint(connection, answer, turn, &new))
            .await
    }

    /// Writes the end of an answer with its parts, usage, error and receipt. `false` when it does
    /// not run in its turn any more or was deleted: nothing was written then (rule C05).
    ///
    /// # Errors
    /// When the database cannot be written; the answer then stays `streaming` with what was
    /// checkpointed, and may be finished again.
    pub async fn finish(&self, answer: Message) -> Result<bool, StoreError> {
        let finished = self.write(move |connection| turn::finish(connection, &answer));
        let finished = finished.await?;
        self.index_soon();
        Ok(finished)
    }

    /// Leaves a file of a message out of all requests from now on, or takes it in again; the file
    /// is kept. `part` is its place among the message's parts. `false` when there is no file, or
    /// its conversation was deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn leave_out(
        &self,
        message: MessageId,
        part: usize,
        left_out: bool,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| part::leave_out(connection, message, part, left_out))
            .await
    }

    /// Keeps the end of an answer that could not be written, for that reason, until
    /// [`release`](Self::release): what is read of the answer shows it meanwhile. A deletion of its
    /// conversation writes it as well.
    pub fn hold(&self, answer: Message, reason: String) {
        self.held.hold(answer, reason);
    }

    /// Lets go of an end that was kept.
    pub fn release(&self, answer: MessageId) {
        self.held.release(answer);
    }

    /// The answers of a conversation whose ends are kept.
    #[must_use]
    pub fn unsaved(&self, conversation: ConversationId) -> Vec<UnsavedAnswer> {
        let ends = self.held.of(conversation).into_iter();
        ends.map(|(end, reason)| UnsavedAnswer {
            message_id: end.id,
            reason,
        })
        .collect()
    }

    /// Changes whenever something of a turn could be written.
    #[must_use]
    pub fn later_writes(&self) -> watch::Receiver<u64> {
        self.writes.subscribe()
    }

    /// Writes the receipt of an answer, in place of one that it may have. `false` when the answer
    /// is unknown, of another turn, or deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn save_receipt(
        &self,
        answer: MessageId,
        receipt: &Receipt,
    ) -> Result<bool, StoreError> {
        let receipt = receipt.clone();
        self.run(move |connection| receipt::upsert(connection, answer, &receipt))
            .await
    }

    /// Puts figures that became known after the end of an answer in the place of those that it
    /// has, on its receipt as well; the provider's final figures keep what they replace
    /// ([`Usage::replaced`]). Answers what stands there now; `None` when the answer was deleted,
    /// has no usage, or has final figures already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn settle_usage(
        &self,
        answer: MessageId,
        figures: Usage,
    ) -> Result<Option<Usage>, StoreError> {
        self.run(move |connection| request::settle(connection, answer, figures))
            .await
    }

    /// Notes at which host the true figures of an answer that has ended are looked up, so that
    /// [`Store::awaited_records`] knows of it until they are there.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn await_record(&self, answer: MessageId, host: String) -> Result<(), StoreError> {
        self.run(move |connection| request::await_record(connection, answer, &host))
            .await
    }

    /// The answers since `since` whose true figures are still looked up, the newest first and at
    /// most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn awaited_records(
        &self,
        since: Millis,
        limit: u32,
    ) -> Result<Vec<AwaitedRecord>, StoreError> {
        self.readers
            .run(move |connection| request::awaited_records(connection, since, limit))
            .await
    }

    /// What can be read of the conversations, ends of answers that could not be written yet among it.
    ///
    /// # Errors
    /// As [`Store::open_read_only`].
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.folder, Arc::clone(&self.held))
    }

    /// Writes all conversations out: see [`Reader::export`]. Blocks until that is done, without
    /// holding up the writes of this store.
    ///
    /// # Errors
    /// As [`Reader::export`].
    pub fn export(&self, out: &mut impl Write) -> Result<Exported, StoreError> {
        self.reader()?.export(out)
    }

    /// What the answers of all conversations took: see [`Reader::usage_totals`]. Blocks until that
    /// is summed up, without holding up the writes of this store.
    ///
    /// # Errors
    /// As [`Reader::usage_totals`].
    pub fn usage_totals(&self, grouping: Grouping) -> Result<Vec<UsageTotal>, StoreError> {
        Self::open_read_only(&self.folder)?.usage_totals(grouping)
    }

    /// As [`run`](Self::run), for the writes of turns: one that succeeded is worth another attempt
    /// for those that failed.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.run(work).await?;
        self.writes.send_modify(|writes| *writes += 1);
        Ok(done)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(work).await
    }
}

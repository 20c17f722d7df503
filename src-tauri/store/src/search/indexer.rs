//! The thread that keeps the index: it brings it up to date at the start and after each change, and
//! takes out what is gone.

use super::super::place::Identity;
use super::super::{FILE, StoreError, read_only};
use super::file::{self, is_damage};
use super::messages::{Known, before_streaming, for_each_ended, is_unchanged, stamp};
use super::texts::each_text;
use super::{HitKind, Indexing, words};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tacet_conversation::MessageId;
use tokio::sync::oneshot;

/// A transaction ends after so many messages,
const BATCH: usize = 400;
/// or so much text, in bytes.
const BATCH_TEXT: usize = 1 << 20;
/// So many messages that wait are a backlog, which leaves half of a processor to others.
const BACKLOG: usize = 2_000;
/// No pause in it is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// So many pages of the index are written anew at a time, when what was taken out is to go.
const MERGED_PAGES: i64 = 500;

enum Order {
    Changed,
    /// Whatever may have changed.
    Reconcile,
    /// These have other texts.
    Replaced(Vec<MessageId>),
    Rebuild,
    Purge(oneshot::Sender<Result<(), StoreError>>),
}

/// The thread; it ends at its next batch when this is dropped.
#[derive(Debug)]
pub(in super::super) struct Indexer {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<State>,
}

/// What others see of the thread's work.
#[derive(Debug, Default)]
struct State {
    /// Whether the thread shall end.
    ends: AtomicBool,
    /// Messages that are indexed, and all that are to be; the same while nothing waits.
    done: AtomicU64,
    total: AtomicU64,
}

impl Indexer {
    pub fn start(folder: PathBuf) -> Self {
        let (orders, queue) = mpsc::channel();
        let state = Arc::new(State::default());
        // Until it has looked, it does not know that nothing waits.
        state.total.store(1, Ordering::Relaxed);
        let seen = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("tacet-search".to_owned())
            .spawn(move || keep(&folder, &queue, &seen));
        Self {
            orders: Some(orders),
            // Without the thread, what is newest is looked through all the same.
            thread: thread.ok(),
            state,
        }
    }

    /// How far it is; `None` when it has everything.
    pub fn progress(&self) -> Option<Indexing> {
        let done = self.state.done.load(Ordering::Relaxed);
        let total = self.state.total.load(Ordering::Relaxed);
        (done < total).then_some(Indexing { done, total })
    }

    pub fn changed(&self) {
        self.order(Order::Changed);
    }

    pub fn reconcile(&self) {
        self.order(Order::Reconcile);
    }

    pub fn replaced(&self, messages: Vec<MessageId>) {
        self.order(Order::Replaced(messages));
    }

    pub fn rebuild(&self) {
        self.order(Order::Rebuild);
    }

    /// Waits until what is gone from the database is gone from the index and its file.
    pub async fn purge(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Purge(answer));
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // Where the thread is gone, whoever waits for an answer finds its channel closed.
            drop(orders.send(order));
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::Relaxed);
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Takes messages out of the index of that folder, where there is one, for whoever keeps it to add
/// them as they are now.
pub(super) fn forget(folder: &Path, messages: &[MessageId]) {
    let state = State::default();
    if file::path(folder).is_file()
        && let Ok(mut index) = Index::open(folder, &state)
    {
        // Where it fails, the old words lead to nothing: what is shown is looked at before.
        drop(index.forget(messages));
    }
}

/// The thread's work.
fn keep(folder: &Path, queue: &mpsc::Receiver<Order>, state: &State) {
    let mut index = None;
    // What cannot be done now, on a full disk for instance, is done after the next change.
    drop(attend(&mut index, folder, state, &Order::Changed));
    while let Ok(order) = queue.recv() {
        let done = attend(&mut index, folder, state, &order);
        if let Order::Purge(answer) = order {
            // Whoever dropped the future does not want to know.
            drop(answer.send(done));
        }
    }
}

/// Carries an order out; on an index that is damaged, after it was made anew.
fn attend<'a>(
    index: &mut Option<Index<'a>>,
    folder: &Path,
    state: &'a State,
    order: &Order,
) -> Result<(), StoreError> {
    if index.as_ref().is_some_and(|open| !open.is_in_place(folder)) {
        *index = None;
    }
    if !matches!(order, Order::Rebuild) {
        match carry_out(index, folder, state, order) {
            Err(error) if is_damage(&error) => {}
            done => return done,
        }
    }
    *index = None;
    file::remove(folder)?;
    carry_out(index, folder, state, order)
}

fn carry_out<'a>(
    index: &mut Option<Index<'a>>,
    folder: &Path,
    state: &'a State,
    order: &Order,
) -> Result<(), StoreError> {
    let open = match index {
        Some(open) => open,
        None => index.insert(Index::open(folder, state)?),
    };
    match order {
        Order::Changed if open.is_reconciled => open.catch_up(),
        Order::Replaced(messages) => {
            open.forget(messages)?;
            open.reconcile()
        }
        Order::Changed | Order::Reconcile | Order::Rebuild | Order::Purge(_) => open.reconcile(),
    }
}

struct Index<'a> {
    conversations: Connection,
    index: Connection,
    state: &'a State,
    /// The files of both.
    files: [Option<Identity>; 2],
    /// Whether it is as the conversations were at some time, and no message was removed or replaced
    /// since then.
    is_reconciled: bool,
}

impl<'a> Index<'a> {
    fn open(folder: &Path, state: &'a State) -> Result<Self, StoreError> {
        let conversations = read_only::connect(&folder.join(FILE))?;
        let index = file::open(folder)?;
        Ok(Self {
            is_reconciled: is_unchanged(&conversations, &index)?,
            conversations,
            index,
            files: file::identities(folder),
            state,
        })
    }

    /// Whether its files are still those in the folder.
    fn is_in_place(&self, folder: &Path) -> bool {
        self.files == file::identities(folder)
    }

    fn ends(&self) -> bool {
        self.state.ends.load(Ordering::Relaxed)
    }

    /// Compares the whole index with the conversations: takes out what is gone, and adds what is
    /// missing.
    fn reconcile(&mut self) -> Result<(), StoreError> {
        let (mut gone, mut missing) = (Vec::new(), Vec::new());
        let stamp = stamp(&self.conversations)?;
        let ceiling = before_streaming(&self.conversations)?;
        let has = self.compare(&mut gone, &mut missing)?;
        let total = has + missing.len() as u64;
        self.state.total.store(total, Ordering::Relaxed);
        self.state.done.store(has, Ordering::Relaxed);
        self.take_out(&gone)?;
        self.add(&missing, ceiling)?;
        self.purge()?;
        self.is_reconciled = !self.ends();
        if self.is_reconciled {
            self.index
                .execute("UPDATE progress SET stamp = ?1", [stamp])?;
        }
        Ok(())
    }

    /// Answers how many are in both.
    fn compare(&self, gone: &mut Vec<i64>, missing: &mut Vec<Known>) -> Result<u64, StoreError> {
        let mut indexed = self
            .index
            .prepare("SELECT seq, mark FROM indexed ORDER BY seq")?;
        let mut indexed = indexed.query([])?;
        let mut next = || -> Result<Option<Known>, StoreError> {
            let row = indexed.next()?;
            Ok(match row {
                Some(row) => Some(Known {
                    seq: row.get(0)?,
                    mark: row.get(1)?,
                }),
                None => None,
            })
        };
        let mut known = next()?;
        let mut both = 0;
        for_each_ended(&self.conversations, 0, |message| {
            while let Some(other) = known.take() {
                if other.seq < message.seq {
                    gone.push(other.seq);
                    known = next()?;
                } else if other.seq == message.seq && other.mark == message.mark {
                    both += 1;
                    known = next()?;
                    return Ok(());
                } else if other.seq == message.seq {
                    gone.push(other.seq);
                    known = next()?;
                    break;
                } else {
                    known = Some(other);
                    break;
                }
            }
            missing.push(message);
            Ok(())
        })?;
        while let Some(other) = known {
            gone.push(other.seq);
            known = next()?;
        }
        Ok(both)
    }

    /// Adds what has ended since the last time.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        let complete_to: i64 =
            self.index
                .query_row("SELECT complete_to FROM progress", [], |row| row.get(0))?;
        let ceiling = before_streaming(&self.conversations)?;
        let mut missing = Vec::new();
        let mut indexed = self
            .index
            .prepare_cached("SELECT 1 FROM indexed WHERE seq = ?1")?;
        for_each_ended(&self.conversations, complete_to, |message| {
            if !indexed.exists([message.seq])? {
                missing.push(message);
            }
            Ok(())
        })?;
        drop(indexed);
        let done = self.state.done.load(Ordering::Relaxed);
        let total = done + missing.len() as u64;
        self.state.total.store(total, Ordering::Relaxed);
        self.add(&missing, ceiling)
    }

    /// Takes messages out, to be added as they are now.
    fn forget(&mut self, messages: &[MessageId]) -> Result<(), StoreError> {
        let mut gone = Vec::with_capacity(messages.len());
        let mut place = self
            .conversations
            .prepare_cached("SELECT seq FROM message WHERE id = ?1")?;
        for id in messages {
            gone.extend(place.query_map([id], |row| row.get::<_, i64>(0))?.flatten());
        }
        drop(place);
        self.take_out(&gone)
    }

    fn take_out(&mut self, gone: &[i64]) -> Result<(), StoreError> {
        for batch in gone.chunks(BATCH) {
            if self.ends() {
                return Ok(());
            }
            let transaction = self.index.transaction()?;
            for seq in batch {
                transaction
                    .prepare_cached("DELETE FROM words WHERE rowid = ?1")?
                    .execute([seq])?;
                transaction
                    .prepare_cached("DELETE FROM indexed WHERE seq = ?1")?
                    .execute([seq])?;
            }
            transaction.execute("UPDATE progress SET purging = 1, stamp = NULL", [])?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Adds messages in the order of their numbers. Up to `ceiling` those are all that were missing.
    fn add(&mut self, missing: &[Known], ceiling: i64) -> Result<(), StoreError> {
        let mut left = missing;
        while !left.is_empty() && !self.ends() {
            let begun = Instant::now();
            let transaction = self.index.transaction()?;
            let (mut text, mut count) = (0, 0);
            for message in left {
                text += add_message(&transaction, &self.conversations, message)?;
                count += 1;
                if text >= BATCH_TEXT || count == BATCH {
                    break;
                }
            }
            left = &left[count..];
            if !left.is_empty() {
                set_complete_to(&transaction, ceiling.min(left[0].seq - 1))?;
            }
            transaction.commit()?;
            self.state.done.fetch_add(count as u64, Ordering::Relaxed);
            if left.len() > BACKLOG {
                std::thread::sleep(begun.elapsed().min(LONGEST_PAUSE));
            }
        }
        if left.is_empty() {
            let highest: Option<i64> = self
                .index
                .prepare_cached("SELECT max(seq) FROM indexed")?
                .query_row([], |row| row.get(0))?;
            set_complete_to(&self.index, ceiling.min(highest.unwrap_or_default()))?;
            let done = self.state.done.load(Ordering::Relaxed);
            self.state.total.store(done, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes the index anew where something was taken out: until then it is only marked as gone.
    fn purge(&mut self) -> Result<(), StoreError> {
        let purging: bool = self
            .index
            .query_row("SELECT purging FROM progress", [], |row| row.get(0))?;
        if !purging {
            return Ok(());
        }
        // The first, with a negative number, takes all of the index for one that is to be merged
        // (https://sqlite.org/fts5.html, section 6.8).
        let mut pages = -MERGED_PAGES;
        loop {
            if self.ends() {
                return Ok(());
            }
            let before = self.index.total_changes();
            self.index.execute(
                "INSERT INTO words (words, rank) VALUES ('merge', ?1)",
                [pages],
            )?;
            if pages > 0 && self.index.total_changes() - before < 2 {
                break;
            }
            pages = MERGED_PAGES;
        }
        self.index.execute("UPDATE progress SET purging = 0", [])?;
        file::fold(&mut self.index)
    }
}

/// Notes up to where everything is indexed.
fn set_complete_to(index: &Connection, reached: i64) -> Result<(), StoreError> {
    index
        .prepare_cached("UPDATE progress SET complete_to = ?1")?
        .execute([reached])?;
    Ok(())
}

/// Adds one message; answers how much text it has, in bytes.
fn add_message(
    index: &Connection,
    conversations: &Connection,
    message: &Known,
) -> Result<usize, StoreError> {
    let [mut said, mut thought, mut tools, mut files] = [const { String::new() }; 4];
    each_text(conversations, message.seq, |_, kind, text| {
        let column = match kind {
            HitKind::Text | HitKind::Title => &mut said,
            HitKind::Reasoning => &mut thought,
            HitKind::ToolCall | HitKind::ToolResult => &mut tools,
            HitKind::Attachment => &mut files,
        };
        words::indexed(text, column);
        true
    })?;
    index
        .prepare_cached(
            "INSERT INTO words (rowid, said, thought, tools, files) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((message.seq, &said, &thought, &tools, &files))?;
    index
        .prepare_cached("INSERT INTO indexed (seq, mark) VALUES (?1, ?2)")?
        .execute((message.seq, message.mark))?;
    Ok(said.len() + thought.len() + tools.len() + files.len())
}

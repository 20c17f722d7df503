//! Finding: full-text search over all conversations, every branch of them.
//!
//! The index is a database of its own beside the conversations, `search.db`, made of them at any
//! time: it is no part of a copy, one that is damaged is made anew, and a thread of its own keeps
//! it, so that neither a start nor an answer that is being written waits for it. What is not indexed
//! yet is looked through as it is. Answers that are being written are found when they have ended.

mod file;
mod find;
mod indexer;
mod matching;
mod messages;
mod query;
mod texts;
mod words;

pub use file::FILE as SEARCH_FILE;
pub use matching::SnippetPiece;

pub(super) use find::{Searcher, find_all};
pub(super) use indexer::Indexer;
pub(super) use words::is_diacritic;

use super::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tacet_conversation::{ConversationId, MessageId, Millis, Role};
use ts_rs::TS;

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Search {
    /// Words that are all in one message, or in a title; the last one may go on, unless a space
    /// follows. `"exact words"` stand together, `-without` is not in it. `model:NAME`,
    /// `after:2026-01-31`, `before:2026-02` (also a year or a month; both by the time of the
    /// message, `before` not including it) and `stopped:` (also `no`, or a cause) choose messages;
    /// `folder:NAME`, `tag:NAME` and `assistant:ID`, each also by its beginning, choose conversations.
    /// All else is words.
    pub words: String,
    /// How far the person's clock is ahead of UTC.
    pub utc_offset_minutes: i32,
    /// No more than so many.
    pub limit: u32,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// Titles first, then messages: the best first, or the newest where there are many.
    pub hits: Vec<Hit>,
    /// Whether there are more.
    pub more: bool,
    /// How far the index is, while it does not have everything yet; older messages may be missing.
    pub indexing: Option<Indexing>,
}

/// How many messages the index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Indexing {
    /// Of those.
    #[ts(type = "number")]
    pub done: u64,
    /// All that have ended.
    #[ts(type = "number")]
    pub total: u64,
}

/// A conversation by its title, or a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its title.
    pub title: String,
    /// The message, on whichever branch; absent for a title.
    pub message_id: Option<MessageId>,
    /// Who says it; absent for a title.
    pub role: Option<Role>,
    /// When the message was made, or the conversation last added to.
    #[ts(type = "number")]
    pub at: Millis,
    /// Where it was found.
    pub kind: HitKind,
    /// The part's place in the message; absent for a title.
    pub part: Option<u32>,
    /// The piece of it to show.
    pub snippet: Vec<SnippetPiece>,
}

/// In what something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// The conversation's title.
    Title,
    /// What was said.
    Text,
    /// What the model thought.
    Reasoning,
    /// The name or the arguments of a tool.
    ToolCall,
    /// What a tool answered.
    ToolResult,
    /// The name or the text of a file.
    Attachment,
}

impl Store {
    /// Starts to keep the index of this database, in a thread that ends with the store. Does nothing
    /// where it is kept already.
    pub fn keep_index(&self) {
        self.indexer
            .get_or_init(|| Indexer::start(self.folder.as_ref().clone()));
    }

    /// Finds messages and conversations. Where there is no index yet, only the newest messages are
    /// looked through.
    ///
    /// # Errors
    /// When the database cannot be read. A damaged index is made anew, and is no error.
    pub async fn search(&self, search: Search) -> Result<Found, StoreError> {
        let searcher = Arc::clone(&self.searcher);
        let found = tokio::task::spawn_blocking(move || searcher.search(&search)).await;
        let (mut found, is_damaged) = found.unwrap_or(Err(StoreError::Closed))?;
        if let Some(indexer) = self.indexer.get() {
            if is_damaged {
                indexer.rebuild();
            }
            found.indexing = indexer.progress();
        }
        Ok(found)
    }

    /// Tells the index that there is something new.
    pub(super) fn index_soon(&self) {
        if let Some(indexer) = self.indexer.get() {
            indexer.changed();
        }
    }

    /// Compares the index with the conversations, where another process has written them.
    pub fn index_changes(&self) {
        if let Some(indexer) = self.indexer.get() {
            indexer.reconcile();
        }
    }

    /// Tells the index that messages have other texts than before.
    pub(super) fn index_anew(&self, messages: Vec<MessageId>) {
        match self.indexer.get() {
            Some(indexer) => indexer.replaced(messages),
            // Who keeps it finds them missing.
            None => indexer::forget(&self.folder, &messages),
        }
    }

    /// Waits until what is gone from the database is gone from the index and its file as well.
    pub(super) async fn purge_index(&self) -> Result<(), StoreError> {
        match self.indexer.get() {
            Some(indexer) => indexer.purge().await,
            None => Ok(()),
        }
    }
}

//! The export: all conversations as one JSON document, written as it is read.

use super::held::Held;
use super::message::{self, Selection};
use super::read_only::{self, ReadOnly};
use super::{Found, Grouping, Search, StoreError, UsageTotal, conversation, schema, search, total};
use rusqlite::Connection;
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacet_conversation::{Conversation, ConversationId, ConversationSettings, Message, MessageId};

/// A database that is only read, while the app may be using it.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    /// `None` where there is no database yet.
    database: Option<ReadOnly>,
    /// What could not be written yet.
    held: Arc<Held>,
}

impl Reader {
    pub(super) fn open(folder: &Path, held: Arc<Held>) -> Result<Self, StoreError> {
        let database = read_only::open(folder, schema::newest(&schema::migrations()))?;
        Ok(Self {
            folder: folder.to_owned(),
            database,
            held,
        })
    }

    /// What the answers of all conversations took, summed up by `grouping`, the group of the
    /// newest request first. Answers whose usage or cost is not known are counted, and in no sum.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn usage_totals(&self, grouping: Grouping) -> Result<Vec<UsageTotal>, StoreError> {
        match &self.database {
            Some(database) => total::totals(&database.connection, grouping),
            None => Ok(Vec::new()),
        }
    }

    /// Finds messages and conversations, also those that the index does not have (yet).
    ///
    /// # Errors
    /// When the database cannot be read. A damaged index is no error.
    pub fn search(&self, search: &Search) -> Result<Found, StoreError> {
        match &self.database {
            Some(database) => search::find_all(&database.connection, &self.folder, search),
            None => Ok(Found::default()),
        }
    }

    /// One conversation, unless it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        match &self.database {
            Some(database) => conversation::one(&database.connection, id),
            None => Ok(None),
        }
    }

    /// The messages from the root to `leaf`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn branch(&self, leaf: MessageId) -> Result<Vec<Message>, StoreError> {
        let Some(database) = &self.database else {
            return Ok(Vec::new());
        };
        let read = message::load(&database.connection, Selection::Branch(leaf))?;
        Ok(self.held.show_all(read))
    }

    /// How many messages a conversation has on all its branches.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn message_count(&self, id: ConversationId) -> Result<u64, StoreError> {
        match &self.database {
            Some(database) => message::count(&database.connection, id),
            None => Ok(0),
        }
    }

    /// Writes `{"version":1,"conversations":[…]}`, the newest conversation first; each is a
    /// [`Conversation`] with `settings`, its [`ConversationSettings`], and `messages`, an array of
    /// [`Message`] in the order of their creation. An
    /// answer that is being received has what was saved of it so far. All of it is of one moment.
    ///
    /// # Errors
    /// When the database cannot be read or `out` cannot be written; `out` then has a part.
    pub fn export(&mut self, out: &mut impl Write) -> Result<(), StoreError> {
        self.export_where(None, out)
    }

    /// The same with one conversation alone; `false` where there is no such conversation, and nothing
    /// was written.
    ///
    /// # Errors
    /// As [`Reader::export`].
    pub fn export_one(
        &mut self,
        id: ConversationId,
        out: &mut impl Write,
    ) -> Result<bool, StoreError> {
        if self.conversation(id)?.is_none() {
            return Ok(false);
        }
        self.export_where(Some(id), out).map(|()| true)
    }

    fn export_where(
        &mut self,
        only: Option<ConversationId>,
        out: &mut impl Write,
    ) -> Result<(), StoreError> {
        let held = &self.held;
        let Some(database) = &mut self.database else {
            return write(out, Vec::new());
        };
        let moment = database.connection.transaction()?;
        let all = chosen(&moment, only)?;
        let entry = |conversation: Conversation| {
            Ok(Entry {
                settings: conversation::settings(&moment, conversation.id)?.unwrap_or_default(),
                messages: Messages {
                    connection: &moment,
                    held,
                    conversation: conversation.id,
                },
                conversation,
            })
        };
        let entries = all.into_iter().map(entry);
        write(out, entries.collect::<Result<_, StoreError>>()?)
    }

    /// Writes JSON lines: `{"version":1}`, then each conversation as `{"conversation":…,"settings":…}`, followed by
    /// its messages as `{"message":…}`, in the order of [`Reader::export`]. `only` chooses one;
    /// `false` where there is no such conversation, and nothing was written.
    ///
    /// # Errors
    /// As [`Reader::export`].
    pub fn export_lines(
        &mut self,
        only: Option<ConversationId>,
        out: &mut impl Write,
    ) -> Result<bool, StoreError> {
        if let Some(id) = only
            && self.conversation(id)?.is_none()
        {
            return Ok(false);
        }
        line(out, &Line::Header { version: VERSION })?;
        let held = &self.held;
        let Some(database) = &mut self.database else {
            return flush(out).map(|()| true);
        };
        let moment = database.connection.transaction()?;
        for conversation in chosen(&moment, only)? {
            let settings = conversation::settings(&moment, conversation.id)?.unwrap_or_default();
            line(
                out,
                &Line::Conversation {
                    conversation: &conversation,
                    settings,
                },
            )?;
            message::each(
                &moment,
                Selection::Conversation(conversation.id),
                |loaded| {
                    let message = &held.show(loaded.message);
                    line(out, &Line::Message { message })
                },
            )?;
        }
        flush(out).map(|()| true)
    }
}

const VERSION: u32 = 1;

/// All conversations, or the one that was asked for.
fn chosen(
    connection: &Connection,
    only: Option<ConversationId>,
) -> Result<Vec<Conversation>, StoreError> {
    match only {
        None => conversation::all(connection),
        Some(id) => Ok(conversation::one(connection, id)?.into_iter().collect()),
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Header {
        version: u32,
    },
    Conversation {
        conversation: &'a Conversation,
        settings: ConversationSettings,
    },
    Message {
        message: &'a Message,
    },
}

fn line(out: &mut impl Write, line: &Line<'_>) -> Result<(), StoreError> {
    serde_json::to_writer(&mut *out, line).map_err(StoreError::Export)?;
    out.write_all(b"\n").map_err(unwritable)
}

fn flush(out: &mut impl Write) -> Result<(), StoreError> {
    out.flush().map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> StoreError {
    StoreError::Export(serde_json::Error::io(error))
}

fn write(out: &mut impl Write, conversations: Vec<Entry<'_>>) -> Result<(), StoreError> {
    let document = Document {
        version: VERSION,
        conversations,
    };
    serde_json::to_writer(&mut *out, &document).map_err(StoreError::Export)?;
    out.write_all(b"\n").map_err(unwritable)?;
    flush(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    conversations: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    conversation: Conversation,
    settings: ConversationSettings,
    messages: Messages<'a>,
}

/// Messages that are read when they are written out.
struct Messages<'a> {
    connection: &'a Connection,
    held: &'a Held,
    conversation: ConversationId,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        message::each(
            self.connection,
            Selection::Conversation(self.conversation),
            |loaded| {
                let message = self.held.show(loaded.message);
                sequence.serialize_element(&message).map_err(Halted::Write)
            },
        )
        .map_err(|halted| match halted {
            Halted::Read(error) => S::Error::custom(error),
            Halted::Write(error) => error,
        })?;
        sequence.end()
    }
}

/// On which side a passage from the database to the export ended early.
enum Halted<E> {
    Read(StoreError),
    Write(E),
}

impl<E> From<StoreError> for Halted<E> {
    fn from(error: StoreError) -> Self {
        Self::Read(error)
    }
}

//! The export: all conversations as one JSON document, written as it is read.

use super::held::Held;
use super::message::{self, Selection};
use super::read_only::{self, ReadOnly};
use super::{Found, Grouping, Search, StoreError, UsageTotal, conversation, schema, search, total};
use rusqlite::Connection;
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use std::cell::RefCell;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacet_conversation::{Conversation, ConversationId, ConversationSettings, Message, MessageId};

/// A database that is only read, while the app may be using it.
pub struct Reader {
    folder: PathBuf,
    /// `None` where there is no database yet.
    database: Option<ReadOnly>,
    /// What could not be written yet.
    held: Arc<Held>,
    /// Who hears how far an export is.
    told: Option<Told>,
}

type Told = Box<dyn Fn(Exported) + Send>;

/// How much an export has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Conversations that it has written or begun.
    pub conversations: usize,
    /// How many it writes.
    pub of: usize,
    /// Messages of which something could not be read any more. They were written without that.
    pub damaged: usize,
}

/// Messages from a root to a leaf.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branch {
    /// The root first.
    pub messages: Vec<Message>,
    /// Those of them of which something cannot be read any more.
    pub damaged: Vec<MessageId>,
}

impl Reader {
    pub(super) fn open(folder: &Path, held: Arc<Held>) -> Result<Self, StoreError> {
        let database = read_only::open(folder, schema::newest(&schema::migrations()))?;
        Ok(Self {
            folder: folder.to_owned(),
            database,
            held,
            told: None,
        })
    }

    /// The same, telling how far an export is at each of its conversations.
    #[must_use]
    pub fn telling(self, told: impl Fn(Exported) + Send + 'static) -> Self {
        Self {
            told: Some(Box::new(told)),
            ..self
        }
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
    pub fn branch(&self, leaf: MessageId) -> Result<Branch, StoreError> {
        let mut branch = Branch::default();
        let Some(database) = &self.database else {
            return Ok(branch);
        };
        message::each(&database.connection, Selection::Branch(leaf), |loaded| {
            if loaded.is_damaged {
                branch.damaged.push(loaded.message.id);
            }
            branch.messages.push(loaded.message);
            Ok::<_, StoreError>(())
        })?;
        branch.messages = self.held.show_all(branch.messages);
        Ok(branch)
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
    pub fn export(&mut self, out: &mut impl Write) -> Result<Exported, StoreError> {
        self.export_where(None, out)
    }

    /// The same with one conversation alone; `None` where there is no such conversation, and nothing
    /// was written.
    ///
    /// # Errors
    /// As [`Reader::export`].
    pub fn export_one(
        &mut self,
        id: ConversationId,
        out: &mut impl Write,
    ) -> Result<Option<Exported>, StoreError> {
        if self.conversation(id)?.is_none() {
            return Ok(None);
        }
        self.export_where(Some(id), out).map(Some)
    }

    fn export_where(
        &mut self,
        only: Option<ConversationId>,
        out: &mut impl Write,
    ) -> Result<Exported, StoreError> {
        let Some(database) = &mut self.database else {
            write(out, Vec::new())?;
            return Ok(Exported::default());
        };
        let moment = database.connection.transaction()?;
        let all = chosen(&moment, only)?;
        let passage = Passage::new(&moment, &self.held, self.told.as_ref(), all.len());
        let entry = |conversation: Conversation| {
            Ok(Entry {
                settings: conversation::settings(&moment, conversation.id)?.unwrap_or_default(),
                messages: Messages {
                    passage: &passage,
                    conversation: conversation.id,
                },
                conversation,
            })
        };
        let entries = all.into_iter().map(entry);
        write(out, entries.collect::<Result<_, StoreError>>()?)?;
        Ok(passage.exported.into_inner())
    }

    /// Writes JSON lines: `{"version":1}`, then each conversation as `{"conversation":…,"settings":…}`, followed by
    /// its messages as `{"message":…}`, in the order of [`Reader::export`]. `only` chooses one;
    /// `None` where there is no such conversation, and nothing was written.
    ///
    /// # Errors
    /// As [`Reader::export`].
    pub fn export_lines(
        &mut self,
        only: Option<ConversationId>,
        out: &mut impl Write,
    ) -> Result<Option<Exported>, StoreError> {
        if let Some(id) = only
            && self.conversation(id)?.is_none()
        {
            return Ok(None);
        }
        line(out, &Line::Header { version: VERSION })?;
        let Some(database) = &mut self.database else {
            return flush(out).map(|()| Some(Exported::default()));
        };
        let moment = database.connection.transaction()?;
        let all = chosen(&moment, only)?;
        let passage = Passage::new(&moment, &self.held, self.told.as_ref(), all.len());
        for conversation in all {
            let settings = conversation::settings(&moment, conversation.id)?.unwrap_or_default();
            line(
                out,
                &Line::Conversation {
                    conversation: &conversation,
                    settings,
                },
            )?;
            passage.each(conversation.id, |message| {
                line(out, &Line::Message { message })
            })?;
        }
        flush(out)?;
        Ok(Some(passage.exported.into_inner()))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
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
    passage: &'a Passage<'a>,
    conversation: ConversationId,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        self.passage
            .each(self.conversation, |message| {
                sequence.serialize_element(message).map_err(Halted::Write)
            })
            .map_err(|halted| match halted {
                Halted::Read(error) => S::Error::custom(error),
                Halted::Write(error) => error,
            })?;
        sequence.end()
    }
}

/// The way of messages from the database to the export.
struct Passage<'a> {
    connection: &'a Connection,
    held: &'a Held,
    told: Option<&'a Told>,
    exported: RefCell<Exported>,
}

impl<'a> Passage<'a> {
    fn new(
        connection: &'a Connection,
        held: &'a Held,
        told: Option<&'a Told>,
        conversations: usize,
    ) -> Self {
        Self {
            connection,
            held,
            told,
            exported: RefCell::new(Exported {
                of: conversations,
                ..Exported::default()
            }),
        }
    }

    /// Hands the messages of the next conversation to `take`.
    fn each<E: From<StoreError>>(
        &self,
        conversation: ConversationId,
        mut take: impl FnMut(&Message) -> Result<(), E>,
    ) -> Result<(), E> {
        self.exported.borrow_mut().conversations += 1;
        if let Some(told) = self.told {
            told(*self.exported.borrow());
        }
        message::each(
            self.connection,
            Selection::Conversation(conversation),
            |loaded| {
                self.exported.borrow_mut().damaged += usize::from(loaded.is_damaged);
                take(&self.held.show(loaded.message))
            },
        )
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

//! The map of a conversation: where it forks, and where its branches end. However long it is, no more
//! of its messages is read than where each stands, but for those at forks and ends.

use super::column::{Word, optional};
use super::{Store, StoreError, conversation, find};
use rusqlite::{Connection, Row};
use serde::Serialize;
use std::collections::HashMap;
use tacet_conversation::{
    Cause, ConversationId, Message, MessageId, MessageState, Millis, ModelRef, Part, Role,
};
use ts_rs::TS;

/// Where the messages of a conversation stand.
pub(super) const TREE: &str =
    "SELECT id, parent_id FROM message WHERE conversation_id = ?1 ORDER BY seq";

/// How many characters of a message the map has.
const EXCERPT: usize = 120;

/// Messages of which each is the only answer to the one before: from the beginning of a conversation
/// or from a fork, to the next fork or the end of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Stretch {
    /// The place in the map of the stretch that forks into this one and others; absent where the
    /// conversation begins with this one.
    pub above: Option<u32>,
    /// How many messages it has; at least 1.
    pub messages: u32,
    /// The first of them.
    pub first: MappedMessage,
    /// The last of them; absent where that is the first.
    pub last: Option<MappedMessage>,
}

/// What the map says of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MappedMessage {
    /// The message.
    pub id: MessageId,
    /// Who wrote it.
    pub role: Role,
    /// Whether and how it ended.
    pub state: MessageState,
    /// Why it was interrupted, where it was.
    pub cause: Option<Cause>,
    /// The model that answered or was asked.
    pub model: Option<ModelRef>,
    /// When it began, in milliseconds since the epoch.
    pub created_at: Millis,
    /// How its text begins, or, where it has none, the name of its first file or tool: at most 120
    /// characters.
    pub excerpt: String,
}

impl Store {
    /// All stretches of a conversation, each before those that it forks into, which follow it in the
    /// order of their creation, each with all that is below it. `None` when the conversation is unknown or
    /// deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn map(&self, id: ConversationId) -> Result<Option<Vec<Stretch>>, StoreError> {
        let read = self.readers.run(move |connection| load(connection, id));
        let Some(mut map) = read.await? else {
            return Ok(None);
        };
        // Ends that could not be written yet are shown as everywhere.
        let held = self.held.of(id);
        let held: HashMap<_, _> = held.iter().map(|(end, _)| (end.id, end)).collect();
        for stretch in &mut map {
            for message in [Some(&mut stretch.first), stretch.last.as_mut()] {
                if let Some(message) = message
                    && let Some(end) = held.get(&message.id)
                {
                    message.end_as(end);
                }
            }
        }
        Ok(Some(map))
    }
}

impl MappedMessage {
    fn end_as(&mut self, end: &Message) {
        self.state = end.state;
        self.cause = end.cause;
        self.model.clone_from(&end.model);
        let text = end.parts.iter().find_map(|part| match part {
            Part::Text { text } if !text.trim().is_empty() => Some(text),
            _ => None,
        });
        if let Some(text) = text {
            self.excerpt = text.chars().take(EXCERPT).collect();
        }
    }
}

/// Where the messages of a conversation stand, by their places in the order of creation.
#[derive(Default)]
struct Tree {
    ids: Vec<MessageId>,
    /// Those that begin the conversation.
    roots: Vec<usize>,
    /// Of each, those that follow it.
    children: Vec<Vec<usize>>,
}

fn load(connection: &Connection, id: ConversationId) -> Result<Option<Vec<Stretch>>, StoreError> {
    if conversation::one(connection, id)?.is_none() {
        return Ok(None);
    }
    let tree = tree(connection, id)?;
    let mut read = connection.prepare_cached(&format!(
        "SELECT m.role, m.state, m.cause, m.model, m.created_at, coalesce(
           (SELECT substr(iif(p.text = '', t.text, p.text), 1, {EXCERPT})
            FROM part p LEFT JOIN tail t
              ON t.message_id = p.message_id AND t.ordinal = p.ordinal AND t.start = 0
            WHERE p.message_id = m.id AND p.kind = 'text'
              AND trim(iif(p.text = '', t.text, p.text), ' ' || char(9, 10, 13)) <> ''
            ORDER BY p.ordinal LIMIT 1),
           (SELECT substr({NAME}, 1, {EXCERPT}) FROM part p
            WHERE p.message_id = m.id AND {NAME} IS NOT NULL ORDER BY p.ordinal LIMIT 1),
           '') AS excerpt
         FROM message m WHERE m.id = ?1",
        NAME = find::NAME,
    ))?;
    let mut message = |at: usize| {
        let id = tree.ids[at];
        read.query_row([id], |row| mapped(id, row))
    };
    let mut map: Vec<Stretch> = Vec::new();
    // What is still to be walked, the next one last. A conversation may be deeper than a stack of calls.
    let roots = tree.roots.iter().rev();
    let mut open: Vec<(Option<u32>, usize)> = roots.map(|&root| (None, root)).collect();
    while let Some((above, first)) = open.pop() {
        let (mut last, mut messages) = (first, 1);
        while let [only] = tree.children[last][..] {
            last = only;
            messages += 1;
        }
        let place = u32::try_from(map.len()).ok();
        map.push(Stretch {
            above,
            messages,
            first: message(first)?,
            last: (last != first).then(|| message(last)).transpose()?,
        });
        let below = tree.children[last].iter().rev();
        open.extend(below.map(|&child| (place, child)));
    }
    Ok(Some(map))
}

fn tree(connection: &Connection, id: ConversationId) -> Result<Tree, StoreError> {
    let mut statement = connection.prepare_cached(TREE)?;
    let mut rows = statement.query([id])?;
    let mut tree = Tree::default();
    let mut places: HashMap<MessageId, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, parent): (MessageId, Option<MessageId>) = (row.get(0)?, row.get(1)?);
        let place = tree.ids.len();
        // A parent comes before its children; what has none here begins the conversation.
        match parent.and_then(|parent| places.get(&parent)) {
            Some(&parent) => tree.children[parent].push(place),
            None => tree.roots.push(place),
        }
        places.insert(id, place);
        tree.ids.push(id);
        tree.children.push(Vec::new());
    }
    Ok(tree)
}

fn mapped(id: MessageId, row: &Row<'_>) -> rusqlite::Result<MappedMessage> {
    // A cause or a model that cannot be read keeps nothing else from being shown.
    let mut is_damaged = false;
    let Word(role) = row.get("role")?;
    let Word(state) = row.get("state")?;
    let cause: Option<Word<_>> = optional(row, "cause", &mut is_damaged)?;
    let model: Option<Word<_>> = optional(row, "model", &mut is_damaged)?;
    let excerpt = row.get_ref("excerpt")?.as_bytes()?;
    Ok(MappedMessage {
        id,
        role,
        state,
        cause: cause.map(|Word(cause)| cause),
        model: model.map(|Word(model)| model),
        created_at: row.get("created_at")?,
        excerpt: String::from_utf8_lossy(excerpt).into_owned(),
    })
}

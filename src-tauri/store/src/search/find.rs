//! Carrying a search out: titles, then what is not indexed yet, then the index.

use super::super::conversation::ASSISTANT;
use super::super::filing::TAGS;
use super::super::place::Identity;
use super::super::{FILE, StoreError, filing, read_only};
use super::file::{self, is_damage};
use super::matching::{all_of, beginning, found_in, snippet};
use super::query::{Named, Phrase, Query, Stopped};
use super::texts::each_text;
use super::{Found, Hit, HitKind, Search, SnippetPiece};
use crate::column::{Json, Word};
use rusqlite::{Connection, Row, ToSql};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tacet_conversation::{ConversationId, MessageId, Millis, Role};

/// No more titles are shown.
const MOST_TITLES: usize = 10;
/// So many messages that are not indexed yet are looked through while somebody types.
const MOST_UNINDEXED: u32 = 256;
/// Up to so many messages are ranked; of more, those are shown that are the newest.
const MOST_RANKED: u32 = 2_000;
/// SQLite's limit that is none.
const NO_LIMIT: i64 = -1;
/// What was said weighs more than what a tool wrote; the names of files are short as they are.
const RANK: &str = "bm25(w.words, 4.0, 1.5, 1.0, 2.0)";

/// What chooses messages, beside words. The parameters from 2 on are given by [`with_parameters`].
fn filters() -> String {
    format!(
        "c.deleted_at IS NULL AND m.state <> 'streaming'
         AND (?2 IS NULL OR m.created_at >= ?2) AND (?3 IS NULL OR m.created_at < ?3)
         AND (?4 IS NULL OR instr(lower(m.model), ?4) > 0)
         AND (?5 IS NULL OR (m.state = 'interrupted') = ?5) AND (?6 IS NULL OR m.cause = ?6)
         AND {}",
        of_conversation([7, 8, 9])
    )
}

/// What chooses conversations `c` by their folder, a tag and their assistant; those are the numbers of
/// the parameters with their names.
fn of_conversation([folder, tag, assistant]: [u8; 3]) -> String {
    format!(
        "(?{folder} IS NULL OR c.folder IN (SELECT value FROM json_each(?{folder})))
         AND (?{tag} IS NULL OR EXISTS (SELECT 1 FROM json_each({TAGS}) t
                                        WHERE t.value IN (SELECT value FROM json_each(?{tag}))))
         AND (?{assistant} IS NULL
              OR {ASSISTANT} IN (SELECT value FROM json_each(?{assistant})))"
    )
}

const MESSAGES: &str = "main.message m JOIN main.conversation c ON c.id = m.conversation_id";
const COLUMNS: &str = "m.seq, m.id, m.conversation_id, m.role, m.created_at, c.title";

/// Searches one database; searches wait for each other.
#[derive(Debug)]
pub(in super::super) struct Searcher {
    folder: PathBuf,
    open: Mutex<Option<Opened>>,
}

/// A connection to the conversations and the index.
#[derive(Debug)]
struct Opened {
    connection: Connection,
    files: [Option<Identity>; 2],
    has_index: bool,
}

impl Searcher {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            open: Mutex::default(),
        }
    }

    /// What was found, and whether the index is damaged.
    pub fn search(&self, search: &Search) -> Result<(Found, bool), StoreError> {
        let mut open = self.open();
        let files = file::identities(&self.folder);
        let known = open.take().filter(|known| known.files == files);
        let opened = match known {
            Some(known) => known,
            None => self.connect(files)?,
        };
        let found = find(
            &opened.connection,
            opened.has_index,
            search,
            Some(MOST_UNINDEXED),
        );
        match found {
            Err(error) if opened.has_index && is_damage(&error) => {
                // Without the index; the next search has the new one.
                let found = find(&opened.connection, false, search, Some(MOST_UNINDEXED))?;
                Ok((found, true))
            }
            found => {
                *open = Some(opened);
                Ok((found?, false))
            }
        }
    }

    fn connect(&self, files: [Option<Identity>; 2]) -> Result<Opened, StoreError> {
        let connection = read_only::connect(&self.folder.join(FILE))?;
        let has_index = file::attach(&connection, &self.folder);
        Ok(Opened {
            connection,
            files,
            has_index,
        })
    }

    fn open(&self) -> MutexGuard<'_, Option<Opened>> {
        // It is taken out while it is used.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same beside whoever has the database open, with everything that is not indexed looked through.
pub(in super::super) fn find_all(
    connection: &Connection,
    folder: &Path,
    search: &Search,
) -> Result<Found, StoreError> {
    let has_index = file::attach(connection, folder);
    match find(connection, has_index, search, None) {
        Err(error) if has_index && is_damage(&error) => find(connection, false, search, None),
        found => found,
    }
}

/// A message that may be what is looked for.
struct Candidate {
    seq: i64,
    id: MessageId,
    conversation: ConversationId,
    role: Role,
    at: Millis,
    title: String,
}

impl Candidate {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let Word(role) = row.get(3)?;
        Ok(Self {
            seq: row.get(0)?,
            id: row.get(1)?,
            conversation: row.get(2)?,
            role,
            at: row.get(4)?,
            title: row.get(5)?,
        })
    }
}

fn find(
    connection: &Connection,
    has_index: bool,
    search: &Search,
    most_unindexed: Option<u32>,
) -> Result<Found, StoreError> {
    let mut query = Query::parse(&search.words, search.utc_offset_minutes);
    let mut found = Found::default();
    if query.is_empty() {
        return Ok(found);
    }
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let moment = connection.unchecked_transaction()?;
    look_up_names(&moment, &mut query)?;
    titles(&moment, &query, limit, &mut found)?;
    let mut take = |candidate| {
        if found.hits.len() >= limit {
            return Ok(ControlFlow::Break(()));
        }
        found.hits.extend(hit(&moment, &query, candidate)?);
        Ok(ControlFlow::Continue(()))
    };
    let room = if query.has_words() {
        match look_through(&moment, has_index, &query, most_unindexed, &mut take)? {
            ControlFlow::Continue(()) if has_index => indexed(&moment, &query, &mut take)?,
            room => room,
        }
    } else {
        newest(&moment, &query, &mut take)?
    };
    found.more |= room.is_break();
    moment.finish()?;
    Ok(found)
}

/// Finds out which folders, tags and assistants are meant.
fn look_up_names(connection: &Connection, query: &mut Query) -> Result<(), StoreError> {
    if let Some(folder) = &mut query.folder {
        let folders = "SELECT DISTINCT folder FROM main.conversation WHERE deleted_at IS NULL";
        folder.choose(filing::names(connection, folders)?);
    }
    if let Some(tag) = &mut query.tag {
        let tags = format!(
            "SELECT DISTINCT t.value FROM main.conversation c, json_each({TAGS}) t
             WHERE c.deleted_at IS NULL"
        );
        tag.choose(filing::names(connection, &tags)?);
    }
    if let Some(assistant) = &mut query.assistant {
        let assistants = format!(
            "SELECT DISTINCT {ASSISTANT} FROM main.conversation c WHERE c.deleted_at IS NULL"
        );
        assistant.choose(filing::names(connection, &assistants)?);
    }
    Ok(())
}

fn names(named: Option<&Named>) -> Option<Json<&Vec<String>>> {
    named.map(|named| Json(&named.names))
}

/// Conversations by their titles, the newest first.
fn titles(
    connection: &Connection,
    query: &Query,
    limit: usize,
    found: &mut Found,
) -> Result<(), StoreError> {
    if query.wanted.is_empty() || query.is_of_messages() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, title, updated_at FROM main.conversation c
         WHERE deleted_at IS NULL AND (?1 IS NULL OR updated_at >= ?1) AND (?2 IS NULL OR updated_at < ?2)
         AND {}
         ORDER BY updated_at DESC, id DESC",
        of_conversation([3, 4, 5])
    ))?;
    let mut rows = statement.query((
        query.after,
        query.before,
        names(query.folder.as_ref()),
        names(query.tag.as_ref()),
        names(query.assistant.as_ref()),
    ))?;
    while let Some(row) = rows.next()? {
        let title = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if !has_all(found_in(title, &query.wanted), &query.wanted)
            || found_in(title, &query.unwanted) != 0
        {
            continue;
        }
        if found.hits.len() == MOST_TITLES.min(limit) {
            found.more = true;
            break;
        }
        let snippet = snippet(title, &query.wanted).map(|(pieces, _)| pieces);
        found.hits.push(Hit {
            conversation_id: row.get(0)?,
            title: title.to_owned(),
            message_id: None,
            role: None,
            at: row.get(2)?,
            kind: HitKind::Title,
            part: None,
            snippet: snippet.unwrap_or_else(|| beginning(title)),
        });
    }
    Ok(())
}

fn has_all(found: u64, phrases: &[Phrase]) -> bool {
    found == all_of(phrases)
}

/// Takes a message that is found, and says whether there is room for more.
type Take<'a> = dyn FnMut(Candidate) -> Result<ControlFlow<()>, StoreError> + 'a;

/// Messages that the index does not have, looked through as they are, the newest first.
fn look_through(
    connection: &Connection,
    has_index: bool,
    query: &Query,
    most: Option<u32>,
    take: &mut Take<'_>,
) -> Result<ControlFlow<()>, StoreError> {
    let unindexed = if has_index {
        "m.seq > (SELECT complete_to FROM search.progress)
         AND NOT EXISTS (SELECT 1 FROM search.indexed i WHERE i.seq = m.seq)"
    } else {
        "true"
    };
    let most = most.map_or(NO_LIMIT, i64::from);
    let sql = format!(
        "SELECT {COLUMNS} FROM {MESSAGES} WHERE {unindexed} AND {}
         ORDER BY m.seq DESC LIMIT ?1",
        filters()
    );
    each_candidate(connection, &sql, &most, query, &mut |candidate| {
        let (mut wanted, mut unwanted) = (0, 0);
        each_text(connection, candidate.seq, |_, _, text| {
            wanted |= found_in(text, &query.wanted);
            unwanted |= found_in(text, &query.unwanted);
            unwanted == 0
        })?;
        if unwanted == 0 && has_all(wanted, &query.wanted) {
            return take(candidate);
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Hands what is selected to `take`, one at a time, as long as there is room. `first` is the parameter
/// before those of [`filters`], which are of the query.
fn each_candidate(
    connection: &Connection,
    sql: &str,
    first: &dyn ToSql,
    query: &Query,
    take: &mut Take<'_>,
) -> Result<ControlFlow<()>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    with_parameters(first, query, |parameters| {
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            if take(Candidate::read(row)?)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Calls `run` with `first` and the parameters of [`filters`].
fn with_parameters<T>(first: &dyn ToSql, query: &Query, run: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
    let (is_interrupted, cause) = match query.stopped {
        None => (None, None),
        Some(Stopped::Yes) => (Some(true), None),
        Some(Stopped::No) => (Some(false), None),
        Some(Stopped::By(cause)) => (None, Some(Word(cause))),
    };
    run(&[
        first,
        &query.after,
        &query.before,
        &query.model,
        &is_interrupted,
        &cause,
        &names(query.folder.as_ref()),
        &names(query.tag.as_ref()),
        &names(query.assistant.as_ref()),
    ])
}

/// What the index has: the best first, or the newest first where there are too many to rank.
fn indexed(
    connection: &Connection,
    query: &Query,
    take: &mut Take<'_>,
) -> Result<ControlFlow<()>, StoreError> {
    let filters = filters();
    // The index is asked first, and its order kept as far as it has one.
    let indexed = "search.words w CROSS JOIN main.message m ON m.seq = w.rowid
                   CROSS JOIN main.conversation c ON c.id = m.conversation_id
                   WHERE w.words MATCH ?1";
    if query.wanted.is_empty() {
        let sql = format!(
            "SELECT {COLUMNS} FROM {MESSAGES} JOIN search.indexed w ON w.seq = m.seq
             WHERE m.seq NOT IN (SELECT rowid FROM search.words WHERE words MATCH ?1)
               AND {filters} ORDER BY w.rowid DESC"
        );
        return each_candidate(connection, &sql, &any(&query.unwanted, " OR "), query, take);
    }
    let mut asked = any(&query.wanted, " AND ");
    if !query.unwanted.is_empty() {
        asked = format!("({asked}) NOT ({})", any(&query.unwanted, " OR "));
    }
    // What is ranked is only looked up where that decides which there are.
    let (from, parameters) = if query.has_filters() {
        (format!("{indexed} AND {filters}"), 9)
    } else {
        ("search.words w WHERE w.words MATCH ?1".to_owned(), 1)
    };
    let ranked = with_parameters(&asked, query, |all| {
        ranked(connection, &from, &all[..parameters])
    })?;
    let Some(ranked) = ranked else {
        let sql = format!("SELECT {COLUMNS} FROM {indexed} AND {filters} ORDER BY w.rowid DESC");
        return each_candidate(connection, &sql, &asked, query, take);
    };
    let sql = format!("SELECT {COLUMNS} FROM {MESSAGES} WHERE m.seq = ?1 AND {filters}");
    for seq in ranked {
        let room = each_candidate(connection, &sql, &seq, query, take)?;
        if room.is_break() {
            return Ok(room);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The places of all that is found, the best first; `None` where there is too much to rank.
fn ranked(
    connection: &Connection,
    from: &str,
    parameters: &[&dyn ToSql],
) -> Result<Option<Vec<i64>>, StoreError> {
    let count: u32 = connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT {MOST_RANKED} + 1)"
        ))?
        .query_row(parameters, |row| row.get(0))?;
    if count > MOST_RANKED {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT w.rowid FROM {from} ORDER BY {RANK}, w.rowid DESC"
    ))?;
    let places = statement.query_map(parameters, |row| row.get(0))?;
    Ok(Some(places.collect::<Result<_, _>>()?))
}

/// The phrases in the language of FTS5. They have letters, digits and marks only.
fn any(phrases: &[Phrase], between: &str) -> String {
    let phrase = |phrase: &Phrase| {
        let star = if phrase.is_prefix { " *" } else { "" };
        format!("\"{}\"{star}", phrase.words.join(" "))
    };
    let phrases: Vec<_> = phrases.iter().map(phrase).collect();
    phrases.join(between)
}

/// The newest messages, where only filters were asked for.
fn newest(
    connection: &Connection,
    query: &Query,
    take: &mut Take<'_>,
) -> Result<ControlFlow<()>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {MESSAGES} WHERE {} ORDER BY m.seq DESC LIMIT ?1",
        filters()
    );
    each_candidate(connection, &sql, &NO_LIMIT, query, take)
}

/// The best piece of a message; `None` where nothing of what was asked for is in it (any more).
fn hit(
    connection: &Connection,
    query: &Query,
    candidate: Candidate,
) -> Result<Option<Hit>, StoreError> {
    let mut best: Option<(u32, u32, HitKind, Vec<SnippetPiece>)> = None;
    each_text(connection, candidate.seq, |part, kind, text| {
        let (pieces, count) = if query.wanted.is_empty() {
            (beginning(text), 0)
        } else {
            match snippet(text, &query.wanted) {
                Some(found) => found,
                None => return true,
            }
        };
        if best.as_ref().is_none_or(|(most, ..)| count > *most) {
            best = Some((count, part, kind, pieces));
        }
        count < all_of(&query.wanted).count_ones()
    })?;
    Ok(best.map(|(_, part, kind, snippet)| Hit {
        conversation_id: candidate.conversation,
        title: candidate.title,
        message_id: Some(candidate.id),
        role: Some(candidate.role),
        at: candidate.at,
        kind,
        part: Some(part),
        snippet,
    }))
}

//! Reads a damaged database: page by page as far as they are whole, around those that are not.
//!
//! SQLite's own program for it (`.recover`) is not part of the library. This reads the tables in the
//! order of their rows, and where a page cannot be read, goes on at the next row that can.

use super::{RecoveryError, at};
use crate::store::StoreError;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement, params_from_iter};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// So many rows after one that cannot be read are tried one by one, then in doubling steps: a page
/// has few rows, a branch of the tree has many.
const CLOSE: i64 = 256;

/// How the rows of a table are gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// Copies every row that can be read from the file `damaged` into `fresh`, the database in the file
/// `template`; answers whether that was all of them.
pub(super) fn bring_over(
    damaged: &Path,
    template: &Path,
    fresh: &mut Connection,
) -> Result<bool, RecoveryError> {
    let mut whole = true;
    let source = match open(damaged) {
        Ok(source) => source,
        Err(_) => {
            whole = false;
            fresh.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            replace_first_page(damaged, template)?;
            match open(damaged) {
                Ok(source) => source,
                // Nothing of it can be read, which the caller sees by what came over.
                Err(_) => return Ok(false),
            }
        }
    };
    fresh.pragma_update(None, "foreign_keys", false)?;
    let transaction = fresh.transaction()?;
    for table in tables(&transaction)? {
        whole &= copy(&source, &transaction, &table)?;
    }
    transaction.commit()?;
    fresh.pragma_update(None, "foreign_keys", true)?;
    Ok(whole)
}

/// Opens a damaged database so that as much of it as possible can be read; fails when not even the
/// list of its tables can.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Lets a file be read that is shorter than its header says.
    connection.pragma_update(None, "writable_schema", true)?;
    // What looks like rows in a page of something else is none.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.query_row(
        "SELECT 1 FROM sqlite_schema WHERE name = 'message'",
        [],
        |_| Ok(()),
    )?;
    Ok(connection)
}

/// Gives a database whose first page is lost that of a fresh one: the page lists the tables and
/// where each begins, and a new database begins each at the same place. The file format is that of
/// <https://sqlite.org/fileformat2.html>, section 1.3.
fn replace_first_page(damaged: &Path, template: &Path) -> Result<(), RecoveryError> {
    let read = || {
        let mut file = std::fs::File::open(template)?;
        let mut header = [0; 18];
        file.read_exact(&mut header)?;
        let mut page = vec![0; usize::from(u16::from_be_bytes([header[16], header[17]]))];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut page)?;
        Ok(page)
    };
    let mut page: Vec<u8> = read().map_err(at(template))?;
    let mut write = || {
        let mut file = OpenOptions::new().write(true).open(damaged)?;
        let pages = file.metadata()?.len() / page.len() as u64;
        // The size of the database in pages, and no list of free ones.
        page[28..32].copy_from_slice(&u32::try_from(pages).unwrap_or(u32::MAX).to_be_bytes());
        page[32..40].fill(0);
        file.write_all(&page)
    };
    write().map_err(at(damaged))
}

/// A table of this program's format with its columns.
struct Table {
    name: String,
    columns: Vec<String>,
}

fn tables(fresh: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut names = fresh.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let table = |name: String| {
        Ok(Table {
            columns: columns(fresh, &name)?,
            name,
        })
    };
    names.into_iter().map(table).collect()
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

/// Copies the rows of one table; answers whether that was all.
fn copy(source: &Connection, fresh: &Connection, table: &Table) -> Result<bool, RecoveryError> {
    // An older format lacks columns, or the table.
    let known = columns(source, &table.name).unwrap_or_default();
    let shared = table.columns.iter().filter(|name| known.contains(name));
    let shared: Vec<&str> = shared.map(String::as_str).collect();
    if shared.is_empty() {
        return Ok(true);
    }
    let places: Vec<String> = (1..=shared.len())
        .map(|place| format!("?{place}"))
        .collect();
    let mut insert = fresh.prepare(&format!(
        "INSERT OR IGNORE INTO {} ({}) VALUES ({})",
        table.name,
        shared.join(", "),
        places.join(", ")
    ))?;
    let mut pass = Pass {
        source,
        table: &table.name,
        columns: shared.join(", "),
        highest: i64::MIN,
        whole: true,
    };
    pass.run(Direction::Up, i64::MIN, &mut insert)?;
    if !pass.whole {
        // What lies between two places that cannot be read may have been stepped over.
        pass.run(Direction::Down, pass.highest, &mut insert)?;
    }
    Ok(pass.whole)
}

/// One way through a table.
struct Pass<'a> {
    source: &'a Connection,
    table: &'a str,
    columns: String,
    /// The highest row that was read.
    highest: i64,
    whole: bool,
}

impl Pass<'_> {
    fn run(
        &mut self,
        direction: Direction,
        from: i64,
        insert: &mut Statement<'_>,
    ) -> Result<(), RecoveryError> {
        let mut next = Some(from);
        while let Some(from) = next {
            next = match self.read(direction, from, insert)? {
                Reached::End => None,
                Reached::Damage(last) => {
                    self.whole = false;
                    self.readable_after(direction, last)
                }
            };
        }
        Ok(())
    }

    /// Copies rows from `from` on, until the end or one that cannot be read.
    fn read(
        &mut self,
        direction: Direction,
        from: i64,
        insert: &mut Statement<'_>,
    ) -> Result<Reached, RecoveryError> {
        let mut last = from;
        let select = self.select(direction, &self.columns);
        let Ok(mut statement) = self.source.prepare(&select) else {
            return Ok(Reached::Damage(last));
        };
        let width = statement.column_count();
        let Ok(mut rows) = statement.query([from]) else {
            return Ok(Reached::Damage(last));
        };
        loop {
            let values = match rows.next() {
                Ok(Some(row)) => row.get(0).and_then(|id| Ok((id, values(row, width)?))),
                Ok(None) => return Ok(Reached::End),
                Err(error) => Err(error),
            };
            let Ok((id, (values, whole))) = values else {
                return Ok(Reached::Damage(last));
            };
            self.whole &= whole;
            last = id;
            self.highest = self.highest.max(id);
            match insert
                .execute(params_from_iter(values))
                .map_err(StoreError::from)
            {
                Ok(_) => {}
                // Not a row of this table, whatever it is.
                Err(StoreError::Database(_)) => self.whole = false,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The nearest row after `last` from which on rows can be read.
    fn readable_after(&self, direction: Direction, last: i64) -> Option<i64> {
        // Rows are counted from 1.
        let mut at = match direction {
            Direction::Up => last.max(0),
            Direction::Down => last,
        };
        let select = self.select(direction, "1") + " LIMIT 1";
        for tries in 1_u32.. {
            let step = match i64::from(tries) {
                close if close <= CLOSE => 1,
                far => 1_i64.checked_shl(u32::try_from(far - CLOSE).ok()?)?,
            };
            at = match direction {
                Direction::Up => at.checked_add(step)?,
                Direction::Down => at.checked_sub(step).filter(|&at| at > 0)?,
            };
            let found = self
                .source
                .prepare_cached(&select)
                .and_then(|mut statement| {
                    let mut rows = statement.query([at])?;
                    rows.next()?.map(|row| row.get(0)).transpose()
                });
            match found {
                Ok(Some(id)) => return Some(id),
                Ok(None) => return None,
                Err(_) => {}
            }
        }
        None
    }

    fn select(&self, direction: Direction, columns: &str) -> String {
        let (side, order) = match direction {
            Direction::Up => (">=", "ASC"),
            Direction::Down => ("<=", "DESC"),
        };
        // The indexes may be damaged as well.
        format!(
            "SELECT rowid, {columns} FROM {} NOT INDEXED WHERE rowid {side} ?1 ORDER BY rowid {order}",
            self.table
        )
    }
}

enum Reached {
    End,
    /// The last row that was read, or where it began.
    Damage(i64),
}

/// The row without its number, and whether all of it is as it was written: text that is not UTF-8
/// any more is kept as far as it is.
fn values(row: &Row<'_>, width: usize) -> rusqlite::Result<(Vec<Value>, bool)> {
    let mut whole = true;
    let mut value = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Text(text) => {
                whole &= std::str::from_utf8(text).is_ok();
                Value::Text(String::from_utf8_lossy(text).into_owned())
            }
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
        })
    };
    let values = (1..width)
        .map(&mut value)
        .collect::<rusqlite::Result<_>>()?;
    Ok((values, whole))
}

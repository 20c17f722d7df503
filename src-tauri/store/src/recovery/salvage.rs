//! Reads a damaged database: page by page as far as they are whole, around those that are not.
//!
//! SQLite's own program for it (`.recover`) is not part of the library. This reads the tables in the
//! order of their rows, and where a page cannot be read, goes on at the next row that can.

use super::stray::{self, Shape};
use super::{RecoveryError, at};
use crate::StoreError;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement, params_from_iter};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
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

impl Direction {
    /// Whether `id` lies behind `last` on this way.
    fn leads(self, last: i64, id: i64) -> bool {
        match self {
            Self::Up => id > last,
            Self::Down => id < last,
        }
    }
}

/// Copies every row that can be read from the file `damaged` into `fresh`, the database in the file
/// `template`; answers whether that was all of them.
pub(super) fn bring_over(
    damaged: &Path,
    template: &Path,
    fresh: &mut Connection,
) -> Result<bool, RecoveryError> {
    fresh.pragma_update(None, "foreign_keys", false)?;
    let mut whole = true;
    let opened = match open(damaged) {
        Ok(source) => Some(source),
        Err(_) => {
            whole = false;
            fresh.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            replace_list_of_tables(damaged, template)?;
            open(damaged).ok()
        }
    };
    let transaction = fresh.transaction()?;
    let mut lost = Vec::new();
    for table in tables(&transaction)? {
        let all = match &opened {
            Some(source) => copy(source, &transaction, &table)?,
            None => false,
        };
        if !all {
            lost.push(Shape::of(&transaction, &table.name)?);
        }
    }
    if let Some(source) = opened {
        // The newest pages are looked at, too, and not those that they took the place of.
        drop(source.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    }
    if !lost.is_empty() {
        stray::gather(damaged, &transaction, &lost)?;
    }
    transaction.commit()?;
    fresh.pragma_update(None, "foreign_keys", true)?;
    Ok(whole && lost.is_empty())
}

/// Opens a damaged database so that as much of it as possible can be read; fails when not even the
/// list of its tables can.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Lets a file be read that is shorter than its header says.
    connection.pragma_update(None, "writable_schema", true)?;
    // What looks like rows in a page of something else is none.
    connection.pragma_update(None, "cell_size_check", true)?;
    // To the end of the list: what stands on a page of it that is lost would not be missed.
    let known: i64 = connection.query_row(
        "SELECT coalesce(sum(name = 'message'), 0) FROM sqlite_schema",
        [],
        |row| row.get(0),
    )?;
    if known == 0 {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    }
    Ok(connection)
}

/// Gives a database whose list of tables is lost, on its first page and on those below it, that of a
/// fresh one: the list says where each table begins, and a new database begins each at the same
/// place. The file format is that of <https://sqlite.org/fileformat2.html>, sections 1.3 and 1.6.
fn replace_list_of_tables(damaged: &Path, template: &Path) -> Result<(), RecoveryError> {
    let fresh = std::fs::read(template).map_err(at(template))?;
    let Some(mut first) = page(&fresh, 1).map(<[u8]>::to_vec) else {
        return Ok(());
    };
    let mut write = || {
        let mut file = OpenOptions::new().write(true).open(damaged)?;
        let pages = file.metadata()?.len() / first.len() as u64;
        for number in children(&first) {
            if let Some(content) = page(&fresh, number) {
                file.seek(SeekFrom::Start(u64::from(number - 1) * first.len() as u64))?;
                file.write_all(content)?;
            }
        }
        // The size of the database in pages, and no list of free ones.
        first[28..32].copy_from_slice(&u32::try_from(pages).unwrap_or(u32::MAX).to_be_bytes());
        first[32..40].fill(0);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&first)
    };
    write().map_err(at(damaged))
}

/// The page of a database file with that number, from 1.
fn page(file: &[u8], number: u32) -> Option<&[u8]> {
    let size = usize::from(u16::from_be_bytes([*file.get(16)?, *file.get(17)?]));
    let begin = size.checked_mul(usize::try_from(number).ok()?.checked_sub(1)?)?;
    file.get(begin..begin.checked_add(size)?)
}

/// The pages right below the first one, where the list of tables does not fit on it.
fn children(first: &[u8]) -> Vec<u32> {
    const INTERIOR: u8 = 5;
    let number = |at: usize| {
        let bytes = first.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?)).filter(|&number| number > 1)
    };
    if first.get(100) != Some(&INTERIOR) {
        return Vec::new();
    }
    // Behind the file's header of 100 bytes and the page's own of 12 stands where each cell begins,
    // and each cell with the page that it leads to; the last page is named in the page's header.
    let cells = usize::from(u16::from_be_bytes([first[103], first[104]]));
    let cell = |cell: usize| {
        let bytes = first.get(112 + 2 * cell..114 + 2 * cell)?;
        number(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
    };
    (0..cells).filter_map(cell).chain(number(108)).collect()
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
        let mut begun = false;
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
            // Pages that lead to each other in a circle have rows without an end.
            let goes_on = direction.leads(last, id) || (!begun && id == from);
            if !goes_on {
                return Ok(Reached::Damage(last));
            }
            begun = true;
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
                Ok(Some(id)) if direction.leads(last, id) => return Some(id),
                Ok(None) => return None,
                // One that was passed before, where pages are out of order.
                Ok(Some(_)) | Err(_) => {}
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

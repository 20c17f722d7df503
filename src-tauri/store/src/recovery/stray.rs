//! Rows on pages that nothing leads to any more, as after the page that a table's tree begins with
//! is lost. They are found by looking at every page of the file, and told from one another by what
//! stands in them: each table has rows of its own shape.
//!
//! The format is that of <https://sqlite.org/fileformat2.html>, sections 1.3, 1.6 and 2.1.

use super::{RecoveryError, at};
use crate::StoreError;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The first byte of a page with rows of a table.
const LEAF: u8 = 13;
/// The length of such a page's header, in bytes.
const PAGE_HEADER: usize = 8;

/// The shape of a table's rows.
pub(super) struct Shape {
    table: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    is_text: bool,
    is_real: bool,
    required: bool,
    /// Whether it is the row's number, which does not stand in the row.
    is_number: bool,
}

impl Shape {
    /// The shape of a table of `fresh`.
    pub(super) fn of(fresh: &Connection, table: &str) -> rusqlite::Result<Self> {
        let mut statement =
            fresh.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1)")?;
        let columns = statement.query_map([table], |row| {
            let (kind, key): (String, u32) = (row.get(1)?, row.get(3)?);
            Ok(Column {
                name: row.get(0)?,
                is_text: kind == "TEXT",
                is_real: kind == "REAL",
                required: row.get(2)? || key > 0,
                is_number: kind == "INTEGER" && key > 0,
            })
        })?;
        let mut columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
        // A number among several columns of a key is a column like others.
        let keys = columns.iter().filter(|column| column.is_number).count();
        let alone = keys == 1 && columns.first().is_some_and(|column| column.is_number);
        columns
            .iter_mut()
            .for_each(|column| column.is_number &= alone);
        Ok(Self {
            table: table.to_owned(),
            columns,
        })
    }

    /// Whether these could be the values of a row. Columns that were added to the table later may
    /// be missing at the end.
    fn fits(&self, values: &[Value]) -> bool {
        let (there, missing) = match self.columns.split_at_checked(values.len()) {
            Some(split) => split,
            None => return false,
        };
        let mut both = there.iter().zip(values);
        both.all(|(column, value)| column.takes(value))
            && !missing.iter().any(|column| column.required)
    }

    fn insert(&self, fresh: &Connection, row: Row) -> Result<(), RecoveryError> {
        let there = &self.columns[..row.values.len()];
        let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
        let places = vec!["?"; names.len()].join(", ");
        let mut insert = fresh.prepare_cached(&format!(
            "INSERT OR IGNORE INTO {} ({}) VALUES ({places})",
            self.table,
            names.join(", ")
        ))?;
        let values = there.iter().zip(row.values).map(|(column, value)| {
            if column.is_number {
                Value::Integer(row.number)
            } else {
                value
            }
        });
        match insert
            .execute(params_from_iter(values))
            .map_err(StoreError::from)
        {
            // What is not accepted is no row of this table.
            Ok(_) | Err(StoreError::Database(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Column {
    fn takes(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.is_number || !self.required,
            Value::Text(_) => self.is_text,
            Value::Integer(_) => !self.is_text && !self.is_number,
            Value::Real(_) => self.is_real,
            // No table has such.
            Value::Blob(_) => false,
        }
    }
}

/// Copies every row of these shapes, wherever it stands in the file `damaged`, into `fresh`, but for
/// those that it has.
pub(super) fn gather(
    damaged: &Path,
    fresh: &Connection,
    shapes: &[Shape],
) -> Result<(), RecoveryError> {
    let mut pages = Pages::open(damaged).map_err(at(damaged))?;
    for number in 1..=pages.count {
        // What the disk does not give is lost, and the rest is not.
        let Ok(page) = pages.read(number) else {
            continue;
        };
        for row in pages.rows(number, &page) {
            let mut fitting = shapes.iter().filter(|shape| shape.fits(&row.values));
            if let (Some(shape), None) = (fitting.next(), fitting.next()) {
                shape.insert(fresh, row)?;
            }
        }
    }
    Ok(())
}

struct Row {
    number: i64,
    values: Vec<Value>,
}

/// A database as a file of pages.
struct Pages {
    file: File,
    /// Bytes of a page.
    size: usize,
    /// Those of them that SQLite uses.
    usable: usize,
    count: u32,
}

impl Pages {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut header = [0; 100];
        file.read_exact(&mut header)?;
        let size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size if size.is_power_of_two() && size >= 512 => usize::from(size),
            // Lost with the header: the size that this program's databases have.
            _ => 4_096,
        };
        let reserved = usize::from(header[20]);
        Ok(Self {
            file,
            size,
            usable: size.saturating_sub(reserved).max(480),
            count: u32::try_from(length / size as u64).unwrap_or(u32::MAX),
        })
    }

    fn read(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let place = u64::from(number.saturating_sub(1)) * self.size as u64;
        self.file.seek(SeekFrom::Start(place))?;
        let mut page = vec![0; self.size];
        self.file.read_exact(&mut page)?;
        Ok(page)
    }

    /// The rows of a page that has such, without those that are not whole.
    fn rows(&mut self, number: u32, page: &[u8]) -> Vec<Row> {
        // On the first page stands the file's header, and then the list of tables.
        if number == 1 || page.first() != Some(&LEAF) {
            return Vec::new();
        }
        let count = usize::from(u16_at(page, 3).unwrap_or(0));
        (0..count)
            .filter_map(|index| {
                let cell = usize::from(u16_at(page, PAGE_HEADER + 2 * index)?);
                self.row(page.get(cell..)?)
            })
            .collect()
    }

    fn row(&mut self, cell: &[u8]) -> Option<Row> {
        let (length, rest) = varint(cell)?;
        let (number, rest) = varint(rest)?;
        let length = usize::try_from(length).ok()?;
        let payload = self.payload(length, rest)?;
        Some(Row {
            number: number.cast_signed(),
            values: values(&payload)?,
        })
    }

    /// The content of a row: what stands on its page, and what on the pages after it.
    fn payload(&mut self, length: usize, local: &[u8]) -> Option<Vec<u8>> {
        let most = self.usable - 35;
        if length <= most {
            return local.get(..length).map(<[u8]>::to_vec);
        }
        if length as u64 > u64::from(self.count) * self.size as u64 {
            return None;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fair = least + (length - least) % (self.usable - 4);
        let here = if fair <= most { fair } else { least };
        let mut payload = local.get(..here)?.to_vec();
        let mut next = u32_at(local, here)?;
        while payload.len() < length {
            if next == 0 || next > self.count {
                return None;
            }
            let page = self.read(next).ok()?;
            let wanted = (length - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + wanted)?);
            next = u32_at(&page, 0)?;
        }
        Some(payload)
    }
}

/// The values of a record; `None` where it is none.
fn values(record: &[u8]) -> Option<Vec<Value>> {
    let (header, rest) = varint(record)?;
    let header = usize::try_from(header).ok()?;
    let mut body = record.get(header..)?;
    let mut types = record.get(record.len() - rest.len()..header)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        let (kind, rest) = varint(types)?;
        types = rest;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let (bytes, rest) = body.split_at_checked(length)?;
        body = rest;
        values.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(bytes)),
            7 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            _ if kind % 2 == 0 => Value::Blob(bytes.to_vec()),
            _ => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        });
    }
    // Nothing is left over in a record.
    body.is_empty().then_some(values)
}

/// A number of up to eight bytes with a sign.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let begin = if negative { -1 } else { 0 };
    bytes
        .iter()
        .fold(begin, |number: i64, byte| number << 8 | i64::from(*byte))
}

/// A number of one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        let rest = &bytes[index + 1..];
        if index == 8 {
            return Some((number << 8 | u64::from(*byte), rest));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

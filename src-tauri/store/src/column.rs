//! How our own types stand in the database's columns: words in kebab-case, the rest as JSON.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

/// A value of an enum of plain words, written as the word.
pub(super) struct Word<T>(pub T);

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0).map_err(unfit)? {
            serde_json::Value::String(word) => Ok(word.into()),
            other => Err(unfit(format!("{other} is not a word"))),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word: StrDeserializer<'_, WordError> = value.as_str()?.into_deserializer();
        T::deserialize(word).map(Self).map_err(FromSqlError::other)
    }
}

/// A value written as JSON text.
pub(super) struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(serde_json::to_string(&self.0).map_err(unfit)?.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?)
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

/// The same for what must not keep the rest of its row from being read: `None` where it is damaged.
pub(super) struct Undamaged<T>(pub Option<T>);

impl<T: DeserializeOwned> FromSql for Undamaged<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let json = value.as_bytes()?;
        Ok(Self(serde_json::from_slice(json).ok()))
    }
}

/// Reads a column that may be absent; `None`, and a note in `damaged`, where what stands there cannot
/// be understood.
pub(super) fn optional<T: FromSql>(
    row: &Row<'_>,
    name: &str,
    damaged: &mut bool,
) -> rusqlite::Result<Option<T>> {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    match row.get(name) {
        Err(FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)) => {
            *damaged = true;
            Ok(None)
        }
        read => read,
    }
}

fn unfit(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(reason.into())
}

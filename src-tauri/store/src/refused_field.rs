//! The table of optional fields that servers refused, so that a new start does not have each
//! refused again. A server may be brought up to date: what it refused is forgotten after a while.

use super::schema::Migration;
use super::{Store, StoreError};
use rusqlite::Connection;
use tacet_conversation::{Millis, RefusedField};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 3,
    // `provider` is the id in the settings; `model` is empty where no model takes the field.
    sql: "CREATE TABLE refused_field (
            provider   TEXT NOT NULL,
            base_url   TEXT NOT NULL,
            field      TEXT NOT NULL,
            model      TEXT NOT NULL,
            refused_at INTEGER NOT NULL,
            PRIMARY KEY (provider, base_url, field, model)
          ) STRICT;",
}];

/// How long a refusal counts, in milliseconds: 30 days.
const LIFE: Millis = 30 * 24 * 60 * 60 * 1_000;

impl Store {
    /// What the server of a provider refused in earlier runs and what still counts: for 30 days
    /// before `now`, and for as long as the provider has that address. Nothing where the database
    /// cannot be read: then the server is asked once more.
    pub async fn refused_fields(
        &self,
        provider: &str,
        base_url: &str,
        now: Millis,
    ) -> Vec<RefusedField> {
        let (provider, base_url) = (provider.to_owned(), base_url.to_owned());
        let known = self.run(move |connection| load(connection, &provider, &base_url, now));
        known.await.unwrap_or_default()
    }

    /// Keeps what a server refused. Returns at once; where it cannot be written, the field is
    /// refused once more at the next start.
    pub fn keep_refused_field(
        &self,
        provider: &str,
        base_url: &str,
        refused: &RefusedField,
        now: Millis,
    ) {
        let (provider, base_url) = (provider.to_owned(), base_url.to_owned());
        let refused = refused.clone();
        self.writer.post(move |connection| {
            let _ =
                connection.map(|connection| keep(connection, &provider, &base_url, &refused, now));
        });
    }

    /// Forgets what the server of a provider refused: the provider is not there any more.
    pub fn forget_refusals(&self, provider: &str) {
        let provider = provider.to_owned();
        self.writer.post(move |connection| {
            // Where it fails, it is forgotten with time.
            let _ = connection.map(|connection| {
                connection.execute("DELETE FROM refused_field WHERE provider = ?1", [provider])
            });
        });
    }
}

/// What still counts; the rest is forgotten for good.
fn load(
    connection: &Connection,
    provider: &str,
    base_url: &str,
    now: Millis,
) -> Result<Vec<RefusedField>, StoreError> {
    connection.execute(
        "DELETE FROM refused_field
         WHERE refused_at NOT BETWEEN ?1 AND ?2 OR (provider = ?3 AND base_url <> ?4)",
        (now - LIFE, now, provider, base_url),
    )?;
    let mut query =
        connection.prepare("SELECT field, model FROM refused_field WHERE provider = ?1")?;
    let refused = query.query_map([provider], |row| {
        let model: String = row.get("model")?;
        Ok(RefusedField {
            field: row.get("field")?,
            model: Some(model).filter(|model| !model.is_empty()),
        })
    })?;
    Ok(refused.collect::<Result<_, _>>()?)
}

fn keep(
    connection: &Connection,
    provider: &str,
    base_url: &str,
    refused: &RefusedField,
    now: Millis,
) -> Result<(), StoreError> {
    let model = refused.model.as_deref().unwrap_or_default();
    connection.execute(
        "INSERT OR REPLACE INTO refused_field (provider, base_url, field, model, refused_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (provider, base_url, &refused.field, model, now),
    )?;
    Ok(())
}

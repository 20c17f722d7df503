//! The table of usage: one row a request, with what it took and how that is known (rule C23).

use super::StoreError;
use super::column::{Json, Word, optional};
use super::schema::Migration;
use rusqlite::{Connection, Row, params};
use tacet_conversation::{
    ConversationId, Cost, CostBasis, Message, MessageId, Millis, ModelRef, PriceTag, RequestRecord,
    Usage, UsageSource,
};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        // `request_id` is the turn's id and the request's number within the turn, from 0.
        sql: "CREATE TABLE usage (
                request_id   TEXT PRIMARY KEY,
                message_id   TEXT NOT NULL UNIQUE REFERENCES message (id) ON DELETE CASCADE,
                source       TEXT NOT NULL,
                method       TEXT,
                input        INTEGER,
                cached_input INTEGER,
                output       INTEGER,
                reasoning    INTEGER,
                model        TEXT,
                created_at   INTEGER NOT NULL
              ) STRICT;",
    },
    Migration {
        version: 2,
        // `generation_id` is the provider's id of the answer; `replaced` is the usage that these
        // figures took the place of, as JSON; the costs are US dollars; `price` is the price that
        // they were computed with, with its origin and date, as JSON.
        sql: "ALTER TABLE usage ADD COLUMN generation_id TEXT;
              ALTER TABLE usage ADD COLUMN replaced TEXT;
              ALTER TABLE usage ADD COLUMN cost_low REAL;
              ALTER TABLE usage ADD COLUMN cost_high REAL;
              ALTER TABLE usage ADD COLUMN cost_basis TEXT;
              ALTER TABLE usage ADD COLUMN price TEXT;",
    },
    Migration {
        version: 4,
        // The host that keeps a record of the call, while its true figures are looked up there; each
        // launch asks for the newest of them.
        sql: "ALTER TABLE usage ADD COLUMN record_host TEXT;
              CREATE INDEX usage_record ON usage (created_at) WHERE record_host IS NOT NULL;",
    },
    Migration {
        version: 5,
        // One row a request: `attempt` counts the requests of an answer from 0, and `made_again` is
        // 1 for one that failed and was followed by the next. The last is the answer's own.
        sql: "CREATE TABLE request_usage (
                message_id    TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
                attempt       INTEGER NOT NULL,
                made_again    INTEGER NOT NULL,
                source        TEXT NOT NULL,
                method        TEXT,
                input         INTEGER,
                cached_input  INTEGER,
                output        INTEGER,
                reasoning     INTEGER,
                model         TEXT,
                created_at    INTEGER NOT NULL,
                generation_id TEXT,
                replaced      TEXT,
                cost_low      REAL,
                cost_high     REAL,
                cost_basis    TEXT,
                price         TEXT,
                record_host   TEXT,
                PRIMARY KEY (message_id, attempt)
              ) STRICT;
              INSERT INTO request_usage
              SELECT message_id, 0, 0, source, method, input, cached_input, output,
                     reasoning, model, created_at, generation_id, replaced, cost_low, cost_high,
                     cost_basis, price, record_host
              FROM usage;
              DROP TABLE usage;
              ALTER TABLE request_usage RENAME TO usage;
              CREATE INDEX usage_record ON usage (created_at) WHERE record_host IS NOT NULL;",
    },
    Migration {
        version: 6,
        // `output_source` is how the answer's tokens are known, where that differs from `source`;
        // `at_least` is 1 where it may have taken more of them. Without a `cost_high` beside a
        // `cost_low` there is no upper end.
        sql: "ALTER TABLE usage ADD COLUMN output_source TEXT;
              ALTER TABLE usage ADD COLUMN at_least INTEGER NOT NULL DEFAULT 0;",
    },
    Migration {
        version: 7,
        // One row a request, for answers of several steps too: `step` counts from 0, `attempt`
        // within it. `finish_reason` is why the model ended by itself.
        sql: "CREATE TABLE request_usage (
                message_id    TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
                step          INTEGER NOT NULL DEFAULT 0,
                attempt       INTEGER NOT NULL,
                made_again    INTEGER NOT NULL,
                finish_reason TEXT,
                source        TEXT NOT NULL,
                output_source TEXT,
                at_least      INTEGER NOT NULL DEFAULT 0,
                method        TEXT,
                input         INTEGER,
                cached_input  INTEGER,
                output        INTEGER,
                reasoning     INTEGER,
                model         TEXT,
                created_at    INTEGER NOT NULL,
                generation_id TEXT,
                replaced      TEXT,
                cost_low      REAL,
                cost_high     REAL,
                cost_basis    TEXT,
                price         TEXT,
                record_host   TEXT,
                PRIMARY KEY (message_id, step, attempt)
              ) STRICT;
              INSERT INTO request_usage
              SELECT u.message_id, 0, u.attempt, u.made_again,
                     CASE WHEN u.made_again THEN NULL ELSE m.finish_reason END,
                     u.source, u.output_source, u.at_least, u.method, u.input, u.cached_input,
                     u.output, u.reasoning, u.model, u.created_at, u.generation_id, u.replaced,
                     u.cost_low, u.cost_high, u.cost_basis, u.price, u.record_host
              FROM usage u JOIN message m ON m.id = u.message_id;
              DROP TABLE usage;
              ALTER TABLE request_usage RENAME TO usage;
              CREATE INDEX usage_record ON usage (created_at) WHERE record_host IS NOT NULL;",
    },
];

/// An answer whose true figures are in a record that was not there when Tacet last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedRecord {
    /// The answer.
    pub message_id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Who answered.
    pub model: ModelRef,
    /// The provider's id of the answer.
    pub answer_id: String,
    /// The host that keeps the record.
    pub host: String,
}

/// Notes at which host the true figures of an answer are looked up. Without an effect on an answer
/// that has no usage.
pub(super) fn await_record(
    connection: &Connection,
    answer: MessageId,
    host: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE usage SET record_host = ?2
             WHERE rowid = (SELECT rowid FROM usage WHERE message_id = ?1 AND NOT made_again
                            ORDER BY step DESC LIMIT 1)",
        )?
        .execute((answer, host))?;
    Ok(())
}

/// The answers since that time that still await their record, the newest first.
pub(super) fn awaited_records(
    connection: &Connection,
    since: Millis,
    limit: u32,
) -> Result<Vec<AwaitedRecord>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id, m.conversation_id, u.model, u.generation_id, u.record_host
         FROM usage u
         JOIN message m ON m.id = u.message_id
         JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL
         WHERE u.record_host IS NOT NULL AND NOT u.made_again AND u.source <> ?1 AND u.created_at >= ?2
           AND u.generation_id IS NOT NULL AND u.model IS NOT NULL
         ORDER BY u.created_at DESC LIMIT ?3",
    )?;
    let mut rows = statement.query((Word(UsageSource::Reported), since, limit))?;
    let mut awaited = Vec::new();
    while let Some(row) = rows.next()? {
        // A name that is no model's any more has no provider to ask either.
        let Ok(model) = row.get::<_, String>("model")?.parse() else {
            continue;
        };
        awaited.push(AwaitedRecord {
            message_id: row.get("id")?,
            conversation_id: row.get("conversation_id")?,
            model,
            answer_id: row.get("generation_id")?,
            host: row.get("record_host")?,
        });
    }
    Ok(awaited)
}

/// The columns for a query that joins this table as `u`; [`read`] reads them.
pub(super) const COLUMNS: &str = "u.step, u.attempt, u.made_again, u.finish_reason, u.source, \
                                  u.output_source, u.at_least, u.method, u.input, u.cached_input, \
                                  u.output, u.reasoning, u.generation_id, u.replaced, u.cost_low, \
                                  u.cost_high, u.cost_basis, u.price";

/// Writes the requests of a message; figures that were there are replaced.
pub(super) fn upsert(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    upsert_all(connection, message.id, &message.all_requests())
}

/// Writes requests of a message that is there.
pub(super) fn upsert_all(
    connection: &Connection,
    message: MessageId,
    requests: &[RequestRecord],
) -> Result<(), StoreError> {
    for request in requests {
        let usage = &request.usage;
        let cost = usage.cost.as_ref();
        connection
            .prepare_cached(
                "INSERT INTO usage (message_id, step, attempt, made_again, finish_reason, source,
                                    output_source, at_least, method, input, cached_input, output,
                                      reasoning, model, created_at, generation_id, replaced,
                                      cost_low, cost_high, cost_basis, price)
                 SELECT m.id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                        m.model, m.created_at, ?14, ?15, ?16, ?17, ?18, ?19
                 FROM message m WHERE m.id = ?1
                 ON CONFLICT (message_id, step, attempt) DO UPDATE SET
                   made_again = excluded.made_again, finish_reason = excluded.finish_reason,
                   source = excluded.source, output_source = excluded.output_source,
                   at_least = excluded.at_least, method = excluded.method,
                   input = excluded.input, cached_input = excluded.cached_input,
                   output = excluded.output, reasoning = excluded.reasoning,
                   model = excluded.model, generation_id = excluded.generation_id,
                   replaced = excluded.replaced, cost_low = excluded.cost_low,
                   cost_high = excluded.cost_high, cost_basis = excluded.cost_basis,
                   price = excluded.price",
            )?
            .execute(params![
                message,
                request.step,
                request.attempt,
                request.made_again,
                request.finish_reason.map(Word),
                Word(usage.source),
                usage.output_source.map(Word),
                usage.at_least,
                usage.method,
                usage.input_tokens,
                usage.cached_input_tokens,
                usage.output_tokens,
                usage.reasoning_tokens,
                usage.generation_id,
                usage.replaced.as_ref().map(Json),
                cost.map(|cost| cost.low),
                cost.and_then(|cost| cost.high),
                cost.map(|cost| Word(cost.basis)),
                cost.and_then(|cost| cost.price.as_ref()).map(Json),
            ])?;
    }
    Ok(())
}

/// Takes all requests of a message away.
pub(super) fn remove_all(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM usage WHERE message_id = ?1")?
        .execute([message])?;
    Ok(())
}

/// Reads the columns of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>, damaged: &mut bool) -> rusqlite::Result<RequestRecord> {
    let source = optional(row, "source", damaged)?;
    let replaced: Option<Json<_>> = optional(row, "replaced", damaged)?;
    let output_source: Option<Word<_>> = optional(row, "output_source", damaged)?;
    let finish_reason: Option<Word<_>> = optional(row, "finish_reason", damaged)?;
    Ok(RequestRecord {
        step: row.get("step")?,
        attempt: row.get("attempt")?,
        made_again: row.get("made_again")?,
        finish_reason: finish_reason.map(|Word(reason)| reason),
        usage: Usage {
            source: source.map_or(UsageSource::Unknown, |Word(source)| source),
            output_source: output_source.map(|Word(source)| source),
            at_least: row.get("at_least")?,
            method: row.get("method")?,
            input_tokens: row.get("input")?,
            cached_input_tokens: row.get("cached_input")?,
            output_tokens: row.get("output")?,
            reasoning_tokens: row.get("reasoning")?,
            generation_id: row.get("generation_id")?,
            cost: cost(row, damaged)?,
            replaced: replaced.map(|Json(usage)| usage),
        },
    })
}

fn cost(row: &Row<'_>, damaged: &mut bool) -> rusqlite::Result<Option<Cost>> {
    let basis: Option<Word<CostBasis>> = optional(row, "cost_basis", damaged)?;
    let Some(Word(basis)) = basis else {
        return Ok(None);
    };
    let price: Option<Json<PriceTag>> = optional(row, "price", damaged)?;
    Ok(Some(Cost {
        low: row.get("cost_low")?,
        high: row.get("cost_high")?,
        basis,
        price: price.map(|Json(price)| price),
    }))
}

/// Puts figures that became known after the end of an answer in the place of those that its last
/// request has, and sums it up anew, on its receipt as well. Final figures of the provider keep what they replace, and are not
/// replaced themselves. `None` when the answer has no usage (any more), was deleted, is
/// damaged, or knows better already.
pub(super) fn settle(
    connection: &mut Connection,
    answer: MessageId,
    figures: Usage,
) -> Result<Option<Usage>, StoreError> {
    let transaction = connection.transaction()?;
    let found = super::message::one(&transaction, answer)?;
    let Some(mut message) = found.filter(|it| !it.is_damaged).map(|it| it.message) else {
        return Ok(None);
    };
    let mut requests = message.all_requests();
    let last = requests.iter_mut().rfind(|request| !request.made_again);
    let Some(request) =
        last.filter(|it| may_replace(figures.output_known_as(), it.usage.output_known_as()))
    else {
        return Ok(None);
    };
    let before = request.usage.clone();
    request.usage = Usage {
        generation_id: figures.generation_id.or(before.generation_id.clone()),
        replaced: match figures.source {
            UsageSource::Reported => Some(Box::new(before)),
            UsageSource::Running
            | UsageSource::Counted
            | UsageSource::Estimated
            | UsageSource::Unknown => None,
        },
        ..figures
    };
    let receipt_requests = requests.clone();
    message.set_requests(requests);
    if let (Some(receipt), Some(usage)) = (&mut message.receipt, &message.usage) {
        receipt.usage = usage.clone();
        receipt.requests = receipt_requests;
        super::receipt::upsert(&transaction, answer, receipt)?;
    }
    upsert(&transaction, &message)?;
    transaction.commit()?;
    Ok(message.usage)
}

/// Whether figures of the first kind are better than, or may be newer than, those of the second.
fn may_replace(new: UsageSource, old: UsageSource) -> bool {
    match (new, old) {
        (_, UsageSource::Reported) | (UsageSource::Unknown, _) => false,
        (UsageSource::Estimated, UsageSource::Running | UsageSource::Counted) => false,
        (UsageSource::Reported | UsageSource::Running | UsageSource::Counted, _)
        | (UsageSource::Estimated, UsageSource::Estimated | UsageSource::Unknown) => true,
    }
}

//! Sums of usage: what answers took together, and how much of that is known.

use super::StoreError;
use super::column::Word;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use tacet_conversation::{CostBasis, MessageState, UsageSource};
use ts_rs::TS;

/// What to sum up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// By conversation; the key is its id.
    Conversation,
    /// By the day of the request in local time; the key is the date as 2026-01-31.
    Day,
    /// By model; the key is `PROVIDER/MODEL`.
    Model,
    /// By provider; the key is its id.
    Provider,
}

/// What some answers took together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// How many answers.
    #[ts(type = "number")]
    pub answers: u64,
    /// Of these, whose figures the provider reported. Where the answer's tokens are known
    /// otherwise than those of the request, it is their source that counts, here and below.
    #[ts(type = "number")]
    pub reported: u64,
    /// Whose figures are the provider's last before the end.
    #[ts(type = "number")]
    pub running: u64,
    /// Whose answers the provider counted after their end.
    #[ts(type = "number")]
    pub counted: u64,
    /// Whose figures were counted here.
    #[ts(type = "number")]
    pub estimated: u64,
    /// Of which nothing is known: they are in no sum below.
    #[ts(type = "number")]
    pub unknown: u64,
    /// How many requests failed and were made again. What they took is in the sums below as far
    /// as it is known, and they are in no other count.
    #[ts(type = "number")]
    pub failed_attempts: u64,
    /// How many requests were made for titles. What they took is in the sums below as well, and they
    /// are in no other count.
    #[ts(type = "number")]
    pub titles: u64,
    /// Tokens of the requests, as far as they are known; absent where none is.
    #[ts(type = "number | null")]
    pub input_tokens: Option<u64>,
    /// Of these, cached ones.
    #[ts(type = "number | null")]
    pub cached_input_tokens: Option<u64>,
    /// Tokens of the answers, as far as they are known; absent where none is.
    #[ts(type = "number | null")]
    pub output_tokens: Option<u64>,
    /// Whether the answers may have taken more tokens than the sum.
    pub at_least: bool,
    /// Of these, tokens of reasoning.
    #[ts(type = "number | null")]
    pub reasoning_tokens: Option<u64>,
    /// How many answers have a cost: the others are in neither of the sums below.
    #[ts(type = "number")]
    pub priced: u64,
    /// How many of those ran on this computer, and so cost nothing.
    #[ts(type = "number")]
    pub on_this_computer: u64,
    /// What they cost at least, in US dollars; absent where no cost is known.
    pub cost_low: Option<f64>,
    /// What they cost at most; absent also where one of them may have cost more than can be said.
    pub cost_high: Option<f64>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UsageTotal {
    /// What the group is told by; see [`Grouping`].
    pub key: String,
    /// The conversation's title; absent in other groupings.
    pub title: Option<String>,
    /// Answers that were stopped.
    pub stopped: Tally,
    /// All others: whole ones, and those that broke off by themselves.
    pub others: Tally,
}

impl Grouping {
    fn key(self) -> &'static str {
        match self {
            Self::Conversation => "u.conversation_id",
            Self::Day => "date(u.created_at / 1000, 'unixepoch', 'localtime')",
            Self::Model => "coalesce(u.model, '')",
            Self::Provider => "substr(u.model, 1, instr(u.model, '/') - 1)",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Conversation => "c.title",
            Self::Day | Self::Model | Self::Provider => "NULL",
        }
    }
}

/// What both tables of usage have.
const FIGURES: &str = "u.source, u.output_source, u.at_least, u.input, u.cached_input, u.output, \
                       u.reasoning, u.model, u.created_at, u.cost_low, u.cost_high, u.cost_basis";

/// The sums over all conversations that are not deleted, the group of the newest request first.
pub(super) fn totals(
    connection: &Connection,
    grouping: Grouping,
) -> Result<Vec<UsageTotal>, StoreError> {
    let (key, title) = (grouping.key(), grouping.title());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT *, max(newest) OVER (PARTITION BY key) AS latest FROM (
           SELECT coalesce({key}, '') AS key, max({title}) AS title,
                  u.state AS state, max(u.created_at) AS newest,
                  sum(u.is_answer) AS answers, sum(u.is_title) AS titles, sum(u.made_again) AS failed_attempts,
                  sum(coalesce(u.output_source, u.source) = ?1 AND u.is_answer) AS reported,
                  sum(coalesce(u.output_source, u.source) = ?2 AND u.is_answer) AS running,
                  sum(coalesce(u.output_source, u.source) = ?6 AND u.is_answer) AS counted,
                  sum(coalesce(u.output_source, u.source) = ?3 AND u.is_answer) AS estimated,
                  sum(coalesce(u.output_source, u.source) = ?4 AND u.is_answer) AS unknown,
                  sum(u.input) AS input, sum(u.cached_input) AS cached_input,
                  sum(u.output) AS output, max(u.at_least) AS at_least,
                  sum(u.reasoning) AS reasoning,
                  sum(u.cost_low IS NOT NULL AND u.is_answer) AS priced,
                  sum(u.cost_basis = ?5 AND u.is_answer) AS local,
                  sum(u.cost_low) AS cost_low,
                  CASE WHEN count(u.cost_low) = count(u.cost_high) THEN sum(u.cost_high) END
                    AS cost_high
           FROM (
             SELECT m.conversation_id, m.state, made_again, NOT made_again AS is_answer,
                    0 AS is_title, {FIGURES}
             FROM usage u JOIN message m ON m.id = u.message_id
             UNION ALL
             SELECT conversation_id, state, 0, 0, 1, {FIGURES} FROM title_usage u
           ) u
           JOIN conversation c ON c.id = u.conversation_id AND c.deleted_at IS NULL
           GROUP BY 1, u.state)
         ORDER BY latest DESC, key"
    ))?;
    let mut rows = statement.query((
        Word(UsageSource::Reported),
        Word(UsageSource::Running),
        Word(UsageSource::Estimated),
        Word(UsageSource::Unknown),
        Word(CostBasis::OnThisComputer),
        Word(UsageSource::Counted),
    ))?;
    let mut groups: Vec<UsageTotal> = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get("key")?;
        if groups.last().is_none_or(|group| group.key != key) {
            groups.push(UsageTotal {
                key,
                title: row.get("title")?,
                stopped: Tally::default(),
                others: Tally::default(),
            });
        }
        let Word(state) = row.get("state")?;
        if let Some(group) = groups.last_mut() {
            match state {
                MessageState::Interrupted => group.stopped.add(&read(row)?),
                MessageState::Streaming | MessageState::Complete | MessageState::Incomplete => {
                    group.others.add(&read(row)?);
                }
            }
        }
    }
    Ok(groups)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Tally> {
    Ok(Tally {
        answers: row.get("answers")?,
        reported: row.get("reported")?,
        running: row.get("running")?,
        counted: row.get("counted")?,
        estimated: row.get("estimated")?,
        unknown: row.get("unknown")?,
        failed_attempts: row.get("failed_attempts")?,
        titles: row.get("titles")?,
        input_tokens: row.get("input")?,
        cached_input_tokens: row.get("cached_input")?,
        output_tokens: row.get("output")?,
        at_least: row.get("at_least")?,
        reasoning_tokens: row.get("reasoning")?,
        priced: row.get("priced")?,
        on_this_computer: row.get::<_, Option<u64>>("local")?.unwrap_or(0),
        cost_low: row.get("cost_low")?,
        cost_high: row.get("cost_high")?,
    })
}

impl Tally {
    /// Adds the sums of other answers.
    pub fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.reported += other.reported;
        self.running += other.running;
        self.counted += other.counted;
        self.estimated += other.estimated;
        self.unknown += other.unknown;
        self.failed_attempts += other.failed_attempts;
        self.titles += other.titles;
        self.input_tokens = both(self.input_tokens, other.input_tokens, |a, b| a + b);
        self.cached_input_tokens = both(
            self.cached_input_tokens,
            other.cached_input_tokens,
            |a, b| a + b,
        );
        self.output_tokens = both(self.output_tokens, other.output_tokens, |a, b| a + b);
        self.reasoning_tokens = both(self.reasoning_tokens, other.reasoning_tokens, |a, b| a + b);
        self.priced += other.priced;
        self.on_this_computer += other.on_this_computer;
        self.at_least |= other.at_least;
        let has_end = |tally: &Self| tally.cost_low.is_none() || tally.cost_high.is_some();
        let both_end = has_end(self) && has_end(other);
        self.cost_low = both(self.cost_low, other.cost_low, |a, b| a + b);
        let cost_high = both(self.cost_high, other.cost_high, |a, b| a + b);
        self.cost_high = cost_high.filter(|_| both_end);
    }
}

/// What is known of two figures: absent only where both are.
fn both<T>(one: Option<T>, other: Option<T>, sum: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(sum(one, other)),
        (known, None) | (None, known) => known,
    }
}

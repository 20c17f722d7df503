//! A table of prices: a JSON file with its date, the same form for Tacet's own and the person's.
//!
//! Tacet's own holds the chat models of which two public lists that are kept by many hands, each
//! with the addresses of the providers' pages, say the same price (genai-prices 0.2.3 and LiteLLM
//! 1.109.1, compared on its date); where they differ in the price of cached input, the higher one
//! stands. Models whose price depends on the time of day (DeepSeek's) are left out: a cost that is
//! not known is better than a wrong one.

use super::{PriceOrigin, PriceTag};
use crate::is_within;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tacet_conversation::Price;
use time::Date;
use time::format_description::well_known::Iso8601;

/// `{"date": "2025-11-30", "hosts": [{"host": "api.openai.com", "models": [{"model": "gpt-4o",
/// "input": 2.5, "cached_input": 1.25, "output": 10}]}]}`: US dollars for a million tokens.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// When somebody last compared it with the providers' own pages.
    pub(super) date: String,
    pub(super) hosts: Vec<Host>,
}

/// A host with all its subdomains.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    pub(super) host: String,
    pub(super) models: Vec<Model>,
}

/// The price of a model and of its dated versions; with a `*` at the end, of all models whose
/// names begin so.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) model: String,
    pub(super) input: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cached_input: Option<f64>,
    pub(super) output: f64,
    /// Longer requests cost something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) up_to_input_tokens: Option<u64>,
    /// The last day of a price that its provider has said to end, as 2026-12-31 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
}

/// Why a table of the person's is not used. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file is there and cannot be read.
    #[error("The prices in {} could not be read, so the built-in ones are used: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no table of prices.
    #[error(
        "The prices in {} are not used; the built-in ones are. The file is kept as it is: {mistake}. \
         Correct it and start Tacet again.",
        path.display()
    )]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        mistake: String,
    },
}

/// An entry of a table.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    date: &'a str,
    model: &'a Model,
}

impl Table {
    /// Reads a table; `None` when there is no such file.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, TableError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(TableError::Unreadable {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        match Self::parse(&text) {
            Ok(table) => Ok(Some(table)),
            Err(mistake) => Err(TableError::Wrong {
                path: path.to_owned(),
                mistake,
            }),
        }
    }

    /// How many models it has.
    pub(super) fn count(&self) -> usize {
        self.hosts.iter().map(|host| host.models.len()).sum()
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let table: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        day(&table.date)?;
        for Host { host, models } in &table.hosts {
            for Model {
                model,
                input,
                cached_input,
                output,
                until,
                ..
            } in models
            {
                until.as_deref().map(day).transpose()?;
                let figures = [Some(*input), *cached_input, Some(*output)];
                let mut figures = figures.into_iter().flatten();
                if !figures.all(|figure| figure.is_finite() && figure >= 0.0) {
                    return Err(format!("the price of {model} at {host} is not a price"));
                }
            }
        }
        Ok(table)
    }

    /// The entry with the longest name that fits, if its price has not ended before `today`.
    pub(super) fn find(&self, host: &str, model: &str, today: Date) -> Option<Entry<'_>> {
        let models = self
            .hosts
            .iter()
            .filter(|entry| is_within(host, &entry.host));
        let fitting = models
            .flat_map(|entry| &entry.models)
            .filter(|entry| entry.holds(model));
        let model = fitting.max_by_key(|entry| entry.model.len())?;
        let until = model.until.as_deref().and_then(|until| day(until).ok());
        if until.is_some_and(|until| until < today) {
            return None;
        }
        let date = &self.date;
        Some(Entry { date, model })
    }
}

impl Model {
    /// A version is told by its date or number: `gpt-5-mini` is another model than `gpt-5`, and
    /// `gpt-5-2025-08-07` is not.
    fn holds(&self, model: &str) -> bool {
        if let Some(start) = self.model.strip_suffix('*') {
            return model.starts_with(start);
        }
        model.strip_prefix(&self.model).is_some_and(|rest| {
            let dated = rest.strip_prefix(['-', '@']).is_some_and(|version| {
                let digits = version.bytes().filter(u8::is_ascii_digit).count();
                digits >= 3 && version.bytes().all(|it| it.is_ascii_digit() || it == b'-')
            });
            rest.is_empty() || rest == "-latest" || dated
        })
    }
}

impl Entry<'_> {
    pub(super) fn tag(&self, origin: PriceOrigin) -> PriceTag {
        PriceTag {
            price: Price {
                input: self.model.input,
                cached_input: self.model.cached_input,
                output: self.model.output,
            },
            origin,
            date: Some(self.date.to_owned()),
            up_to_input_tokens: self.model.up_to_input_tokens,
        }
    }
}

/// # Errors
///
/// Words for a person, when the text is not a day.
fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, &Iso8601::DATE)
        .ok()
        .filter(|_| text.len() == "2026-01-31".len())
        .ok_or_else(|| format!("\"{text}\" is not a date as 2026-01-31"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn input(host: &str, model: &str) -> Option<f64> {
        let table = Table::parse(include_str!("table.json")).unwrap();
        let entry = table.find(host, model, day(&table.date).unwrap())?;
        Some(entry.tag(PriceOrigin::Table).price.input)
    }

    #[test]
    fn the_built_in_table_has_its_form_and_its_date() {
        let table = Table::parse(include_str!("table.json")).unwrap();
        assert!(table.hosts.iter().all(|host| !host.models.is_empty()));
    }

    #[test]
    fn a_price_counts_up_to_the_last_day_that_its_provider_has_given() {
        let table = r#"{"date": "2026-11-23", "hosts": [{"host": "a.org", "models": [
            {"model": "m", "input": 1, "output": 2, "until": "2026-11-30"}]}]}"#;
        let table = Table::parse(table).unwrap();
        let on = |date| table.find("a.org", "m", day(date).unwrap()).is_some();
        assert!(on("2026-11-30"));
        assert!(!on("2026-12-01"));
    }

    #[test]
    fn the_longest_name_that_fits_gives_the_price_and_a_version_has_that_of_its_model() {
        let at = "api.openai.com";
        assert_eq!(input(at, "gpt-4o"), Some(2.5));
        assert_eq!(input(at, "gpt-4o-2024-08-06"), Some(2.5));
        assert_eq!(input(at, "gpt-4o-2024-05-13"), Some(5.0));
        assert_eq!(input(at, "gpt-4o-mini-2024-07-18"), Some(0.15));
        assert_eq!(
            input("api.anthropic.com", "claude-haiku-4-5-20251001"),
            Some(1.0)
        );
        assert_eq!(input("api.mistral.ai", "mistral-small-latest"), Some(0.15));
    }

    #[test]
    fn a_model_or_host_that_is_only_named_alike_has_no_price() {
        assert_eq!(input("api.openai.com", "gpt-4o-audio-preview"), None);
        assert_eq!(input("api.openai.com", "gpt-4.1-large"), None);
        assert_eq!(input("api.openai.com", "gpt-5.9"), None);
        assert_eq!(input("api.openai.com", "gpt-4o-9"), None);
        assert_eq!(input("api.openai.com.evil.org", "gpt-4o"), None);
        assert_eq!(input("evilapi.openai.com", "gpt-4o"), None);
    }
}

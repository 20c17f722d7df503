//! What tokens cost: who says so, and since when.

mod cost;
mod count;
mod table;

pub use cost::cost_of;
pub use count::{Counted, CountedRequest, RequestCount, count};
pub use table::TableError;
pub use tacet_conversation::{Cost, CostBasis, Price, PriceOrigin, PriceTag};

use crate::ModelInfo;
use reqwest::Url;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use table::Table;
use time::OffsetDateTime;

/// The name of a person's own table in the data folder.
pub const FILE: &str = "prices.json";

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    // A test holds the file to its form.
    Table::parse(include_str!("table.json")).unwrap_or_default()
});

/// What a model costs at a provider.
#[derive(Clone, Debug, PartialEq)]
pub enum Quote {
    /// Nothing: it runs on this computer.
    OnThisComputer,
    /// This much.
    Priced(PriceTag),
    /// Nobody has said.
    Unknown,
}

/// All prices that are known. Shared by all providers, so that what a server listed outlives the
/// client that asked it.
#[derive(Debug, Default)]
pub struct Prices {
    own: Option<Table>,
    /// By host, then by the model's id.
    listed: Mutex<HashMap<String, HashMap<String, Price>>>,
}

impl Prices {
    /// The built-in table, and the person's own in `data_dir` where there is one. A file that
    /// cannot be read is left as it is and not used; the error says what is wrong with it.
    pub fn open(data_dir: &Path) -> (Self, Option<TableError>) {
        let (own, problem) = match Table::open(&data_dir.join(FILE)) {
            Ok(own) => (own, None),
            Err(problem) => (None, Some(problem)),
        };
        let listed = Mutex::default();
        (Self { own, listed }, problem)
    }

    /// The date of the table that comes with Tacet, as 2025-11-30.
    #[must_use]
    pub fn table_date() -> &'static str {
        &BUILT_IN.date
    }

    /// What a model costs at an address: as the person says, or else as the provider lists it, or
    /// else as the table has it. `None` when nobody says.
    #[must_use]
    pub fn find(&self, address: &Url, model: &str) -> Option<PriceTag> {
        let host = address.host_str()?;
        let today = OffsetDateTime::now_utc().date();
        let own = self
            .own
            .as_ref()
            .and_then(|own| own.find(host, model, today));
        let own = own.map(|entry| entry.tag(PriceOrigin::OwnTable));
        own.or_else(|| self.listed_at(host, model))
            .or_else(|| Some(BUILT_IN.find(host, model, today)?.tag(PriceOrigin::Table)))
    }

    /// Remembers what a server lists.
    pub fn learn(&self, address: &Url, models: &[ModelInfo]) {
        let Some(host) = address.host_str() else {
            return;
        };
        let priced = models
            .iter()
            .filter_map(|model| Some((model.id.clone(), model.price?)));
        let mut listed = self.listed();
        listed.entry(host.to_owned()).or_default().extend(priced);
    }

    fn listed_at(&self, host: &str, model: &str) -> Option<PriceTag> {
        let price = *self.listed().get(host)?.get(model)?;
        Some(PriceTag {
            price,
            origin: PriceOrigin::ProviderList,
            date: None,
            up_to_input_tokens: None,
        })
    }

    fn listed(&self) -> MutexGuard<'_, HashMap<String, HashMap<String, Price>>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn listed(id: &str, input: f64) -> ModelInfo {
        ModelInfo {
            id: id.to_owned(),
            price: Some(Price {
                input,
                cached_input: None,
                output: 2.0 * input,
            }),
            ..ModelInfo::default()
        }
    }

    #[test]
    fn the_person_is_believed_before_the_provider_and_the_provider_before_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let openai = url("https://api.openai.com/v1");
        let (prices, problem) = Prices::open(folder.path());
        assert!(problem.is_none());
        let tag = prices.find(&openai, "gpt-4o").unwrap();
        assert_eq!(tag.origin, PriceOrigin::Table);
        assert_eq!(tag.date.as_deref(), Some(Prices::table_date()));

        prices.learn(&openai, &[listed("gpt-4o", 9.0)]);
        let tag = prices.find(&openai, "gpt-4o").unwrap();
        assert_eq!(tag.origin, PriceOrigin::ProviderList);
        assert_eq!(tag.price.input, 9.0);
        let elsewhere = url("https://example.org/v1");
        assert_eq!(prices.find(&elsewhere, "gpt-4o"), None);

        let own = r#"{"date": "2026-01-02", "hosts": [{"host": "openai.com", "models": [
            {"model": "gpt-*", "input": 1, "output": 2}]}]}"#;
        std::fs::write(folder.path().join(FILE), own).unwrap();
        let (prices, problem) = Prices::open(folder.path());
        assert!(problem.is_none());
        prices.learn(&openai, &[listed("gpt-4o", 9.0)]);
        let tag = prices.find(&openai, "gpt-4o").unwrap();
        assert_eq!(tag.origin, PriceOrigin::OwnTable);
        assert_eq!(tag.date.as_deref(), Some("2026-01-02"));
        assert_eq!(tag.price.input, 1.0);
    }

    #[test]
    fn a_table_of_the_persons_that_cannot_be_read_is_reported_kept_and_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        for (bad, word) in [
            ("{\"date\": \"2026-01-02\",\n oops", "line 2"),
            (r#"{"date": "soon", "hosts": []}"#, "a date as 2026-01-31"),
            (r#"{"date": "2026-02-30", "hosts": []}"#, "2026-02-30"),
            (
                r#"{"date": "2026-01-02", "hosts": [{"host": "a.org", "models": [
                    {"model": "m", "input": 1, "output": 1, "until": "May"}]}]}"#,
                "May",
            ),
            (
                r#"{"date": "2026-01-02", "hosts": [{"host": "a.org", "models": [
                    {"model": "m", "input": -1, "output": 1}]}]}"#,
                "a.org",
            ),
        ] {
            std::fs::write(&file, bad).unwrap();
            let (prices, problem) = Prices::open(folder.path());
            let words = problem.unwrap().to_string();
            assert!(words.contains(word), "{words}");
            assert!(words.contains("prices.json"), "{words}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), bad);
            let openai = url("https://api.openai.com/v1");
            let tag = prices.find(&openai, "gpt-4o").unwrap();
            assert_eq!(tag.origin, PriceOrigin::Table);
        }
    }
}

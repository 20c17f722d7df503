//! What tokens cost: who says so, and since when.

mod cost;
mod count;
mod list;
mod table;

pub use cost::cost_of;
pub(crate) use count::Tally;
pub use count::{Counted, CountedRequest, RequestCount, count};
pub use list::ListSource;
pub use table::TableError;
pub use tacet_conversation::{Cost, CostBasis, Price, PriceOrigin, PriceTag};

use crate::ModelInfo;
use reqwest::Url;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, RwLock};
use table::Table;
use tacet_settings::whole_file::{self, Readers};
use time::OffsetDateTime;

/// The name of a person's own table in the data folder.
pub const FILE: &str = "prices.json";

/// The name of the table in the data folder that is made of the public list a person named.
pub const LIST_FILE: &str = "price-list.json";

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
    /// Made of the public list that the person had read last.
    public: RwLock<Option<Table>>,
    /// Where that is kept.
    list_file: PathBuf,
    /// By host, then by the model's id.
    listed: Mutex<HashMap<String, HashMap<String, Price>>>,
}

impl Prices {
    /// The built-in table, the one of a public list that was read in an earlier run, and the
    /// person's own in `data_dir`, where there are such. A file that cannot be read is left as it is
    /// and not used; the errors say what is wrong with them.
    pub fn open(data_dir: &Path) -> (Self, Vec<TableError>) {
        let mut problems = Vec::new();
        let mut open = |file: &Path| match Table::open(file) {
            Ok(table) => table,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let list_file = data_dir.join(LIST_FILE);
        let prices = Self {
            own: open(&data_dir.join(FILE)),
            public: RwLock::new(open(&list_file)),
            list_file,
            listed: Mutex::default(),
        };
        (prices, problems)
    }

    /// Reads a public list of prices now, and keeps it in place of the one before, which stays
    /// where that fails.
    ///
    /// # Errors
    /// Says why, and that nothing was changed.
    pub async fn refresh(&self, source: &ListSource) -> Result<(), String> {
        let read = async {
            let text = source.read().await?;
            let table = list::table(&text)?;
            let file = self.list_file.clone();
            let text = serde_json::to_string_pretty(&table).map_err(|error| error.to_string())?;
            let writing = tokio::task::spawn_blocking(move || {
                whole_file::replace(&file, text.as_bytes(), Readers::Owner)
            });
            let written = writing.await.map_err(|error| error.to_string())?;
            written.map_err(|error| format!("it could not be saved ({error})"))?;
            Ok::<_, String>(table)
        };
        let table = read.await.map_err(|reason| {
            format!("The list of prices was not taken: {reason}. The prices are as they were.")
        })?;
        *self.public.write().unwrap_or_else(PoisonError::into_inner) = Some(table);
        Ok(())
    }

    /// The date of the public list that was read last, as 2026-01-31, and how many models it prices.
    #[must_use]
    pub fn public_list(&self) -> Option<(String, usize)> {
        let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
        let table = public.as_ref()?;
        Some((table.date.clone(), table.count()))
    }

    /// The date of the table that comes with Tacet, as 2025-11-30.
    #[must_use]
    pub fn table_date() -> &'static str {
        &BUILT_IN.date
    }

    /// What a model costs at an address: as the person says, or else as the provider lists it, or
    /// else as the public list that the person named, or the table has it. `None` when nobody says.
    #[must_use]
    pub fn find(&self, address: &Url, model: &str) -> Option<PriceTag> {
        let host = address.host_str()?;
        let today = OffsetDateTime::now_utc().date();
        let own = self
            .own
            .as_ref()
            .and_then(|own| own.find(host, model, today));
        let own = own.map(|entry| entry.tag(PriceOrigin::OwnTable));
        let public = || {
            let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
            let entry = public.as_ref()?.find(host, model, today)?;
            Some(entry.tag(PriceOrigin::PublicList))
        };
        own.or_else(|| self.listed_at(host, model))
            .or_else(public)
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
        assert!(problem.is_empty());
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
        assert!(problem.is_empty());
        prices.learn(&openai, &[listed("gpt-4o", 9.0)]);
        let tag = prices.find(&openai, "gpt-4o").unwrap();
        assert_eq!(tag.origin, PriceOrigin::OwnTable);
        assert_eq!(tag.date.as_deref(), Some("2026-01-02"));
        assert_eq!(tag.price.input, 1.0);
    }

    #[tokio::test]
    async fn a_public_list_is_believed_before_the_built_in_table_and_kept_for_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let openai = url("https://api.openai.com/v1");
        let list = folder.path().join("some list.json");
        let written = r#"{"gpt-4o": {"litellm_provider": "openai", "mode": "chat",
            "input_cost_per_token": 7e-06, "output_cost_per_token": 8e-06}}"#;
        std::fs::write(&list, written).unwrap();
        let source = ListSource::of(&list.display().to_string()).unwrap();
        let (prices, _) = Prices::open(folder.path());
        assert_eq!(prices.public_list(), None);
        prices.refresh(&source).await.unwrap();
        let (next, problems) = Prices::open(folder.path());
        assert!(problems.is_empty(), "{problems:?}");
        for prices in [&prices, &next] {
            let tag = prices.find(&openai, "gpt-4o").unwrap();
            assert_eq!(
                (tag.origin, tag.price.input),
                (PriceOrigin::PublicList, 7.0)
            );
            assert_eq!(prices.public_list().map(|(_, count)| count), Some(1));
            assert_eq!(tag.date, prices.public_list().map(|(date, _)| date));
            // What it does not have, the table has.
            let tag = prices.find(&openai, "gpt-4o-mini").unwrap();
            assert_eq!(tag.origin, PriceOrigin::Table);
        }

        // What comes to nothing changes nothing.
        std::fs::write(&list, "{}").unwrap();
        let words = prices.refresh(&source).await.unwrap_err();
        assert!(
            words.contains("no price") && words.contains("as they were"),
            "{words}"
        );
        let gone = ListSource::of("/no/such/list.json").unwrap();
        assert!(prices.refresh(&gone).await.is_err());
        assert_eq!(prices.find(&openai, "gpt-4o").unwrap().price.input, 7.0);
        let (next, _) = Prices::open(folder.path());
        assert_eq!(next.find(&openai, "gpt-4o").unwrap().price.input, 7.0);
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
            let words = problem[0].to_string();
            assert!(words.contains(word), "{words}");
            assert!(words.contains("prices.json"), "{words}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), bad);
            let openai = url("https://api.openai.com/v1");
            let tag = prices.find(&openai, "gpt-4o").unwrap();
            assert_eq!(tag.origin, PriceOrigin::Table);
        }
    }
}

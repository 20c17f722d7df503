//! What a request cost, and at which price: as data, whoever says so.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// Of the request.
    pub input: f64,
    /// Of the request, where the provider had them in its cache.
    pub cached_input: Option<f64>,
    /// Of the answer, reasoning included.
    pub output: f64,
}

/// Who says what a model costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PriceOrigin {
    /// The person's own table, `prices.json` in the data folder.
    OwnTable,
    /// The provider's list of models.
    ProviderList,
    /// A public list that the person has named and had read.
    PublicList,
    /// The table that comes with Tacet.
    Table,
}

/// A price, and where it is from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PriceTag {
    /// US dollars for a million tokens.
    pub price: Price,
    /// Who says so.
    pub origin: PriceOrigin,
    /// The date of the table, as 2025-11-30; absent for a provider's list, which was read in the
    /// same run of the app.
    pub date: Option<String>,
    /// The price holds for requests of at most so many tokens; longer ones cost something else.
    #[ts(type = "number | null")]
    pub up_to_input_tokens: Option<u64>,
}

/// How a cost is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CostBasis {
    /// The model runs on this computer: it costs nothing.
    OnThisComputer,
    /// The provider's own figure.
    Billed,
    /// The tokens that the provider reported, times their price.
    Computed,
    /// Tokens that were counted here in whole or in part, times their price: a range.
    Estimated,
}

/// What a request cost, in US dollars.
///
/// The range of an estimate: at least the fewest tokens that the answer can be, and the request for
/// nothing where the provider has not said what it took; at most the most tokens that both can be.
/// Where reasoning may be hidden, the server may have gone on, or the request has files that are
/// not text, there is no upper end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// At least.
    pub low: f64,
    /// At most; the same as `low` where it is one figure, and absent where it cannot be said.
    pub high: Option<f64>,
    /// How it is known.
    pub basis: CostBasis,
    /// The price that was used, where one was.
    pub price: Option<PriceTag>,
}

impl Cost {
    /// A figure of the provider's own.
    #[must_use]
    pub fn billed(dollars: f64) -> Self {
        Self {
            low: dollars,
            high: Some(dollars),
            basis: CostBasis::Billed,
            price: None,
        }
    }

    /// Two costs together, known as well as the worse known of them. Where one is absent there is
    /// no upper end.
    pub(crate) fn sum(one: Option<Self>, other: Option<&Self>) -> Option<Self> {
        let (one, other) = match (one, other) {
            (Some(one), Some(other)) => (one, other),
            (Some(one), None) => return Some(Self { high: None, ..one }),
            (None, other) => {
                return other.map(|other| Self {
                    high: None,
                    ..other.clone()
                });
            }
        };
        let order = [
            CostBasis::OnThisComputer,
            CostBasis::Billed,
            CostBasis::Computed,
            CostBasis::Estimated,
        ];
        let place = |basis| order.iter().position(|known| *known == basis);
        let is_worse = place(other.basis) > place(one.basis);
        Some(Self {
            low: one.low + other.low,
            high: one.high.zip(other.high).map(|(one, other)| one + other),
            basis: if is_worse { other.basis } else { one.basis },
            price: one
                .price
                .filter(|price| other.price.as_ref() == Some(price)),
        })
    }
}

//! What a request cost: one figure where the provider reported the tokens, a range where they were
//! counted here, and nothing where the tokens or their price are not known.

use super::{PriceTag, Quote};
use crate::family;
use crate::{Message, Part, Usage, UsageSource};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

const MILLION: f64 = 1_000_000.0;
/// How far a count may be from what the provider counts: characters differ by language, and a
/// message has tokens around its text.
const LESS: f64 = 0.7;
const MORE: f64 = 1.3;

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
/// The range of an estimate: at least 70 % of the answer's counted tokens, and the request for
/// nothing where the provider has not said what it took; at most 130 % of what was counted, the
/// request included. Files that are not text are not counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// At least.
    pub low: f64,
    /// At most; the same as `low` where it is one figure.
    pub high: f64,
    /// How it is known.
    pub basis: CostBasis,
    /// The price that was used, where one was.
    pub price: Option<PriceTag>,
}

/// What was counted here, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The request.
    pub(crate) request: u64,
    /// What was received of the answer.
    pub(crate) answer: u64,
}

impl Counted {
    /// Counts the texts of a request's history, and takes the answer's tokens from its characters.
    pub(crate) fn of(history: &[Message], model: &str, answer_characters: u64) -> Self {
        let parts = history.iter().flat_map(|message| &message.parts);
        let family = family::of(model);
        Self {
            request: family.tokens(parts.map(characters).sum()),
            answer: family.tokens(answer_characters),
        }
    }
}

/// The characters of a part that a model reads as text.
fn characters(part: &Part) -> u64 {
    match part {
        Part::Attachment(file) if file.base64 => 0,
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_) => part.body().chars().count() as u64,
    }
}

impl Cost {
    /// A figure of the provider's own.
    #[must_use]
    pub fn billed(dollars: f64) -> Self {
        Self {
            low: dollars,
            high: dollars,
            basis: CostBasis::Billed,
            price: None,
        }
    }

    /// What `usage` costs at that price, or `None` where either is not known.
    pub(crate) fn of(
        usage: &Usage,
        quote: &Quote,
        counted: impl FnOnce() -> Counted,
    ) -> Option<Self> {
        match quote {
            Quote::OnThisComputer => Some(Self {
                low: 0.0,
                high: 0.0,
                basis: CostBasis::OnThisComputer,
                price: None,
            }),
            Quote::Unknown => None,
            Quote::Priced(tag) => Self::at(usage, tag, counted()),
        }
    }

    fn at(usage: &Usage, tag: &PriceTag, counted: Counted) -> Option<Self> {
        let price = &tag.price;
        let answer = counted.answer as f64;
        let (low_output, high_output) = match (usage.source, usage.output_tokens) {
            (UsageSource::Unknown, _) => return None,
            (UsageSource::Reported, Some(tokens)) => (tokens as f64, tokens as f64),
            // The provider's last figure is from before the end, and may be a placeholder.
            (UsageSource::Running, Some(tokens)) => {
                (tokens as f64, (tokens as f64).max(MORE * answer))
            }
            (UsageSource::Estimated, Some(tokens)) => (LESS * tokens as f64, MORE * tokens as f64),
            (UsageSource::Reported | UsageSource::Running | UsageSource::Estimated, None) => {
                (LESS * answer, MORE * answer)
            }
        };
        let (low_input, high_input) = match usage.input_tokens {
            Some(tokens) => {
                let cached = usage.cached_input_tokens.unwrap_or(0).min(tokens);
                let fresh = (tokens - cached) as f64 * price.input;
                let dollars = fresh + cached as f64 * price.cached_input.unwrap_or(price.input);
                (dollars, dollars)
            }
            None => (0.0, MORE * counted.request as f64 * price.input),
        };
        let longest = usage.input_tokens.unwrap_or(counted.request);
        if tag.up_to_input_tokens.is_some_and(|limit| longest > limit) {
            return None;
        }
        let exact = usage.source == UsageSource::Reported
            && usage.input_tokens.is_some()
            && usage.output_tokens.is_some();
        Some(Self {
            low: (low_input + low_output * price.output) / MILLION,
            high: (high_input + high_output * price.output) / MILLION,
            basis: if exact {
                CostBasis::Computed
            } else {
                CostBasis::Estimated
            },
            price: Some(tag.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::price::PriceOrigin;
    use crate::provider::Price;

    const COUNTED: Counted = Counted {
        request: 1_000,
        answer: 100,
    };

    fn quote() -> Quote {
        Quote::Priced(PriceTag {
            price: Price {
                input: 2.0,
                cached_input: Some(0.5),
                output: 10.0,
            },
            origin: PriceOrigin::Table,
            date: Some("2025-11-30".to_owned()),
            up_to_input_tokens: Some(200_000),
        })
    }

    fn usage(source: UsageSource, input: Option<u64>, output: Option<u64>) -> Usage {
        Usage {
            source,
            input_tokens: input,
            output_tokens: output,
            ..Usage::unknown()
        }
    }

    fn micros(usage: &Usage) -> (i64, i64, CostBasis) {
        let cost = Cost::of(usage, &quote(), || COUNTED).unwrap();
        let micros = |dollars: f64| (dollars * MILLION).round() as i64;
        (micros(cost.low), micros(cost.high), cost.basis)
    }

    #[test]
    fn reported_tokens_cost_one_figure_with_the_cached_ones_at_their_own_price() {
        let mut usage = usage(UsageSource::Reported, Some(1_000), Some(50));
        assert_eq!(micros(&usage), (2_500, 2_500, CostBasis::Computed));
        usage.cached_input_tokens = Some(600);
        assert_eq!(micros(&usage), (1_600, 1_600, CostBasis::Computed));
    }

    #[test]
    fn an_estimate_costs_a_range_that_has_the_request_at_its_upper_end() {
        let estimate = usage(UsageSource::Estimated, None, Some(100));
        assert_eq!(
            micros(&estimate),
            (700, 1_300 + 2_600, CostBasis::Estimated)
        );
    }

    #[test]
    fn a_running_figure_costs_at_least_that_and_at_most_what_was_counted() {
        let placeholder = usage(UsageSource::Running, Some(1_000), Some(1));
        assert_eq!(
            micros(&placeholder),
            (2_010, 2_000 + 1_300, CostBasis::Estimated)
        );
        let ahead = usage(UsageSource::Running, Some(1_000), Some(500));
        assert_eq!(micros(&ahead), (7_000, 7_000, CostBasis::Estimated));
    }

    #[test]
    fn c23_what_is_not_known_costs_nothing_that_could_be_said_and_never_zero() {
        let reported = usage(UsageSource::Reported, Some(1), Some(1));
        assert_eq!(Cost::of(&Usage::unknown(), &quote(), || COUNTED), None);
        assert_eq!(Cost::of(&reported, &Quote::Unknown, || COUNTED), None);
        let long = usage(UsageSource::Reported, Some(200_001), Some(1));
        assert_eq!(Cost::of(&long, &quote(), || COUNTED), None);
    }

    #[test]
    fn what_runs_on_this_computer_costs_nothing_and_says_so() {
        let cost = Cost::of(&Usage::unknown(), &Quote::OnThisComputer, || COUNTED).unwrap();
        assert_eq!((cost.low, cost.high), (0.0, 0.0));
        assert_eq!(cost.basis, CostBasis::OnThisComputer);
    }
}

//! Usage with provenance: how many tokens a request took, what that cost, and how both are known
//! (rule C23).

use crate::Cost;
use crate::family;
use crate::tally::{TextTally, TokenRange};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a usage figure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum UsageSource {
    /// The provider's final figure.
    Reported,
    /// The provider's last figure before the request ended.
    Running,
    /// Counted by the provider's own token counter, of what was received.
    Counted,
    /// Counted here.
    Estimated,
    /// Nothing is known.
    Unknown,
}

impl UsageSource {
    /// The one of the two that says less.
    fn worse(self, other: Self) -> Self {
        let order = [
            Self::Reported,
            Self::Running,
            Self::Counted,
            Self::Estimated,
            Self::Unknown,
        ];
        let place = |it| order.iter().position(|known| *known == it);
        if place(other) > place(self) {
            other
        } else {
            self
        }
    }
}

/// What one request took. A zero is a number; an absent figure is not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// How the figures are known.
    pub source: UsageSource,
    /// How the tokens of the answer are known, where that differs: the provider had counted the
    /// request alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_source: Option<UsageSource>,
    /// Whether the answer may have taken more tokens than are said: reasoning that is not shown, or
    /// what a server went on to write after the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub at_least: bool,
    /// How an estimate was made; absent for figures from the provider.
    pub method: Option<String>,
    /// Tokens of the request, cached ones included.
    #[ts(type = "number | null")]
    pub input_tokens: Option<u64>,
    /// Of these, tokens that the provider had in its cache.
    #[ts(type = "number | null")]
    pub cached_input_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included.
    #[ts(type = "number | null")]
    pub output_tokens: Option<u64>,
    /// Of these, tokens of reasoning.
    #[ts(type = "number | null")]
    pub reasoning_tokens: Option<u64>,
    /// The provider's id of the answer, under which some let the true figures be looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub generation_id: Option<String>,
    /// What it cost; absent where the tokens or their price are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cost: Option<Cost>,
    /// What was said before the provider's final figures became known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub replaced: Option<Box<Usage>>,
}

impl Usage {
    /// Usage of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            source: UsageSource::Unknown,
            output_source: None,
            at_least: false,
            method: None,
            input_tokens: None,
            cached_input_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            generation_id: None,
            cost: None,
            replaced: None,
        }
    }

    /// An estimate of the answer's tokens by what was received of it, as the family of `model` cuts
    /// text, for a request whose provider said nothing before it ended: text, reasoning and tool
    /// arguments. Nothing received gives `unknown`: the request itself was sent and may have been
    /// billed, so zero would be a claim.
    #[must_use]
    pub fn estimated(received: &TextTally, model: &str) -> Self {
        Self::of_answer(None, received, model, false)
    }

    /// The provider's own figures of an answer, where it gave any, with an estimate of the answer's
    /// tokens where it has not counted them. `is_open`: more may have been written than was
    /// received.
    #[must_use]
    pub fn of_answer(
        said: Option<&Self>,
        received: &TextTally,
        model: &str,
        is_open: bool,
    ) -> Self {
        let said = said.filter(|usage| usage.source != UsageSource::Unknown);
        let mut usage = said.cloned().unwrap_or_else(Self::unknown);
        let tokens = received.tokens(family::of(model));
        if received.characters() > 0 && usage.lacks_output(tokens) {
            let (low, high) = (tokens.low, tokens.high);
            usage.estimate_output(
                tokens,
                if is_open {
                    format!("kinds of characters, answer only: {low} tokens or more")
                } else {
                    format!("kinds of characters, answer only: {low} to {high} tokens")
                },
                is_open,
            );
        }
        usage.at_least = is_open && usage.has_open_output();
        usage
    }

    /// The same figures with the answer's tokens as they were counted here.
    #[must_use]
    pub fn recounted(&self, tokens: TokenRange, method: String) -> Self {
        let mut usage = self.clone();
        usage.estimate_output(tokens, method, self.at_least);
        usage
    }

    /// The same figures with the answer's tokens as the provider's own token counter has counted what
    /// was received of it.
    #[must_use]
    pub fn counted(&self, tokens: u64, method: String) -> Self {
        let by_provider = matches!(self.source, UsageSource::Reported | UsageSource::Running);
        Self {
            source: if by_provider {
                self.source
            } else {
                UsageSource::Counted
            },
            output_source: by_provider.then_some(UsageSource::Counted),
            output_tokens: Some(tokens),
            reasoning_tokens: None,
            method: Some(method),
            ..self.clone()
        }
    }

    /// What several requests took together, known as well as the worst known of them. Where one
    /// lacks a figure the sum is absent; the answers' tokens and the cost are then "at least".
    #[must_use]
    pub fn total<'a>(requests: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut requests = requests.into_iter();
        let Some(first) = requests.next() else {
            return Self::unknown();
        };
        requests.fold(first.clone(), |sum, next| sum.plus(next))
    }

    fn plus(self, other: &Self) -> Self {
        let output_known_as = self.output_known_as().worse(other.output_known_as());
        let source = self.source.worse(other.source);
        let add = |one: Option<u64>, other: Option<u64>| Some(one?.saturating_add(other?));
        Self {
            source,
            output_source: (output_known_as != source).then_some(output_known_as),
            at_least: self.at_least
                || other.at_least
                || self.output_tokens.is_some() != other.output_tokens.is_some(),
            method: self.method.or_else(|| other.method.clone()),
            input_tokens: add(self.input_tokens, other.input_tokens),
            cached_input_tokens: add(self.cached_input_tokens, other.cached_input_tokens),
            output_tokens: match (self.output_tokens, other.output_tokens) {
                (Some(one), Some(other)) => Some(one.saturating_add(other)),
                (one, other) => one.or(other),
            },
            reasoning_tokens: add(self.reasoning_tokens, other.reasoning_tokens),
            generation_id: None,
            cost: Cost::sum(self.cost, other.cost.as_ref()),
            replaced: None,
        }
    }

    /// How the tokens of the answer are known.
    #[must_use]
    pub fn output_known_as(&self) -> UsageSource {
        self.output_source.unwrap_or(self.source)
    }

    /// Whether the provider has not counted the answer. A figure from the way that is below the
    /// fewest tokens that the answer can be is none: some servers begin with a placeholder.
    fn lacks_output(&self, tokens: TokenRange) -> bool {
        match (self.source, self.output_tokens) {
            (UsageSource::Running, Some(output)) => output < tokens.low,
            (
                UsageSource::Reported
                | UsageSource::Counted
                | UsageSource::Estimated
                | UsageSource::Unknown,
                output,
            ) => output.is_none(),
            (UsageSource::Running, None) => true,
        }
    }

    fn has_open_output(&self) -> bool {
        self.output_tokens.is_some() && self.output_known_as() != UsageSource::Reported
    }

    fn estimate_output(&mut self, tokens: TokenRange, method: String, is_open: bool) {
        // What is at least so much is not about so much.
        self.output_tokens = Some(if is_open { tokens.low } else { tokens.about });
        self.reasoning_tokens = None;
        self.method = Some(method);
        match self.source {
            UsageSource::Unknown | UsageSource::Estimated => {
                self.source = UsageSource::Estimated;
                self.output_source = None;
            }
            UsageSource::Reported | UsageSource::Running | UsageSource::Counted => {
                self.output_source = Some(UsageSource::Estimated);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::CostBasis;

    const WORDS: &str = "A moraine is a heap of rubble that a glacier left behind.";

    fn said(source: UsageSource, input: Option<u64>, output: Option<u64>) -> Usage {
        Usage {
            source,
            input_tokens: input,
            output_tokens: output,
            ..Usage::unknown()
        }
    }

    fn of(said: &Usage, received: &str, is_open: bool) -> Usage {
        Usage::of_answer(
            Some(said),
            &TextTally::of(received),
            "claude-opus-5",
            is_open,
        )
    }

    #[test]
    fn c23_what_the_provider_has_not_counted_is_estimated_beside_what_it_has() {
        let input = Some(9);
        let known = said(UsageSource::Running, input, None);
        let usage = of(&known, WORDS, false);
        assert_eq!(usage.source, UsageSource::Running);
        assert_eq!(usage.input_tokens, input);
        assert_eq!(usage.output_known_as(), UsageSource::Estimated);
        let output = usage.output_tokens.unwrap();
        assert!((12..=20).contains(&output), "{output}");
        assert!(usage.method.unwrap().contains(" to "));
        // Nothing came, so there is nothing to count: zero would be a claim.
        assert_eq!(of(&known, "", true), known);
    }

    #[test]
    fn c23_a_placeholder_is_no_count_and_a_count_is_kept() {
        let running = |output| said(UsageSource::Running, Some(9), Some(output));
        for placeholder in [0, 1, 4] {
            let usage = of(&running(placeholder), WORDS, false);
            assert_eq!(usage.output_known_as(), UsageSource::Estimated);
            assert!(usage.output_tokens > Some(placeholder));
        }
        assert_eq!(of(&running(13), WORDS, false), running(13));
        assert_eq!(of(&running(900), WORDS, false), running(900));
        assert_eq!(of(&running(0), "", false), running(0), "zero is a number");
        let reported = said(UsageSource::Reported, Some(9), Some(0));
        assert_eq!(
            of(&reported, WORDS, true),
            reported,
            "a final zero is one too"
        );
    }

    #[test]
    fn c23_where_more_may_have_been_written_a_figure_is_at_least_and_the_fewest_it_can_be() {
        let unknown = Usage::unknown();
        let (closed, open) = (of(&unknown, WORDS, false), of(&unknown, WORDS, true));
        assert!(!closed.at_least && open.at_least);
        assert!(open.output_tokens < closed.output_tokens);
        assert!(open.method.as_ref().unwrap().ends_with(" tokens or more"));
        let running = of(&said(UsageSource::Running, None, Some(40)), WORDS, true);
        assert_eq!((running.output_tokens, running.at_least), (Some(40), true));
        let reported = of(&said(UsageSource::Reported, None, Some(40)), WORDS, true);
        assert!(!reported.at_least);
        let tokens = TokenRange {
            low: 13,
            about: 14,
            high: 20,
        };
        let recounted = open.recounted(tokens, "counted".to_owned());
        assert_eq!(
            (recounted.output_tokens, recounted.at_least),
            (Some(13), true)
        );
        let recounted = closed.recounted(tokens, "counted".to_owned());
        assert_eq!(
            (recounted.output_tokens, recounted.at_least),
            (Some(14), false)
        );
    }

    #[test]
    fn c23_a_sum_is_known_as_well_as_the_worst_of_it_and_says_what_it_lacks() {
        let cost = |low, high| {
            let (basis, price) = (CostBasis::Computed, None);
            Some(Cost {
                low,
                high,
                basis,
                price,
            })
        };
        let first = Usage {
            cost: cost(0.5, Some(0.5)),
            ..said(UsageSource::Reported, Some(10), Some(4))
        };
        let second = Usage {
            cost: cost(0.25, Some(0.75)),
            ..said(UsageSource::Running, Some(14), Some(0))
        };
        assert_eq!(Usage::total([&first]), first, "one request is its own sum");
        let sum = Usage::total([&first, &second]);
        assert_eq!(
            (sum.source, sum.input_tokens, sum.output_tokens),
            (UsageSource::Running, Some(24), Some(4))
        );
        assert!(!sum.at_least);
        assert_eq!(sum.cost, cost(0.75, Some(1.25)));
        let sum = Usage::total([&first, &Usage::unknown()]);
        assert_eq!(sum.source, UsageSource::Unknown);
        assert_eq!((sum.input_tokens, sum.output_tokens), (None, Some(4)));
        assert!(sum.at_least);
        assert_eq!(sum.cost, cost(0.5, None));
    }

    #[test]
    fn c23_usage_that_was_written_before_says_nothing_of_its_answer_apart() {
        let old = r#"{"source": "estimated", "method": "4 characters a token", "inputTokens": null,
            "cachedInputTokens": null, "outputTokens": 7, "reasoningTokens": null,
            "cost": {"low": 0.5, "high": 2.0, "basis": "estimated", "price": null}}"#;
        let usage: Usage = serde_json::from_str(old).unwrap();
        assert_eq!(usage.output_known_as(), UsageSource::Estimated);
        assert!(!usage.at_least);
        assert_eq!(usage.cost.unwrap().high, Some(2.0));
    }
}

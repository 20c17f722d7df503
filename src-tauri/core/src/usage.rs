//! Usage with provenance: how many tokens a request took, what that cost, and how both are known
//! (rule C23).

use crate::family;
use crate::price::Cost;
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
    /// Counted here.
    Estimated,
    /// Nothing is known.
    Unknown,
}

/// What one request took. A zero is a number; an absent figure is not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// How the figures are known.
    pub source: UsageSource,
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

    /// An estimate of the answer's tokens by the number of its characters, as the family of
    /// `model` cuts text, for a request whose provider said nothing before it ended. `characters`
    /// counts all that was received: text, reasoning and tool arguments. Nothing received gives
    /// `unknown`: the request itself was sent and may have been billed, so zero would be a claim.
    #[must_use]
    pub fn estimated(characters: u64, model: &str) -> Self {
        if characters == 0 {
            return Self::unknown();
        }
        let family = family::of(model);
        Self {
            source: UsageSource::Estimated,
            method: Some(family.method()),
            output_tokens: Some(family.tokens(characters)),
            ..Self::unknown()
        }
    }
}

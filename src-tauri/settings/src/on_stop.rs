//! What Stop does with a provider's connection: the choice between the least cost and the exact
//! figure.

use super::rules;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What Stop does with the connection, as the settings write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum OnStop {
    /// It closes at once.
    #[default]
    Close,
    /// The answer is hidden and read on, for the usage that the provider reports at its end.
    Drain(Drain),
}

/// How far an answer is read on after a stop; what is reached first ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Drain {
    /// At most so many tokens, from 1 to 100,000.
    #[serde(deserialize_with = "rules::drained_tokens")]
    pub tokens: u32,
    /// At most so many seconds, from 1 to 600.
    #[serde(deserialize_with = "rules::drained_seconds")]
    pub seconds: u32,
}

impl OnStop {
    pub(super) fn is_close(&self) -> bool {
        *self == Self::Close
    }
}

//! The requests to a model that one answer consists of: each has a row of its own (rule C23).

use crate::{FinishReason, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// The step of the answer that it belongs to, from 0: a step is a request and the tools that
    /// its answer calls.
    pub step: u32,
    /// Its number within the step, from 0.
    pub attempt: u32,
    /// Whether it failed before its first token and was made again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub made_again: bool,
    /// Why the model ended by itself; absent where it did not.
    pub finish_reason: Option<FinishReason>,
    /// What it took, and how that is known.
    pub usage: Usage,
}

impl RequestRecord {
    /// The requests of one step, in their order: those that failed and were made again, and the one
    /// that came of it, where it was made.
    pub fn of_step(
        step: u32,
        failed: &[Usage],
        last: Option<(&Usage, Option<FinishReason>)>,
    ) -> Vec<Self> {
        let failed = failed.iter().map(|usage| (true, usage, None));
        let last = last.map(|(usage, finish_reason)| (false, usage, finish_reason));
        failed
            .chain(last)
            .zip(0..)
            .map(|((made_again, usage, finish_reason), attempt)| Self {
                step,
                attempt,
                made_again,
                finish_reason,
                usage: usage.clone(),
            })
            .collect()
    }

    /// What those took together that were not made again; `None` where there is none.
    #[must_use]
    pub fn total(requests: &[Self]) -> Option<Usage> {
        let mut answered = requests.iter().filter(|request| !request.made_again);
        let first = &answered.next()?.usage;
        let others = answered.map(|request| &request.usage);
        Some(Usage::total([first].into_iter().chain(others)))
    }

    /// What those took that failed and were made again, in their order.
    #[must_use]
    pub fn failed(requests: &[Self]) -> Vec<Usage> {
        let failed = requests.iter().filter(|request| request.made_again);
        failed.map(|request| request.usage.clone()).collect()
    }
}

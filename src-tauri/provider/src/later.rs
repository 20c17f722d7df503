//! The true figures of an answer that was stopped, from a provider that keeps a record of each.
//!
//! After OpenRouter's reference ("Get request & usage metadata for a generation"): the record of a
//! call, also of one that was hung up on, appears some seconds after its end.

use super::{Remote, http};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::time::Duration;
use tacet_conversation::{Cost, Usage, UsageSource};

/// Where an address keeps its records, and when it is worth asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRecords {
    /// The path below the address; the id follows as `?id=`.
    pub path: &'static str,
    /// How long to wait before each attempt, the first one included.
    pub waits: &'static [Duration],
}

impl UsageRecords {
    /// As OpenRouter keeps them.
    pub const OPENROUTER: Self = Self {
        path: "generation",
        waits: &[
            Duration::from_secs(2),
            Duration::from_secs(4),
            Duration::from_secs(10),
            Duration::from_secs(30),
            Duration::from_secs(60),
        ],
    };
}

/// How the true figures of one answer are asked for.
pub struct UsageLookup {
    /// The host that keeps the record, with its port where that is not the usual one.
    pub host: String,
    /// How long to wait before each attempt.
    pub waits: &'static [Duration],
    /// One attempt: `None` where there is no record yet. Nothing is sent before it is polled.
    pub attempt: Box<dyn Fn() -> BoxFuture<'static, Option<Usage>> + Send + Sync>,
}

impl Remote {
    pub(super) fn lookup(&self, answer_id: &str) -> Option<UsageLookup> {
        let UsageRecords { path, waits } = self.records?;
        let path = format!("{path}?{}", http::query("id", answer_id)?);
        let remote = self.clone();
        let attempt = Box::new(move || {
            let (remote, path) = (remote.clone(), path.clone());
            async move { remote.record_at(&path).await }.boxed()
        });
        Some(UsageLookup {
            host: self.wire.http().destination().host.clone(),
            waits,
            attempt,
        })
    }

    async fn record_at(&self, path: &str) -> Option<Usage> {
        let http = self.wire.http();
        let limit = http.destination().idle_timeout;
        // Whatever goes wrong, the estimate stands; another attempt may follow.
        let sending = tokio::time::timeout(limit, http.get(path));
        let response = sending.await.ok()?.ok()?;
        if !response.status().is_success() {
            return None;
        }
        read(&serde_json::from_slice(&self.read(response).await.ok()?).ok()?)
    }
}

/// The figures of a record: the tokens as the model behind the router counts them, and what was
/// billed, in US dollars.
fn read(record: &Value) -> Option<Usage> {
    let data = &record["data"];
    let output_tokens = data["native_tokens_completion"].as_u64()?;
    let usage = Usage {
        source: UsageSource::Reported,
        input_tokens: data["native_tokens_prompt"].as_u64(),
        cached_input_tokens: data["native_tokens_cached"].as_u64(),
        output_tokens: Some(output_tokens),
        reasoning_tokens: data["native_tokens_reasoning"].as_u64(),
        cost: data["total_cost"].as_f64().map(Cost::billed),
        ..Usage::unknown()
    };
    Some(usage)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_gives_native_tokens_and_what_was_billed() {
        let record = json!({"data": {
            "id": "gen-1", "cancelled": true, "total_cost": 0.0015,
            "tokens_prompt": 9, "tokens_completion": 8,
            "native_tokens_prompt": 10, "native_tokens_completion": 25,
            "native_tokens_reasoning": 5, "native_tokens_cached": 0,
        }});
        let usage = read(&record).unwrap();
        assert_eq!(usage.source, UsageSource::Reported);
        assert_eq!(usage.input_tokens, Some(10));
        assert_eq!(usage.cached_input_tokens, Some(0));
        assert_eq!(usage.output_tokens, Some(25));
        assert_eq!(usage.reasoning_tokens, Some(5));
        assert_eq!(usage.cost, Some(Cost::billed(0.0015)));
    }

    #[test]
    fn what_is_no_record_gives_no_figures() {
        for odd in [json!({}), json!([]), json!({"data": {"id": "gen-1"}})] {
            assert_eq!(read(&odd), None, "{odd}");
        }
    }
}

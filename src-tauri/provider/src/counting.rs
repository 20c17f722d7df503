//! The provider's own token counter, which counts for nothing: what was received of an answer that was
//! stopped can be counted there, where the person allows that it is sent once more.

use super::Remote;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

/// Counts a text at the provider; `None` where that failed. Nothing is sent before it is polled.
pub type TokenCounter = Box<dyn Fn(String) -> BoxFuture<'static, Option<u64>> + Send + Sync>;

/// A question of how many tokens a text is.
pub(crate) struct CountRequest {
    /// Below the address.
    pub(crate) path: String,
    /// JSON.
    pub(crate) body: Vec<u8>,
}

/// One token for every tokenizer, to tell what counters add for the message around a text.
const ONE_TOKEN: &str = ".";

impl Remote {
    pub(super) fn counter(&self, model: &str) -> Option<TokenCounter> {
        let counts = self.counts && self.wire.count_request(model, ONE_TOKEN).is_some();
        let (remote, model) = (self.clone(), model.to_owned());
        counts.then(|| {
            let counter: TokenCounter = Box::new(move |text| {
                let (remote, model) = (remote.clone(), model.clone());
                async move { remote.count(&model, &text).await }.boxed()
            });
            counter
        })
    }

    async fn count(&self, model: &str, text: &str) -> Option<u64> {
        let around = self.counted(model, ONE_TOKEN).await?.checked_sub(1)?;
        self.counted(model, text).await?.checked_sub(around)
    }

    async fn counted(&self, model: &str, text: &str) -> Option<u64> {
        let CountRequest { path, body } = self.wire.count_request(model, text)?;
        let http = self.wire.http();
        let (sending, _sent) = http.post(&path, body.into());
        let limit = http.destination().idle_timeout;
        let response = tokio::time::timeout(limit, sending).await.ok()?.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let answer: Value = serde_json::from_slice(&self.read(response).await.ok()?).ok()?;
        ["input_tokens", "totalTokens"]
            .into_iter()
            .find_map(|name| answer[name].as_u64())
    }
}

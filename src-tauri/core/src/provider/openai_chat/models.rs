//! The server's list of models, and the check behind the settings' test button.

use super::OpenAiChat;
use crate::provider::refusal;
use crate::{ErrorCategory, ProviderError};
use futures::StreamExt;
use reqwest::Response;
use serde_json::Value;

/// The most bytes of a list that are read.
const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// What a successful check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The server's models, in its order.
    pub models: Vec<String>,
    /// Models of the settings that the server does not list.
    pub missing: Vec<String>,
}

impl OpenAiChat {
    /// The models that the server lists (`GET /models`), in its order.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or answers with something else.
    pub async fn list_models(&self) -> Result<Vec<String>, ProviderError> {
        let listed = self.read_models().await;
        listed.map_err(|error| self.wire.http.redacted(error))
    }

    /// Whether the address and the key work, and which of the models in the settings are not
    /// there.
    ///
    /// # Errors
    /// As [`list_models`](Self::list_models): the message says what is wrong.
    pub async fn check(&self, wanted: &[String]) -> Result<Check, ProviderError> {
        let models = self.list_models().await?;
        let missing = wanted.iter().filter(|name| !models.contains(name));
        Ok(Check {
            missing: missing.cloned().collect(),
            models,
        })
    }

    async fn read_models(&self) -> Result<Vec<String>, ProviderError> {
        let destination = self.wire.http.destination();
        let limit = destination.idle_timeout;
        let response = tokio::time::timeout(limit, self.wire.http.get("models"))
            .await
            .map_err(|_| destination.silent())?
            .map_err(|error| destination.unreached(&error))?;
        let status = response.status();
        let body = self.read(response).await?;
        if !status.is_success() {
            return Err(refusal::from_response(status.as_u16(), &body, ""));
        }
        serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|value| names(&value))
            .ok_or_else(|| {
                let mut error = ProviderError::new(
                    ErrorCategory::Protocol,
                    "Something answers at this address, but not with a list of models. Check the \
                     address; it usually ends in /v1.",
                );
                let text = refusal::page_text(&String::from_utf8_lossy(&body));
                error.provider_text = Some(refusal::shorten(&text)).filter(|text| !text.is_empty());
                error
            })
    }

    async fn read(&self, response: Response) -> Result<Vec<u8>, ProviderError> {
        let destination = self.wire.http.destination();
        let mut body = response.bytes_stream();
        let mut gathered = Vec::new();
        while let Some(bytes) = tokio::time::timeout(destination.idle_timeout, body.next())
            .await
            .map_err(|_| destination.silent())?
        {
            gathered.extend_from_slice(&bytes.map_err(|error| destination.broken(&error))?);
            if gathered.len() > LIST_LIMIT {
                break;
            }
        }
        Ok(gathered)
    }
}

/// The names in `{"data": [{"id": …}]}`, or in a bare array as Together sends it.
fn names(value: &Value) -> Option<Vec<String>> {
    let list = value["data"].as_array().or_else(|| value.as_array())?;
    let names = list.iter().filter_map(|model| model["id"].as_str());
    Some(names.map(str::to_owned).collect())
}

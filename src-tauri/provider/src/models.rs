//! The server's list of models, and the check behind the settings' test button.

use super::{ModelRequest, Remote};
use super::{http, refusal};
use crate::Price;
use futures::{StreamExt, stream};
use reqwest::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use tacet_conversation::{ErrorCategory, ProviderError};
use tokio::time::{Instant, timeout_at};
use ts_rs::TS;

/// The most bytes of a list that are read.
const LIST_LIMIT: usize = 8 * 1024 * 1024;
/// The most pages of a list that are read: servers give up to 1,000 models on one.
const PAGE_LIMIT: usize = 20;
/// How many models are asked about at the same time.
const INQUIRIES: usize = 8;

/// What a model can do beside text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// It looks at images.
    Images,
    /// It reads PDF files.
    Documents,
    /// It calls tools.
    Tools,
    /// It reasons before it answers.
    Reasoning,
}

/// What a server says of one of its models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelInfo {
    /// Its name in requests.
    pub id: String,
    /// Its name for people, where the server has one.
    pub name: Option<String>,
    /// How many tokens request and answer may have together, where the server says so.
    pub context_tokens: Option<u64>,
    /// What it can do; `None` where the server does not say.
    pub abilities: Option<Vec<Ability>>,
    /// What a million tokens cost there, where the server says so.
    pub price: Option<Price>,
}

/// What a successful check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The server's models, in its order.
    pub models: Vec<ModelInfo>,
    /// Models of the settings that the server does not list.
    pub missing: Vec<String>,
    /// Whether the server has a list of models at all; some only answer.
    pub has_list: bool,
}

/// What a list lists under this name: also where it is a bare array, and where it is `null`, as
/// Go writes one that is empty. `None` where it is no such list.
pub(crate) fn entries<'a>(list: &'a Value, name: &str) -> Option<&'a [Value]> {
    match list.get(name).unwrap_or(list) {
        Value::Array(entries) => Some(entries),
        Value::Null if list.is_object() => Some(&[]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            None
        }
    }
}

/// Whether an error is that of a server which may answer all the same.
fn may_lack_a_list(error: &ProviderError) -> bool {
    matches!(error.status, Some(404 | 405 | 501)) || error.category == ErrorCategory::Protocol
}

impl Remote {
    /// The models that the server lists, in its order. Where it has to be asked about each of
    /// them, what it does not answer within the limit of the list stays unknown.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or answers with something else.
    pub async fn list_models(&self) -> Result<Vec<ModelInfo>, ProviderError> {
        let until = Instant::now() + self.wire.http().destination().idle_timeout;
        let listed = self.read_models().await;
        let models = listed.map_err(|error| self.wire.http().redacted(error))?;
        self.prices.learn(self.wire.http().base(), &models);
        let described = stream::iter(models).map(|model| self.described(model, until));
        Ok(described.buffered(INQUIRIES).collect().await)
    }

    /// Whether the address and the key work, and which of the models in the settings are not
    /// there.
    ///
    /// # Errors
    /// As [`list_models`](Self::list_models): the message says what is wrong.
    pub async fn check(&self, wanted: &[String]) -> Result<Check, ProviderError> {
        let models = match self.list_models().await {
            Ok(models) => models,
            Err(error) if may_lack_a_list(&error) && self.answers().await? => {
                return Ok(Check {
                    models: Vec::new(),
                    missing: Vec::new(),
                    has_list: false,
                });
            }
            Err(error) => return Err(error),
        };
        let listed = |name: &&String| models.iter().any(|model| model.id == **name);
        let missing = wanted.iter().filter(|name| !listed(name));
        Ok(Check {
            missing: missing.cloned().collect(),
            models,
            has_list: true,
        })
    }

    /// Whether this API answers at the address, told by a request that asks for nothing: a server
    /// that has the path says what is missing, in the API's form, and one that has not says that.
    async fn answers(&self) -> Result<bool, ProviderError> {
        let http = self.wire.http();
        let destination = http.destination();
        let question = ModelRequest::new("model", Vec::new());
        let path = self.wire.outgoing(&question).path;
        let (sending, _sent) = http.post(&path, b"{}".to_vec().into());
        let response = tokio::time::timeout(destination.idle_timeout, sending)
            .await
            .map_err(|_| destination.silent())?
            .map_err(|error| destination.unreached(&error))?;
        let status = response.status();
        let body = self.read(response).await?;
        let error = if status.is_success() {
            match serde_json::from_slice::<Value>(&body) {
                Ok(value) if refusal::is_error(&value) => refusal::from_frame(&value),
                Ok(_) => return Ok(true),
                Err(_) => return Ok(false),
            }
        } else {
            refusal::from_response(status.as_u16(), &body, "", destination.example)
        };
        match error.category {
            ErrorCategory::WrongAddress => Ok(false),
            ErrorCategory::Authentication => Err(http.redacted(error)),
            ErrorCategory::RateLimit
            | ErrorCategory::Overloaded
            | ErrorCategory::PromptTooLong
            | ErrorCategory::RequestTooLarge
            | ErrorCategory::BadRequest
            | ErrorCategory::UnknownModel
            | ErrorCategory::File
            | ErrorCategory::ContentFilter
            | ErrorCategory::Network
            | ErrorCategory::Protocol
            | ErrorCategory::AnswerTooLong
            | ErrorCategory::Engine
            | ErrorCategory::Storage
            | ErrorCategory::Unknown => Ok(true),
        }
    }

    /// A model with what the server says when it is asked about it.
    async fn described(&self, mut model: ModelInfo, until: Instant) -> ModelInfo {
        if let Some((path, question)) = self.wire.inquiry(&model.id) {
            let answer = timeout_at(until, self.ask(path, question)).await;
            if let Ok(Some(answer)) = answer {
                self.wire.read_inquiry(&answer, &mut model);
            }
        }
        model
    }

    async fn ask(&self, path: &str, question: Vec<u8>) -> Option<Value> {
        let (response, _sent) = self.wire.http().post(path, question.into());
        let response = response.await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = self.read(response).await.ok()?;
        serde_json::from_slice(&body).ok()
    }

    async fn read_models(&self) -> Result<Vec<ModelInfo>, ProviderError> {
        let first = self.wire.models_path();
        let mut path = first.to_owned();
        let mut models: Vec<ModelInfo> = Vec::new();
        let (mut known, mut asked) = (HashSet::new(), HashSet::new());
        for _ in 0..PAGE_LIMIT {
            let (list, page) = self.read_page(&path).await?;
            models.extend(page.into_iter().filter(|it| known.insert(it.id.clone())));
            let Some(next) = self.wire.next_page(&list) else {
                break;
            };
            // A server that repeats itself would lead in a circle.
            if !asked.insert(next.1.clone()) {
                break;
            }
            let Some(query) = http::query(next.0, &next.1) else {
                break;
            };
            // A list that has pages is asked for their size, so that there is a query already.
            path = format!("{first}&{query}");
        }
        Ok(models)
    }

    /// A page of the list as the server gave it, and the models on it.
    async fn read_page(&self, path: &str) -> Result<(Value, Vec<ModelInfo>), ProviderError> {
        let destination = self.wire.http().destination();
        let limit = destination.idle_timeout;
        let response = tokio::time::timeout(limit, self.wire.http().get(path))
            .await
            .map_err(|_| destination.silent())?
            .map_err(|error| destination.unreached(&error))?;
        let status = response.status();
        let body = self.read(response).await?;
        if !status.is_success() {
            return Err(refusal::from_response(
                status.as_u16(),
                &body,
                "",
                destination.example,
            ));
        }
        let list = serde_json::from_slice::<Value>(&body).ok();
        // LM Studio answers with 200 at each path that it does not have.
        if let Some(error) = list.as_ref().filter(|list| refusal::is_error(list)) {
            return Err(refusal::from_frame(error));
        }
        list.and_then(|list| {
            let models = self.wire.read_models(&list)?;
            Some((list, models))
        })
        .ok_or_else(|| {
            let mut error = ProviderError::new(
                ErrorCategory::Protocol,
                "Something answers at this address, but not with a list of models. Check the \
                     address, and that the provider speaks this API.",
            );
            let text = refusal::page_text(&String::from_utf8_lossy(&body));
            error.provider_text = Some(refusal::shorten(&text)).filter(|text| !text.is_empty());
            error
        })
    }

    pub(super) async fn read(&self, response: Response) -> Result<Vec<u8>, ProviderError> {
        let destination = self.wire.http().destination();
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

//! A wire: one API's requests and answers as data. What all of them share stands in
//! [`Remote`](super::Remote).

use super::decode::Decoder;
use super::http::{Http, Manners};
use super::models::ModelInfo;
use super::{Endpoint, ModelRequest, openai_chat};
use crate::StopEffect;
use crate::history::Rules;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The APIs that Tacet speaks over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireApi {
    /// OpenAI Chat Completions, which most servers speak.
    OpenaiChat,
}

/// A request, ready for the transport.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    /// Below the address; may have a query.
    pub(crate) path: String,
    /// JSON, always the same for the same history.
    pub(crate) body: Vec<u8>,
    /// The optional fields that it holds; see [`Extras`].
    pub(crate) extras: Vec<&'static str>,
}

/// One API at one address.
pub(crate) trait Wire: fmt::Debug + Send + Sync {
    /// The transport.
    fn http(&self) -> &Http;

    /// What the optional fields met so far.
    fn extras(&self) -> &Extras;

    /// What this API demands of a history for that model.
    fn rules(&self, model: &str) -> Rules;

    /// Encodes a request.
    fn outgoing(&self, request: &ModelRequest) -> Outgoing;

    /// A decoder of one answer of that model.
    fn decoder(&self, model: &str) -> Decoder;

    /// What a hang-up does there (rule C24).
    fn stop_effect(&self) -> StopEffect;

    /// The path of the list of models.
    fn models_path(&self) -> &'static str;

    /// The models in the answer to that; `None` when it is no such list.
    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>>;

    /// The path of a POST that ends an answer at the server, where a hang-up alone does not.
    fn cancel_path(&self, answer_id: &str) -> Option<String>;
}

impl WireApi {
    pub(super) fn manners(self) -> &'static Manners {
        match self {
            Self::OpenaiChat => &openai_chat::MANNERS,
        }
    }

    pub(super) fn connect(self, _endpoint: &Endpoint, http: Http) -> Arc<dyn Wire> {
        match self {
            Self::OpenaiChat => Arc::new(openai_chat::OpenAiChat::new(http)),
        }
    }
}

/// Optional fields that a server may not know: asked for until it refuses them, once.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    refused: Mutex<Vec<&'static str>>,
}

impl Extras {
    /// Those of `fields` that the server has not refused.
    pub(crate) fn wanted(&self, fields: &[&'static str]) -> Vec<&'static str> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |field: &&&'static str| !refused.contains(*field);
        fields.iter().filter(known).copied().collect()
    }

    /// Remembers a refusal of one of the fields that were asked for. Says whether it is one, so
    /// that the request is worth repeating without it.
    pub(crate) fn learn(&self, status: u16, text: &[u8], asked: &[&'static str]) -> bool {
        if !matches!(status, 400 | 422) {
            return false;
        }
        let text = String::from_utf8_lossy(text);
        let named: Vec<&'static str> = asked
            .iter()
            .copied()
            .filter(|field| text.contains(field))
            .collect();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.extend(&named);
        !named.is_empty()
    }
}

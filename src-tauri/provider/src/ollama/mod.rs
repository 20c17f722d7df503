//! Ollama's own API, which says more of a local model than its copy of OpenAI's does.

pub mod decode;
mod encode;
mod list;

use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{ModelRequest, WireApi, host};
use crate::history::{self, Continuation, Listed, Rules};
use serde_json::{Value, json};
use tacet_conversation::StopEffect;

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::Ollama);

/// What every request carries. A local server wants no key, the service of that name does.
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Bearer,
    headers: &[],
    example: "http://127.0.0.1:11434",
};

/// The field that says whether to think, or how much.
const THINK: &str = "think";

/// The wire at one address.
#[derive(Debug)]
pub(super) struct Ollama {
    http: Http,
    optional_fields: OptionalFields,
}

impl Ollama {
    pub(super) fn new(http: Http) -> Self {
        Self {
            http,
            optional_fields: OptionalFields::default(),
        }
    }
}

impl Wire for Ollama {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, _model: &str) -> Rules {
        Rules {
            // The templates of many models demand alternation; to the others it is the same.
            join_users: true,
            images: history::WEB_IMAGES,
            result_images: LIMITS.result_images,
            result_image_size: LIMITS.image_size,
            // Its templates leave an answer at the end open (ollama 6778).
            continuation: Continuation::Prefill,
            ..Rules::COMMON
        }
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let list = Listed::of(request, &self.rules(&request.model), &encode::Messages);
        let wanted = request.parameters.effort.map(|_| THINK);
        let (parameters, optional_fields) =
            self.optional_fields
                .settle(&request.model, &request.parameters, wanted);
        Outgoing {
            path: "api/chat".to_owned(),
            body: encode::body(&request.model, &list, &request.tools, &parameters),
            optional_fields,
        }
    }

    fn decoder(&self, _model: &str) -> Decoder {
        decode::decoder()
    }

    /// Ollama stops at its next write. While it reads the prompt it writes nothing, so that this
    /// part runs to its end (ollama 11889).
    fn stop_effect(&self) -> StopEffect {
        let base = self.http.base();
        if host::is_this_computer(base) || host::is_listed(base) {
            host::stop_effect(base, true)
        } else {
            StopEffect::Stops
        }
    }

    fn models_path(&self) -> &'static str {
        "api/tags"
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        list::read(list)
    }

    fn inquiry(&self, model: &str) -> Option<(&'static str, Vec<u8>)> {
        let question = json!({ "model": model });
        Some(("api/show", question.to_string().into_bytes()))
    }

    fn read_inquiry(&self, answer: &Value, model: &mut ModelInfo) {
        list::describe(answer, model);
    }
}

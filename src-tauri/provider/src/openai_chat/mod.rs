//! OpenAI Chat Completions, the wire that most servers speak, at any address.

mod calls;
pub mod decode;
mod demand;
mod details;
mod encode;
pub(super) mod list;

use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{Endpoint, HostedTool, ModelRequest, WireApi, host};
use crate::Goal;
use crate::effort;
use crate::history::{self, AnswerImages, Continuation, Listed, ReasoningPlace, Rules};
use demand::{REASONING_CONTENT, WITHOUT_REASONING};
use encode::{Dialect, Messages};
use reqwest::header::{HeaderMap, SERVER};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::OpenaiChat);

/// What every request carries.
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Bearer,
    headers: &[],
    example: "http://127.0.0.1:8080/v1",
};

/// The field that asks for the usage in the last chunk.
const USAGE: &str = "stream_options";
/// Inside it, the field that asks for the usage in each chunk (vLLM's reference, "Streaming
/// options"; SGLang has it as well).
const RUNNING_USAGE: &str = "continuous_usage_stats";
/// The same of llama.cpp (its server's README, `/completion`).
const TIMINGS: &str = "timings_per_token";
/// How llama.cpp is asked to tell how far it has read the prompt.
const PROGRESS: &str = "return_progress";
/// No field, but an answer at the end of the history that the server is to go on with, in the word
/// by which llama.cpp refuses it for models that reason (its issue 21889).
const PREFILL: &str = "prefill";

/// The wire at one address.
#[derive(Debug)]
pub(super) struct OpenAiChat {
    http: Http,
    /// Whether the router searches the web for its models.
    searches: bool,
    optional_fields: OptionalFields,
    /// The server has said that it is llama.cpp's. It goes on with an answer at the end of a
    /// history; others begin a new one, or refuse it (llama.cpp's pull request 13174).
    llama_cpp: AtomicBool,
}

impl OpenAiChat {
    pub(super) fn new(endpoint: &Endpoint, http: Http) -> Self {
        Self {
            http,
            searches: endpoint.hosted_tools.contains(&HostedTool::WebSearch),
            optional_fields: OptionalFields::default(),
            llama_cpp: AtomicBool::new(false),
        }
    }

    fn goes_on(&self, model: &str) -> bool {
        let known = self.llama_cpp.load(Ordering::Relaxed);
        known && !self.optional_fields.wanted(model, &[PREFILL]).is_empty()
    }

    fn issuer(&self, model: &str) -> String {
        self.http.issuer("openai-chat", model)
    }

    /// Whether the reasoning of earlier answers goes back in the field that it came in.
    fn returns_reasoning(&self, model: &str) -> bool {
        let known = demand::known(self.http.base(), model);
        let learned = || {
            self.optional_fields
                .wanted(model, &[WITHOUT_REASONING])
                .is_empty()
        };
        known.unwrap_or_else(learned)
    }

    /// The optional fields to send. What only servers of somebody's own know is not asked of the
    /// services that are known not to.
    fn wanted(&self, model: &str) -> Vec<&'static str> {
        let fields: &[&str] = if host::is_listed(self.http.base()) {
            &[USAGE]
        } else {
            &[USAGE, RUNNING_USAGE, TIMINGS, PROGRESS]
        };
        let mut wanted = self.optional_fields.wanted(model, fields);
        if !wanted.contains(&USAGE) {
            wanted.retain(|field| *field != RUNNING_USAGE);
        }
        wanted
    }
}

impl Wire for OpenAiChat {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, model: &str) -> Rules {
        Rules {
            continuation: if self.goes_on(model) {
                Continuation::Prefill
            } else {
                Continuation::Ask
            },
            // Local servers apply templates that demand alternation; to the others it is the same.
            join_users: true,
            answer_after_tools: host::answer_after_tools(self.http.base()),
            call_ids: host::call_ids(self.http.base()),
            images: history::WEB_IMAGES,
            documents: host::documents(self.http.base()),
            answer_images: if host::answer_images(self.http.base()) {
                AnswerImages::Any
            } else {
                AnswerImages::None
            },
            issuer: Some(self.issuer(model)),
            binds: false,
            reasoning_field: self.returns_reasoning(model).then_some(REASONING_CONTENT),
            reasoning: ReasoningPlace::Beside,
            result_bytes: history::RESULT_BYTES,
            result_images: LIMITS.result_images,
            result_image_size: LIMITS.image_size,
        }
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let mut optional_fields = self.wanted(&request.model);
        let wanted = request.parameters.effort;
        let effort = effort::chat::field(self.http.base(), &request.model, wanted);
        let named = effort.as_ref().map(|(name, _)| *name);
        let (parameters, asked) =
            self.optional_fields
                .settle(&request.model, &request.parameters, named);
        let effort = effort.filter(|(name, _)| asked.contains(name));
        optional_fields.extend(asked);
        let dialect = Dialect {
            include_usage: optional_fields.contains(&USAGE),
            running_usage: optional_fields.contains(&RUNNING_USAGE),
            timings: optional_fields.contains(&TIMINGS),
            progress: optional_fields.contains(&PROGRESS),
            completion_limit: host::completion_limit(self.http.base()),
            reasoning_content: self.returns_reasoning(&request.model),
            searches: self.searches,
            images: host::answer_images(self.http.base()) && makes_images(&request.model),
        };
        if demand::known(self.http.base(), &request.model).is_none() && !dialect.reasoning_content {
            optional_fields.push(WITHOUT_REASONING);
        }
        let rules = self.rules(&request.model);
        let list = Listed::of(request, &rules, &Messages(dialect));
        if request.goal == Goal::Continue && rules.continuation != Continuation::Ask {
            optional_fields.push(PREFILL);
        }
        Outgoing {
            path: "chat/completions".to_owned(),
            body: encode::body(
                &request.model,
                &list,
                &request.tools,
                &parameters,
                dialect,
                effort,
            ),
            optional_fields,
        }
    }

    fn heard(&self, headers: &HeaderMap) {
        let named = headers.get(SERVER).is_some_and(|name| name == "llama.cpp");
        if named {
            self.llama_cpp.store(true, Ordering::Relaxed);
        }
    }

    fn decoder(&self, model: &str) -> Decoder {
        decode::decoder(self.issuer(model))
    }

    fn is_opaque(&self) -> bool {
        host::names_reasoning_models(self.http.base())
    }

    fn models_path(&self) -> &'static str {
        "models"
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        list::read(list)
    }
}

/// Whether a model makes images, by its name: where it does not, asking for them is refused
/// (OpenRouter's guide "Image generation").
fn makes_images(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let mut words = name.split(['-', ':', '_']);
    words.any(|word| word == "image")
}

//! Gemini's Interactions, in the foreground or in the background, where Stop cancels at the server.
//!
//! After Google's "Interactions API" and the types of its own client packages (npm's `@google/genai`
//! 2.32, PyPI's `google-genai` 3.6).

mod decode;
mod encode;
mod server_tools;

use super::counting::CountRequest;
use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{Endpoint, HostedTool, ModelRequest, WireApi, gemini};
use crate::effort;
use crate::history::{Listed, Rules};
use encode::{Asked, Thinking};
use reqwest::Url;
use serde_json::Value;
use tacet_conversation::Usage;

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::GeminiInteractions);

/// What every request carries. The revision is that of the steps, which older ones do not have
/// ("Breaking changes of May 2026").
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Plain("x-goog-api-key"),
    headers: &[("api-revision", "2026-05-20")],
    example: "https://generativelanguage.googleapis.com/v1beta",
};

/// The field that says how much to think.
const LEVEL: &str = "thinking_level";
/// The field that has the thoughts shown.
const SUMMARIES: &str = "thinking_summaries";

/// The images that it takes (`ImageContent`, `mime_type`), without those that nobody has at hand.
const IMAGES: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/gif",
];

/// The wire at one address.
#[derive(Debug)]
pub(super) struct Interactions {
    http: Http,
    optional_fields: OptionalFields,
    background: bool,
    hosted: Vec<HostedTool>,
}

impl Interactions {
    pub(super) fn new(endpoint: &Endpoint, http: Http) -> Self {
        Self {
            http,
            optional_fields: OptionalFields::default(),
            background: endpoint.background,
            hosted: endpoint.hosted_tools.clone(),
        }
    }

    fn issuer(&self, model: &str) -> String {
        self.http.issuer("gemini-interactions", model)
    }
}

impl Wire for Interactions {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, model: &str) -> Rules {
        Rules {
            images: IMAGES,
            ..gemini::rules(model, self.issuer(model))
        }
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let model = &request.model;
        let list = Listed::of(request, &self.rules(model), &encode::Steps);
        let asked = effort::gemini::level(model, request.parameters.effort);
        let named = asked.and_then(|asked| asked.map(|_| LEVEL));
        let (parameters, mut optional_fields) =
            self.optional_fields
                .settle(model, &request.parameters, named);
        if asked.is_some() {
            optional_fields.extend(self.optional_fields.wanted(model, &[SUMMARIES]));
        }
        let thinking = Thinking {
            level: asked.flatten().filter(|_| optional_fields.contains(&LEVEL)),
            summaries: optional_fields.contains(&SUMMARIES),
        };
        Outgoing {
            path: "interactions".to_owned(),
            body: encode::body(&Asked {
                model,
                list: &list,
                tools: &request.tools,
                parameters: &parameters,
                thinking,
                background: self.background,
                hosted: &self.hosted,
            }),
            optional_fields,
        }
    }

    fn is_opaque(&self) -> bool {
        true
    }

    /// The counter is that of the other API, at the same address.
    fn count_request(&self, model: &str, text: &str) -> Option<CountRequest> {
        gemini::count_request(model, text)
    }

    fn decoder(&self, model: &str) -> Decoder {
        decode::decoder(self.issuer(model))
    }

    fn background(&self) -> Option<&'static str> {
        self.background.then_some("interactions")
    }

    fn models_path(&self) -> &'static str {
        gemini::MODELS
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        gemini::list::read(list)
    }

    fn next_page(&self, list: &Value) -> Option<(&'static str, String)> {
        gemini::list::next_page(list)
    }

    /// As Google's "Background execution", reconnecting, has it.
    fn resume_path(&self, answer_id: &str, position: &str) -> Option<String> {
        let answer = self.answer_path(answer_id)?;
        let mut url = Url::parse("tacet:resume").ok()?;
        url.query_pairs_mut()
            .append_pair("stream", "true")
            .append_pair("last_event_id", position);
        Some(format!("{answer}?{}", url.query()?))
    }

    fn cancelled(&self, answer: &Value) -> Option<Usage> {
        decode::usage(&answer["usage"], true)
    }
}

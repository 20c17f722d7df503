//! Gemini's `streamGenerateContent`.

mod decode;
mod encode;
pub(super) mod list;

use super::counting::CountRequest;
use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{Endpoint, HostedTool, ModelRequest, WireApi};
use crate::effort;
use crate::history::{AnswerImages, Listed, ReasoningPlace, Rules};
use encode::Contents;
pub(super) use encode::is_third;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::Gemini);

/// What every request carries (Gemini's reference, "Authentication").
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Plain("x-goog-api-key"),
    headers: &[],
    example: "https://generativelanguage.googleapis.com/v1beta",
};

/// The field that says how much to think, and that it is to be shown.
const THINKING: &str = "thinkingConfig";

/// The images that Gemini takes (Google's "Image understanding", supported formats).
const IMAGES: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/heic",
    "image/heif",
];

/// What a seal of reasoning holds: the signature, and the kind of part that it came in, since it
/// goes back in the same ("Thought signatures"). The seal of a call is the signature alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
enum SealedPart {
    /// A summary of thoughts.
    Thought { signature: String },
    /// The text before it; the end of a stream may bring the signature in an empty text.
    Text { signature: String },
}

/// The wire at one address.
#[derive(Debug)]
pub(super) struct Gemini {
    http: Http,
    hosted: Vec<HostedTool>,
    optional_fields: OptionalFields,
}

impl Gemini {
    pub(super) fn new(endpoint: &Endpoint, http: Http) -> Self {
        Self {
            http,
            hosted: endpoint.hosted_tools.clone(),
            optional_fields: OptionalFields::default(),
        }
    }

    fn issuer(&self, model: &str) -> String {
        self.http.issuer("gemini", model)
    }
}

impl Wire for Gemini {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, model: &str) -> Rules {
        rules(model, self.issuer(model))
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let contents = Contents::of(&request.model);
        let list = Listed::of(request, &self.rules(&request.model), &contents);
        let asked = effort::gemini::thinking(&request.model, request.parameters.effort);
        let named = asked.as_ref().map(|_| THINKING);
        let (parameters, optional_fields) =
            self.optional_fields
                .settle(&request.model, &request.parameters, named);
        let thinking = asked.filter(|_| optional_fields.contains(&THINKING));
        let model = path_of(&request.model);
        Outgoing {
            path: format!("{model}:streamGenerateContent?alt=sse"),
            body: encode::body(&list, &request.tools, &parameters, thinking, &self.hosted),
            optional_fields,
        }
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn count_request(&self, model: &str, text: &str) -> Option<CountRequest> {
        count_request(model, text)
    }

    fn decoder(&self, model: &str) -> Decoder {
        decode::decoder(self.issuer(model))
    }

    fn models_path(&self) -> &'static str {
        MODELS
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        list::read(list)
    }

    fn next_page(&self, list: &Value) -> Option<(&'static str, String)> {
        list::next_page(list)
    }
}

/// What Google's models demand of a history, behind whichever of its APIs.
pub(super) fn rules(model: &str, issuer: String) -> Rules {
    Rules {
        join_users: true,
        issuer: Some(issuer),
        // A signature of text comes after it, and a thought may be a step of its own.
        reasoning: ReasoningPlace::Anywhere,
        // A result that the user's words follow directly is refused.
        answer_after_tools: true,
        images: IMAGES,
        result_images: if is_third(model) {
            LIMITS.result_images
        } else {
            &[]
        },
        result_image_size: LIMITS.image_size,
        documents: true,
        answer_images: AnswerImages::Any,
        ..Rules::COMMON
    }
}

/// The path of the list of models: a page has 50 where nothing is said, and 1,000 at most.
pub(super) const MODELS: &str = "models?pageSize=1000";

/// As Gemini's reference has it ("Counting tokens").
pub(super) fn count_request(model: &str, text: &str) -> Option<CountRequest> {
    let contents = [json!({ "role": "user", "parts": [{ "text": text }] })];
    Some(CountRequest {
        path: format!("{}:countTokens", path_of(model)),
        body: json!({ "contents": contents }).to_string().into(),
    })
}

/// Where a model answers: people write its name with or without `models/`, and a tuned one is in
/// `tunedModels/`.
fn path_of(model: &str) -> String {
    // What begins a query would otherwise end the path.
    let model = model.replace('?', "%3F");
    if model.contains('/') {
        model
    } else {
        format!("models/{model}")
    }
}

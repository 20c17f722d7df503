//! Anthropic Messages, at Anthropic's address or at that of a gateway that speaks it.

mod decode;
mod encode;
mod list;
mod server_tools;

use super::counting::CountRequest;
use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{Endpoint, HostedTool, ModelRequest, WireApi};
use crate::effort::{self, claude::Thinking};
use crate::history::{self, CallIds, Continuation, Listed, Rules};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::Anthropic);

/// What every request carries (Anthropic's reference, "Authentication" and "Versions").
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Plain("x-api-key"),
    headers: &[("anthropic-version", "2023-06-01")],
    example: "https://api.anthropic.com",
};

/// The field that asks a model to think.
const THINKING: &str = "thinking";
/// Inside of it, that its text is to be sent.
const DISPLAY: &str = "display";
/// The field that says how much.
const EFFORT: &str = "output_config";

/// What a seal holds: a block of thinking as the API has it, but for its text, or other blocks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SealedBlock {
    Thinking {
        signature: String,
    },
    /// Thinking that the provider does not show.
    RedactedThinking {
        data: String,
    },
    /// Blocks that go back as they came: what the server's own tools were asked and gave, and what
    /// the server made of the conversation to shorten it.
    Blocks {
        blocks: Vec<Value>,
    },
    /// Where the server's own tools ran, which the requests of the same turn name.
    Container {
        id: String,
    },
}

/// The wire at one address.
#[derive(Debug)]
pub(super) struct Anthropic {
    http: Http,
    hosted: Vec<HostedTool>,
    optional_fields: OptionalFields,
}

impl Anthropic {
    pub(super) fn new(endpoint: &Endpoint, http: Http) -> Self {
        Self {
            http,
            hosted: endpoint.hosted_tools.clone(),
            optional_fields: OptionalFields::default(),
        }
    }

    fn issuer(&self, model: &str) -> String {
        self.http.issuer("anthropic", model)
    }

    /// What of `asked` the server has not refused for this model, and its fields.
    fn thinking(&self, model: &str, asked: Thinking) -> (Thinking, Vec<&'static str>) {
        let fields = self
            .optional_fields
            .wanted(model, &[THINKING, DISPLAY, EFFORT]);
        let takes = |field| fields.contains(&field);
        let mut thinking = asked.thinking.filter(|_| takes(THINKING));
        if let Some(Value::Object(thinking)) = thinking.as_mut().filter(|_| !takes(DISPLAY)) {
            thinking.shift_remove(DISPLAY);
        }
        let asked = Thinking {
            thinking,
            output_config: asked.output_config.filter(|_| takes(EFFORT)),
        };
        let has = |field: &&str| match *field {
            THINKING => asked.thinking.is_some(),
            DISPLAY => asked
                .thinking
                .as_ref()
                .is_some_and(|it| !it[DISPLAY].is_null()),
            _ => asked.output_config.is_some(),
        };
        let fields = fields.into_iter().filter(has).collect();
        (asked, fields)
    }
}

impl Wire for Anthropic {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, model: &str) -> Rules {
        Rules {
            join_users: true,
            issuer: Some(self.issuer(model)),
            binds: effort::claude::binds(model),
            call_ids: CallIds::Plain,
            images: history::WEB_IMAGES,
            result_images: LIMITS.result_images,
            result_image_size: LIMITS.image_size,
            documents: true,
            continuation: continuation(model),
            ..Rules::COMMON
        }
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let list = Listed::of(request, &self.rules(&request.model), &encode::Turns);
        let (model, most) = (
            &request.model,
            encode::most(&request.model, &request.parameters),
        );
        let (parameters, others) = self
            .optional_fields
            .settle(model, &request.parameters, None);
        let asked = effort::claude::thinking(model, request.parameters.effort, most);
        let (thinking, mut optional_fields) = self.thinking(model, asked);
        optional_fields.extend(others);
        Outgoing {
            path: "v1/messages".to_owned(),
            body: encode::body(
                &request.model,
                &list,
                &request.tools,
                &parameters,
                thinking,
                &self.hosted,
            ),
            optional_fields,
        }
    }

    fn is_opaque(&self) -> bool {
        true
    }

    /// As Anthropic's "Token counting" has it.
    fn count_request(&self, model: &str, text: &str) -> Option<CountRequest> {
        let messages = [json!({ "role": "user", "content": text })];
        Some(CountRequest {
            path: "v1/messages/count_tokens".to_owned(),
            body: json!({ "model": model, "messages": messages })
                .to_string()
                .into(),
        })
    }

    fn decoder(&self, model: &str) -> Decoder {
        decode::decoder(self.issuer(model))
    }

    /// A page has 20 models where nothing is said, and 1,000 at most.
    fn models_path(&self) -> &'static str {
        "v1/models?limit=1000"
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        list::read(list)
    }

    fn next_page(&self, list: &Value) -> Option<(&'static str, String)> {
        list::next_page(list)
    }
}

/// The models that continue an answer that stands last. Those from 4.6 on refuse it ("does not
/// support assistant message prefill"), and one that is not known might.
fn continuation(model: &str) -> Continuation {
    const PREFILLED: &[&str] = &[
        "claude-3",
        "claude-opus-4-0",
        "claude-opus-4-1",
        "claude-opus-4-2025",
        "claude-sonnet-4-0",
        "claude-sonnet-4-2025",
        "-4-5",
    ];
    if PREFILLED.iter().any(|name| model.contains(name)) {
        Continuation::TrimmedPrefill
    } else {
        Continuation::Ask
    }
}

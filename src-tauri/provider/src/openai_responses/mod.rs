//! OpenAI Responses, in the foreground or in the background, where Stop cancels at the server.

pub mod decode;
mod encode;
mod items;

use super::counting::CountRequest;
use super::decode::Decoder;
use super::http::{ApiConventions, Http, KeyHeader};
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::tool_limits::{ToolLimits, limits};
use super::wire::{Outgoing, Wire};
use super::{Endpoint, HostedTool, ModelRequest, WireApi, host, openai_chat};
use crate::effort;
use crate::history::{self, AnswerImages, Listed, Rules};
use encode::{Dialect, Items};
use serde_json::{Value, json};
use tacet_conversation::{Effort, Usage};

/// What it takes of tools.
const LIMITS: ToolLimits = limits(WireApi::OpenaiResponses);

/// What every request carries.
pub(super) const CONVENTIONS: ApiConventions = ApiConventions {
    key: KeyHeader::Bearer,
    headers: &[],
    example: "https://api.openai.com/v1",
};

/// The field that says how much to reason.
const EFFORT: &str = "reasoning.effort";
/// The field that asks for summaries of it.
const SUMMARY: &str = "reasoning.summary";
/// The field that asks for reasoning that can be sent back.
const SEALED_REASONING: &str = "include";

/// The wire at one address.
#[derive(Debug)]
pub(super) struct OpenAiResponses {
    http: Http,
    optional_fields: OptionalFields,
    background: bool,
    hosted: Vec<HostedTool>,
}

impl OpenAiResponses {
    pub(super) fn new(endpoint: &Endpoint, http: Http) -> Self {
        Self {
            http,
            optional_fields: OptionalFields::default(),
            background: endpoint.background,
            hosted: endpoint.hosted_tools.clone(),
        }
    }

    fn issuer(&self, model: &str) -> String {
        self.http.issuer("openai-responses", model)
    }

    /// Of models that reason, of those of unknown names where most do, and where reasoning is wanted.
    fn asks_for_summary(&self, request: &ModelRequest) -> bool {
        let service = host::names_reasoning_models(self.http.base());
        match (
            effort::openai::reasons(&request.model),
            request.parameters.effort,
        ) {
            (Some(false), _) | (_, Some(Effort::Off)) => false,
            (Some(true), _) | (None, Some(_)) => true,
            (None, None) => service,
        }
    }
}

impl Wire for OpenAiResponses {
    fn http(&self) -> &Http {
        &self.http
    }

    fn optional_fields(&self) -> &OptionalFields {
        &self.optional_fields
    }

    fn rules(&self, model: &str) -> Rules {
        Rules {
            issuer: Some(self.issuer(model)),
            // The id of a call has at most 64 characters.
            call_ids: history::CallIds::Plain,
            images: history::WEB_IMAGES,
            result_images: LIMITS.result_images,
            result_image_size: LIMITS.image_size,
            documents: true,
            answer_images: AnswerImages::Sealed,
            ..Rules::COMMON
        }
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        let model = &request.model;
        let mut optional_fields = self.optional_fields.wanted(model, &[SEALED_REASONING]);
        if self.asks_for_summary(request) {
            optional_fields.extend(self.optional_fields.wanted(model, &[SUMMARY]));
        }
        let word = effort::openai::word(model, request.parameters.effort);
        let (parameters, asked) =
            self.optional_fields
                .settle(model, &request.parameters, word.map(|_| EFFORT));
        optional_fields.extend(asked);
        let dialect = Dialect {
            sealed_reasoning: optional_fields.contains(&SEALED_REASONING),
            summary: optional_fields.contains(&SUMMARY),
            background: self.background,
        };
        let list = Listed::of(request, &self.rules(&request.model), &Items);
        Outgoing {
            path: "responses".to_owned(),
            body: encode::body(
                &request.model,
                &list,
                &request.tools,
                &parameters,
                dialect,
                &self.hosted,
            ),
            optional_fields,
        }
    }

    fn is_opaque(&self) -> bool {
        true
    }

    /// As OpenAI's reference has it ("Get input token counts").
    fn count_request(&self, model: &str, text: &str) -> Option<CountRequest> {
        Some(CountRequest {
            path: "responses/input_tokens".to_owned(),
            body: json!({ "model": model, "input": text }).to_string().into(),
        })
    }

    fn decoder(&self, model: &str) -> Decoder {
        decode::decoder(self.issuer(model))
    }

    fn background(&self) -> Option<&'static str> {
        self.background.then_some("responses")
    }

    fn models_path(&self) -> &'static str {
        "models"
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        openai_chat::list::read(list)
    }

    /// As OpenAI's guide "Background mode", "Streaming a background response", has it.
    fn resume_path(&self, answer_id: &str, position: &str) -> Option<String> {
        let answer = self.answer_path(answer_id)?;
        Some(format!("{answer}?stream=true&starting_after={position}"))
    }

    fn cancelled(&self, answer: &Value) -> Option<Usage> {
        decode::usage(&answer["usage"])
    }
}

//! The request of Gemini, from a repaired history to bytes that are always the same for the same
//! history.

use super::{LIMITS, SealedPart};
use crate::body::Body;
use crate::history::{Block, Listed, Step, Writer, instructions, sealed_list, steps};
use crate::{HostedTool, Parameters, ToolDefinition, ToolList, WireApi};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tacet_conversation::{
    Attachment, Message, Part, Reasoning, Role, SharedText, ToolCall, ToolResult,
};

/// What Google documents for a call that another model wrote: models that demand a signature on
/// each take this for one ("Thought signatures", FAQ).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// How this wire writes messages, as contents.
pub(super) struct Contents {
    dialect: Dialect,
}

impl Contents {
    pub(super) fn of(model: &str) -> Self {
        let dialect = Dialect {
            signed_calls: is_third(model),
        };
        Self { dialect }
    }
}

impl Writer for Contents {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::Gemini, self.dialect.signed_calls)
    }

    fn above(&self, history: &[Message]) -> Vec<String> {
        instructions(history)
    }

    fn write(&self, history: &[Message]) -> Block {
        let contents = history
            .iter()
            .flat_map(|message| self.dialect.contents(message));
        Block::of(&contents.collect::<Vec<_>>())
    }
}

/// The body of a request as JSON, around a history that was repaired for this wire: each call has its
/// result, in order, and only what this provider sealed is sealed.
pub(super) fn body(
    list: &Listed,
    tools: &ToolList,
    parameters: &Parameters,
    thinking: Option<Value>,
    hosted: &[HostedTool],
) -> Body {
    let rest = Rest {
        tools: toolbox(tools, hosted),
        generation_config: Config {
            temperature: parameters.temperature,
            max_output_tokens: parameters.max_output_tokens,
            seed: parameters.seed,
            thinking_config: thinking,
        },
    };
    let head = Head {
        system_instruction: system(&list.above),
    };
    Body::around(&head, "contents", list, &rest)
}

/// All tools as one (Gemini's reference, "Tool"). `parameters` knows only a part of JSON Schema, and
/// `anyOf` not everywhere; `parametersJsonSchema` takes all of it ("FunctionDeclaration"). Its search
/// stands for itself: beside functions it is refused ("Grounding with Google Search").
fn toolbox<'a>(tools: &'a ToolList, hosted: &[HostedTool]) -> Option<[Tool<'a>; 1]> {
    let tool = if !tools.is_empty() {
        Tool::FunctionDeclarations(tools.written(WireApi::Gemini, declared))
    } else if hosted.contains(&HostedTool::WebSearch) {
        Tool::GoogleSearch {}
    } else {
        return None;
    };
    Some([tool])
}

fn declared(tool: &ToolDefinition) -> Value {
    json!({
        "name": tool.name(),
        "description": tool.description(),
        "parametersJsonSchema": LIMITS.schema(tool.input_schema()),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Tool<'a> {
    FunctionDeclarations(&'a [Box<RawValue>]),
    GoogleSearch {},
}

/// Whether a model is of Gemini 3 or later, the names that lead to the latest one included: it
/// refuses calls without a signature, gives its calls ids, and takes pictures in responses. Gemma
/// and what else is served there does not.
pub(crate) fn is_third(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let version = name.strip_prefix("gemini-");
    version.is_some_and(|version| !version.starts_with(['1', '2']))
}

/// What differs between models.
struct Dialect {
    /// The first call of a step has a signature, and calls have ids.
    signed_calls: bool,
}

/// What stands before the contents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction>,
}

/// What stands after them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tool<'a>; 1]>,
    #[serde(skip_serializing_if = "Config::is_empty")]
    generation_config: Config,
}

#[derive(Serialize)]
struct Instruction {
    parts: Vec<WirePart>,
}

#[derive(Serialize)]
struct Content {
    role: &'static str,
    parts: Vec<AnyPart>,
}

/// A part that is made here, or one that goes back as it came.
#[derive(Serialize)]
#[serde(untagged)]
enum AnyPart {
    Made(WirePart),
    Kept(Value),
}

impl<T: Into<WirePart>> From<T> for AnyPart {
    fn from(part: T) -> Self {
        Self::Made(part.into())
    }
}

#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Value>,
}

impl Config {
    fn is_empty(&self) -> bool {
        *self
            == Self {
                temperature: None,
                max_output_tokens: None,
                seed: None,
                thinking_config: None,
            }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    #[serde(flatten)]
    kind: Kind,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<String>,
}

/// What a part is; the API calls it the union field `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Text(String),
    #[serde(rename_all = "camelCase")]
    InlineData {
        mime_type: String,
        data: SharedText,
    },
    FunctionCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        name: String,
        args: Value,
    },
    FunctionResponse {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        name: String,
        response: Value,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        parts: Vec<ResponsePart>,
    },
}

/// A picture in a response (Gemini's reference, "FunctionResponsePart").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponsePart {
    inline_data: InlineData,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData {
    mime_type: &'static str,
    data: SharedText,
}

impl From<Kind> for WirePart {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            thought: false,
            thought_signature: None,
        }
    }
}

fn system(instructions: &[String]) -> Option<Instruction> {
    let parts = instructions.iter().cloned();
    let parts: Vec<WirePart> = parts.map(|text| Kind::Text(text).into()).collect();
    (!parts.is_empty()).then_some(Instruction { parts })
}

impl Dialect {
    fn contents(&self, message: &Message) -> Vec<Content> {
        let mut contents = match message.role {
            Role::System => Vec::new(),
            Role::User => vec![Content {
                role: "user",
                parts: message
                    .parts
                    .iter()
                    .filter_map(asked)
                    .map(Into::into)
                    .collect(),
            }],
            Role::Assistant => steps(&message.parts)
                .iter()
                .flat_map(|step| [self.answer(step), self.responses(step)])
                .collect(),
        };
        contents.retain(|content| !content.parts.is_empty());
        contents
    }

    fn answer(&self, step: &Step<'_>) -> Content {
        let mut parts: Vec<AnyPart> = Vec::new();
        let mut called = false;
        for part in &step.said {
            match part {
                Part::Text { text } if text.is_empty() => {}
                Part::Text { text } => parts.push(Kind::Text(text.clone()).into()),
                Part::Reasoning(reasoning) => {
                    parts.extend(thought(reasoning).map(AnyPart::Made));
                }
                Part::ToolCall(call) => {
                    let signature = call.seal.as_ref().map(|seal| seal.data.clone());
                    // Of calls side by side only the first one is signed.
                    let wanted = self.signed_calls && !std::mem::replace(&mut called, true);
                    parts.push(AnyPart::Made(WirePart {
                        kind: Kind::FunctionCall {
                            id: self.id(call),
                            name: call.name.clone(),
                            args: call.input(),
                        },
                        thought: false,
                        thought_signature: signature
                            .or_else(|| wanted.then(|| NO_SIGNATURE.to_owned())),
                    }));
                }
                Part::Attachment(made) => parts.push(AnyPart::Made(WirePart {
                    thought_signature: self.signature_of(made),
                    ..file(made).into()
                })),
                Part::ServerTool(tool) => {
                    let kept = sealed_list(tool.seal.as_ref());
                    parts.extend(kept.into_iter().map(AnyPart::Kept));
                }
                Part::ToolResult(_) | Part::Citations { .. } => {}
            }
        }
        let role = "model";
        Content { role, parts }
    }

    /// The signature of a file that a model made. One of another model's goes like its calls.
    fn signature_of(&self, file: &Attachment) -> Option<String> {
        let signature = file.seal.as_ref().map(|seal| seal.data.clone());
        signature.or_else(|| self.signed_calls.then(|| NO_SIGNATURE.to_owned()))
    }

    /// One response for each call, in the same order.
    fn responses(&self, step: &Step<'_>) -> Content {
        let answered = step.calls.iter().zip(&step.results);
        let parts = answered.map(|(call, result)| {
            let kind = Kind::FunctionResponse {
                id: self.id(call),
                name: call.name.clone(),
                response: json!({ "result": result.text }),
                parts: pictures(result),
            };
            AnyPart::from(kind)
        });
        Content {
            role: "user",
            parts: parts.collect(),
        }
    }

    /// An id goes back to models that give their calls ids; to the others the order says it.
    fn id(&self, call: &ToolCall) -> Option<String> {
        self.signed_calls.then(|| call.call_id.clone())
    }
}

fn pictures(result: &ToolResult) -> Vec<ResponsePart> {
    let pictures = result.contents.iter().filter_map(|content| {
        let (mime_type, data) = content.image()?;
        let data = data.clone();
        Some(ResponsePart {
            inline_data: InlineData { mime_type, data },
        })
    });
    pictures.collect()
}

fn thought(reasoning: &Reasoning) -> Option<WirePart> {
    let seal = reasoning.seal.as_ref()?;
    let (text, thought, signature) = match serde_json::from_str(&seal.data).ok()? {
        SealedPart::Thought { signature } => (reasoning.text.clone(), true, signature),
        SealedPart::Text { signature } => (String::new(), false, signature),
    };
    Some(WirePart {
        kind: Kind::Text(text),
        thought,
        thought_signature: Some(signature),
    })
}

fn asked(part: &Part) -> Option<WirePart> {
    match part {
        Part::Text { text } => Some(Kind::Text(text.clone()).into()),
        Part::Attachment(attachment) => Some(file(attachment).into()),
        Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    }
}

fn file(attachment: &Attachment) -> Kind {
    match attachment.quoted() {
        Some(text) => Kind::Text(text),
        None => Kind::InlineData {
            mime_type: attachment.media_type.clone(),
            data: attachment.text.clone(),
        },
    }
}

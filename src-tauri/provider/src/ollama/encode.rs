//! The request of Ollama's `/api/chat`, from a repaired history to bytes that are always the same
//! for the same history.
//!
//! How long the model stays loaded is the server's own setting, so `keep_alive` is not sent.

use super::LIMITS;
use crate::body::Body;
use crate::effort;
use crate::history::{Block, Listed, Step, Writer, steps};
use crate::{Parameters, ToolList, WireApi};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tacet_conversation::{Message, Role, SharedText};

/// How this wire writes messages.
pub(super) struct Messages;

impl Writer for Messages {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::Ollama, true)
    }

    fn write(&self, history: &[Message]) -> Block {
        Block::of(&history.iter().flat_map(messages).collect::<Vec<_>>())
    }
}

/// The body of a request, around a history that is written. It was repaired for this wire: each call
/// has its result, in order, and each message says something.
pub(super) fn body(model: &str, list: &Listed, tools: &ToolList, parameters: &Parameters) -> Body {
    let options = Options {
        num_predict: parameters.max_output_tokens,
        temperature: parameters.temperature,
        seed: parameters.seed,
    };
    let rest = Rest {
        tools: tools.written(WireApi::Ollama, |tool| tool.as_function(LIMITS)),
        stream: true,
        options: (options != Options::default()).then_some(options),
        think: effort::ollama::think(model, parameters.effort),
    };
    Body::around(&Model { model }, "messages", list, &rest)
}

/// What stands before the messages.
#[derive(Serialize)]
struct Model<'a> {
    model: &'a str,
}

/// What stands after them.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tools: &'a [Box<RawValue>],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Options>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Value>,
}

#[derive(Default, PartialEq, Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage {
    System {
        content: String,
    },
    User {
        content: String,
        /// In base64.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        images: Vec<SharedText>,
    },
    Assistant {
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall>,
    },
    Tool {
        content: String,
        tool_name: String,
        tool_call_id: String,
    },
}

#[derive(Serialize)]
struct WireCall {
    id: String,
    function: WireFunction,
}

#[derive(Serialize)]
struct WireFunction {
    name: String,
    /// An object.
    arguments: Value,
}

fn messages(message: &Message) -> Vec<WireMessage> {
    match message.role {
        Role::System => vec![WireMessage::System {
            content: message.said(),
        }],
        Role::User => vec![WireMessage::User {
            content: message.said(),
            images: message.files().map(|file| file.text.clone()).collect(),
        }],
        Role::Assistant => steps(&message.parts).into_iter().flat_map(step).collect(),
    }
}

/// What the model said, and then what its tools said.
fn step(step: Step<'_>) -> Vec<WireMessage> {
    let mut messages = Vec::new();
    let calls = step.calls.iter().map(|call| WireCall {
        id: call.call_id.clone(),
        function: WireFunction {
            name: call.name.clone(),
            arguments: call.input(),
        },
    });
    let results = step.results.iter().map(|result| {
        let call = step
            .calls
            .iter()
            .find(|call| call.call_id == result.call_id);
        WireMessage::Tool {
            content: result.text.clone(),
            tool_name: call.map_or_else(String::new, |call| call.name.clone()),
            tool_call_id: result.call_id.clone(),
        }
    });
    let (calls, results): (Vec<_>, Vec<_>) = (calls.collect(), results.collect());
    if !step.text.is_empty() || !calls.is_empty() {
        messages.push(WireMessage::Assistant {
            content: step.text,
            tool_calls: calls,
        });
    }
    messages.extend(results);
    messages
}

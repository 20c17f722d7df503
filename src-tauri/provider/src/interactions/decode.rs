//! The answer of Gemini's Interactions, from bytes to model events, without a socket.
//!
//! After Google's "Streaming interactions" and the types of its client packages: steps that start, grow
//! and stop, each event with a mark to go on from. An end without `interaction.completed` is an error
//! (rule C12).

use super::server_tools::{self, ServerTools};
use crate::decode::{
    Decoder, End, Grammar, call_id, cancelled, counts, enter, gap, measured, sum, text,
};
use crate::refusal;
use crate::{Cited, GeneratedFile, ModelEvent};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use tacet_conversation::{
    Citation, ErrorCategory, FinishReason, Phase, ProviderError, Seal, Usage,
};

/// A decoder of one answer. What it seals can be read by `issuer` alone.
pub(super) fn decoder(issuer: String) -> Decoder {
    Decoder::new(Interaction {
        issuer,
        answer_id: String::new(),
        marks: Marks::default(),
        open: Vec::new(),
        started: HashSet::new(),
        calls: 0,
        files: 0,
        pages: HashSet::new(),
        tools: ServerTools::default(),
        phase: None,
        failed: None,
        finish: None,
        broken: None,
    })
}

/// What was received of one answer.
#[derive(Debug)]
struct Interaction {
    issuer: String,
    answer_id: String,
    marks: Marks,
    /// The steps that were started and not stopped.
    open: Vec<Open>,
    /// The places of all that were started.
    started: HashSet<u64>,
    calls: usize,
    /// The whole files so far.
    files: usize,
    /// The addresses of the pages that were named as sources.
    pages: HashSet<String>,
    tools: ServerTools,
    phase: Option<Phase>,
    /// What a step of the model failed of, though the interaction may go on.
    failed: Option<Value>,
    /// Why the model ended, where that was said and the last event has not come.
    finish: Option<FinishReason>,
    /// What broke it off, likewise.
    broken: Option<ProviderError>,
}

/// A step that is being written.
#[derive(Debug)]
struct Open {
    index: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Output,
    Thought {
        signature: String,
    },
    Call {
        index: usize,
        /// Whether a piece of its arguments came.
        begun: bool,
        /// What it was started with, where no piece comes.
        arguments: Value,
    },
    /// Of a tool of the server's own, as it stands.
    Server(Value),
    /// What was asked, or what is not known.
    Other,
}

/// The marks of the events, by which an answer is read on and nothing is taken twice.
#[derive(Debug, Default)]
struct Marks {
    last: Option<Arc<str>>,
    seen: HashSet<Arc<str>>,
    /// Whether nothing new came yet over another connection.
    picked_up: bool,
}

impl Marks {
    /// Whether an event came over the connection before. Servers that mark all alike are believed as
    /// long as the connection holds.
    fn is_known(&mut self, event: &Value) -> bool {
        let Some(mark) = event["event_id"].as_str().filter(|mark| !mark.is_empty()) else {
            return false;
        };
        if self.picked_up && self.seen.contains(mark) {
            return true;
        }
        self.picked_up = false;
        let mark: Arc<str> = mark.into();
        self.seen.insert(Arc::clone(&mark));
        self.last = Some(mark);
        false
    }
}

impl Grammar for Interaction {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        let was_picked_up = self.marks.picked_up;
        if self.marks.is_known(value) {
            return None;
        }
        // An answer in one piece is what the last event of a stream carries.
        let whole = value["event_type"].is_null() && value["status"].is_string();
        let interaction = if whole { value } else { &value["interaction"] };
        let ids = [&interaction["id"], &value["interaction_id"]];
        if let (true, Some(id)) = (
            self.answer_id.is_empty(),
            ids.iter().find_map(|id| id.as_str()),
        ) {
            // Nothing that is not stored has an id to be asked for by.
            id.clone_into(&mut self.answer_id);
        }
        let index = value["index"].as_u64().unwrap_or(0);
        match text(&value["event_type"]) {
            "step.start" => self.start(index, &value["step"], events),
            "step.delta" if was_picked_up && !self.started.contains(&index) => {
                return Some(End::Failed(gap()));
            }
            "step.delta" => self.grow(index, &value["delta"], events),
            "step.stop" => {
                self.stop(index, events);
                events.extend(usage(&value["usage"], false).map(ModelEvent::Usage));
            }
            "interaction.status_update" => {
                events.extend(usage(&value["usage"], false).map(ModelEvent::Usage));
                let status = text(&value["status"]);
                self.finish = self.reason(status);
                self.broken = broken(status, None);
            }
            "interaction.completed" => {
                self.catch_up(&interaction["steps"], events);
                return self.end(text(&interaction["status"]), interaction, events);
            }
            "error" => return Some(End::Failed(refusal::from_frame(value))),
            "" if refusal::is_error(value) => {
                return Some(End::Failed(refusal::from_frame(value)));
            }
            "" if whole => {
                self.catch_up(&interaction["steps"], events);
                return self.end(text(&interaction["status"]), interaction, events);
            }
            // `interaction.created`, and what is new.
            _ => {}
        }
        None
    }

    fn settle(&mut self, events: &mut Vec<ModelEvent>) {
        events.extend(self.tools.rest().into_iter().map(ModelEvent::ServerTool));
    }

    fn finish(&self) -> Option<FinishReason> {
        self.finish
    }

    fn failure(&self) -> Option<&ProviderError> {
        self.broken.as_ref()
    }

    fn answer_id(&self) -> Option<&str> {
        Some(self.answer_id.as_str()).filter(|id| !id.is_empty())
    }

    fn position(&self) -> Option<String> {
        self.marks.last.as_deref().map(str::to_owned)
    }

    fn pick_up(&mut self) {
        self.marks.picked_up = true;
    }
}

impl Interaction {
    fn start(&mut self, index: u64, step: &Value, events: &mut Vec<ModelEvent>) {
        self.started.insert(index);
        let kind = match text(&step["type"]) {
            "model_output" => {
                for content in list(&step["content"]) {
                    self.content(content, events);
                }
                if step["error"].is_object() {
                    self.failed = Some(step["error"].clone());
                }
                Kind::Output
            }
            "thought" => {
                for summary in list(&step["summary"]) {
                    self.think(text(&summary["text"]), events);
                }
                Kind::Thought {
                    signature: text(&step["signature"]).to_owned(),
                }
            }
            "function_call" => {
                let call = self.calls;
                self.calls += 1;
                enter(&mut self.phase, Phase::ToolArguments, events);
                events.push(ModelEvent::ToolCallStarted {
                    index: call,
                    call_id: call_id(text(&step["id"]), &self.answer_id, call),
                    name: text(&step["name"]).to_owned(),
                });
                self.sign(call, text(&step["signature"]), events);
                Kind::Call {
                    index: call,
                    begun: false,
                    arguments: step["arguments"].clone(),
                }
            }
            _ if server_tools::is_one(step) => Kind::Server(step.clone()),
            _ => Kind::Other,
        };
        self.open.push(Open { index, kind });
    }

    fn grow(&mut self, index: u64, delta: &Value, events: &mut Vec<ModelEvent>) {
        let place = self.open.iter().rposition(|step| step.index == index);
        // Servers that start no step say by the piece what it is of.
        let Some(place) = place else {
            let kind = match text(&delta["type"]) {
                "thought_summary" | "thought_signature" => "thought",
                _ => "model_output",
            };
            self.start(index, &json!({ "type": kind }), events);
            return self.grow(index, delta, events);
        };
        let signature = text(&delta["signature"]);
        match (&mut self.open[place].kind, text(&delta["type"])) {
            (Kind::Server(step), _) => server_tools::grow(step, delta),
            (_, "thought_summary") => self.think(text(&delta["content"]["text"]), events),
            (Kind::Thought { signature: whole }, "thought_signature") => whole.push_str(signature),
            (Kind::Call { index, begun, .. }, "arguments_delta") => {
                let (call, piece) = (*index, text(&delta["arguments"]).to_owned());
                *begun |= !piece.is_empty();
                self.sign(call, signature, events);
                if !piece.is_empty() {
                    enter(&mut self.phase, Phase::ToolArguments, events);
                    events.push(ModelEvent::ToolCallArguments {
                        index: call,
                        text: piece,
                    });
                }
            }
            (_, "text_annotation_delta" | "text_annotation") => {
                self.cite(&delta["annotations"], events);
            }
            (Kind::Output, _) => self.content(delta, events),
            (Kind::Thought { .. } | Kind::Call { .. } | Kind::Other, _) => {}
        }
    }

    /// A step is whole.
    fn stop(&mut self, index: u64, events: &mut Vec<ModelEvent>) {
        let Some(place) = self.open.iter().rposition(|step| step.index == index) else {
            return;
        };
        match self.open.remove(place).kind {
            Kind::Thought { signature } if !signature.is_empty() => {
                events.push(ModelEvent::ReasoningSealed(self.seal(signature)));
            }
            Kind::Call {
                index,
                begun: false,
                arguments,
            } if arguments.is_object() => {
                let text = arguments.to_string();
                events.push(ModelEvent::ToolCallArguments { index, text });
            }
            Kind::Server(step) => {
                let ended = self.tools.ended(&step, &self.issuer);
                events.extend(ended.map(ModelEvent::ServerTool));
            }
            Kind::Thought { .. } | Kind::Call { .. } | Kind::Output | Kind::Other => {}
        }
    }

    /// The steps of a whole interaction, as far as they did not come by themselves.
    fn catch_up(&mut self, steps: &Value, events: &mut Vec<ModelEvent>) {
        let open: Vec<u64> = self.open.iter().map(|step| step.index).collect();
        for index in open {
            self.stop(index, events);
        }
        if !self.started.is_empty() {
            return;
        }
        for (index, step) in (0..).zip(list(steps)) {
            self.start(index, step, events);
            self.stop(index, events);
        }
    }

    /// A piece of what the model says: text, or a file.
    fn content(&mut self, content: &Value, events: &mut Vec<ModelEvent>) {
        let words = text(&content["text"]);
        if !words.is_empty() {
            enter(&mut self.phase, Phase::Text, events);
            events.push(ModelEvent::Text(words.to_owned()));
        }
        // A file at an address is not loaded.
        if let Some(file) = GeneratedFile::whole(self.files.to_string(), text(&content["data"])) {
            self.files += 1;
            events.push(ModelEvent::File(file));
        }
        self.cite(&content["annotations"], events);
    }

    fn think(&mut self, words: &str, events: &mut Vec<ModelEvent>) {
        if !words.is_empty() {
            enter(&mut self.phase, Phase::Reasoning, events);
            events.push(ModelEvent::Reasoning(words.to_owned()));
        }
    }

    fn cite(&mut self, annotations: &Value, events: &mut Vec<ModelEvent>) {
        let pages = list(annotations)
            .filter(|it| it["type"] == "url_citation")
            .filter_map(|it| Citation::of(text(&it["url"]), text(&it["title"])));
        // The same page is named again as the text grows.
        let new: Vec<Citation> = pages
            .filter(|page| self.pages.insert(page.url.clone()))
            .collect();
        if !new.is_empty() {
            events.push(ModelEvent::Cited(Cited {
                length: None,
                citations: new,
            }));
        }
    }

    fn sign(&self, index: usize, signature: &str, events: &mut Vec<ModelEvent>) {
        if !signature.is_empty() {
            let seal = self.seal(signature.to_owned());
            events.push(ModelEvent::ToolCallSealed { index, seal });
        }
    }

    fn seal(&self, data: String) -> Seal {
        Seal {
            issuer: self.issuer.clone(),
            data,
        }
    }

    /// Why the model ended, where this status says that it has ("InteractionStatus").
    fn reason(&self, status: &str) -> Option<FinishReason> {
        match status {
            // "completed" is said of calls as well.
            "completed" | "requires_action" if self.calls > 0 => Some(FinishReason::ToolCalls),
            "completed" | "requires_action" => Some(FinishReason::Stop),
            // The limit of tokens, that of one request, and that of a budget.
            "incomplete" | "requires_continuation" | "budget_exceeded" => {
                Some(FinishReason::Length)
            }
            _ => None,
        }
    }

    /// The end, where this status is one.
    fn end(
        &mut self,
        status: &str,
        interaction: &Value,
        events: &mut Vec<ModelEvent>,
    ) -> Option<End> {
        let is_final = self.reason(status).is_some();
        events.extend(usage(&interaction["usage"], is_final).map(ModelEvent::Usage));
        // What the step of the model says is more exact than what the whole says.
        let said = self.failed.take();
        let said = said.or_else(|| list(&interaction["errors"]).next().cloned());
        let error = said.map(|error| refusal::from_frame(&json!({ "error": error })));
        let is_filter = |error: &ProviderError| error.category == ErrorCategory::ContentFilter;
        let end = match (self.reason(status), error) {
            (_, Some(error)) if is_filter(&error) => {
                events.push(ModelEvent::Explained(error));
                Ok(FinishReason::ContentFilter)
            }
            (Some(FinishReason::Stop), Some(error)) => Err(error),
            (Some(reason), _) => Ok(reason),
            (None, error) => Err(broken(status, error)?),
        };
        Some(match end {
            Ok(reason) => {
                events.push(ModelEvent::Finished(reason));
                End::Finished
            }
            Err(error) => {
                // Nothing that was said before outweighs it.
                self.finish = None;
                End::Failed(error)
            }
        })
    }
}

/// What broke an answer off, where this status says that something did.
fn broken(status: &str, error: Option<ProviderError>) -> Option<ProviderError> {
    match status {
        "cancelled" => Some(cancelled()),
        "failed" => Some(error.unwrap_or_else(|| refusal::from_frame(&Value::Null))),
        _ => None,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The figures of an event, which are those of the answer so far. Thoughts are counted beside what is
/// said, and the prompts of the server's own tools beside the prompt, as in the other API.
pub(super) fn usage(value: &Value, is_final: bool) -> Option<Usage> {
    measured(Usage {
        input_tokens: sum(value, ["total_input_tokens", "total_tool_use_tokens"]),
        cached_input_tokens: value["total_cached_tokens"].as_u64(),
        output_tokens: sum(value, ["total_output_tokens", "total_thought_tokens"]),
        reasoning_tokens: value["total_thought_tokens"].as_u64(),
        ..counts(is_final)
    })
}

//! The items that an answer of OpenAI Responses consists of: messages, reasoning and calls, each
//! announced, written in pieces and then given as a whole.

use crate::decode::{call_id, enter, text};
use crate::refusal;
use crate::{Cited, GeneratedFile, ModelEvent};
use serde_json::{Value, json};
use tacet_conversation::{Citation, FinishReason, Phase, Seal, ServerTool};

/// The items of the server's own tools that go back as they came.
const SERVER_TOOLS: &[&str] = &[
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "compaction",
];

/// One item of the answer.
#[derive(Debug)]
struct Item {
    output_index: Option<u64>,
    id: String,
    /// Its place among the calls, for a call.
    call: Option<usize>,
    /// What part of the answer a message is, where the server says so: it wants that back.
    phase: Option<String>,
    /// Something of it was received.
    begun: bool,
    /// All of it was received.
    whole: bool,
}

/// A piece of text within an item: item, and part of its content or summary.
type Place = (usize, u64);

/// The items of one answer, in the order in which they were first heard of.
#[derive(Debug)]
pub(super) struct Items {
    issuer: String,
    items: Vec<Item>,
    calls: usize,
    refused: bool,
    phase: Option<Phase>,
    /// Where the last text or reasoning was, as long as more of the kind would be joined to it.
    last: Option<Place>,
}

impl Items {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            issuer,
            items: Vec::new(),
            calls: 0,
            refused: false,
            phase: None,
            last: None,
        }
    }

    /// Why a whole answer ended: the API says no more than that it is completed.
    pub(super) fn finish(&self) -> FinishReason {
        if self.refused {
            FinishReason::ContentFilter
        } else if self.calls > 0 {
            FinishReason::ToolCalls
        } else {
            FinishReason::Stop
        }
    }

    /// An item begins.
    pub(super) fn added(&mut self, event: &Value, item: &Value, events: &mut Vec<ModelEvent>) {
        let index = self.find(event, item);
        self.take_phase(index, item);
        if item["type"] == "function_call" {
            self.start_call(index, item, events);
        }
    }

    /// An item is whole: what was not received in pieces is taken from it.
    pub(super) fn done(&mut self, event: &Value, item: &Value, events: &mut Vec<ModelEvent>) {
        let index = self.find(event, item);
        if std::mem::replace(&mut self.items[index].whole, true) {
            return;
        }
        self.take_phase(index, item);
        let begun = self.items[index].begun;
        match item["type"].as_str() {
            Some("message") if !begun => {
                for (part, content) in list(&item["content"]) {
                    let refusal = content["refusal"].as_str();
                    self.refused |= refusal.is_some();
                    let text = content["text"].as_str().or(refusal).unwrap_or_default();
                    self.write((index, part), Phase::Text, text, events);
                    for (_, annotation) in list(&content["annotations"]) {
                        self.cite(annotation, events);
                    }
                }
            }
            Some("reasoning") => {
                if !begun {
                    let shown = [&item["summary"], &item["content"]];
                    let shown = shown.into_iter().find(|texts| list(texts).next().is_some());
                    for (part, content) in shown.into_iter().flat_map(list) {
                        let text = text(&content["text"]);
                        self.write((index, part), Phase::Reasoning, text, events);
                    }
                }
                self.seal(item, events);
            }
            Some("function_call") => {
                self.start_call(index, item, events);
                if !begun {
                    self.argue(index, text(&item["arguments"]), events);
                }
            }
            Some("image_generation_call") => self.image(index, item, events),
            Some(kind) if SERVER_TOOLS.contains(&kind) => self.server_tool(kind, item, events),
            // Items of others of its tools, which are not asked for.
            Some(_) | None => {}
        }
    }

    /// More of the answer.
    pub(super) fn text(&mut self, event: &Value, text: &str, events: &mut Vec<ModelEvent>) {
        let place = self.place(event);
        self.write(place, Phase::Text, text, events);
    }

    /// More of a refusal, which is shown as the answer.
    pub(super) fn refusal(&mut self, event: &Value, text: &str, events: &mut Vec<ModelEvent>) {
        self.refused = true;
        self.text(event, text, events);
    }

    /// More reasoning, or more of its summary.
    pub(super) fn reasoning(&mut self, event: &Value, text: &str, events: &mut Vec<ModelEvent>) {
        let place = self.place(event);
        self.write(place, Phase::Reasoning, text, events);
    }

    /// More arguments of a call.
    pub(super) fn arguments(&mut self, event: &Value, text: &str, events: &mut Vec<ModelEvent>) {
        let index = self.find(event, &Value::Null);
        self.start_call(index, &Value::Null, events);
        self.argue(index, text, events);
    }

    /// A source of what was said.
    pub(super) fn cite(&mut self, annotation: &Value, events: &mut Vec<ModelEvent>) {
        if annotation["type"] != "url_citation" {
            return;
        }
        let found = Citation::of(text(&annotation["url"]), text(&annotation["title"]));
        events.extend(found.map(|citation| {
            ModelEvent::Cited(Cited {
                length: None,
                citations: vec![citation],
            })
        }));
    }

    /// What a tool of the server's own did is whole. It goes back as the item that it came in.
    fn server_tool(&mut self, kind: &str, item: &Value, events: &mut Vec<ModelEvent>) {
        let action = &item["action"];
        let asked = ["query", "url", "pattern"].map(|name| text(&action[name]));
        let asked = asked.into_iter().find(|text| !text.is_empty());
        let queries = list(&action["queries"]).map(|(_, query)| text(query));
        let queries: Vec<&str> = queries.collect();
        self.last = None;
        events.push(ModelEvent::ServerTool(ServerTool {
            name: kind.trim_end_matches("_call").to_owned(),
            input: asked.map_or_else(|| queries.join(", "), str::to_owned),
            seal: Some(Seal {
                issuer: self.issuer.clone(),
                data: item.to_string(),
            }),
        }));
    }

    /// What the server shows of an image that it still makes.
    pub(super) fn sketch(&mut self, event: &Value, events: &mut Vec<ModelEvent>) {
        let index = self.find(event, &Value::Null);
        let data = text(&event["partial_image_b64"]);
        if let (false, Some(file)) = (
            self.items[index].whole,
            GeneratedFile::whole(index.to_string(), data),
        ) {
            self.last = None;
            events.push(ModelEvent::File(file.sketch()));
        }
    }

    /// An image is whole. It goes back as the item that it came in. Where the filter has kept it, the
    /// server says so in the item alone.
    fn image(&mut self, index: usize, item: &Value, events: &mut Vec<ModelEvent>) {
        let error = &item["error"];
        if error.is_object() {
            let (code, words) = (text(&error["code"]), text(&error["message"]));
            self.refused = true;
            events.push(ModelEvent::Explained(refusal::by_filter(code, words)));
        }
        if let Some(file) = GeneratedFile::whole(index.to_string(), text(&item["result"])) {
            let data = json!({ "type": item["type"], "id": item["id"], "status": item["status"] });
            self.last = None;
            events.push(ModelEvent::File(GeneratedFile {
                seal: Some(Seal {
                    issuer: self.issuer.clone(),
                    data: data.to_string(),
                }),
                ..file
            }));
        }
    }

    /// The item of an event: by its place in the output, or else by its id. Some servers send one
    /// of them only; an event with neither belongs to the last item.
    fn find(&mut self, event: &Value, item: &Value) -> usize {
        let output_index = event["output_index"].as_u64();
        let id = event["item_id"].as_str().or_else(|| item["id"].as_str());
        let id = id.unwrap_or_default();
        let last = |matches: &dyn Fn(&Item) -> bool| self.items.iter().rposition(matches);
        let found = output_index
            .and_then(|_| last(&|item| item.output_index == output_index))
            .or_else(|| last(&|item| !id.is_empty() && item.id == id));
        let unnamed = output_index.is_none() && id.is_empty() && item.is_null();
        let found = found.or_else(|| self.items.len().checked_sub(1).filter(|_| unnamed));
        found.unwrap_or_else(|| {
            self.items.push(Item {
                output_index,
                id: id.to_owned(),
                call: None,
                phase: None,
                begun: false,
                whole: false,
            });
            self.items.len() - 1
        })
    }

    fn place(&mut self, event: &Value) -> Place {
        let index = self.find(event, &Value::Null);
        let part = ["summary_index", "content_index"]
            .iter()
            .find_map(|name| event[*name].as_u64());
        (index, part.unwrap_or(0))
    }

    fn start_call(&mut self, index: usize, item: &Value, events: &mut Vec<ModelEvent>) {
        let known = &mut self.items[index];
        if known.call.is_some() {
            return;
        }
        let call = self.calls;
        self.calls += 1;
        known.call = Some(call);
        let ids = [text(&item["call_id"]), known.id.as_str()];
        let given = ids.into_iter().find(|id| !id.is_empty());
        let call_id = call_id(given.unwrap_or_default(), "", call);
        enter(&mut self.phase, Phase::ToolArguments, events);
        events.push(ModelEvent::ToolCallStarted {
            index: call,
            call_id,
            name: text(&item["name"]).to_owned(),
        });
    }

    fn argue(&mut self, index: usize, text: &str, events: &mut Vec<ModelEvent>) {
        let item = &mut self.items[index];
        if let (Some(call), false) = (item.call, text.is_empty()) {
            item.begun = true;
            enter(&mut self.phase, Phase::ToolArguments, events);
            events.push(ModelEvent::ToolCallArguments {
                index: call,
                text: text.to_owned(),
            });
        }
    }

    /// Text or reasoning. Parts that follow each other are paragraphs of one.
    fn write(&mut self, place: Place, phase: Phase, text: &str, events: &mut Vec<ModelEvent>) {
        if text.is_empty() {
            return;
        }
        self.items[place.0].begun = true;
        self.seal_phase(place.0, events);
        let joined = self.phase == Some(phase) && self.last.is_some_and(|last| last != place);
        enter(&mut self.phase, phase, events);
        self.last = Some(place);
        let text = if joined {
            format!("\n\n{text}")
        } else {
            text.to_owned()
        };
        events.push(if phase == Phase::Reasoning {
            ModelEvent::Reasoning(text)
        } else {
            ModelEvent::Text(text)
        });
    }

    fn take_phase(&mut self, index: usize, item: &Value) {
        if let (Some("message"), Some(phase)) = (item["type"].as_str(), item["phase"].as_str()) {
            self.items[index].phase = Some(phase.to_owned());
        }
    }

    /// Says before the first text of a message what part of the answer it is.
    fn seal_phase(&mut self, index: usize, events: &mut Vec<ModelEvent>) {
        if let Some(phase) = self.items[index].phase.take() {
            let data = json!({ "type": "message", "phase": phase });
            events.push(ModelEvent::ReasoningSealed(Seal {
                issuer: self.issuer.clone(),
                data: data.to_string(),
            }));
            self.last = None;
        }
    }

    /// Keeps what the server wants back with the next request: only reasoning that came encrypted
    /// can be sent to a server that has stored nothing.
    fn seal(&mut self, item: &Value, events: &mut Vec<ModelEvent>) {
        let Some(encrypted) = item["encrypted_content"]
            .as_str()
            .filter(|it| !it.is_empty())
        else {
            return;
        };
        let summary = item["summary"].as_array().cloned().unwrap_or_default();
        let data = json!({
            "type": "reasoning",
            "id": item["id"],
            "summary": summary,
            "encrypted_content": encrypted,
        });
        events.push(ModelEvent::ReasoningSealed(Seal {
            issuer: self.issuer.clone(),
            data: data.to_string(),
        }));
        self.last = None;
    }
}

/// The entries of a list with their places.
fn list(value: &Value) -> impl Iterator<Item = (u64, &Value)> {
    (0..).zip(value.as_array().into_iter().flatten())
}

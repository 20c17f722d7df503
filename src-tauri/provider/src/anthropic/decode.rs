//! The answer of Anthropic Messages, from bytes to model events, without a socket.
//!
//! After Anthropic's reference ("Streaming messages"): content comes as blocks that are opened,
//! grown and closed. A block of thinking is sealed when it is closed: before, its signature may
//! not be whole. Events and blocks of a kind that is not known are passed over, as the reference
//! asks for. A server that gave a `stop_reason` and closes without `message_stop` has finished;
//! without either, the end is an error (rule C12).

use super::SealedBlock;
use super::server_tools::{self, Ended, ServerTools};
use crate::decode::{Decoder, End, Grammar, call_id, counts, measured, text};
use crate::refusal;
use crate::{Cited, ModelEvent};
use serde_json::{Value, json};
use tacet_conversation::{Citation, FinishReason, Seal, ServerTool, Usage, utf16_length};

/// A decoder of one answer. What it seals can be read by `issuer` alone.
pub(super) fn decoder(issuer: String) -> Decoder {
    Decoder::new(Messages {
        issuer,
        answer_id: String::new(),
        open: Vec::new(),
        calls: 0,
        ends_unsigned: false,
        counts: Counts::default(),
        server_tools: ServerTools::default(),
        container: None,
        finish: None,
    })
}

/// What was received of one answer.
#[derive(Debug)]
struct Messages {
    issuer: String,
    answer_id: String,
    /// The blocks that are not closed, by the server's index.
    open: Vec<(u64, Block)>,
    calls: usize,
    /// The last thing said was thinking that got no signature. A seal would be taken for its.
    ends_unsigned: bool,
    counts: Counts,
    server_tools: ServerTools,
    /// Where the server's own tools ran.
    container: Option<String>,
    finish: Option<FinishReason>,
}

#[derive(Debug)]
enum Block {
    Thinking {
        signature: String,
    },
    ToolUse {
        index: usize,
        /// The arguments from a server that sends them whole, at the start.
        whole: Option<String>,
    },
    Text {
        /// How long it is so far, in UTF-16 code units.
        length: usize,
        citations: Vec<Citation>,
    },
    /// A call of one of the server's own tools.
    ServerTool {
        block: Value,
        input: String,
    },
    /// Another block that goes back as it came.
    Kept(Value),
}

/// The server's counts, each as it was said last.
#[derive(Debug, Default)]
struct Counts {
    uncached: Option<u64>,
    cache_written: Option<u64>,
    cache_read: Option<u64>,
    output: Option<u64>,
    /// Of the output.
    thinking: Option<u64>,
}

impl Grammar for Messages {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        match text(&value["type"]) {
            "message_start" => {
                let message = &value["message"];
                self.name(message);
                // Its count of the answer is a placeholder.
                self.counts.take_input(&message["usage"]);
                events.extend(self.usage().map(ModelEvent::Usage));
                None
            }
            "content_block_start" => {
                self.start(place(value), &value["content_block"], events);
                None
            }
            "content_block_delta" => {
                self.delta(place(value), &value["delta"], events);
                None
            }
            "content_block_stop" => {
                self.stop(place(value), events);
                None
            }
            "message_delta" => {
                self.end(&value["delta"], &value["usage"], events);
                None
            }
            "message_stop" => {
                self.settle(events);
                if self.finish.is_none() {
                    self.finish = Some(FinishReason::Other);
                    events.extend(self.usage().map(ModelEvent::Usage));
                }
                events.extend(self.finish.map(ModelEvent::Finished));
                Some(End::Finished)
            }
            "message" => {
                self.whole(value, events);
                None
            }
            _ => refusal::is_error(value).then(|| End::Failed(refusal::from_frame(value))),
        }
    }

    fn settle(&mut self, events: &mut Vec<ModelEvent>) {
        for (_, block) in std::mem::take(&mut self.open) {
            match block {
                Block::ToolUse { index, whole } => {
                    events.extend(whole.map(|text| ModelEvent::ToolCallArguments { index, text }));
                }
                Block::Text { length, citations } => cite(length, citations, events),
                // What was not whole does not go back.
                Block::Thinking { .. } | Block::ServerTool { .. } | Block::Kept(_) => {}
            }
        }
        if self.finish == Some(FinishReason::Paused) {
            for ended in self.server_tools.paused() {
                self.keep(ended, events);
            }
        }
        if let Some(id) = self.container.take().filter(|_| self.finish.is_some()) {
            let seal = self.sealed(&SealedBlock::Container { id });
            events.push(ModelEvent::ServerTool(ServerTool {
                name: "container".to_owned(),
                input: String::new(),
                seal: Some(seal),
            }));
        }
    }

    fn finish(&self) -> Option<FinishReason> {
        self.finish
    }

    fn answer_id(&self) -> Option<&str> {
        Some(self.answer_id.as_str()).filter(|id| !id.is_empty())
    }
}

impl Messages {
    fn name(&mut self, message: &Value) {
        if let Some(id) = message["id"].as_str() {
            id.clone_into(&mut self.answer_id);
        }
    }

    fn start(&mut self, place: u64, content: &Value, events: &mut Vec<ModelEvent>) {
        self.open.retain(|(open, _)| *open != place);
        match text(&content["type"]) {
            "text" => {
                let citations = content["citations"].as_array().into_iter().flatten();
                let citations = citations.filter_map(|it| self.citation(it)).collect();
                let length = 0;
                self.open.push((place, Block::Text { length, citations }));
                self.text(place, &content["text"], events);
            }
            "thinking" => {
                let signature = text(&content["signature"]).to_owned();
                self.open.push((place, Block::Thinking { signature }));
                self.thinking(&content["thinking"], events);
            }
            "redacted_thinking" => {
                let data = text(&content["data"]).to_owned();
                if !data.is_empty() {
                    self.seal(&SealedBlock::RedactedThinking { data }, events);
                }
            }
            "tool_use" => {
                let index = self.calls;
                self.calls += 1;
                self.ends_unsigned = false;
                events.push(ModelEvent::ToolCallStarted {
                    index,
                    call_id: call_id(text(&content["id"]), &self.answer_id, index),
                    name: text(&content["name"]).to_owned(),
                });
                let input = content["input"].as_object();
                let whole = input.filter(|input| !input.is_empty());
                let whole = whole.map(|_| content["input"].to_string());
                self.open.push((place, Block::ToolUse { index, whole }));
            }
            _ if server_tools::is_call(content) => {
                let (block, input) = (content.clone(), String::new());
                self.open.push((place, Block::ServerTool { block, input }));
            }
            _ if server_tools::is_result(content) => {
                let ended = self.server_tools.answered(content);
                ended.into_iter().for_each(|it| self.keep(it, events));
            }
            _ if server_tools::is_kept(content) => {
                self.open.push((place, Block::Kept(content.clone())));
            }
            _ => {}
        }
    }

    fn delta(&mut self, place: u64, delta: &Value, events: &mut Vec<ModelEvent>) {
        match text(&delta["type"]) {
            "text_delta" => self.text(place, &delta["text"], events),
            "citations_delta" => {
                let citation = self.citation(&delta["citation"]);
                if let Some(Block::Text { citations, .. }) = self.block(place) {
                    citations.extend(citation);
                }
            }
            "compaction_delta" => {
                if let Some(Block::Kept(block)) = self.block(place) {
                    compact(block, delta);
                }
            }
            "thinking_delta" => self.thinking(&delta["thinking"], events),
            "signature_delta" => {
                if let Some(Block::Thinking { signature }) = self.block(place) {
                    signature.push_str(text(&delta["signature"]));
                }
            }
            "input_json_delta" => {
                let piece = text(&delta["partial_json"]);
                match self.block(place) {
                    Some(Block::ToolUse { index, whole }) if !piece.is_empty() => {
                        *whole = None;
                        events.push(ModelEvent::ToolCallArguments {
                            index: *index,
                            text: piece.to_owned(),
                        });
                    }
                    Some(Block::ServerTool { input, .. }) => input.push_str(piece),
                    Some(
                        Block::ToolUse { .. }
                        | Block::Thinking { .. }
                        | Block::Text { .. }
                        | Block::Kept(_),
                    )
                    | None => {}
                }
            }
            _ => {}
        }
    }

    fn stop(&mut self, place: u64, events: &mut Vec<ModelEvent>) {
        let Some(at) = self.open.iter().position(|(open, _)| *open == place) else {
            return;
        };
        match self.open.remove(at).1 {
            Block::Thinking { signature } if signature.is_empty() => self.ends_unsigned = true,
            Block::Thinking { signature } => {
                self.seal(&SealedBlock::Thinking { signature }, events);
            }
            Block::ToolUse { index, whole } => {
                events.extend(whole.map(|text| ModelEvent::ToolCallArguments { index, text }));
            }
            Block::Text { length, citations } => cite(length, citations, events),
            Block::ServerTool { block, input } => self.server_tools.called(block, &input),
            Block::Kept(block) => {
                let ended = Ended {
                    name: text(&block["type"]).to_owned(),
                    input: String::new(),
                    blocks: vec![block],
                };
                self.keep(ended, events);
            }
        }
    }

    /// What ends the answer, in a `message_delta` or in an answer in one piece.
    fn end(&mut self, ended: &Value, usage: &Value, events: &mut Vec<ModelEvent>) {
        if let Some(reason) = ended["stop_reason"].as_str() {
            self.finish = Some(finish_reason(reason));
            if self.finish == Some(FinishReason::Other) {
                events.push(ModelEvent::Explained(refusal::by_unknown(reason)));
            }
        }
        if let Some(id) = ended["container"]["id"].as_str() {
            self.container = Some(id.to_owned());
        }
        let details = &ended["stop_details"];
        if details["type"] == "refusal" {
            let (category, words) = (text(&details["category"]), text(&details["explanation"]));
            events.push(ModelEvent::Explained(refusal::by_filter(category, words)));
        }
        self.counts.take_input(usage);
        self.counts.take_output(usage);
        events.extend(self.usage().map(ModelEvent::Usage));
    }

    /// An answer in one piece, as a server sends it that does not stream.
    fn whole(&mut self, message: &Value, events: &mut Vec<ModelEvent>) {
        self.name(message);
        let blocks = message["content"].as_array().into_iter().flatten();
        for (place, block) in (0..).zip(blocks) {
            self.start(place, block, events);
            self.stop(place, events);
        }
        self.end(message, &message["usage"], events);
    }

    fn block(&mut self, place: u64) -> Option<&mut Block> {
        let found = self.open.iter_mut().find(|(open, _)| *open == place);
        found.map(|(_, block)| block)
    }

    fn text(&mut self, place: u64, value: &Value, events: &mut Vec<ModelEvent>) {
        let text = text(value);
        if !text.is_empty() {
            self.ends_unsigned = false;
            if let Some(Block::Text { length, .. }) = self.block(place) {
                *length += utf16_length(text);
            }
            events.push(ModelEvent::Text(text.to_owned()));
        }
    }

    fn thinking(&mut self, value: &Value, events: &mut Vec<ModelEvent>) {
        let text = text(value);
        if !text.is_empty() {
            events.push(ModelEvent::Reasoning(text.to_owned()));
        }
    }

    fn seal(&self, block: &SealedBlock, events: &mut Vec<ModelEvent>) {
        if !self.ends_unsigned {
            events.push(ModelEvent::ReasoningSealed(self.sealed(block)));
        }
    }

    fn sealed(&self, block: &SealedBlock) -> Seal {
        Seal {
            issuer: self.issuer.clone(),
            // JSON alone goes into it, so there is no error.
            data: serde_json::to_string(block).unwrap_or_default(),
        }
    }

    /// Keeps blocks of the server's own tools as they go back.
    fn keep(&mut self, ended: Ended, events: &mut Vec<ModelEvent>) {
        self.ends_unsigned = false;
        let blocks = ended.blocks;
        events.push(ModelEvent::ServerTool(ServerTool {
            name: ended.name,
            input: ended.input,
            seal: Some(self.sealed(&SealedBlock::Blocks { blocks })),
        }));
    }

    /// A page of the web; what is cited of the person's own files is in front of them.
    fn citation(&self, value: &Value) -> Option<Citation> {
        let citation = Citation::of(text(&value["url"]), text(&value["title"]))?;
        let quoted = value["cited_text"].as_str();
        Some(Citation {
            quoted: quoted.map(str::to_owned),
            seal: Some(Seal {
                issuer: self.issuer.clone(),
                data: value.to_string(),
            }),
            ..citation
        })
    }

    fn usage(&self) -> Option<Usage> {
        let Counts {
            cache_read, output, ..
        } = self.counts;
        let input = self.counts.input();
        measured(Usage {
            input_tokens: input,
            cached_input_tokens: input.and(cache_read),
            output_tokens: output,
            reasoning_tokens: self.counts.thinking,
            ..counts(self.finish.is_some() && output.is_some())
        })
    }
}

impl Counts {
    /// The counts of a prompt are cumulative. No prompt takes zero tokens, so a gateway that says
    /// so has not measured.
    fn take_input(&mut self, usage: &Value) {
        let said = |name: &str| usage[name].as_u64();
        let uncached = said("input_tokens");
        let cache_written = said("cache_creation_input_tokens");
        let cache_read = said("cache_read_input_tokens");
        let measured = |count: &u64| *count > 0;
        if [uncached, cache_written, cache_read]
            .iter()
            .flatten()
            .any(measured)
        {
            self.uncached = uncached.or(self.uncached);
            self.cache_written = cache_written.or(self.cache_written);
            self.cache_read = cache_read.or(self.cache_read);
        }
    }

    fn take_output(&mut self, usage: &Value) {
        self.output = usage["output_tokens"].as_u64().or(self.output);
        let thinking = usage["output_tokens_details"]["thinking_tokens"].as_u64();
        self.thinking = thinking.or(self.thinking);
    }

    /// The whole prompt: what came from the cache or went into it is counted apart.
    fn input(&self) -> Option<u64> {
        let counts = [self.uncached, self.cache_written, self.cache_read];
        counts.into_iter().flatten().reduce(u64::saturating_add)
    }
}

/// Adds what a piece says to a block of a shortened conversation: its words grow, and what else is
/// said, such as what only the server can read, is there at once (`BetaCompactionContentBlockDelta`).
fn compact(block: &mut Value, delta: &Value) {
    for (name, new) in delta.as_object().into_iter().flatten() {
        match (name.as_str(), new) {
            ("type", _) | (_, Value::Null) => {}
            ("content", Value::String(piece)) => {
                let known = text(&block["content"]);
                block["content"] = json!(format!("{known}{piece}"));
            }
            (name, new) => block[name] = new.clone(),
        }
    }
}

fn cite(length: usize, citations: Vec<Citation>, events: &mut Vec<ModelEvent>) {
    if !citations.is_empty() {
        events.push(ModelEvent::Cited(Cited {
            length: Some(length),
            citations,
        }));
    }
}

/// After "Stop reasons" in the reference.
fn finish_reason(text: &str) -> FinishReason {
    match text {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        // Paused where the conversation was shortened, which goes back for the rest of the answer.
        "pause_turn" | "compaction" => FinishReason::Paused,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

fn place(value: &Value) -> u64 {
    value["index"].as_u64().unwrap_or(0)
}

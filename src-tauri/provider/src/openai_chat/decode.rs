//! The answer of OpenAI Chat Completions, from bytes to model events, without a socket.
//!
//! After OpenAI's reference ("The chat completion chunk object") and what compatible servers do
//! differently: `reasoning_content` (DeepSeek, vLLM, llama.cpp) or `reasoning` (OpenRouter,
//! Ollama) or `reasoning_details` (OpenRouter), content as an array of parts (Mistral), usage on every chunk (xAI, vLLM) or as
//! `timings` (llama.cpp) or
//! in the choice (Moonshot), an error as a frame after status 200 (all of them) or in the choice
//! (OpenRouter), images in `images` (OpenRouter). A server that gave a `finish_reason` and closes without `[DONE]` has finished: some
//! never send it. Without a reason the end is an error, with `[DONE]` too (rule C12).

use super::calls::Calls;
use super::demand::REASONING_CONTENT;
use super::details::Details;
use crate::decode::{Decoder, End, Grammar, counts, enter, measured};
use crate::refusal;
use crate::{Cited, GeneratedFile, ModelEvent};
use serde_json::Value;
use std::collections::HashSet;
use tacet_conversation::{Citation, FinishReason, Phase, ProviderError, Seal, Usage};

/// A decoder of one answer. What it seals can be read by `issuer` alone.
#[must_use]
pub fn decoder(issuer: String) -> Decoder {
    Decoder::new(Chat {
        calls: Calls::new(issuer.clone()),
        issuer,
        details: Details::default(),
        answer_id: String::new(),
        files: 0,
        cited: HashSet::new(),
        phase: None,
        refused: false,
        finish: None,
        failure: None,
    })
}

/// What was received of one answer.
#[derive(Debug)]
struct Chat {
    issuer: String,
    calls: Calls,
    /// What goes back with the reasoning that is being received.
    details: Details,
    answer_id: String,
    files: usize,
    /// The addresses that were named as sources.
    cited: HashSet<String>,
    phase: Option<Phase>,
    refused: bool,
    finish: Option<FinishReason>,
    /// The error that ended the choice, where a router told it in one.
    failure: Option<ProviderError>,
}

impl Grammar for Chat {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        if let (true, Some(id)) = (self.answer_id.is_empty(), value["id"].as_str()) {
            id.clone_into(&mut self.answer_id);
        }
        let choices = value["choices"].as_array().map_or(&[][..], Vec::as_slice);
        // Only one choice is asked for; a server that sends more does not mix them up.
        let first = choices
            .iter()
            .find(|choice| choice["index"].as_u64().unwrap_or(0) == 0);
        if let Some(choice) = first {
            let delta = choice.get("delta").or_else(|| choice.get("message"));
            self.delta(delta.unwrap_or(&Value::Null), events);
            self.end(choice, events);
        }
        self.sources(value, events);
        // llama.cpp, while it reads the prompt.
        if value["prompt_progress"].is_object() && self.phase.is_none() {
            enter(&mut self.phase, Phase::ReadingPrompt, events);
        }
        let finished = self.finish.is_some() || self.failure.is_some();
        let counted = usage(&value["usage"], finished)
            // Moonshot has it inside of the choice.
            .or_else(|| first.and_then(|choice| usage(&choice["usage"], finished)))
            .or_else(|| timings(&value["timings"], finished));
        let is_counted = counted.is_some();
        events.extend(counted.map(ModelEvent::Usage));
        if refusal::is_error(value) {
            return Some(End::Failed(refusal::from_frame(value)));
        }
        // Nothing but the figures follows a failure.
        let failure = self.failure.clone().filter(|_| is_counted);
        failure.map(End::Failed)
    }

    fn settle(&mut self, events: &mut Vec<ModelEvent>) {
        // Reasoning that was cut off does not go back as if it were whole.
        if self.finish.is_some() {
            self.seal(events);
        }
        self.calls.settle(&self.answer_id, events);
    }

    fn finish(&self) -> Option<FinishReason> {
        match self.finish? {
            // OpenAI ends a refusal with `stop`.
            FinishReason::Stop | FinishReason::Other if self.refused => {
                Some(FinishReason::ContentFilter)
            }
            reason @ (FinishReason::Stop
            | FinishReason::Length
            | FinishReason::ToolCalls
            | FinishReason::ContentFilter
            | FinishReason::Paused
            | FinishReason::Other) => Some(reason),
        }
    }

    fn failure(&self) -> Option<&ProviderError> {
        self.failure.as_ref()
    }

    fn answer_id(&self) -> Option<&str> {
        Some(self.answer_id.as_str()).filter(|id| !id.is_empty())
    }
}

impl Chat {
    fn end(&mut self, choice: &Value, events: &mut Vec<ModelEvent>) {
        let reason = choice["finish_reason"].as_str();
        let reason = reason.filter(|reason| !reason.is_empty());
        let in_one_piece = choice["message"].is_object() && choice.get("delta").is_none();
        if reason == Some("error") || refusal::is_error(choice) {
            // OpenRouter's reference has `error` among the reasons, and the words beside it.
            let words = choice.get("error").map_or(&Value::Null, |_| choice);
            self.failure = Some(refusal::from_frame(words));
        } else if let Some(reason) = reason {
            self.finish = Some(finish_reason(reason));
            if self.finish == Some(FinishReason::Other) {
                events.push(ModelEvent::Explained(refusal::by_unknown(reason)));
            }
        } else if in_one_piece {
            // An answer that does not stream is whole when it is there.
            self.finish.get_or_insert(FinishReason::Other);
        }
    }

    fn delta(&mut self, delta: &Value, events: &mut Vec<ModelEvent>) {
        // Some servers send the same reasoning under both names during a change of theirs.
        let reasoning = [REASONING_CONTENT, "reasoning"]
            .into_iter()
            .filter_map(|name| Some((name, delta[name].as_str()?)))
            .find(|(_, text)| !text.is_empty());
        let words = self.details.take(&delta["reasoning_details"]);
        match reasoning {
            Some((field, text)) => {
                events.push(ModelEvent::ReasoningField(field));
                self.reasoning(text, events);
            }
            // The words of the details are mostly those of the field beside them.
            None => self.reasoning(&words, events),
        }
        match &delta["content"] {
            Value::String(text) => self.text(text, events),
            Value::Array(parts) => {
                for part in parts {
                    self.content_part(part, events);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        for annotation in delta["annotations"].as_array().into_iter().flatten() {
            let cited = &annotation["url_citation"];
            self.cite(&cited["url"], &cited["title"], events);
        }
        for image in delta["images"].as_array().into_iter().flatten() {
            self.image(image, events);
        }
        if let Some(refusal) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
            self.refused = true;
            self.text(refusal, events);
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let before = events.len();
            self.calls.apply(call, &self.answer_id, events);
            if events.len() > before {
                let calls = events.split_off(before);
                self.seal(events);
                events.extend(calls);
            }
            if events.len() > before && self.phase != Some(Phase::ToolArguments) {
                self.phase = Some(Phase::ToolArguments);
                events.insert(before, ModelEvent::Phase(Phase::ToolArguments));
            }
        }
    }

    fn content_part(&mut self, part: &Value, events: &mut Vec<ModelEvent>) {
        match &part["thinking"] {
            Value::String(text) => self.reasoning(text, events),
            Value::Array(inner) => {
                for text in inner.iter().filter_map(|part| part["text"].as_str()) {
                    self.reasoning(text, events);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        if let Some(text) = part.as_str().or_else(|| part["text"].as_str()) {
            self.text(text, events);
        }
        self.image(part, events);
    }

    /// The pages that a chunk names beside its choices, each time all so far: Perplexity's
    /// `search_results`, or only the addresses in `citations` (older ones of its models, xAI).
    fn sources(&mut self, chunk: &Value, events: &mut Vec<ModelEvent>) {
        for page in chunk["search_results"].as_array().into_iter().flatten() {
            self.cite(&page["url"], &page["title"], events);
        }
        for url in chunk["citations"].as_array().into_iter().flatten() {
            self.cite(url, &Value::Null, events);
        }
    }

    /// A source, unless it is known.
    fn cite(&mut self, url: &Value, title: &Value, events: &mut Vec<ModelEvent>) {
        let (url, title) = (url.as_str().unwrap_or_default(), title.as_str());
        let Some(citation) = Citation::of(url, title.unwrap_or_default()) else {
            return;
        };
        if self.cited.insert(citation.url.clone()) {
            events.push(ModelEvent::Cited(Cited {
                length: None,
                citations: vec![citation],
            }));
        }
    }

    /// An image by a data URL (OpenRouter's guide "Image generation"). One by any other address is
    /// not loaded: its link is part of the answer.
    fn image(&mut self, part: &Value, events: &mut Vec<ModelEvent>) {
        let url = &part["image_url"];
        let Some(url) = url.as_str().or_else(|| url["url"].as_str()) else {
            return;
        };
        if let Some(file) = GeneratedFile::of_data_url(self.files.to_string(), url) {
            self.files += 1;
            self.seal(events);
            events.push(ModelEvent::File(file));
        } else if url.starts_with("https://") {
            self.text(&format!("\n\n<{url}>\n\n"), events);
        }
    }

    fn text(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.seal(events);
            enter(&mut self.phase, Phase::Text, events);
            events.push(ModelEvent::Text(text.to_owned()));
        }
    }

    fn reasoning(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            enter(&mut self.phase, Phase::Reasoning, events);
            events.push(ModelEvent::Reasoning(text.to_owned()));
        }
    }

    /// The reasoning before what comes now is whole, and its details go back with it.
    fn seal(&mut self, events: &mut Vec<ModelEvent>) {
        if let Some(data) = self.details.end() {
            let issuer = self.issuer.clone();
            events.push(ModelEvent::ReasoningSealed(Seal { issuer, data }));
        }
    }
}

/// OpenAI's words, and those that gateways pass on of the APIs and servers behind them: Anthropic's,
/// Text Generation Inference's `eos_token`, Together's `eos`, Mistral's `model_length`, Zhipu's
/// `sensitive`.
fn finish_reason(text: &str) -> FinishReason {
    match text {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// The figures of a chunk. Those that come with or after the finish reason are final; earlier
/// ones are cumulative counts on the way.
fn usage(value: &Value, finished: bool) -> Option<Usage> {
    measured(Usage {
        input_tokens: value["prompt_tokens"].as_u64(),
        cached_input_tokens: value["prompt_tokens_details"]["cached_tokens"].as_u64(),
        output_tokens: value["completion_tokens"].as_u64(),
        reasoning_tokens: value["completion_tokens_details"]["reasoning_tokens"].as_u64(),
        ..counts(finished)
    })
}

/// The same as llama.cpp's server counts it: `prompt_n` leaves out what was in its cache, so that
/// the prompt is known only where the server says both.
fn timings(value: &Value, finished: bool) -> Option<Usage> {
    let cached = value["cache_n"].as_u64();
    let read = value["prompt_n"].as_u64();
    measured(Usage {
        input_tokens: cached
            .zip(read)
            .map(|(cached, read)| cached.saturating_add(read)),
        cached_input_tokens: cached,
        output_tokens: value["predicted_n"].as_u64(),
        ..counts(finished)
    })
}

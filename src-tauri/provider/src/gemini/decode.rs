//! The answer of Gemini, from bytes to model events, without a socket.
//!
//! After Google's reference ("GenerateContentResponse"): each event has the parts that are new
//! and the usage so far. Calls come whole. Nothing says that the stream is over but the end of
//! the body: an answer that has its `finishReason` by then is finished, and any other end is an
//! error (rule C12).

use super::SealedPart;
use crate::decode::{Decoder, End, Grammar, Waiting, call_id, counts, measured, sum, text};
use crate::refusal;
use crate::{Cited, GeneratedFile, ModelEvent};
use serde_json::Value;
use tacet_conversation::{
    Citation, ErrorCategory, FinishReason, ProviderError, Seal, ServerTool, Usage,
};

/// A decoder of one answer. What it seals can be read by `issuer` alone.
pub(super) fn decoder(issuer: String) -> Decoder {
    Decoder::new(Content {
        issuer,
        answer_id: String::new(),
        calls: 0,
        files: 0,
        pages: Vec::new(),
        running: Waiting::default(),
        finish: None,
    })
}

/// What was received of one answer.
#[derive(Debug)]
struct Content {
    issuer: String,
    answer_id: String,
    calls: usize,
    /// The whole files so far.
    files: usize,
    /// The pages that were named as sources.
    pages: Vec<Citation>,
    /// The parts with what the server runs, until those with the results come.
    running: Waiting,
    finish: Option<FinishReason>,
}

impl Grammar for Content {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        if let Some(id) = value["responseId"].as_str() {
            id.clone_into(&mut self.answer_id);
        }
        let candidates = value["candidates"].as_array().into_iter().flatten();
        // Only one candidate is asked for.
        let first = candidates
            .into_iter()
            .find(|candidate| candidate["index"].as_u64().unwrap_or(0) == 0);
        if let Some(candidate) = first {
            for part in candidate["content"]["parts"]
                .as_array()
                .into_iter()
                .flatten()
            {
                self.part(part, events);
            }
            self.ground(&candidate["groundingMetadata"], events);
        }
        let reason = first.and_then(|candidate| candidate["finishReason"].as_str());
        let failed = reason
            .filter(|reason| FAILED_CALLS.contains(reason))
            .map(|reason| failed_call(first.map_or(reason, |first| words(first, reason))));
        if failed.is_none() {
            self.finish = reason.map(finish_reason).or(self.finish);
            if let (Some(first), Some(reason)) = (first, reason) {
                events.extend(explained(first, reason).map(ModelEvent::Explained));
            }
        }
        let refused = blocked(&value["promptFeedback"]).or(failed);
        let is_final = self.finish.is_some() || refused.is_some();
        events.extend(usage(&value["usageMetadata"], is_final).map(ModelEvent::Usage));
        if refusal::is_error(value) {
            return Some(End::Failed(refusal::from_frame(value)));
        }
        refused.map(End::Failed)
    }

    fn settle(&mut self, events: &mut Vec<ModelEvent>) {
        // Without its result it is shown, and does not go back.
        let running = self.running.rest();
        events.extend(
            running
                .iter()
                .map(|it| ModelEvent::ServerTool(ran(it, None))),
        );
    }

    fn finish(&self) -> Option<FinishReason> {
        match self.finish? {
            // Google names no reason of its own for calls.
            FinishReason::Stop if self.calls > 0 => Some(FinishReason::ToolCalls),
            reason @ (FinishReason::Stop
            | FinishReason::Length
            | FinishReason::ToolCalls
            | FinishReason::ContentFilter
            | FinishReason::Paused
            | FinishReason::Other) => Some(reason),
        }
    }

    fn answer_id(&self) -> Option<&str> {
        Some(self.answer_id.as_str()).filter(|id| !id.is_empty())
    }
}

impl Content {
    fn part(&mut self, part: &Value, events: &mut Vec<ModelEvent>) {
        let signature = text(&part["thoughtSignature"]);
        if part["functionCall"].is_object() {
            self.call(&part["functionCall"], signature, events);
            return;
        }
        if part["executableCode"].is_object() || part["toolCall"].is_object() {
            self.running.called(part.clone());
            return;
        }
        if part["codeExecutionResult"].is_object() || part["toolResponse"].is_object() {
            // One that belongs to nothing that ran would be refused.
            let run = self.running.answered(|run| is_result_of(part, run));
            events.extend(run.map(|run| {
                let data = Value::Array(vec![run.clone(), part.clone()]).to_string();
                ModelEvent::ServerTool(ran(&run, Some(self.seal(data))))
            }));
            return;
        }
        let thought = part["thought"] == true;
        if part["inlineData"].is_object() {
            self.file(&part["inlineData"], thought, signature, events);
            return;
        }
        let words = text(&part["text"]).to_owned();
        match (words.is_empty(), thought) {
            (true, _) => {}
            (false, true) => events.push(ModelEvent::Reasoning(words)),
            (false, false) => events.push(ModelEvent::Text(words)),
        }
        if signature.is_empty() {
            return;
        }
        let signature = signature.to_owned();
        let sealed = if thought {
            SealedPart::Thought { signature }
        } else {
            SealedPart::Text { signature }
        };
        // Text alone goes into it, so there is no error.
        let data = serde_json::to_string(&sealed).unwrap_or_default();
        events.push(ModelEvent::ReasoningSealed(self.seal(data)));
    }

    /// What Google searched for, and the pages that it names (Gemini's "Grounding with Google
    /// Search"). Nothing of it goes back.
    fn ground(&mut self, grounding: &Value, events: &mut Vec<ModelEvent>) {
        let all = |name: &str| grounding[name].as_array().cloned().unwrap_or_default();
        let pages = all("groundingChunks").into_iter().filter_map(|chunk| {
            let page = ["web", "maps", "retrievedContext"].map(|kind| &chunk[kind]);
            let page = page.into_iter().find(|page| page.is_object())?;
            Citation::of(text(&page["uri"]), text(&page["title"]))
        });
        let new: Vec<Citation> = pages.filter(|page| !self.pages.contains(page)).collect();
        if !new.is_empty() {
            self.pages.extend(new.iter().cloned());
            events.push(ModelEvent::Cited(Cited {
                length: None,
                citations: new,
            }));
        }
    }

    /// A file of the answer. What comes as a thought is a sketch of it (Google's "Image generation",
    /// thinking process).
    fn file(
        &mut self,
        inline: &Value,
        thought: bool,
        signature: &str,
        events: &mut Vec<ModelEvent>,
    ) {
        let data = text(&inline["data"]);
        let Some(file) = GeneratedFile::whole(self.files.to_string(), data) else {
            return;
        };
        if thought {
            events.push(ModelEvent::File(file.sketch()));
            return;
        }
        self.files += 1;
        let seal = (!signature.is_empty()).then(|| self.seal(signature.to_owned()));
        events.push(ModelEvent::File(GeneratedFile { seal, ..file }));
    }

    fn call(&mut self, call: &Value, signature: &str, events: &mut Vec<ModelEvent>) {
        let index = self.calls;
        self.calls += 1;
        events.push(ModelEvent::ToolCallStarted {
            index,
            // Models before Gemini 3 give no id.
            call_id: call_id(text(&call["id"]), &self.answer_id, index),
            name: text(&call["name"]).to_owned(),
        });
        if !call["args"].is_null() {
            let text = call["args"].to_string();
            events.push(ModelEvent::ToolCallArguments { index, text });
        }
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
}

/// Whether a part has the result of what ran. Calls of the server's tools have ids; code follows code
/// (`ToolResponse` and `CodeExecutionResult` in the reference).
fn is_result_of(part: &Value, run: &Value) -> bool {
    let (call, response) = (&run["toolCall"], &part["toolResponse"]);
    match (call.is_object(), response.is_object()) {
        (true, true) => call["id"] == response["id"],
        (false, false) => true,
        (true, false) | (false, true) => false,
    }
}

/// What ran at the server: code (Gemini's "Code execution"), or a tool of its own (`ToolCall` in the
/// reference). With its result it goes back in the parts that both came in.
fn ran(run: &Value, seal: Option<Seal>) -> ServerTool {
    let call = &run["toolCall"];
    if !call.is_object() {
        return ServerTool {
            name: "code_execution".to_owned(),
            input: text(&run["executableCode"]["code"]).to_owned(),
            seal,
        };
    }
    let asked = call["args"].as_object().into_iter().flatten();
    let asked: Vec<&str> = asked
        .flat_map(|(_, value)| match value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        })
        .filter_map(Value::as_str)
        .collect();
    ServerTool {
        name: text(&call["toolType"]).to_ascii_lowercase(),
        input: asked.join(", "),
        seal,
    }
}

/// A prompt that the filter keeps from the model; there is no answer then.
fn blocked(feedback: &Value) -> Option<ProviderError> {
    let reason = feedback["blockReason"].as_str()?;
    let mut error = ProviderError::new(
        ErrorCategory::ContentFilter,
        "The provider's filter refused this conversation. Your message is kept; change it, or \
         choose another model.",
    );
    let words = feedback["blockReasonMessage"].as_str().unwrap_or(reason);
    error.provider_text = Some(refusal::shorten(words));
    Some(error)
}

/// The reasons, after "FinishReason" in the reference, that end an answer since the model's call
/// was not usable: what came before is there, and the answer is not whole.
const FAILED_CALLS: &[&str] = &[
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
];

/// The provider's own words on the end of a candidate, or else the bare reason.
fn words<'a>(candidate: &'a Value, reason: &'a str) -> &'a str {
    candidate["finishMessage"].as_str().unwrap_or(reason)
}

/// What the provider says of an end that is no usual one.
fn explained(candidate: &Value, reason: &str) -> Option<ProviderError> {
    let said = text(&candidate["finishMessage"]);
    match finish_reason(reason) {
        FinishReason::ContentFilter => Some(refusal::by_filter(reason, said)),
        FinishReason::Other => Some(refusal::by_unknown(words(candidate, reason))),
        FinishReason::Stop
        | FinishReason::Length
        | FinishReason::ToolCalls
        | FinishReason::Paused => None,
    }
}

fn failed_call(words: &str) -> ProviderError {
    let mut error = ProviderError::new(
        ErrorCategory::Protocol,
        "The model wrote something that Gemini could not use, such as a broken call of a tool, and the \
         answer ended there. Retry to ask again.",
    );
    error.provider_text = Some(refusal::shorten(words));
    error
}

/// After "FinishReason" in the reference.
fn finish_reason(text: &str) -> FinishReason {
    match text {
        "STOP" => FinishReason::Stop,
        // The limit of the answer, and that of one request.
        "MAX_TOKENS" | "CONTINUATION" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED"
        | "MODEL_ARMOR" => FinishReason::ContentFilter,
        // LANGUAGE, OTHER, NO_IMAGE, IMAGE_OTHER and what is new.
        _ => FinishReason::Other,
    }
}

/// The figures of an event, which are those of the answer so far. Thoughts are counted beside the
/// candidates, and the prompts of the server's own tools beside the prompt.
fn usage(value: &Value, is_final: bool) -> Option<Usage> {
    measured(Usage {
        input_tokens: sum(value, ["promptTokenCount", "toolUsePromptTokenCount"]),
        cached_input_tokens: value["cachedContentTokenCount"].as_u64(),
        output_tokens: sum(value, ["candidatesTokenCount", "thoughtsTokenCount"]),
        reasoning_tokens: value["thoughtsTokenCount"].as_u64(),
        ..counts(is_final)
    })
}

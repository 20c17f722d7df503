//! The answers of Ollama's `/api/chat`, as its documentation shows them.

use crate::answers::{
    Recorded, any_json, decode_by, explained, failure, finished, frame_ends, is_sound, named,
    phases, recorded, shown, usage,
};
use proptest::prelude::*;
use serde_json::json;
use tacet_core::provider::decode::{Decoded, End};
use tacet_core::provider::ollama::decode::decoder;
use tacet_core::{ErrorCategory, FinishReason, Phase, Usage, UsageSource};

/// Each recorded stream with its name, written after the public documentation.
pub const STREAMS: &[Recorded] = recorded!(
    "streams/ollama/",
    ".ndjson",
    ["text", "thinking-tools", "length", "error", "load"]
);

pub fn stream(name: &str) -> &'static [u8] {
    named(STREAMS, name)
}

fn whole(name: &str) -> Decoded {
    decode_by(decoder(), [stream(name)])
}

fn reported(input: Option<u64>, output: u64) -> Option<Usage> {
    Some(Usage {
        source: UsageSource::Reported,
        input_tokens: input,
        output_tokens: Some(output),
        ..Usage::unknown()
    })
}

#[test]
fn text_comes_with_the_counts_of_the_last_line() {
    let decoded = whole("text");
    assert_eq!(shown(&decoded), ["text The cat ate 🍣 — naïvely."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
    assert_eq!(usage(&decoded), reported(Some(26), 11));
}

#[test]
fn thinking_text_and_calls_come_in_their_order_and_calls_without_ids_are_numbered() {
    let decoded = whole("thinking-tools");
    assert_eq!(
        shown(&decoded),
        [
            "reasoning I look at both.",
            "text One moment.",
            r#"get_weather({"city":"Reykjavík"})#call_0"#,
            r#"get_time({"zone":"Atlantic/Reykjavik","hours":24})#call_x"#,
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
    assert_eq!(
        phases(&decoded),
        [Phase::Reasoning, Phase::Text, Phase::ToolArguments]
    );
}

#[test]
fn an_answer_that_reached_its_limit_says_so_and_a_cached_prompt_has_no_count() {
    let decoded = whole("length");
    assert_eq!(finished(&decoded), FinishReason::Length);
    assert_eq!(usage(&decoded), reported(None, 2));
}

#[test]
fn a_reason_that_is_not_known_is_told_as_it_is() {
    let line = br#"{"message":{"content":"So"},"done":true,"done_reason":"boredom"}"#;
    let decoded = decode_by(decoder(), [&line[..]]);
    assert_eq!(shown(&decoded), ["text So"]);
    assert_eq!(finished(&decoded), FinishReason::Other);
    assert_eq!(explained(&decoded).as_deref(), Some("boredom"));
    assert_eq!(explained(&whole("load")), None);
}

#[test]
fn a_model_that_was_only_loaded_has_said_nothing() {
    let decoded = whole("load");
    assert_eq!(finished(&decoded), FinishReason::Other);
    assert_eq!(shown(&decoded), Vec::<String>::new());
    assert_eq!(usage(&decoded), None);
}

#[test]
fn c04_an_error_in_the_stream_keeps_the_servers_words_and_what_came_before() {
    let decoded = whole("error");
    assert_eq!(shown(&decoded), ["text The answer begins"]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Unknown);
    assert!(!error.retryable);
    assert_eq!(
        error.provider_text.as_deref(),
        Some("an error was encountered while running the model: unexpected EOF")
    );
}

#[test]
fn arguments_in_odd_shapes_are_kept_as_text() {
    let call = |arguments: serde_json::Value| {
        let function = json!({"name": "save", "arguments": arguments});
        let message = json!({"role": "assistant", "tool_calls": [{"function": function}]});
        format!("{}\n", json!({"message": message, "done": false}))
    };
    let lines = [call(json!("{\"a\":1}")), call(json!(null)), call(json!({}))].concat();
    assert_eq!(
        shown(&decode_by(decoder(), [lines.as_bytes()])),
        [
            r#"save({"a":1})#call_0"#,
            "save()#call_1",
            "save({})#call_2"
        ]
    );
}

#[test]
fn a_last_line_without_its_line_feed_counts() {
    let bytes = stream("text");
    let decoded = decode_by(decoder(), [&bytes[..bytes.len() - 1]]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
}

#[test]
fn a_line_that_is_not_json_is_a_protocol_error_that_quotes_it() {
    let decoded = decode_by(decoder(), [&b"{\"message\": gateway}\n"[..]]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Protocol);
    assert_eq!(
        error.provider_text.as_deref(),
        Some("{\"message\": gateway}")
    );
}

#[test]
fn c23_until_the_last_line_nothing_is_known_of_the_usage() {
    for (name, bytes) in STREAMS {
        let ends = frame_ends(bytes);
        for (number, end) in ends.iter().enumerate() {
            let decoded = decode_by(decoder(), [&bytes[..*end]]);
            let last = number + 1 == ends.len();
            let counted = last && !matches!(*name, "error" | "load");
            let source = usage(&decoded).map(|usage| usage.source);
            assert_eq!(source, counted.then_some(UsageSource::Reported), "{name}");
            let ended = last && *name != "error";
            assert_eq!(decoded.end == Some(End::Finished), ended, "{name}");
        }
    }
}

/// The names that the decoder looks at.
const NAMES: &[&str] = &[
    "message",
    "content",
    "thinking",
    "tool_calls",
    "id",
    "function",
    "name",
    "arguments",
    "done",
    "done_reason",
    "eval_count",
    "error",
];

proptest! {
    #[test]
    fn json_of_any_shape_never_panics_and_gives_whole_events(values in prop::collection::vec(any_json(NAMES, &["stop"]), 1..6)) {
        let bytes: String = values.iter().map(|value| format!("{value}\n")).collect();
        let decoded = decode_by(decoder(), [bytes.as_bytes()]);
        is_sound(&decoded)?;
    }
}

//! The answers of OpenAI Responses, as its documentation shows them.

use crate::answers::{
    Recorded, any_json, decode_by, drafted, explained, failure, finished, frame_ends, is_sound,
    named, phases, recorded, shown, usage,
};
use proptest::prelude::*;
use serde_json::json;
use tacet_core::provider::decode::{Decoded, Decoder, End};
use tacet_core::provider::openai_responses::decode;
use tacet_core::{ErrorCategory, FinishReason, Part, Phase, Usage, UsageSource};

/// Each recorded stream with its name, written after the public documentation.
pub const STREAMS: &[Recorded] = recorded!(
    "streams/responses/",
    ".sse",
    [
        "text",
        "tools",
        "incomplete",
        "images",
        "search",
        "refusal",
        "failed",
        "error"
    ]
);

pub const ISSUER: &str = "openai-responses 127.0.0.1 m";

pub fn decoder() -> Decoder {
    decode::decoder(ISSUER.to_owned())
}

pub fn stream(name: &str) -> &'static [u8] {
    named(STREAMS, name)
}

fn whole(name: &str) -> Decoded {
    decode_by(decoder(), [stream(name)])
}

fn reported(figures: [u64; 4]) -> Option<Usage> {
    let [input, cached, output, reasoning] = figures;
    Some(Usage {
        source: UsageSource::Reported,
        input_tokens: Some(input),
        cached_input_tokens: Some(cached),
        output_tokens: Some(output),
        reasoning_tokens: Some(reasoning),
        ..Usage::unknown()
    })
}

/// What goes back with each piece of reasoning, and its text.
fn seals(decoded: &Decoded) -> Vec<(String, serde_json::Value)> {
    let draft = drafted(&decoded.events);
    let sealed = draft.parts().iter().filter_map(|part| match part {
        Part::Reasoning(reasoning) => {
            let seal = reasoning.seal.as_ref()?;
            assert_eq!(seal.issuer, ISSUER);
            let data = serde_json::from_str(&seal.data).unwrap();
            Some((reasoning.text.clone(), data))
        }
        _ => None,
    });
    sealed.collect()
}

/// A stream of these events.
fn events(events: &[serde_json::Value]) -> Vec<u8> {
    let frames = events.iter().map(|event| format!("data: {event}\n\n"));
    frames.collect::<String>().into_bytes()
}

#[test]
fn text_comes_with_the_usage_of_the_last_event() {
    let decoded = whole("text");
    assert_eq!(shown(&decoded), ["text The cat ate 🍣 — naïvely."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
    assert_eq!(usage(&decoded), reported([36, 16, 11, 0]));
}

#[test]
fn summaries_are_paragraphs_and_interleaved_arguments_go_to_their_own_calls() {
    let decoded = whole("tools");
    assert_eq!(
        shown(&decoded),
        [
            "reasoning **Looking** at both.\n\nThey are independent.",
            "text I look at both.",
            r#"get_weather({"city":"Reykjavík"})#call_2"#,
            r#"get_time({"zone":"Atlantic/Reykjavik"})#call_3"#,
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
    assert_eq!(usage(&decoded), reported([120, 64, 90, 48]));
    assert_eq!(
        phases(&decoded),
        [Phase::Reasoning, Phase::Text, Phase::ToolArguments]
    );
}

#[test]
fn a_whole_reasoning_item_is_kept_for_the_next_request() {
    let data = json!({
        "type": "reasoning",
        "id": "rs_68a2",
        "summary": [
            {"type": "summary_text", "text": "**Looking** at both."},
            {"type": "summary_text", "text": "They are independent."},
        ],
        "encrypted_content": "gAAAAABwhole==",
    });
    let text = "**Looking** at both.\n\nThey are independent.".to_owned();
    assert_eq!(seals(&whole("tools")), [(text, data)]);
}

#[test]
fn reasoning_that_shows_nothing_is_sealed_all_the_same() {
    let decoded = whole("incomplete");
    assert_eq!(
        shown(&decoded),
        [
            "reasoning ",
            "text First part.",
            "reasoning Second thoughts.",
            "text Second part",
        ]
    );
    let ids = seals(&decoded)
        .into_iter()
        .map(|(text, data)| (text, data["id"].as_str().unwrap().to_owned()));
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [
            (String::new(), "rs_70b2".to_owned()),
            ("Second thoughts.".to_owned(), "rs_70b4".to_owned()),
        ]
    );
}

#[test]
fn an_answer_that_ends_early_says_why() {
    assert_eq!(finished(&whole("incomplete")), FinishReason::Length);
    let reasons = [
        ("content_filter", FinishReason::ContentFilter),
        ("max_messages", FinishReason::Length),
        ("boredom", FinishReason::Other),
    ];
    for (reason, expected) in reasons {
        let response = json!({"status": "incomplete", "incomplete_details": {"reason": reason}});
        let last = json!({"type": "response.incomplete", "response": response});
        let decoded = decode_by(decoder(), [&*events(&[last])]);
        assert_eq!(finished(&decoded), expected);
        // What is not known is told as it is.
        let told = (expected == FinishReason::Other).then(|| reason.to_owned());
        assert_eq!(explained(&decoded), told);
    }
}

#[test]
fn an_image_that_the_filter_kept_says_so() {
    let error = json!({"code": "moderation_blocked", "type": "image_generation_user_error",
        "message": "The picture was not allowed.", "moderation_details":
            {"categories": ["violence"], "moderation_stage": "output"}});
    let item = json!({"id": "ig_1", "type": "image_generation_call", "status": "failed",
        "result": null, "error": error});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": item});
    let response = json!({"id": "r", "status": "completed", "output": [item]});
    let last = json!({"type": "response.completed", "response": response});
    let decoded = decode_by(decoder(), [&*events(&[done, last])]);
    assert_eq!(shown(&decoded), Vec::<String>::new());
    assert_eq!(finished(&decoded), FinishReason::ContentFilter);
    let told = "moderation_blocked: The picture was not allowed.";
    assert_eq!(explained(&decoded).as_deref(), Some(told));
}

#[test]
fn a_refusal_is_shown_and_ends_as_filtered() {
    let decoded = whole("refusal");
    assert_eq!(shown(&decoded), ["text I'm sorry, I can't help with that."]);
    assert_eq!(finished(&decoded), FinishReason::ContentFilter);
}

#[test]
fn c04_a_failed_answer_keeps_its_words_and_its_usage() {
    let decoded = whole("failed");
    assert_eq!(shown(&decoded), ["text The answer begins"]);
    assert_eq!(usage(&decoded), reported([12, 0, 2, 0]));
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Overloaded);
    assert_eq!(
        error.provider_text.as_deref(),
        Some("The model failed to generate a response.")
    );
}

#[test]
fn an_error_event_ends_the_answer_whether_it_is_named_or_not() {
    let named = whole("error");
    assert_eq!(shown(&named), ["text The answer begins"]);
    let alone = json!({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down"});
    let nested = json!({"error": {"code": "rate_limit_exceeded", "message": "Slow down"}});
    for decoded in [
        named,
        decode_by(decoder(), [&*events(&[alone])]),
        decode_by(decoder(), [&*events(&[nested])]),
    ] {
        let error = failure(&decoded);
        assert_eq!(error.category, ErrorCategory::RateLimit);
        assert_eq!(error.provider_text.as_deref(), Some("Slow down"));
    }
}

#[test]
fn an_answer_that_somebody_else_cancelled_is_no_success() {
    let response = json!({"status": "cancelled", "output": []});
    let last = json!({"type": "response.cancelled", "response": response});
    let decoded = decode_by(decoder(), [&*events(&[last])]);
    assert!(failure(&decoded).message.contains("cancelled"));
}

#[test]
fn c12_an_end_without_the_last_event_is_an_error() {
    for done in [&b""[..], b"data: [DONE]\n\n"] {
        let bytes = stream("text");
        let ends = frame_ends(bytes);
        let decoded = decode_by(decoder(), [&bytes[..ends[ends.len() - 2]], done]);
        assert_eq!(shown(&decoded), ["text The cat ate 🍣 — naïvely."]);
        assert!(failure(&decoded).message.contains("to get a whole answer"));
    }
}

#[test]
fn c23_until_the_last_event_nothing_is_known_of_the_usage() {
    for (name, bytes) in STREAMS {
        let ends = frame_ends(bytes);
        for (number, end) in ends.iter().enumerate() {
            let decoded = decode_by(decoder(), [&bytes[..*end]]);
            let last = number + 1 == ends.len();
            let known = usage(&decoded).map(|usage| usage.source);
            let expected = (last && *name != "error").then_some(UsageSource::Reported);
            assert_eq!(known, expected, "{name} after {} events", number + 1);
            assert_eq!(
                decoded.end == Some(End::Finished),
                last && !matches!(*name, "error" | "failed"),
                "{name} after {} events",
                number + 1
            );
        }
    }
}

#[test]
fn c23_zeros_of_a_gateway_are_not_a_measurement() {
    let zero = json!({"input_tokens": 0, "output_tokens": 0});
    let response = json!({"status": "completed", "usage": zero});
    let last = json!({"type": "response.completed", "response": response});
    assert_eq!(usage(&decode_by(decoder(), [&*events(&[last])])), None);
}

#[test]
fn the_answers_id_is_known_from_the_first_event_on() {
    let bytes = stream("text");
    let mut decoder = decoder();
    assert_eq!(decoder.answer_id(), None);
    decoder.push(&bytes[..frame_ends(bytes)[0]]);
    assert_eq!(decoder.answer_id(), Some("resp_67ca"));
}

#[test]
fn an_answer_in_one_piece_is_understood() {
    let bytes = stream("tools");
    let frames = std::str::from_utf8(bytes).unwrap().trim_end();
    let last = frames.rsplit("data: ").next().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    let body = last["response"].to_string();
    let decoded = decode_by(decoder(), [body.as_bytes()]);
    assert_eq!(shown(&decoded), shown(&whole("tools")));
    assert_eq!(seals(&decoded), seals(&whole("tools")));
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn a_server_that_sends_items_only_as_a_whole_is_understood() {
    let bytes = std::str::from_utf8(stream("tools")).unwrap();
    let wholes: String = bytes
        .split_inclusive("\n\n")
        .filter(|frame| frame.starts_with("event: response.output_item.done"))
        .collect();
    let last = bytes.split_inclusive("\n\n").last().unwrap();
    let decoded = decode_by(decoder(), [wholes.as_bytes(), last.as_bytes()]);
    assert_eq!(shown(&decoded), shown(&whole("tools")));
    assert_eq!(seals(&decoded), seals(&whole("tools")));
}

#[test]
fn arguments_without_their_place_go_to_the_item_of_that_id() {
    let added = |id: &str| {
        let call = format!("call_{id}");
        let item = json!({"type": "function_call", "id": id, "call_id": call, "name": "add"});
        json!({"type": "response.output_item.added", "item": item})
    };
    let delta = |id: &str, text: &str| {
        let kind = "response.function_call_arguments.delta";
        json!({"type": kind, "item_id": id, "delta": text})
    };
    let bytes = events(&[
        added("fc_a"),
        added("fc_b"),
        delta("fc_a", "{\"a\":"),
        delta("fc_b", "{}"),
        delta("fc_a", "1}"),
    ]);
    assert_eq!(
        shown(&decode_by(decoder(), [&*bytes])),
        [r#"add({"a":1})#call_fc_a"#, "add({})#call_fc_b"]
    );
}

#[test]
fn c04_arguments_of_an_unknown_call_are_kept() {
    let kind = "response.function_call_arguments.delta";
    let delta = json!({"type": kind, "item_id": "fc_1", "output_index": 0, "delta": "{\"a"});
    assert_eq!(
        shown(&decode_by(decoder(), [&*events(&[delta])])),
        ["({\"a)#fc_1"]
    );
}

/// The names that the decoder looks at.
const NAMES: &[&str] = &[
    "type",
    "object",
    "response",
    "id",
    "item",
    "item_id",
    "output_index",
    "summary_index",
    "delta",
    "output",
    "content",
    "summary",
    "text",
    "refusal",
    "encrypted_content",
    "call_id",
    "name",
    "arguments",
    "status",
    "incomplete_details",
    "usage",
    "input_tokens",
    "error",
];

/// What it tells events and items apart by.
const KINDS: &[&str] = &[
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.refusal.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.function_call_arguments.delta",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response",
    "reasoning",
    "function_call",
    "message",
    "error",
];

proptest! {
    #[test]
    fn json_of_any_shape_never_panics_and_gives_whole_events(values in prop::collection::vec(any_json(NAMES, KINDS), 1..6)) {
        let decoded = decode_by(decoder(), [&*events(&values)]);
        is_sound(&decoded)?;
    }
}

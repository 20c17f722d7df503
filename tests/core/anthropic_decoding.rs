//! The answers of Anthropic Messages, as its documentation shows them and as gateways send them.

use crate::answers::{decode_by, explained, failure, finished, shown_sealed as parts, usage};
use crate::recordings::ANTHROPIC;
use serde_json::{Value, json};
use tacet_core::provider::decode::Decoded;
use tacet_core::{ErrorCategory, FinishReason, ModelEvent, Usage, UsageSource};

fn whole(name: &str) -> Decoded {
    decode_by(ANTHROPIC.decoder(), [ANTHROPIC.stream(name)])
}

/// Events as the server sends them, and then the end of the connection.
fn events(events: &[Value]) -> Decoded {
    let bytes: String = events
        .iter()
        .map(|event| format!("event: x\ndata: {event}\n\n"))
        .collect();
    decode_by(ANTHROPIC.decoder(), [bytes.as_bytes()])
}

#[test]
fn text_comes_with_the_whole_prompt_counted_and_the_final_usage() {
    let decoded = whole("text");
    assert_eq!(parts(&decoded), ["text The cat ate 🍣 — naïvely."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
    assert_eq!(
        usage(&decoded),
        Some(Usage {
            source: UsageSource::Reported,
            input_tokens: Some(12 + 30 + 1024),
            cached_input_tokens: Some(1024),
            output_tokens: Some(15),
            ..Usage::unknown()
        })
    );
}

#[test]
fn thinking_keeps_its_signature_and_what_is_not_shown() {
    let decoded = whole("thinking");
    assert_eq!(
        parts(&decoded),
        [
            "reasoning Two and two… {\"type\":\"thinking\",\"signature\":\"EqQBCgIYAhIM1gbcDa9GJwZA2b3h\"}",
            "reasoning  {\"type\":\"redacted_thinking\",\"data\":\"EmwKAhgBEgy3va3pzix\"}",
            "text Four.",
        ]
    );
    assert_eq!(usage(&decoded).unwrap().reasoning_tokens, Some(30));
}

#[test]
fn thinking_without_a_word_keeps_its_signature() {
    assert_eq!(
        parts(&whole("hidden-thinking")),
        [
            "reasoning  {\"type\":\"thinking\",\"signature\":\"EosBCkgICxABGAIqQHidden\"}",
            "text Done."
        ]
    );
}

#[test]
fn thinking_is_sealed_only_when_its_block_is_closed() {
    let bytes = ANTHROPIC.stream("thinking-tool");
    let signature = bytes.windows(8).position(|eight| eight == b"nature==");
    let after = signature.unwrap() + 30;
    let decoded = decode_by(ANTHROPIC.decoder(), [&bytes[..after]]);
    assert_eq!(parts(&decoded), ["reasoning I need the file. -"]);
    let sealed = "{\"type\":\"thinking\",\"signature\":\"EqQBCgIYAhIMsignature==\"}";
    assert_eq!(
        parts(&whole("thinking-tool")),
        [
            format!("reasoning I need the file. {sealed}").as_str(),
            "list_files()#toolu_02 -",
            "read_file({\"path\": \"a b.txt\", \"lines\": 3})#toolu_03 -",
        ]
    );
}

#[test]
fn thinking_without_a_signature_takes_none_from_the_block_after_it() {
    let start = |index: u64, content: Value| json!({"type": "content_block_start", "index": index, "content_block": content});
    let stop = |index: u64| json!({"type": "content_block_stop", "index": index});
    let decoded = events(&[
        start(0, json!({"type": "thinking", "thinking": "Unsigned."})),
        stop(0),
        start(1, json!({"type": "redacted_thinking", "data": "x"})),
        stop(1),
    ]);
    assert_eq!(parts(&decoded), ["reasoning Unsigned. -"]);
}

#[test]
fn parallel_calls_keep_their_arguments_apart() {
    let decoded = whole("tools");
    assert_eq!(
        parts(&decoded),
        [
            "text I look at both.\n\n",
            "get_weather({\"city\": \"Reykjavík\"})#toolu_01T1x1fJ34qAmk2tNTrN7Up6 -",
            "get_time({\"zone\": \"Atlantic/Reykjavik\"})#toolu_01B -",
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn c15_arguments_that_were_cut_off_are_kept_verbatim() {
    let bytes = ANTHROPIC.stream("tools");
    let cut = bytes
        .windows(5)
        .position(|five| five == b"jav\xC3\xAD")
        .unwrap();
    let decoded = decode_by(ANTHROPIC.decoder(), [&bytes[..cut]]);
    let parts = parts(&decoded);
    let call = "get_weather({\"city\": \"Reyk)#toolu_01T1x1fJ34qAmk2tNTrN7Up6 -";
    assert_eq!(parts.last().unwrap(), call);
}

#[test]
fn a_gateway_that_sends_arguments_at_once_no_ids_and_no_end_is_understood() {
    let decoded = whole("gateway");
    assert_eq!(
        parts(&decoded),
        [
            "reasoning Unsigned. -",
            "text Let me look.",
            "wave({\"hand\":\"left\"})#call_0 -"
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn c23_zeros_of_a_gateway_are_not_a_measurement_until_it_has_one() {
    let bytes = ANTHROPIC.stream("gateway");
    let delta = bytes.windows(13).position(|name| name == b"message_delta");
    let before = decode_by(ANTHROPIC.decoder(), [&bytes[..delta.unwrap() - 20]]);
    assert_eq!(usage(&before), None);
    let usage = usage(&whole("gateway")).unwrap();
    assert_eq!(usage.input_tokens, Some(77));
    assert_eq!(usage.output_tokens, Some(9));
}

#[test]
fn c23_the_count_of_the_answer_is_assigned_and_running_until_the_stop_reason() {
    let bytes = ANTHROPIC.stream("running-usage");
    let mut decoder = ANTHROPIC.decoder();
    let decoded = decoder.push(bytes);
    let rows = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::Usage(usage) => Some((usage.source, usage.input_tokens, usage.output_tokens)),
        _ => None,
    });
    use UsageSource::{Reported, Running};
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            // The start has a placeholder for the answer, which is no figure.
            (Running, Some(21), None),
            (Running, Some(21), Some(2)),
            (Running, Some(21), Some(4)),
            (Reported, Some(21), Some(5)),
        ]
    );
}

#[test]
fn every_stop_reason_has_its_meaning() {
    let cases = [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("refusal", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Paused),
        ("compaction", FinishReason::Paused),
        ("something_new", FinishReason::Other),
    ];
    for (reason, meaning) in cases {
        let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason}});
        let decoded = events(&[delta, json!({"type": "message_stop"})]);
        assert_eq!(finished(&decoded), meaning, "{reason}");
        // What is not known is told as it is.
        let told = (meaning == FinishReason::Other).then(|| reason.to_owned());
        assert_eq!(explained(&decoded), told, "{reason}");
    }
}

#[test]
fn what_the_server_wants_back_as_it_came_is_kept_whole_and_what_is_new_passed_over() {
    let decoded = whole("listing");
    let kept = |block: Value| json!({"type": "blocks", "blocks": [block]});
    let listing = kept(
        json!({"type": "mcp_tool_listing", "mcp_server_name": "maps",
        "tools": [{"name": "height", "input_schema": {"type": "object"}}]}),
    );
    let compaction = kept(
        json!({"type": "compaction", "content": "They talked of ice.",
        "encrypted_content": "b3BhcXVl"}),
    );
    assert_eq!(
        parts(&decoded),
        [
            format!("mcp_tool_listing:  {listing}").as_str(),
            "reasoning  {\"type\":\"thinking\",\"signature\":\"ZXN0aW1hdGVk\"}",
            &format!("compaction:  {compaction}"),
            "text Hekla is 1,491 m high.",
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::Paused);
    assert_eq!(usage(&decoded).unwrap().reasoning_tokens, Some(64));
}

#[test]
fn kinds_that_are_not_known_are_passed_over() {
    let decoded = whole("unknown-kinds");
    // The search is known, though; what follows it is the text.
    assert_eq!(parts(&decoded).last().unwrap(), "text Found.");
    assert_eq!(finished(&decoded), FinishReason::Paused);
}

#[test]
fn a_stop_without_a_reason_finishes_with_what_was_counted() {
    let delta = json!({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 4}});
    let decoded = events(&[delta, json!({"type": "message_stop"})]);
    assert_eq!(finished(&decoded), FinishReason::Other);
    assert_eq!(usage(&decoded).unwrap().source, UsageSource::Reported);
}

#[test]
fn an_error_after_200_keeps_the_providers_words_and_what_came_before() {
    let decoded = whole("error");
    assert_eq!(parts(&decoded), ["text The answer begins"]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Overloaded);
    assert_eq!(error.provider_text.as_deref(), Some("Overloaded"));
    assert_eq!(usage(&decoded).unwrap().source, UsageSource::Running);
}

#[test]
fn errors_of_every_type_are_sorted() {
    use ErrorCategory as Is;
    let cases = [
        ("invalid_request_error", Is::BadRequest),
        ("authentication_error", Is::Authentication),
        ("permission_error", Is::Authentication),
        ("billing_error", Is::RateLimit),
        ("not_found_error", Is::BadRequest),
        ("request_too_large", Is::RequestTooLarge),
        ("rate_limit_error", Is::RateLimit),
        ("timeout_error", Is::Overloaded),
        ("api_error", Is::Overloaded),
        ("overloaded_error", Is::Overloaded),
    ];
    for (kind, category) in cases {
        let error = json!({"type": "error", "error": {"type": kind, "message": "words"}});
        assert_eq!(failure(&events(&[error])).category, category, "{kind}");
    }
}

#[test]
fn an_answer_in_one_piece_is_an_answer() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "text", "text": "All at once."},
            {"type": "tool_use", "id": "toolu_9", "name": "wave", "input": {"hand": "left"}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 3, "output_tokens": 8},
    });
    let decoded = decode_by(ANTHROPIC.decoder(), [body.to_string().as_bytes()]);
    assert_eq!(
        parts(&decoded),
        [
            "reasoning Hm. {\"type\":\"thinking\",\"signature\":\"sig\"}",
            "text All at once.",
            "wave({\"hand\":\"left\"})#toolu_9 -"
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
    assert_eq!(usage(&decoded).unwrap().output_tokens, Some(8));
}

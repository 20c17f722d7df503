//! The answers of Chat Completions servers, as their documentation shows them and as they are.

use crate::answers::{
    any_json, decode, decoder, explained, failure, finished, frame_ends, is_sound, phases,
    shown as parts, stream, usage,
};
use proptest::prelude::*;
use tacet_core::provider::decode::Decoded;
use tacet_core::{ErrorCategory, FinishReason, ModelEvent, Phase, Usage, UsageSource};

fn whole(name: &str) -> Decoded {
    decode([stream(name)])
}

#[test]
fn text_comes_with_the_final_usage_of_the_provider() {
    let decoded = whole("text");
    assert_eq!(parts(&decoded), ["text The cat ate 🍣 — naïvely."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
    assert_eq!(
        usage(&decoded),
        Some(Usage {
            source: UsageSource::Reported,
            input_tokens: Some(14),
            cached_input_tokens: Some(8),
            output_tokens: Some(9),
            reasoning_tokens: Some(0),
            ..Usage::unknown()
        })
    );
}

#[test]
fn reasoning_and_text_change_the_phase_once_each() {
    let decoded = whole("reasoning");
    assert_eq!(parts(&decoded), ["reasoning Two and two…", "text Four."]);
    assert_eq!(phases(&decoded), [Phase::Reasoning, Phase::Text]);
    assert_eq!(usage(&decoded).unwrap().reasoning_tokens, Some(27));
}

#[test]
fn parallel_calls_keep_their_arguments_apart() {
    let decoded = whole("parallel-tools");
    assert_eq!(
        parts(&decoded),
        [
            r#"get_weather({"city":"Reykjavík"})#call_DEf1"#,
            r#"get_time({"zone":"Atlantic/Reykjavik"})#call_DEf2"#,
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn interleaved_arguments_go_to_their_own_calls() {
    assert_eq!(
        parts(&whole("interleaved-tools")),
        [
            "text I look at both.",
            r#"read_file({"path":"a.txt"})#call_a"#,
            r#"read_file({"path":"b.txt"})#call_b"#,
        ]
    );
}

#[test]
fn a_server_without_indexes_that_repeats_its_ids_is_understood() {
    let decoded = whole("odd-no-index");
    assert_eq!(
        parts(&decoded),
        [r#"search({"q":"one"})#x1"#, r#"search({"q":"two"})#x2"#]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn a_new_id_at_the_same_index_is_a_new_call() {
    assert_eq!(
        parts(&whole("same-index")),
        [r#"add({"a":1,"b":2})#call_x1"#, r#"add({"a":3})#call_x2"#]
    );
}

#[test]
fn calls_that_share_an_index_are_told_apart_by_their_ids() {
    let delta = |id: &str, name: &str, arguments: &str| {
        let function = serde_json::json!({"name": name, "arguments": arguments});
        let call = serde_json::json!({"index": 0, "id": id, "function": function});
        let choice = serde_json::json!({"delta": {"tool_calls": [call]}});
        format!("data: {}\n\n", serde_json::json!({"choices": [choice]}))
    };
    let frames = [
        delta("", "early", ""),
        delta("x1", "", "{\"a\":"),
        delta("x2", "add", "{\"b\":"),
        delta("x1", "", "1}"),
        delta("x2", "", "2}"),
    ];
    assert_eq!(
        parts(&decode([frames.concat().as_bytes()])),
        [r#"early({"a":1})#call_0"#, r#"add({"b":2})#x2"#]
    );
}

#[test]
fn content_in_parts_and_calls_without_id_are_understood() {
    assert_eq!(
        parts(&whole("parts")),
        [
            "reasoning Hm. Yes.",
            "text Good morning.",
            "wave({})#m1_call_0"
        ]
    );
}

#[test]
fn reasoning_that_comes_twice_in_a_chunk_is_taken_once() {
    assert_eq!(
        parts(&whole("reasoning-then-tool")),
        [
            "reasoning I need the file.",
            "text Let me look.",
            r#"read_file({"path": "a b.txt", "lines": 3})#toolu_01"#,
        ]
    );
    let both = br#"data: {"choices":[{"delta":{"reasoning":"x","reasoning_content":"x"}}]}

"#;
    assert_eq!(parts(&decode([&both[..]])), ["reasoning x"]);
}

#[test]
fn a_refusal_is_shown_and_ends_as_filtered() {
    let decoded = whole("refusal");
    assert_eq!(parts(&decoded), ["text I'm sorry, I can't help with that."]);
    assert_eq!(finished(&decoded), FinishReason::ContentFilter);
}

#[test]
fn c23_cumulative_usage_is_assigned_and_running_until_the_finish() {
    let bytes = stream("running-usage");
    let last_running = bytes.windows(6).position(|six| six == b" three").unwrap() + 200;
    let cut = decode([&bytes[..last_running.min(bytes.len())]]);
    let running = usage(&cut).unwrap();
    assert_eq!(running.source, UsageSource::Running);
    assert_eq!(running.output_tokens, Some(3));
    let reported = usage(&whole("running-usage")).unwrap();
    assert_eq!(reported.source, UsageSource::Reported);
    assert_eq!(reported.input_tokens, Some(21));
    assert_eq!(reported.output_tokens, Some(4));
}

#[test]
fn c23_the_timings_of_llama_cpp_are_running_usage_and_its_progress_is_a_phase() {
    let bytes = stream("timings");
    let ends = frame_ends(bytes);
    let after = |frames: usize| decode([&bytes[..ends[frames - 1]]]);
    let figures = |source: UsageSource, output: u64| {
        Some(Usage {
            source,
            input_tokens: Some(300),
            cached_input_tokens: Some(236),
            output_tokens: Some(output),
            ..Usage::unknown()
        })
    };
    let reading = ModelEvent::Phase(Phase::ReadingPrompt);
    assert_eq!(after(2).events, [reading]);
    assert_eq!(usage(&after(3)), figures(UsageSource::Running, 1));
    assert_eq!(usage(&after(4)), figures(UsageSource::Running, 2));
    assert_eq!(usage(&after(6)), figures(UsageSource::Reported, 3));
    assert_eq!(usage(&whole("timings")), figures(UsageSource::Reported, 3));
    assert_eq!(parts(&whole("timings")), ["text One two."]);
}

#[test]
fn c23_without_the_count_of_the_cache_the_prompt_is_not_known() {
    let frame = br#"data: {"choices":[],"timings":{"prompt_n":4,"predicted_n":2}}

"#;
    let usage = usage(&decode([&frame[..]])).unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (None, Some(2)));
}

#[test]
fn c23_zeros_of_a_gateway_are_not_a_measurement() {
    let frame = br#"data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}

"#;
    assert_eq!(usage(&decode([&frame[..]])), None);
}

#[test]
fn an_error_after_200_keeps_the_providers_words_and_what_came_before() {
    let decoded = whole("error-frame");
    assert_eq!(parts(&decoded), ["text The answer begins"]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Overloaded);
    assert_eq!(error.status, Some(502));
    assert_eq!(
        error.provider_text.as_deref(),
        Some("Provider disconnected")
    );
}

#[test]
fn errors_in_all_spellings_are_sorted() {
    let cases: &[(&str, ErrorCategory, &str)] = &[
        (
            r#"{"error":"the engine is on fire"}"#,
            ErrorCategory::Unknown,
            "the engine is on fire",
        ),
        (
            r#"{"error":{"message":"slow down","type":"rate_limit_exceeded"}}"#,
            ErrorCategory::RateLimit,
            "slow down",
        ),
        (
            r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#,
            ErrorCategory::Authentication,
            "bad key",
        ),
        (
            r#"{"object":"error","message":"maximum context length is 4096","code":400}"#,
            ErrorCategory::PromptTooLong,
            "maximum context length is 4096",
        ),
        (
            r#"{"error":{"message":"no","code":"content_filter"}}"#,
            ErrorCategory::ContentFilter,
            "no",
        ),
    ];
    for (data, category, words) in cases {
        let decoded = decode([format!("data: {data}\n\n").as_bytes()]);
        assert_eq!(failure(&decoded).category, *category, "{data}");
        assert_eq!(failure(&decoded).provider_text.as_deref(), Some(*words));
    }
    let plain = decode([&b"event: error\ndata: upstream gone\n\n"[..]]);
    assert_eq!(
        failure(&plain).provider_text.as_deref(),
        Some("upstream gone")
    );
}

#[test]
fn c12_an_end_without_finish_or_done_is_an_error() {
    let bytes = stream("text");
    let finish = bytes.windows(6).position(|six| six == b"\"stop\"").unwrap();
    let decoded = decode([&bytes[..finish]]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Network);
    assert!(
        error
            .message
            .starts_with("The connection ended before the answer was finished")
    );
    assert_eq!(parts(&decoded), ["text The cat ate 🍣 — naïvely."]);
}

#[test]
fn c12_done_without_a_reason_is_an_early_end() {
    let decoded =
        decode([&b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n"[..]]);
    assert_eq!(failure(&decoded).category, ErrorCategory::Protocol);
    assert_eq!(parts(&decoded), ["text a"]);
}

#[test]
fn c07_a_finish_that_was_received_outranks_a_stop() {
    let mut decoder = decoder();
    decoder.push(b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    assert_eq!(decoder.drain(), [ModelEvent::Finished(FinishReason::Stop)]);
    assert_eq!(decoder.push(b"data: [DONE]\n\n"), Decoded::default());
}

#[test]
fn a_frame_that_is_not_json_is_a_protocol_error_that_quotes_it() {
    for data in ["<html>Bad gateway</html>", "\"no\"", "{\"choices\":"] {
        let frame = format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"kept\"}}}}]}}\n\ndata: {data}\n\n"
        );
        let decoded = decode([frame.as_bytes()]);
        assert_eq!(failure(&decoded).category, ErrorCategory::Protocol);
        assert_eq!(
            failure(&decoded).provider_text.as_deref(),
            Some(data.trim_matches('"'))
        );
        assert_eq!(parts(&decoded), ["text kept"]);
    }
}

#[test]
fn a_call_whose_name_never_comes_is_not_lost() {
    let frame = br#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c"}]}}]}

data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}

"#;
    assert_eq!(parts(&decode([&frame[..]])), ["()#c"]);
}

#[test]
fn c04_a_call_without_a_name_is_kept_when_the_answer_fails() {
    let frames = br#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c"}]}}]}

data: {"error":"gone"}

"#;
    assert_eq!(parts(&decode([&frames[..]])), ["()#c"]);
}

/// The names that the decoder looks at.
const NAMES: &[&str] = &[
    "id",
    "choices",
    "index",
    "delta",
    "message",
    "content",
    "refusal",
    "reasoning",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "finish_reason",
    "usage",
    "error",
    "prompt_tokens",
    "text",
    "thinking",
    "code",
    "object",
];

proptest! {
    #[test]
    fn json_of_any_shape_never_panics_and_gives_whole_events(values in prop::collection::vec(any_json(NAMES, &["stop"]), 1..4)) {
        let bytes: String = values.iter().map(|value| format!("data: {value}\n\n")).collect();
        let decoded = decode([bytes.as_bytes()]);
        is_sound(&decoded)?;
    }

    #[test]
    fn c04_a_recorded_stream_split_anywhere_gives_the_same_events(
        recorded in prop::sample::select(crate::answers::STREAMS.to_vec()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = recorded.1;
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert_eq!(decode(pieces), decode([bytes]));
    }
}

#[test]
fn every_finish_reason_has_its_meaning_and_what_is_not_known_is_told_as_it_is() {
    let cases = [
        ("stop", FinishReason::Stop),
        ("eos_token", FinishReason::Stop),
        ("end_turn", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("tool_calls", FinishReason::ToolCalls),
        ("content_filter", FinishReason::ContentFilter),
        ("sensitive", FinishReason::ContentFilter),
        ("insufficient_system_resource", FinishReason::Other),
    ];
    for (reason, meaning) in cases {
        let choice = serde_json::json!({"delta": {"content": "So"}, "finish_reason": reason});
        let chunk = format!("data: {}\n\n", serde_json::json!({"choices": [choice]}));
        let decoded = decode([chunk.as_bytes()]);
        assert_eq!(finished(&decoded), meaning, "{reason}");
        let told = (meaning == FinishReason::Other).then(|| reason.to_owned());
        assert_eq!(explained(&decoded), told);
    }
}

//! The answers of Gemini's Interactions, after Google's documentation and the types of its packages.

use crate::answers::{
    Recorded, decode_by, failure, finished, recorded, shown_sealed as parts, usage,
};
use crate::recordings::INTERACTIONS;
use serde_json::{Value, json};
use tacet_core::provider::decode::Decoded;
use tacet_core::{ErrorCategory, FinishReason, ModelEvent, ServerTool, Usage, UsageSource};

pub const STREAMS: &[Recorded] = recorded!(
    "streams/interactions/",
    ".sse",
    [
        "text",
        "thoughts",
        "interleaved",
        "calls",
        "whole-call",
        "side-by-side",
        "search",
        "code",
        "images",
        "length",
        "continuation",
        "filtered",
        "blocked",
        "error",
        "cancelled",
        "unknown-kinds"
    ]
);

fn whole(name: &str) -> Decoded {
    decode_by(INTERACTIONS.decoder(), [INTERACTIONS.stream(name)])
}

fn events(events: &[Value]) -> Decoded {
    let stream: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    decode_by(INTERACTIONS.decoder(), [stream.as_bytes()])
}

#[test]
fn text_comes_with_the_final_usage_of_the_provider() {
    let decoded = whole("text");
    let seal = "reasoning  EpoGCpcGAXLI2nx/b25l";
    assert_eq!(parts(&decoded), [seal, "text The cat ate 🍣 — naïvely."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
    assert_eq!(
        usage(&decoded),
        Some(Usage {
            source: UsageSource::Reported,
            input_tokens: Some(8),
            cached_input_tokens: Some(4),
            output_tokens: Some(11),
            reasoning_tokens: Some(0),
            ..Usage::unknown()
        })
    );
}

#[test]
fn what_is_not_stored_has_no_id_to_be_asked_for_by() {
    let mut decoder = INTERACTIONS.decoder();
    decoder.push(INTERACTIONS.stream("text"));
    assert_eq!(decoder.answer_id(), None);
    let mut decoder = INTERACTIONS.decoder();
    decoder.push(INTERACTIONS.stream("thoughts"));
    assert_eq!(decoder.answer_id(), Some("v1_one"));
}

#[test]
fn each_thought_is_sealed_where_it_stands() {
    let decoded = whole("interleaved");
    assert_eq!(
        parts(&decoded),
        [
            "reasoning First. EpoGCpcGAXLI2nx/b25l",
            "text One.",
            "reasoning Then. c2Vjb25k",
            "text  Two.",
        ]
    );
    let counted = usage(&decoded).unwrap();
    assert_eq!(
        (counted.output_tokens, counted.reasoning_tokens),
        (Some(24), Some(20))
    );
}

#[test]
fn the_arguments_of_calls_come_in_pieces_side_by_side_or_whole() {
    let calls = whole("calls");
    assert_eq!(
        parts(&calls)[2..],
        [
            "get_weather({\"city\":\"Reykjavík\"})#k3h2x9ab -",
            "get_time({\"zone\":\"Atlantic/Reykjavik\"})#p0o9i8uy -",
        ]
    );
    assert_eq!(finished(&calls), FinishReason::ToolCalls);
    let open = whole("side-by-side");
    assert_eq!(parts(&open), ["one({\"x\":1})#a -", "two({\"y\":2})#b -"]);
    let one = whole("whole-call");
    assert_eq!(parts(&one), ["now({\"utc\":true})#w1 c2lnbmVk"]);
    // It is completed, and waits for the result all the same.
    assert_eq!(finished(&one), FinishReason::ToolCalls);
}

fn server_tools(decoded: &Decoded) -> Vec<ServerTool> {
    let tools = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::ServerTool(tool) => Some(tool.clone()),
        _ => None,
    });
    tools.collect()
}

#[test]
fn a_search_is_kept_as_it_came_and_each_page_is_a_source_once() {
    let decoded = whole("search");
    let [tool] = &server_tools(&decoded)[..] else {
        panic!("one search");
    };
    assert_eq!(tool.name, "google_search");
    assert_eq!(tool.input, "height of Hekla, Hekla elevation");
    let kept: Value = serde_json::from_str(&tool.seal.as_ref().unwrap().data).unwrap();
    assert_eq!(kept[0]["id"], "s1");
    assert_eq!(
        kept[1]["result"][0]["search_suggestions"],
        "<div>Hekla</div>"
    );
    assert_eq!(kept[1]["signature"], "Zm91bmQ=");
    let cited: Vec<String> = decoded
        .events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::Cited(cited) => Some(&cited.citations),
            _ => None,
        })
        .flatten()
        .map(|page| format!("{} {}", page.title, page.url))
        .collect();
    let page = "en.example.org https://search.example.com/redirect/1";
    assert_eq!(cited, [page]);
    assert_eq!(usage(&decoded).unwrap().input_tokens, Some(38));
}

#[test]
fn code_that_ran_at_the_server_is_kept_with_what_it_printed() {
    let decoded = whole("code");
    let [tool] = &server_tools(&decoded)[..] else {
        panic!("one run");
    };
    assert_eq!(
        (tool.name.as_str(), tool.input.as_str()),
        ("code_execution", "print(6*7)")
    );
    let kept: Value = serde_json::from_str(&tool.seal.as_ref().unwrap().data).unwrap();
    assert_eq!(
        kept,
        json!([
            {"type": "code_execution_call", "id": "x1",
                "arguments": {"code": "print(6*7)", "language": "python"}},
            {"type": "code_execution_result", "call_id": "x1", "result": "42\n", "is_error": false},
        ])
    );
}

#[test]
fn an_image_is_a_file_and_one_at_an_address_is_not_loaded() {
    let decoded = whole("images");
    let files = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::File(file) => Some(file.media_type()),
        _ => None,
    });
    assert_eq!(files.collect::<Vec<_>>(), ["image/png"]);
}

#[test]
fn c12_each_status_ends_an_answer_in_its_own_way() {
    assert_eq!(finished(&whole("length")), FinishReason::Length);
    assert_eq!(finished(&whole("continuation")), FinishReason::Length);
    assert_eq!(finished(&whole("filtered")), FinishReason::ContentFilter);
    let blocked = whole("blocked");
    let blocked = failure(&blocked).clone();
    assert_eq!(blocked.category, ErrorCategory::ContentFilter);
    assert!(
        blocked
            .provider_text
            .unwrap()
            .contains("PROHIBITED_CONTENT")
    );
    let error = whole("error");
    let error = failure(&error);
    assert_eq!(error.category, ErrorCategory::Overloaded);
    assert_eq!(
        error.provider_text.as_deref(),
        Some("The model is overloaded.")
    );
    let cancelled = whole("cancelled");
    assert!(
        failure(&cancelled)
            .message
            .contains("cancelled at the provider")
    );
    assert_eq!(usage(&cancelled).unwrap().output_tokens, Some(3));
}

#[test]
fn c10_a_status_that_says_the_end_counts_where_the_last_event_is_missing() {
    let created = json!({"event_type": "interaction.created", "interaction": {"id": "v1_one"}});
    let said =
        json!({"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "So."}});
    let status = |status: &str| json!({"event_type": "interaction.status_update", "interaction_id": "v1_one", "status": status});
    let ended = events(&[created.clone(), said.clone(), status("completed")]);
    assert_eq!(finished(&ended), FinishReason::Stop);
    let broken = events(&[created.clone(), said.clone(), status("failed")]);
    assert_eq!(failure(&broken).category, ErrorCategory::Unknown);
    let cut = events(&[created, said, status("in_progress")]);
    assert_eq!(failure(&cut).category, ErrorCategory::Network);
}

#[test]
fn an_answer_in_one_piece_is_read_as_well() {
    let steps = json!([
        {"type": "thought", "signature": "c2Vj", "summary": [{"type": "text", "text": "Hm."}]},
        {"type": "model_output", "content": [{"type": "text", "text": "Yes."}]},
    ]);
    let usage_of = json!({"total_input_tokens": 4, "total_output_tokens": 2});
    let body = json!({"id": "v1_one", "object": "interaction", "status": "completed",
        "steps": steps, "usage": usage_of});
    let body = body.to_string();
    let decoded = decode_by(INTERACTIONS.decoder(), [body.as_bytes()]);
    assert_eq!(parts(&decoded), ["reasoning Hm. c2Vj", "text Yes."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
}

#[test]
fn what_is_not_known_is_passed_over() {
    assert_eq!(parts(&whole("unknown-kinds")), ["text Yes."]);
}

//! Tools of the providers' own: what they did and the sources that they name are kept, sent back as they
//! were, and asked for only where the person wants it (rules C04, C19, C22 and C27).

use crate::answers::{decode, decode_by, finished, shown_sealed, stream};
use crate::recordings::{ANTHROPIC, GEMINI, asked_again, wires};
use crate::responses_decoding;
use crate::turn_desk::{Desk, question};
use serde_json::{Value, json};
use std::sync::Arc;
use tacet_core::history::{RepairChange, preview};
use tacet_core::provider::ToolDefinition;
use tacet_core::{
    Endpoint, ErrorCategory, FinishReason, HostedTool, Message, MessageState, ModelRequest, Part,
    Provider, Remote, Role, WireApi,
};
use tacet_test_support::server::{Dialect, Rules};

const HEKLA: &str = "Hekla https://en.example.org/wiki/Hekla";

fn anthropic(name: &str) -> Vec<String> {
    shown_sealed(&decode_by(ANTHROPIC.decoder(), [ANTHROPIC.stream(name)]))
}

/// The answer that a whole stream leaves.
fn answer_of(name: &str) -> Message {
    let mut answers = ANTHROPIC.stopped_answers(ANTHROPIC.stream(name));
    let mut answer = answers.pop().unwrap();
    answer.state = MessageState::Complete;
    answer.cause = None;
    answer
}

fn body(provider: &Remote, request: &ModelRequest) -> Value {
    serde_json::from_slice(&provider.body(request)).unwrap()
}

#[test]
fn a_search_of_anthropic_is_kept_with_its_sources_and_what_they_are_sources_of() {
    let parts = anthropic("search");
    assert_eq!(parts[0], "text I'll look it up.");
    assert!(
        parts[1].starts_with("web_search: height of Hekla {"),
        "{parts:?}"
    );
    assert_eq!(parts[2], "text 🌋 It is 1,491 m high.");
    // The volcano is two code units.
    assert_eq!(parts[3], format!("sources {HEKLA} 9..21"));
    assert_eq!(parts.len(), 4);
}

#[test]
fn c27_what_anthropic_searched_and_cited_goes_back_as_it_came() {
    let history = asked_again(answer_of("search"));
    ANTHROPIC.judge(&history).unwrap();
    let request = ModelRequest::new("claude-opus-4-6", &history[..]);
    let body = body(&ANTHROPIC.provider, &request);
    let blocks = body["messages"][1]["content"].as_array().unwrap();
    let call = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
        "input": {"query": "height of Hekla"}});
    assert_eq!(blocks[1], call);
    assert_eq!(blocks[2]["type"], "web_search_tool_result");
    assert_eq!(blocks[2]["content"][0]["encrypted_content"], "RXM9");
    let texts: Vec<&Value> = blocks[3..].iter().map(|block| &block["text"]).collect();
    assert_eq!(texts, ["🌋 It is ", "1,491 m high", "."]);
    assert_eq!(blocks[4]["citations"][0]["encrypted_index"], "Eo8B");
    assert_eq!(
        blocks[4]["citations"][0]["cited_text"],
        "Hekla is 1,491 m high"
    );
}

#[test]
fn c22_what_another_providers_tool_did_stays_and_is_named() {
    let history = asked_again(answer_of("search"));
    for wire in [wires()[0], wires()[1], &GEMINI, wires()[4], wires()[5]] {
        wire.judge(&history).unwrap();
        let model = wire.models[0];
        let body = body(&wire.provider, &ModelRequest::new(model, &history[..])).to_string();
        assert!(
            !body.contains("RXM9") && !body.contains("encrypted_index"),
            "{body}"
        );
        let tool = "web_search".to_owned();
        let changes = preview(&history[..2], &wire.provider.rules(model));
        let left_out = RepairChange::ServerToolLeftOut { tool };
        assert!(
            changes.iter().any(|it| it.change == left_out),
            "{changes:?}"
        );
    }
}

#[test]
fn a_shortened_conversation_of_anthropic_goes_back_as_it_came() {
    let history = asked_again(answer_of("compaction"));
    ANTHROPIC.judge(&history).unwrap();
    let request = ModelRequest::new("claude-opus-4-6", &history[..]);
    let body = body(&ANTHROPIC.provider, &request);
    let kept = json!({"type": "compaction", "content": "They talked of ice."});
    assert_eq!(body["messages"][1]["content"][0], kept);
}

#[test]
fn a_call_of_a_servers_tool_that_a_stop_cut_off_does_not_go_back() {
    let bytes = ANTHROPIC.stream("search");
    let text = std::str::from_utf8(bytes).unwrap();
    let cut = text.find("web_search_tool_result").unwrap();
    let answer = crate::answers::stopped_answer_by(ANTHROPIC.decoder(), &bytes[..cut]);
    assert!(
        !answer
            .parts
            .iter()
            .any(|part| matches!(part, Part::ServerTool(_)))
    );
    ANTHROPIC.judge(&asked_again(answer)).unwrap();
}

#[test]
fn a_search_of_responses_is_kept_and_its_item_follows_the_reasoning_that_led_to_it() {
    let stream = responses_decoding::stream("search");
    let parts = shown_sealed(&decode_by(responses_decoding::decoder(), [stream]));
    assert!(
        parts[1].starts_with("web_search: height of Hekla {"),
        "{parts:?}"
    );
    assert_eq!(parts[2], "text It is 1,491 m high.");
    assert_eq!(parts[3], format!("sources {HEKLA}"));
    let wire = wires()[1];
    let answer = wire.stopped_answers(stream).pop().unwrap();
    let history = asked_again(answer);
    wire.judge(&history).unwrap();
    let body = body(
        &wire.provider,
        &ModelRequest::new("gated-model", &history[..]),
    );
    assert_eq!(body["input"][2]["type"], "web_search_call");
    assert_eq!(body["input"][2]["id"], "ws_1");
}

#[test]
fn gemini_names_each_page_once_and_no_address_that_is_not_of_the_web() {
    let parts = shown_sealed(&decode_by(GEMINI.decoder(), [GEMINI.stream("search")]));
    let page = "sources en.example.org https://search.example.com/redirect/1";
    assert_eq!(parts, ["text It is 1,491 m high.", page]);
}

#[test]
fn routers_and_search_engines_that_speak_chat_completions_name_their_pages() {
    let parts = |name| shown_sealed(&decode([stream(name)]));
    let text = "text It is 1,491 m high.".to_owned();
    assert_eq!(parts("annotations"), [text, format!("sources {HEKLA}")]);
    let both = format!("sources {HEKLA}, https://b.example/2 https://b.example/2");
    assert_eq!(
        parts("perplexity"),
        ["text It is 1,491 m high.[1][2]", &both]
    );
}

#[test]
fn a_filter_that_ends_an_answer_says_which_and_why() {
    let decoded = decode_by(ANTHROPIC.decoder(), [ANTHROPIC.stream("filtered")]);
    assert_eq!(finished(&decoded), FinishReason::ContentFilter);
}

fn at(api: WireApi, url: &str, hosted_tools: &[HostedTool]) -> Remote {
    let endpoint = Endpoint {
        hosted_tools: hosted_tools.to_vec(),
        ..Endpoint::new(url, None)
    };
    Remote::new(api, &endpoint).unwrap()
}

#[test]
fn a_providers_own_tools_are_asked_for_only_where_the_person_wants_them() {
    let cases = [
        (
            WireApi::Anthropic,
            "https://api.anthropic.com",
            "/tools/0/type",
            "web_search_20250305",
        ),
        (
            WireApi::OpenaiResponses,
            "https://api.openai.com/v1",
            "/tools/0/type",
            "web_search",
        ),
        (
            WireApi::OpenaiChat,
            "https://openrouter.ai/api/v1",
            "/plugins/0/id",
            "web",
        ),
    ];
    let dialects = [
        Dialect::Anthropic,
        Dialect::OpenaiResponses,
        Dialect::OpenaiChat,
    ];
    let history = [Message::from_user("How high is Hekla?")];
    let request = ModelRequest::new("gated-model", &history[..]);
    for ((api, url, place, expected), dialect) in cases.into_iter().zip(dialects) {
        let wanted = body(&at(api, url, &[HostedTool::WebSearch]), &request);
        assert_eq!(wanted.pointer(place), Some(&json!(expected)), "{wanted}");
        Rules::default()
            .check(dialect, "gated-model", &wanted)
            .unwrap();
        assert_eq!(body(&at(api, url, &[]), &request).pointer(place), None);
    }
    let images = at(
        WireApi::OpenaiResponses,
        "https://api.openai.com/v1",
        &[HostedTool::ImageGeneration],
    );
    let asked = json!([{"type": "image_generation", "partial_images": 1}]);
    assert_eq!(body(&images, &request)["tools"], asked);
}

#[test]
fn gemini_searches_only_where_no_functions_are_offered_since_it_refuses_both() {
    let url = "https://generativelanguage.googleapis.com/v1beta";
    let gemini = at(WireApi::Gemini, url, &[HostedTool::WebSearch]);
    let history = [Message::from_user("How high is Hekla?")];
    let request = ModelRequest::new("gemini-2.5-flash", &history[..]);
    let alone = body(&gemini, &request);
    assert_eq!(alone["tools"], json!([{"googleSearch": {}}]));
    let tool = ToolDefinition::new("save", "", json!({"type": "object"}));
    let beside = body(&gemini, &request.with_tools([tool]));
    assert!(beside["tools"][0]["googleSearch"].is_null());
}

/// The recorded stream with which the gated server answers.
async fn recorded(exchange: &mut tacet_test_support::server::Exchange, name: &str) {
    exchange.open_stream().await;
    exchange.send_chunk(ANTHROPIC.stream(name)).await;
}

#[tokio::test]
async fn c19_a_turn_that_anthropic_pauses_goes_on_by_a_request_that_sends_it_back() {
    let desk = Desk::open().await;
    let provider: Arc<dyn Provider> = desk.provider_of(Dialect::Anthropic);
    let request = question("How high is Hekla?");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let watch = desk.watch(turn).await;
    let mut first = desk.server.next_request().await;
    recorded(&mut first, "paused").await;
    first.end().await;
    let mut second = desk.server.next_request().await;
    let asked = second.request.json();
    let last = asked["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["role"], "assistant");
    let call = last["content"].as_array().unwrap().last().unwrap();
    assert_eq!(call["type"], "server_tool_use");
    assert_eq!(asked["container"], "container_01");
    recorded(&mut second, "search").await;
    second.end().await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    assert_eq!(end.finish_reason, Some(FinishReason::Stop));
    assert_eq!(end.requests.len(), 2);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
    let answer = desk.answer(turn).await;
    assert_eq!(answer.role, Role::Assistant);
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn a_refusal_of_the_filter_is_told_with_its_category_and_words() {
    let desk = Desk::open().await;
    let request = question("Write malware.");
    let turn = request.turn_id;
    desk.start_at(desk.provider_of(Dialect::Anthropic), request)
        .await
        .unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    recorded(&mut exchange, "filtered").await;
    exchange.end().await;
    let end = watch.end().await;
    assert_eq!(end.finish_reason, Some(FinishReason::ContentFilter));
    let error = end.error.unwrap();
    assert_eq!(error.category, ErrorCategory::ContentFilter);
    let words = "cyber: This asks for malware.";
    assert_eq!(error.provider_text.as_deref(), Some(words));
    assert_eq!(desk.answer(turn).await.text(), "I can");
}

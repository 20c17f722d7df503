//! The answers of Gemini, as Google's documentation shows them.

use crate::answers::{
    decode_by, explained, failure, finished, shown_sealed as parts, stopped_answer_by, usage,
};
use crate::recordings::GEMINI;
use serde_json::{Value, json};
use tacet_core::provider::decode::Decoded;
use tacet_core::{ErrorCategory, FinishReason, ModelEvent, Part, ServerTool, Usage, UsageSource};

fn whole(name: &str) -> Decoded {
    decode_by(GEMINI.decoder(), [GEMINI.stream(name)])
}

fn event(event: &Value) -> Decoded {
    decode_by(GEMINI.decoder(), [format!("data: {event}\n\n").as_bytes()])
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
            input_tokens: Some(8),
            cached_input_tokens: Some(4),
            output_tokens: Some(11),
            ..Usage::unknown()
        })
    );
}

#[test]
fn thoughts_are_reasoning_and_the_signature_of_the_text_is_kept_after_it() {
    let decoded = whole("thoughts");
    assert_eq!(
        parts(&decoded),
        [
            "reasoning **Adding**\n\nTwo and two… -",
            "text Four.",
            "reasoning  {\"part\":\"text\",\"signature\":\"EpoGCpcGAXLI2nx/text==\"}",
        ]
    );
    let usage = usage(&decoded).unwrap();
    assert_eq!(usage.output_tokens, Some(3 + 52));
    assert_eq!(usage.reasoning_tokens, Some(52));
}

#[test]
fn a_signed_thought_is_sealed_and_text_goes_on_after_a_signature() {
    let decoded = whole("signed-thought");
    assert_eq!(
        parts(&decoded),
        [
            "reasoning Hm. {\"part\":\"thought\",\"signature\":\"c2lnbmVkdGhvdWdodA==\"}",
            "text Yes",
            "reasoning  {\"part\":\"text\",\"signature\":\"c2lnbmVkdGV4dA==\"}",
            "text , indeed.",
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::Length);
}

#[test]
fn calls_come_whole_and_the_first_is_signed() {
    let decoded = whole("calls");
    assert_eq!(
        parts(&decoded),
        [
            "text I look at both.",
            "get_weather({\"city\":\"Reykjavík\"})#k3h2x9ab EiYKJGUyNDgzMGE3",
            "get_time({\"zone\":\"Atlantic/Reykjavik\"})#p0o9i8uy -",
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::ToolCalls);
}

#[test]
fn calls_without_ids_get_one_that_follows_from_what_was_received() {
    let calls = ["list_files({})#old1_call_0 -", "now()#old1_call_1 -"];
    assert_eq!(parts(&whole("calls-without-ids")), calls);
    let call = json!({"functionCall": {"name": "now", "args": {}}});
    let content = json!({"candidates": [{"content": {"parts": [call]}}]});
    assert_eq!(parts(&event(&content)), ["now({})#call_0 -"]);
}

#[test]
fn c23_usage_is_running_until_the_finish_reason_and_the_last_figure_stands() {
    let bytes = GEMINI.stream("thoughts");
    let decoded = GEMINI.decoder().push(bytes);
    let rows = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::Usage(usage) => Some((usage.source, usage.output_tokens)),
        _ => None,
    });
    use UsageSource::{Reported, Running};
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            (Running, Some(20)),
            (Running, Some(41)),
            (Running, Some(53)),
            (Running, Some(55)),
            (Reported, Some(55)),
        ]
    );
}

#[test]
fn c23_zeros_are_not_a_measurement_and_what_is_absent_is_not_zero() {
    let counts = |counts: Value| usage(&event(&json!({"usageMetadata": counts})));
    assert_eq!(
        counts(json!({"promptTokenCount": 0, "totalTokenCount": 0})),
        None
    );
    let prompt = counts(json!({"promptTokenCount": 7})).unwrap();
    assert_eq!(prompt.output_tokens, None);
    assert_eq!(prompt.reasoning_tokens, None);
    let tools = counts(json!({"promptTokenCount": 7, "toolUsePromptTokenCount": 12})).unwrap();
    assert_eq!(tools.input_tokens, Some(19));
}

#[test]
fn every_finish_reason_has_its_meaning() {
    let cases = [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
        ("BLOCKLIST", FinishReason::ContentFilter),
        ("SPII", FinishReason::ContentFilter),
        ("ESCALATION", FinishReason::ContentFilter),
        ("PUP_LIMITED_DISABLED", FinishReason::ContentFilter),
        ("MODEL_ARMOR", FinishReason::ContentFilter),
        ("CONTINUATION", FinishReason::Length),
        ("LANGUAGE", FinishReason::Other),
        ("NO_IMAGE", FinishReason::Other),
        ("SOMETHING_NEW", FinishReason::Other),
    ];
    for (reason, meaning) in cases {
        let decoded = event(&json!({"candidates": [{"finishReason": reason}]}));
        assert_eq!(finished(&decoded), meaning, "{reason}");
        // What is not usual is told in the provider's words.
        let is_usual = matches!(meaning, FinishReason::Stop | FinishReason::Length);
        assert_eq!(explained(&decoded), (!is_usual).then(|| reason.to_owned()));
    }
}

#[test]
fn what_tools_of_the_servers_own_did_is_kept_with_each_result_and_goes_back() {
    let decoded = whole("server-tools");
    let search = json!([
        {"toolCall": {"id": "s1", "toolType": "GOOGLE_SEARCH_WEB",
            "args": {"queries": ["height of Hekla", "Hekla"]}}, "thoughtSignature": "c2VhcmNo"},
        {"toolResponse": {"id": "s1", "toolType": "GOOGLE_SEARCH_WEB", "response": {"pages": 2}}},
    ]);
    let page = json!([
        {"toolCall": {"id": "s2", "toolType": "URL_CONTEXT",
            "args": {"urls": ["https://en.example.org/Hekla"]}}},
        {"toolResponse": {"id": "s2", "toolType": "URL_CONTEXT", "response": {"status": "ok"}}},
    ]);
    assert_eq!(
        parts(&decoded),
        [
            &format!("google_search_web: height of Hekla, Hekla {search}"),
            &format!("url_context: https://en.example.org/Hekla {page}"),
            "text 1,491 m.",
            "sources Hekla https://maps.example.com/?cid=1, Notes https://docs.example.com/hekla",
        ]
    );
    assert_eq!(finished(&decoded), FinishReason::Length);
    // Without its result it is shown, and does not go back.
    let cut = GEMINI.stream("server-tools");
    let end = cut.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
    let answer = stopped_answer_by(GEMINI.decoder(), &cut[..end]);
    assert!(matches!(&answer.parts[..], [Part::ServerTool(tool)] if tool.seal.is_none()));
}

#[test]
fn a_prompt_that_is_blocked_is_the_filters_refusal_with_its_reason() {
    let decoded = whole("blocked");
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::ContentFilter);
    assert_eq!(error.provider_text.as_deref(), Some("PROHIBITED_CONTENT"));
    let usage = usage(&decoded).unwrap();
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(usage.input_tokens, Some(13));
}

#[test]
fn an_answer_that_the_filter_cuts_keeps_what_came_before() {
    let decoded = whole("safety");
    assert_eq!(parts(&decoded), ["text I begin"]);
    assert_eq!(finished(&decoded), FinishReason::ContentFilter);
}

#[test]
fn c12_an_answer_that_ends_at_a_malformed_call_is_not_whole_and_keeps_what_came_before() {
    let decoded = whole("malformed-call");
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Protocol);
    let words = error.provider_text.as_deref();
    assert_eq!(words, Some("Malformed function call: print(x"));
    assert_eq!(usage(&decoded).unwrap().source, UsageSource::Reported);

    let part = json!({"text": "I look it up."});
    for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"] {
        let candidate = json!({"content": {"parts": [part]}, "finishReason": reason});
        let decoded = event(&json!({"candidates": [candidate]}));
        assert_eq!(parts(&decoded), ["text I look it up."]);
        assert_eq!(failure(&decoded).provider_text.as_deref(), Some(reason));
    }
}

#[test]
fn parts_that_are_not_known_are_passed_over() {
    let decoded = whole("unknown-kinds");
    assert_eq!(parts(&decoded), ["text Found."]);
    assert_eq!(finished(&decoded), FinishReason::Stop);
}

#[test]
fn an_error_after_200_keeps_the_providers_words_and_what_came_before() {
    let decoded = whole("error");
    assert_eq!(parts(&decoded), ["text The answer begins"]);
    let error = failure(&decoded);
    assert_eq!(error.category, ErrorCategory::Overloaded);
    assert_eq!(error.status, Some(503));
    let words = "The model is overloaded. Please try again later.";
    assert_eq!(error.provider_text.as_deref(), Some(words));
}

#[test]
fn errors_of_every_status_are_sorted() {
    use ErrorCategory as Is;
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]);
    let bad_key =
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
    let none = json!([]);
    let cases = [
        (json!(400), "INVALID_ARGUMENT", &none, Is::BadRequest),
        (json!(400), "INVALID_ARGUMENT", &bad_key, Is::Authentication),
        (json!(403), "PERMISSION_DENIED", &none, Is::Authentication),
        (json!(404), "NOT_FOUND", &none, Is::BadRequest),
        (json!(429), "RESOURCE_EXHAUSTED", &retry, Is::RateLimit),
        (json!(500), "INTERNAL", &none, Is::Overloaded),
        (json!(503), "UNAVAILABLE", &none, Is::Overloaded),
        (json!(504), "DEADLINE_EXCEEDED", &none, Is::Overloaded),
        // Proxies leave the number out.
        (Value::Null, "RESOURCE_EXHAUSTED", &none, Is::RateLimit),
        (Value::Null, "UNAVAILABLE", &retry, Is::Overloaded),
        (Value::Null, "UNAUTHENTICATED", &none, Is::Authentication),
        (Value::Null, "INVALID_ARGUMENT", &none, Is::BadRequest),
        (Value::Null, "UNAVAILABLE", &none, Is::Overloaded),
    ];
    for (code, status, details, category) in cases {
        let error = json!({"code": code, "status": status, "message": "no", "details": details});
        let decoded = event(&json!({"error": error}));
        assert_eq!(failure(&decoded).category, category, "{error}");
    }
}

fn code(decoded: &Decoded) -> Vec<ServerTool> {
    let tools = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::ServerTool(tool) => Some(tool.clone()),
        _ => None,
    });
    tools.collect()
}

#[test]
fn code_that_ran_at_the_server_is_kept_with_its_result_as_it_came() {
    let [ran] = &code(&whole("code"))[..] else {
        panic!("one run");
    };
    assert_eq!(
        (ran.name.as_str(), ran.input.as_str()),
        ("code_execution", "print(6*7)\n")
    );
    let kept: Value = serde_json::from_str(&ran.seal.as_ref().unwrap().data).unwrap();
    assert_eq!(
        kept,
        json!([
            {"executableCode": {"language": "PYTHON", "code": "print(6*7)\n"},
                "thoughtSignature": "Y29kZQ=="},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}},
        ])
    );
}

#[test]
fn c04_code_whose_result_has_not_come_is_shown_and_does_not_go_back() {
    let part = json!({"executableCode": {"language": "PYTHON", "code": "loop()"}});
    let content = json!({"candidates": [{"content": {"parts": [part]}}]});
    let mut decoder = GEMINI.decoder();
    let mut decoded = decoder.push(format!("data: {content}\n\n").as_bytes());
    assert_eq!(code(&decoded), []);
    decoded.events = decoder.drain();
    let [ran] = &code(&decoded)[..] else {
        panic!("one run");
    };
    assert_eq!((ran.input.as_str(), &ran.seal), ("loop()", &None));
}

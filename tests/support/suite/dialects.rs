//! Each API's own spelling of the same answer, held against what its documentation shows.

use crate::client::{answered, client};
use serde_json::{Value, json};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, Exchange, Finish, GatedServer, Say, Tokens};

/// A question that is valid in this API.
pub fn question(dialect: Dialect) -> Value {
    match dialect {
        Dialect::OpenaiChat | Dialect::Ollama => json!({
            "model": "m", "stream": true, "messages": [{"role": "user", "content": "Hello?"}],
        }),
        Dialect::OpenaiResponses => json!({
            "model": "m", "stream": true, "include": ["reasoning.encrypted_content"],
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello?"}]}],
        }),
        Dialect::Anthropic => json!({
            "model": "m", "stream": true, "max_tokens": 100,
            "messages": [{"role": "user", "content": "Hello?"}],
        }),
        Dialect::GeminiInteractions => json!({
            "model": "m", "stream": true, "store": true,
            "input": [{"type": "user_input", "content": [{"type": "text", "text": "Hello?"}]}],
        }),
        Dialect::Gemini => json!({
            "contents": [{"role": "user", "parts": [{"text": "Hello?"}]}],
        }),
    }
}

pub fn ask(server: &GatedServer, dialect: Dialect, body: &Value) -> crate::client::Asking {
    let base = format!("http://{}", server.address());
    let request = client()
        .post(format!("{base}{}", dialect.answer_path("m")))
        .header("anthropic-version", "2023-06-01")
        .header("api-revision", "2026-05-20")
        .json(body);
    tokio::spawn(request.send())
}

/// The body of an answer that `write` writes, and its media type.
async fn body_of(dialect: Dialect, write: impl AsyncFnOnce(Exchange)) -> (String, String) {
    let server = GatedServer::start().await;
    let asking = ask(&server, dialect, &question(dialect));
    write(server.next_request().await).await;
    let response = answered(asking).await;
    let media_type = response.headers()["content-type"].to_str().unwrap();
    let media_type = media_type.to_owned();
    let text = within("the body", response.text()).await.unwrap();
    (text, media_type)
}

/// The JSON of each event or line, with the name of the event where it has one.
async fn events_of(dialect: Dialect, write: impl AsyncFnOnce(Exchange)) -> Vec<Value> {
    let (text, media_type) = body_of(dialect, write).await;
    if dialect == Dialect::Ollama {
        assert_eq!(media_type, "application/x-ndjson");
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        return lines.collect();
    }
    assert_eq!(media_type, "text/event-stream");
    let events = text.split_terminator("\n\n").map(|event| {
        let (name, data) = match event.split_once('\n') {
            Some((name, data)) => (Some(name.strip_prefix("event: ").unwrap()), data),
            None => (None, event),
        };
        let data = data.strip_prefix("data: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap_or_else(|_| json!(data));
        let is_of = |name| {
            let is_done = name == "done" && data == "[DONE]";
            data["type"] == name || data["event_type"] == name || is_done
        };
        assert!(name.is_none_or(is_of), "{event}");
        data
    });
    events.collect()
}

/// An answer with everything that a model says.
async fn say_everything(mut exchange: Exchange) {
    for said in [
        Say::reasoning("Hm, "),
        Say::reasoning("so."),
        Say::seal("c2VhbA=="),
        Say::text("I "),
        Say::text("look."),
        Say::tool("call_1", "search"),
        Say::arguments("{\"q\":"),
        Say::arguments("\"ice\"}"),
    ] {
        exchange.say(&said).await;
    }
    let tokens = Tokens::new(20, 10).cached(5).reasoning(4);
    exchange.finish(Finish::ToolCalls, tokens).await;
}

/// The types of the events, in their order.
fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn chat_completions_spells_it_in_deltas() {
    let events = events_of(Dialect::OpenaiChat, say_everything).await;
    let deltas: Vec<&Value> = events[..9]
        .iter()
        .map(|event| &event["choices"][0]["delta"])
        .collect();
    assert_eq!(deltas[0], &json!({"role": "assistant", "content": ""}));
    assert_eq!(deltas[2], &json!({"reasoning_content": "so."}));
    assert_eq!(deltas[4], &json!({"content": "look."}));
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "search", "arguments": ""}});
    assert_eq!(deltas[5], &json!({"tool_calls": [call]}));
    let piece = json!({"index": 0, "function": {"arguments": "\"ice\"}"}});
    assert_eq!(deltas[7], &json!({"tool_calls": [piece]}));
    assert_eq!(events[8]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        events[9]["usage"],
        json!({
            "prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30,
            "prompt_tokens_details": {"cached_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 4},
        })
    );
    assert_eq!(events[10], "[DONE]");
    assert_eq!(events.len(), 11);
}

#[tokio::test]
async fn responses_spells_it_in_items_that_are_added_grown_and_done() {
    let events = events_of(Dialect::OpenaiResponses, say_everything).await;
    assert_eq!(
        types(&events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    assert_eq!(events[0]["response"]["status"], "in_progress");
    assert_eq!(events[0]["response"]["id"], "resp_gated0");
    assert_eq!(events[0]["response"]["background"], false);
    let reasoning = json!({
        "id": "rs_gated0_0", "type": "reasoning", "encrypted_content": "c2VhbA==",
        "summary": [{"type": "summary_text", "text": "Hm, so."}],
    });
    assert_eq!(events[8]["item"], reasoning);
    assert_eq!(events[12]["delta"], "look.");
    assert_eq!(events[12]["item_id"], "msg_gated0_1");
    assert_eq!(events[12]["output_index"], 1);
    assert_eq!(events[13]["text"], "I look.");
    let call = json!({
        "id": "fc_gated0_2", "type": "function_call", "status": "completed",
        "call_id": "call_1", "name": "search", "arguments": "{\"q\":\"ice\"}",
    });
    assert_eq!(events[20]["item"], call);
    let response = &events[21]["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"][0], reasoning);
    assert_eq!(response["output"][2], call);
    assert_eq!(
        response["usage"],
        json!({
            "input_tokens": 20,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 5},
            "output_tokens": 10, "output_tokens_details": {"reasoning_tokens": 4},
            "total_tokens": 30,
        })
    );
}

#[tokio::test]
async fn anthropic_spells_it_in_blocks() {
    let events = events_of(Dialect::Anthropic, say_everything).await;
    assert_eq!(
        types(&events),
        [
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let usage = &events[0]["message"]["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["output_tokens"]),
        (&json!(7), &json!(1))
    );
    let thinking = json!({"type": "thinking", "thinking": "", "signature": ""});
    assert_eq!(events[2]["content_block"], thinking);
    assert_eq!(
        events[5]["delta"],
        json!({"type": "signature_delta", "signature": "c2VhbA=="})
    );
    assert_eq!(
        events[9]["delta"],
        json!({"type": "text_delta", "text": "look."})
    );
    assert_eq!(events[9]["index"], 1);
    let call = json!({"type": "tool_use", "id": "call_1", "name": "search", "input": {}});
    assert_eq!(events[11]["content_block"], call);
    assert_eq!(
        events[13]["delta"],
        json!({"type": "input_json_delta", "partial_json": "\"ice\"}"})
    );
    assert_eq!(events[15]["delta"]["stop_reason"], "tool_use");
    assert_eq!(
        events[15]["usage"],
        json!({
            "input_tokens": 15, "output_tokens": 10,
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5,
            "output_tokens_details": {"thinking_tokens": 4},
        })
    );
}

#[tokio::test]
async fn gemini_spells_it_in_parts_with_the_usage_so_far() {
    let events = events_of(Dialect::Gemini, say_everything).await;
    let parts: Vec<&Value> = events
        .iter()
        .map(|event| &event["candidates"][0]["content"]["parts"])
        .collect();
    assert_eq!(parts[0], &json!([{"text": "Hm, ", "thought": true}]));
    assert_eq!(
        parts[2],
        &json!([{"text": "I ", "thoughtSignature": "c2VhbA=="}])
    );
    assert_eq!(parts[3], &json!([{"text": "look."}]));
    let call = json!({"functionCall": {"name": "search", "args": {"q": "ice"}}});
    assert_eq!(parts[4], &json!([call]));
    assert_eq!(events.len(), 5);
    assert_eq!(events[0]["usageMetadata"]["promptTokenCount"], 7);
    assert!(events[3]["candidates"][0]["finishReason"].is_null());
    assert_eq!(events[4]["candidates"][0]["finishReason"], "STOP");
    let usage = &events[4]["usageMetadata"];
    assert_eq!(usage["candidatesTokenCount"], 6);
    assert_eq!(usage["thoughtsTokenCount"], 4);
    assert_eq!(usage["cachedContentTokenCount"], 5);
    assert_eq!(usage["totalTokenCount"], 30);
}

#[tokio::test]
async fn gemini_seals_a_call_that_follows_reasoning() {
    let events = events_of(Dialect::Gemini, async |mut exchange| {
        exchange.say(&Say::reasoning("Hm.")).await;
        exchange.say(&Say::seal("c2VhbA==")).await;
        exchange.say(&Say::tool("call_1", "search")).await;
        exchange.finish(Finish::Stop, Tokens::new(7, 3)).await;
    })
    .await;
    let part = &events[1]["candidates"][0]["content"]["parts"][0];
    assert_eq!(part["thoughtSignature"], "c2VhbA==");
    assert_eq!(part["functionCall"]["args"], json!({}));
}

#[tokio::test]
async fn interactions_spell_it_in_steps_that_start_grow_and_stop() {
    let events = events_of(Dialect::GeminiInteractions, say_everything).await;
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap_or("done"))
        .collect();
    assert_eq!(
        types,
        [
            "interaction.created",
            "interaction.status_update",
            "step.start",
            "step.delta",
            "step.delta",
            "step.delta",
            "step.stop",
            "step.start",
            "step.delta",
            "step.delta",
            "step.stop",
            "step.start",
            "step.delta",
            "step.delta",
            "step.stop",
            "interaction.completed",
            "done",
        ]
    );
    for (number, event) in events[..16].iter().enumerate() {
        assert_eq!(event["event_id"], format!("evt_{number}"));
    }
    assert_eq!(events[0]["interaction"]["id"], "v1_gated0");
    assert_eq!(events[2]["step"], json!({"type": "thought"}));
    let summary = json!({"type": "text", "text": "so."});
    let summary = json!({"type": "thought_summary", "content": summary});
    assert_eq!(events[4]["delta"], summary);
    let signature = json!({"type": "thought_signature", "signature": "c2VhbA=="});
    assert_eq!(events[5]["delta"], signature);
    assert_eq!(events[9]["delta"], json!({"type": "text", "text": "look."}));
    assert_eq!(events[9]["index"], 1);
    let call = json!({"type": "function_call", "id": "call_1", "name": "search", "arguments": {}});
    assert_eq!(events[11]["step"], call);
    let piece = json!({"type": "arguments_delta", "arguments": "\"ice\"}"});
    assert_eq!(events[13]["delta"], piece);
    let interaction = &events[15]["interaction"];
    assert_eq!(interaction["status"], "requires_action");
    let usage = &interaction["usage"];
    assert_eq!(usage["total_input_tokens"], 20);
    assert_eq!(usage["total_output_tokens"], 6);
    assert_eq!(usage["total_thought_tokens"], 4);
    assert_eq!(usage["total_cached_tokens"], 5);
}

#[tokio::test]
async fn ollama_spells_it_in_lines() {
    let events = events_of(Dialect::Ollama, say_everything).await;
    assert_eq!(
        events[1]["message"],
        json!({"role": "assistant", "content": "", "thinking": "so."})
    );
    assert_eq!(
        events[3]["message"],
        json!({"role": "assistant", "content": "look."})
    );
    let function = json!({"index": 0, "name": "search", "arguments": {"q": "ice"}});
    assert_eq!(
        events[4]["message"]["tool_calls"],
        json!([{"id": "call_1", "function": function}])
    );
    let last = &events[5];
    assert_eq!(
        (&last["done"], &last["done_reason"]),
        (&json!(true), &json!("stop"))
    );
    assert_eq!(
        (&last["prompt_eval_count"], &last["eval_count"]),
        (&json!(20), &json!(10))
    );
    assert!(events[..5].iter().all(|event| event["done"] == false));
    assert_eq!(events.len(), 6);
}

#[tokio::test]
async fn an_answer_that_ran_out_of_tokens_says_so_in_every_api() {
    for dialect in Dialect::ALL {
        let events = events_of(dialect, async |mut exchange| {
            exchange.say(&Say::text("So")).await;
            exchange.finish(Finish::Length, Tokens::new(7, 1)).await;
        })
        .await;
        let found = match dialect {
            Dialect::OpenaiChat => &events[2]["choices"][0]["finish_reason"],
            Dialect::OpenaiResponses => {
                let last = events.last().unwrap();
                assert_eq!(last["type"], "response.incomplete");
                assert_eq!(last["response"]["output"][0]["status"], "incomplete");
                &last["response"]["incomplete_details"]["reason"]
            }
            Dialect::Anthropic => &events[5]["delta"]["stop_reason"],
            Dialect::Gemini => &events[1]["candidates"][0]["finishReason"],
            Dialect::GeminiInteractions => &events[5]["interaction"]["status"],
            Dialect::Ollama => &events[1]["done_reason"],
        };
        let wanted = match dialect {
            Dialect::OpenaiChat | Dialect::Ollama => "length",
            Dialect::OpenaiResponses => "max_output_tokens",
            Dialect::Anthropic => "max_tokens",
            Dialect::Gemini => "MAX_TOKENS",
            Dialect::GeminiInteractions => "incomplete",
        };
        assert_eq!(found, wanted, "{dialect}");
    }
}

#[tokio::test]
async fn usage_comes_in_mid_stream_where_the_api_has_it() {
    for dialect in Dialect::ALL {
        let events = events_of(dialect, async |mut exchange| {
            exchange.open_answer(Some(Tokens::new(20, 0))).await;
            exchange.say(&Say::Usage(Tokens::new(20, 3))).await;
            exchange.end().await;
        })
        .await;
        match dialect {
            Dialect::OpenaiChat => assert_eq!(events[1]["usage"]["completion_tokens"], 3),
            Dialect::Anthropic => {
                assert_eq!(events[0]["message"]["usage"]["input_tokens"], 20);
                assert_eq!(events[2]["usage"]["output_tokens"], 3);
            }
            Dialect::Gemini => assert_eq!(events[0]["usageMetadata"]["candidatesTokenCount"], 3),
            Dialect::OpenaiResponses => {
                assert_eq!(types(&events), ["response.created", "response.in_progress"]);
            }
            Dialect::GeminiInteractions => {
                assert_eq!(events[2]["usage"]["total_output_tokens"], 3);
            }
            Dialect::Ollama => assert!(events.is_empty()),
        }
    }
}

#[tokio::test]
async fn an_error_in_a_running_stream_has_the_apis_shape() {
    for dialect in Dialect::ALL {
        let events = events_of(dialect, async |mut exchange| {
            exchange.say(&Say::text("So")).await;
            exchange.error_frame("Overloaded").await;
            exchange.fail("Gone").await;
            exchange.end().await;
        })
        .await;
        let [.., error, failed] = events.as_slice() else {
            panic!("{events:?}");
        };
        match dialect {
            Dialect::OpenaiChat => assert_eq!(error["error"]["message"], "Overloaded"),
            Dialect::OpenaiResponses => {
                assert_eq!(error["type"], "error");
                assert_eq!(error["message"], "Overloaded");
                assert_eq!(failed["type"], "response.failed");
                assert_eq!(failed["response"]["error"]["message"], "Gone");
                assert_eq!(failed["response"]["status"], "failed");
            }
            Dialect::Anthropic => {
                let wanted = json!({"type": "overloaded_error", "message": "Overloaded"});
                assert_eq!(error, &json!({"type": "error", "error": wanted}));
            }
            Dialect::Gemini => assert_eq!(error["error"]["status"], "UNAVAILABLE"),
            Dialect::GeminiInteractions => {
                assert_eq!(error["event_type"], "error");
                assert_eq!(error["error"]["code"], "service_unavailable");
            }
            Dialect::Ollama => assert_eq!(error, &json!({"error": "Overloaded"})),
        }
    }
}

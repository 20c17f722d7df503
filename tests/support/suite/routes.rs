//! Which API answers at which address, and what is answered without the test.

use crate::client::{answered, client};
use crate::dialects::{ask, question};
use serde_json::{Value, json};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, Finish, GatedServer, Say, Script, Tokens};

#[tokio::test]
async fn an_exchange_speaks_the_api_of_its_address() {
    let server = GatedServer::start().await;
    for dialect in Dialect::ALL {
        let asking = ask(&server, dialect, &question(dialect));
        let exchange = server.next_request().await;
        assert_eq!(exchange.request.dialect(), dialect);
        assert_eq!(exchange.request.model(), "m");
        let base = server.base_url_of(dialect);
        let url = format!("http://{}{}", server.address(), exchange.request.path);
        assert!(url.starts_with(&base), "{url}");
        exchange.complete(1, 1).await;
        within("the body", answered(asking).await.text())
            .await
            .unwrap();
    }
    assert_eq!(server.chat_requests(), Dialect::ALL.len());
    assert_eq!(server.violations(), Vec::<String>::new());
}

async fn get(server: &GatedServer, path: &str, headers: &[(&str, &str)]) -> Value {
    let mut request = client().get(format!("http://{}{path}", server.address()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_models_are_listed_in_each_apis_shape() {
    let server = GatedServer::start().await;
    server.models(["small", "large"]);
    server.describe_model("large", &json!({"context_length": 32_768}));
    let list = get(&server, "/v1/models", &[]).await;
    assert_eq!(list["data"][0]["id"], "small");
    assert_eq!(list["data"][1]["context_length"], 32_768);

    let version = [("anthropic-version", "2023-06-01")];
    let list = get(&server, "/v1/models?limit=1000", &version).await;
    assert_eq!(list["has_more"], false);
    assert_eq!(list["first_id"], "small");
    assert_eq!(list["data"][1]["type"], "model");
    assert_eq!(list["data"][1]["display_name"], "large");
    assert_eq!(list["data"][1]["max_input_tokens"], 200_000);

    let list = get(&server, "/v1beta/models?pageSize=1000", &[]).await;
    assert_eq!(list["models"][0]["name"], "models/small");
    assert_eq!(list["models"][0]["inputTokenLimit"], 1_048_576);
    let key = [("x-goog-api-key", "key")];
    let stable = get(&server, "/v1/models", &key).await;
    assert_eq!(stable, list);

    let list = get(&server, "/api/tags", &[]).await;
    assert_eq!(list["models"][1]["name"], "large");
    assert!(get(&server, "/api/version", &[]).await["version"].is_string());
}

#[tokio::test]
async fn long_lists_have_pages_where_the_api_has_them() {
    let server = GatedServer::start().await;
    server.models((0..60).map(|number| format!("m{number}")));
    let version = [("anthropic-version", "2023-06-01")];
    let first = get(&server, "/v1/models", &version).await;
    assert_eq!(first["data"].as_array().unwrap().len(), 20);
    assert_eq!(first["has_more"], true);
    let last = get(&server, "/v1/models?limit=1000&after_id=m19", &version).await;
    assert_eq!(last["data"][0]["id"], "m20");
    assert_eq!(last["has_more"], false);

    let first = get(&server, "/v1beta/models", &[]).await;
    assert_eq!(first["models"].as_array().unwrap().len(), 50);
    assert_eq!(first["nextPageToken"], "after&m49==");
    let path = "/v1beta/models?pageToken=after%26m49%3D%3D";
    let last = get(&server, path, &[]).await;
    assert_eq!(last["models"][0]["name"], "models/m50");
    assert_eq!(last.get("nextPageToken"), None);
}

#[tokio::test]
async fn ollama_shows_what_it_knows_of_a_model() {
    let server = GatedServer::start().await;
    server.describe_model(
        "gated-model",
        &json!({"capabilities": ["completion", "tools"], "model_info": {"llama.context_length": 4096}}),
    );
    let url = format!("http://{}/api/show", server.address());
    let show = async |name: &str| {
        let asking = client().post(&url).json(&json!({"model": name}));
        asking.send().await.unwrap()
    };
    let shown: Value = show("gated-model").await.json().await.unwrap();
    assert_eq!(shown["model_info"]["llama.context_length"], 4096);
    assert_eq!(shown["model_info"]["general.architecture"], "llama");
    assert_eq!(shown["capabilities"], json!(["completion", "tools"]));
    let missing = show("other").await;
    assert_eq!(missing.status(), 404);
    let error: Value = missing.json().await.unwrap();
    assert_eq!(error["error"], "model 'other' not found");
}

#[tokio::test]
async fn a_script_follows_the_api_of_the_request() {
    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        server.script(Script::text(["Hel", "lo"]));
        let response = answered(ask(&server, dialect, &question(dialect))).await;
        let text = within("the body", response.text()).await.unwrap();
        assert!(text.contains("\"Hel\"") && text.contains("\"lo\""));
        let end = match dialect {
            Dialect::OpenaiChat => "data: [DONE]\n\n",
            Dialect::OpenaiResponses => "\"type\":\"response.completed\"",
            Dialect::Anthropic => "event: message_stop",
            Dialect::Gemini => "\"finishReason\":\"STOP\"",
            Dialect::GeminiInteractions => "\"status\":\"completed\"",
            Dialect::Ollama => "\"done_reason\":\"stop\"",
        };
        assert!(text.contains(end), "{dialect}: {text}");

        let said = [Say::text("I look."), Say::tool("call_1", "search")];
        let tokens = Tokens::new(9, 4);
        server.script(Script::answer(said, Finish::ToolCalls, tokens));
        let response = answered(ask(&server, dialect, &question(dialect))).await;
        let text = within("the body", response.text()).await.unwrap();
        assert!(text.contains("\"search\""), "{dialect}: {text}");
    }
}

#[tokio::test]
async fn frames_of_chat_completions_are_said_in_another_api() {
    use tacet_test_support::server::{Frame, ToolDelta};
    let server = GatedServer::start().await;
    let call = ToolDelta {
        index: Some(0),
        id: Some("call_1".to_owned()),
        name: Some("search".to_owned()),
        arguments: "{}".to_owned(),
    };
    server.script(Script::frames([
        Frame::Role,
        Frame::text("I look."),
        Frame::Comment("wait".to_owned()),
        Frame::Tool(call),
        Frame::Finish("tool_calls".to_owned()),
        Frame::Usage(9, 4),
        Frame::Done,
    ]));
    let dialect = Dialect::Anthropic;
    let response = answered(ask(&server, dialect, &question(dialect))).await;
    let text = within("the body", response.text()).await.unwrap();
    assert!(text.starts_with("event: message_start\n"));
    assert!(text.contains(": wait\n\n"));
    assert!(text.contains("\"partial_json\":\"{}\""));
    assert!(text.contains("\"stop_reason\":\"tool_use\""));
    assert!(text.contains("\"output_tokens\":4"));
    assert!(text.ends_with("data: {\"type\":\"message_stop\"}\n\n"));
}

async fn cancel(server: &GatedServer, id: &str) -> reqwest::Response {
    let base = server.base_url_of(Dialect::OpenaiResponses);
    let asking = client().post(format!("{base}/responses/{id}/cancel"));
    asking.send().await.unwrap()
}

#[tokio::test]
async fn a_background_response_is_cancelled_however_often_it_is_asked() {
    let server = GatedServer::start().await;
    let mut body = question(Dialect::OpenaiResponses);
    body["background"] = json!(true);
    let asking = ask(&server, Dialect::OpenaiResponses, &body);
    let mut exchange = server.next_request().await;
    exchange.open_answer(None).await;
    let mut stream = answered(asking).await.bytes_stream();
    let opening = crate::client::piece(&mut stream).await;
    assert!(opening.contains("\"background\":true"));
    for _ in 0..2 {
        let cancelled = cancel(&server, exchange.answer_id()).await;
        assert_eq!(cancelled.status(), 200);
        let response: Value = cancelled.json().await.unwrap();
        assert_eq!(response["status"], "cancelled");
        assert_eq!(response["id"], exchange.answer_id());
    }
    let cancels = server.cancels();
    assert_eq!(cancels.len(), 2);
    assert_eq!(cancels[0].response_id, exchange.answer_id());
    assert!(!exchange.is_hung_up(), "the stream is the test's");
}

#[tokio::test]
async fn a_foreground_response_is_not_cancelled_and_a_gated_cancel_waits() {
    let server = GatedServer::start().await;
    let dialect = Dialect::OpenaiResponses;
    let _asking = ask(&server, dialect, &question(dialect));
    let exchange = server.next_request().await;
    let refused = cancel(&server, exchange.answer_id()).await;
    assert_eq!(refused.status(), 400);
    let error: Value = refused.json().await.unwrap();
    let words = "Cannot cancel a synchronous response.";
    assert_eq!(error["error"]["message"], words);
    assert_eq!(cancel(&server, "resp_other").await.status(), 404);

    server.gate_cancels();
    let (cancelled, ()) = tokio::join!(cancel(&server, exchange.answer_id()), async {
        let cancel = server.next_request().await;
        assert!(cancel.request.path.ends_with("/cancel"));
        cancel
            .respond_json(200, &json!({"status": "cancelled"}))
            .await;
    });
    assert_eq!(cancelled.status(), 200);
    assert_eq!(server.cancels().len(), 3);
}

//! Each API's judge: what is valid passes, and each rule that is broken fails in its own words.

mod anthropic;
mod gemini;
mod interactions;
mod ollama;
mod openai_chat;
mod openai_responses;
mod tools;

use serde_json::{Value, json};
use tacet_test_support::server::Dialect;

/// Asserts that the API refuses this request in these words.
fn refused(dialect: Dialect, request: &Value, words: &str) {
    match dialect.validate(request) {
        Ok(()) => panic!("{dialect} should refuse with {words:?}: {request}"),
        Err(error) => assert!(error.contains(words), "{error:?} should contain {words:?}"),
    }
}

/// `request` with the value at `pointer` replaced; the last step may be new.
fn with(request: &Value, pointer: &str, value: Value) -> Value {
    let mut request = request.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap();
    match name.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[name] = value,
    }
    request
}

/// `request` without what stands at the index at the end of `pointer`.
fn without(request: &Value, pointer: &str) -> Value {
    let mut request = request.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match request.pointer_mut(parent).unwrap() {
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        Value::Object(object) => drop(object.remove(name).unwrap()),
        other => panic!("{other} has no parts"),
    }
    request
}

#[tokio::test]
async fn the_server_refuses_what_breaks_a_rule_in_the_apis_shape() {
    use crate::client::answered;
    use crate::dialects::{ask, question};
    use tacet_test_support::server::GatedServer;

    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        let mut body = question(dialect);
        let field = match dialect {
            Dialect::OpenaiChat | Dialect::Anthropic | Dialect::Ollama => "messages",
            Dialect::OpenaiResponses | Dialect::GeminiInteractions => "input",
            Dialect::Gemini => "contents",
        };
        body[field] = match dialect {
            Dialect::Ollama => json!([{"role": "robot", "content": "Hello?"}]),
            _ => json!([]),
        };
        let response = answered(ask(&server, dialect, &body)).await;
        assert_eq!(response.status(), 400);
        let error: Value = response.json().await.unwrap();
        let message = match dialect {
            Dialect::Ollama => &error["error"],
            _ => &error["error"]["message"],
        };
        assert_eq!(server.violations(), [message.as_str().unwrap()]);

        server.set_rules(None);
        let asking = ask(&server, dialect, &body);
        server.next_request().await.complete(1, 1).await;
        assert_eq!(answered(asking).await.status(), 200);
    }
}

#[tokio::test]
async fn what_an_api_wants_outside_the_body_is_judged_as_well() {
    use crate::client::client;
    use crate::dialects::question;
    use tacet_test_support::server::GatedServer;

    let server = GatedServer::start().await;
    let post = async |path: &str, dialect| {
        let url = format!("http://{}{path}", server.address());
        let sent = client().post(url).json(&question(dialect)).send().await;
        assert_eq!(sent.unwrap().status(), 400);
    };
    post("/v1/messages", Dialect::Anthropic).await;
    let path = "/v1beta/models/m:streamGenerateContent";
    post(path, Dialect::Gemini).await;
    post("/v1beta/interactions", Dialect::GeminiInteractions).await;
    let violations = server.violations();
    assert!(violations[2].contains("Api-Revision"));
    assert!(violations[0].contains("anthropic-version: header is required"));
    assert!(violations[1].contains("alt=sse"));
}

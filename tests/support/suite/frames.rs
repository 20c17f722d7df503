use crate::client::{answered, asking, client};
use serde_json::{Value, json};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Exchange, GatedServer, ReasoningField};

/// The data lines of the body that `write` writes.
async fn lines_of(write: impl AsyncFnOnce(Exchange)) -> Vec<String> {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    write(server.next_request().await).await;
    let text = within("the body", answered(asking).await.text()).await;
    let text = text.unwrap();
    text.split_terminator("\n\n").map(str::to_owned).collect()
}

fn data(line: &str) -> Value {
    serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap()
}

#[tokio::test]
async fn every_kind_of_frame_arrives_as_the_api_spells_it() {
    let lines = lines_of(async |mut exchange| {
        exchange.open_stream().await;
        exchange.send_comment("wait").await;
        exchange.send_text_delta("Hi").await;
        let field = ReasoningField::ReasoningContent;
        exchange.send_reasoning_delta(field, "hm").await;
        let field = ReasoningField::Reasoning;
        exchange.send_reasoning_delta(field, "hm").await;
        exchange.send_refusal("no").await;
        exchange
            .send_tool_delta(Some(1), Some("call_1"), Some("read"), "{\"p")
            .await;
        exchange.send_tool_delta(None, None, None, "ath").await;
        exchange.send_error_frame("overloaded").await;
        exchange.complete(3, 4).await;
    })
    .await;

    assert_eq!(lines[0], ": wait");
    assert_eq!(data(&lines[1])["model"], "gated-model");
    let delta = |at: usize| data(&lines[at])["choices"][0]["delta"].clone();
    assert_eq!(delta(1), json!({"content": "Hi"}));
    assert_eq!(delta(2), json!({"reasoning_content": "hm"}));
    assert_eq!(delta(3), json!({"reasoning": "hm"}));
    assert_eq!(delta(4), json!({"refusal": "no"}));
    let first = json!({"index": 1, "id": "call_1", "type": "function", "function": {"name": "read", "arguments": "{\"p"}});
    assert_eq!(delta(5), json!({"tool_calls": [first]}));
    let next = json!({"function": {"arguments": "ath"}});
    assert_eq!(delta(6), json!({"tool_calls": [next]}));
    assert_eq!(data(&lines[7])["error"]["message"], "overloaded");
    assert_eq!(data(&lines[8])["choices"][0]["finish_reason"], "stop");
    assert_eq!(data(&lines[9])["choices"], json!([]));
    assert_eq!(data(&lines[9])["usage"]["completion_tokens"], 4);
    assert_eq!(lines[10], "data: [DONE]");
    assert_eq!(lines.len(), 11);
}

#[tokio::test]
async fn a_body_may_end_without_its_sentinel() {
    let lines = lines_of(async |mut exchange| {
        exchange.open_stream().await;
        exchange.send_text_delta("Hi").await;
        exchange.end().await;
    })
    .await;
    assert_eq!(lines.len(), 1);
}

#[tokio::test]
async fn a_body_may_end_with_its_connection() {
    let lines = lines_of(async |mut exchange| {
        exchange.open_stream_until_close().await;
        exchange.send_text_delta("Hi").await;
        exchange.complete(1, 1).await;
    })
    .await;
    assert_eq!(lines.last().unwrap(), "data: [DONE]");
}

#[tokio::test]
async fn a_compressed_stream_is_readable_chunk_by_chunk() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let mut exchange = server.next_request().await;
    assert!(exchange.request.header("accept-encoding").is_some());
    exchange.open_gzip_stream().await;
    exchange.send_text_delta("first").await;
    let mut body = answered(asking).await.bytes_stream();
    let first = crate::client::piece(&mut body).await;
    assert!(first.contains("first"));
    exchange.send_text_delta("second").await;
    let second = crate::client::piece(&mut body).await;
    assert!(second.contains("second"));
    let record = exchange.complete(1, 2).await;
    assert_eq!(record.chunks_at.len(), 5);
}

use crate::client::{answered, asking, client, piece, post};
use futures::StreamExt;
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::GatedServer;

#[tokio::test]
async fn a_natural_end_keeps_the_connection_for_the_next_request() {
    let server = GatedServer::start().await;
    let client = client();
    for round in 0..3 {
        let asking = asking(&client, &server);
        let mut exchange = server.next_request().await;
        exchange.open_stream().await;
        exchange.send_text_delta("whole").await;
        let record = exchange.complete(3, 1).await;
        assert!(record.ended_at.is_some());
        let text = within("the body", answered(asking).await.text()).await;
        assert!(text.unwrap().ends_with("data: [DONE]\n\n"));
        assert_eq!(server.requests(), round + 1);
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.open_connections(), 1);
}

#[tokio::test]
async fn a_dropped_body_costs_the_connection() {
    let server = GatedServer::start().await;
    let client = client();
    for _ in 0..2 {
        let asking = asking(&client, &server);
        let mut exchange = server.next_request().await;
        exchange.open_stream().await;
        drop(answered(asking).await);
        exchange.hung_up().await;
    }
    assert_eq!(server.connections(), 2);
    until("both connections to be closed", || {
        (server.open_connections() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_model_list_is_answered_without_the_test() {
    let server = GatedServer::start().await;
    server.models(["small", "large"]);
    let url = format!("{}/models", server.base_url());
    let list = client().get(url).send().await.unwrap();
    let list: serde_json::Value = list.json().await.unwrap();
    assert_eq!(list["data"][0]["id"], "small");
    assert_eq!(list["data"][1]["id"], "large");
    assert_eq!((server.requests(), server.chat_requests()), (1, 0));
}

#[tokio::test]
async fn a_gated_model_list_waits_for_the_test() {
    let server = GatedServer::start().await;
    server.gate_models();
    let url = format!("{}/models", server.base_url());
    let asking = tokio::spawn(client().get(url).bearer_auth("key").send());
    let exchange = server.next_request().await;
    assert_eq!(exchange.request.header("authorization"), Some("Bearer key"));
    exchange.respond(401, &[], "who are you?").await;
    assert_eq!(answered(asking).await.status(), 401);
}

#[tokio::test]
async fn an_http_error_carries_status_headers_and_body() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let exchange = server.next_request().await;
    assert_eq!(exchange.request.json()["model"], "gated-model");
    exchange
        .respond(429, &[("retry-after", "3")], "slow down")
        .await;
    let response = answered(asking).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(response.text().await.unwrap(), "slow down");
}

#[tokio::test]
async fn a_close_in_mid_body_is_a_transport_error_for_the_client() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let mut exchange = server.next_request().await;
    exchange.open_stream().await;
    exchange.send_text_delta("cut").await;
    let mut body = answered(asking).await.bytes_stream();
    piece(&mut body).await;
    exchange.close();
    assert!(within("the error", body.next()).await.unwrap().is_err());
}

#[tokio::test]
async fn an_abrupt_close_resets_the_connection() {
    let server = GatedServer::start().await;
    let asking = tokio::spawn(post(&client(), &server.base_url()).send());
    let exchange = server.next_request().await;
    exchange.close_abruptly();
    let error = within("the error", asking).await.unwrap().unwrap_err();
    assert!(
        format!("{error:?}").contains("ConnectionReset"),
        "{error:?}"
    );
}

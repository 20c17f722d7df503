//! The server behind TLS, held against a plain client.

use crate::client::piece;
use crate::dialects::question;
use futures::StreamExt;
use reqwest::{Client, Version};
use std::time::Instant;
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::{
    Dialect, Finish, Http2Exchange, Say, StreamEndKind, TlsServer, Tokens,
};

/// CANCEL, RFC 9113, section 7.
const CANCEL: StreamEndKind = StreamEndKind::Reset(8);

fn trusting(server: &TlsServer) -> reqwest::ClientBuilder {
    let pem = std::fs::read(server.ca_pem()).unwrap();
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    Client::builder().no_proxy().add_root_certificate(authority)
}

type Asking = tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>;

fn ask(client: &Client, server: &TlsServer, dialect: Dialect) -> Asking {
    let base = server.base_url_of(dialect);
    let root = base.strip_suffix(dialect.base_path()).unwrap();
    let url = format!("{root}{}", dialect.answer_path("m"));
    tokio::spawn(client.post(url).json(&question(dialect)).send())
}

async fn answered(asking: Asking) -> reqwest::Response {
    within("the response head", asking).await.unwrap().unwrap()
}

/// Two exchanges that are open at once.
async fn two(client: &Client, server: &TlsServer) -> [(Asking, Http2Exchange); 2] {
    let first = ask(client, server, Dialect::OpenaiChat);
    let exchange = server.next_request().await;
    let second = ask(client, server, Dialect::OpenaiChat);
    [(first, exchange), (second, server.next_request().await)]
}

#[tokio::test]
async fn a_reset_stream_leaves_its_neighbour_on_the_connection_alone() {
    let server = TlsServer::start().await;
    let client = trusting(&server).build().unwrap();
    let [(first, mut stopped), (second, mut neighbour)] = two(&client, &server).await;
    assert_eq!(stopped.request.connection, neighbour.request.connection);
    assert_ne!(stopped.stream_id, neighbour.stream_id);
    stopped.say(&Say::text("one"));
    neighbour.say(&Say::text("two"));
    let response = answered(first).await;
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.bytes_stream();
    assert!(piece(&mut body).await.contains("one"));
    assert_eq!(stopped.reset_at(), None);
    let before = Instant::now();
    drop(body);
    let end = stopped.wait_reset().await;
    assert_eq!(end.kind, CANCEL);
    assert!(end.at >= before);
    assert_eq!(stopped.reset_at(), Some(end));

    neighbour.say(&Say::text("goes on"));
    neighbour.finish(Finish::Stop, Tokens::new(1, 2));
    let text = within("the body", answered(second).await.text()).await;
    let text = text.unwrap();
    assert!(text.contains("two") && text.contains("goes on"));
    assert!(text.ends_with("data: [DONE]\n\n"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_reset_before_the_headers_is_seen() {
    let server = TlsServer::start().await;
    let client = trusting(&server).build().unwrap();
    let [(first, stopped), (_second, neighbour)] = two(&client, &server).await;
    first.abort();
    assert_eq!(stopped.wait_reset().await.kind, CANCEL);
    assert_eq!(neighbour.reset_at(), None);
}

#[tokio::test]
async fn a_lost_connection_is_told_from_a_reset() {
    let server = TlsServer::start().await;
    let client = trusting(&server).build().unwrap();
    // The client's connection lives in a runtime of its own, which ends with it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let asking = {
        let _inside = runtime.enter();
        ask(&client, &server, Dialect::Gemini)
    };
    let exchange = server.next_request().await;
    runtime.shutdown_background();
    assert_eq!(
        exchange.wait_reset().await.kind,
        StreamEndKind::ConnectionLost
    );
    assert!(asking.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_server_ends_a_stream_with_trailers_or_resets_it() {
    let server = TlsServer::start().await;
    let client = trusting(&server).build().unwrap();
    let [(first, mut ended), (second, mut broken)] = two(&client, &server).await;
    ended.send_headers(429, &[("retry-after", "3")]);
    ended.send_data("slow down");
    ended.end_with_trailers(&[("x-checksum", "1")]);
    let response = answered(first).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(response.text().await.unwrap(), "slow down");

    broken.say(&Say::text("cut"));
    let mut body = answered(second).await.bytes_stream();
    piece(&mut body).await;
    broken.reset(2);
    assert!(within("the error", body.next()).await.unwrap().is_err());
}

#[tokio::test]
async fn an_http2_stream_speaks_every_api() {
    let server = TlsServer::start().await;
    let client = trusting(&server).build().unwrap();
    for dialect in Dialect::ALL {
        let asking = ask(&client, &server, dialect);
        let mut exchange = server.next_request().await;
        assert_eq!(exchange.request.dialect(), dialect);
        assert_eq!(exchange.request.json(), question(dialect));
        exchange.say(&Say::text("Hello"));
        exchange.finish(Finish::Stop, Tokens::new(1, 1));
        let text = within("the body", answered(asking).await.text()).await;
        assert!(text.unwrap().contains("\"Hello\""), "{dialect}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_client_of_http1_is_answered_by_the_plain_server_that_sees_its_hang_up() {
    let server = TlsServer::start().await;
    let client = trusting(&server).http1_only().build().unwrap();
    let asking = ask(&client, &server, Dialect::Anthropic);
    server.plain().set_rules(None);
    let mut exchange = server.plain().next_request().await;
    exchange.say(&Say::text("Hello")).await;
    let response = answered(asking).await;
    assert_eq!(response.version(), Version::HTTP_11);
    drop(response);
    exchange.hung_up().await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_is_refused() {
    let server = TlsServer::start().await;
    let client = Client::builder().no_proxy().build().unwrap();
    let asking = ask(&client, &server, Dialect::OpenaiChat);
    let error = within("the refusal", asking).await.unwrap().unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_authority_goes_with_the_server() {
    let server = TlsServer::start().await;
    let path = server.ca_pem().to_owned();
    let pem = std::fs::read_to_string(&path).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    drop(server);
    until("the file to go", || (!path.exists()).then_some(())).await;
}

#[tokio::test]
async fn a_tunnel_leads_its_host_to_the_server_and_refuses_every_other() {
    let server = TlsServer::start_as(&["api.example.org"]).await;
    let tunnel = server.tunnel_from("api.example.org").await;
    let pem = std::fs::read(server.ca_pem()).unwrap();
    let client = Client::builder()
        .proxy(reqwest::Proxy::https(tunnel.url()).unwrap())
        .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
        .build()
        .unwrap();
    let asking = client.get("https://api.example.org/v1/records").send();
    let asking = tokio::spawn(asking);
    let exchange = server.next_request().await;
    assert_eq!(exchange.request.path, "/v1/records");
    exchange.respond_json(200, &serde_json::json!({"found": true}));
    assert_eq!(
        answered(asking).await.text().await.unwrap(),
        "{\"found\":true}"
    );

    let refused = client.get("https://example.com/").send();
    assert!(within("the refusal", refused).await.is_err());
    assert_eq!(tunnel.asked(), ["api.example.org:443", "example.com:443"]);
}

//! The plain client that the server is held against.

use futures::StreamExt;
use serde_json::{Value, json};
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub fn question() -> Value {
    json!({"model": "gated-model", "stream": true, "messages": [{"role": "user", "content": "Hello?"}]})
}

pub fn post(client: &reqwest::Client, base_url: &str) -> reqwest::RequestBuilder {
    client
        .post(format!("{base_url}/chat/completions"))
        .json(&question())
}

/// A request on its way, in a task that a test aborts to make the client hang up.
pub fn asking(client: &reqwest::Client, server: &GatedServer) -> Asking {
    tokio::spawn(post(client, &server.base_url()).send())
}

pub type Asking = tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>;

pub async fn answered(asking: Asking) -> reqwest::Response {
    within("the response head", asking).await.unwrap().unwrap()
}

/// The next piece of the body, as text.
pub async fn piece(
    body: &mut (impl futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin),
) -> String {
    let piece = within("a piece of the body", body.next()).await;
    String::from_utf8(piece.unwrap().unwrap().to_vec()).unwrap()
}

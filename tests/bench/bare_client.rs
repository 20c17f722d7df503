//! The client that Tacet is held against: reqwest, and nothing around it.

use crate::core_stop::{PHASES, lead_to};
use crate::sample::Sample;
use futures::StreamExt;
use serde_json::json;
use std::time::{Duration, Instant};
use tacet_core::Phase;
use tacet_test_support::server::GatedServer;

/// Waits until the threads that brought the phase about have gone to sleep, and a little: nobody
/// stops in the very microsecond in which a phase begins.
pub async fn moment() {
    tokio::time::sleep(Duration::from_micros(fastrand::u64(1_000..5_000))).await;
}

/// A client with its connections.
pub struct BareClient(reqwest::Client);

impl BareClient {
    pub fn new() -> Self {
        Self(reqwest::Client::builder().no_proxy().build().unwrap())
    }

    fn post(&self, server: &GatedServer) -> reqwest::RequestBuilder {
        let question = json!([{"role": "user", "content": "Hello?"}]);
        self.0
            .post(format!("{}/chat/completions", server.base_url()))
            .json(&json!({"model": "gated-model", "stream": true, "messages": question}))
    }

    /// Sends this body; gives the time until the server has it.
    pub async fn send(&self, server: &GatedServer, body: Vec<u8>) -> Duration {
        let address = format!("{}/chat/completions", server.base_url());
        let request = self.0.post(address).body(body);
        let sent = Instant::now();
        let mut asking = Box::pin(request.send());
        let exchange = tokio::select! {
            _ = &mut asking => panic!("the server answers only when it is told to"),
            exchange = server.next_request() => exchange,
        };
        let took = exchange.request.received_at - sent;
        exchange.complete(9, 3).await;
        let answer = asking.await.unwrap();
        // Read to its end, so that the connection is used again.
        answer.bytes().await.unwrap();
        took
    }

    /// Drops a response, or the request before there is one, in `phase`; gives the time until the
    /// server saw the hang-up.
    pub async fn drop_in(&self, phase: Phase, server: &GatedServer) -> Duration {
        let mut asking = Box::pin(self.post(server).send());
        let mut exchange = tokio::select! {
            _ = &mut asking => panic!("the server answers only when it is told to"),
            exchange = server.next_request() => exchange,
        };
        lead_to(phase, &mut exchange).await;
        let dropped = if phase == Phase::WaitingForHeaders {
            moment().await;
            let dropped = Instant::now();
            drop(asking);
            dropped
        } else {
            let mut body = asking.await.unwrap().bytes_stream();
            if phase != Phase::WaitingForFirstToken {
                body.next().await.unwrap().unwrap();
            }
            moment().await;
            let dropped = Instant::now();
            drop(body);
            dropped
        };
        exchange.hung_up().await.at - dropped
    }
}

/// The bare client's times in the middle of a text, for rows that have no other measure.
pub async fn sample(runs: usize) -> Sample {
    let (client, server) = (BareClient::new(), GatedServer::start().await);
    let mut sample = Sample::default();
    for _ in 0..runs {
        sample.push_ms(client.drop_in(PHASES[3], &server).await);
    }
    sample
}

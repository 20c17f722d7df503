//! What a server refused is remembered over restarts, and not for ever.

use crate::hanging_up::{ask, drain};
use crate::optional_fields::{FIELDS, asking, asking_for, unknown, without};
use serde_json::json;
use tacet_core::settings::{Api, ProviderSettings, Settings};
use tacet_core::store::Store;
use tacet_core::turn::remember_refusals;
use tacet_core::{Effort, Millis, Provider, Remote};
use tacet_test_support::server::{GatedServer, Refusal};
use tempfile::TempDir;

const DAY: Millis = 24 * 60 * 60 * 1_000;
const FIELD: &str = "timings_per_token";

/// The store and a client as a start of the app makes them, on a day of the test's. The client
/// owns the store: what it kept is on disk when it was dropped, as at the end of a run.
async fn start(folder: &TempDir, id: &str, base_url: &str, clock: fn() -> Millis) -> Remote {
    let store = Store::open(folder.path()).unwrap();
    let settings = Settings::default();
    let provider = ProviderSettings {
        id: id.to_owned(),
        api: Api::OpenaiChat,
        base_url: Some(base_url.to_owned()),
        ..settings.providers[0].clone()
    };
    let client = Remote::configured(&provider, &settings, folder.path(), None).unwrap();
    remember_refusals(&store, &provider, client, clock).await
}

/// A data folder, and a server that has refused [`FIELD`] on day 0.
async fn refused() -> (TempDir, GatedServer) {
    let folder = tempfile::tempdir().unwrap();
    let server = GatedServer::start().await;
    let client = start(&folder, "own", &server.base_url(), || 0).await;
    let requests = asking(&server, &client, [unknown(FIELD)]).await;
    assert_eq!(requests, [FIELDS.to_vec(), without(FIELD)]);
    (folder, server)
}

#[tokio::test]
async fn a_field_that_was_refused_is_not_sent_after_a_new_start() {
    let (folder, server) = refused().await;
    for _ in 0..2 {
        let client = start(&folder, "own", &server.base_url(), || 29 * DAY).await;
        assert_eq!(asking(&server, &client, []).await, [without(FIELD)]);
    }
}

#[tokio::test]
async fn after_thirty_days_a_server_gets_its_chance_again() {
    let (folder, server) = refused().await;
    let client = start(&folder, "own", &server.base_url(), || 31 * DAY).await;
    let requests = asking(&server, &client, [unknown(FIELD)]).await;
    assert_eq!(requests, [FIELDS.to_vec(), without(FIELD)]);
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || 60 * DAY).await;
    assert_eq!(asking(&server, &client, []).await, [without(FIELD)]);
}

#[tokio::test]
async fn another_address_has_refused_nothing_and_the_one_before_is_forgotten() {
    let (folder, server) = refused().await;
    let elsewhere = GatedServer::start().await;
    let client = start(&folder, "own", &elsewhere.base_url(), || DAY).await;
    assert_eq!(asking(&elsewhere, &client, []).await, [FIELDS.to_vec()]);
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    assert_eq!(asking(&server, &client, []).await, [FIELDS.to_vec()]);
}

#[tokio::test]
async fn another_provider_asks_for_itself() {
    let (folder, server) = refused().await;
    let client = start(&folder, "other", &server.base_url(), || DAY).await;
    assert_eq!(asking(&server, &client, []).await, [FIELDS.to_vec()]);
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    assert_eq!(asking(&server, &client, []).await, [without(FIELD)]);
}

#[tokio::test]
async fn a_provider_that_was_taken_away_leaves_nothing_behind() {
    let (folder, server) = refused().await;
    Store::open(folder.path()).unwrap().forget_refusals("own");
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    assert_eq!(asking(&server, &client, []).await, [FIELDS.to_vec()]);
}

#[tokio::test]
async fn a_refusal_that_speaks_of_the_model_is_kept_for_that_model_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = GatedServer::start().await;
    let words = format!("{FIELD} is not supported with this model");
    let client = start(&folder, "own", &server.base_url(), || 0).await;
    asking_for("plain", &server, &client, [Refusal::BadRequest(words)]).await;
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    let plain = asking_for("plain", &server, &client, []).await;
    assert_eq!(plain, [without(FIELD)]);
    let other = asking_for("other", &server, &client, []).await;
    assert_eq!(other, [FIELDS.to_vec()]);
}

#[tokio::test]
async fn a_field_is_not_blamed_where_the_request_without_it_fails_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let server = GatedServer::start().await;
    let client = start(&folder, "own", &server.base_url(), || 0).await;
    let ((_, error), ()) = tokio::join!(drain(client.stream(ask("hello"))), async {
        server.next_request().await.refuse(&unknown(FIELD)).await;
        let words = Refusal::BadRequest("The temperature is too high.".to_owned());
        server.next_request().await.refuse(&words).await;
    });
    assert!(error.is_some());
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    assert_eq!(asking(&server, &client, []).await, [FIELDS.to_vec()]);
}

#[tokio::test]
async fn a_field_is_not_blamed_by_a_request_that_would_not_have_had_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = GatedServer::start().await;
    let client = start(&folder, "own", &server.base_url(), || 0).await;
    let reasoned = || {
        let mut request = ask("hello");
        request.parameters.effort = Some(Effort::High);
        request
    };
    let ((_, error), ()) = tokio::join!(drain(client.stream(reasoned())), async {
        let refusal = unknown("reasoning_effort");
        server.next_request().await.refuse(&refusal).await;
        let words = Refusal::BadRequest("The prompt is too odd.".to_owned());
        server.next_request().await.refuse(&words).await;
    });
    assert!(error.is_some());
    // The person asks for no effort any more.
    asking(&server, &client, []).await;
    drop(client);
    let client = start(&folder, "own", &server.base_url(), || DAY).await;
    let ((_, error), body) = tokio::join!(drain(client.stream(reasoned())), async {
        let exchange = server.next_request().await;
        let body = exchange.request.json();
        exchange.complete(9, 3).await;
        body
    });
    assert_eq!((error, &body["reasoning_effort"]), (None, &json!("high")));
}

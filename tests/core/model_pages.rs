//! Lists of models that come in pages: whole ones, and servers that never come to an end.

use serde_json::{Value, json};
use tacet_core::provider::ModelInfo;
use tacet_core::{Endpoint, ErrorCategory, Remote, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, GatedServer};

const PAGED: [(WireApi, Dialect); 3] = [
    (WireApi::Anthropic, Dialect::Anthropic),
    (WireApi::Gemini, Dialect::Gemini),
    (WireApi::GeminiInteractions, Dialect::GeminiInteractions),
];

fn remote(server: &GatedServer, api: WireApi, dialect: Dialect) -> Remote {
    Remote::new(api, &Endpoint::new(server.base_url_of(dialect), None)).unwrap()
}

async fn listed(remote: &Remote) -> Vec<String> {
    let models = within("the list", remote.list_models()).await.unwrap();
    ids(&models)
}

fn ids(models: &[ModelInfo]) -> Vec<String> {
    models.iter().map(|model| model.id.clone()).collect()
}

/// A page of one model with a mark of the next page.
fn page(dialect: Dialect, model: &str, mark: &str) -> Value {
    match dialect {
        Dialect::Anthropic => json!({"data": [{"id": model}], "has_more": true, "last_id": mark}),
        _ => json!({"models": [{"name": format!("models/{model}")}], "nextPageToken": mark}),
    }
}

#[tokio::test]
async fn a_list_of_several_pages_is_whole_and_in_order() {
    let server = GatedServer::start().await;
    let names: Vec<String> = (0..2_001).map(|number| format!("m{number}")).collect();
    server.models(names.clone());
    for (api, dialect) in PAGED {
        let models = listed(&remote(&server, api, dialect)).await;
        assert!(models == names, "{dialect:?}: {} models", models.len());
    }
}

#[tokio::test]
async fn a_server_that_repeats_its_mark_is_not_asked_again_and_no_model_comes_twice() {
    for (api, dialect) in PAGED {
        let server = GatedServer::start().await;
        server.gate_models();
        let remote = remote(&server, api, dialect);
        let (models, ()) = tokio::join!(listed(&remote), async {
            for mark in ["x", "y", "x"] {
                let exchange = server.next_request().await;
                exchange.respond_json(200, &page(dialect, "m", mark)).await;
            }
        });
        assert_eq!(models, ["m"], "{dialect:?}");
        assert_eq!(server.requests(), 3, "{dialect:?}");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_read_for_twenty_pages() {
    for (api, dialect) in PAGED {
        let server = GatedServer::start().await;
        server.gate_models();
        let remote = remote(&server, api, dialect);
        let (models, ()) = tokio::join!(listed(&remote), async {
            for number in 0..20 {
                let exchange = server.next_request().await;
                let name = format!("m{number}");
                let page = page(dialect, &name, &name);
                exchange.respond_json(200, &page).await;
            }
        });
        assert_eq!(models.len(), 20, "{dialect:?}");
        assert_eq!(server.requests(), 20, "{dialect:?}");
    }
}

#[tokio::test]
async fn a_page_that_is_refused_is_an_error_and_not_half_a_list() {
    for (api, dialect) in PAGED {
        let server = GatedServer::start().await;
        server.gate_models();
        let remote = remote(&server, api, dialect);
        let list = within("the list", remote.list_models());
        let (list, ()) = tokio::join!(list, async {
            let first = server.next_request().await;
            first.respond_json(200, &page(dialect, "m", "x")).await;
            let second = server.next_request().await;
            second.respond_json(503, &json!({"error": "busy"})).await;
        });
        assert_eq!(list.unwrap_err().category, ErrorCategory::Overloaded);
    }
}

//! Servers on this computer: found when they answer in time with models, and asked only then.

use std::time::{Duration, Instant};
use tacet_core::provider::discovery::{Candidate, discover};
use tacet_core::settings::Api;
use tacet_test_support::server::{Gate, GatedServer};

/// Longer than a person waits, for a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(2);

fn candidate(name: &str, server: &GatedServer) -> Candidate {
    Candidate {
        name: name.to_owned(),
        api: Api::OpenaiChat,
        base_url: server.base_url(),
    }
}

#[tokio::test]
async fn a_server_that_lists_models_is_found_with_them() {
    let (first, second) = (GatedServer::start().await, GatedServer::start().await);
    first.models(["small", "large"]);
    second.models(Vec::<String>::new());
    let asked = vec![candidate("First", &first), candidate("Empty", &second)];
    let found = discover(asked, LIMIT).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].candidate.name, "First");
    let models: Vec<_> = found[0].models.iter().map(|model| &model.id).collect();
    assert_eq!(models, ["small", "large"]);
}

#[tokio::test]
async fn servers_that_are_silent_or_refuse_hide_none_and_cost_one_limit_together() {
    let (silent, deaf, refusing, there) = (
        GatedServer::start().await,
        GatedServer::start().await,
        GatedServer::start().await,
        GatedServer::start().await,
    );
    silent.gate_models();
    deaf.set_gate(Gate::BeforeReading);
    refusing.gate_models();
    let nobody = Candidate {
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        ..candidate("Nobody", &there)
    };
    let asked = vec![
        candidate("Silent", &silent),
        candidate("Deaf", &deaf),
        candidate("Refusing", &refusing),
        nobody,
        candidate("There", &there),
    ];
    let refuse = async {
        let exchange = refusing.next_request().await;
        exchange
            .respond_json(401, &serde_json::json!({"error": {"message": "No key."}}))
            .await;
    };
    let begun = Instant::now();
    let (found, ()) = tokio::join!(discover(asked, LIMIT), refuse);
    let took = begun.elapsed();
    let names: Vec<_> = found
        .iter()
        .map(|one| one.candidate.name.as_str())
        .collect();
    assert_eq!(names, ["There"]);
    // One after the other, the two that say nothing would take twice as long.
    assert!(took < LIMIT * 2, "{took:?}");
}

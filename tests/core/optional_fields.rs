//! Fields that not every server knows are asked for once, and never again of one that refused.

use crate::hanging_up::{ask, drain, provider};
use serde_json::{Value, json};
use tacet_core::{Endpoint, Provider, Remote, WireApi};
use tacet_test_support::server::{Dialect, Finish, GatedServer, Refusal, Tokens};

pub const FIELDS: [&str; 4] = [
    "stream_options",
    "continuous_usage_stats",
    "timings_per_token",
    "return_progress",
];

/// Which of the optional fields a request has.
fn asked(request: &Value) -> Vec<&'static str> {
    let has = |field: &&str| {
        request.get(field).is_some() || request["stream_options"].get(field).is_some()
    };
    FIELDS.into_iter().filter(has).collect()
}

/// Asks, and answers with these refusals one after the other and then with an answer. Gives the
/// optional fields of each request.
pub async fn asking(
    server: &GatedServer,
    provider: &Remote,
    refusals: impl IntoIterator<Item = Refusal>,
) -> Vec<Vec<&'static str>> {
    asking_for("gated-model", server, provider, refusals).await
}

/// The same for another model.
pub async fn asking_for(
    model: &str,
    server: &GatedServer,
    provider: &Remote,
    refusals: impl IntoIterator<Item = Refusal>,
) -> Vec<Vec<&'static str>> {
    let mut request = ask("hello");
    model.clone_into(&mut request.model);
    let ((_, error), asked) = tokio::join!(drain(provider.stream(request)), async {
        let mut requests = Vec::new();
        for refusal in refusals {
            let exchange = server.next_request().await;
            requests.push(asked(&exchange.request.json()));
            exchange.refuse(&refusal).await;
        }
        let exchange = server.next_request().await;
        requests.push(asked(&exchange.request.json()));
        exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
        requests
    });
    assert_eq!(error, None);
    asked
}

pub fn unknown(field: &str) -> Refusal {
    Refusal::UnknownField(field.to_owned())
}

pub fn without(field: &str) -> Vec<&'static str> {
    let mut fields = FIELDS.to_vec();
    fields.retain(|known| *known != field);
    fields
}

#[tokio::test]
async fn a_field_that_is_refused_by_name_is_dropped_alone_and_for_good() {
    for field in &FIELDS[1..] {
        let server = GatedServer::start().await;
        let provider = provider(&server.base_url());
        let first = asking(&server, &provider, [unknown(field)]).await;
        assert_eq!(first, [FIELDS.to_vec(), without(field)]);
        assert_eq!(asking(&server, &provider, []).await, [without(field)]);
    }
}

#[tokio::test]
async fn a_field_inside_another_is_refused_without_the_other() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let words = "body -> stream_options -> continuous_usage_stats: Extra inputs are not permitted";
    let refusal = Refusal::BadRequest(words.to_owned());
    let requests = asking(&server, &provider, [refusal]).await;
    assert_eq!(requests[1], without("continuous_usage_stats"));
}

#[tokio::test]
async fn without_the_last_usage_there_is_none_on_the_way() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let requests = asking(&server, &provider, [unknown("stream_options")]).await;
    assert_eq!(requests[1], ["timings_per_token", "return_progress"]);
}

#[tokio::test]
async fn a_refusal_that_names_no_field_drops_all_but_the_first_and_then_that() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let nameless = || Refusal::BadRequest("Extra inputs are not permitted".to_owned());
    let requests = asking(&server, &provider, [nameless(), nameless()]).await;
    assert_eq!(
        requests,
        [FIELDS.to_vec(), vec!["stream_options"], Vec::new()]
    );
    assert_eq!(asking(&server, &provider, []).await, [Vec::<&str>::new()]);
}

#[tokio::test]
async fn a_refusal_of_something_else_is_not_asked_again() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let ((_, error), ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
        let exchange = server.next_request().await;
        let words = "temperature is too high for these timings_per_tokens";
        exchange
            .refuse(&Refusal::BadRequest(words.to_owned()))
            .await;
    });
    assert!(error.is_some());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_refusal_that_speaks_of_the_model_holds_for_that_model_alone() {
    let server = GatedServer::start().await;
    let base_url = server.base_url_of(Dialect::OpenaiResponses);
    let endpoint = Endpoint::new(base_url, None);
    let provider = Remote::new(WireApi::OpenaiResponses, &endpoint).unwrap();
    let words = "Encrypted content is not supported with this model.";
    let refusal = json!({"error": {"message": words, "param": "include"}});
    let includes = async |model: &str, refusal: Option<&Value>| {
        let mut request = ask("hello");
        model.clone_into(&mut request.model);
        let ((_, error), includes) = tokio::join!(drain(provider.stream(request)), async {
            let mut exchange = server.next_request().await;
            let mut includes = vec![exchange.request.json().get("include").is_some()];
            if let Some(refusal) = refusal {
                exchange.respond_json(400, refusal).await;
                exchange = server.next_request().await;
                includes.push(exchange.request.json().get("include").is_some());
            }
            exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
            includes
        });
        assert_eq!(error, None);
        includes
    };
    assert_eq!(includes("plain", Some(&refusal)).await, [true, false]);
    assert_eq!(includes("plain", None).await, [false]);
    assert_eq!(includes("reasoner", None).await, [true]);
}

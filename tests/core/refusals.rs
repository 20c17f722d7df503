//! What servers say no with, in words that a person can act on and that never hold the key.

use crate::hanging_up::{ask, drain, provider};
use crate::wire_phases::remote;
use serde_json::json;
use std::time::Duration;
use tacet_core::{
    ApiKey, Endpoint, ErrorCategory, FinishReason, ModelEvent, Provider, ProviderError, Remote,
    WireApi,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::{BlackHole, Dialect, GatedServer, Refusal};

/// The error of a request that is answered with this status and body.
async fn refused(status: u16, media_type: &str, body: &str) -> ProviderError {
    let server = GatedServer::start().await;
    let endpoint = Endpoint::new(server.base_url(), ApiKey::new("sk-very-secret"));
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    let (answer, ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
        let exchange = server.next_request().await;
        let headers = [("content-type", media_type)];
        exchange.respond(status, &headers, body).await;
    });
    let error = answer.1.expect("an error");
    assert!(!format!("{error:?}").contains("sk-very-secret"));
    error
}

fn error_body(message: &str, code: &str) -> String {
    json!({"error": {"message": message, "type": "invalid_request_error", "code": code}})
        .to_string()
}

#[tokio::test]
async fn refusals_are_sorted_by_status_and_words() {
    use ErrorCategory as Is;
    let cases = [
        (
            401,
            "Incorrect API key",
            "invalid_api_key",
            Is::Authentication,
        ),
        (403, "Not for you", "", Is::Authentication),
        (402, "Insufficient credits", "", Is::RateLimit),
        (429, "Slow down", "rate_limit_exceeded", Is::RateLimit),
        (
            404,
            "The model `x` does not exist",
            "model_not_found",
            Is::UnknownModel,
        ),
        (
            400,
            "maximum context length is 8192 tokens",
            "context_length_exceeded",
            Is::PromptTooLong,
        ),
        (413, "Too large", "", Is::RequestTooLarge),
        (
            400,
            "flagged",
            "content_policy_violation",
            Is::ContentFilter,
        ),
        (400, "temperature is too high", "", Is::BadRequest),
        (500, "oops", "", Is::Overloaded),
        (503, "Loading model", "", Is::Overloaded),
        (529, "overloaded", "", Is::Overloaded),
    ];
    for (status, words, code, category) in cases {
        let error = refused(status, "application/json", &error_body(words, code)).await;
        assert_eq!(error.category, category, "{status} {words}");
        assert_eq!(error.status, Some(status));
        assert_eq!(error.provider_text.as_deref(), Some(words));
    }
}

#[tokio::test]
async fn each_api_has_its_own_words_for_the_same_refusals() {
    use ErrorCategory as Is;
    let cases = [
        (Refusal::Authentication, Is::Authentication),
        (Refusal::RateLimit { retry_after: 7 }, Is::RateLimit),
        (Refusal::Overloaded, Is::Overloaded),
        (Refusal::PromptTooLong, Is::PromptTooLong),
        (Refusal::UnknownModel, Is::UnknownModel),
        (Refusal::BadRequest("no".to_owned()), Is::BadRequest),
    ];
    let server = GatedServer::start().await;
    for dialect in Dialect::ALL {
        let provider = remote(&server, dialect);
        for (refusal, category) in &cases {
            let (answer, ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
                server.next_request().await.refuse(refusal).await;
            });
            let error = answer.1.expect("an error");
            assert_eq!(error.category, *category, "{dialect} {refusal:?}");
            let wait = matches!(refusal, Refusal::RateLimit { .. }).then_some(7_000);
            assert_eq!(error.retry_after_ms, wait, "{dialect} {refusal:?}");
            let names_model = error.message.contains("\"gated-model\"");
            let unknown = *refusal == Refusal::UnknownModel;
            assert_eq!(names_model, unknown, "{dialect} {refusal:?}: {error}");
        }
    }
}

#[tokio::test]
async fn an_address_that_is_wrong_is_told_how_this_api_writes_one() {
    let cases = [
        (Dialect::OpenaiChat, "/v1."),
        (Dialect::OpenaiResponses, "https://api.openai.com/v1."),
        (Dialect::Anthropic, "https://api.anthropic.com."),
        (Dialect::Gemini, "googleapis.com/v1beta."),
        (Dialect::GeminiInteractions, "googleapis.com/v1beta."),
        (Dialect::Ollama, ":11434."),
    ];
    let server = GatedServer::start().await;
    for (dialect, example) in cases {
        let provider = remote(&server, dialect);
        for status in [404, 200] {
            let (answer, ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
                let exchange = server.next_request().await;
                let headers = [("content-type", "text/html")];
                exchange.respond(status, &headers, "<p>Hello</p>").await;
            });
            let message = answer.1.expect("an error").message;
            assert!(message.ends_with(example), "{dialect} {status}: {message}");
        }
    }
}

#[tokio::test]
async fn a_key_that_a_server_repeats_is_taken_out_of_its_words() {
    let body = error_body("Incorrect API key provided: sk-very-secret.", "");
    let error = refused(401, "application/json", &body).await;
    assert_eq!(
        error.provider_text.as_deref(),
        Some("Incorrect API key provided: [the key].")
    );
}

#[tokio::test]
async fn an_unknown_model_is_named() {
    let body = error_body("model not found", "");
    let error = refused(404, "application/json", &body).await;
    assert!(error.message.contains("\"gated-model\""), "{error}");
    let error = refused(404, "text/html", "<h1>Not here</h1>").await;
    assert!(error.message.contains("/v1"), "{error}");
    assert_eq!(error.provider_text.as_deref(), Some("Not here"));
}

#[tokio::test]
async fn only_the_beginning_of_an_endless_refusal_is_kept() {
    let error = refused(500, "text/plain", &"é".repeat(200_000)).await;
    assert_eq!(error.provider_text.unwrap().len(), 2048);
}

#[tokio::test]
async fn a_web_page_instead_of_an_answer_says_so() {
    let page = "<html><body><b>Welcome</b> to nginx</body></html>";
    let error = refused(200, "text/html", page).await;
    assert_eq!(error.category, ErrorCategory::Protocol);
    assert!(error.message.contains("a web page"));
    assert_eq!(error.provider_text.as_deref(), Some("Welcome to nginx"));
}

#[tokio::test]
async fn json_that_is_no_answer_says_so() {
    let error = refused(200, "application/json", "{\"hello\": 1}").await;
    assert_eq!(error.category, ErrorCategory::Protocol);
    assert_eq!(error.provider_text.as_deref(), Some("{\"hello\": 1}"));
}

#[tokio::test]
async fn an_answer_in_one_piece_is_an_answer() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let ((events, error), ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
        let message = json!({"role": "assistant", "content": "all at once"});
        let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
        let body = json!({"id": "x", "object": "chat.completion", "choices": choices});
        server.next_request().await.respond_json(200, &body).await;
    });
    assert_eq!(error, None);
    assert!(events.contains(&ModelEvent::Text("all at once".to_owned())));
    assert_eq!(
        events.last(),
        Some(&ModelEvent::Finished(FinishReason::Stop))
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_named() {
    let server = GatedServer::start().await;
    let elsewhere = GatedServer::start().await;
    let target = format!("{}/chat/completions", elsewhere.base_url());
    let provider = provider(&server.base_url());
    let ((_, error), ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
        let exchange = server.next_request().await;
        let headers = [("location", target.as_str())];
        exchange.respond(307, &headers, "").await;
    });
    assert_eq!(error.unwrap().provider_text, Some(target));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_server_that_refuses_the_usage_field_is_asked_again_without_it_and_never_with_it() {
    let server = GatedServer::start().await;
    let provider = provider(&server.base_url());
    let asked = async || {
        let exchange = server.next_request().await;
        let with = !exchange.request.json()["stream_options"].is_null();
        (exchange, with)
    };
    let (first, ()) = tokio::join!(drain(provider.stream(ask("one"))), async {
        let (exchange, with) = asked().await;
        assert!(with);
        let body = error_body("Unrecognized request argument supplied: stream_options", "");
        let headers = [("content-type", "application/json")];
        exchange.respond(400, &headers, &body).await;
        let (exchange, with) = asked().await;
        assert!(!with);
        exchange.complete(9, 3).await;
    });
    assert_eq!(first.1, None);
    let (second, ()) = tokio::join!(drain(provider.stream(ask("two"))), async {
        let (exchange, with) = asked().await;
        assert!(!with);
        exchange.complete(9, 3).await;
    });
    assert_eq!(second.1, None);
}

#[tokio::test]
async fn an_address_where_nothing_listens_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let (_, error) = drain(provider(&format!("http://{address}/v1")).stream(ask("hello"))).await;
    let error = error.unwrap();
    assert_eq!(error.category, ErrorCategory::Network);
    assert_eq!(
        error.message,
        format!("Nothing answers at {address}. Start the server there, or check the address.")
    );
}

#[tokio::test]
async fn an_address_that_takes_no_connection_is_given_up_at_the_connect_limit() {
    let black_hole = BlackHole::open();
    let mut endpoint = Endpoint::new(black_hole.base_url(), None);
    endpoint.connect_timeout = Duration::from_millis(50);
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    let (_, error) = drain(provider.stream(ask("hello"))).await;
    let message = error.unwrap().message;
    assert!(message.contains("within 0.05 s"), "{message}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    let (_, error) = drain(provider("http://no-such-host.invalid/v1").stream(ask("hello"))).await;
    let message = error.unwrap().message;
    assert!(message.contains("no-such-host.invalid"), "{message}");
    assert!(message.contains("not known"), "{message}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_a_network_error() {
    let server = GatedServer::start().await;
    let address = format!("https://{}/v1", server.address());
    // A machine without certificates refuses earlier, and says what to install.
    let error = match Remote::new(WireApi::OpenaiChat, &Endpoint::new(address, None)) {
        Ok(provider) => drain(provider.stream(ask("hello"))).await.1.unwrap(),
        Err(error) => error,
    };
    assert!(
        error.message.contains("127.0.0.1") || error.message.contains("ca-certificates"),
        "{error}"
    );
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for address in ["", "localhost:8080", "ftp://host/v1", "http://"] {
        let error = Remote::new(WireApi::OpenaiChat, &Endpoint::new(address, None)).unwrap_err();
        assert_eq!(error.category, ErrorCategory::WrongAddress);
    }
    let key = ApiKey::new("two\nlines");
    let error =
        Remote::new(WireApi::OpenaiChat, &Endpoint::new("http://host/v1", key)).unwrap_err();
    assert!(!error.message.contains("lines"));
}

#[tokio::test]
async fn the_check_lists_models_and_says_which_are_missing() {
    let server = GatedServer::start().await;
    server.models(["a", "b/c"]);
    let wanted = ["b/c".to_owned(), "d".to_owned()];
    let provider = provider(&server.base_url());
    let check = within("the check", provider.check(&wanted)).await.unwrap();
    let models: Vec<&str> = check.models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(models, ["a", "b/c"]);
    assert_eq!(check.missing, ["d"]);
}

#[tokio::test]
async fn the_check_says_what_is_wrong() {
    let server = GatedServer::start().await;
    server.gate_models();
    let provider = provider(&server.base_url());
    let cases = [
        (401, error_body("no key", ""), ErrorCategory::Authentication),
        (503, error_body("busy", ""), ErrorCategory::Overloaded),
    ];
    for (status, body, category) in cases {
        let (check, ()) = tokio::join!(provider.check(&[]), async {
            server
                .next_request()
                .await
                .respond(status, &[], &body)
                .await;
        });
        assert_eq!(check.unwrap_err().category, category, "{status}");
    }
}

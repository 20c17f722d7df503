//! What a refusal is about: the address, the model, the size, or something that passes.

use crate::hanging_up::{ask, drain};
use crate::turn_desk::Desk;
use crate::wire_phases::remote;
use tacet_core::{ErrorCategory, MessageState, Provider, ProviderError};
use tacet_test_support::server::{Dialect, GatedServer};

const JSON: &str = "application/json";
const PAGE: &str = "text/html";

/// The error of a request that is answered so.
async fn refused(dialect: Dialect, status: u16, media_type: &str, body: &str) -> ProviderError {
    let server = GatedServer::start().await;
    let provider = remote(&server, dialect);
    let (answer, ()) = tokio::join!(drain(provider.stream(ask("hello"))), async {
        let headers = [("content-type", media_type)];
        let exchange = server.next_request().await;
        exchange.respond(status, &headers, body).await;
    });
    answer.1.expect("an error")
}

#[tokio::test]
async fn an_error_in_the_apis_own_form_is_not_about_the_address_whatever_its_status() {
    use ErrorCategory as Is;
    let cases = [
        (
            Dialect::OpenaiChat,
            404,
            r#"{"error":{"message":"The model 'x' does not exist.","code":"model_not_found"}}"#,
            Is::UnknownModel,
        ),
        (
            Dialect::OpenaiChat,
            403,
            r#"{"error":{"message":"Project has no access to model x","code":"model_not_found"}}"#,
            Is::UnknownModel,
        ),
        (
            Dialect::OpenaiChat,
            404,
            r#"{"error":{"message":"No endpoints found for vendor/x.","code":404}}"#,
            Is::UnknownModel,
        ),
        (
            Dialect::OpenaiChat,
            400,
            r#"{"error":{"message":"x is not a valid model ID","code":400}}"#,
            Is::UnknownModel,
        ),
        (
            Dialect::OpenaiResponses,
            404,
            r#"{"error":{"message":"Item with id 'rs_1' not found.","type":"invalid_request_error"}}"#,
            Is::BadRequest,
        ),
        (
            Dialect::Anthropic,
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
            Is::UnknownModel,
        ),
        (
            Dialect::Ollama,
            404,
            r#"{"error":"model 'x' not found"}"#,
            Is::UnknownModel,
        ),
    ];
    for (dialect, status, body, category) in cases {
        let error = refused(dialect, status, JSON, body).await;
        assert_eq!(error.category, category, "{body}: {error}");
        assert!(!error.message.contains("address"), "{error}");
    }
}

#[tokio::test]
async fn a_path_that_a_server_does_not_have_is_about_the_address_also_in_its_own_form() {
    let cases = [
        (Dialect::OpenaiChat, 404, JSON, r#"{"detail":"Not Found"}"#),
        (
            Dialect::OpenaiChat,
            405,
            JSON,
            r#"{"detail":"Method Not Allowed"}"#,
        ),
        (
            Dialect::OpenaiChat,
            404,
            PAGE,
            "<h1>404 Not Found</h1>nginx",
        ),
        (
            Dialect::OpenaiChat,
            404,
            JSON,
            r#"{"error":{"message":"Invalid URL (POST /chat/completions)","type":"invalid_request_error"}}"#,
        ),
        (
            Dialect::OpenaiChat,
            404,
            JSON,
            r#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#,
        ),
        (
            Dialect::Anthropic,
            404,
            JSON,
            r#"{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}"#,
        ),
        (Dialect::Ollama, 404, "text/plain", "404 page not found"),
        (
            Dialect::OpenaiChat,
            200,
            JSON,
            r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
        ),
    ];
    for (dialect, status, media_type, body) in cases {
        let error = refused(dialect, status, media_type, body).await;
        assert_eq!(error.category, ErrorCategory::WrongAddress, "{body}");
        assert!(error.message.contains("Check the address"), "{error}");
        assert!(!error.retryable, "{body}");
    }
}

#[tokio::test]
async fn a_request_with_too_many_bytes_is_not_a_conversation_with_too_many_tokens() {
    let page = "<html><body><h1>413 Request Entity Too Large</h1>nginx</body></html>";
    let error = refused(Dialect::OpenaiChat, 413, PAGE, page).await;
    assert_eq!(error.category, ErrorCategory::RequestTooLarge);
    let words = "413 Request Entity Too Large nginx";
    assert_eq!(error.provider_text.as_deref(), Some(words));
    let body = r#"{"error":{"message":"Request too large on tokens per minute: Limit 6000","type":"tokens"}}"#;
    let error = refused(Dialect::OpenaiChat, 413, JSON, body).await;
    assert_eq!(error.category, ErrorCategory::PromptTooLong);
}

#[tokio::test]
async fn an_error_in_a_list_is_read_with_its_words_and_its_wait() {
    let body = r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.",
        "status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}]"#;
    let error = refused(Dialect::OpenaiChat, 429, JSON, body).await;
    assert_eq!(error.category, ErrorCategory::RateLimit);
    let words = "You exceeded your current quota, please check your plan and billing details.";
    assert_eq!(error.provider_text.as_deref(), Some(words));
    assert_eq!(error.retry_after_ms, Some(2_000));
    assert!(error.retryable);
    // Without a wait the same words are of an account that is empty.
    let body = body.replace("retryDelay", "delay");
    assert!(
        !refused(Dialect::OpenaiChat, 429, JSON, &body)
            .await
            .retryable
    );
}

#[tokio::test]
async fn only_what_is_known_to_pass_is_asked_again() {
    let retryable = [408, 500, 502, 503, 504, 524, 529];
    let lasting = [400, 404, 409, 413, 422, 501, 505, 511];
    for (status, expected) in retryable
        .iter()
        .map(|status| (status, true))
        .chain(lasting.iter().map(|status| (status, false)))
    {
        let error = refused(Dialect::OpenaiChat, *status, JSON, r#"{"error":"no"}"#).await;
        assert_eq!(error.retryable, expected, "{status}: {error:?}");
    }
}

#[tokio::test]
async fn an_error_that_says_nothing_to_sort_it_by_is_told_at_once_and_asked_once() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    let body = r#"{"error":"The engine is on fire."}"#;
    let headers = [("content-type", JSON)];
    exchange.respond(200, &headers, body).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    let error = end.error.unwrap();
    assert_eq!(error.category, ErrorCategory::Unknown);
    assert_eq!(
        error.provider_text.as_deref(),
        Some("The engine is on fire.")
    );
    assert_eq!(desk.server.chat_requests(), 1);
}

//! Each API's own way to turn a request away.

use crate::client::answered;
use crate::dialects::{ask, question};
use serde_json::Value;
use tacet_test_support::server::{Dialect, GatedServer, Refusal};

#[tokio::test]
async fn a_refusal_has_the_apis_status_and_words() {
    for dialect in Dialect::ALL {
        for refusal in [
            Refusal::Authentication,
            Refusal::RateLimit { retry_after: 3 },
            Refusal::Overloaded,
            Refusal::PromptTooLong,
            Refusal::UnknownModel,
            Refusal::UnknownField("stream_options".to_owned()),
            Refusal::BadRequest("Not so.".to_owned()),
        ] {
            let server = GatedServer::start().await;
            let asking = ask(&server, dialect, &question(dialect));
            server.next_request().await.refuse(&refusal).await;
            let response = answered(asking).await;
            let status = match (&refusal, dialect) {
                (Refusal::Authentication, Dialect::Gemini | Dialect::GeminiInteractions) => 400,
                (Refusal::Authentication, _) => 401,
                (Refusal::RateLimit { .. }, _) => 429,
                (Refusal::Overloaded, Dialect::Anthropic) => 529,
                (Refusal::Overloaded, _) => 503,
                (Refusal::UnknownModel, _) => 404,
                _ => 400,
            };
            assert_eq!(response.status(), status, "{dialect} {refusal:?}");
            let wait = response.headers().get("retry-after").cloned();
            let body: Value = response.json().await.unwrap();
            let message = match dialect {
                Dialect::Ollama => &body["error"],
                _ => &body["error"]["message"],
            };
            let message = message.as_str().unwrap();
            match &refusal {
                Refusal::RateLimit { .. }
                    if matches!(dialect, Dialect::Gemini | Dialect::GeminiInteractions) =>
                {
                    assert_eq!(body["error"]["details"][0]["retryDelay"], "3s");
                }
                Refusal::RateLimit { .. } => assert_eq!(wait.unwrap(), "3"),
                Refusal::UnknownModel => assert!(message.contains('m'), "{message}"),
                Refusal::UnknownField(field) => assert!(message.contains(field), "{message}"),
                Refusal::BadRequest(words) => assert_eq!(message, words),
                _ => assert!(!message.is_empty()),
            }
        }
    }
}

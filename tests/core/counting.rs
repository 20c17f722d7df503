//! What was received of a stopped answer, counted by the provider's own token counter where the person
//! wants that (rule C23).

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use serde_json::{Value, json};
use std::sync::Arc;
use tacet_core::{Endpoint, Message, News, Provider, Receipt, Remote, Usage, UsageSource, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, Say};
use tokio::sync::mpsc::UnboundedReceiver;

const CASES: [(Dialect, WireApi, &str); 4] = [
    (
        Dialect::Anthropic,
        WireApi::Anthropic,
        "/v1/messages/count_tokens",
    ),
    (
        Dialect::Gemini,
        WireApi::Gemini,
        "/v1beta/models/gated-model:countTokens",
    ),
    (
        Dialect::GeminiInteractions,
        WireApi::GeminiInteractions,
        "/v1beta/models/gated-model:countTokens",
    ),
    (
        Dialect::OpenaiResponses,
        WireApi::OpenaiResponses,
        "/v1/responses/input_tokens",
    ),
];

/// A turn that was stopped after `The ice moves.`, its receipt, and what is told later.
async fn stopped(
    desk: &Desk,
    dialect: Dialect,
    api: WireApi,
    count_on_stop: bool,
) -> (Watch, Receipt, UnboundedReceiver<News>) {
    let news = desk.news();
    let endpoint = Endpoint {
        count_on_stop,
        ..Endpoint::new(desk.server.base_url_of(dialect), None)
    };
    let provider: Arc<dyn Provider> = Arc::new(Remote::new(api, &endpoint).unwrap());
    let request = question("What moves?");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("The ice moves.")).await;
    watch.receive(14).await;
    let receipt = desk.stopped(turn).await;
    (watch, receipt, news)
}

async fn settled(news: &mut UnboundedReceiver<News>) -> Usage {
    loop {
        if let Some(News::UsageSettled { usage, .. }) = within("news", news.recv()).await
            && usage.output_known_as() == UsageSource::Counted
        {
            return *usage;
        }
    }
}

fn counted(dialect: Dialect, tokens: u64) -> Value {
    match dialect {
        Dialect::Gemini | Dialect::GeminiInteractions => json!({ "totalTokens": tokens }),
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Anthropic | Dialect::Ollama => {
            json!({ "input_tokens": tokens })
        }
    }
}

#[tokio::test]
async fn c23_what_was_received_is_counted_by_the_provider_after_the_stop() {
    for (dialect, api, path) in CASES {
        let desk = Desk::open().await;
        // The stop is there before anything is counted.
        let (watch, receipt, mut news) = stopped(&desk, dialect, api, true).await;
        assert_eq!(receipt.usage.output_known_as(), UsageSource::Estimated);
        let around = desk.server.next_request().await;
        assert_eq!(around.request.path, path);
        assert!(!around.request.json().to_string().contains("The ice moves."));
        around.respond_json(200, &counted(dialect, 8)).await;
        let text = desk.server.next_request().await;
        assert!(text.request.json().to_string().contains("The ice moves."));
        text.respond_json(200, &counted(dialect, 11)).await;
        let usage = settled(&mut news).await;
        assert_eq!(usage.output_tokens, Some(4), "{dialect}");
        let answer: Message = desk.answer(watch.turn).await;
        assert_eq!(answer.usage.as_ref(), Some(&usage));
        assert_eq!(answer.receipt.unwrap().usage, usage);
    }
}

#[tokio::test]
async fn c23_a_counter_that_refuses_leaves_the_estimate() {
    let (dialect, api, _) = CASES[0];
    let desk = Desk::open().await;
    let (watch, receipt, _news) = stopped(&desk, dialect, api, true).await;
    let around = desk.server.next_request().await;
    let refused = json!({"error": {"type": "not_found_error", "message": "no"}});
    around.respond_json(404, &refused).await;
    let quit = tacet_core::Cause::AppQuit;
    desk.turns.shut_down(quit).await;
    let usage = desk.answer(watch.turn).await.usage.unwrap();
    assert_eq!(usage.output_known_as(), UsageSource::Estimated);
    assert_eq!(usage.output_tokens, receipt.usage.output_tokens);
}

#[tokio::test]
async fn nothing_is_sent_to_a_counter_that_the_person_did_not_choose() {
    let (dialect, api, _) = CASES[0];
    let desk = Desk::open().await;
    stopped(&desk, dialect, api, false).await;
    desk.turns.shut_down(tacet_core::Cause::AppQuit).await;
    assert_eq!(desk.server.requests(), 1);
}

//! The record that OpenRouter keeps of a stopped call, looked up by the real window at the real
//! address: a proxy in the environment leads it to a server of the tests' own.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::UsageSource;
use tacet_core::price::CostBasis;
use tacet_test_support::server::{Http2Exchange, TlsServer, Tunnel};
use tacet_test_support::webdriver::{App, testid};

const HOST: &str = "openrouter.ai";

/// A desk at whose end of the proxy stands a server that is OpenRouter.
struct Router {
    desk: Desk,
    tls: TlsServer,
    tunnel: Tunnel,
}

impl Router {
    async fn open() -> Self {
        let tls = TlsServer::start_as(&[HOST]).await;
        let tunnel = tls.tunnel_from(HOST).await;
        let desk = Desk::bare().await;
        let provider = json!({"id": "router", "name": "OpenRouter", "api": "openai-chat",
            "base_url": "https://openrouter.ai/api/v1", "ca_certificate": tls.ca_pem(),
            "models": ["lab/model"]});
        desk.write_settings("router/lab/model", &[provider]);
        Self { desk, tls, tunnel }
    }

    /// Starts the app on it.
    async fn app(&self) -> App {
        let mut launch = self.desk.launch();
        for name in ["HTTPS_PROXY", "https_proxy"] {
            launch = launch.env(name, self.tunnel.url());
        }
        // The driver of the window obeys them as well, on its way to the window.
        for name in ["NO_PROXY", "no_proxy"] {
            launch = launch.env(name, "127.0.0.1,localhost");
        }
        let app = launch.start().await;
        app.find(&testid("composer")).await;
        app
    }

    /// Has an answer begin and stops it.
    async fn stop_an_answer(&self, app: &App) {
        ask(app, "What is a moraine?").await;
        let mut exchange = self.tls.next_request().await;
        assert_eq!(exchange.request.path, "/api/v1/chat/completions");
        let delta = json!({"id": "gen-7", "choices": [{"index": 0,
            "delta": {"content": "A heap of rock"}, "finish_reason": null}]});
        exchange.send_data(format!("data: {delta}\n\n"));
        when(app, "a.words.includes('A heap of rock')").await;
        Means::Button.stop(app).await;
        exchange.wait_reset().await;
        let answer = stopped(app).await;
        assert_eq!(answer.usage.as_deref(), Some("estimated"));
    }

    /// The next request, which asks for the record.
    async fn record_asked(&self) -> Http2Exchange {
        let exchange = self.tls.next_request().await;
        assert_eq!(exchange.request.method, "GET");
        assert_eq!(exchange.request.path, "/api/v1/generation?id=gen-7");
        exchange
    }

    async fn true_figures_come(&self, app: &App) {
        let record = json!({"data": {"id": "gen-7", "cancelled": true, "total_cost": 0.0015,
            "native_tokens_prompt": 10, "native_tokens_completion": 25,
            "native_tokens_reasoning": 5, "native_tokens_cached": 0}});
        self.record_asked().await.respond_json(200, &record);
        when(app, "a.usage === 'reported' && a.words.includes('$0.0015')").await;
    }

    /// What is on disk once the true figures came.
    fn both_are_kept(&self) {
        let answers = self.desk.answers();
        let usage = answers[0].usage.clone().unwrap();
        assert_eq!(usage.source, UsageSource::Reported);
        assert_eq!(usage.input_tokens, Some(10));
        assert_eq!(usage.output_tokens, Some(25));
        let cost = usage.cost.clone().unwrap();
        assert_eq!((cost.low, cost.basis), (0.0015, CostBasis::Billed));
        let estimate = usage.replaced.as_deref().unwrap();
        assert_eq!(estimate.source, UsageSource::Estimated);
        assert_eq!(answers[0].receipt.as_ref().unwrap().usage, usage);
        let asked = self.tunnel.asked();
        assert!(
            asked.iter().all(|place| place == "openrouter.ai:443"),
            "{asked:?}"
        );
        assert_eq!(self.desk.server.connections(), 0);
    }
}

#[tokio::test]
async fn c23_the_true_figures_of_a_stopped_answer_come_to_the_page_and_the_estimate_is_kept() {
    let router = Router::open().await;
    let app = router.app().await;
    router.stop_an_answer(&app).await;
    // The record is not there at once.
    let missing = json!({"error": {"code": 404, "message": "Generation not found"}});
    router.record_asked().await.respond_json(404, &missing);
    when(&app, "a.usage === 'estimated'").await;
    router.true_figures_come(&app).await;
    router.both_are_kept();
}

#[tokio::test]
async fn c23_a_record_that_came_after_the_quit_is_looked_up_at_the_next_start() {
    let router = Router::open().await;
    let app = router.app().await;
    router.stop_an_answer(&app).await;
    // Held until the app has gone: there is no record for it.
    let unanswered = router.record_asked().await;
    app.close_window().await;
    app.wait_for_end().await;
    drop(unanswered);

    let app = router.app().await;
    app.find(&testid("conversation-item")).await.click().await;
    router.true_figures_come(&app).await;
    app.close_window().await;
    app.wait_for_end().await;
    router.both_are_kept();

    // Nothing is pending any more, so nobody is asked.
    let asked = router.tunnel.asked().len();
    let app = router.app().await;
    app.find(&testid("conversation-item")).await.click().await;
    when(&app, "a.usage === 'reported'").await;
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(router.tunnel.asked().len(), asked);
}

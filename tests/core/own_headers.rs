//! Headers and a proxy of a provider's own, and the limit for the first word.

use crate::hanging_up::{ask, drain, next};
use serde_json::json;
use std::time::Duration;
use tacet_core::{Endpoint, ModelEvent, Provider, Proxy, Remote, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;

fn endpoint(server: &GatedServer) -> Endpoint {
    Endpoint::new(server.base_url(), None)
}

fn remote(endpoint: &Endpoint) -> Remote {
    Remote::new(WireApi::OpenaiChat, endpoint).unwrap()
}

#[tokio::test]
async fn own_headers_are_in_each_request_in_place_of_those_of_the_api_and_in_no_error() {
    let server = GatedServer::start().await;
    let headers = [
        ("X-Team", "hunter2hunter2"),
        ("Authorization", "Basic hunter3hunter3"),
    ];
    let own = Endpoint {
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..endpoint(&server)
    };
    assert!(!format!("{own:?}").contains("hunter"));
    let provider = remote(&own);
    server.gate_models();
    let (listed, ()) = tokio::join!(within("the list", provider.list_models()), async {
        let exchange = server.next_request().await;
        assert_eq!(exchange.request.header("x-team"), Some("hunter2hunter2"));
        let authorization = exchange.request.header("authorization");
        assert_eq!(authorization, Some("Basic hunter3hunter3"));
        let said = "no such team: hunter2hunter2, nor hunter3hunter3";
        let refusal = json!({"error": {"message": said}});
        exchange.respond_json(401, &refusal).await;
    });
    let error = format!("{:?}", listed.unwrap_err());
    assert!(error.contains("no such team"), "{error}");
    assert!(!error.contains("hunter"), "{error}");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_told_without_its_value() {
    let server = GatedServer::start().await;
    let own = Endpoint {
        headers: [("X-Team".to_owned(), "hunter2\n".to_owned())].into(),
        ..endpoint(&server)
    };
    let error = Remote::new(WireApi::OpenaiChat, &own).unwrap_err();
    assert!(error.message.contains("X-Team"), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_proxy_of_its_own_is_asked_in_place_of_the_server_also_on_this_computer() {
    let (server, proxy) = (GatedServer::start().await, GatedServer::start().await);
    let own = Endpoint {
        proxy: Proxy::At(format!("http://ann:hunter2@{}", proxy.address())),
        ..endpoint(&server)
    };
    assert!(!format!("{own:?} {:?}", own.proxy).contains("hunter2"));
    let provider = remote(&own);
    proxy.gate_models();
    let (listed, ()) = tokio::join!(within("the list", provider.list_models()), async {
        let exchange = proxy.next_request().await;
        // As a client asks a proxy: with the whole address, and who it is.
        assert!(
            exchange.request.path.starts_with("http://"),
            "{}",
            exchange.request.path
        );
        assert!(exchange.request.header("proxy-authorization").is_some());
        exchange
            .respond_json(200, &json!({"data": [{"id": "m"}]}))
            .await;
    });
    assert_eq!(listed.unwrap().len(), 1);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_server_that_keeps_the_connection_alive_and_never_begins_is_hung_up_on_in_time() {
    let server = GatedServer::start().await;
    let hasty = Endpoint {
        first_word_timeout: Some(Duration::from_millis(300)),
        ..endpoint(&server)
    };
    let stream = remote(&hasty).stream(ask("What is a moraine?"));
    let mut exchange = None;
    let reached = async {
        let exchange = exchange.insert(server.next_request().await);
        exchange.open_stream().await;
    };
    let ended = within("the end", drain(stream));
    let ((_, error), ()) = tokio::join!(ended, reached);
    let error = error.expect("a reason").message;
    assert!(
        error.contains("did not begin to answer within 0.3 s"),
        "{error}"
    );
    assert!(error.contains("first_word_timeout_seconds"), "{error}");
    exchange.expect("the request").hung_up().await;
}

#[tokio::test]
async fn a_server_that_has_begun_may_take_longer_than_the_limit_for_the_first_word() {
    let server = GatedServer::start().await;
    let limit = Duration::from_millis(300);
    let hasty = Endpoint {
        first_word_timeout: Some(limit),
        ..endpoint(&server)
    };
    let mut stream = remote(&hasty).stream(ask("What is a moraine?"));
    let mut exchange = None;
    let reached = async {
        let exchange = exchange.insert(server.next_request().await);
        exchange.send_text_delta("Rubble").await;
        // Nothing can be waited for here but the time itself, in which nothing happens.
        tokio::time::sleep(2 * limit).await;
        exchange.send_text_delta(", moved by ice.").await;
    };
    let read = async {
        let mut text = String::new();
        while !text.ends_with("ice.") {
            for event in next(&mut stream).await.expect("more").expect("no error") {
                if let ModelEvent::Text(more) = event {
                    text += &more;
                }
            }
        }
        text
    };
    let (text, ()) = tokio::join!(read, reached);
    assert_eq!(text, "Rubble, moved by ice.");
}

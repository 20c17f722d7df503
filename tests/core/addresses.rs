//! Addresses as people paste them: where requests and lists go, and what the test says of them.

use crate::hanging_up::ask;
use crate::wire_phases::api;
use serde_json::{Value, json};
use tacet_core::provider::{Check, asked_at};
use tacet_core::{ApiKey, Endpoint, ErrorCategory, Provider, ProviderError, Remote, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, GatedServer};

/// What people paste below the host, by API.
const PASTED: &[(Dialect, &[&str])] = &[
    (
        Dialect::OpenaiChat,
        &[
            "/v1",
            "/v1/",
            "/v1/chat/completions",
            "/v1/chat/completions/",
            "/v1/models",
        ],
    ),
    (
        Dialect::OpenaiResponses,
        &["/v1", "/v1/responses", "/v1/responses/"],
    ),
    (
        Dialect::Anthropic,
        &["", "/", "/v1", "/v1/", "/v1/messages"],
    ),
    (
        Dialect::Gemini,
        &[
            "",
            "/v1beta",
            "/v1beta/models",
            "/v1beta/models/g:streamGenerateContent?alt=sse",
        ],
    ),
    (
        Dialect::GeminiInteractions,
        &["", "/v1beta", "/v1beta/interactions", "/v1beta/models"],
    ),
    (Dialect::Ollama, &["", "/", "/api", "/api/chat", "/v1"]),
];

#[tokio::test]
async fn each_way_to_write_an_address_leads_questions_and_lists_to_the_same_place() {
    let server = GatedServer::start().await;
    server.gate_models();
    for (dialect, pasted) in PASTED {
        let (question, list) = match dialect {
            Dialect::OpenaiChat => ("/v1/chat/completions", "/v1/models"),
            Dialect::OpenaiResponses => ("/v1/responses", "/v1/models"),
            Dialect::Anthropic => ("/v1/messages", "/v1/models?limit=1000"),
            Dialect::Gemini => (
                "/v1beta/models/gated-model:streamGenerateContent?alt=sse",
                "/v1beta/models?pageSize=1000",
            ),
            Dialect::GeminiInteractions => ("/v1beta/interactions", "/v1beta/models?pageSize=1000"),
            Dialect::Ollama => ("/api/chat", "/api/tags"),
        };
        for path in *pasted {
            let address = format!(" http://{}{path} ", server.address());
            let provider = Remote::new(api(*dialect), &Endpoint::new(&address, None)).unwrap();
            let ((), listed) = tokio::join!(
                async {
                    let exchange = server.next_request().await;
                    assert_eq!(exchange.request.path, list, "{address}");
                    let empty = json!({"data": [], "models": []});
                    exchange.respond_json(200, &empty).await;
                },
                within("the list", provider.list_models())
            );
            assert_eq!(listed.unwrap(), [], "{address}");
            let mut stream = provider.stream(ask("hello"));
            let (exchange, _) = tokio::join!(server.next_request(), async {
                crate::hanging_up::reach(&mut stream, tacet_core::Phase::WaitingForHeaders).await
            });
            assert_eq!(exchange.request.path, question, "{address}");
            // What the form shows is what is asked.
            let shown = asked_at(api(*dialect), &address, "gated-model").unwrap();
            assert_eq!(shown, format!("http://{}{question}", server.address()));
        }
    }
}

/// What the test says of a server that answers the list and the question after it so.
async fn checked(
    path: &str,
    list: (u16, &str),
    question: Option<(u16, &str)>,
) -> Result<Check, ProviderError> {
    let server = GatedServer::start().await;
    server.gate_models();
    server.set_rules(None);
    let endpoint = Endpoint::new(
        format!("http://{}{path}", server.address()),
        ApiKey::new("sk-secret"),
    );
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    let (check, ()) = tokio::join!(within("the check", provider.check(&[])), async {
        let exchange = server.next_request().await;
        assert_eq!(exchange.request.method, "GET");
        exchange.respond(list.0, &[], list.1).await;
        if let Some((status, body)) = question {
            let exchange = server.next_request().await;
            assert_eq!(exchange.request.method, "POST");
            assert_eq!(exchange.request.json(), json!({}), "nothing is generated");
            exchange.respond(status, &[], body).await;
        }
    });
    check
}

const NOT_FOUND: &str = "<html><h1>404 Not Found</h1>nginx</html>";

#[tokio::test]
async fn a_server_that_answers_and_has_no_list_of_models_is_reachable() {
    let answers = [
        (
            400,
            r#"{"error":{"message":"you must provide a model parameter"}}"#,
        ),
        (
            404,
            r#"{"error":{"message":"The model '' does not exist.","code":"model_not_found"}}"#,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","model"],"msg":"Field required"}]}"#,
        ),
        (500, "{}"),
    ];
    for (status, body) in answers {
        for list in [
            (404, NOT_FOUND),
            (404, r#"{"detail":"Not Found"}"#),
            (405, ""),
            (200, "<p>Hi</p>"),
        ] {
            let check = checked("/v1", list, Some((status, body))).await.unwrap();
            assert!(!check.has_list, "{list:?} {body}");
            assert_eq!(check.models, []);
        }
    }
}

#[tokio::test]
async fn an_address_at_which_nothing_answers_is_wrong_and_never_called_reachable() {
    let answers = [
        (404, NOT_FOUND),
        (404, r#"{"detail":"Not Found"}"#),
        (405, ""),
        (200, "<p>Welcome</p>"),
        (
            200,
            r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
        ),
    ];
    for answer in answers {
        let error = checked("", (404, NOT_FOUND), Some(answer))
            .await
            .unwrap_err();
        assert_eq!(error.category, ErrorCategory::WrongAddress, "{answer:?}");
    }
    let refused = (401, r#"{"error":{"message":"No key."}}"#);
    let error = checked("/v1", (404, NOT_FOUND), Some(refused)).await;
    assert_eq!(error.unwrap_err().category, ErrorCategory::Authentication);
    let wrong = (
        200,
        r#"{"error":"Unexpected endpoint or method. (GET /models)"}"#,
    );
    let error = checked("", wrong, None).await.unwrap_err();
    assert_eq!(error.category, ErrorCategory::WrongAddress);
}

#[tokio::test]
async fn an_empty_list_is_an_empty_list_in_any_form() {
    let forms: &[(Dialect, &[Value])] = &[
        (
            Dialect::OpenaiChat,
            &[
                json!({"object": "list", "data": []}),
                json!({"object": "list", "data": null}),
                json!([]),
                json!({"models": []}),
                json!({"models": null}),
            ],
        ),
        (
            Dialect::Anthropic,
            &[
                json!({"data": [], "has_more": false}),
                json!({"data": null}),
            ],
        ),
        (
            Dialect::Gemini,
            &[json!({}), json!({"models": []}), json!({"models": null})],
        ),
        (
            Dialect::Ollama,
            &[json!({"models": []}), json!({"models": null})],
        ),
    ];
    let server = GatedServer::start().await;
    server.gate_models();
    for (dialect, forms) in forms {
        let endpoint = Endpoint::new(server.base_url_of(*dialect), None);
        let provider = Remote::new(api(*dialect), &endpoint).unwrap();
        for form in *forms {
            let (check, ()) = tokio::join!(within("the check", provider.check(&[])), async {
                server.next_request().await.respond_json(200, form).await;
            });
            let check = check.unwrap_or_else(|error| panic!("{form}: {error}"));
            assert!(check.has_list, "{form}");
            assert_eq!(check.models, [], "{form}");
        }
    }
}

/// Says to the test below that it was started with a proxy in its environment, and whom to ask.
const ASKED: &str = "TACET_TEST_ASKED";

#[cfg(target_os = "linux")]
#[tokio::test]
async fn this_computer_is_never_asked_through_a_proxy() {
    let test = "addresses::this_computer_is_never_asked_through_a_proxy";
    if let Ok(address) = std::env::var(ASKED) {
        let provider = Remote::new(WireApi::OpenaiChat, &Endpoint::new(address, None)).unwrap();
        let models = within("the list", provider.list_models()).await.unwrap();
        assert_eq!(models.len(), 1);
        return;
    }
    let (server, proxy) = (GatedServer::start().await, GatedServer::start().await);
    server.models(["m"]);
    for host in [
        "0.0.0.0",
        "127.0.0.1",
        "127.9.9.9",
        "localhost",
        "[::ffff:127.0.0.1]",
    ] {
        let address = format!("http://{host}:{}/v1", server.address().port());
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test]).env(ASKED, &address);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, format!("http://{}", proxy.address()));
        }
        child.env_remove("NO_PROXY").env_remove("no_proxy");
        let run = tokio::task::spawn_blocking(move || child.output());
        let output = run.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // The server hears 127.0.0.1 alone: what counts is that the proxy hears nothing.
        assert!(
            output.status.success() || host == "127.9.9.9",
            "{address}: {said}"
        );
        assert_eq!(proxy.connections(), 0, "{address}");
    }
}

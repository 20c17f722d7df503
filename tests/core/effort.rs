//! How much a model is asked to reason: each API is told in its own words, and what it refuses is
//! left out once and from then on.

use crate::answers::said;
use crate::hanging_up::{ask, drain};
use crate::wire_phases::{api, remote};
use serde_json::{Value, json};
use tacet_core::Effort::{High, Low, Medium, Most, Off};
use tacet_core::{Effort, Endpoint, ModelRequest, Parameters, Provider, Remote, Role};
use tacet_test_support::server::{Dialect, Finish, GatedServer, Refusal, Rules, Tokens};

const OPENAI: &str = "https://api.openai.com/v1";
const ANTHROPIC: &str = "https://api.anthropic.com";
const GEMINI: &str = "https://generativelanguage.googleapis.com/v1beta";
const HERE: &str = "http://127.0.0.1:1/v1";

fn request(model: &str, effort: Option<Effort>, temperature: Option<f64>) -> ModelRequest {
    ModelRequest {
        parameters: Parameters {
            effort,
            temperature,
            ..Parameters::default()
        },
        ..ModelRequest::new(model, [said(Role::User, "Hello?")])
    }
}

/// What a request says of reasoning; it must be one that its API takes.
fn said_of(dialect: Dialect, address: &str, model: &str, effort: Option<Effort>) -> Value {
    let provider = Remote::new(api(dialect), &Endpoint::new(address, None)).unwrap();
    let body = provider.body(&request(model, effort, Some(0.5)));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let judged = Rules::default().check(dialect, model, &body);
    assert_eq!(judged, Ok(()), "{model} {effort:?}: {body}");
    let fields = [
        "reasoning",
        "reasoning_effort",
        "thinking",
        "output_config",
        "think",
    ];
    let named = fields.into_iter().filter(|field| !body[field].is_null());
    let mut said: serde_json::Map<String, Value> = named
        .map(|field| (field.to_owned(), body[field].clone()))
        .collect();
    let gemini = &body["generationConfig"]["thinkingConfig"];
    if !gemini.is_null() {
        said.insert("thinkingConfig".to_owned(), gemini.clone());
    }
    Value::Object(said)
}

#[test]
fn each_api_is_told_in_its_own_words_how_much_to_reason() {
    use Dialect::{Anthropic, Gemini, Ollama, OpenaiChat, OpenaiResponses};
    let summary = |effort| json!({"reasoning": {"effort": effort, "summary": "auto"}});
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    for (dialect, address, model, effort, expected) in [
        (
            OpenaiResponses,
            OPENAI,
            "gpt-5.4",
            Some(Most),
            summary("xhigh"),
        ),
        (
            OpenaiResponses,
            OPENAI,
            "gpt-5",
            Some(Most),
            summary("high"),
        ),
        (
            OpenaiResponses,
            OPENAI,
            "gpt-5",
            Some(Off),
            json!({"reasoning": {"effort": "low"}}),
        ),
        (
            OpenaiResponses,
            OPENAI,
            "gpt-5.1",
            Some(Off),
            json!({"reasoning": {"effort": "none"}}),
        ),
        (
            OpenaiResponses,
            OPENAI,
            "o3",
            None,
            json!({"reasoning": {"summary": "auto"}}),
        ),
        (OpenaiResponses, OPENAI, "gpt-4o", Some(High), json!({})),
        (OpenaiResponses, HERE, "own", None, json!({})),
        (OpenaiResponses, HERE, "own", Some(Low), summary("low")),
        (
            OpenaiChat,
            OPENAI,
            "gpt-5.1",
            Some(Medium),
            json!({"reasoning_effort": "medium"}),
        ),
        (OpenaiChat, OPENAI, "gpt-4.1", Some(Medium), json!({})),
        (
            OpenaiChat,
            HERE,
            "own",
            Some(Off),
            json!({"reasoning_effort": "none"}),
        ),
        (OpenaiChat, HERE, "own", None, json!({})),
        (
            OpenaiChat,
            "https://openrouter.ai/api/v1",
            "x-ai/grok-5",
            Some(Most),
            json!({"reasoning": {"effort": "xhigh"}}),
        ),
        (
            OpenaiChat,
            "https://openrouter.ai/api/v1",
            "x-ai/grok-5",
            Some(Off),
            json!({"reasoning": {"enabled": false}}),
        ),
        (
            OpenaiChat,
            "https://api.deepseek.com",
            "deepseek-v4",
            Some(High),
            json!({"thinking": {"type": "enabled"}}),
        ),
        (
            OpenaiChat,
            "https://api.moonshot.ai/v1",
            "kimi-k3",
            Some(Off),
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-3-5-haiku-latest",
            Some(High),
            json!({}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-sonnet-4-5",
            Some(Low),
            json!({"thinking": {"type": "enabled", "budget_tokens": 2_048}}),
        ),
        (Anthropic, ANTHROPIC, "claude-sonnet-4-5", None, json!({})),
        (
            Anthropic,
            ANTHROPIC,
            "claude-opus-4-6",
            Some(Most),
            json!({"thinking": adaptive, "output_config": {"effort": "max"}}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-opus-4-6",
            Some(Off),
            json!({}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-opus-5",
            None,
            json!({"thinking": adaptive}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-haiku-5-5",
            Some(Off),
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-sonnet-5-5",
            Some(Off),
            json!({"thinking": {"type": "between_tools"}}),
        ),
        (
            Anthropic,
            ANTHROPIC,
            "claude-fable-5-1",
            Some(Off),
            json!({"thinking": adaptive, "output_config": {"effort": "low"}}),
        ),
        (Gemini, GEMINI, "gemini-2.0-flash", Some(High), json!({})),
        (
            Gemini,
            GEMINI,
            "gemini-2.5-pro",
            Some(Off),
            json!({"thinkingConfig": {"includeThoughts": true, "thinkingBudget": 128}}),
        ),
        (
            Gemini,
            GEMINI,
            "gemini-2.5-flash",
            Some(Off),
            json!({"thinkingConfig": {"thinkingBudget": 0}}),
        ),
        (
            Gemini,
            GEMINI,
            "gemini-2.5-flash",
            Some(Most),
            json!({"thinkingConfig": {"includeThoughts": true, "thinkingBudget": 24_576}}),
        ),
        (
            Gemini,
            GEMINI,
            "gemini-3-pro-preview",
            Some(Medium),
            json!({"thinkingConfig": {"includeThoughts": true, "thinkingLevel": "low"}}),
        ),
        (
            Gemini,
            GEMINI,
            "gemini-3-flash",
            None,
            json!({"thinkingConfig": {"includeThoughts": true}}),
        ),
        (Ollama, HERE, "qwen3:8b", Some(Off), json!({"think": false})),
        (Ollama, HERE, "qwen3:8b", Some(Most), json!({"think": true})),
        (
            Ollama,
            HERE,
            "gpt-oss:20b",
            Some(Medium),
            json!({"think": "medium"}),
        ),
        (Ollama, HERE, "qwen3:8b", None, json!({})),
    ] {
        assert_eq!(
            said_of(dialect, address, model, effort),
            expected,
            "{model} {effort:?}"
        );
    }
}

/// The words by which each API refuses the field that says how much to reason.
fn refusal(dialect: Dialect) -> Refusal {
    let words = match dialect {
        Dialect::OpenaiChat => "Unsupported parameter: 'reasoning_effort' is not supported",
        Dialect::OpenaiResponses => "Unsupported parameter: 'reasoning.effort' is not supported",
        Dialect::Anthropic => "thinking: Extra inputs are not permitted",
        Dialect::Gemini | Dialect::GeminiInteractions => {
            "Thinking level is not supported for this model."
        }
        Dialect::Ollama => "\"own\" does not support thinking",
    };
    Refusal::BadRequest(words.to_owned())
}

/// Whether a request asks to reason much.
fn asks(dialect: Dialect, body: &Value) -> bool {
    let field = match dialect {
        Dialect::OpenaiChat => &body["reasoning_effort"],
        Dialect::OpenaiResponses => &body["reasoning"]["effort"],
        Dialect::Anthropic => &body["thinking"],
        Dialect::Gemini => &body["generationConfig"]["thinkingConfig"],
        Dialect::GeminiInteractions => &body["generation_config"]["thinking_level"],
        Dialect::Ollama => &body["think"],
    };
    !field.is_null()
}

fn temperature(dialect: Dialect, body: &Value) -> bool {
    let place = match dialect {
        Dialect::Gemini => "/generationConfig/temperature",
        Dialect::GeminiInteractions => "/generation_config/temperature",
        Dialect::Ollama => "/options/temperature",
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Anthropic => "/temperature",
    };
    body.pointer(place).is_some()
}

/// Asks, refuses once in these words where there are any, and answers. Says of each request whether
/// it `has` the field.
async fn asking(
    server: &GatedServer,
    dialect: Dialect,
    provider: &Remote,
    request: ModelRequest,
    refusal: Option<Refusal>,
    has: fn(Dialect, &Value) -> bool,
) -> Vec<bool> {
    let ((_, error), asked) = tokio::join!(drain(provider.stream(request)), async {
        let mut asked = Vec::new();
        if let Some(refusal) = &refusal {
            let exchange = server.next_request().await;
            asked.push(has(dialect, &exchange.request.json()));
            exchange.refuse(refusal).await;
        }
        let exchange = server.next_request().await;
        asked.push(has(dialect, &exchange.request.json()));
        exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
        asked
    });
    assert_eq!(error, None, "{dialect}");
    asked
}

#[tokio::test]
async fn an_effort_that_is_refused_is_left_out_once_and_for_that_model_on_every_wire() {
    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        let provider = remote(&server, dialect);
        let request = |model| request(model, Some(High), None);
        let refusal = Some(refusal(dialect));
        let first = asking(&server, dialect, &provider, request("own"), refusal, asks).await;
        assert_eq!(first, [true, false], "{dialect}");
        let again = asking(&server, dialect, &provider, request("own"), None, asks).await;
        assert_eq!(again, [false], "{dialect}");
        let other = asking(&server, dialect, &provider, request("other"), None, asks).await;
        assert_eq!(other, [true], "{dialect}");
    }
}

#[tokio::test]
async fn a_temperature_that_is_refused_is_left_out_once_and_for_that_model_on_every_wire() {
    let words = "Unsupported value: 'temperature' does not support 0.5 with this model.";
    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        let provider = remote(&server, dialect);
        let request = |model| request(model, None, Some(0.5));
        let refusal = Some(Refusal::BadRequest(words.to_owned()));
        let has = temperature;
        let first = asking(&server, dialect, &provider, request("own"), refusal, has).await;
        assert_eq!(first, [true, false], "{dialect}");
        let again = asking(&server, dialect, &provider, request("own"), None, has).await;
        assert_eq!(again, [false], "{dialect}");
        let other = asking(&server, dialect, &provider, request("other"), None, has).await;
        assert_eq!(other, [true], "{dialect}");
    }
}

#[tokio::test]
async fn a_temperature_out_of_a_servers_range_and_a_fault_in_the_messages_drop_nothing() {
    for words in [
        "temperature: Input should be less than or equal to 1",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.1.content.0.type: Expected `thinking`, temperature",
    ] {
        let server = GatedServer::start().await;
        let provider = remote(&server, Dialect::Anthropic);
        let mut asked = ask("hello");
        asked.parameters = request("own", Some(High), Some(0.5)).parameters;
        let ((_, error), ()) = tokio::join!(drain(provider.stream(asked)), async {
            let exchange = server.next_request().await;
            exchange
                .refuse(&Refusal::BadRequest(words.to_owned()))
                .await;
        });
        assert!(error.is_some(), "{words}");
        assert_eq!(server.requests(), 1, "{words}");
    }
}

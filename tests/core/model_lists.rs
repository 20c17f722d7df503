//! The lists of models, with what each server says of a model beside its name.

use serde_json::json;
use std::time::Duration;
use tacet_core::provider::{Ability, ModelInfo, Price};
use tacet_core::{Endpoint, Provider, Remote, StopEffect, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, GatedServer};

async fn listed(remote: &Remote) -> Vec<ModelInfo> {
    within("the list", remote.list_models()).await.unwrap()
}

fn ollama(server: &GatedServer, limit: Duration) -> Remote {
    let mut endpoint = Endpoint::new(server.base_url_of(Dialect::Ollama), None);
    endpoint.idle_timeout = limit;
    Remote::new(WireApi::Ollama, &endpoint).unwrap()
}

/// The list of a server that lists one model so.
async fn described(api: WireApi, dialect: Dialect, facts: &serde_json::Value) -> Vec<ModelInfo> {
    let server = GatedServer::start().await;
    server.models(["m"]);
    server.describe_model("m", facts);
    let endpoint = Endpoint::new(server.base_url_of(dialect), None);
    listed(&Remote::new(api, &endpoint).unwrap()).await
}

#[tokio::test]
async fn anthropic_says_what_a_model_can_do_and_how_much_it_takes() {
    let facts = json!({
        "display_name": "Model M",
        "max_input_tokens": 1_000_000,
        "capabilities": {
            "image_input": {"supported": true},
            "pdf_input": {"supported": false},
            "thinking": {"supported": true, "types": {}},
        },
    });
    let models = described(WireApi::Anthropic, Dialect::Anthropic, &facts).await;
    let abilities = vec![Ability::Images, Ability::Reasoning, Ability::Tools];
    let expected = ModelInfo {
        id: "m".to_owned(),
        name: Some("Model M".to_owned()),
        context_tokens: Some(1_000_000),
        abilities: Some(abilities),
        price: None,
    };
    assert_eq!(models, [expected]);
    let plain = described(WireApi::Anthropic, Dialect::Anthropic, &json!({})).await;
    assert_eq!(plain[0].abilities, None);
}

#[tokio::test]
async fn gemini_names_its_models_without_their_folder_and_only_those_that_answer() {
    let facts = json!({"displayName": "Model M", "inputTokenLimit": 32_768, "thinking": true});
    let models = described(WireApi::Gemini, Dialect::Gemini, &facts).await;
    let expected = ModelInfo {
        id: "m".to_owned(),
        name: Some("Model M".to_owned()),
        context_tokens: Some(32_768),
        ..ModelInfo::default()
    };
    assert_eq!(models, [expected]);
    let embeds = json!({"supportedGenerationMethods": ["embedContent"]});
    let none = described(WireApi::Gemini, Dialect::Gemini, &embeds).await;
    assert_eq!(none, []);
}

#[tokio::test]
async fn requests_go_where_each_api_expects_them_with_the_key_in_its_own_header() {
    let server = GatedServer::start().await;
    server.gate_models();
    let host = server.address();
    let cases = [
        (
            WireApi::Anthropic,
            format!("http://{host}"),
            "x-api-key",
            "/v1/models?limit=1000",
        ),
        (
            WireApi::Anthropic,
            format!("http://{host}/v1/"),
            "x-api-key",
            "/v1/models?limit=1000",
        ),
        (
            WireApi::Gemini,
            format!("http://{host}/v1beta"),
            "x-goog-api-key",
            "/v1beta/models?pageSize=1000",
        ),
    ];
    for (api, address, header, path) in cases {
        let key = tacet_core::ApiKey::new("sk-secret");
        let remote = Remote::new(api, &Endpoint::new(address, key)).unwrap();
        let ((), models) = tokio::join!(
            async {
                let exchange = server.next_request().await;
                assert_eq!(exchange.request.path, path);
                assert_eq!(exchange.request.header(header), Some("sk-secret"));
                assert_eq!(exchange.request.header("authorization"), None);
                let is_anthropic = api == WireApi::Anthropic;
                let version = exchange.request.header("anthropic-version");
                assert_eq!(version, is_anthropic.then_some("2023-06-01"));
                exchange
                    .respond_json(200, &json!({"data": [], "models": []}))
                    .await;
            },
            listed(&remote)
        );
        assert_eq!(models, []);
    }
}

#[tokio::test]
async fn ollama_is_asked_about_each_model_and_the_order_stays() {
    let server = GatedServer::start().await;
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    server.models(names.clone());
    let facts = json!({
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
        "capabilities": ["completion", "vision", "tools", "thinking", "insert"],
    });
    server.describe_model("m3", &facts);
    let models = listed(&ollama(&server, Duration::from_secs(60))).await;
    let ids: Vec<String> = models.iter().map(|model| model.id.clone()).collect();
    assert_eq!(ids, names);
    assert_eq!(models[3].context_tokens, Some(40_960));
    let abilities = [Ability::Images, Ability::Tools, Ability::Reasoning];
    assert_eq!(models[3].abilities.as_deref(), Some(&abilities[..]));
    assert_eq!(models[4].context_tokens, Some(8_192));
    assert_eq!(models[4].abilities.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn what_ollama_does_not_say_in_time_or_refuses_stays_unknown() {
    let server = GatedServer::start().await;
    server.gate_models();
    let remote = ollama(&server, Duration::from_millis(300));
    let (models, (_silent, ())) = tokio::join!(listed(&remote), async {
        let tags = server.next_request().await;
        assert_eq!(tags.request.path, "/api/tags");
        let list = json!({"models": [{"model": "a"}, {"model": "b"}]});
        tags.respond_json(200, &list).await;
        let first = server.next_request().await;
        let second = server.next_request().await;
        assert_eq!(first.request.path, "/api/show");
        let (refused, silent) = if first.request.json()["model"] == "a" {
            (first, second)
        } else {
            (second, first)
        };
        let words = json!({"error": "model 'a' not found"});
        refused.respond_json(404, &words).await;
        (silent, ())
    });
    let unknown = |id: &str| ModelInfo {
        id: id.to_owned(),
        ..ModelInfo::default()
    };
    assert_eq!(models, [unknown("a"), unknown("b")]);
}

#[test]
fn c24_ollama_stops_wherever_it_runs_except_where_nobody_knows() {
    let effect = |base_url: &str| {
        let remote = Remote::new(WireApi::Ollama, &Endpoint::new(base_url, None));
        remote.unwrap().stop_effect()
    };
    assert_eq!(effect("http://127.0.0.1:11434"), StopEffect::Local);
    assert_eq!(effect("http://192.168.1.5:11434"), StopEffect::Stops);
    assert_eq!(effect("https://ollama.com"), StopEffect::Unknown);
}

/// What is read of a model that an OpenAI-compatible server lists with these fields.
async fn compatible(fields: serde_json::Value) -> ModelInfo {
    let models = described(WireApi::OpenaiChat, Dialect::OpenaiChat, &fields).await;
    models.into_iter().next().unwrap()
}

#[tokio::test]
async fn openrouter_says_what_a_model_can_do_and_what_it_costs() {
    let model = compatible(json!({
        "name": "Gated: Model",
        "context_length": 128_000,
        "architecture": {"input_modalities": ["text", "image", "file"]},
        "supported_parameters": ["temperature", "tools", "reasoning"],
        "pricing": {"prompt": "0.00000125", "completion": "0.00001", "input_cache_read": "0.000000125"},
    }))
    .await;
    assert_eq!(model.name.as_deref(), Some("Gated: Model"));
    assert_eq!(model.context_tokens, Some(128_000));
    let all = [
        Ability::Images,
        Ability::Documents,
        Ability::Tools,
        Ability::Reasoning,
    ];
    assert_eq!(model.abilities.as_deref(), Some(&all[..]));
    let price = Price {
        input: 1.25,
        cached_input: Some(0.125),
        output: 10.0,
    };
    assert_eq!(model.price, Some(price));
    let routed = json!({"pricing": {"prompt": "-1", "completion": "-1"}});
    assert_eq!(compatible(routed).await.price, None);
}

#[tokio::test]
async fn each_server_has_its_own_word_for_the_length_of_the_context() {
    let words = [
        json!({"max_model_len": 4_096}),
        json!({"max_context_length": 4_096}),
        json!({"context_window": 4_096}),
        json!({"context_length": 4_096}),
        json!({"meta": {"n_ctx_train": 4_096}}),
    ];
    for fields in words {
        let model = compatible(fields.clone()).await;
        assert_eq!(model.context_tokens, Some(4_096), "{fields}");
        assert_eq!(model.abilities, None, "{fields}");
    }
}

#[tokio::test]
async fn mistral_says_yes_or_no_to_each_ability() {
    let capabilities = json!({"completion_chat": true, "vision": true, "function_calling": false});
    let model = compatible(json!({"capabilities": capabilities})).await;
    assert_eq!(model.abilities, Some(vec![Ability::Images]));
}

//! The list of models of OpenAI's API (`GET /models`), with what compatible servers add to it.

use crate::Price;
use crate::models::{Ability, ModelInfo, entries};
use serde_json::Value;

/// Where servers say how long the context is: OpenRouter and Together, Groq, Mistral, vLLM,
/// llama.cpp.
const CONTEXT: &[&str] = &[
    "/context_length",
    "/context_window",
    "/max_context_length",
    "/max_model_len",
    "/meta/n_ctx_train",
];

/// Where servers say what a model can do, as a list of words or as an object of yes and no:
/// OpenRouter, Mistral.
const ABILITIES: &[(&str, &str, Ability)] = &[
    ("/architecture/input_modalities", "image", Ability::Images),
    ("/architecture/input_modalities", "file", Ability::Documents),
    ("/supported_parameters", "tools", Ability::Tools),
    ("/supported_parameters", "reasoning", Ability::Reasoning),
    ("/capabilities", "vision", Ability::Images),
    ("/capabilities", "function_calling", Ability::Tools),
    ("/capabilities", "reasoning", Ability::Reasoning),
];

/// The models in `{"data": [{"id": …}]}`, or in a bare array as Together sends it.
pub(crate) fn read(list: &Value) -> Option<Vec<ModelInfo>> {
    let models = entries(list, "data").or_else(|| entries(list, "models"))?;
    Some(models.iter().filter_map(model).collect())
}

fn model(model: &Value) -> Option<ModelInfo> {
    let id = model["id"].as_str().or_else(|| model["name"].as_str())?;
    let names = ["display_name", "name"];
    let mut names = names.iter().filter_map(|name| model[*name].as_str());
    let context = |place: &&str| model.pointer(place)?.as_u64().filter(|tokens| *tokens > 0);
    Some(ModelInfo {
        id: id.to_owned(),
        name: names
            .find(|name| !name.is_empty() && *name != id)
            .map(str::to_owned),
        context_tokens: CONTEXT.iter().find_map(context),
        abilities: abilities(model),
        price: price(&model["pricing"]),
    })
}

/// `None` where the server says nothing of any.
fn abilities(model: &Value) -> Option<Vec<Ability>> {
    let mut spoken = false;
    let mut abilities = Vec::new();
    for (place, word, ability) in ABILITIES {
        let has = match model.pointer(place) {
            Some(Value::Array(words)) => words.iter().any(|known| known == word),
            Some(Value::Object(answers)) => answers.get(*word) == Some(&Value::Bool(true)),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
                continue;
            }
        };
        spoken = true;
        if has {
            abilities.push(*ability);
        }
    }
    spoken.then_some(abilities)
}

/// OpenRouter's prices: dollars for one token, as text. What has no price of its own is negative.
fn price(pricing: &Value) -> Option<Price> {
    let of = |name: &str| {
        let dollars: f64 = pricing[name].as_str()?.parse().ok()?;
        // A whole number of millionths of a dollar, which is far below any price.
        let million = (dollars * 1e12).round() / 1e6;
        (million.is_finite() && million >= 0.0).then_some(million)
    };
    Some(Price {
        input: of("prompt")?,
        cached_input: of("input_cache_read"),
        output: of("completion")?,
    })
}

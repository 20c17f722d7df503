//! Ollama's models: the list (`GET /api/tags`) has their names, and a question about each
//! (`POST /api/show`) the rest.

use crate::models::{Ability, ModelInfo, entries};
use serde_json::Value;

/// The models in `{"models": [{"model": …}]}`.
pub(super) fn read(list: &Value) -> Option<Vec<ModelInfo>> {
    let models = entries(list, "models")?;
    let model = |model: &Value| {
        let name = model["model"].as_str().or_else(|| model["name"].as_str())?;
        Some(ModelInfo {
            id: name.to_owned(),
            ..ModelInfo::default()
        })
    };
    Some(models.iter().filter_map(model).collect())
}

/// Adds what `/api/show` says of a model. The length of the context stands under the name of the
/// model's architecture.
pub(super) fn describe(answer: &Value, model: &mut ModelInfo) {
    let facts = &answer["model_info"];
    let architecture = facts["general.architecture"].as_str();
    model.context_tokens = architecture
        .and_then(|architecture| facts[format!("{architecture}.context_length")].as_u64());
    model.abilities = answer["capabilities"].as_array().map(|capabilities| {
        let named = capabilities.iter().filter_map(Value::as_str);
        named.filter_map(ability).collect()
    });
}

fn ability(name: &str) -> Option<Ability> {
    match name {
        "vision" => Some(Ability::Images),
        "tools" => Some(Ability::Tools),
        "thinking" => Some(Ability::Reasoning),
        // `completion` is what all have here, and the others are not for a conversation.
        _ => None,
    }
}

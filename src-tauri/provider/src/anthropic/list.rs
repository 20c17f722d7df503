//! The list of models of Anthropic's API (`GET /v1/models`).

use crate::models::{Ability, ModelInfo, entries};
use serde_json::Value;

/// The models in `{"data": [{"id": …}]}`.
pub(super) fn read(list: &Value) -> Option<Vec<ModelInfo>> {
    Some(entries(list, "data")?.iter().filter_map(model).collect())
}

/// After the model that a page ends with come those of the next one ("List Models",
/// `has_more`, `last_id` and `after_id`).
pub(super) fn next_page(list: &Value) -> Option<(&'static str, String)> {
    let last = list["last_id"]
        .as_str()
        .filter(|_| list["has_more"] == true)?;
    Some(("after_id", last.to_owned()))
}

fn model(model: &Value) -> Option<ModelInfo> {
    Some(ModelInfo {
        id: model["id"].as_str()?.to_owned(),
        name: model["display_name"].as_str().map(str::to_owned),
        context_tokens: model["max_input_tokens"].as_u64(),
        abilities: abilities(&model["capabilities"]),
        price: None,
    })
}

/// After "ModelCapabilities" in the reference, which says nothing of tools: every model there
/// calls them ("Tool use").
fn abilities(capabilities: &Value) -> Option<Vec<Ability>> {
    let named = [
        ("image_input", Ability::Images),
        ("pdf_input", Ability::Documents),
        ("thinking", Ability::Reasoning),
    ];
    capabilities.as_object()?;
    let supported = |&(name, _): &(&str, Ability)| capabilities[name]["supported"] == true;
    let found = named.into_iter().filter(supported);
    let abilities = found.map(|(_, ability)| ability);
    Some(abilities.chain([Ability::Tools]).collect())
}

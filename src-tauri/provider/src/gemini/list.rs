//! The list of models of the Gemini API (`GET /v1beta/models`).

use crate::models::{ModelInfo, entries};
use serde_json::Value;

/// The models in `{"models": [{"name": "models/…"}]}` that answer; others embed or draw.
pub(crate) fn read(list: &Value) -> Option<Vec<ModelInfo>> {
    // In this API's JSON an empty list is left out.
    let is_empty = list.as_object().is_some_and(serde_json::Map::is_empty);
    let models = if is_empty {
        &[]
    } else {
        entries(list, "models")?
    };
    Some(models.iter().filter_map(model).collect())
}

/// A page names the next one ("Method: models.list", `nextPageToken`).
pub(crate) fn next_page(list: &Value) -> Option<(&'static str, String)> {
    let token = list["nextPageToken"].as_str().filter(|it| !it.is_empty())?;
    Some(("pageToken", token.to_owned()))
}

fn model(model: &Value) -> Option<ModelInfo> {
    let methods = model["supportedGenerationMethods"].as_array();
    if methods.is_some_and(|methods| !methods.iter().any(|method| method == "generateContent")) {
        return None;
    }
    let name = model["name"].as_str()?;
    Some(ModelInfo {
        id: name.strip_prefix("models/").unwrap_or(name).to_owned(),
        name: model["displayName"].as_str().map(str::to_owned),
        context_tokens: model["inputTokenLimit"].as_u64(),
        // It says who thinks, and nothing of images and tools; half a list would deny the rest.
        abilities: None,
        price: None,
    })
}

//! The list of models of OpenAI's API (`GET /models`), with what compatible servers add to it.

use crate::provider::models::ModelInfo;
use serde_json::Value;

/// The models in `{"data": [{"id": …}]}`, or in a bare array as Together sends it.
pub(in crate::provider) fn read(list: &Value) -> Option<Vec<ModelInfo>> {
    let list = list["data"].as_array().or_else(|| list.as_array())?;
    Some(list.iter().filter_map(model).collect())
}

fn model(model: &Value) -> Option<ModelInfo> {
    Some(ModelInfo {
        id: model["id"].as_str()?.to_owned(),
        ..ModelInfo::default()
    })
}

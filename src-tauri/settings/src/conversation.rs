//! How new conversations are answered.

use super::rules;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use tacet_conversation::{ConversationSettings, Effort, ModelRef, ToolChoice};
use ts_rs::TS;

/// What a new conversation starts with beside its model; later changes leave it as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ConversationDefaults {
    /// What the model is told before the first message; by default nothing.
    #[serde(deserialize_with = "instructions")]
    pub instructions: String,
    /// How freely the model chooses its words, from 0 to 2; by default as the provider likes.
    #[serde(deserialize_with = "temperature")]
    pub temperature: Option<f64>,
    /// How many tokens an answer may have at most; by default as many as the provider allows.
    #[serde(deserialize_with = "output_limit")]
    pub max_output_tokens: Option<u32>,
    /// How much models reason that `efforts` does not name: `off`, `low`, `medium`, `high` or
    /// `most`; by default as much as they do by themselves.
    pub effort: Option<Effort>,
    /// The same by model, as `PROVIDER/MODEL`; by default none.
    #[serde(with = "efforts")]
    #[ts(as = "BTreeMap<String, Effort>")]
    pub efforts: Vec<(ModelRef, Effort)>,
    /// The tools that it uses, each as `SERVER` or `SERVER/TOOL`; by default all that are offered.
    pub tools: Option<Vec<ToolChoice>>,
}

impl ConversationDefaults {
    /// What a new conversation with that model starts with.
    #[must_use]
    pub fn for_model(&self, model: ModelRef) -> ConversationSettings {
        ConversationSettings {
            assistant: None,
            effort: self.effort_of(&model).or(self.effort),
            model: Some(model),
            instructions: self.instructions.clone(),
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            tools: self.tools.clone(),
        }
    }

    fn effort_of(&self, model: &ModelRef) -> Option<Effort> {
        let named = self.efforts.iter().find(|(named, _)| named == model);
        named.map(|(_, effort)| *effort)
    }

    /// Keeps how much a model reasons in new conversations; `None` for what holds for all.
    pub fn set_effort(&mut self, model: ModelRef, effort: Option<Effort>) {
        self.efforts.retain(|(named, _)| *named != model);
        self.efforts.extend(effort.map(|effort| (model, effort)));
    }
}

fn instructions<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    rules::text(from, |text| {
        let settings = ConversationSettings {
            instructions: text.to_owned(),
            ..ConversationSettings::default()
        };
        settings.check().map(|()| settings.instructions)
    })
}

fn temperature<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    rules::number_or_null(from, |heat| {
        let settings = ConversationSettings {
            temperature: Some(heat),
            ..ConversationSettings::default()
        };
        settings.check().map(|()| heat)
    })
}

fn output_limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    rules::number_or_null(from, |limit| {
        let most = f64::from(u32::MAX);
        if limit.fract() != 0.0 || !(0.0..=most).contains(&limit) {
            return Err(format!(
                "{limit} is no limit: write a whole number of tokens"
            ));
        }
        let settings = ConversationSettings {
            // A whole number within the range.
            max_output_tokens: Some(limit as u32),
            ..ConversationSettings::default()
        };
        settings.check().map(|()| limit as u32)
    })
}

/// An object whose fields are models.
mod efforts {
    use super::{Deserializer, Effort, ModelRef};
    use serde::Serializer;
    use serde::de::{Error, MapAccess, Visitor};
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(
        efforts: &[(ModelRef, Effort)],
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_map(efforts.iter().map(|(model, effort)| (model, effort)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(ModelRef, Effort)>, D::Error> {
        from.deserialize_map(Efforts)
    }

    struct Efforts;

    impl<'de> Visitor<'de> for Efforts {
        type Value = Vec<(ModelRef, Effort)>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("models and their efforts in braces")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(name) = fields.next_key::<String>()? {
                let model = name.parse().map_err(A::Error::custom)?;
                all.push((model, fields.next_value()?));
            }
            Ok(all)
        }
    }
}

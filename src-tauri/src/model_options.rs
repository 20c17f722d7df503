//! The models that can be asked, as the picker shows them.

use crate::view::ModelOption;
use tacet_conversation::ModelRef;
use tacet_provider::{Controls, ModelInfo, stop_effect_of};
use tacet_settings::{Api, ProviderSettings, Settings};

/// The models of one provider: those of the settings, then those that its server lists.
pub fn model_options(
    settings: &Settings,
    provider: &ProviderSettings,
    listed: &[ModelInfo],
) -> Vec<ModelOption> {
    let mut names = provider.models.clone();
    // A model that was chosen is offered, also while its server is off.
    let chosen = settings
        .favourite_models
        .iter()
        .chain([&settings.default_model])
        .filter(|model| model.provider == provider.id)
        .map(|model| &model.model);
    for name in listed.iter().map(|model| &model.id).chain(chosen) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let option = |name| model_option(settings, provider, listed, name);
    names.into_iter().map(option).collect()
}

/// One model as the picker shows it.
pub fn model_option(
    settings: &Settings,
    provider: &ProviderSettings,
    listed: &[ModelInfo],
    name: String,
) -> ModelOption {
    let info = listed.iter().find(|model| model.id == name);
    let model = ModelRef {
        provider: provider.id.clone(),
        model: name,
    };
    let abilities = info.and_then(|info| info.abilities.clone());
    let controls = Controls::of(
        provider.api,
        provider.address(),
        &model.model,
        abilities.as_deref(),
    );
    ModelOption {
        efforts: controls.efforts,
        takes_temperature: controls.temperature,
        name: display_name(provider, &model.model, info),
        favourite: settings.favourite_models.contains(&model),
        model,
        provider_name: provider.name.clone(),
        stop_effect: stop_effect_of(provider),
        context_tokens: info.and_then(|info| info.context_tokens),
        abilities,
    }
}

fn display_name(provider: &ProviderSettings, model: &str, info: Option<&ModelInfo>) -> String {
    if provider.api == Api::Embedded && model == tacet_local::MODEL_ID {
        return tacet_local::MODEL_NAME.to_owned();
    }
    let listed = info.and_then(|info| info.name.clone());
    listed.unwrap_or_else(|| model.to_owned())
}

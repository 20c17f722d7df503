//! The providers that the settings name, made once each, and what of them the page may see.

use crate::view::{CommandError, KeyView, ModelOption, ProviderDraft, ProviderView, SettingsView};
use futures::FutureExt;
use futures::future::join_all;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tacet_core::provider::stop_effect_at;
use tacet_core::secret::{KeySource, SecretPlace, SecretStore};
use tacet_core::settings::{Api, ProviderSettings, Settings, SettingsFile};
use tacet_core::{
    ApiKey, Endpoint, ErrorCategory, ModelRef, Provider, ProviderError, Remote, StopEffect, WireApi,
};
use tacet_local::Embedded;

/// How long the picker waits for a server's list of models.
const LIST_LIMIT: Duration = Duration::from_secs(3);

/// The providers, with their settings and keys.
pub struct Providers {
    settings: SettingsFile,
    secrets: SecretStore,
    data_dir: PathBuf,
    embedded: Result<Arc<Embedded>, String>,
    /// One client a provider, so that connections are used again; dropped when its settings or
    /// its key change.
    clients: Mutex<HashMap<String, Remote>>,
    /// What servers list beside what the settings name.
    listed: Mutex<HashMap<String, Vec<String>>>,
}

impl Providers {
    /// The providers of `settings`. Nothing is contacted.
    pub fn new(settings: SettingsFile, data_dir: &Path, resource_dir: Option<&Path>) -> Self {
        let idle = Duration::from_secs(60 * u64::from(settings.settings().embedded_idle_minutes));
        let embedded = match tacet_local::find_model(resource_dir, data_dir) {
            Some(model) => tacet_local::own_executable()
                .map(|executable| Arc::new(Embedded::new(executable, &model, idle)))
                .map_err(|error| format!("Tacet's own executable was not found: {error}")),
            None => Err(format!(
                "The embedded model's file is missing. Put {} into {}, or choose another model.",
                tacet_local::MODEL_FILE_NAME,
                data_dir.join("models").display()
            )),
        };
        Self {
            settings,
            secrets: SecretStore::open(),
            data_dir: data_dir.to_owned(),
            embedded,
            clients: Mutex::default(),
            listed: Mutex::default(),
        }
    }

    /// The provider of a model, ready to be asked.
    ///
    /// # Errors
    /// In words for the person, when the settings do not name it or it cannot be used.
    pub async fn provider(&self, model: &ModelRef) -> Result<Arc<dyn Provider>, CommandError> {
        let settings = self.settings_of(&model.provider)?;
        match settings.api {
            Api::Embedded => match &self.embedded {
                Ok(embedded) => Ok(Arc::clone(embedded) as Arc<dyn Provider>),
                Err(problem) => Err(CommandError::invalid(problem)),
            },
            Api::OpenaiChat => Ok(Arc::new(self.client(&settings).await?)),
        }
    }

    /// Tries a provider as it was typed, without saving it: its models, or what is wrong.
    pub async fn test(
        &self,
        draft: ProviderDraft,
        key: Option<&str>,
    ) -> Result<(String, Vec<String>), String> {
        let wanted = draft.models.clone();
        let settings = provider_settings(draft);
        if settings.api == Api::Embedded {
            return match &self.embedded {
                Ok(_) => Ok(("The model is here.".to_owned(), settings.models)),
                Err(problem) => Err(problem.clone()),
            };
        }
        let client = match key {
            Some(key) => make_client(&self.settings.settings(), &settings, ApiKey::new(key)),
            None => {
                let key = self
                    .key_of(&settings)
                    .await
                    .map_err(|error| error.message)?;
                make_client(&self.settings.settings(), &settings, key)
            }
        };
        let check = async { client?.check(&wanted).await }.await;
        let check = check.map_err(|error| match error.provider_text {
            Some(text) => format!("{} The server says: {text}", error.message),
            None => error.message,
        })?;
        let message = match (&check.missing[..], check.models.len()) {
            ([], 1) => "It works. The server lists one model.".to_owned(),
            ([], count) => format!("It works. The server lists {count} models."),
            (missing, _) => format!(
                "It answers, but it does not list: {}. Asking for it may fail.",
                missing.join(", ")
            ),
        };
        let models = check.models.into_iter().map(|model| model.id);
        Ok((message, models.collect()))
    }

    /// Asks every configured server for its models.
    pub async fn refresh(&self) {
        let providers = self.settings.settings().providers;
        let lists = providers
            .into_iter()
            .filter(|provider| provider.api == Api::OpenaiChat)
            .map(|provider| async move {
                let client = self.client(&provider).await.ok()?;
                let listed = tokio::time::timeout(LIST_LIMIT, client.list_models()).await;
                // A server that is off keeps its old list; asking it says what is wrong.
                let listed = listed.ok()?.ok()?.into_iter().map(|model| model.id);
                Some((provider.id, listed.collect::<Vec<_>>()))
            });
        let lists = join_all(lists).await;
        lock(&self.listed).extend(lists.into_iter().flatten());
    }

    /// Changes the settings and saves them.
    ///
    /// # Errors
    /// When the file on disk cannot be read or written; nothing was changed then.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> Result<(), CommandError> {
        self.settings.change(change)?;
        lock(&self.clients).clear();
        Ok(())
    }

    /// Adds a provider, or replaces the one with the same id, and keeps or forgets its key:
    /// `None` leaves it as it is, an empty one forgets it.
    ///
    /// # Errors
    /// When the input is not right, or it cannot be saved.
    pub async fn save(&self, draft: ProviderDraft, key: Option<&str>) -> Result<(), CommandError> {
        let id = draft.id.clone();
        let new = provider_settings(draft);
        self.change(|settings| {
            let known = settings.providers.iter_mut().find(|old| old.id == new.id);
            match known {
                Some(old) => *old = new,
                None => settings.providers.push(new),
            }
        })?;
        lock(&self.listed).remove(&id);
        let kept = match key.map(ApiKey::new) {
            None => Ok(()),
            Some(None) => self.secrets.remove(&id).await,
            Some(Some(key)) => self.secrets.set(&id, key).await.map(drop),
        };
        lock(&self.clients).remove(&id);
        kept.map_err(|error| CommandError::invalid(error.to_string()))
    }

    /// Takes a provider and its key away. Its conversations stay.
    ///
    /// # Errors
    /// When it cannot be saved, or the keychain refuses.
    pub async fn remove(&self, id: &str) -> Result<(), CommandError> {
        self.change(|settings| settings.providers.retain(|provider| provider.id != id))?;
        self.secrets
            .remove(id)
            .await
            .map_err(|error| CommandError::invalid(error.to_string()))
    }

    /// The settings as far as they are known at once: keys are not looked at.
    pub fn view(&self) -> SettingsView {
        let place = self.secrets.place().now_or_never();
        self.view_with(place.unwrap_or(SecretPlace::Memory), &HashMap::new())
    }

    /// The settings with what the keychain says.
    pub async fn view_with_keys(&self) -> SettingsView {
        let providers = self.settings.settings().providers;
        let keys = join_all(providers.into_iter().map(|provider| async move {
            let variable = provider.api_key_env.as_deref();
            let view = match self.secrets.resolve(&provider.id, variable).await {
                Ok(Some((_, KeySource::Environment))) => KeyView::Environment,
                Ok(Some((_, KeySource::Keychain | KeySource::Memory))) => KeyView::Stored,
                Ok(None) | Err(_) => KeyView::None,
            };
            (provider.id, view)
        }));
        let keys = keys.await.into_iter().collect();
        self.view_with(self.secrets.place().await, &keys)
    }

    fn view_with(&self, place: SecretPlace, keys: &HashMap<String, KeyView>) -> SettingsView {
        let listed = lock(&self.listed).clone();
        let settings = self.settings.settings();
        let mut models = Vec::new();
        let mut providers = Vec::new();
        for provider in &settings.providers {
            let stop_effect = stop_effect(provider);
            let mut names = provider.models.clone();
            // A model that was chosen is offered, also while its server is off.
            let chosen = Some(&settings.default_model)
                .filter(|model| model.provider == provider.id)
                .map(|model| &model.model);
            for name in listed.get(&provider.id).into_iter().flatten().chain(chosen) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            models.extend(names.into_iter().map(|model| ModelOption {
                name: display_name(provider, &model),
                model: ModelRef {
                    provider: provider.id.clone(),
                    model,
                },
                provider_name: provider.name.clone(),
                stop_effect,
            }));
            providers.push(ProviderView {
                id: provider.id.clone(),
                name: provider.name.clone(),
                api: provider.api,
                base_url: provider.base_url.clone(),
                models: provider.models.clone(),
                api_key_env: provider.api_key_env.clone(),
                key: keys.get(&provider.id).copied().unwrap_or(KeyView::None),
                stop_effect,
                problem: match provider.api {
                    Api::Embedded => self.embedded.as_ref().err().cloned(),
                    Api::OpenaiChat => None,
                },
            });
        }
        SettingsView {
            default_model: settings.default_model.clone(),
            providers,
            models,
            theme: settings.theme,
            key_place: place,
            data_dir: self.data_dir.display().to_string(),
            problem: self.settings.problem().map(|problem| problem.to_string()),
        }
    }

    fn settings_of(&self, id: &str) -> Result<ProviderSettings, CommandError> {
        self.settings.settings().provider(id).cloned().ok_or_else(|| {
            CommandError::invalid(format!(
                "The settings name no provider \"{id}\". Choose another model, or add it in the \
                 settings. Nothing was sent."
            ))
        })
    }

    async fn client(&self, provider: &ProviderSettings) -> Result<Remote, CommandError> {
        let known = lock(&self.clients).get(&provider.id).cloned();
        if let Some(client) = known {
            return Ok(client);
        }
        let key = self.key_of(provider).await?;
        let client = make_client(&self.settings.settings(), provider, key)
            .map_err(|error| CommandError::invalid(error.message))?;
        lock(&self.clients).insert(provider.id.clone(), client.clone());
        Ok(client)
    }

    async fn key_of(&self, provider: &ProviderSettings) -> Result<Option<ApiKey>, CommandError> {
        let variable = provider.api_key_env.as_deref();
        match self.secrets.resolve(&provider.id, variable).await {
            Ok(found) => Ok(found.map(|(key, _)| key)),
            Err(error) => Err(CommandError::invalid(error.to_string())),
        }
    }
}

fn make_client(
    limits: &Settings,
    provider: &ProviderSettings,
    key: Option<ApiKey>,
) -> Result<Remote, ProviderError> {
    let Some(base_url) = &provider.base_url else {
        return Err(ProviderError::new(
            ErrorCategory::BadRequest,
            format!("{} has no address. Add one in the settings.", provider.name),
        ));
    };
    Remote::new(
        WireApi::OpenaiChat,
        &Endpoint {
            connect_timeout: Duration::from_secs(limits.connect_timeout_seconds.into()),
            idle_timeout: Duration::from_secs(limits.idle_timeout_seconds.into()),
            ..Endpoint::new(base_url, key)
        },
    )
}

fn provider_settings(draft: ProviderDraft) -> ProviderSettings {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    ProviderSettings {
        id: draft.id,
        name: draft.name,
        api: draft.api,
        base_url: filled(draft.base_url),
        models: draft.models,
        api_key_env: filled(draft.api_key_env),
    }
}

fn stop_effect(provider: &ProviderSettings) -> StopEffect {
    match (provider.api, &provider.base_url) {
        (Api::Embedded, _) => StopEffect::Local,
        (Api::OpenaiChat, Some(base_url)) => stop_effect_at(base_url),
        (Api::OpenaiChat, None) => StopEffect::Unknown,
    }
}

fn display_name(provider: &ProviderSettings, model: &str) -> String {
    match provider.api {
        Api::Embedded if model == tacet_local::MODEL_ID => tacet_local::MODEL_NAME.to_owned(),
        Api::Embedded | Api::OpenaiChat => model.to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking holder left is still a map.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The providers that the settings name, made once each, and what of them the page may see.

mod check;

use crate::clients::Clients;
use crate::model_options::{model_option, model_options};
use crate::mutex::lock;
use crate::view::{
    CommandError, FoundServer, KeyView, ModelOption, ProviderDraft, ProviderView, SettingsView,
};
use futures::FutureExt;
use futures::future::join_all;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tacet_conversation::{ErrorCategory, ModelRef, ProviderError, now};
use tacet_local::Embedded;
use tacet_provider::{
    Ability, ModelInfo, Provider, Remote, discovery, is_own_server, pasted_key, price::Prices,
};
use tacet_settings::{
    Api, ApiKey, ProviderSettings, Settings, SettingsFile, Titles,
    secret::{KeySource, Resolved, SecretError, SecretPlace, SecretStore, Wanted},
};
use tacet_store::Store;
use tacet_turn::remember_refusals;

/// How long the picker waits for a server's list of models.
const LIST_LIMIT: Duration = Duration::from_secs(3);

/// The providers, with their settings and keys.
pub struct Providers {
    settings: Arc<SettingsFile>,
    secrets: SecretStore,
    /// Where it is kept what servers refused.
    store: Store,
    data_dir: PathBuf,
    embedded: Result<Arc<Embedded>, String>,
    clients: Clients,
    /// What is known of the keys, by provider: the keychain is slow, and may ask the person.
    keys: Mutex<HashMap<String, (KeyView, Option<String>)>>,
    /// What models cost: shared by all clients, so that it outlives each.
    prices: Arc<Prices>,
    /// What servers list beside what the settings name.
    listed: Mutex<HashMap<String, Vec<ModelInfo>>>,
}

impl Providers {
    /// The providers of `settings`. Nothing is contacted.
    pub fn new(
        settings: SettingsFile,
        prices: Prices,
        store: Store,
        data_dir: &Path,
        resource_dir: Option<&Path>,
    ) -> Self {
        let idle = Duration::from_secs(60 * u64::from(settings.settings().embedded_idle_minutes));
        let embedded = match tacet_local::find_model(resource_dir, data_dir) {
            Some(model) => tacet_local::own_executable()
                .map(|executable| Arc::new(Embedded::new(executable, &model, idle)))
                .map_err(|error| format!("Tacet's own executable was not found: {error}")),
            None => Err(format!(
                "The built-in model's file is missing. Put {} into {}, or choose another model.",
                tacet_local::MODEL_FILE_NAME,
                data_dir.join("models").display()
            )),
        };
        Self {
            settings: Arc::new(settings),
            secrets: SecretStore::open(),
            store,
            data_dir: data_dir.to_owned(),
            embedded,
            clients: Clients::default(),
            keys: Mutex::default(),
            prices: Arc::new(prices),
            listed: Mutex::default(),
        }
    }

    /// The settings file.
    pub fn settings(&self) -> &Arc<SettingsFile> {
        &self.settings
    }

    /// Whether the close button leaves the app in the tray.
    pub fn keeps_in_tray(&self) -> bool {
        self.settings.settings().keep_in_tray
    }

    /// Where keys and other secrets are.
    pub fn secrets(&self) -> &SecretStore {
        &self.secrets
    }

    /// What models cost.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Who gives a new conversation its title that this model answers. The model inside the app is too
    /// small for that.
    pub fn titles(&self, model: &ModelRef) -> Titles {
        let settings = self.settings.settings();
        match &settings.titles {
            Titles::Model if is_embedded(&settings, model) => Titles::FirstWords,
            Titles::Chosen(chosen) if is_embedded(&settings, chosen) => Titles::FirstWords,
            titles @ (Titles::FirstWords | Titles::Model | Titles::Chosen(_)) => titles.clone(),
        }
    }

    /// Whether a model is at a server of somebody's own, which may have room for one conversation only.
    pub fn is_own_server(&self, model: &ModelRef) -> bool {
        let settings = self.settings.settings();
        let address = settings
            .provider(&model.provider)
            .and_then(|it| it.address());
        address.is_some_and(is_own_server)
    }

    /// Whether a model may be offered tools: not where its server says that it calls none, and not
    /// the model inside the app.
    pub fn calls_tools(&self, model: &ModelRef) -> bool {
        if is_embedded(&self.settings.settings(), model) {
            return false;
        }
        let listed = lock(&self.listed);
        let info = listed
            .get(&model.provider)
            .and_then(|models| models.iter().find(|info| info.id == model.model));
        let abilities = info.and_then(|info| info.abilities.as_ref());
        abilities.is_none_or(|known| known.contains(&Ability::Tools))
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
            Api::OpenaiChat
            | Api::OpenaiResponses
            | Api::Anthropic
            | Api::Gemini
            | Api::GeminiInteractions
            | Api::Ollama => Ok(Arc::new(self.client(&settings).await?)),
        }
    }

    /// Asks every configured server for its models.
    pub async fn refresh(&self) {
        let providers = self.settings.settings().providers;
        let lists = providers
            .into_iter()
            .filter(|provider| provider.api != Api::Embedded)
            .map(|provider| async move {
                let client = self.client(&provider).await.ok()?;
                let listed = tokio::time::timeout(LIST_LIMIT, client.list_models()).await;
                // A server that is off keeps its old list; asking it says what is wrong.
                Some((provider.id, listed.ok()?.ok()?))
            });
        let lists = join_all(lists).await;
        lock(&self.listed).extend(lists.into_iter().flatten());
    }

    /// The servers on this computer that no provider of the settings uses, with their models.
    pub async fn discover(&self) -> Vec<FoundServer> {
        let candidates = discovery::candidates(&self.settings.settings().providers);
        let found = discovery::discover(candidates, discovery::LIMIT).await;
        found.into_iter().map(FoundServer::from).collect()
    }

    /// Changes the settings and saves them.
    ///
    /// # Errors
    /// When the file on disk cannot be read or written; nothing was changed then.
    pub async fn change(
        &self,
        change: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Result<(), CommandError> {
        let settings = Arc::clone(&self.settings);
        // It waits for the disk.
        let changing = tokio::task::spawn_blocking(move || settings.change(change));
        changing.await.map_err(broken_off)??;
        Ok(())
    }

    /// The same, and the settings as they are then.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn changed(
        &self,
        change: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Result<SettingsView, CommandError> {
        self.change(change).await?;
        Ok(self.view_with_keys().await)
    }

    /// The client of a provider: its certificates are read, and those of the system.
    async fn connect(
        &self,
        provider: &ProviderSettings,
        limits: &Settings,
        key: Option<ApiKey>,
    ) -> Result<Remote, ProviderError> {
        let variable = |name: &str| std::env::var(name).ok();
        let provider = provider.clone().with_values(&self.secrets, variable).await;
        let provider = provider.map_err(|error| {
            ProviderError::new(ErrorCategory::Authentication, error.to_string())
        })?;
        let limits = limits.clone();
        let data_dir = self.data_dir.clone();
        let connecting = tokio::task::spawn_blocking(move || {
            Remote::configured(&provider, &limits, &data_dir, key)
        });
        let connected = connecting.await;
        connected.map_err(|error| {
            ProviderError::new(ErrorCategory::BadRequest, broken_off(error).message)
        })?
    }

    /// Adds a provider, or replaces the one with the same id, and keeps or forgets its key:
    /// `None` leaves it as it is, an empty one forgets it. A key is for the origin that it is
    /// saved with: at another it has to be entered again.
    ///
    /// # Errors
    /// When the input is not right, or it cannot be saved.
    pub async fn save(&self, draft: ProviderDraft, key: Option<&str>) -> Result<(), CommandError> {
        let id = draft.id.clone();
        let before = self.settings.settings().provider(&id).cloned();
        let new = provider_settings(draft, before.as_ref());
        refuse_pasted_key(&new).map_err(CommandError::invalid)?;
        new.check_values()
            .map_err(|reason| CommandError::invalid(format!("This cannot be saved: {reason}.")))?;
        let (new, _) = new.keep_values(&self.secrets).await?;
        let origin = new.origin();
        if let Some(old) = before
            .as_ref()
            .and_then(ProviderSettings::origin)
            .filter(|old| Some(old) != origin.as_ref())
        {
            // A key from before origins were kept would else become that of the new address.
            self.secrets.bind(&id, &old).await?;
        }
        let saved = new.clone();
        self.change(move |settings| {
            let known = settings.providers.iter_mut().find(|old| old.id == new.id);
            match known {
                Some(old) => *old = new,
                None => settings.providers.push(new),
            }
        })
        .await?;
        lock(&self.listed).remove(&id);
        if let Some(before) = before {
            before.forget_values(&self.secrets, Some(&saved)).await?;
        }
        let kept = match (key.map(ApiKey::new), origin) {
            (None, _) | (Some(Some(_)), None) => Ok(()),
            (Some(None), _) => self.secrets.remove(&id).await,
            (Some(Some(key)), Some(origin)) => self.secrets.set(&id, &origin, key).await.map(drop),
        };
        self.forget(&id);
        Ok(kept?)
    }

    /// Takes a provider and its key away. Its conversations stay.
    ///
    /// # Errors
    /// When it cannot be saved, or the keychain keeps the key: the provider stays then, so that
    /// its key can still be removed.
    pub async fn remove(&self, id: &str) -> Result<(), CommandError> {
        if let Some(problem) = self.settings.problem() {
            return Err(problem.into());
        }
        self.secrets.remove(id).await?;
        if let Some(provider) = self.settings.settings().provider(id).cloned() {
            provider.forget_values(&self.secrets, None).await?;
        }
        let removed = id.to_owned();
        self.change(move |settings| settings.providers.retain(|provider| provider.id != removed))
            .await?;
        self.store.forget_refusals(id);
        self.forget(id);
        Ok(())
    }

    /// Drops what depends on a provider's key.
    fn forget(&self, id: &str) {
        self.clients.remove(id);
        lock(&self.keys).remove(id);
    }

    /// The settings as far as they are known at once: keys are not looked at.
    pub fn view(&self) -> SettingsView {
        let place = self.secrets.place().now_or_never();
        self.view_with(place.unwrap_or(SecretPlace::Memory))
    }

    /// The settings with what the keychain says of the keys now.
    pub async fn view_with_keys(&self) -> SettingsView {
        let mut providers = self.settings.settings().providers;
        providers.retain(|one| one.api != Api::Embedded);
        // What the keychain refuses is told when the provider is used.
        join_all(providers.iter().map(|provider| self.key_of(provider))).await;
        self.view_with(self.secrets.place().await)
    }

    fn view_with(&self, place: SecretPlace) -> SettingsView {
        let settings = self.settings.settings();
        let keys = lock(&self.keys);
        let listed = lock(&self.listed);
        let providers = settings.providers.iter().map(|provider| ProviderView {
            key: keys
                .get(&provider.id)
                .map_or(KeyView::None, |(view, _)| *view),
            key_origin: keys
                .get(&provider.id)
                .and_then(|(_, origin)| origin.clone()),
            problem: (self.embedded.as_ref().err())
                .filter(|_| provider.api == Api::Embedded)
                .cloned(),
            ..ProviderView::from(provider)
        });
        let models = settings.providers.iter().flat_map(|provider| {
            let listed = listed.get(&provider.id).map_or(&[][..], Vec::as_slice);
            model_options(&settings, provider, listed)
        });
        SettingsView {
            default_model: settings.default_model.clone(),
            conversation: settings.conversation.clone(),
            assistants: settings.assistants.clone(),
            default_assistant: (settings.default_assistant.clone())
                .filter(|id| settings.assistants.iter().any(|known| known.id == *id)),
            prompts: settings.prompts.clone(),
            titles: settings.titles.clone(),
            first_word_timeout_seconds: settings.first_word_timeout_seconds,
            providers: providers.collect(),
            models: models.collect(),
            theme: settings.theme,
            key_place: place,
            data_dir: self.data_dir.display().to_string(),
            problem: self.settings.problem().map(|problem| problem.to_string()),
        }
    }

    /// A model as the picker would list it; `None` where the settings do not name its provider.
    pub fn model_option(&self, model: &ModelRef) -> Option<ModelOption> {
        let settings = self.settings.settings();
        let provider = settings.provider(&model.provider)?;
        let listed = lock(&self.listed);
        let listed = listed.get(&provider.id).map_or(&[][..], Vec::as_slice);
        Some(model_option(
            &settings,
            provider,
            listed,
            model.model.clone(),
        ))
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
        let limits = self.settings.settings();
        if let Some(client) = self.clients.find(provider, &limits) {
            return Ok(client);
        }
        let key = self.key_of(provider).await?;
        let client = self
            .connect(provider, &limits, key)
            .await
            .map_err(|error| CommandError::invalid(error.message))?
            .with_prices(Arc::clone(&self.prices));
        let client = remember_refusals(&self.store, provider, client, now).await;
        self.clients.keep(provider, &limits, client.clone());
        Ok(client)
    }

    /// The key of a provider; what is found out about it is remembered for the page.
    async fn key_of(&self, provider: &ProviderSettings) -> Result<Option<ApiKey>, CommandError> {
        let found = self.secrets_of(provider).await;
        let view = match &found {
            Ok(Resolved {
                key: Some((_, KeySource::Environment)),
                ..
            }) => KeyView::Environment,
            Ok(Resolved {
                key: Some((_, KeySource::Keychain | KeySource::Memory)),
                ..
            }) => KeyView::Stored,
            Ok(Resolved {
                saved_for: Some(_), ..
            }) => KeyView::Stored,
            Err(SecretError::Locked) => KeyView::Locked,
            Ok(Resolved {
                key: None,
                saved_for: None,
            })
            | Err(SecretError::Refused(_) | SecretError::Gone) => KeyView::None,
        };
        let saved_for = found
            .as_ref()
            .ok()
            .and_then(|found| found.saved_for.clone());
        lock(&self.keys).insert(provider.id.clone(), (view, saved_for));
        Ok(found?.key.map(|(key, _)| key))
    }

    async fn resolve(&self, provider: &ProviderSettings) -> Result<Resolved, CommandError> {
        Ok(self.secrets_of(provider).await?)
    }

    async fn secrets_of(&self, provider: &ProviderSettings) -> Result<Resolved, SecretError> {
        let Some(origin) = provider.origin() else {
            return Ok(Resolved::default());
        };
        let settings = self.settings.settings();
        let standing = settings
            .provider(&provider.id)
            .and_then(ProviderSettings::origin);
        let wanted = Wanted {
            provider: &provider.id,
            origin: &origin,
            standing: standing.as_deref(),
            api_key_env: provider.api_key_env.as_deref(),
        };
        self.secrets.resolve(wanted).await
    }
}

/// Refuses an address with a key inside: it would be written into the settings file as it is.
fn refuse_pasted_key(provider: &ProviderSettings) -> Result<(), String> {
    match provider.base_url.as_deref().and_then(pasted_key) {
        None => Ok(()),
        Some(found) => Err(format!(
            "There is a key in this address, and addresses are saved where anybody can read them. \
             Put the key in the key field, and write {} as the address. Nothing was saved or sent.",
            found.address
        )),
    }
}

/// What is said of work on another thread that panicked.
fn broken_off(error: tokio::task::JoinError) -> CommandError {
    CommandError::invalid(format!(
        "This could not be done: {error}. Nothing was changed or sent. Try again."
    ))
}

/// Whether a model is the one inside the app.
fn is_embedded(settings: &Settings, model: &ModelRef) -> bool {
    let provider = settings.provider(&model.provider);
    provider.is_some_and(|provider| provider.api == Api::Embedded)
}

/// A provider as it was typed. What is to stay of `before` is what stands there.
fn provider_settings(draft: ProviderDraft, before: Option<&ProviderSettings>) -> ProviderSettings {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let headers = draft.headers.into_iter().filter_map(|(name, value)| {
        let kept = || before?.headers.get(&name).cloned();
        let value = value.or_else(kept)?;
        Some((name, value))
    });
    let kept = || before?.proxy.clone();
    ProviderSettings {
        id: draft.id,
        name: draft.name,
        api: draft.api,
        base_url: filled(draft.base_url),
        models: draft.models,
        api_key_env: filled(draft.api_key_env),
        headers: headers.collect(),
        proxy: filled(draft.proxy.or_else(kept)).map(|proxy| proxy.trim().to_owned()),
        on_stop: draft.on_stop,
        ca_certificate: filled(draft.ca_certificate),
        background: draft.background,
        hosted_tools: draft.hosted_tools,
        count_on_stop: draft.count_on_stop,
        local: draft.local,
        allow_unencrypted: draft.allow_unencrypted,
    }
}

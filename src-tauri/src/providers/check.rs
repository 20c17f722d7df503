//! The test of a provider as it is typed: whether it answers, and what helps where it does not.

use super::{LIST_LIMIT, Providers, provider_settings, refuse_pasted_key};
use crate::view::{CommandError, ProviderDraft, ProviderTest};
use tacet_conversation::{ErrorCategory, ProviderError};
use tacet_provider::{WireApi, alternatives};
use tacet_settings::{Api, ApiKey, ProviderSettings};

impl Providers {
    /// Tries a provider as it was typed, without saving it: its models, or what is wrong.
    pub async fn test(&self, draft: ProviderDraft, key: Option<&str>) -> ProviderTest {
        match self.check(draft, key).await {
            Ok((message, models)) => ProviderTest {
                ok: true,
                message,
                models,
                suggestion: None,
            },
            Err((message, suggestion)) => ProviderTest {
                ok: false,
                message,
                models: Vec::new(),
                suggestion,
            },
        }
    }

    /// The error is what is wrong, and perhaps an address at which the server does answer.
    async fn check(
        &self,
        draft: ProviderDraft,
        key: Option<&str>,
    ) -> Result<(String, Vec<String>), (String, Option<String>)> {
        let limits = self.settings.settings();
        let standing = limits.provider(&draft.id).cloned();
        let settings = provider_settings(draft, standing.as_ref());
        refuse_pasted_key(&settings).map_err(|message| (message, None))?;
        let checked = settings.check_values();
        checked.map_err(|reason| (format!("This cannot be used: {reason}."), None))?;
        let same = standing.filter(|standing| standing.origin() == settings.origin());
        if let Some(field) = settings.new_reference(same.as_ref()) {
            let message = format!(
                "The environment is read for {field} only once this is saved. Nothing was sent."
            );
            return Err((message, None));
        }
        if settings.api == Api::Embedded {
            return match &self.embedded {
                Ok(_) => Ok(("The model is here.".to_owned(), settings.models)),
                Err(problem) => Err((problem.clone(), None)),
            };
        }
        let (key, note) = match key {
            Some(key) => (ApiKey::new(key), None),
            None => self
                .key_for_test(&settings)
                .await
                .map_err(|error| (error.message, None))?,
        };
        let check = async {
            let client = self.connect(&settings, &limits, key.clone()).await?;
            client.check(&settings.models).await
        };
        let check = match check.await {
            Ok(check) => check,
            Err(error) => {
                let mut message = told(&error);
                if error.category == ErrorCategory::Authentication {
                    message = [Some(message), note]
                        .into_iter()
                        .flatten()
                        .collect::<Vec<_>>()
                        .join(" ");
                }
                let misled = matches!(
                    error.category,
                    ErrorCategory::WrongAddress | ErrorCategory::Protocol
                );
                let other = if misled {
                    self.other_address(&settings, key).await
                } else {
                    None
                };
                if let Some(other) = &other {
                    message = format!("The server answers at {other}, and not at this address.");
                }
                return Err((message, other));
            }
        };
        let message = match (&check.missing[..], check.models.len()) {
            _ if !check.has_list => "Reachable. This server has no list of models: type the \
                                     model's name."
                .to_owned(),
            ([], 0) => "It answers, and its list of models is empty. Load a model there, or type \
                        the model's name."
                .to_owned(),
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

    /// The key for a form under test, and what to say where there may be one that it did not get:
    /// a saved key goes only to the origin that it was saved for, and the environment is read only
    /// for a provider as it stands in the settings.
    async fn key_for_test(
        &self,
        draft: &ProviderSettings,
    ) -> Result<(Option<ApiKey>, Option<String>), CommandError> {
        let settings = self.settings.settings();
        let stands = settings.provider(&draft.id).is_some_and(|standing| {
            standing.api_key_env == draft.api_key_env && standing.origin() == draft.origin()
        });
        let tried = ProviderSettings {
            api_key_env: draft.api_key_env.clone().filter(|_| stands),
            ..draft.clone()
        };
        let resolved = self.resolve(&tried).await?;
        let note = match (&draft.api_key_env, resolved.saved_for) {
            _ if resolved.key.is_some() => None,
            (Some(name), _) if !stands => Some(format!(
                "The environment variable {name} is read only once this is saved."
            )),
            (_, Some(origin)) => Some(format!(
                "The saved key is for {origin} and was not sent. Enter the key for this address."
            )),
            (_, None) => None,
        };
        Ok((resolved.key.map(|(key, _)| key), note))
    }

    /// Another form of the address, where the server answers there.
    async fn other_address(
        &self,
        settings: &ProviderSettings,
        key: Option<ApiKey>,
    ) -> Option<String> {
        let limits = self.settings.settings();
        for other in alternatives(WireApi::of(settings.api)?, settings.address()?) {
            let moved = ProviderSettings {
                base_url: Some(other.clone()),
                ..settings.clone()
            };
            let client = self.connect(&moved, &limits, key.clone()).await.ok()?;
            let listed = tokio::time::timeout(LIST_LIMIT, client.list_models()).await;
            if matches!(listed, Ok(Ok(_))) {
                return Some(other);
            }
        }
        None
    }
}

/// An error with what the server says, which often helps more.
fn told(error: &ProviderError) -> String {
    match &error.provider_text {
        Some(text) => format!("{} The server says: {text}", error.message),
        None => error.message.clone(),
    }
}

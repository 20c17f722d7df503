//! What is secret of providers beside their keys: the values of `headers` and `proxy`, in the keychain
//! with a reference in the file.

use crate::reference::{self, IN_KEYCHAIN, Named, Unresolved};
use crate::rules;
use crate::secret::{SecretError, SecretPlace, SecretStore};
use crate::{DIRECT, ProviderSettings};

/// Why a provider cannot be asked. Its words never hold a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderSecretError {
    /// The keychain has no such value, or not for this address.
    #[error(
        "The value of {field} of {provider} is not in the keychain, or was saved for another \
         address. Enter it again in the settings. Nothing was sent."
    )]
    Missing {
        /// The provider's name.
        provider: String,
        /// The header, or `proxy`.
        field: String,
    },
    /// The app's environment has no such variable.
    #[error(
        "{field} of {provider} is to be the environment variable {variable}, which is not set. Set \
         it and start Tacet again, or enter the value in the settings. Nothing was sent."
    )]
    Unset {
        /// The provider's name.
        provider: String,
        /// The header, or `proxy`.
        field: String,
        /// The variable of the app's environment.
        variable: String,
    },
    /// The keychain refused.
    #[error("{error} It is needed for {field} of {provider}.")]
    Keychain {
        /// The provider's name.
        provider: String,
        /// The header, or `proxy`.
        field: String,
        /// What the keychain said.
        error: SecretError,
    },
}

/// As the file calls them.
const HEADERS: &str = "headers";
const PROXY: &str = "proxy";

/// The keychain's name of a value. Ids of providers, by which their keys go, have no `/`.
fn account(id: &str, kind: &str, field: &str) -> String {
    format!("provider/{id}/{kind}/{field}")
}

impl ProviderSettings {
    /// Whom its values may be shown to: its origin.
    fn shown_to(&self) -> String {
        self.origin().unwrap_or_default()
    }

    /// Whether its headers and its proxy can be used.
    ///
    /// # Errors
    /// What is wrong with them, in words that fit behind a colon. No value is repeated.
    pub fn check_values(&self) -> Result<(), String> {
        for (place, name) in self.headers.keys().enumerate() {
            rules::header_name(name)?;
            let mut before = self.headers.keys().take(place);
            if before.any(|other| other.eq_ignore_ascii_case(name)) {
                return Err(format!("the header \"{name}\" is there twice"));
            }
        }
        match &self.proxy {
            Some(proxy) => rules::proxy(proxy),
            None => Ok(()),
        }
    }

    /// The header, or `proxy`, whose value is to come from the app's environment and is not so in
    /// `standing`.
    #[must_use]
    pub fn new_reference(&self, standing: Option<&Self>) -> Option<String> {
        let stands = |value: &(&'static str, &str, &String)| {
            standing.is_some_and(|standing| standing.values().any(|known| known == *value))
        };
        let mut values = self.values();
        let found = values.find(|value| reference::is_of_environment(value.2) && !stands(value));
        found.map(|(_, field, _)| field.to_owned())
    }

    /// Puts each value of `headers` and `proxy` into the keychain, or into memory where there is
    /// none, and a reference in its place. What is empty or a reference already stays.
    ///
    /// # Errors
    /// When the keychain refuses; values that it took before stay there, and `self` is to be saved
    /// in no case.
    pub async fn keep_values(
        mut self,
        store: &SecretStore,
    ) -> Result<(Self, SecretPlace), SecretError> {
        let (shown_to, id) = (self.shown_to(), self.id.clone());
        let place = reference::keep_all(self.named(&id), store, &shown_to).await?;
        Ok((self, place))
    }

    /// The provider with each reference replaced by its value. It must not be saved or shown.
    ///
    /// # Errors
    /// Says which value is missing, and what helps.
    pub async fn with_values(
        mut self,
        store: &SecretStore,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ProviderSecretError> {
        let (shown_to, id, provider) = (self.shown_to(), self.id.clone(), self.name.clone());
        let values = self.named(&id);
        let resolved = reference::resolve_all(values, store, &shown_to, environment).await;
        match resolved {
            Ok(()) => Ok(self),
            Err((field, Unresolved::Missing)) => {
                Err(ProviderSecretError::Missing { provider, field })
            }
            Err((field, Unresolved::Unset(variable))) => Err(ProviderSecretError::Unset {
                provider,
                field,
                variable,
            }),
            Err((field, Unresolved::Keychain(error))) => Err(ProviderSecretError::Keychain {
                provider,
                field,
                error,
            }),
        }
    }

    /// Forgets the values that the keychain keeps for a provider which is taken out of the settings,
    /// or that it has and `instead` has not.
    ///
    /// # Errors
    /// When the keychain refuses; what it still has stays.
    pub async fn forget_values(
        &self,
        store: &SecretStore,
        instead: Option<&Self>,
    ) -> Result<(), SecretError> {
        let stays = |kind: &str, field: &str| {
            let mut kept = instead.iter().flat_map(|instead| instead.values());
            kept.any(|it| (it.0, it.1) == (kind, field))
        };
        for (kind, field, value) in self.values() {
            if value == IN_KEYCHAIN && !stays(kind, field) {
                store.remove(&account(&self.id, kind, field)).await?;
            }
        }
        Ok(())
    }

    /// All values that may be secret, with their kind and name.
    fn values(&self) -> impl Iterator<Item = (&'static str, &str, &String)> {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (HEADERS, name.as_str(), value));
        let proxy = self.proxy.iter().filter(|value| is_secret(value));
        headers.chain(proxy.map(|value| (PROXY, PROXY, value)))
    }

    /// The same to be changed, with the keychain's names of them; `id` is that of the provider.
    fn named(&mut self, id: &str) -> impl Iterator<Item = Named<'_>> {
        let headers = self.headers.iter_mut();
        let headers = headers.map(|(name, value)| (HEADERS, name.as_str(), value));
        let proxy = self.proxy.iter_mut().filter(|value| is_secret(value));
        let values = headers.chain(proxy.map(|value| (PROXY, PROXY, value)));
        values.map(move |(kind, field, value)| Named {
            account: account(id, kind, field),
            field,
            value,
        })
    }
}

/// That there is to be no proxy is no secret.
fn is_secret(proxy: &str) -> bool {
    proxy != DIRECT
}

//! Values that may be secret and stand in the file as a reference to where they are.

use crate::ApiKey;
use crate::secret::{SecretError, SecretPlace, SecretStore, Wanted};

/// What stands in the file for a value that the keychain keeps.
pub const IN_KEYCHAIN: &str = "${keychain}";

/// Why a value is not to be had.
pub(crate) enum Unresolved {
    /// The keychain has none of that account, or not for whom it would be shown to.
    Missing,
    /// The app's environment has no such variable.
    Unset(String),
    /// The keychain refused.
    Keychain(SecretError),
}

/// Whether a value is a reference, and not the value itself.
pub(crate) fn is_reference(value: &str) -> bool {
    value == IN_KEYCHAIN || variable(value).is_some()
}

/// Whether a value is to come from the app's environment.
pub(crate) fn is_of_environment(value: &str) -> bool {
    variable(value).is_some()
}

/// Whether a value stands there itself.
pub(crate) fn is_clear(value: &str) -> bool {
    !value.trim().is_empty() && !is_reference(value)
}

/// The variable of the app's environment that a value refers to.
fn variable(value: &str) -> Option<&str> {
    value.strip_prefix("${env:")?.strip_suffix('}')
}

/// A value that may be secret, with the keychain's name of it.
pub(crate) struct Named<'a> {
    pub account: String,
    /// As the person knows it.
    pub field: &'a str,
    pub value: &'a mut String,
}

/// Puts each value into the keychain, or into memory where there is none, and a reference in its
/// place; answers where they are. What is empty or a reference already stays.
pub(crate) async fn keep_all(
    values: impl Iterator<Item = Named<'_>>,
    store: &SecretStore,
    shown_to: &str,
) -> Result<SecretPlace, SecretError> {
    let mut place = SecretPlace::Keychain;
    for Named { account, value, .. } in values {
        match keep(value, store, &account, shown_to).await? {
            None | Some(SecretPlace::Keychain) => {}
            Some(kept) => place = kept,
        }
    }
    Ok(place)
}

/// Puts each value in the place of a reference to it. None of them must be saved or shown after
/// that. The error names the field whose value is not to be had.
pub(crate) async fn resolve_all(
    values: impl Iterator<Item = Named<'_>>,
    store: &SecretStore,
    shown_to: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(), (String, Unresolved)> {
    for named in values {
        let resolved = resolve(named.value, store, &named.account, shown_to, &environment);
        let resolved = resolved.await;
        resolved.map_err(|reason| (named.field.to_owned(), reason))?;
    }
    Ok(())
}

async fn keep(
    value: &mut String,
    store: &SecretStore,
    account: &str,
    shown_to: &str,
) -> Result<Option<SecretPlace>, SecretError> {
    if is_reference(value) {
        return Ok(None);
    }
    let Some(secret) = ApiKey::new(value) else {
        return Ok(None);
    };
    let place = store.set(account, shown_to, secret).await?;
    IN_KEYCHAIN.clone_into(value);
    Ok(Some(place))
}

async fn resolve(
    value: &mut String,
    store: &SecretStore,
    account: &str,
    shown_to: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(), Unresolved> {
    if let Some(variable) = variable(value).map(str::to_owned) {
        let found = environment(&variable);
        *value = found.ok_or(Unresolved::Unset(variable))?;
    } else if value == IN_KEYCHAIN {
        let wanted = Wanted {
            provider: account,
            origin: shown_to,
            standing: None,
            api_key_env: None,
        };
        let found = store.resolve(wanted).await.map_err(Unresolved::Keychain)?;
        let (secret, _) = found.key.ok_or(Unresolved::Missing)?;
        secret.reveal().clone_into(value);
    }
    Ok(())
}

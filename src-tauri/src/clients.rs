//! One client a provider, so that its connections are used again, for as long as nothing changes
//! that it was made from.

use crate::mutex::lock;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use tacet_provider::Remote;
use tacet_settings::{ProviderSettings, Settings};

/// The clients by provider.
#[derive(Debug, Default)]
pub struct Clients {
    made: Mutex<HashMap<String, (Terms, Remote)>>,
}

/// All of the settings that a client depends on. Its key is not among them: whoever changes that
/// removes the client.
#[derive(Debug, PartialEq)]
struct Terms {
    provider: ProviderSettings,
    limits: (u32, u32, Option<u32>),
}

impl Terms {
    fn of(provider: &ProviderSettings, limits: &Settings) -> Self {
        Self {
            provider: ProviderSettings {
                name: String::new(),
                models: Vec::new(),
                ..provider.clone()
            },
            limits: (
                limits.connect_timeout_seconds,
                limits.idle_timeout_seconds,
                limits.first_word_timeout_seconds,
            ),
        }
    }
}

impl Clients {
    /// The client of a provider, when there is one that fits its settings.
    pub fn find(&self, provider: &ProviderSettings, limits: &Settings) -> Option<Remote> {
        let made = self.made();
        let (terms, client) = made.get(&provider.id)?;
        (*terms == Terms::of(provider, limits)).then(|| client.clone())
    }

    /// Keeps a client in place of the one before.
    pub fn keep(&self, provider: &ProviderSettings, limits: &Settings, client: Remote) {
        let terms = Terms::of(provider, limits);
        self.made().insert(provider.id.clone(), (terms, client));
    }

    /// Drops the client of a provider.
    pub fn remove(&self, id: &str) {
        self.made().remove(id);
    }

    fn made(&self) -> MutexGuard<'_, HashMap<String, (Terms, Remote)>> {
        lock(&self.made)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;
    use tacet_settings::{Api, Theme};

    #[test]
    fn a_client_stays_until_something_changes_that_it_was_made_from() {
        let mut limits = Settings::default();
        let mut provider = ProviderSettings {
            api: Api::OpenaiChat,
            base_url: Some("http://127.0.0.1:1/v1".to_owned()),
            ..limits.providers.remove(0)
        };
        let clients = Clients::default();
        let client = Remote::configured(&provider, &limits, Path::new("."), None).unwrap();
        clients.keep(&provider, &limits, client);

        limits.theme = Theme::Dark;
        provider.name = "Other".to_owned();
        provider.models.push("another".to_owned());
        assert!(clients.find(&provider, &limits).is_some());

        let longer = Settings {
            idle_timeout_seconds: 5,
            ..limits.clone()
        };
        assert!(clients.find(&provider, &longer).is_none());
        let hasty = Settings {
            first_word_timeout_seconds: Some(5),
            ..limits.clone()
        };
        assert!(clients.find(&provider, &hasty).is_none());
        let moved = ProviderSettings {
            base_url: Some("http://127.0.0.1:2/v1".to_owned()),
            ..provider.clone()
        };
        assert!(clients.find(&moved, &limits).is_none());
        clients.remove(&provider.id);
        assert!(clients.find(&provider, &limits).is_none());
    }
}

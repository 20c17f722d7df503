//! A key with the origin that it was saved for: it is shown to nobody else.

use crate::ApiKey;
use serde::Deserialize;

/// What is kept for a provider.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) key: ApiKey,
    /// Scheme, host and port; none for an entry of the time before origins were kept.
    pub(super) origin: Option<String>,
}

/// How it stands in the keychain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    origin: String,
    key: String,
}

impl Kept {
    pub(super) fn new(key: ApiKey, origin: &str) -> Self {
        Self {
            key,
            origin: Some(origin.to_owned()),
        }
    }

    /// What an entry says. One that is no object of ours is a key alone.
    pub(super) fn read(text: &str) -> Option<Self> {
        match serde_json::from_str::<Written>(text) {
            Ok(written) => Some(Self::new(ApiKey::new(&written.key)?, &written.origin)),
            Err(_) => Some(Self {
                key: ApiKey::new(text)?,
                origin: None,
            }),
        }
    }

    pub(super) fn written(&self) -> String {
        match &self.origin {
            Some(origin) => {
                let key = self.key.reveal();
                serde_json::json!({ "origin": origin, "key": key }).to_string()
            }
            None => self.key.reveal().to_owned(),
        }
    }

    pub(super) fn is_for(&self, origin: &str) -> bool {
        self.origin.as_deref() == Some(origin)
    }
}

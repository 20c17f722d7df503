//! From a provider's settings to what its client needs.

use super::{Api, ProviderSettings, Settings};
use crate::provider::{is_in_clear, origin, stop_effect_at};
use crate::{ApiKey, Endpoint, ErrorCategory, ProviderError, Remote, StopEffect};
use std::path::Path;
use std::time::Duration;

impl ProviderSettings {
    /// The address to ask: its own, else the official one of its API.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.base_url
            .as_deref()
            .or_else(|| self.api.official_address())
    }

    /// Scheme, host and port of that address: whom its key may be shown to.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        origin(self.address()?)
    }

    /// What a hang-up does there (rule C24): the same that its client says, without making one.
    #[must_use]
    pub fn stop_effect(&self) -> StopEffect {
        let local = self.local || self.api == Api::Ollama;
        let there = self.address().map_or(StopEffect::Unknown, |address| {
            stop_effect_at(address, local)
        });
        match self.api {
            Api::Embedded => StopEffect::Local,
            // It outlives its connection; Stop cancels it by a request of its own.
            Api::OpenaiResponses if self.background => StopEffect::Cancels,
            // Whichever machine it is on, it is Ollama.
            Api::Ollama if there == StopEffect::Unknown => StopEffect::Stops,
            Api::OpenaiChat | Api::OpenaiResponses | Api::Anthropic | Api::Gemini | Api::Ollama => {
                there
            }
        }
    }

    /// A client for it, without sending anything. Reads the file of certificates, from `data_dir`
    /// when its path is not a whole one; blocks for the disk.
    ///
    /// # Errors
    /// When there is no server to ask, that file cannot be read, or the address, the key or the
    /// certificates cannot be used: in words that say what to do.
    pub fn connect(
        &self,
        limits: &Settings,
        data_dir: &Path,
        key: Option<ApiKey>,
    ) -> Result<Remote, ProviderError> {
        let refused = |message| ProviderError::new(ErrorCategory::BadRequest, message);
        let (Some(wire), Some(address)) = (self.api.wire(), self.address()) else {
            return Err(refused(format!(
                "{} has no address. Add one in the settings.",
                self.name
            )));
        };
        if is_in_clear(address) && !self.allow_unencrypted {
            let message = format!(
                "{address} is another machine, and http:// is not encrypted: the key and the \
                 conversation could be read on the way. Write https://, or allow it in the \
                 settings of {}. Nothing was sent.",
                self.name
            );
            return Err(ProviderError::new(ErrorCategory::WrongAddress, message));
        }
        let ca_certificate = match &self.ca_certificate {
            None => None,
            Some(path) => {
                // Joining a whole path gives that path.
                let path = data_dir.join(path);
                let read = std::fs::read(&path).map_err(|error| {
                    refused(format!(
                        "The certificates in {} cannot be read: {error}. Correct ca_certificate \
                         of {} in the settings. Nothing was sent.",
                        path.display(),
                        self.name
                    ))
                });
                Some(read?)
            }
        };
        let endpoint = Endpoint {
            connect_timeout: Duration::from_secs(limits.connect_timeout_seconds.into()),
            idle_timeout: Duration::from_secs(limits.idle_timeout_seconds.into()),
            ca_certificate,
            background: self.background,
            local: self.local,
            on_stop: self.on_stop.into(),
            ..Endpoint::new(address, key)
        };
        Remote::new(wire, &endpoint)
    }
}

//! From a provider's settings to its client.

#[cfg(test)]
mod tests;

use crate::{Endpoint, Proxy, Remote, WireApi, is_in_clear, stop_effect_at};
use std::path::Path;
use std::time::Duration;
use tacet_conversation::{ErrorCategory, ProviderError, StopEffect};
use tacet_settings::{Api, ApiKey, DIRECT, ProviderSettings, Settings};

/// What a hang-up does at a provider of the settings (rule C24): the same that its client says,
/// without making one.
#[must_use]
pub fn stop_effect_of(provider: &ProviderSettings) -> StopEffect {
    let local = provider.local || provider.api == Api::Ollama;
    let there = provider.address().map_or(StopEffect::Unknown, |address| {
        stop_effect_at(address, local)
    });
    match provider.api {
        Api::Embedded => StopEffect::Local,
        // It outlives its connection; Stop cancels it by a request of its own.
        Api::OpenaiResponses | Api::GeminiInteractions if provider.background => {
            StopEffect::Cancels
        }
        // Whichever machine it is on, it is Ollama.
        Api::Ollama if there == StopEffect::Unknown => StopEffect::Stops,
        Api::OpenaiChat
        | Api::OpenaiResponses
        | Api::Anthropic
        | Api::Gemini
        | Api::GeminiInteractions
        | Api::Ollama => there,
    }
}

impl Remote {
    /// A client for a provider of the settings, with its values in clear
    /// ([`ProviderSettings::with_values`]), without sending anything. Reads the file of certificates, from `data_dir`
    /// when its path is not a whole one; blocks for the disk.
    ///
    /// # Errors
    /// When there is no server to ask, that file cannot be read, or the address, the key or the
    /// certificates cannot be used: in words that say what to do.
    pub fn configured(
        provider: &ProviderSettings,
        limits: &Settings,
        data_dir: &Path,
        key: Option<ApiKey>,
    ) -> Result<Remote, ProviderError> {
        let refused = |message| ProviderError::new(ErrorCategory::BadRequest, message);
        let (Some(wire), Some(address)) = (WireApi::of(provider.api), provider.address()) else {
            return Err(refused(format!(
                "{} has no address. Add one in the settings.",
                provider.name
            )));
        };
        if is_in_clear(address) && !provider.allow_unencrypted {
            let message = format!(
                "{address} is another machine, and http:// is not encrypted: the key and the \
                 conversation could be read on the way. Write https://, or allow it in the \
                 settings of {}. Nothing was sent.",
                provider.name
            );
            return Err(ProviderError::new(ErrorCategory::WrongAddress, message));
        }
        let ca_certificate = match &provider.ca_certificate {
            None => None,
            Some(path) => {
                // Joining a whole path gives that path.
                let path = data_dir.join(path);
                let read = std::fs::read(&path).map_err(|error| {
                    refused(format!(
                        "The certificates in {} cannot be read: {error}. Correct ca_certificate \
                         of {} in the settings. Nothing was sent.",
                        path.display(),
                        provider.name
                    ))
                });
                Some(read?)
            }
        };
        let endpoint = Endpoint {
            connect_timeout: Duration::from_secs(limits.connect_timeout_seconds.into()),
            idle_timeout: Duration::from_secs(limits.idle_timeout_seconds.into()),
            first_word_timeout: (limits.first_word_timeout_seconds)
                .map(|seconds| Duration::from_secs(seconds.into())),
            headers: provider.headers.clone(),
            proxy: match provider.proxy.as_deref() {
                None => Proxy::System,
                Some(DIRECT) => Proxy::Direct,
                Some(address) => Proxy::At(address.to_owned()),
            },
            ca_certificate,
            background: provider.background,
            hosted_tools: provider.hosted_tools.clone(),
            count_on_stop: provider.count_on_stop,
            local: provider.local,
            on_stop: provider.on_stop.into(),
            ..Endpoint::new(address, key)
        };
        Remote::new(wire, &endpoint)
    }
}

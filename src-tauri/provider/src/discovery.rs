//! Finds model servers on this computer, when and only when somebody asks for them.

use super::preset::PRESETS;
use super::{Endpoint, ModelInfo, Remote, WireApi, host};
use futures::future::join_all;
use reqwest::Url;
use std::time::Duration;
use tacet_settings::{Api, ProviderSettings};
use tokio::time::{Instant, timeout_at};

/// How long a person waits for them.
pub const LIMIT: Duration = Duration::from_millis(300);

/// A server that may run on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name for people.
    pub name: String,
    /// How to speak to it.
    pub api: Api,
    /// Its usual address.
    pub base_url: String,
}

/// A server that answered with its models.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Who was asked.
    pub candidate: Candidate,
    /// Its models, in its order; at least one.
    pub models: Vec<ModelInfo>,
}

/// The servers of the presets that run on one's own computer, each on its usual port, without
/// those whose port belongs to a provider of the settings.
#[must_use]
pub fn candidates(configured: &[ProviderSettings]) -> Vec<Candidate> {
    let taken: Vec<u16> = configured
        .iter()
        .filter_map(|provider| local_port(provider.address()?))
        .collect();
    PRESETS
        .iter()
        .filter(|preset| local_port(preset.base_url).is_some_and(|port| !taken.contains(&port)))
        .map(|preset| Candidate {
            name: preset.name.to_owned(),
            api: preset.api,
            base_url: preset.base_url.to_owned(),
        })
        .collect()
}

/// Asks all candidates at the same time for their models. Who does not answer within the limit,
/// or with something else than a list of models, is not there.
pub async fn discover(candidates: Vec<Candidate>, limit: Duration) -> Vec<Found> {
    let deadline = Instant::now() + limit;
    let answers = candidates.into_iter().map(|candidate| async move {
        let endpoint = Endpoint {
            connect_timeout: limit,
            // Ollama is asked about each of its models: what it has not said of them by then must
            // not cost the list.
            idle_timeout: limit * 5 / 6,
            ..Endpoint::new(&candidate.base_url, None)
        };
        let client = Remote::new(WireApi::of(candidate.api)?, &endpoint).ok()?;
        let models = timeout_at(deadline, client.list_models())
            .await
            .ok()?
            .ok()?;
        (!models.is_empty()).then_some(Found { candidate, models })
    });
    join_all(answers).await.into_iter().flatten().collect()
}

/// The port of an address on this machine.
fn local_port(address: &str) -> Option<u16> {
    let url = Url::parse(address).ok().filter(host::is_this_computer)?;
    url.port_or_known_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tacet_settings::Settings;

    fn ports(configured: &[ProviderSettings]) -> Vec<u16> {
        let candidates = candidates(configured);
        let port = |candidate: &Candidate| local_port(&candidate.base_url).unwrap();
        candidates.iter().map(port).collect()
    }

    #[test]
    fn the_usual_ports_of_this_computer_are_asked_and_no_other_host() {
        assert_eq!(ports(&[]), [11434, 1234, 8080, 8000, 30000, 1337]);
    }

    #[test]
    fn a_port_that_a_provider_of_the_settings_uses_is_left_out() {
        let provider = |api, base_url: Option<&str>| ProviderSettings {
            api,
            base_url: base_url.map(str::to_owned),
            ..Settings::default().providers.remove(0)
        };
        let configured = [
            provider(Api::Ollama, None),
            provider(Api::OpenaiChat, Some("http://localhost:1234/v1/")),
            provider(Api::OpenaiChat, Some("http://[::1]:8000")),
            provider(Api::OpenaiChat, Some("http://192.168.1.5:8080/v1")),
        ];
        assert_eq!(ports(&configured), [8080, 30000, 1337]);
    }
}

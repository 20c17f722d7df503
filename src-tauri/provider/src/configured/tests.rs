#![allow(clippy::unwrap_used)]

use super::stop_effect_of;
use crate::{Provider, Remote};
use std::fs;
use std::path::Path;
use tacet_conversation::StopEffect;
use tacet_settings::{Api, ProviderSettings, Settings};

/// The settings that those are tested with.
const EVERY_API: &str = include_str!("../../../settings/src/tests/every_api.json");

#[test]
fn c24_the_settings_say_of_stop_what_the_client_says() {
    let folder = tempfile::tempdir().unwrap();
    let settings: Settings = serde_json::from_str(EVERY_API).unwrap();
    let on_lan = ProviderSettings {
        base_url: Some("http://192.168.1.5:11434".to_owned()),
        allow_unencrypted: true,
        ..settings.providers[3].clone()
    };
    let foreground = ProviderSettings {
        background: false,
        hosted_tools: Vec::new(),
        count_on_stop: false,
        ..settings.providers[0].clone()
    };
    let providers = settings.providers.iter().chain([&on_lan, &foreground]);
    let trusting = providers.map(|provider| ProviderSettings {
        ca_certificate: None,
        ..provider.clone()
    });
    let mut said = Vec::new();
    for provider in trusting {
        let client = Remote::configured(&provider, &settings, folder.path(), None).unwrap();
        assert_eq!(
            stop_effect_of(&provider),
            client.stop_effect(),
            "{provider:?}"
        );
        said.push(stop_effect_of(&provider));
    }
    let expected = [
        StopEffect::Cancels,
        StopEffect::Stops,
        StopEffect::GoesOn,
        StopEffect::Local,
        StopEffect::Unknown,
        StopEffect::Stops,
        StopEffect::Stops,
    ];
    assert_eq!(said, expected);
}

#[test]
fn certificates_that_cannot_be_read_are_named_and_nothing_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let written = r#"{"providers": [{"id": "lab", "name": "Lab", "api": "openai-chat",
            "base_url": "https://lab.example/v1", "ca_certificate": "certs/lab.pem"}]}"#;
    let settings: Settings = serde_json::from_str(written).unwrap();
    let refused =
        Remote::configured(&settings.providers[0], &settings, folder.path(), None).unwrap_err();
    let path = folder.path().join("certs/lab.pem");
    let words = &refused.message;
    assert!(words.contains(&path.display().to_string()), "{words}");
    fs::create_dir(folder.path().join("certs")).unwrap();
    fs::write(&path, "no certificate").unwrap();
    let refused =
        Remote::configured(&settings.providers[0], &settings, folder.path(), None).unwrap_err();
    assert!(refused.message.contains("none in PEM"), "{refused}");
}

#[test]
fn http_to_another_machine_is_questioned_before_anything_is_sent() {
    let settings = Settings::default();
    let provider = |address: &str, allow_unencrypted| ProviderSettings {
        id: "lan".to_owned(),
        api: Api::OpenaiChat,
        base_url: Some(address.to_owned()),
        allow_unencrypted,
        ..settings.providers[0].clone()
    };
    let connect = |address, allowed| {
        Remote::configured(&provider(address, allowed), &settings, Path::new("."), None)
    };
    let questioned = connect("http://192.168.1.5:8080/v1", false).unwrap_err();
    assert!(questioned.message.contains("not encrypted"), "{questioned}");
    assert!(
        questioned.message.contains("Nothing was sent"),
        "{questioned}"
    );
    assert!(connect("http://192.168.1.5:8080/v1", true).is_ok());
    assert!(connect("http://0.0.0.0:8080/v1", false).is_ok());
}

#[test]
fn c24_only_what_is_known_to_run_here_is_called_local() {
    let settings = Settings::default();
    let effect = |api, local| {
        let provider = ProviderSettings {
            api,
            local,
            base_url: Some("http://127.0.0.1:4000".to_owned()),
            ..settings.providers[0].clone()
        };
        let client = Remote::configured(&provider, &settings, Path::new("."), None);
        assert_eq!(stop_effect_of(&provider), client.unwrap().stop_effect());
        stop_effect_of(&provider)
    };
    assert_eq!(effect(Api::OpenaiChat, false), StopEffect::Unknown);
    assert_eq!(effect(Api::OpenaiChat, true), StopEffect::Local);
    assert_eq!(effect(Api::Ollama, false), StopEffect::Local);
}

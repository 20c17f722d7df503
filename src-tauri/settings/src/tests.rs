#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversation;

use super::{
    Api, Drain, FILE, OnStop, ProviderSettings, Settings, SettingsError, SettingsFile, Theme,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

const WRITTEN: &str = r#"{
  "version": 1,
  "zoom": {"steps": [1, 2.5]},
  "default_model": "lab/org/model:7b",
  "providers": [
    {
      "headers": {"X-Team": "ice"},
      "id": "lab",
      "api": "openai-chat",
      "base_url": "http://localhost:8080/v1",
      "models": ["org/model:7b"],
      "api_key_env": "LAB_KEY"
    },
    {"id": "second", "api": "openai-chat", "base_url": "https://example.org"}
  ],
  "note": "mine"
}
"#;

fn written(text: &str) -> (TempDir, SettingsFile) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), text).unwrap();
    let file = SettingsFile::open(folder.path());
    (folder, file)
}

fn on_disk(file: &SettingsFile) -> String {
    fs::read_to_string(file.path()).unwrap()
}

#[test]
fn without_a_file_the_embedded_model_is_there_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = SettingsFile::open(folder.path());
    let settings = file.settings();
    assert_eq!(file.problem(), None);
    assert_eq!(
        serde_json::to_value(&settings).unwrap(),
        json!({
            "version": 1,
            "default_model": "embedded/smollm2-135m-instruct",
            "conversation": {
                "instructions": "",
                "temperature": null,
                "max_output_tokens": null,
                "effort": null,
                "efforts": {},
                "tools": null
            },
            "assistants": [],
            "default_assistant": null,
            "prompts": [],
            "titles": "model",
            "theme": "system",
            "hardware_acceleration": "auto",
            "keep_in_tray": false,
            "connect_timeout_seconds": 15,
            "idle_timeout_seconds": 300,
            "viewer_timeout_seconds": 30,
            "answer_limit_megabytes": 8,
            "embedded_idle_minutes": 10,
            "favourite_models": [],
            "providers": [{
                "id": "embedded",
                "name": "Built-in model",
                "api": "embedded",
                "models": ["smollm2-135m-instruct"]
            }],
            "mcpServers": {},
            "folders": [],
            "tools": {
                "always": [],
                "programs": [],
                "read_only": [],
                "step_limit": 50,
                "result_kilobytes": 64,
                "idle_timeout_seconds": 600,
                "private_addresses": false
            }
        })
    );
    file.change(|_| {}).unwrap();
    assert!(!file.path().exists());
    file.change(|settings| settings.theme = Theme::Dark)
        .unwrap();
    let saved: Value = serde_json::from_str(&on_disk(&file)).unwrap();
    assert_eq!(saved["theme"], "dark");
    assert_eq!(saved["version"], 1);
    assert_eq!(saved["providers"][0]["id"], "embedded");
    assert_eq!(
        SettingsFile::open(folder.path()).settings(),
        file.settings()
    );
}

#[test]
fn what_the_file_leaves_out_has_its_default() {
    let (_folder, file) = written(WRITTEN);
    let settings = file.settings();
    assert_eq!(file.problem(), None);
    assert_eq!(settings.default_model.model, "org/model:7b");
    assert_eq!(settings.idle_timeout_seconds, 300);
    let ids: Vec<_> = settings.providers.iter().map(|one| &one.id).collect();
    assert_eq!(ids, ["lab", "second"]);
    let second = settings.provider("second").unwrap();
    assert_eq!(second.name, "second");
    assert!(second.models.is_empty());

    let (_folder, file) = written("\u{feff}{}");
    assert_eq!(file.settings(), Settings::default());
    assert_eq!(file.problem(), None);
    let (_folder, file) = written(r#"{"providers": []}"#);
    assert!(file.settings().providers.is_empty());
}

#[test]
fn a_change_touches_its_own_field_only_and_unknown_fields_stay_in_their_place() {
    let (_folder, file) = written(WRITTEN);
    file.change(|settings| {
        settings.theme = Theme::Light;
        settings.providers[0].models.push("new".to_owned());
        settings.providers[0].api_key_env = None;
    })
    .unwrap();
    let mut expected: Value = serde_json::from_str(WRITTEN).unwrap();
    expected["theme"] = json!("light");
    expected["providers"][0]["models"] = json!(["org/model:7b", "new"]);
    let provider = expected["providers"][0].as_object_mut().unwrap();
    provider.shift_remove("api_key_env");
    let text = on_disk(&file);
    assert_eq!(
        text,
        format!("{}\n", serde_json::to_string_pretty(&expected).unwrap())
    );

    file.change(|settings| {
        settings.providers.remove(1);
        settings.providers.insert(
            0,
            ProviderSettings {
                id: "third".to_owned(),
                name: "Third".to_owned(),
                api: Api::OpenaiChat,
                base_url: Some("https://example.org/v1".to_owned()),
                models: Vec::new(),
                api_key_env: None,
                headers: BTreeMap::new(),
                proxy: None,
                on_stop: OnStop::Close,
                ca_certificate: None,
                background: false,
                hosted_tools: Vec::new(),
                count_on_stop: false,
                local: false,
                allow_unencrypted: false,
            },
        );
    })
    .unwrap();
    let saved: Value = serde_json::from_str(&on_disk(&file)).unwrap();
    assert_eq!(saved["providers"][0]["id"], "third");
    assert_eq!(saved["providers"][1], expected["providers"][0]);
    assert_eq!(saved["providers"].as_array().unwrap().len(), 2);
    assert_eq!(saved["note"], "mine");
}

#[test]
fn an_edit_of_the_file_since_it_was_read_is_kept() {
    let (_folder, file) = written(WRITTEN);
    let edited = WRITTEN.replace("http://localhost:8080/v1", "http://localhost:9090/v1");
    fs::write(file.path(), edited.replace("\"mine\"", "\"edited\"")).unwrap();
    let settings = file
        .change(|settings| settings.theme = Theme::Dark)
        .unwrap();
    let address = Some("http://localhost:9090/v1".to_owned());
    assert_eq!(settings.providers[0].base_url, address);
    assert_eq!(settings, file.settings());
    let text = on_disk(&file);
    assert!(
        text.contains("\"edited\"") && text.contains(":9090"),
        "{text}"
    );
    assert!(text.contains("\"dark\""), "{text}");
}

#[test]
fn a_change_that_changes_nothing_does_not_touch_the_file() {
    let (_folder, file) = written(WRITTEN);
    file.change(|settings| settings.theme = Theme::System)
        .unwrap();
    assert_eq!(on_disk(&file), WRITTEN);
}

#[test]
fn a_bad_file_is_reported_with_its_place_and_left_as_it_is() {
    let cases = [
        ("{\n  \"theme\": \"dark\",\n}", 3, "trailing comma"),
        ("{\n  \"theme\": \"blue\"\n}", 2, "unknown variant `blue`"),
        ("{\n\"version\": 2\n}", 2, "version 2"),
        ("{\n\"default_model\": \"lab\"\n\n}", 2, "PROVIDER/MODEL"),
        ("{\n\n\"idle_timeout_seconds\": 0}", 3, "1 to 86400 seconds"),
        ("{\n\"viewer_timeout_seconds\": -5}", 2, "-5"),
        ("{\"connect_timeout_seconds\": 601}", 1, "1 to 600 seconds"),
        ("{\"embedded_idle_minutes\": 1441}", 1, "1 to 1440 minutes"),
        ("{\"answer_limit_megabytes\": 0}", 1, "1 to 1000 megabytes"),
        ("{\"answer_limit_megabytes\": 1001}", 1, "1 to 1000"),
        ("{\"default_model\": \"alone\"}", 1, "PROVIDER/MODEL"),
        ("{\"providers\": {}}", 1, "a list of providers"),
        (
            "{\"providers\": [\n{\"id\": \"a/b\", \"api\": \"embedded\"}]}",
            2,
            "\"a/b\" cannot be an id",
        ),
        (
            "{\"providers\": [\n{\"id\": \"\", \"api\": \"embedded\"}]}",
            2,
            "cannot be an id",
        ),
        (
            "{\"providers\": [\n{\"id\": \"a\", \"api\": \"embedded\"},\n\
             {\"id\": \"a\", \"api\": \"embedded\"}]}",
            3,
            "a second provider has the id \"a\"",
        ),
        (
            "{\"providers\": [\n{\"id\": \"a\",\n\"api\": \"carrier-pigeon\"}]}",
            3,
            "unknown variant `carrier-pigeon`",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"openai-chat\",\n\
             \"base_url\": \"ftp://example.org\"}]}",
            2,
            "http:// or https://",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"openai-chat\"\n}\n\n]}",
            2,
            "the provider \"a\" needs a base_url",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"anthropic\",\n\"on_stop\": \"wait\"}]}",
            2,
            "unknown variant `wait`",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"anthropic\", \"on_stop\": {\"drain\":\n\
             {\"tokens\": 0, \"seconds\": 5}}}]}",
            2,
            "0 is out of range: write a number from 1 to 100000 tokens",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"anthropic\", \"on_stop\": {\"drain\":\n\
             {\"tokens\": 1,\n\"seconds\": 601}}}]}",
            3,
            "601 is out of range: write a number from 1 to 600 seconds",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"anthropic\", \"on_stop\": {\"drain\":\n\
             {\"tokens\": 1}}}]}",
            2,
            "missing field `seconds`",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"background\": true}]}",
            2,
            "only openai-responses and gemini-interactions can",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"ca_certificate\": \" \"}]}",
            2,
            "the path of the certificates is empty",
        ),
        (
            "{\"favourite_models\": [\"a/b\",\n\"b\"]}",
            2,
            "\"b\" does not name a model",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"headers\": {\"X Y\": \"\"}}]}",
            2,
            "cannot be the name of a header",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"headers\": {\"Host\": \"\"}}]}",
            2,
            "set by Tacet itself",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"headers\": {\"A\": \"\", \"a\": \"\"}}]}",
            2,
            "\"a\" is there twice",
        ),
        (
            "{\"providers\": [{\"id\": \"a\", \"api\": \"gemini\",\n\"proxy\": \"proxy.example\"}]}",
            2,
            "the proxy is not an address",
        ),
        (
            "{\"first_word_timeout_seconds\": 0}",
            1,
            "1 to 86400 seconds",
        ),
        ("{\"first_word_timeout_seconds\": 1.5}", 1, "whole number"),
        ("", 1, "EOF"),
        ("[]", 1, "invalid"),
    ];
    for (text, expected_line, words) in cases {
        let (_folder, file) = written(text);
        assert_eq!(file.settings(), Settings::default(), "{text}");
        let Some(SettingsError::Bad { line, reason, .. }) = file.problem() else {
            panic!("accepted: {text}");
        };
        assert!(reason.contains(words), "{text}: {reason}");
        assert!(!reason.contains("at line"), "{reason}");
        assert_eq!(line, expected_line, "{text}: {reason}");
        let refused = file.change(|settings| settings.theme = Theme::Dark);
        assert_eq!(refused.err(), file.problem());
        assert_eq!(on_disk(&file), text);
    }
}

#[test]
fn the_settings_from_before_stay_in_use_while_an_edit_is_bad() {
    let (_folder, file) = written(WRITTEN);
    let before = file.settings();
    fs::write(file.path(), "{").unwrap();
    assert_eq!(file.reload(), before);
    assert!(file.problem().is_some());
    fs::write(file.path(), "{\"theme\": \"dark\"}").unwrap();
    assert_eq!(file.reload().theme, Theme::Dark);
    assert_eq!(file.problem(), None);
}

#[test]
fn while_changes_are_refused_the_file_stays_as_it_is_and_the_reason_is_told() {
    let (_folder, file) = written(WRITTEN);
    file.refuse_changes(Some("The folder is just being moved.".to_owned()));
    let refused = file.change(|settings| settings.theme = Theme::Dark);
    let words = refused.unwrap_err().to_string();
    assert!(
        words.starts_with("The folder is just being moved. The settings"),
        "{words}"
    );
    assert_eq!(file.settings().theme, Theme::System);
    assert_eq!(on_disk(&file), WRITTEN);
    file.refuse_changes(None);
    file.change(|settings| settings.theme = Theme::Dark)
        .unwrap();
    assert_eq!(file.settings().theme, Theme::Dark);
}

#[test]
fn a_change_that_breaks_a_rule_is_refused() {
    let (_folder, file) = written(WRITTEN);
    let before = file.settings();
    let refused = file
        .change(|settings| settings.providers[1].id = "lab".to_owned())
        .unwrap_err();
    assert!(
        refused.to_string().contains("a second provider"),
        "{refused}"
    );
    let refused = file.change(|settings| settings.viewer_timeout_seconds = 0);
    assert!(matches!(refused, Err(SettingsError::Refused(_))));
    assert_eq!(file.settings(), before);
    assert_eq!(on_disk(&file), WRITTEN);
}

#[cfg(unix)]
#[test]
fn a_linked_file_stays_a_link_and_keeps_its_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("dotfiles.json");
    fs::write(&real, WRITTEN).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, folder.path().join(FILE)).unwrap();
    let file = SettingsFile::open(folder.path());
    file.change(|settings| settings.theme = Theme::Dark)
        .unwrap();
    assert!(fs::symlink_metadata(file.path()).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("\"dark\""));
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    let file = SettingsFile::open(&blocked);
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let refused = file
        .change(|settings| settings.theme = Theme::Dark)
        .unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("settings.json cannot be"), "{words}");
    assert_eq!(file.settings(), Settings::default());
}

const EVERY_API: &str = include_str!("tests/every_api.json");

#[test]
fn every_api_has_its_official_address_unless_the_settings_name_another() {
    let (_folder, file) = written(EVERY_API);
    assert_eq!(file.problem(), None);
    let settings = file.settings();
    let addresses = settings.providers.iter().map(ProviderSettings::address);
    let expected = [
        "https://api.openai.com/v1",
        "https://api.anthropic.com",
        "https://generativelanguage.googleapis.com/v1beta",
        "http://127.0.0.1:11434",
        "https://lab.example",
    ];
    assert_eq!(addresses.flatten().collect::<Vec<_>>(), expected);
    assert!(settings.providers[0].background);
    let drain = OnStop::Drain(Drain {
        tokens: 500,
        seconds: 20,
    });
    assert_eq!(settings.providers[2].on_stop, drain);
    assert_eq!(settings.providers[1].on_stop, OnStop::Close);
    assert_eq!(settings.favourite_models[1].model, "org/qwen:7b");
}

#[test]
fn what_stop_does_can_be_changed_and_unknown_fields_of_it_stay() {
    let (_folder, file) = written(EVERY_API);
    file.change(|settings| {
        settings.providers[1].on_stop = settings.providers[2].on_stop;
        settings.providers[2].on_stop = OnStop::Drain(Drain {
            tokens: 1,
            seconds: 1,
        });
        settings.providers[0].background = false;
    })
    .unwrap();
    let saved: Value = serde_json::from_str(&on_disk(&file)).unwrap();
    assert_eq!(
        saved["providers"][1]["on_stop"],
        json!({"drain": {"tokens": 500, "seconds": 20}})
    );
    assert_eq!(
        saved["providers"][2]["on_stop"],
        json!({"drain": {"tokens": 1, "seconds": 1, "why": "exact"}})
    );
    assert_eq!(saved["providers"][0]["background"], Value::Null);
    let refused = file.change(|settings| {
        settings.providers[2].on_stop = OnStop::Drain(Drain {
            tokens: 1,
            seconds: 0,
        });
    });
    assert!(matches!(refused, Err(SettingsError::Refused(_))));
}

#[test]
fn a_favourite_goes_in_and_out_again() {
    let (_folder, file) = written(EVERY_API);
    let model = file.settings().favourite_models[0].clone();
    for expected in [
        json!(["here/org/qwen:7b"]),
        json!(["here/org/qwen:7b", "claude/opus"]),
    ] {
        file.change(|settings| settings.toggle_favourite(model.clone()))
            .unwrap();
        let saved: Value = serde_json::from_str(&on_disk(&file)).unwrap();
        assert_eq!(saved["favourite_models"], expected);
    }
}

//! What new conversations start with.

use super::{on_disk, written};
use crate::SettingsError;
use serde_json::{Value, json};
use tacet_conversation::{ConversationSettings, Effort};

const WRITTEN: &str = r#"{
  "default_model": "lab/large",
  "conversation": {
    "instructions": "Be brief.",
    "temperature": 0.5,
    "effort": "low",
    "mine": true,
    "efforts": {"lab/large": "most"},
    "tools": ["files", "tacet/read_file"]
  }
}
"#;

#[test]
fn a_new_conversation_starts_with_what_the_settings_say_of_its_model() {
    let (_folder, file) = written(WRITTEN);
    assert_eq!(file.problem(), None);
    let defaults = file.settings().conversation;
    let expected = ConversationSettings {
        assistant: None,
        model: Some("lab/large".parse().unwrap()),
        instructions: "Be brief.".to_owned(),
        temperature: Some(0.5),
        max_output_tokens: None,
        effort: Some(Effort::Most),
        tools: Some(vec![
            "files".parse().unwrap(),
            "tacet/read_file".parse().unwrap(),
        ]),
    };
    let large = defaults.for_model("lab/large".parse().unwrap());
    assert_eq!(large, expected);
    let other = defaults.for_model("lab/small".parse().unwrap());
    assert_eq!(other.effort, Some(Effort::Low));
}

#[test]
fn an_effort_that_is_set_for_a_model_changes_nothing_else_in_the_file() {
    let (_folder, file) = written(WRITTEN);
    file.change(|settings| {
        let defaults = &mut settings.conversation;
        defaults.set_effort("lab/large".parse().unwrap(), None);
        defaults.set_effort("lab/small".parse().unwrap(), Some(Effort::Off));
    })
    .unwrap();
    let mut expected: Value = serde_json::from_str(WRITTEN).unwrap();
    expected["conversation"]["efforts"] = json!({"lab/small": "off"});
    let saved: Value = serde_json::from_str(&on_disk(&file)).unwrap();
    assert_eq!(saved, expected);
}

#[test]
fn defaults_that_no_conversation_could_have_are_refused_with_their_line() {
    for (written_as, line, words) in [
        ("\"temperature\": 2.5", 3, "from 0 to 2"),
        ("\"max_output_tokens\": 0", 3, "higher limit"),
        ("\"effort\": \"extreme\"", 3, "extreme"),
        ("\"efforts\": {\"large\": \"low\"}", 3, "PROVIDER/MODEL"),
        ("\"tools\": [\"/read\"]", 3, "SERVER/TOOL"),
    ] {
        let text = format!("{{\n  \"conversation\": {{\n    {written_as}\n  }}\n}}\n");
        let (_folder, file) = written(&text);
        match file.problem() {
            Some(SettingsError::Bad {
                line: found,
                column,
                reason,
                ..
            }) => {
                // Column 0 is the end of the line before.
                let found = if column == 0 { found - 1 } else { found };
                assert_eq!(found, line, "{written_as}: {reason}");
                assert!(reason.contains(words), "{written_as}: {reason}");
            }
            other => panic!("{written_as}: {other:?}"),
        }
    }
}

#[test]
fn defaults_that_no_conversation_could_have_are_not_saved() {
    let (_folder, file) = written(WRITTEN);
    let refused = file.change(|settings| settings.conversation.temperature = Some(9.0));
    assert!(matches!(refused, Err(SettingsError::Refused(_))));
    assert_eq!(on_disk(&file), WRITTEN);
}

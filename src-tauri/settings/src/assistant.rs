//! Assistants: what a new conversation can start with, under a name.

use super::{SettingsError, rules};
use serde::{Deserialize, Deserializer, Serialize};
use tacet_conversation::{ConversationSettings, Effort, ModelRef, ToolChoice};
use ts_rs::TS;

/// The format of a file of assistants that this program reads and writes.
const VERSION: u32 = 1;
/// The longest name, in characters.
const NAME: usize = 100;
/// The longest icon, in characters: emoji are made of several.
const ICON: usize = 16;
/// How many starting prompts there may be, and how long each, in characters.
const PROMPTS: usize = 12;
const PROMPT: usize = 2_000;

/// What a new conversation starts with. What is absent is as for all new conversations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Assistant {
    /// Letters, digits, `-`, `_` and `.`; each assistant has another.
    #[serde(deserialize_with = "rules::id")]
    pub id: String,
    /// Its name for people, at most 100 characters; by default the id.
    pub name: String,
    /// An emoji or a letter, at most 16 characters; by default the first letter of its name.
    pub icon: String,
    /// What the model is told before the first message.
    pub instructions: String,
    /// The model, as `PROVIDER/MODEL`; by default that of all new conversations.
    pub model: Option<ModelRef>,
    /// How freely it chooses its words, from 0 to 2.
    pub temperature: Option<f64>,
    /// How many tokens an answer may have at most.
    pub max_output_tokens: Option<u32>,
    /// How much it reasons.
    pub effort: Option<Effort>,
    /// The tools that it uses.
    pub tools: Option<Vec<ToolChoice>>,
    /// Messages to begin with, offered before the first one: at most 12 of 2,000 characters.
    pub prompts: Vec<String>,
}

impl Assistant {
    /// Whether it can be kept.
    fn check(&self) -> Result<(), String> {
        let length = |text: &str| text.chars().count();
        if self.id.is_empty() {
            return Err("an assistant needs an id: letters, digits, -, _ and .".to_owned());
        }
        if length(&self.name) > NAME {
            return Err(format!(
                "the name of the assistant \"{}\" is too long: at most {NAME} characters are kept",
                self.id
            ));
        }
        if length(&self.icon) > ICON || self.icon.contains(char::is_whitespace) {
            return Err(format!(
                "the icon of the assistant \"{}\" is no single emoji or letter",
                self.id
            ));
        }
        if self.prompts.len() > PROMPTS || self.prompts.iter().any(|prompt| length(prompt) > PROMPT)
        {
            return Err(format!(
                "the assistant \"{}\" has too many starting prompts, or too long ones: at most {PROMPTS} of {PROMPT} characters are kept",
                self.id
            ));
        }
        let settings = ConversationSettings {
            instructions: self.instructions.clone(),
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            ..ConversationSettings::default()
        };
        settings
            .check()
            .map_err(|problem| format!("the assistant \"{}\" cannot be used. {problem}", self.id))
    }

    /// With the default in the place of a name and an icon that are left out.
    fn named(self) -> Self {
        let name = match self.name.trim() {
            "" => self.id.clone(),
            name => name.to_owned(),
        };
        let icon = match self.icon.as_str() {
            "" => name.chars().take(1).flat_map(char::to_uppercase).collect(),
            icon => icon.to_owned(),
        };
        Self { name, icon, ..self }
    }
}

/// A list of assistants, each of another id.
pub(super) fn assistants<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Assistant>, D::Error> {
    rules::each(
        from,
        "a list of assistants",
        |all: &[Assistant], next: Assistant| {
            next.check()?;
            if all.iter().any(|other| other.id == next.id) {
                return Err(format!("a second assistant has the id \"{}\"", next.id));
            }
            Ok(next.named())
        },
    )
}

fn version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    rules::known_version(from, VERSION, "files of assistants")
}

/// A file of assistants.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(deserialize_with = "version")]
    version: u32,
    #[serde(deserialize_with = "assistants")]
    assistants: Vec<Assistant>,
}

/// Assistants as one JSON file, to be read by [`imported`] elsewhere.
///
/// # Errors
/// Never for assistants that were read from the settings.
pub fn exported(assistants: &[Assistant]) -> Result<String, SettingsError> {
    let document = Document {
        version: VERSION,
        assistants: assistants.to_vec(),
    };
    let text = serde_json::to_string_pretty(&document);
    let text = text.map_err(|error| SettingsError::Refused(error.to_string()))?;
    Ok(text + "\n")
}

/// The assistants of such a file.
///
/// # Errors
/// Says on which line it is no such file, and why.
pub fn imported(json: &str) -> Result<Vec<Assistant>, String> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    match serde_json::from_str::<Document>(json) {
        Ok(document) => Ok(document.assistants),
        Err(error) => Err(format!(
            "This is no file of assistants that Tacet can read: {error}. Nothing was imported."
        )),
    }
}

/// Puts assistants behind those that are there. One of an id that is taken gets another, unless it is
/// the same. Says how many are new.
pub fn add(known: &mut Vec<Assistant>, new: Vec<Assistant>) -> usize {
    let before = known.len();
    for assistant in new {
        if known.contains(&assistant) {
            continue;
        }
        let taken = |id: &str| known.iter().any(|other| other.id == id);
        let mut id = assistant.id.clone();
        let mut number = 2;
        while taken(&id) {
            id = format!("{}-{number}", assistant.id);
            number += 1;
        }
        known.push(Assistant { id, ..assistant });
    }
    known.len() - before
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn geologist() -> Assistant {
        Assistant {
            id: "geologist".to_owned(),
            name: "Geologist".to_owned(),
            icon: "🪨".to_owned(),
            instructions: "You are {model}; today is {date}.".to_owned(),
            model: Some("lab/large".parse().unwrap()),
            temperature: Some(0.5),
            max_output_tokens: Some(512),
            effort: Some(Effort::High),
            tools: Some(vec!["files".parse().unwrap()]),
            prompts: vec!["What is a moraine?".to_owned()],
        }
    }

    #[test]
    fn a_file_of_assistants_comes_back_as_it_was() {
        let all = [
            geologist(),
            Assistant {
                id: "plain".into(),
                ..Assistant::default()
            }
            .named(),
        ];
        let text = exported(&all).unwrap();
        assert_eq!(imported(&text).unwrap(), all);
    }

    #[test]
    fn an_assistant_without_a_name_is_called_by_its_id() {
        let text = r#"{"version": 1, "assistants": [{"id": "échecs"}]}"#;
        let read = imported(text).unwrap();
        assert_eq!(
            (read[0].name.as_str(), read[0].icon.as_str()),
            ("échecs", "É")
        );
    }

    #[test]
    fn what_is_no_file_of_assistants_is_refused_with_the_line() {
        for (json, words) in [
            ("[]", "line 1"),
            (
                r#"{"version": 2, "assistants": []}"#,
                "version 1 of files of assistants, and the file is of version 2",
            ),
            (r#"{"version": 1, "assistants": [{"name": "x"}]}"#, "id"),
            (
                "{\"version\": 1, \"assistants\": [\n{\"id\": \"a b\"}]}",
                "line 2",
            ),
            (
                r#"{"version": 1, "assistants": [{"id": "a"}, {"id": "a"}]}"#,
                "second assistant",
            ),
            (
                r#"{"version": 1, "assistants": [{"id": "a", "temperature": 3}]}"#,
                "from 0 to 2",
            ),
            (
                r#"{"version": 1, "assistants": [{"id": "a", "icon": "no icon"}]}"#,
                "icon",
            ),
        ] {
            let problem = imported(json).unwrap_err();
            assert!(problem.contains(words), "{json}: {problem}");
            assert!(problem.ends_with("Nothing was imported."), "{problem}");
        }
    }

    #[test]
    fn an_imported_assistant_takes_no_others_place() {
        let mut known = vec![geologist()];
        let other = Assistant {
            instructions: "Else.".to_owned(),
            ..geologist()
        };
        assert_eq!(add(&mut known, vec![geologist(), other.clone(), other]), 2);
        let ids: Vec<&str> = known.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["geologist", "geologist-2", "geologist-3"]);
        assert_eq!(known[0], geologist());
    }
}

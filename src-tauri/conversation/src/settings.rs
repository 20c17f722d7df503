//! What belongs to a conversation beside its messages: whom it asks, and how.

use crate::ModelRef;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use ts_rs::TS;

/// How a conversation is answered. What is absent is left to the app's settings or to the provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase")]
pub struct ConversationSettings {
    /// The assistant that it began with, by its id in the app's settings; absent for none.
    pub assistant: Option<String>,
    /// The model that it asks; absent for the one that the app's settings name.
    pub model: Option<ModelRef>,
    /// What the model is told before the first message; empty for nothing.
    pub instructions: String,
    /// How freely the model chooses its words, from 0, greedy, to 2.
    pub temperature: Option<f64>,
    /// How many tokens an answer may have at most, reasoning included where the provider counts it.
    pub max_output_tokens: Option<u32>,
    /// How much the model reasons; absent for as much as it does by itself.
    pub effort: Option<Effort>,
    /// The tools that it uses; absent for all that the app's settings offer.
    pub tools: Option<Vec<ToolChoice>>,
}

impl ConversationSettings {
    /// The longest instructions, in characters (Unicode scalar values).
    pub const LONGEST_INSTRUCTIONS: usize = 200_000;
    /// The highest temperature that an API takes.
    pub const HIGHEST_TEMPERATURE: f64 = 2.0;

    /// Those of a conversation that asks this model and leaves the rest open.
    #[must_use]
    pub fn of_model(model: ModelRef) -> Self {
        Self {
            model: Some(model),
            ..Self::default()
        }
    }

    /// Whether they can be used.
    ///
    /// # Errors
    /// What is wrong and what to write instead, in words for the person.
    pub fn check(&self) -> Result<(), String> {
        if let Some(heat) = self.temperature
            && !(0.0..=Self::HIGHEST_TEMPERATURE).contains(&heat)
        {
            return Err(format!(
                "A temperature of {heat} is out of range: write a number from 0 to {}, or leave \
                 it empty.",
                Self::HIGHEST_TEMPERATURE
            ));
        }
        if self.max_output_tokens == Some(0) {
            return Err(
                "An answer of 0 tokens is none: write a higher limit, or leave it empty."
                    .to_owned(),
            );
        }
        let length = self.instructions.chars().count();
        if length > Self::LONGEST_INSTRUCTIONS {
            return Err(format!(
                "The instructions have {length} characters, and at most {} are kept. Shorten \
                 them, or attach the text as a file.",
                Self::LONGEST_INSTRUCTIONS
            ));
        }
        Ok(())
    }
}

/// How much a model reasons before it answers, as far as it can be told. Each API has words of its
/// own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// Not at all.
    Off,
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// As much as the model can.
    Most,
}

impl Effort {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Off, Self::Low, Self::Medium, Self::High, Self::Most];
}

/// All tools of a server, written `SERVER`, or one of them, written `SERVER/TOOL`. The app's own
/// tools are of the server `tacet`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, TS)]
#[ts(type = "string")]
pub struct ToolChoice {
    /// The server's name in the settings.
    pub server: String,
    /// The tool's name; absent for all of the server.
    pub tool: Option<String>,
}

impl ToolChoice {
    /// Whether that tool of that server is chosen by it.
    #[must_use]
    pub fn includes(&self, server: &str, tool: &str) -> bool {
        self.server == server && self.tool.as_deref().is_none_or(|chosen| chosen == tool)
    }
}

impl fmt::Display for ToolChoice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tool {
            Some(tool) => write!(out, "{}/{tool}", self.server),
            None => out.write_str(&self.server),
        }
    }
}

impl FromStr for ToolChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (server, tool) = match text.split_once('/') {
            Some((server, tool)) => (server, Some(tool)),
            None => (text, None),
        };
        if server.is_empty() || tool.is_some_and(str::is_empty) {
            return Err(format!(
                "\"{text}\" names no tools: write SERVER for all of a server's, or SERVER/TOOL for \
                 one of them"
            ));
        }
        Ok(Self {
            server: server.to_owned(),
            tool: tool.map(str::to_owned),
        })
    }
}

impl Serialize for ToolChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ToolChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_say_what_to_write_instead() {
        let with_heat = |heat| ConversationSettings {
            temperature: Some(heat),
            ..ConversationSettings::default()
        };
        for heat in [-0.1, 2.1, f64::NAN, f64::INFINITY] {
            let problem = with_heat(heat).check().unwrap_err();
            assert!(problem.contains("from 0 to 2"), "{problem}");
        }
        for heat in [0.0, 1.0, 2.0] {
            assert_eq!(with_heat(heat).check(), Ok(()));
        }
        let nothing = ConversationSettings {
            max_output_tokens: Some(0),
            ..ConversationSettings::default()
        };
        assert!(nothing.check().unwrap_err().contains("higher limit"));
        let long = |length| ConversationSettings {
            instructions: "ß".repeat(length),
            ..ConversationSettings::default()
        };
        let most = ConversationSettings::LONGEST_INSTRUCTIONS;
        assert_eq!(long(most).check(), Ok(()));
        let problem = long(most + 1).check().unwrap_err();
        assert!(problem.contains("200001 characters"), "{problem}");
    }

    #[test]
    fn settings_that_an_older_tacet_wrote_are_read_with_defaults_for_the_rest() {
        let read: ConversationSettings = serde_json::from_str(r#"{"model":"a/b/c"}"#).unwrap();
        let model: ModelRef = "a/b/c".parse().unwrap();
        assert_eq!(read, ConversationSettings::of_model(model));
    }

    #[test]
    fn a_choice_of_tools_is_a_server_or_one_of_its_tools() {
        let all: ToolChoice = "files".parse().unwrap();
        let one: ToolChoice = "files/read/all".parse().unwrap();
        assert!(all.includes("files", "write") && !all.includes("file", "write"));
        assert!(one.includes("files", "read/all") && !one.includes("files", "read"));
        assert_eq!(one.to_string(), "files/read/all");
        for wrong in ["", "/read", "files/"] {
            let problem = wrong.parse::<ToolChoice>().unwrap_err();
            assert!(problem.contains("SERVER/TOOL"), "{problem}");
        }
    }
}

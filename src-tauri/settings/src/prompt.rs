//! Prompt templates: texts that are used again and again, with fields to fill in.

use super::rules;
use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

/// How many templates there may be.
const MOST: usize = 200;
/// The longest name and the longest text, in characters.
const NAME: usize = 60;
const TEXT: usize = 20_000;

/// A text to be inserted into the composer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PromptTemplate {
    /// By what it is found: at most 60 characters on one line, each template another.
    pub name: String,
    /// The text, at most 20,000 characters. What stands in braces, such as `{language}`, is a field to
    /// fill in.
    pub text: String,
}

impl PromptTemplate {
    fn check(&self) -> Result<(), String> {
        let length = |text: &str| text.chars().count();
        let name = &self.name;
        if name.trim().is_empty() {
            return Err("a prompt needs a name".to_owned());
        }
        if length(name) > NAME || name.contains(['\n', '\r']) {
            return Err(format!(
                "the name of the prompt \"{name}\" is too long: at most {NAME} characters on one line are kept"
            ));
        }
        if self.text.trim().is_empty() {
            return Err(format!("the prompt \"{name}\" needs a text"));
        }
        if length(&self.text) > TEXT {
            return Err(format!(
                "the prompt \"{name}\" is too long: at most {TEXT} characters are kept"
            ));
        }
        Ok(())
    }
}

/// A list of templates, each of another name, whatever the case of its letters.
pub(super) fn prompts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PromptTemplate>, D::Error> {
    rules::each(
        from,
        "a list of prompts",
        |all: &[PromptTemplate], next: PromptTemplate| {
            next.check()?;
            if all.len() == MOST {
                return Err(format!("there are more than {MOST} prompts"));
            }
            let name = next.name.trim().to_lowercase();
            if all.iter().any(|other| other.name.to_lowercase() == name) {
                return Err(format!("a second prompt has the name \"{}\"", next.name));
            }
            Ok(PromptTemplate {
                name: next.name.trim().to_owned(),
                ..next
            })
        },
    )
}

//! What a conversation is called before the person names it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use tacet_conversation::ModelRef;
use ts_rs::TS;

/// Where the title of a new conversation comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, TS)]
#[ts(type = "string")]
pub enum Titles {
    /// The first words of the first message: no request is made for it.
    FirstWords,
    /// The model that gives the first answer.
    #[default]
    Model,
    /// This one.
    Chosen(ModelRef),
}

const FIRST_WORDS: &str = "first-words";
const MODEL: &str = "model";

impl fmt::Display for Titles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstWords => out.write_str(FIRST_WORDS),
            Self::Model => out.write_str(MODEL),
            Self::Chosen(model) => model.fmt(out),
        }
    }
}

impl FromStr for Titles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            FIRST_WORDS => Ok(Self::FirstWords),
            MODEL => Ok(Self::Model),
            text => text.parse().map(Self::Chosen).map_err(|_| {
                format!(
                    "\"{text}\" is no way to get titles: write \"{FIRST_WORDS}\", \"{MODEL}\", or a \
                     model as PROVIDER/MODEL"
                )
            }),
        }
    }
}

impl Serialize for Titles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Titles {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::rules::text(from, str::parse)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_way_to_get_titles_is_read_as_it_is_written() {
        for written in ["first-words", "model", "openai/gpt-5-nano"] {
            let titles: Titles = written.parse().unwrap();
            assert_eq!(titles.to_string(), written);
        }
        let refused = "none".parse::<Titles>().unwrap_err();
        assert!(refused.contains("first-words"), "{refused}");
    }
}

//! How families of models cut text into tokens: what an estimate counts by.
//!
//! A tokenizer is used where a kept crate has the family's: o200k adds 3.6 MB to the program. The
//! older cl100k would add another 1.7 MB for models that are hardly asked any more: they, and all
//! families whose tokenizer is not public, are counted by what the text is made of
//! ([`crate::TextTally`]).

use std::fmt;

/// A tokenizer that is public, and in the crate of the providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokenizer {
    /// OpenAI's since GPT-4o.
    O200k,
}

impl Tokenizer {
    /// How it counts an answer, in words.
    #[must_use]
    pub fn method(self) -> String {
        format!("{self} tokenizer, answer only")
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::O200k => "o200k",
        })
    }
}

/// One family.
#[derive(Debug)]
pub struct Family {
    /// How the names of its models begin, without the vendor that a router puts before them.
    names: &'static [&'static str],
    /// How many tokens its models make of a text, in percent of those of o200k.
    percent: u64,
    /// How many they make at most, in percent of the most that a [`crate::TextTally`] says.
    most_percent: u64,
    /// How its models really cut text.
    tokenizer: Option<Tokenizer>,
}

/// Claude's tokenizer is not public. The newest one makes up to 35 % more of a text than the one
/// before it (Anthropic's "What's new in Claude Opus 4.7"), which was close to the others.
const FAMILIES: &[Family] = &[
    Family {
        names: &[
            "gpt-4o",
            "gpt-4.1",
            "gpt-4.5",
            "gpt-5",
            "gpt-oss",
            "chatgpt-4o",
            "o1",
            "o3",
            "o4",
        ],
        percent: 100,
        most_percent: 100,
        tokenizer: Some(Tokenizer::O200k),
    },
    Family {
        names: &["claude"],
        percent: 120,
        most_percent: 135,
        tokenizer: None,
    },
];

/// What is not public or not here may cut a text more finely than any that was measured.
const OTHERS: Family = Family {
    names: &[],
    percent: 105,
    most_percent: 130,
    tokenizer: None,
};

/// The family of a model, by the name that its provider has for it.
#[must_use]
pub fn of(model: &str) -> &'static Family {
    let name = model.rsplit('/').next().unwrap_or(model);
    let belongs = |family: &&Family| {
        let mut names = family.names.iter();
        names.any(|start| {
            name.get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start))
        })
    };
    FAMILIES.iter().find(belongs).unwrap_or(&OTHERS)
}

impl Family {
    /// How its models really cut text, where that is known here.
    #[must_use]
    pub fn tokenizer(&self) -> Option<Tokenizer> {
        self.tokenizer
    }

    /// How many tokens it makes of what is so many for o200k.
    pub(crate) fn about(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(self.percent) / 100
    }

    /// The most that it makes of what is at most so many.
    pub(crate) fn at_most(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(self.most_percent).div_ceil(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_its_models_name_also_behind_a_router() {
        assert_eq!(of("claude-sonnet-4-5").about(100), 120);
        assert_eq!(of("anthropic/Claude-3-haiku").at_most(100), 135);
        assert_eq!(of("not-claude").about(100), 105);
        assert_eq!(of("").at_most(1), 2);
        assert_eq!(of("openai/gpt-5-mini").tokenizer(), Some(Tokenizer::O200k));
        assert_eq!(of("gpt-4-turbo").tokenizer(), None);
    }
}

//! How families of models cut text into tokens: what an estimate counts by.
//!
//! A tokenizer is used where a kept crate has the family's. o200k adds 3.6 MB to the program;
//! loading it takes 0.2 s and 45 MB, so that it counts after the turn and is dropped again. The
//! older cl100k would add another 1.7 MB for models that are hardly asked any more: they, and all
//! families whose tokenizer is not public, are counted by characters.

use std::fmt;

/// One family.
#[derive(Debug)]
pub(crate) struct Family {
    /// How the names of its models begin, without the vendor that a router puts before them.
    names: &'static [&'static str],
    /// Tenths of a character (Unicode scalar value) that a token has on average.
    tenths_per_token: u64,
    /// How its models really cut text.
    tokenizer: Option<Tokenizer>,
}

/// A tokenizer that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokenizer {
    /// OpenAI's since GPT-4o.
    O200k,
}

/// The most bytes that are cut at once: some texts, such as one letter a million times, take a
/// tokenizer a time that grows with the square of their length. A cut costs a token at most.
const PIECE: usize = 8 * 1024;

/// Claude: "a token approximately represents 3.5 English characters" (Anthropic's glossary).
/// DeepSeek: an English character is about 0.3 tokens ("Token & Token Usage" of its
/// documentation). Gemini and OpenAI: about 4 characters ("Understand and count tokens" of the
/// Gemini API, "What are tokens" of OpenAI's help), which is also taken for all others.
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
        tenths_per_token: 40,
        tokenizer: Some(Tokenizer::O200k),
    },
    Family {
        names: &["claude"],
        tenths_per_token: 35,
        tokenizer: None,
    },
    Family {
        names: &["deepseek"],
        tenths_per_token: 33,
        tokenizer: None,
    },
];

const OTHERS: Family = Family {
    names: &[],
    tenths_per_token: 40,
    tokenizer: None,
};

/// The family of a model, by the name that its provider has for it.
pub(crate) fn of(model: &str) -> &'static Family {
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

impl Tokenizer {
    /// How many tokens these texts are together; `None` when the tokenizer cannot be used. It
    /// takes a while: not for a task that must answer.
    pub(crate) fn count<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Option<u64> {
        let tokenizer = match self {
            Self::O200k => tiktoken_rs::o200k_base().ok()?,
        };
        let mut tokens = 0;
        for mut text in texts {
            while !text.is_empty() {
                let (piece, rest) = text.split_at(text.floor_char_boundary(PIECE));
                tokens += tokenizer.encode_ordinary(piece).len() as u64;
                text = rest;
            }
        }
        Some(tokens)
    }

    /// How [`count`](Self::count) counts, in words.
    pub(crate) fn method(self) -> String {
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

impl Family {
    /// How its models really cut text, where that is known here.
    pub(crate) fn tokenizer(&self) -> Option<Tokenizer> {
        self.tokenizer
    }

    /// How many tokens so many characters are, about.
    pub(crate) fn tokens(&self, characters: u64) -> u64 {
        characters
            .saturating_mul(10)
            .div_ceil(self.tenths_per_token)
    }

    /// How [`tokens`](Self::tokens) counts, in words.
    pub(crate) fn method(&self) -> String {
        let (whole, tenth) = (self.tenths_per_token / 10, self.tenths_per_token % 10);
        match tenth {
            0 => format!("{whole} characters a token, answer only"),
            tenth => format!("{whole}.{tenth} characters a token, answer only"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_its_models_name_also_behind_a_router() {
        assert_eq!(
            of("claude-sonnet-4-5").method(),
            "3.5 characters a token, answer only"
        );
        assert_eq!(of("anthropic/Claude-3-haiku").tokens(35), 10);
        assert_eq!(of("deepseek-chat").tokens(33), 10);
        assert_eq!(
            of("test-model").method(),
            "4 characters a token, answer only"
        );
        assert_eq!(of("not-claude").tokens(36), 9);
        assert_eq!(of("").tokens(1), 1);
        assert_eq!(of("openai/gpt-5-mini").tokenizer(), Some(Tokenizer::O200k));
        assert_eq!(of("gpt-4-turbo").tokenizer(), None);
    }

    #[test]
    fn o200k_counts_as_openai_does_also_what_is_long_or_split() {
        let tokens = Tokenizer::O200k.count(["hello world", "", "氷河"]);
        assert_eq!(tokens, Some(2 + 3));
        let long = "a".repeat(PIECE * 4);
        assert_eq!(Tokenizer::O200k.count([long.as_str()]), Some(4 * 1024));
    }
}

//! How families of models cut text into tokens: what an estimate counts by.

/// One family.
#[derive(Debug)]
pub(crate) struct Family {
    /// How the names of its models begin, without the vendor that a router puts before them.
    names: &'static [&'static str],
    /// Tenths of a character (Unicode scalar value) that a token has on average.
    tenths_per_token: u64,
}

/// Claude: "a token approximately represents 3.5 English characters" (Anthropic's glossary).
/// DeepSeek: an English character is about 0.3 tokens ("Token & Token Usage" of its
/// documentation). Gemini and OpenAI: about 4 characters ("Understand and count tokens" of the
/// Gemini API, "What are tokens" of OpenAI's help), which is also taken for all others.
const FAMILIES: &[Family] = &[
    Family {
        names: &["claude"],
        tenths_per_token: 35,
    },
    Family {
        names: &["deepseek"],
        tenths_per_token: 33,
    },
];

const OTHERS: Family = Family {
    names: &[],
    tenths_per_token: 40,
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

impl Family {
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
    }
}

//! What the parts of a text are worth in tokens.
//!
//! The factors are fitted to the texts in `samples` and to runs and random texts made in the
//! tests, so that the count of each of seven tokenizers is within the range: o200k and cl100k
//! (OpenAI), Claude 2, Llama 2 and 3, Mistral's SentencePiece and Tekken. What is about right is
//! fitted to o200k. Scripts that older tokenizers cut into bytes have the widest range.

/// What one token is in the factors.
pub(super) const TOKEN: u64 = 1_000;

/// What an answer may have around its text.
pub(super) const ENDS: u64 = 2 * TOKEN;

/// What a part of a text is worth, in thousandths of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worth {
    pub(super) low: u64,
    pub(super) about: u64,
    pub(super) high: u64,
}

/// What is counted of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    /// A word of Latin letters.
    Word,
    /// A letter of it.
    Latin,
    /// A letter beyond those of common words.
    LongWord,
    /// A capital after a capital.
    Capital,
    /// A Latin letter with a mark.
    Accented,
    /// A Cyrillic word.
    CyrillicWord,
    /// A letter of it.
    Cyrillic,
    /// A word in Greek, Hebrew or Arabic.
    NearWord,
    /// A letter of it.
    Near,
    /// A letter or sign of the scripts of India and South-East Asia.
    Far,
    /// A Chinese character.
    Han,
    /// A Japanese syllable.
    Kana,
    /// A Korean syllable.
    Hangul,
    /// A part of an emoji.
    Emoji,
    /// Anything rare.
    Rare,
    /// Up to three digits.
    DigitGroup,
    /// Each of them.
    Digit,
    /// A space that is cut apart from the digit after it.
    SpaceBeforeDigit,
    /// Several spaces.
    SpaceRun,
    /// A space.
    Space,
    /// A space after a space.
    RepeatedSpace,
    /// Ends of lines.
    BreakRun,
    /// One of them that differs from the one before.
    Break,
    /// One like the one before.
    RepeatedBreak,
    /// Signs of ASCII that follow each other.
    PunctuationRun,
    /// A sign that differs from the one before.
    Punctuation,
    /// Other signs that follow each other.
    SymbolRun,
    /// A sign that differs from the one before.
    Symbol,
    /// A sign like the one before.
    Repeated,
}

const fn worth(low: u64, about: u64, high: u64) -> Worth {
    Worth { low, about, high }
}

impl Feature {
    pub(super) const ALL: &[Self] = &[
        Self::Word,
        Self::Latin,
        Self::LongWord,
        Self::Capital,
        Self::Accented,
        Self::CyrillicWord,
        Self::Cyrillic,
        Self::NearWord,
        Self::Near,
        Self::Far,
        Self::Han,
        Self::Kana,
        Self::Hangul,
        Self::Emoji,
        Self::Rare,
        Self::DigitGroup,
        Self::Digit,
        Self::SpaceBeforeDigit,
        Self::SpaceRun,
        Self::Space,
        Self::RepeatedSpace,
        Self::BreakRun,
        Self::Break,
        Self::RepeatedBreak,
        Self::PunctuationRun,
        Self::Punctuation,
        Self::SymbolRun,
        Self::Symbol,
        Self::Repeated,
    ];
    pub(super) const COUNT: usize = Self::ALL.len();

    pub(super) fn worth(self) -> Worth {
        match self {
            Self::Word => worth(850, 920, 1_000),
            Self::Latin => worth(0, 30, 140),
            Self::LongWord => worth(60, 330, 620),
            Self::Capital => worth(60, 360, 750),
            Self::Accented => worth(100, 400, 1_700),
            Self::CyrillicWord => worth(600, 700, 800),
            Self::Cyrillic => worth(60, 140, 550),
            Self::NearWord => worth(400, 500, 500),
            Self::Near => worth(120, 280, 1_200),
            Self::Far => worth(220, 400, 2_100),
            Self::Han => worth(450, 850, 2_350),
            Self::Kana => worth(400, 750, 1_300),
            Self::Hangul => worth(450, 750, 2_400),
            Self::Emoji => worth(450, 1_300, 4_000),
            Self::Rare => worth(800, 2_600, 4_000),
            Self::DigitGroup => worth(600, 1_000, 0),
            Self::Digit => worth(0, 0, 1_050),
            Self::SpaceBeforeDigit => worth(0, 600, 1_000),
            Self::SpaceRun => worth(300, 800, 1_200),
            Self::Space => worth(0, 0, 50),
            Self::RepeatedSpace => worth(1, 8, 70),
            Self::BreakRun => worth(150, 600, 1_000),
            Self::Break => worth(0, 200, 1_000),
            Self::RepeatedBreak => worth(30, 60, 1_000),
            Self::PunctuationRun => worth(400, 750, 1_100),
            Self::Punctuation => worth(50, 300, 750),
            Self::SymbolRun => worth(200, 500, 1_000),
            Self::Symbol => worth(200, 600, 2_500),
            Self::Repeated => worth(12, 50, 500),
        }
    }
}

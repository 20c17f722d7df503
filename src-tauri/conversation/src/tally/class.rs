//! The kinds of characters that tokenizers treat alike.

use super::factors::Feature;

/// What a character is. After the blocks of Unicode 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A letter of ASCII.
    Latin,
    /// A Latin letter with a mark.
    Accented,
    Cyrillic,
    /// Greek, Hebrew, Arabic and other alphabets of two bytes a letter.
    Near,
    /// The scripts of India and South-East Asia, and Georgian.
    Far,
    /// Chinese characters that are in use.
    Han,
    /// Japanese syllables, and the punctuation of East Asia.
    Kana,
    /// Korean syllables.
    Hangul,
    /// Emoji, and what joins and varies them.
    Emoji,
    Digit,
    Space,
    /// Ends of lines, and tabs.
    Break,
    /// Signs of ASCII.
    Punctuation,
    /// Other signs, and control characters.
    Symbol,
    /// All else: most of it is cut into its bytes.
    Rare,
}

impl Class {
    pub(super) fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' => Self::Latin,
            '0'..='9' => Self::Digit,
            ' ' => Self::Space,
            '\n' | '\r' | '\t' => Self::Break,
            '!'..='~' => Self::Punctuation,
            '\0'..='\u{bf}' | '×' | '÷' => Self::Symbol,
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Accented,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{370}'..='\u{3ff}'
            | '\u{530}'..='\u{6ff}'
            | '\u{750}'..='\u{77f}'
            | '\u{8a0}'..='\u{8ff}'
            | '\u{1f00}'..='\u{1fff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}' => Self::Near,
            '\u{900}'..='\u{10ff}' | '\u{1780}'..='\u{17ff}' => Self::Far,
            '\u{200d}' | '\u{fe0f}' | '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' => {
                Self::Emoji
            }
            '\u{2000}'..='\u{25ff}' | '\u{2900}'..='\u{2bff}' => Self::Symbol,
            '\u{3000}'..='\u{30ff}' | '\u{ff00}'..='\u{ffef}' => Self::Kana,
            '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => Self::Hangul,
            '\u{2e80}'..='\u{2fff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
                Self::Han
            }
            _ => Self::Rare,
        }
    }

    /// Whether a word of several letters is one piece of text, with its end known.
    pub(super) fn is_in_words(self) -> bool {
        match self {
            Self::Latin | Self::Accented | Self::Cyrillic | Self::Near => true,
            Self::Far
            | Self::Han
            | Self::Kana
            | Self::Hangul
            | Self::Emoji
            | Self::Digit
            | Self::Space
            | Self::Break
            | Self::Punctuation
            | Self::Symbol
            | Self::Rare => false,
        }
    }

    /// What one character of it counts as.
    pub(super) fn feature(self) -> Feature {
        match self {
            Self::Latin => Feature::Latin,
            Self::Accented => Feature::Accented,
            Self::Cyrillic => Feature::Cyrillic,
            Self::Near => Feature::Near,
            Self::Far => Feature::Far,
            Self::Han => Feature::Han,
            Self::Kana => Feature::Kana,
            Self::Hangul => Feature::Hangul,
            Self::Emoji => Feature::Emoji,
            Self::Digit => Feature::Digit,
            Self::Space => Feature::Space,
            Self::Break => Feature::Break,
            Self::Punctuation => Feature::Punctuation,
            Self::Symbol => Feature::Symbol,
            Self::Rare => Feature::Rare,
        }
    }

    /// What a word, a group of digits, or what stands between words counts as beside its
    /// characters.
    pub(super) fn beginning(self) -> Option<Feature> {
        match self {
            Self::Latin | Self::Accented => Some(Feature::Word),
            Self::Cyrillic => Some(Feature::CyrillicWord),
            Self::Near => Some(Feature::NearWord),
            Self::Digit => Some(Feature::DigitGroup),
            Self::Space => Some(Feature::SpaceRun),
            Self::Break => Some(Feature::BreakRun),
            Self::Punctuation => Some(Feature::PunctuationRun),
            Self::Symbol => Some(Feature::SymbolRun),
            Self::Far | Self::Han | Self::Kana | Self::Hangul | Self::Emoji | Self::Rare => None,
        }
    }

    /// What a character between words counts as that is the same as the one before it.
    pub(super) fn repeated(self) -> Feature {
        match self {
            Self::Space => Feature::RepeatedSpace,
            Self::Break => Feature::RepeatedBreak,
            Self::Punctuation | Self::Symbol => Feature::Repeated,
            Self::Latin
            | Self::Accented
            | Self::Cyrillic
            | Self::Near
            | Self::Far
            | Self::Han
            | Self::Kana
            | Self::Hangul
            | Self::Emoji
            | Self::Digit
            | Self::Rare => self.feature(),
        }
    }
}

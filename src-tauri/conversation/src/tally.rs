//! What a text is made of, so far as that says how many tokens it is.
//!
//! A token is about four letters of an English word, one Chinese character, or a fourth of an
//! emoji, and no tokenizer is needed to tell these apart. A [`TextTally`] counts them while the text
//! comes in; [`factors`] says what each is worth.

mod class;
mod factors;

use crate::family::Family;
use class::Class;
use factors::Feature;

/// Letters of a word beyond these are in no common word.
const COMMON_WORD: u64 = 8;
/// Tokenizers take digits by so many at most.
const DIGIT_GROUP: u64 = 3;

/// What a text is made of. It can be taken in in pieces.
#[derive(Clone, Debug, Default)]
pub struct TextTally {
    characters: u64,
    counts: [u64; Feature::COUNT],
    last: Option<Last>,
}

/// The end of what was taken in.
#[derive(Clone, Copy, Debug)]
struct Last {
    character: char,
    class: Class,
    /// How many characters the word, the number or the run has.
    run: u64,
}

/// How many tokens a text is, as far as that is known without its tokenizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenRange {
    /// At least.
    pub low: u64,
    /// About.
    pub about: u64,
    /// At most.
    pub high: u64,
}

impl TextTally {
    /// What `text` is made of.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut tally = Self::default();
        tally.add(text);
        tally
    }

    /// Takes in what follows.
    pub fn add(&mut self, text: &str) {
        for character in text.chars() {
            self.take(character);
        }
    }

    /// How many characters (Unicode scalar values) were taken in.
    #[must_use]
    pub fn characters(&self) -> u64 {
        self.characters
    }

    /// How many tokens they are for models of that family.
    #[must_use]
    pub fn tokens(&self, family: &Family) -> TokenRange {
        if self.characters == 0 {
            return TokenRange::default();
        }
        let sum = |worth: fn(Feature) -> u64| {
            let features = Feature::ALL.iter().zip(&self.counts);
            features.fold(0_u64, |sum, (feature, count)| {
                sum.saturating_add(count.saturating_mul(worth(*feature)))
            })
        };
        let low = sum(|feature| feature.worth().low)
            .div_ceil(factors::TOKEN)
            .max(1);
        let about = family.about(sum(|feature| feature.worth().about));
        let about = (about.saturating_add(factors::TOKEN / 2) / factors::TOKEN).max(low);
        let high = sum(|feature| feature.worth().high).saturating_add(factors::ENDS);
        let high = family.at_most(high).div_ceil(factors::TOKEN).max(about);
        TokenRange { low, about, high }
    }

    fn take(&mut self, character: char) {
        self.characters += 1;
        let class = Class::of(character);
        let last = self.last;
        let run = match class {
            Class::Latin | Class::Accented | Class::Cyrillic | Class::Near => {
                self.letter(character, class, last)
            }
            Class::Digit => self.digit(last),
            Class::Space | Class::Break | Class::Punctuation | Class::Symbol => {
                self.between(character, class, last)
            }
            Class::Far | Class::Han | Class::Kana | Class::Hangul | Class::Emoji | Class::Rare => {
                self.count(class.feature());
                1
            }
        };
        self.last = Some(Last {
            character,
            class,
            run,
        });
    }

    /// A word goes on with letters, and begins anew with a capital after a small one.
    fn letter(&mut self, character: char, class: Class, last: Option<Last>) -> u64 {
        let after = last.filter(|last| last.class.is_in_words());
        let is_capital = character.is_uppercase();
        let after_capital = after.is_some_and(|last| last.character.is_uppercase());
        let run = match after {
            Some(last) if after_capital || !is_capital => last.run + 1,
            Some(_) | None => {
                self.begin_word(class, last);
                1
            }
        };
        let is_latin = class == Class::Latin;
        self.count(if is_latin && is_capital && after_capital {
            Feature::Capital
        } else if is_latin && run > COMMON_WORD {
            Feature::LongWord
        } else {
            class.feature()
        });
        run
    }

    fn begin_word(&mut self, class: Class, last: Option<Last>) {
        // One sign before a word is cut together with it.
        if let Some(Last {
            class: Class::Punctuation,
            run: 1,
            ..
        }) = last
        {
            self.take_back(Feature::PunctuationRun);
        }
        self.begin(class);
    }

    fn digit(&mut self, last: Option<Last>) -> u64 {
        let run = match last {
            Some(last) if last.class == Class::Digit => last.run + 1,
            Some(last) if last.class == Class::Space => {
                self.count(Feature::SpaceBeforeDigit);
                1
            }
            Some(_) | None => 1,
        };
        if run % DIGIT_GROUP == 1 {
            self.begin(Class::Digit);
        }
        self.count(Feature::Digit);
        run
    }

    /// What stands between words. Runs of one character are cut into few tokens.
    fn between(&mut self, character: char, class: Class, last: Option<Last>) -> u64 {
        let run = match last {
            Some(last) if last.class == class => last.run + 1,
            Some(_) | None => 1,
        };
        let repeats = last.is_some_and(|last| last.character == character);
        self.count(if repeats {
            class.repeated()
        } else {
            class.feature()
        });
        // A single space is cut together with the word that follows.
        let begins = if class == Class::Space { 2 } else { 1 };
        if run == begins {
            self.begin(class);
        }
        run
    }

    fn begin(&mut self, class: Class) {
        if let Some(feature) = class.beginning() {
            self.count(feature);
        }
    }

    fn count(&mut self, feature: Feature) {
        self.counts[feature as usize] += 1;
    }

    fn take_back(&mut self, feature: Feature) {
        let count = &mut self.counts[feature as usize];
        *count = count.saturating_sub(1);
    }
}

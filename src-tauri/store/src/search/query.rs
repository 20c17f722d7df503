//! What a person asks for: words, `"exact words"`, `-without`, and filters. Whatever is typed asks
//! for something: what is no operator is a word.

use super::words::{fold, words};
use tacet_conversation::{Cause, Millis};
use time::{Date, Month};

/// No more than so much of what is typed, or pasted, is looked at, in bytes;
const LONGEST: usize = 4096;
/// nor more than so many terms of each kind.
const MOST_TERMS: usize = 64;

/// Words that stand together in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// The words, folded; at least one.
    pub words: Vec<String>,
    /// Whether the last one may go on.
    pub is_prefix: bool,
}

/// Whether answers that ended early are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// They alone.
    Yes,
    /// The others alone.
    No,
    /// Those that ended for this cause.
    By(Cause),
}

/// Folders, tags or assistants whose names begin as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// How they begin, folded.
    pub beginning: String,
    /// The names that do, as the database has them, once that was asked.
    pub names: Vec<String>,
}

impl Named {
    fn of(value: &str) -> Option<Self> {
        let value = value.trim_matches('"');
        (!value.is_empty()).then(|| Self {
            beginning: folded(value),
            names: Vec::new(),
        })
    }

    /// Takes those of all names that begin so.
    pub fn choose(&mut self, all: Vec<String>) {
        let begins = |name: &String| folded(name).starts_with(&self.beginning);
        self.names = all.into_iter().filter(begins).collect();
    }
}

/// All words of a name, folded.
fn folded(name: &str) -> String {
    let word = |word| {
        let mut folded = String::new();
        fold(word, &mut folded);
        folded
    };
    let words: Vec<String> = name.split_whitespace().map(word).collect();
    words.join(" ")
}

/// A search as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// All of them are in what is found.
    pub wanted: Vec<Phrase>,
    /// None of them is.
    pub unwanted: Vec<Phrase>,
    /// Is part of the model's name, in small letters.
    pub model: Option<String>,
    /// From this moment on.
    pub after: Option<Millis>,
    /// Before this moment.
    pub before: Option<Millis>,
    /// How it ended.
    pub stopped: Option<Stopped>,
    /// The folder that it is in.
    pub folder: Option<Named>,
    /// A tag that its conversation has.
    pub tag: Option<Named>,
    /// The assistant that its conversation began with, by its id.
    pub assistant: Option<Named>,
}

impl Query {
    /// Understands what was typed. `utc_offset_minutes` is how far the person's clock is ahead of
    /// UTC, by which days begin.
    pub fn parse(typed: &str, utc_offset_minutes: i32) -> Self {
        let mut query = Self::default();
        let mut rest = typed[..typed.floor_char_boundary(LONGEST)].trim_start();
        while !rest.is_empty() {
            let (term, after) = Term::first_of(rest);
            // What is still being typed may go on.
            let is_last = after.is_empty();
            rest = after.trim_start();
            if !query.take_filter(&term, utc_offset_minutes) {
                query.take_words(&term, is_last);
            }
        }
        query
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it asks for words, and not by filters alone.
    pub fn has_words(&self) -> bool {
        !self.wanted.is_empty() || !self.unwanted.is_empty()
    }

    /// Whether it asks for more than words.
    pub fn has_filters(&self) -> bool {
        let words_alone = Self {
            wanted: self.wanted.clone(),
            unwanted: self.unwanted.clone(),
            ..Self::default()
        };
        *self != words_alone
    }

    /// Whether it asks for what conversations do not have and only messages do.
    pub fn is_of_messages(&self) -> bool {
        self.model.is_some() || self.stopped.is_some()
    }

    fn take_words(&mut self, term: &Term<'_>, is_last: bool) {
        let Some(phrase) = Phrase::of(term.text, is_last && !term.quoted) else {
            return;
        };
        let phrases = if term.without {
            &mut self.unwanted
        } else {
            &mut self.wanted
        };
        if phrases.len() < MOST_TERMS && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }

    /// Takes a filter; `false` where the term is none.
    fn take_filter(&mut self, term: &Term<'_>, utc_offset_minutes: i32) -> bool {
        if term.quoted || term.without {
            return false;
        }
        let Some((name, value)) = term.text.split_once(':') else {
            return false;
        };
        let day = |value| day(value).map(|day| day - i64::from(utc_offset_minutes) * 60_000);
        match name.to_ascii_lowercase().as_str() {
            "model" => {
                let value = value.trim_matches('"');
                self.model = (!value.is_empty()).then(|| value.to_lowercase());
                true
            }
            "folder" => {
                self.folder = Named::of(value);
                true
            }
            "tag" => {
                self.tag = Named::of(value);
                true
            }
            "assistant" => {
                self.assistant = Named::of(value);
                true
            }
            "after" => day(value).map(|at| self.after = Some(at)).is_some(),
            "before" => day(value).map(|at| self.before = Some(at)).is_some(),
            "stopped" => stopped(value).map(|how| self.stopped = Some(how)).is_some(),
            _ => false,
        }
    }
}

impl Phrase {
    fn of(text: &str, may_go_on: bool) -> Option<Self> {
        let mut phrase = Self {
            words: Vec::new(),
            is_prefix: false,
        };
        let all: Vec<_> = words(text).collect();
        for (index, word) in all.iter().enumerate() {
            let is_last = index + 1 == all.len();
            // The pairs before it have it already.
            let alone = index == 0 || !touches(&all[index - 1].place, &word.place);
            if word.closes_run && is_last && !alone {
                continue;
            }
            let mut folded = String::new();
            fold(&text[word.place.clone()], &mut folded);
            // One letter begins too many words to be of use; one character that is written without
            // spaces stands for all pairs that begin with it.
            let is_long = folded.chars().nth(1).is_some();
            phrase.is_prefix = is_last && (word.closes_run || (may_go_on && is_long));
            if !folded.is_empty() {
                phrase.words.push(folded);
            }
        }
        (!phrase.words.is_empty()).then_some(phrase)
    }
}

/// Whether the second begins within the first, as the pairs of a run do.
fn touches(first: &std::ops::Range<usize>, second: &std::ops::Range<usize>) -> bool {
    second.start < first.end
}

/// One word or quotation of what was typed.
#[derive(Debug, PartialEq, Eq)]
struct Term<'a> {
    text: &'a str,
    quoted: bool,
    without: bool,
}

impl<'a> Term<'a> {
    /// The first term, and what follows it.
    fn first_of(typed: &'a str) -> (Self, &'a str) {
        let without = typed
            .strip_prefix('-')
            .filter(|rest| rest.starts_with(|c: char| c == '"' || c.is_alphanumeric()));
        let rest = without.unwrap_or(typed);
        let without = without.is_some();
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            let term = Self {
                text,
                quoted: true,
                without,
            };
            return (term, after);
        }
        // A value of a filter may be quoted.
        let mut in_quotes = false;
        let end = rest.find(|c: char| {
            in_quotes ^= c == '"';
            c.is_whitespace() && !in_quotes
        });
        let end = end.or_else(|| rest.find(char::is_whitespace).filter(|_| in_quotes));
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        let term = Self {
            text,
            quoted: false,
            without,
        };
        (term, after)
    }
}

/// The beginning of a day, a month (`2026-03`) or a year in UTC; `None` where it is none.
fn day(value: &str) -> Option<Millis> {
    let mut parts = value.split('-');
    let year: i32 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month: u8 = parts.next().map_or(Some(1), |month| month.parse().ok())?;
    let day: u8 = parts.next().map_or(Some(1), |day| day.parse().ok())?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp() * 1000)
}

fn stopped(value: &str) -> Option<Stopped> {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "" | "yes" => Some(Stopped::Yes),
        "no" => Some(Stopped::No),
        cause => {
            let word: StrDeserializer<'_, Error> = cause.into_deserializer();
            Cause::deserialize(word).ok().map(Stopped::By)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn parse(typed: &str) -> Query {
        Query::parse(typed, 0)
    }

    fn words_of(phrases: &[Phrase]) -> Vec<String> {
        let star = |phrase: &Phrase| if phrase.is_prefix { "*" } else { "" };
        let words = phrases.iter();
        words
            .map(|phrase| phrase.words.join(" ") + star(phrase))
            .collect()
    }

    #[test]
    fn the_last_word_may_go_on_and_what_stands_before_a_space_or_in_quotes_may_not() {
        assert_eq!(words_of(&parse("ice mora").wanted), ["ice", "mora*"]);
        assert_eq!(words_of(&parse("ice mora ").wanted), ["ice", "mora"]);
        let exact = parse("\"Glacier ice\" \"mora");
        assert_eq!(words_of(&exact.wanted), ["glacier ice", "mora"]);
    }

    #[test]
    fn without_and_filters_are_understood() {
        let query = parse("ice -snow -\"sea level\" model:GPT-4o after:2026-03 before:2026-03-31");
        assert_eq!(words_of(&query.wanted), ["ice"]);
        assert_eq!(words_of(&query.unwanted), ["snow", "sea level"]);
        assert_eq!(query.model.as_deref(), Some("gpt-4o"));
        assert_eq!(query.after, Some(1_772_323_200_000));
        assert_eq!(query.before, Some(1_774_915_200_000));
        assert_eq!(parse("stopped:").stopped, Some(Stopped::Yes));
        assert_eq!(parse("stopped:no").stopped, Some(Stopped::No));
        let cause = parse("stopped:viewer-gone").stopped;
        assert_eq!(cause, Some(Stopped::By(Cause::ViewerGone)));
        let local = Query::parse("after:2026-01-01", 120);
        assert_eq!(local.after, Some(1_767_225_600_000 - 7_200_000));
        assert_eq!(parse("model:\"llama 3\"").model.as_deref(), Some("llama 3"));
        let filed = parse("ice folder:\"Field n\" tag:Übung");
        assert_eq!(filed.folder.unwrap().beginning, "field n");
        assert_eq!(filed.tag.unwrap().beginning, "ubung");
        let of = parse("assistant:Geo").assistant;
        assert_eq!(of.unwrap().beginning, "geo");
        assert_eq!(words_of(&filed.wanted), ["ice"]);
    }

    #[test]
    fn what_is_no_operator_is_words() {
        assert_eq!(words_of(&parse("after:noon ").wanted), ["after noon"]);
        assert!(parse("folder: tag:\"\" ").is_empty());
        assert_eq!(words_of(&parse("https://a.b ").wanted), ["https a b"]);
        assert_eq!(
            words_of(&parse("- AND (NEAR/3 * ").wanted),
            ["and", "near 3"]
        );
        assert_eq!(words_of(&parse("5\" nails ").wanted), ["5", "nails"]);
        assert!(parse(" \" - ** \u{301} ").is_empty());
    }

    #[test]
    fn what_is_written_without_spaces_is_asked_for_in_pairs() {
        assert_eq!(words_of(&parse("機械学習").wanted), ["機械 械学 学習"]);
        assert_eq!(words_of(&parse("字").wanted), ["字*"]);
        assert_eq!(words_of(&parse("東京tow").wanted), ["東京 京 tow*"]);
        assert_eq!(words_of(&parse("tower東 ").wanted), ["tower 東*"]);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_understood_as_something(typed in "\\PC{0,40}") {
            let query = parse(&typed);
            for phrase in query.wanted.iter().chain(&query.unwanted) {
                prop_assert!(!phrase.words.is_empty());
                for word in &phrase.words {
                    prop_assert!(!word.is_empty());
                    prop_assert!(!word.contains(|c: char| c.is_whitespace() || c == '"'));
                }
            }
        }
    }
}

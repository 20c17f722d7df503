//! The words of a text, as they are indexed and asked for: folded, so that case and diacritics do
//! not count, and scripts that are written without spaces cut into overlapping pairs of characters,
//! so that any two that stand together are found.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A longer word, base64 for instance, is found by its beginning of so many characters.
const LONGEST: usize = 64;

/// A word of a text, or a pair of characters of a run without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it stands in the text, in bytes.
    pub place: Range<usize>,
    /// Whether it is the last character of a run without spaces, by itself: it is indexed so that
    /// the character alone is found, and is no part of what is asked for.
    pub closes_run: bool,
}

/// The words of a text in their order.
pub(super) fn words(text: &str) -> Words<'_> {
    Words {
        text,
        at: 0,
        previous: None,
    }
}

/// See [`words`].
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    /// The character of a run that waits for the next one.
    previous: Option<Range<usize>>,
}

/// What a character is to the words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Of a word.
    Letter,
    /// Of a script without spaces.
    Unspaced,
    /// It belongs to the character before it.
    Mark,
    /// Between words.
    Gap,
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() {
            Class::Letter
        } else {
            Class::Gap
        };
    }
    // The two voicing marks of narrow Katakana are letters by their category.
    if is_combining_mark(c) || matches!(c, '\u{ff9e}' | '\u{ff9f}') {
        Class::Mark
    } else if !c.is_alphanumeric() {
        Class::Gap
    } else if is_unspaced(c) {
        // Within a syllable that is written in its parts, the vowel and what closes it.
        if matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}') {
            Class::Mark
        } else {
            Class::Unspaced
        }
    } else {
        Class::Letter
    }
}

/// Chinese, Japanese and Korean, and the scripts of South-East Asia that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1100}'..='\u{11ff}' // Hangul in parts
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30ff}' // Hiragana, Katakana
        | '\u{3100}'..='\u{318f}' | '\u{31a0}'..='\u{31bf}' // Bopomofo, Hangul in parts
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}' // narrow Katakana and Hangul
        | '\u{20000}'..='\u{323af}')
}

impl Words<'_> {
    fn close_run(&mut self) -> Option<Word> {
        let place = self.previous.take()?;
        Some(Word {
            place,
            closes_run: true,
        })
    }

    /// Moves over characters from `self.at` on as long as they are of these classes.
    fn pass(&mut self, classes: &[Class]) {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !classes.contains(&class(c)));
        self.at += end.unwrap_or(rest.len());
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            let begin = self.at;
            let Some(first) = self.text[begin..].chars().next() else {
                return self.close_run();
            };
            match class(first) {
                Class::Unspaced => {
                    self.at += first.len_utf8();
                    self.pass(&[Class::Mark]);
                    let previous = self.previous.replace(begin..self.at);
                    if let Some(previous) = previous {
                        return Some(Word {
                            place: previous.start..self.at,
                            closes_run: false,
                        });
                    }
                }
                Class::Letter => {
                    if let Some(last) = self.close_run() {
                        return Some(last);
                    }
                    self.pass(&[Class::Letter, Class::Mark]);
                    return Some(Word {
                        place: begin..self.at,
                        closes_run: false,
                    });
                }
                Class::Mark | Class::Gap => {
                    if let Some(last) = self.close_run() {
                        return Some(last);
                    }
                    self.pass(&[Class::Mark, Class::Gap]);
                }
            }
        }
    }
}

/// Adds a word to `folded` as it is compared: without case and diacritics, in one of the ways in
/// which Unicode writes it. Adds nothing of what has no letter then.
pub(super) fn fold(word: &str, folded: &mut String) {
    if word.is_ascii() {
        let word = &word[..word.len().min(LONGEST)];
        folded.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        return;
    }
    let letters = word
        .nfkd()
        .filter(|&c| !is_diacritic(c))
        .flat_map(|c| simple(c).into_iter().flatten())
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .filter(|&c| c.is_alphanumeric() || is_combining_mark(c));
    folded.extend(letters.nfc().take(LONGEST));
}

/// Marks that a reader may leave out; others, the vowels of many scripts, tell words apart.
pub(in super::super) fn is_diacritic(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' // Latin, Greek, Cyrillic
        | '\u{0591}'..='\u{05c7}' // Hebrew points
        | '\u{0610}'..='\u{061a}' | '\u{0640}' | '\u{064b}'..='\u{065f}' | '\u{0670}' // Arabic
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// A letter in the letters that it is also written with, where Unicode does not take it apart.
fn simple(c: char) -> [Option<char>; 2] {
    match c {
        'ß' | 'ẞ' => [Some('s'), Some('s')],
        'æ' | 'Æ' => [Some('a'), Some('e')],
        'œ' | 'Œ' => [Some('o'), Some('e')],
        'þ' | 'Þ' => [Some('t'), Some('h')],
        'ø' | 'Ø' => [Some('o'), None],
        'đ' | 'Đ' | 'ð' | 'Ð' => [Some('d'), None],
        'ł' | 'Ł' => [Some('l'), None],
        'ħ' | 'Ħ' => [Some('h'), None],
        'ı' => [Some('i'), None],
        other => [Some(other), None],
    }
}

/// The text as the index takes it: its folded words with spaces between them.
pub(super) fn indexed(text: &str, into: &mut String) {
    for word in words(text) {
        let before = into.len();
        into.push(' ');
        fold(&text[word.place], into);
        if into.len() == before + 1 {
            into.truncate(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut words = String::new();
        indexed(text, &mut words);
        words.trim_start().to_owned()
    }

    #[test]
    fn case_and_diacritics_do_not_count() {
        assert_eq!(folded("Café, NAÏVE; Größe"), "cafe naive grosse");
        assert_eq!(
            folded("Smørrebrød Łódź İstanbul"),
            "smorrebrod lodz istanbul"
        );
        assert_eq!(folded("Ὀδυσσεύς"), folded("ΟΔΥΣΣΕΥΣ"));
        // Composed and decomposed.
        assert_eq!(folded("e\u{301}te\u{301}"), folded("été"));
        assert_eq!(folded("Ёлка"), folded("елка"));
    }

    #[test]
    fn text_without_spaces_is_cut_into_overlapping_pairs() {
        assert_eq!(folded("機械学習"), "機械 械学 学習 習");
        assert_eq!(folded("東京tower"), "東京 京 tower");
        assert_eq!(folded("안녕"), "안녕 녕");
        // In parts, narrow, and with a voicing mark of its own.
        assert_eq!(folded("안녕".nfd().collect::<String>().as_str()), "안녕 녕");
        assert_eq!(folded("ｶﾞｽ"), folded("ガス"));
        assert_eq!(folded("か\u{3099}く"), folded("がく"));
        assert_eq!(folded("字"), "字");
    }

    #[test]
    fn the_words_of_code_are_found_and_what_has_no_letters_is_none() {
        assert_eq!(folded("snake_case(foo.bar) -> C++"), "snake case foo bar c");
        assert_eq!(folded("— … \"\" ('')\u{301}"), "");
        assert_eq!(folded(&"x".repeat(10_000)).len(), LONGEST);
    }
}

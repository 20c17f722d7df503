//! Where the words that are asked for stand in a text, and the piece of it to show around them.

use super::query::Phrase;
use super::words::{fold, words};
use serde::Serialize;
use std::collections::VecDeque;
use std::ops::Range;
use ts_rs::TS;

/// A piece of a text around what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SnippetPiece {
    /// The piece; spaces and line breaks in a row are one space.
    pub text: String,
    /// Whether it is what was asked for.
    pub is_hit: bool,
}

/// How much of a text is shown before what was found, in bytes,
const BEFORE: usize = 48;
/// and in all.
const LENGTH: usize = 220;
/// So many places are looked at for the best.
const MOST_PLACES: usize = 64;
/// No more than so much of a text is looked through for a snippet, in bytes.
const MOST_READ: usize = 4 << 20;

/// Hands each place of a phrase in `text` to `take`, with the phrase's number, until that says
/// `false`.
pub(super) fn each_place(
    text: &str,
    phrases: &[Phrase],
    mut take: impl FnMut(usize, Range<usize>) -> bool,
) {
    let longest = phrases.iter().map(|phrase| phrase.words.len()).max();
    let Some(longest) = longest else { return };
    let mut recent: VecDeque<(String, Range<usize>)> = VecDeque::with_capacity(longest + 1);
    for word in words(text) {
        // The oldest string is used again.
        let mut folded = if recent.len() == longest {
            recent.pop_front().map(|(folded, _)| folded)
        } else {
            None
        }
        .unwrap_or_default();
        folded.clear();
        fold(&text[word.place.clone()], &mut folded);
        if folded.is_empty() {
            continue;
        }
        recent.push_back((folded, word.place));
        for (number, phrase) in phrases.iter().enumerate() {
            if let Some(place) = ends_with(&recent, phrase, text)
                && !take(number, place)
            {
                return;
            }
        }
    }
}

/// Where the phrase stands, if the words end with it.
fn ends_with(
    recent: &VecDeque<(String, Range<usize>)>,
    phrase: &Phrase,
    text: &str,
) -> Option<Range<usize>> {
    let first = recent.len().checked_sub(phrase.words.len())?;
    let last = phrase.words.len() - 1;
    for (index, wanted) in phrase.words.iter().enumerate() {
        let (found, _) = recent.get(first + index)?;
        let fits = if index == last && phrase.is_prefix {
            found.starts_with(wanted.as_str())
        } else {
            found == wanted
        };
        if !fits {
            return None;
        }
    }
    let (_, begin) = recent.get(first)?;
    let (found, end) = recent.back()?;
    let wanted = &phrase.words[last];
    // Of a pair, the one character that was asked for.
    let single =
        phrase.is_prefix && wanted.chars().nth(1).is_none() && found.chars().nth(2).is_none();
    let end = match text[end.clone()].chars().next() {
        Some(c) if single => end.start + c.len_utf8(),
        Some(_) | None => end.end,
    };
    Some(begin.start..end)
}

/// Which of the phrases are in `text`, as bits; of more than 64 the others count as found.
pub(super) fn found_in(text: &str, phrases: &[Phrase]) -> u64 {
    let all = all_of(phrases);
    let mut found = 0;
    each_place(text, phrases, |number, _| {
        found |= bit(number);
        found != all
    });
    found
}

/// The bits of all phrases.
pub(super) fn all_of(phrases: &[Phrase]) -> u64 {
    (0..phrases.len()).map(bit).fold(0, |all, bit| all | bit)
}

fn bit(number: usize) -> u64 {
    1 << number.min(63)
}

/// The piece of a text with the most of the phrases, and how many those are; `None` where it has none
/// of them.
pub(super) fn snippet(text: &str, phrases: &[Phrase]) -> Option<(Vec<SnippetPiece>, u32)> {
    let text = &text[..text.floor_char_boundary(MOST_READ)];
    let mut places: Vec<(usize, Range<usize>)> = Vec::new();
    each_place(text, phrases, |number, place| {
        places.push((number, place));
        places.len() < MOST_PLACES
    });
    let within = |from: usize| {
        let near = places.iter();
        let near =
            near.filter(|(_, place)| place.start >= from && place.end < from + LENGTH - BEFORE);
        near.fold(0, |found, (number, _)| found | bit(*number))
            .count_ones()
    };
    // The first of those that are as good.
    let (_, best) = places
        .iter()
        .rev()
        .max_by_key(|(_, place)| within(place.start))?;
    let window = window(text, best);
    let found = within(best.start).max(1);
    let mut marked: Vec<Range<usize>> = places.iter().map(|(_, place)| place.clone()).collect();
    marked.sort_by_key(|place| (place.start, place.end));
    Some((pieces(text, window, &marked), found))
}

/// The beginning of a text, where nothing in it was asked for.
pub(super) fn beginning(text: &str) -> Vec<SnippetPiece> {
    let text = text.trim_start();
    pieces(text, window(text, &(0..0)), &[])
}

/// What is shown around a place: between words where there are some.
fn window(text: &str, place: &Range<usize>) -> Range<usize> {
    let begin = text.floor_char_boundary(place.start.saturating_sub(BEFORE));
    let begin = match begin {
        0 => 0,
        _ => text[begin..place.start]
            .find(char::is_whitespace)
            .map_or(begin, |space| begin + space),
    };
    let most = text.floor_char_boundary((begin + LENGTH).max(place.end));
    if most >= text.len() {
        return begin..text.len();
    }
    let end = text[place.end..most]
        .rfind(char::is_whitespace)
        .filter(|&space| space > LENGTH / 4)
        .map_or(most, |space| place.end + space);
    begin..end
}

fn pieces(text: &str, window: Range<usize>, marked: &[Range<usize>]) -> Vec<SnippetPiece> {
    let mut pieces = Vec::new();
    let mut at = window.start;
    if window.start > 0 {
        push(&mut pieces, "…", false);
    }
    for place in marked {
        // Pairs of a run overlap.
        let (start, end) = (place.start.max(at), place.end.min(window.end));
        if start >= end {
            continue;
        }
        push(&mut pieces, &text[at..start], false);
        push(&mut pieces, &text[start..end], true);
        at = end;
    }
    push(&mut pieces, &text[at.min(window.end)..window.end], false);
    if window.end < text.len() {
        push(&mut pieces, "…", false);
    }
    pieces
}

/// Adds text with single spaces, to the last piece where that is of the same kind.
fn push(pieces: &mut Vec<SnippetPiece>, text: &str, is_hit: bool) {
    if text.is_empty() {
        return;
    }
    if pieces.last().is_none_or(|last| last.is_hit != is_hit) {
        pieces.push(SnippetPiece {
            text: String::new(),
            is_hit,
        });
    }
    let Some(SnippetPiece { text: last, .. }) = pieces.last_mut() else {
        return;
    };
    for c in text.chars() {
        if !c.is_whitespace() {
            last.push(c);
        } else if !last.ends_with(' ') {
            last.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::query::Query;
    use super::*;

    /// The best piece of a text, with brackets around what was asked for.
    fn shown(text: &str, asked: &str) -> String {
        let query = Query::parse(asked, 0);
        let Some((pieces, _)) = snippet(text, &query.wanted) else {
            return String::new();
        };
        let mark = |piece: &SnippetPiece| match piece.is_hit {
            true => format!("[{}]", piece.text),
            false => piece.text.clone(),
        };
        pieces.iter().map(mark).collect()
    }

    #[test]
    fn what_was_asked_for_is_marked_as_it_is_written() {
        assert_eq!(shown("The  Café\nis old.", "cafe "), "The [Café] is old.");
        assert_eq!(
            shown("glacier ice, ice", "\"Glacier Ice\""),
            "[glacier ice], ice"
        );
        assert_eq!(shown("A moraine.", "mora"), "A [moraine].");
        assert_eq!(shown("A moraine.", "mora "), "");
        assert_eq!(
            shown("私は機械学習を学ぶ", "機械学習"),
            "私は[機械学習]を学ぶ"
        );
        assert_eq!(shown("私は機械学習を学ぶ", "学"), "私は機械[学]習を[学]ぶ");
    }

    #[test]
    fn the_piece_with_the_most_of_what_was_asked_for_is_shown() {
        let text = format!(
            "ice here. {}Then ice and snow meet.{}",
            "x y ".repeat(200),
            " z".repeat(200)
        );
        let piece = shown(&text, "ice snow ");
        assert!(piece.contains("[ice] and [snow] meet."), "{piece}");
        assert!(piece.starts_with("… ") && piece.ends_with(" z…"), "{piece}");
        let long = "字".repeat(500) + "機械" + &"字".repeat(500);
        let piece = shown(&long, "機械");
        assert!(piece.contains("字[機械]字"), "{piece}");
        assert!(piece.len() < 300, "{}", piece.len());
    }
}

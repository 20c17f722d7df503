//! Estimates by kinds of characters, held against what seven tokenizers make of the same texts.

use tacet_core::family::{self, Tokenizer};
use tacet_core::provider::tokenizer;
use tacet_core::{TextTally, TokenRange};

/// How many tokens o200k, cl100k, Claude 2, Llama 2, Llama 3, Mistral's SentencePiece (v2) and
/// Tekken make of a text.
type Counts = [u64; 7];

/// Texts that people and models write. The human languages are articles of the Universal
/// Declaration of Human Rights for the most part; what is called `any` is random.
const TEXTS: &[(&str, &str, Counts)] = &[
    (
        "amharic",
        include_str!("samples/amharic.txt"),
        [188, 249, 268, 272, 249, 231, 249],
    ),
    (
        "any_capitals",
        include_str!("samples/any_capitals.txt"),
        [339, 354, 348, 418, 352, 403, 395],
    ),
    (
        "any_han",
        include_str!("samples/any_han.txt"),
        [582, 727, 657, 874, 580, 861, 610],
    ),
    (
        "any_hangul",
        include_str!("samples/any_hangul.txt"),
        [688, 789, 782, 898, 688, 897, 660],
    ),
    (
        "any_letters",
        include_str!("samples/any_letters.txt"),
        [307, 328, 314, 354, 326, 353, 336],
    ),
    (
        "arabic",
        include_str!("samples/arabic.txt"),
        [107, 248, 315, 310, 126, 310, 98],
    ),
    (
        "base64",
        include_str!("samples/base64.txt"),
        [405, 426, 425, 482, 426, 478, 448],
    ),
    (
        "burmese",
        include_str!("samples/burmese.txt"),
        [67, 251, 117, 219, 251, 214, 69],
    ),
    (
        "capitals",
        include_str!("samples/capitals.txt"),
        [195, 202, 241, 283, 201, 265, 249],
    ),
    (
        "chinese",
        include_str!("samples/chinese.txt"),
        [154, 215, 204, 261, 156, 198, 164],
    ),
    (
        "classical",
        include_str!("samples/classical.txt"),
        [68, 99, 97, 109, 69, 98, 74],
    ),
    (
        "code",
        include_str!("samples/code.txt"),
        [216, 213, 244, 268, 213, 272, 222],
    ),
    (
        "csv",
        include_str!("samples/csv.txt"),
        [534, 534, 529, 951, 534, 951, 951],
    ),
    (
        "digits",
        include_str!("samples/digits.txt"),
        [420, 420, 313, 801, 420, 802, 801],
    ),
    (
        "english",
        include_str!("samples/english.txt"),
        [135, 135, 141, 158, 135, 153, 138],
    ),
    (
        "georgian",
        include_str!("samples/georgian.txt"),
        [51, 322, 199, 182, 322, 177, 70],
    ),
    (
        "german",
        include_str!("samples/german.txt"),
        [132, 170, 188, 165, 169, 184, 136],
    ),
    (
        "greek",
        include_str!("samples/greek.txt"),
        [71, 172, 211, 194, 74, 196, 74],
    ),
    (
        "hebrew",
        include_str!("samples/hebrew.txt"),
        [50, 129, 120, 129, 129, 130, 56],
    ),
    (
        "hex",
        include_str!("samples/hex.txt"),
        [303, 302, 307, 461, 302, 462, 461],
    ),
    (
        "hindi",
        include_str!("samples/hindi.txt"),
        [114, 373, 410, 413, 192, 400, 124],
    ),
    (
        "japanese",
        include_str!("samples/japanese.txt"),
        [178, 241, 233, 257, 160, 234, 165],
    ),
    (
        "json",
        include_str!("samples/json.txt"),
        [163, 161, 167, 211, 161, 207, 184],
    ),
    (
        "korean",
        include_str!("samples/korean.txt"),
        [127, 218, 244, 331, 129, 224, 110],
    ),
    (
        "latex",
        include_str!("samples/latex.txt"),
        [115, 119, 99, 99, 119, 99, 98],
    ),
    (
        "minified",
        include_str!("samples/minified.txt"),
        [102, 98, 126, 126, 98, 124, 102],
    ),
    (
        "mixed",
        include_str!("samples/mixed.txt"),
        [99, 117, 121, 120, 102, 126, 104],
    ),
    (
        "polish",
        include_str!("samples/polish.txt"),
        [53, 64, 80, 62, 62, 72, 54],
    ),
    (
        "rare_han",
        include_str!("samples/rare_han.txt"),
        [590, 595, 448, 600, 591, 601, 595],
    ),
    (
        "russian",
        include_str!("samples/russian.txt"),
        [108, 195, 222, 149, 130, 160, 122],
    ),
    (
        "signs",
        include_str!("samples/signs.txt"),
        [394, 389, 385, 428, 387, 442, 408],
    ),
    (
        "table",
        include_str!("samples/table.txt"),
        [91, 92, 85, 104, 92, 99, 94],
    ),
    (
        "tamil",
        include_str!("samples/tamil.txt"),
        [76, 330, 450, 272, 330, 261, 87],
    ),
    (
        "thai",
        include_str!("samples/thai.txt"),
        [64, 136, 241, 138, 62, 135, 69],
    ),
    (
        "url",
        include_str!("samples/url.txt"),
        [107, 117, 123, 135, 117, 133, 117],
    ),
    (
        "uuids",
        include_str!("samples/uuids.txt"),
        [232, 231, 245, 339, 231, 341, 328],
    ),
    (
        "vietnamese",
        include_str!("samples/vietnamese.txt"),
        [50, 87, 138, 135, 48, 127, 50],
    ),
];

/// Runs: a piece, and how often it comes.
const RUNS: &[(&str, &str, usize, Counts)] = &[
    (
        "one letter",
        "a",
        8192,
        [1024, 1024, 512, 2048, 1024, 1027, 4096],
    ),
    (
        "laughing",
        "ha",
        2000,
        [1001, 1999, 2000, 2000, 1999, 2000, 2000],
    ),
    ("one sign", "=", 4000, [62, 63, 63, 250, 63, 252, 125]),
    ("a ruler", "─", 1000, [63, 125, 125, 250, 125, 501, 250]),
    ("spaces", " ", 5000, [40, 40, 8, 313, 40, 313, 79]),
    (
        "ends of lines",
        "\n",
        5000,
        [313, 157, 157, 5000, 157, 5001, 1250],
    ),
    (
        "indentation",
        "\n        \t",
        200,
        [201, 201, 400, 600, 201, 601, 400],
    ),
    (
        "one digit",
        "7",
        1000,
        [334, 334, 250, 1000, 334, 1001, 1000],
    ),
    (
        "one emoji",
        "😀",
        350,
        [350, 700, 700, 1400, 700, 351, 1400],
    ),
    (
        "families and flags",
        "\u{1f44d}😀\u{1f389}\u{2764}\u{fe0f}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}\u{1f1e9}\u{1f1ea}\u{1f9d1}\u{1f3fd}\u{200d}\u{1f4bb}\u{1f525}\u{2728}",
        25,
        [900, 1475, 1300, 1825, 1325, 1351, 1925],
    ),
    (
        "one Chinese character",
        "哈",
        2000,
        [1000, 2000, 2000, 6000, 2000, 2001, 1000],
    ),
    (
        "marks",
        "e\u{301}\u{323}",
        300,
        [900, 1200, 1200, 900, 900, 900, 1500],
    ),
    ("two words", "hello world", 1, [2, 2, 2, 2, 2, 3, 2]),
    ("one word", "Hi", 1, [1, 1, 1, 1, 1, 1, 1]),
    ("a space at the end", "The ice ", 1, [3, 3, 3, 3, 3, 3, 3]),
];

fn samples() -> impl Iterator<Item = (&'static str, String, Counts)> {
    let texts = TEXTS
        .iter()
        .map(|(name, text, counts)| (*name, (*text).to_owned(), *counts));
    let runs = RUNS.iter();
    texts.chain(runs.map(|(name, piece, times, counts)| (*name, piece.repeat(*times), *counts)))
}

fn assert_within(place: &str, range: TokenRange, count: u64) {
    let TokenRange { low, about, high } = range;
    assert!(
        low <= count && count <= high,
        "{place}: {count} is not in {low} to {high}"
    );
    assert!(low <= about && about <= high, "{place}: {range:?}");
}

#[tokio::test]
async fn c23_what_o200k_makes_of_a_text_is_within_the_range_that_is_stated() {
    let openai = family::of("gpt-4o");
    // All at once, so that they share one tokenizer.
    let counted = samples().map(|(.., text, _)| tokenizer::count(Tokenizer::O200k, text));
    let counted = futures::future::join_all(counted).await;
    for ((name, text, counts), counted) in samples().zip(counted) {
        let counted = counted.unwrap();
        let right = counted.low <= counts[0] && counts[0] <= counted.about;
        assert!(right, "{name}: {counted:?}");
        assert_within(name, TextTally::of(&text).tokens(openai), counts[0]);
    }
}

#[test]
fn c23_what_other_tokenizers_make_of_a_text_is_within_the_range_that_is_stated_for_theirs() {
    for (name, text, counts) in samples() {
        let tally = TextTally::of(&text);
        for (at, count) in counts.into_iter().enumerate() {
            assert_within(
                &format!("{name}, {at}"),
                tally.tokens(family::of("any")),
                count,
            );
        }
        assert_within(name, tally.tokens(family::of("claude-opus-4-1")), counts[2]);
    }
}

#[test]
fn c23_an_estimate_of_what_people_write_is_close_to_o200k() {
    let close = |name: &str, percent: std::ops::RangeInclusive<u64>| {
        let (_, text, counts) = TEXTS.iter().find(|(known, ..)| *known == name).unwrap();
        let about = TextTally::of(text).tokens(family::of("gpt-4o")).about;
        let is = about * 100 / counts[0];
        assert!(percent.contains(&is), "{name}: {is} %");
    };
    for name in [
        "english", "german", "russian", "greek", "hebrew", "arabic", "hindi", "chinese",
        "japanese", "korean", "mixed", "code", "json", "table", "hex", "csv", "digits", "url",
    ] {
        close(name, 85..=115);
    }
    for name in [
        "base64",
        "thai",
        "burmese",
        "tamil",
        "vietnamese",
        "polish",
        "classical",
    ] {
        close(name, 65..=135);
    }
}

#[test]
fn a_text_is_tallied_the_same_whole_and_by_its_characters() {
    for (name, text, _) in samples() {
        let mut pieces = TextTally::default();
        for character in text.chars() {
            pieces.add(character.encode_utf8(&mut [0; 4]));
        }
        let whole = TextTally::of(&text);
        let others = family::of("");
        assert_eq!(pieces.tokens(others), whole.tokens(others), "{name}");
        assert_eq!(whole.characters(), text.chars().count() as u64);
    }
}

#[test]
fn nothing_is_no_tokens_and_anything_is_one_at_least() {
    let others = family::of("");
    assert_eq!(TextTally::of("").tokens(others), TokenRange::default());
    assert_eq!(TextTally::of(" ").tokens(others).low, 1);
}

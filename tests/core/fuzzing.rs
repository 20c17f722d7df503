//! A million hostile streams for each decoder: recorded ones that were damaged at random, and the
//! giants. No panic, and no memory beyond the limit of one event.

use crate::recordings::{Recordings, wires};
use tacet_core::ErrorCategory;
use tacet_core::provider::decode::{Decoded, End};
use tacet_core::provider::sse::EVENT_LIMIT;
use tacet_test_support::server::Dialect;

const CASES: u32 = 1_000_000;
/// How much of a recorded stream one case takes: enough for a frame or two.
const LONGEST: usize = 400;

/// What damage puts in: bytes that mean something to framing, to JSON, to UTF-8 or to an API.
const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\n\n",
    b"data: ",
    b"event: error\n",
    b": ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\u",
    b"\\ud800",
    b",",
    b":",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"0",
    b"[DONE]",
    b"\xff",
    b"\xc3",
    b"\xf0\x9f\x8f",
    b"\xef\xbb\xbf",
    b"\"type\":",
    b"\"delta\":",
    b"\"index\":",
    b"\"done\":true",
    b"18446744073709551616",
];

/// Damages a piece of a recorded stream: cuts it, and puts in, takes out and swaps bytes.
fn damaged(random: &mut fastrand::Rng, wire: &Recordings) -> Vec<u8> {
    let (_, bytes) = wire.streams[random.usize(..wire.streams.len())];
    let start = random.usize(..bytes.len());
    let end = bytes.len().min(start + random.usize(..LONGEST));
    let mut piece = bytes[start..end].to_vec();
    for _ in 0..random.usize(..6) {
        let at = random.usize(..=piece.len());
        match random.u8(..4) {
            0 => {
                let word = WORDS[random.usize(..WORDS.len())];
                piece.splice(at..at, word.iter().copied());
            }
            1 if at < piece.len() => drop(piece.remove(at)),
            2 if at < piece.len() => piece[at] = random.u8(..),
            _ => piece.truncate(at),
        }
    }
    piece
}

fn fuzz(dialect: Dialect) {
    let wire = wires().into_iter().find(|wire| wire.dialect == dialect);
    let wire = wire.expect("its recordings");
    let mut random = fastrand::Rng::with_seed(0x7ace7);
    let mut decoder = wire.decoder();
    for _ in 0..CASES {
        let piece = damaged(&mut random, wire);
        let ended = decoder.push(&piece).end.is_some();
        // Most pieces go on in the state that the pieces before them left.
        if ended || random.u8(..8) == 0 {
            let closed = decoder.close(None);
            assert!(ended || closed.end.is_some(), "an answer without an end");
            decoder = wire.decoder();
        }
    }
}

#[test]
fn a_million_damaged_streams_of_openai_chat_end_in_words() {
    fuzz(Dialect::OpenaiChat);
}

#[test]
fn a_million_damaged_streams_of_openai_responses_end_in_words() {
    fuzz(Dialect::OpenaiResponses);
}

#[test]
fn a_million_damaged_streams_of_anthropic_end_in_words() {
    fuzz(Dialect::Anthropic);
}

#[test]
fn a_million_damaged_streams_of_gemini_end_in_words() {
    fuzz(Dialect::Gemini);
}

#[test]
fn a_million_damaged_streams_of_gemini_interactions_end_in_words() {
    fuzz(Dialect::GeminiInteractions);
}

#[test]
fn a_million_damaged_streams_of_ollama_end_in_words() {
    fuzz(Dialect::Ollama);
}

fn refused(decoded: &Decoded) {
    match &decoded.end {
        Some(End::Failed(error)) => assert_eq!(error.category, ErrorCategory::Protocol),
        end => panic!("{end:?}"),
    }
}

#[test]
fn a_line_of_100_mb_is_given_up_at_the_limit_of_one_event() {
    for wire in wires() {
        let mut decoder = wire.decoder();
        let megabyte = vec![b'x'; 1024 * 1024];
        let given_up_after = (1..=100)
            .find(|_| {
                let decoded = decoder.push(&megabyte);
                let ended = decoded.end.is_some();
                if ended {
                    refused(&decoded);
                }
                ended
            })
            .expect("an end");
        let limit = EVENT_LIMIT / megabyte.len();
        assert_eq!(given_up_after, limit + 1, "{}", wire.dialect);
    }
}

#[test]
fn ten_thousand_nested_lists_are_refused_and_not_followed() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for wire in wires() {
        for frame in [
            format!("data: {{\"a\":{nested}}}\n\n"),
            format!("{{\"a\":{nested}}}\n"),
        ] {
            let mut decoder = wire.decoder();
            let decoded = decoder.push(frame.as_bytes());
            // The other framing's frame says nothing here, and then the end is missing.
            let decoded = if decoded.end.is_some() {
                refused(&decoded);
                decoded
            } else {
                decoder.close(None)
            };
            assert!(matches!(decoded.end, Some(End::Failed(_))), "{decoded:?}");
        }
    }
}

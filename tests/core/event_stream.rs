//! Server-sent events: the same bytes give the same events, wherever they are split.

use proptest::prelude::*;
use tacet_core::provider::sse::{Decoder, EVENT_LIMIT, Event, Oversized};

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece, &mut events).unwrap();
    }
    events
}

fn event(name: &str, data: &str) -> Event {
    Event {
        name: name.to_owned(),
        data: data.to_owned(),
    }
}

/// The standard's algorithm on the whole text at once, written for clearness.
fn by_the_standard(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop(); // What follows the last line end is not a line.
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), Vec::<&str>::new());
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        if line.is_empty() {
            if !data.is_empty() {
                events.push(event(&name, &data.join("\n")));
            }
            name.clear();
            data.clear();
        } else if field == "data" {
            data.push(value);
        } else if field == "event" {
            value.clone_into(&mut name);
        }
    }
    events
}

/// Bytes in which everything that is hard about the format is frequent.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"data: {\"a\":1}",
        b"data:",
        b"data",
        b"event: error",
        b"event",
        b"id: 7",
        b": comment",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b" ",
        b":",
        "é🍣\u{2028}".as_bytes(),
        b"\xF0\x9F",
        b"\xFF",
        b"\xEF\xBB\xBF",
    ];
    let pieces = prop::sample::select(pieces);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_split_anywhere_give_the_events_of_the_standard(
        bytes in any_stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let expected = by_the_standard(&bytes);
        prop_assert_eq!(decode(pieces), expected.clone());
        prop_assert_eq!(decode(bytes.chunks(1)), expected);
    }
}

#[test]
fn an_event_that_no_blank_line_ends_is_discarded() {
    assert_eq!(decode([&b"data: a\n\ndata: b\n"[..]]), [event("", "a")]);
}

#[test]
fn a_byte_order_mark_is_dropped_at_the_start_and_only_there() {
    let bytes = "\u{feff}data: a\n\n\u{feff}data: b\n\n".as_bytes();
    assert_eq!(decode(bytes.chunks(1)), [event("", "a")]);
}

#[test]
fn a_line_of_100_mb_ends_in_an_error_and_not_in_memory() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let piece = vec![b'x'; 1024 * 1024];
    let taken = (0..100)
        .take_while(|_| decoder.push(&piece, &mut events).is_ok())
        .count();
    assert_eq!(taken, EVENT_LIMIT / piece.len());
    assert_eq!(decoder.push(&piece, &mut events), Err(Oversized));
}

#[test]
fn an_event_of_endless_short_lines_ends_in_an_error_too() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let piece = b"data: 0123456789\n".repeat(1024);
    let refused = (0..EVENT_LIMIT / 1024).any(|_| decoder.push(&piece, &mut events).is_err());
    assert!(refused);
}

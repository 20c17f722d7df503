//! What holds for every API alike: a stream may be cut anywhere, and whoever was asked, whoever is
//! asked next takes the request (rules C04, C12, C19 and C23).

use crate::answers::{decode_by, drafted, frame_ends, message, said, stopped_answer_by, text};
use crate::recordings::{Recordings, asked_again, wires};
use proptest::prelude::*;
use tacet_core::history::repair;
use tacet_core::provider::decode::End;
use tacet_core::{
    Attachment, Message, ModelEvent, ModelRequest, Part, Provider, Role, UsageSource,
};

/// Each recorded stream of each API.
fn streams() -> impl Iterator<Item = (&'static Recordings, &'static str, &'static [u8])> {
    let of = |wire: &'static Recordings| {
        let streams = wire.streams.iter();
        streams.map(move |(name, bytes)| (wire, *name, *bytes))
    };
    wires().into_iter().flat_map(of)
}

fn finish(events: &[ModelEvent]) -> bool {
    matches!(events.last(), Some(ModelEvent::Finished(_)))
}

#[test]
fn c04_every_recorded_stream_split_at_every_byte_gives_the_same_events() {
    for (wire, name, bytes) in streams() {
        let whole = decode_by(wire.decoder(), [bytes]);
        for cut in 0..=bytes.len() {
            let (before, after) = bytes.split_at(cut);
            let split = decode_by(wire.decoder(), [before, after]);
            assert_eq!(split, whole, "{} {name} at {cut}", wire.dialect);
        }
    }
}

#[test]
fn c12_a_stream_cut_off_at_any_event_is_finished_only_if_it_said_so() {
    for (wire, name, bytes) in streams() {
        let whole = decode_by(wire.decoder(), [bytes]);
        for end in frame_ends(bytes) {
            let cut = decode_by(wire.decoder(), [&bytes[..end]]);
            let place = format!("{} {name} cut off at {end}", wire.dialect);
            match &cut.end {
                Some(End::Finished) => assert!(finish(&cut.events), "{place}"),
                Some(End::Failed(_)) => assert!(!finish(&cut.events), "{place}"),
                None => panic!("{place}: no end"),
            }
            for (cut, whole) in parts(&cut.events).iter().zip(parts(&whole.events)) {
                // A sketch gives way to the image.
                if matches!(cut, Part::Attachment(file) if file.cut_off) {
                    continue;
                }
                assert!(whole.body().starts_with(cut.body()), "{place}: {cut:?}");
            }
        }
    }
}

/// The parts that events make, without how long the reasoning took here.
fn parts(events: &[ModelEvent]) -> Vec<Part> {
    let mut parts = drafted(events).into_parts();
    for part in &mut parts {
        if let Part::Reasoning(reasoning) = part {
            reasoning.duration_ms = None;
        }
    }
    parts
}

#[test]
fn c23_usage_is_final_only_with_the_end_of_the_answer() {
    for (wire, name, bytes) in streams() {
        for end in frame_ends(bytes) {
            let cut = decode_by(wire.decoder(), [&bytes[..end]]);
            let usage = drafted(&cut.events).provider_usage().cloned();
            let ended = finish(&cut.events) || end == bytes.len();
            if let (Some(usage), false) = (usage, ended) {
                let place = format!("{} {name} cut off at {end}", wire.dialect);
                assert_eq!(usage.source, UsageSource::Running, "{place}");
            }
        }
    }
}

#[test]
fn c19_every_api_takes_the_request_after_every_stream_of_every_api_stopped_at_every_byte() {
    for (from, name, bytes) in streams() {
        for answer in from.stopped_answers(bytes) {
            let history = asked_again(answer);
            for to in wires() {
                if let Err(refusal) = to.judge(&history) {
                    panic!("{} {name}, then {}: {refusal}", from.dialect, to.dialect);
                }
                for model in to.models {
                    let rules = to.provider.rules(model);
                    let once = repair(&history, &rules);
                    assert_eq!(repair(&once, &rules), once, "{} {name}", from.dialect);
                }
            }
        }
    }
}

#[test]
fn c19_a_file_that_an_api_cannot_read_does_not_spoil_the_requests_after_it() {
    for media_type in ["image/svg+xml", "image/bmp", "application/zip"] {
        let file = Attachment {
            name: "drawing".to_owned(),
            media_type: media_type.to_owned(),
            text: "QUJD".into(),
            base64: true,
            ..Attachment::default()
        };
        let history = [message(
            Role::User,
            vec![Part::Attachment(file), text("Look.")],
        )];
        for wire in wires() {
            assert_eq!(wire.judge(&history), Ok(()), "{}", wire.dialect);
            let request = ModelRequest::new(wire.models[0], &history[..]);
            let body = String::from_utf8(wire.provider.body(&request)).unwrap();
            assert!(!body.contains("QUJD"), "{} {media_type}", wire.dialect);
            assert!(body.contains("the file drawing, which"), "{}", wire.dialect);
        }
    }
}

/// What was stopped in different places, in any order. No server gives the same answer twice: its
/// ids would be those of the first.
fn stopped_answers() -> impl Strategy<Value = Vec<Message>> {
    let all: Vec<_> = streams().collect();
    let some = prop::sample::subsequence(all, 0..6).prop_shuffle();
    let cuts = prop::collection::vec(any::<prop::sample::Index>(), 6);
    (some, cuts).prop_map(|(streams, cuts)| {
        let stopped = streams.into_iter().zip(cuts);
        let answers = stopped.map(|((wire, _, bytes), cut)| {
            stopped_answer_by(wire.decoder(), &bytes[..cut.index(bytes.len() + 1)])
        });
        answers.collect()
    })
}

proptest! {
    #[test]
    fn c19_every_api_takes_a_conversation_that_was_stopped_at_many(
        answers in stopped_answers(),
    ) {
        let mut history = vec![said(Role::System, "Be brief."), said(Role::User, "first")];
        for answer in answers {
            history.push(answer);
            history.push(said(Role::User, "next"));
        }
        for wire in wires() {
            prop_assert_eq!(wire.judge(&history), Ok(()), "{}", wire.dialect);
        }
    }
}

/// The frames of a recorded stream, blank lines included.
fn frames(bytes: &'static [u8]) -> Vec<&'static [u8]> {
    let mut start = 0;
    let ends = frame_ends(bytes).into_iter();
    ends.map(|end| {
        let frame = &bytes[start..end];
        start = end;
        frame
    })
    .collect()
}

/// The stream as proxies and servers spell it that mean no harm.
fn spelled_otherwise(bytes: &'static [u8]) -> Vec<(&'static str, Vec<u8>)> {
    let frames = frames(bytes);
    let between = |quiet: &[u8]| {
        let quiet = frames.iter().map(|frame| [frame, quiet].concat());
        quiet.collect::<Vec<_>>().concat()
    };
    // The objects alone, where no name of an event says more than they do.
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let named_error = text.contains("event: error");
    let objects = text.lines().filter_map(|line| {
        let line = line.strip_prefix("data:").unwrap_or(line).trim();
        line.starts_with('{').then_some(line)
    });
    let objects: Vec<&str> = objects.collect();
    let mut spelled = vec![
        (
            "without the last blank line",
            bytes.trim_ascii_end().to_vec(),
        ),
        ("with a sentinel", [bytes, b"data: [DONE]\n\n"].concat()),
        ("with nulls", between(b"data: null\n\n")),
        ("with comments", between(b": PROCESSING\n\n")),
        ("with a byte order mark", [b"\xEF\xBB\xBF", bytes].concat()),
        (
            "with other line ends",
            text.replace('\n', "\r\n").into_bytes(),
        ),
    ];
    if !named_error {
        spelled.extend([
            ("as JSON lines", objects.join("\n").into_bytes()),
            (
                "as events",
                format!("data: {}\n\n", objects.join("\n\ndata: ")).into_bytes(),
            ),
            (
                "as a list",
                format!("[{}]", objects.join(",\r\n")).into_bytes(),
            ),
            (
                "without blank lines",
                format!("data: {}\n", objects.join("\ndata: ")).into_bytes(),
            ),
        ]);
    }
    spelled
}

#[test]
fn c12_every_recorded_stream_is_the_same_answer_however_it_is_framed() {
    for (wire, name, bytes) in streams() {
        let plain = decode_by(wire.decoder(), [bytes]);
        for (how, spelled) in spelled_otherwise(bytes) {
            let decoded = decode_by(wire.decoder(), spelled.chunks(7));
            let place = format!("{} {name} {how}", wire.dialect);
            assert_eq!(parts(&decoded.events), parts(&plain.events), "{place}");
            let usage = |events: &[ModelEvent]| drafted(events).provider_usage().cloned();
            assert_eq!(usage(&decoded.events), usage(&plain.events), "{place}");
            assert_eq!(finish(&decoded.events), finish(&plain.events), "{place}");
            let category = |end: &Option<End>| match end {
                Some(End::Failed(error)) => Some(error.category),
                Some(End::Finished) | None => None,
            };
            assert_eq!(category(&decoded.end), category(&plain.end), "{place}");
        }
    }
}

//! Conversations and recorded streams that several modules build on.

use tacet_core::provider::decode::{Decoded, Decoder, End};
use tacet_core::provider::openai_chat::decode::decoder;
use tacet_core::{
    Cause, Change, ConversationId, Draft, Message, MessageId, MessageState, ModelEvent, Part, Role,
    ToolCallState,
};

/// A stream with its name.
pub type Recorded = (&'static str, &'static [u8]);

/// Each recorded stream with its name, written after the public documentation.
pub const STREAMS: &[Recorded] = &[
    ("text", include_bytes!("streams/text.sse")),
    ("reasoning", include_bytes!("streams/reasoning.sse")),
    (
        "parallel-tools",
        include_bytes!("streams/parallel-tools.sse"),
    ),
    (
        "interleaved-tools",
        include_bytes!("streams/interleaved-tools.sse"),
    ),
    ("refusal", include_bytes!("streams/refusal.sse")),
    ("running-usage", include_bytes!("streams/running-usage.sse")),
    ("timings", include_bytes!("streams/timings.sse")),
    ("error-frame", include_bytes!("streams/error-frame.sse")),
    (
        "reasoning-then-tool",
        include_bytes!("streams/reasoning-then-tool.sse"),
    ),
    ("odd-no-index", include_bytes!("streams/odd-no-index.sse")),
    ("same-index", include_bytes!("streams/same-index.sse")),
    ("parts", include_bytes!("streams/parts.sse")),
];

pub fn stream(name: &str) -> &'static [u8] {
    let found = STREAMS.iter().find(|(known, _)| *known == name);
    found.expect("a recorded stream").1
}

/// Decodes pieces one after the other and then the end of the connection.
pub fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    decode_by(decoder(), pieces)
}

/// The same with the decoder of any wire.
pub fn decode_by<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut all = Decoded::default();
    for piece in pieces {
        let decoded = decoder.push(piece);
        all.events.extend(decoded.events);
        all.end = all.end.or(decoded.end);
    }
    let last = decoder.close(None);
    all.events.extend(last.events);
    all.end = all.end.or(last.end);
    all
}

pub fn drafted(events: &[ModelEvent]) -> Draft {
    let mut draft = Draft::default();
    for event in events {
        draft.apply(event.clone(), &mut Vec::new());
    }
    draft
}

/// Text, reasoning, and the calls as `name(arguments)#id`.
pub fn shown(decoded: &Decoded) -> Vec<String> {
    let draft = drafted(&decoded.events);
    let shown = draft.parts().iter().map(|part| match part {
        Part::Text { text } => format!("text {text}"),
        Part::Reasoning(reasoning) => format!("reasoning {}", reasoning.text),
        Part::ToolCall(call) => format!("{}({})#{}", call.name, call.arguments, call.call_id),
        Part::ToolResult(_) | Part::Attachment(_) => panic!("a model sends no {part:?}"),
    });
    shown.collect()
}

/// Where a recorded stream can be cut off between two of its frames.
pub fn frame_ends(bytes: &[u8]) -> Vec<usize> {
    let ends: &[&[u8]] = if bytes.starts_with(b"{") {
        &[b"\n"]
    } else {
        &[b"\n\n", b"\r\n\r\n"]
    };
    (1..=bytes.len())
        .filter(|&at| ends.iter().any(|end| bytes[..at].ends_with(end)))
        .collect()
}

pub fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        id: MessageId::new(),
        conversation_id: ConversationId::new(),
        parent_id: None,
        turn_id: None,
        role,
        state: MessageState::Complete,
        cause: None,
        model: None,
        parts,
        finish_reason: None,
        usage: None,
        receipt: None,
        error: None,
        created_at: 0,
        ended_at: None,
    }
}

pub fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

pub fn said(role: Role, words: &str) -> Message {
    message(role, vec![text(words)])
}

/// The answer that is on disk when this much of a stream was received and then somebody stopped.
pub fn stopped_answer(received: &[u8]) -> Message {
    stopped_answer_by(decoder(), received)
}

/// The same with the decoder of any wire.
pub fn stopped_answer_by(mut decoder: Decoder, received: &[u8]) -> Message {
    let mut decoded = decoder.push(received);
    decoded.events.extend(decoder.drain());
    let mut draft = drafted(&decoded.events);
    let mut changes = Vec::<Change>::new();
    draft.close(ToolCallState::when_interrupted, &mut changes);
    let mut answer = message(Role::Assistant, draft.parts().to_vec());
    answer.finish_reason = draft.finish();
    if draft.finish().is_none() {
        let failed = matches!(decoded.end, Some(End::Failed(_)));
        (answer.state, answer.cause) = if failed {
            (MessageState::Incomplete, Some(Cause::ProviderError))
        } else {
            (MessageState::Interrupted, Some(Cause::User))
        };
    }
    answer
}

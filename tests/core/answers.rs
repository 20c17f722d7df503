//! Conversations and recorded streams that several modules build on.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value as Json;
use tacet_core::provider::decode::{Decoded, Decoder, End};
use tacet_core::provider::openai_chat;
use tacet_core::{
    Attachment, Cause, Change, ConversationId, Draft, FinishReason, Message, MessageId,
    MessageState, ModelEvent, Part, Phase, ProviderError, Role, Seal, ToolCall, ToolCallState,
    ToolResult, Usage,
};

/// A stream with its name.
pub type Recorded = (&'static str, &'static [u8]);

/// The streams of these names in a folder, each with its name.
macro_rules! recorded {
    ($folder:literal, $ending:literal, [$($name:literal),* $(,)?]) => {
        &[$(($name, include_bytes!(concat!($folder, $name, $ending)))),*]
    };
}
pub(crate) use recorded;

/// Each recorded stream with its name, written after the public documentation.
pub const STREAMS: &[Recorded] = recorded!(
    "streams/",
    ".sse",
    [
        "text",
        "reasoning",
        "parallel-tools",
        "interleaved-tools",
        "refusal",
        "running-usage",
        "timings",
        "error-frame",
        "reasoning-then-tool",
        "odd-no-index",
        "same-index",
        "parts",
        "images",
        "annotations",
        "perplexity"
    ]
);

/// The recorded stream of that name.
pub fn named(streams: &[Recorded], name: &str) -> &'static [u8] {
    let found = streams.iter().find(|(known, _)| *known == name);
    found.expect("a recorded stream").1
}

pub fn stream(name: &str) -> &'static [u8] {
    named(STREAMS, name)
}

/// Whose seals the decoder of Chat Completions gives.
pub const CHAT_ISSUER: &str = "openai-chat 127.0.0.1:1 gated-model";

/// The decoder of Chat Completions.
pub fn decoder() -> Decoder {
    openai_chat::decode::decoder(CHAT_ISSUER.to_owned())
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

/// The provider's figures, the last of which stand.
pub fn usage(decoded: &Decoded) -> Option<Usage> {
    drafted(&decoded.events).provider_usage().cloned()
}

/// Why a whole answer ended.
pub fn finished(decoded: &Decoded) -> FinishReason {
    assert_eq!(decoded.end, Some(End::Finished));
    match decoded.events.last() {
        Some(ModelEvent::Finished(reason)) => *reason,
        other => panic!("the last event of a whole answer is Finished, not {other:?}"),
    }
}

/// What the provider said of why it ended an answer.
pub fn explained(decoded: &Decoded) -> Option<String> {
    let mut events = decoded.events.iter();
    events.find_map(|event| match event {
        ModelEvent::Explained(error) => error.provider_text.clone(),
        _ => None,
    })
}

/// What the model was doing, one after the other.
pub fn phases(decoded: &Decoded) -> Vec<Phase> {
    let phases = decoded.events.iter().filter_map(|event| match event {
        ModelEvent::Phase(phase) => Some(*phase),
        _ => None,
    });
    phases.collect()
}

/// What an answer failed of.
pub fn failure(decoded: &Decoded) -> &ProviderError {
    match &decoded.end {
        Some(End::Failed(error)) => error,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// Text, reasoning, and the calls as `name(arguments)#id`.
pub fn shown(decoded: &Decoded) -> Vec<String> {
    shown_with(decoded, |_| String::new())
}

/// The same with what reasoning and calls are sealed with at their ends, or a dash.
pub fn shown_sealed(decoded: &Decoded) -> Vec<String> {
    shown_with(decoded, |seal| match seal {
        Some(seal) => format!(" {}", seal.data),
        None => " -".to_owned(),
    })
}

fn shown_with(decoded: &Decoded, sealed: impl Fn(&Option<Seal>) -> String) -> Vec<String> {
    let mut draft = drafted(&decoded.events);
    draft.close(|state| state, &mut Vec::new());
    let shown = draft.parts().iter().map(|part| match part {
        Part::Text { text } => format!("text {text}"),
        Part::Reasoning(reasoning) => {
            let seal = sealed(&reasoning.seal);
            format!("reasoning {}{seal}", reasoning.text)
        }
        Part::ToolCall(call) => {
            let seal = sealed(&call.seal);
            format!("{}({})#{}{seal}", call.name, call.arguments, call.call_id)
        }
        Part::Attachment(file) => {
            let (seal, cut) = (
                sealed(&file.seal),
                if file.cut_off { " cut off" } else { "" },
            );
            format!(
                "file {} {} {}{cut}{seal}",
                file.name, file.media_type, &*file.text
            )
        }
        Part::Citations { citations } => {
            let named = citations.iter().map(|it| {
                let span = it.span.map(|span| format!(" {}..{}", span.from, span.to));
                format!("{} {}{}", it.title, it.url, span.unwrap_or_default())
            });
            format!("sources {}", named.collect::<Vec<_>>().join(", "))
        }
        Part::ServerTool(tool) => format!("{}: {}{}", tool.name, tool.input, sealed(&tool.seal)),
        Part::ToolResult(_) => panic!("a model sends no {part:?}"),
    });
    shown.collect()
}

/// JSON of any shape under the `names` that a decoder looks at, with `words` among its texts.
pub fn any_json(
    names: &'static [&'static str],
    words: &'static [&'static str],
) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (0..3_u64).prop_map(Json::from),
        "[a-z]{0,3}".prop_map(Json::from),
        prop::sample::select(words).prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        let named = (prop::sample::select(names), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Json::from),
            prop::collection::vec(named, 0..8).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

/// Every answer ends, and no event of it has an empty text.
pub fn is_sound(decoded: &Decoded) -> Result<(), TestCaseError> {
    prop_assert!(decoded.end.is_some());
    for event in &decoded.events {
        if let ModelEvent::Text(text)
        | ModelEvent::Reasoning(text)
        | ModelEvent::ToolCallArguments { text, .. } = event
        {
            prop_assert!(!text.is_empty());
        }
    }
    Ok(())
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
        failed_attempts: Vec::new(),
        requests: Vec::new(),
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

/// A call of the tool `save` that was stopped before it ran.
pub fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        call_id: id.to_owned(),
        name: "save".to_owned(),
        arguments: arguments.to_owned(),
        state: ToolCallState::InterruptedBeforeRun,
        seal: None,
    })
}

pub fn result(id: &str, text: &str, state: ToolCallState) -> Part {
    Part::ToolResult(ToolResult {
        call_id: id.to_owned(),
        text: text.to_owned(),
        contents: Vec::new(),
        state,
        left_out: false,
    })
}

/// A file of bytes, in base64.
pub fn file(name: &str, media_type: &str, base64: &str) -> Part {
    Part::Attachment(Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        text: base64.into(),
        base64: true,
        ..Attachment::default()
    })
}

/// A file of text.
pub fn text_file(name: &str, text: &str) -> Part {
    Part::Attachment(Attachment {
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        text: text.into(),
        base64: false,
        ..Attachment::default()
    })
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

//! The provider under test, and questions for it.

use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacet_core::{
    BoxModelStream, ConversationId, FinishReason, Message, MessageId, MessageState, ModelEvent,
    ModelRequest, Parameters, Part, Phase, Provider, ProviderError, Role, Usage,
};
use tacet_local::{Embedded, MODEL_ID, ModelFile, find_model};

/// The executable that becomes the worker.
pub fn executable() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tacet-local"))
}

/// The real model's file.
pub fn file() -> ModelFile {
    find_model(None, Path::new("."))
        .expect("the embedded model's file; `cargo xtask test` fetches it")
}

/// A provider of its own, which keeps its worker for the whole test.
pub fn embedded() -> Embedded {
    Embedded::new(executable(), &file(), Duration::from_secs(600))
}

pub fn message(role: Role, text: &str) -> Message {
    Message {
        id: MessageId::new(),
        conversation_id: ConversationId::new(),
        parent_id: None,
        turn_id: None,
        role,
        state: MessageState::Complete,
        cause: None,
        model: None,
        parts: vec![Part::Text {
            text: text.to_owned(),
        }],
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

/// A request that is answered in the same way each time, with at most `most` tokens.
pub fn request(history: Vec<Message>, most: u32) -> ModelRequest {
    ModelRequest {
        parameters: Parameters {
            temperature: Some(0.0),
            max_output_tokens: Some(most),
            seed: None,
            effort: None,
            result_bytes: None,
        },
        ..ModelRequest::new(MODEL_ID, history)
    }
}

pub fn question(text: &str, most: u32) -> ModelRequest {
    request(vec![message(Role::User, text)], most)
}

/// A question whose prompt takes seconds to read.
pub fn long_question() -> ModelRequest {
    question(&"The tide comes in and goes out again. ".repeat(400), 8)
}

/// A question whose answer goes on for long.
pub fn long_answer() -> ModelRequest {
    question("Write a very long story about a lighthouse.", 4000)
}

/// Takes events until one satisfies `last`, and gives all of them.
pub async fn until(
    stream: &mut BoxModelStream,
    last: impl Fn(&ModelEvent) -> bool,
) -> Vec<ModelEvent> {
    let mut events = Vec::new();
    while !events.iter().any(&last) {
        let next = stream.next().await.expect("the stream ended too early");
        events.extend(next.expect("the stream failed"));
    }
    events
}

/// Takes events until the request is in `phase`.
pub async fn until_phase(stream: &mut BoxModelStream, phase: Phase) -> Vec<ModelEvent> {
    until(stream, |event| *event == ModelEvent::Phase(phase)).await
}

/// All events up to the end, and the error if that is the end.
pub async fn rest(mut stream: BoxModelStream) -> (Vec<ModelEvent>, Option<ProviderError>) {
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(more) => events.extend(more),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error is the last item");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

/// The text in these events.
pub fn text(events: &[ModelEvent]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        ModelEvent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The last usage in these events.
pub fn usage(events: &[ModelEvent]) -> Usage {
    let usages = events.iter().rev().filter_map(|event| match event {
        ModelEvent::Usage(usage) => Some(usage.clone()),
        _ => None,
    });
    usages.into_iter().next().expect("figures")
}

/// Asks for a short answer, and gives its text: what must work after everything else.
pub async fn answers(provider: &Embedded) -> String {
    let (events, error) =
        rest(provider.stream(question("What is the capital of France?", 40))).await;
    assert_eq!(error, None);
    assert!(matches!(
        events.last(),
        Some(ModelEvent::Finished(
            FinishReason::Stop | FinishReason::Length
        ))
    ));
    let text = text(&events);
    assert!(!text.trim().is_empty());
    text
}

//! How an answer ends when nobody stops it: whole, cut by a limit, or with an error that helps.

use crate::model::{
    answers, embedded, executable, file, message, question, request, rest, text, usage,
};
use std::time::{Duration, Instant};
use tacet_core::{
    ErrorCategory, FinishReason, ModelEvent, Phase, Provider, Role, StopEffect, UsageSource,
};
use tacet_local::{CONTEXT_LENGTH, Embedded, ModelFile};

#[tokio::test]
async fn an_answer_arrives_in_its_phases_with_exact_figures() {
    let provider = embedded();
    assert_eq!(provider.stop_effect(), StopEffect::Local);
    let (events, error) = rest(provider.stream(question("Say hello.", 200))).await;
    assert_eq!(error, None);
    let phases: Vec<Phase> = events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::Phase(phase) => Some(*phase),
            _ => None,
        })
        .collect();
    assert_eq!(
        phases,
        [Phase::LoadingModel, Phase::ReadingPrompt, Phase::Text]
    );
    assert_eq!(
        events.last(),
        Some(&ModelEvent::Finished(FinishReason::Stop))
    );
    let text = text(&events);
    assert!(!text.trim().is_empty());
    assert!(!text.contains("<|"), "a special token is printed: {text}");
    let usage = usage(&events);
    assert_eq!(usage.source, UsageSource::Reported);
    // What llama.cpp's own server counts: SmolLM2's template brings a system prompt of its own.
    assert_eq!(usage.input_tokens, Some(33));
    assert_eq!(usage.cached_input_tokens, Some(0));
    let texts = events
        .iter()
        .filter(|event| matches!(event, ModelEvent::Text(_)))
        .count() as u64;
    // The token that ends the answer has no text.
    assert!(usage.output_tokens > Some(texts));
}

#[tokio::test]
async fn a_limit_of_tokens_ends_the_answer_as_cut() {
    let provider = embedded();
    let (events, error) = rest(provider.stream(question("Write a long story.", 5))).await;
    assert_eq!(error, None);
    assert_eq!(
        events.last(),
        Some(&ModelEvent::Finished(FinishReason::Length))
    );
    assert_eq!(usage(&events).output_tokens, Some(5));
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_refused_at_once_and_in_words() {
    let provider = embedded();
    answers(&provider).await;
    let asked = Instant::now();
    let (events, error) = rest(provider.stream(question(&"tide ".repeat(200_000), 8))).await;
    // Reading it would take an hour; counting stops where it no longer fits.
    assert!(asked.elapsed() < Duration::from_secs(20));
    let error = error.unwrap();
    assert_eq!(error.category, ErrorCategory::PromptTooLong);
    assert!(
        error.message.contains(&format!("{CONTEXT_LENGTH} fit")),
        "{error}"
    );
    assert_eq!(usage(&events).output_tokens, Some(0));
    answers(&provider).await;
}

#[tokio::test]
async fn a_model_file_that_is_missing_or_damaged_is_named_and_the_next_file_works() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a model.gguf");
    let model = ModelFile {
        path: path.clone(),
        size: 0,
    };
    let provider = Embedded::new(executable(), &model, Duration::from_secs(600));
    for content in [None, Some("GGUF, but not really")] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let (_, error) = rest(provider.stream(question("Hi", 8))).await;
        let error = error.unwrap();
        assert_eq!(error.category, ErrorCategory::Engine);
        assert!(error.message.contains("a model.gguf"), "{error}");
    }
    std::os::unix::fs::symlink(file().path, dir.path().join("good.gguf")).unwrap();
    std::fs::rename(dir.path().join("good.gguf"), &path).unwrap();
    answers(&provider).await;
}

#[tokio::test]
async fn a_temperature_and_a_seed_are_obeyed() {
    let provider = embedded();
    let ask = async |seed| {
        let mut request = request(vec![message(Role::User, "Tell me a story.")], 24);
        request.parameters.temperature = Some(1.5);
        request.parameters.seed = Some(seed);
        let (events, error) = rest(provider.stream(request)).await;
        assert_eq!(error, None);
        text(&events)
    };
    // The first fills the cache, which changes how the last bits of the prompt's sums come out.
    ask(1).await;
    let one = ask(1).await;
    assert_eq!(ask(1).await, one);
    assert_ne!(ask(2).await, one);
}

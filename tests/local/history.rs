//! The conversation as the model reads it.

use crate::model::{answers, embedded, message, question, request, rest, text, usage};
use tacet_core::{Goal, Message, ModelRequest, Provider, Role, Usage};
use tacet_local::Embedded;

async fn ask(provider: &Embedded, history: Vec<Message>) -> (String, Usage) {
    let (events, error) = rest(provider.stream(request(history, 24))).await;
    assert_eq!(error, None);
    (text(&events), usage(&events))
}

#[tokio::test]
async fn the_next_turn_reads_only_what_is_new() {
    let provider = embedded();
    let mut history = vec![message(Role::User, "What is the capital of France?")];
    let (answer, first) = ask(&provider, history.clone()).await;
    history.push(message(Role::Assistant, &answer));
    history.push(message(Role::User, "And of Italy?"));
    let (_, second) = ask(&provider, history.clone()).await;
    let cached = second.cached_input_tokens.unwrap();
    assert!(cached >= first.input_tokens.unwrap(), "{second:?}");
    assert!(second.input_tokens.unwrap() > cached + 5, "{second:?}");
    // Another conversation shares the template's beginning and nothing else.
    let (_, other) = ask(&provider, vec![message(Role::User, "Name a bird.")]).await;
    assert!(other.cached_input_tokens.unwrap() < other.input_tokens.unwrap());
}

#[tokio::test]
async fn a_cached_beginning_changes_nothing_in_the_answer() {
    let question = || vec![message(Role::User, "What is the capital of France?")];
    let fresh = embedded();
    let (expected, _) = ask(&fresh, question()).await;
    let used = embedded();
    let (_, error) = rest(used.stream(crate::model::question("What is water?", 24))).await;
    assert_eq!(error, None);
    let (answer, usage) = ask(&used, question()).await;
    assert!(usage.cached_input_tokens > Some(0));
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_users_text_cannot_forge_a_special_token() {
    let provider = embedded();
    answers(&provider).await;
    let tokens = async |text: &str| {
        let (events, _) = rest(provider.stream(question(text, 1))).await;
        usage(&events).input_tokens.unwrap()
    };
    let one = tokens("x").await;
    // As a special token it would be one token like "x"; as text it is many.
    assert!(tokens("<|im_end|>").await >= one + 4);
}

#[tokio::test]
async fn an_answer_is_gone_on_with_as_if_it_had_never_stopped() {
    let provider = embedded();
    let question = message(Role::User, "What is the capital of France?");
    let (whole, _) = ask(&provider, vec![question.clone()]).await;
    let (begun, expected) = whole.split_at(whole.find(" of").expect("a few words"));
    let goes_on = ModelRequest {
        goal: Goal::Continue,
        ..request(vec![question, message(Role::Assistant, begun)], 24)
    };
    let (events, error) = rest(provider.stream(goes_on)).await;
    assert_eq!(error, None);
    // Greedy sampling goes the same way for a few words; a text that was generated is not always
    // cut into the same tokens when it is read again, so it may part from it later.
    let next: String = expected.split_inclusive(' ').take(3).collect();
    let gone_on = text(&events);
    assert!(
        gone_on.starts_with(next.trim_end()),
        "{whole:?} {gone_on:?}"
    );
}

#[tokio::test]
async fn c27_instructions_stand_in_the_templates_own_place_and_are_read_once() {
    let provider = embedded();
    let mut history = vec![message(Role::User, "What is the capital of France?")];
    let ask = async |history: &[Message], instructions: &str| {
        let request = request(history.to_vec(), 24).with_instructions(instructions);
        let (events, error) = rest(provider.stream(request)).await;
        assert_eq!(error, None);
        (text(&events), usage(&events))
    };
    let (_, plain) = ask(&history, "").await;
    let instructions = "You are a geologist who knows glaciers, rivers, lakes and volcanoes. \
        Answer every question in one short sentence, and name your source if there is one.";
    let (answer, told) = ask(&history, instructions).await;
    assert!(told.input_tokens.unwrap() > plain.input_tokens.unwrap() + 10);
    history.push(message(Role::Assistant, &answer));
    history.push(message(Role::User, "And of Italy?"));
    let (_, next) = ask(&history, instructions).await;
    let cached = next.cached_input_tokens.unwrap();
    assert!(cached >= told.input_tokens.unwrap(), "{next:?}");
}

//! The example of the library's front page, run against a server.

use std::error::Error;
use std::sync::Arc;
use tacet_core::{
    Answer, Cause, Change, ConnectionEnd, Endpoint, Generation, Message, MessageState,
    ModelRequest, Remote, UsageSource, WireApi,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Frame, GatedServer, Script};

/// The same lines as on the front page; [`the_front_page_shows_this_example`] compares them.
async fn example(base_url: &str) -> Result<Answer, Box<dyn Error>> {
    let endpoint = Endpoint::new(base_url, None);
    let provider = Arc::new(Remote::new(WireApi::OpenaiChat, &endpoint)?);
    let question = Message::from_user("What is a moraine?");
    let request = ModelRequest::new("gated-model", [question]);
    let mut generation = Generation::start(provider, request);
    let mut chunks = 0;
    while let Some(change) = generation.next().await {
        if let Change::Appended { text, .. } = change {
            println!("{text}");
            chunks += 1;
            if chunks == 3 {
                generation.stop();
            }
        }
    }
    let answer = generation.into_answer();
    println!("{:?}: {}", answer.state, answer.text());
    println!(
        "{:?}: {:?}",
        answer.usage.source, answer.usage.output_tokens
    );
    Ok(answer)
}

#[tokio::test]
async fn the_example_of_the_front_page_stops_after_the_third_chunk() {
    let server = GatedServer::start().await;
    let chunks = ["Rubble ", "that ice ", "left. "].map(Frame::text);
    server.script(Script::frames(chunks).then_silence());
    let answer = within("the example", example(&server.base_url())).await;
    let answer = answer.unwrap();
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(answer.cause, Some(Cause::User));
    assert_eq!(answer.text(), "Rubble that ice left. ");
    assert_eq!(answer.usage.source, UsageSource::Estimated);
    assert_eq!(answer.usage.output_tokens, Some(4));
    let facts = answer.stop.expect("what Stop did");
    assert_eq!(facts.connection, ConnectionEnd::Closed);
    assert_eq!(server.violations(), Vec::<String>::new());
}

/// What stands between two lines, without indentation.
fn between(text: &str, first: &str, last: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.trim_start_matches("//!").trim())
        .skip_while(|line| *line != first)
        .take_while(|line| *line != last)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_front_page_shows_this_example() {
    let first = "let question = Message::from_user(\"What is a moraine?\");";
    let last = "Ok(answer)";
    let here = between(include_str!("front_page.rs"), first, last);
    let page = include_str!("../../src-tauri/core/src/lib.rs");
    assert!(here.len() > 10);
    assert_eq!(between(page, first, "# Ok(())"), here);
}

#[tokio::test]
async fn a_generation_is_stopped_answer_by_any_task_and_by_being_dropped() {
    let server = GatedServer::start().await;
    server.script(Script::frames([Frame::text("Rubble")]).then_silence());
    let provider = crate::hanging_up::provider(&server.base_url());
    let start = || {
        let question = Message::from_user("What is a moraine?");
        Generation::start(
            Arc::new(provider.clone()),
            ModelRequest::new("gated-model", [question]),
        )
    };
    let mut generation = start();
    let handle = generation.stop_handle();
    let mut told = 0;
    while let Some(change) = within("a change", generation.next()).await {
        if matches!(change, Change::Appended { .. }) {
            let handle = handle.clone();
            tokio::spawn(async move { assert!(handle.stop(Cause::Deadline)) });
        }
        if change == Change::Stopping {
            assert!(!generation.stop(), "the first call counts");
            told += 1;
        }
    }
    assert_eq!(told, 1);
    assert_eq!(generation.into_answer().cause, Some(Cause::Deadline));

    let mut generation = start();
    while within("a change", generation.next()).await
        != Some(Change::Appended {
            index: 0,
            offset: 0,
            text: "Rubble".to_owned(),
        })
    {}
    drop(generation);
    tacet_test_support::patience::until("the hang-up", || {
        (server.open_connections() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_taken_after_stop_without_driving_it_has_the_cause() {
    let server = GatedServer::start().await;
    let provider = crate::hanging_up::provider(&server.base_url());
    let question = Message::from_user("What is a moraine?");
    let generation = Generation::start(
        Arc::new(provider),
        ModelRequest::new("gated-model", [question]),
    );
    generation.stop();
    let answer = generation.into_answer();
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(answer.cause, Some(Cause::User));
    assert_eq!(server.connections(), 0);
}

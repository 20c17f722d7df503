//! The limit for one answer: where it is reached the connection is closed, and the person is told.

use crate::turn_desk::{Desk, answer_on_disk, question};
use tacet_core::{
    Cause, ErrorCategory, MessageState, Part, Role, StartTurn, StopOutcome, ToolCallState,
    TurnOptions, UsageSource,
};
use tacet_test_support::server::{Dialect, Say, Script};

async fn desk_with(answer_limit: usize) -> Desk {
    Desk::with(TurnOptions {
        answer_limit,
        ..TurnOptions::default()
    })
    .await
}

#[tokio::test]
async fn c11_an_answer_beyond_the_limit_is_cut_there_and_hung_up_on_and_says_so() {
    let desk = desk_with(1_000).await;
    for dialect in Dialect::ALL {
        let provider = desk.provider_of(dialect);
        let request = question("Count for ever.");
        desk.start_at(provider, request.clone()).await.unwrap();
        let watch = desk.watch(request.turn_id).await;
        let mut exchange = desk.server.next_request().await;
        exchange.say(&Say::reasoning("Endless.")).await;
        while !exchange.is_hung_up() && watch.text().len() < 1_000 - 8 {
            let before = watch.text().len();
            exchange.say(&Say::text("0123456789".repeat(10))).await;
            watch.receive(before + 1).await;
        }
        exchange.hung_up().await;

        let end = watch.end().await;
        assert_eq!(end.state, MessageState::Incomplete, "{dialect:?}");
        assert_eq!(end.cause, Some(Cause::AnswerLimit));
        assert_eq!(end.receipt, None);
        let error = end.error.expect("a reason");
        assert_eq!(error.category, ErrorCategory::AnswerTooLong);
        for words in ["0.001 MB", "kept", "answer_limit_megabytes"] {
            assert!(error.message.contains(words), "{}", error.message);
        }
        let answer = answer_on_disk(desk.folder.path(), request.turn_id).expect("a row");
        assert_eq!(answer.cause, Some(Cause::AnswerLimit));
        assert_eq!(answer.error, Some(error));
        let bytes: usize = answer.parts.iter().map(|part| part.body().len()).sum();
        assert_eq!(bytes, 1_000);
        assert_eq!(
            desk.stop(request.turn_id).await,
            StopOutcome::AlreadyEnded,
            "nothing is left to stop"
        );
    }
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn arguments_count_and_stay_as_a_call_that_was_cut_off() {
    let desk = desk_with(1_000).await;
    let watch = desk.ask("Search for ever.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::tool("call_1", "search")).await;
    exchange.say(&Say::arguments("0".repeat(2_000))).await;
    exchange.hung_up().await;
    assert_eq!(watch.end().await.cause, Some(Cause::AnswerLimit));
    let answer = desk.answer(watch.turn).await;
    let [Part::ToolCall(call)] = &answer.parts[..] else {
        panic!("{:?}", answer.parts);
    };
    assert_eq!(call.state, ToolCallState::InterruptedBeforeRun);
    assert!(call.arguments.len() < 1_000);
}

#[tokio::test]
async fn after_the_limit_the_conversation_can_be_continued_and_the_model_is_told() {
    let desk = desk_with(100).await;
    let watch = desk.ask("Count for ever.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("0123456789".repeat(30))).await;
    exchange.hung_up().await;
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(answer.text(), "0123456789".repeat(10));
    assert_eq!(answer.usage.clone().unwrap().source, UsageSource::Estimated);
    assert!(answer.can_be_continued());

    // What is there already does not count once more.
    let request = StartTurn {
        conversation_id: answer.conversation_id,
        parent_id: answer.parent_id,
        text: None,
        continues: Some(answer.id),
        ..question("")
    };
    desk.start(request.clone()).await;
    let continued = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("And that was all.")).await;
    exchange.complete(9, 3).await;
    assert_eq!(continued.end().await.state, MessageState::Complete);
    assert!(continued.text().ends_with("9And that was all."));

    let request = StartTurn {
        conversation_id: answer.conversation_id,
        parent_id: Some(answer.id),
        ..question("And now?")
    };
    desk.start(request.clone()).await;
    let mut exchange = desk.server.next_request().await;
    let messages = exchange.request.json()["messages"].to_string();
    assert!(
        messages.contains("it grew beyond the limit for one answer"),
        "{messages}"
    );
    exchange.say(&Say::text("Now it is well.")).await;
    exchange.complete(9, 3).await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_flood_that_the_server_never_ends_is_cut_at_the_limit() {
    let desk = desk_with(1_000_000).await;
    let piece = "0123456789abcdef".repeat(512);
    desk.server
        .script(Script::say(vec![Say::text(piece); 4_000]).then_silence());
    let watch = desk.ask("Count for ever.").await;
    assert_eq!(watch.end().await.cause, Some(Cause::AnswerLimit));
    let answer = desk.answer(watch.turn).await;
    assert_eq!(answer.role, Role::Assistant);
    assert_eq!(answer.text().len(), 1_000_000);
}

//! The start of a turn: once for each id, valid or not at all, one at a time in a conversation.

use crate::turn_desk::{Desk, follow_up, on_disk, question};
use futures::future::join_all;
use tacet_core::{
    Attachment, Cause, MessageId, MessageState, Part, Role, StartError, StartTurn, StopOutcome,
};
use tacet_test_support::patience::until;
use tacet_test_support::server::{ChatRules, Frame, Script};

#[tokio::test]
async fn c07_one_id_started_many_times_at_once_is_one_request() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let starts = (0..8).map(|_| desk.start(request.clone()));
    let started = join_all(starts).await;
    assert_eq!(started.iter().filter(|one| !one.already).count(), 1);
    assert!(
        started
            .iter()
            .all(|one| one.answer.id == started[0].answer.id)
    );
    let watch = desk.watch(request.turn_id).await;
    let exchange = desk.server.next_request().await;
    exchange.complete(7, 0).await;
    watch.end().await;

    let again = desk.start(request).await;

    assert!(again.already);
    assert_eq!(again.answer.id, started[0].answer.id);
    assert_eq!(again.answer.state, MessageState::Complete);
    assert_eq!(desk.server.chat_requests(), 1);
    assert!(desk.turns.list().is_empty());
}

#[tokio::test]
async fn c07_a_start_that_is_repeated_after_its_end_leaves_the_running_turn_alone() {
    let desk = Desk::open().await;
    desk.server.script(Script::text(["All of it."]));
    let first = question("What is a moraine?");
    desk.start(first.clone()).await;
    until("the first turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    desk.server.unscript();
    let answer = desk.answer(first.turn_id).await;
    let second = follow_up(first.conversation_id, answer.id, "And a kame?");
    desk.start(second.clone()).await;
    let watch = desk.watch(second.turn_id).await;
    let mut exchange = desk.server.next_request().await;

    assert!(desk.start(first).await.already);

    exchange.send_text_delta("A hill.").await;
    exchange.complete(9, 2).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(watch.text(), "A hill.");
}

/// A start that must be refused without a trace, and without ending what runs.
async fn refused(spoil: impl FnOnce(&mut StartTurn, MessageId, MessageId)) -> StartError {
    let desk = Desk::open().await;
    let running = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    let elsewhere = desk.ask("What is a kame?").await;
    let _other = desk.server.next_request().await;
    let before = on_disk(desk.folder.path());
    let conversation = running.snapshot.message.conversation_id;
    let question = running.snapshot.message.parent_id.expect("a question");
    let mut request = follow_up(conversation, question, "And a drumlin?");
    spoil(
        &mut request,
        running.snapshot.message.id,
        elsewhere.snapshot.message.id,
    );
    let error = desk.try_start(request).await.expect_err("a refusal");
    assert_eq!(on_disk(desk.folder.path()), before);
    assert_eq!(desk.server.chat_requests(), 2);
    assert_eq!(desk.turns.list().len(), 2);
    exchange.send_text_delta("Rubble.").await;
    exchange.complete(7, 1).await;
    assert_eq!(running.end().await.state, MessageState::Complete);
    error
}

#[tokio::test]
async fn a_start_without_a_text_and_without_a_message_to_answer_is_refused() {
    let error = refused(|request, _, _| (request.text, request.parent_id) = (None, None)).await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_start_with_an_empty_text_is_refused() {
    let error = refused(|request, _, _| request.text = Some(" \n".to_owned())).await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_start_that_answers_a_message_that_does_not_exist_is_refused() {
    let error = refused(|request, _, _| {
        (request.text, request.parent_id) = (None, Some(MessageId::new()));
    })
    .await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_start_that_answers_an_answer_is_refused() {
    let error = refused(|request, answer, _| {
        (request.text, request.parent_id) = (None, Some(answer));
    })
    .await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_start_that_follows_a_message_that_does_not_exist_is_refused() {
    let error = refused(|request, _, _| request.parent_id = Some(MessageId::new())).await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_start_that_follows_a_message_of_another_conversation_is_refused() {
    let error = refused(|request, _, elsewhere| request.parent_id = Some(elsewhere)).await;
    assert!(matches!(error, StartError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_question_can_be_answered_once_more() {
    let desk = Desk::open().await;
    desk.server.script(Script::text(["One."]));
    let first = question("What is a moraine?");
    let started = desk.start(first.clone()).await;
    let again = StartTurn {
        text: None,
        ..follow_up(
            first.conversation_id,
            started.user_message.expect("a question").id,
            "",
        )
    };
    let retried = desk.start(again.clone()).await;
    assert_eq!(retried.user_message, None);
    assert_eq!(retried.conversation.title, "What is a moraine?");
    until("the turns to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    assert_eq!(desk.answer(again.turn_id).await.text(), "One.");
    let messages = desk.store.messages(first.conversation_id).await.unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0].role, Role::User);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c11_a_turn_that_takes_anothers_place_ends_it_as_replaced() {
    let desk = Desk::open().await;
    let first = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    first.receive(1).await;
    let replaced = &first.snapshot.message;
    let next = follow_up(replaced.conversation_id, replaced.id, "In one word?");

    desk.start(next).await;

    exchange.hung_up().await;
    let end = first.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.cause, Some(Cause::Replaced));
    assert_eq!(desk.answer(first.turn).await.text(), "A heap");
    let exchange = desk.server.next_request().await;
    assert!(exchange.request.json().to_string().contains("A heap"));
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c19_stop_and_start_at_once_works_a_hundred_times_in_one_conversation() {
    let desk = Desk::open().await;
    desk.server.set_rules(Some(ChatRules::LOCAL));
    desk.server
        .script(Script::frames([Frame::text("Once more")]).then_silence());
    let first = question("What is a moraine?");
    let mut running = desk.start(first.clone()).await;
    let mut turn = first.turn_id;
    for round in 0..100 {
        if round % 2 == 0 {
            // Every other turn has begun to write; the others are stopped as they come.
            desk.watch(turn).await.receive(1).await;
        }
        let next = follow_up(first.conversation_id, running.answer.id, "And now?");
        let next_turn = next.turn_id;
        let (outcome, started) = tokio::join!(desk.stop(turn), desk.start(next));
        let StopOutcome::Stopped { receipt } = outcome else {
            panic!("round {round}: {outcome:?}");
        };
        assert_eq!(receipt.expect("a receipt").turn_id, turn);
        let stopped = desk.answer(turn).await;
        assert_eq!(stopped.state, MessageState::Interrupted);
        assert_eq!(stopped.cause, Some(Cause::User));
        (running, turn) = (started, next_turn);
    }
    desk.stop(turn).await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
    until("all connections to be closed", || {
        (desk.server.open_connections() == 0).then_some(())
    })
    .await;
    let messages = desk.store.messages(first.conversation_id).await.unwrap();
    assert_eq!(messages.len(), 202);
}

#[tokio::test]
async fn files_are_kept_and_travel_with_the_message() {
    let desk = Desk::open().await;
    let picture = Attachment {
        name: "moraine.png".to_owned(),
        media_type: "image/png".to_owned(),
        text: "iVBORw0KGgo=".into(),
        base64: true,
        ..Attachment::default()
    };
    let request = StartTurn {
        attachments: vec![picture.clone()],
        ..question(" ")
    };
    let started = desk.start(request).await;
    assert_eq!(started.conversation.title, "moraine.png");
    let sent = desk
        .store
        .message(started.user_message.expect("a message").id);
    let sent = sent.await.unwrap().expect("a saved message");
    assert_eq!(sent.parts, [Part::Attachment(picture)]);
    let exchange = desk.server.next_request().await;
    let content = &exchange.request.json()["messages"][0]["content"];
    let url = "data:image/png;base64,iVBORw0KGgo=";
    assert_eq!(content[0]["image_url"]["url"], url, "{content}");
}

#[tokio::test]
async fn the_files_of_an_earlier_message_go_along_without_being_sent_again() {
    let desk = Desk::open().await;
    let file = |name: &str, text: &str, base64| Attachment {
        name: name.to_owned(),
        media_type: "image/png".to_owned(),
        text: text.into(),
        base64,
        ..Attachment::default()
    };
    let picture = file("moraine.png", "iVBORw0KGgo=", true);
    let first = StartTurn {
        attachments: vec![picture.clone()],
        ..question("What is this?")
    };
    let asked = desk.start(first.clone()).await.user_message.unwrap().id;
    desk.server.next_request().await.complete(9, 3).await;
    let notes = file("notes.txt", "Ice.", false);
    let edited = StartTurn {
        conversation_id: first.conversation_id,
        files_of: Some(asked),
        attachments: vec![notes.clone()],
        ..question("And this?")
    };
    let sent = desk.start(edited.clone()).await.user_message.unwrap().id;
    let sent = desk.store.message(sent).await.unwrap().unwrap();
    assert_eq!(sent.attachments(), [picture, notes]);
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(
        body.contains("data:image/png;base64,iVBORw0KGgo="),
        "{body}"
    );
    desk.stop(edited.turn_id).await;

    // Not those of another conversation.
    let elsewhere = StartTurn {
        files_of: Some(asked),
        ..question("And this?")
    };
    let refused = desk.try_start(elsewhere).await.unwrap_err();
    assert!(matches!(refused, StartError::Invalid(_)), "{refused}");
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

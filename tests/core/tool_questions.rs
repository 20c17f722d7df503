//! Questions that the servers of running tools put to the person (rule C18).

use crate::held_tool::{Reached, Toolbox, states};
use crate::turn_desk::Desk;
use crate::turn_watch::Watch;
use serde_json::{Value, json};
use tacet_core::tool::approval::ToolId;
use tacet_core::tool::elicitation::{
    Asked, ElicitationAnswer, ElicitationReply, FieldValue, Form, Wanted, question,
};
use tacet_core::tool::tool::{Progress, ToolOutcome};
use tacet_core::{
    ElicitationOutcome, ElicitationRequest, MessageState, ToolCallState, TurnEventKind,
};
use tacet_test_support::patience::within;

fn wanted() -> Wanted {
    let schema = json!({
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 1}},
        "required": ["name"],
    });
    let fields = Form::of_schema(&schema).unwrap();
    Wanted::Form { fields }
}

/// The running tool's server asks.
fn ask(reached: &Reached) -> Asked {
    let (question, asked) = question("held", "Who are you?".to_owned(), wanted());
    reached.progress(Progress::Question(question));
    asked
}

fn filled(name: &str, age: &str) -> ElicitationReply {
    let value = |text: &str| FieldValue::Text(text.to_owned());
    let values = [("name", value(name)), ("age", value(age))];
    ElicitationReply::Accept {
        values: values.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

/// The questions that a page shows which has seen all of it.
fn shown(watch: &Watch) -> Vec<ElicitationRequest> {
    let mut open = watch.snapshot.elicitations.clone();
    for event in watch.events() {
        match event.event {
            TurnEventKind::ElicitationAsked(request) => open.push(*request),
            TurnEventKind::ElicitationClosed { id } => open.retain(|request| request.id != id),
            _ => {}
        }
    }
    open
}

async fn shows(watch: &Watch, count: usize) -> Vec<ElicitationRequest> {
    watch
        .until("the questions", |watch| shown(watch).len() == count)
        .await;
    shown(watch)
}

/// A turn whose tool runs, and a question of its server that is shown.
struct Asking {
    desk: Desk,
    _tools: Toolbox,
    watch: Watch,
    reached: Reached,
    asked: Asked,
    request: ElicitationRequest,
}

async fn asking() -> Asking {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    let reached = tools.reached().await;
    let asked = ask(&reached);
    let request = shows(&watch, 1).await.remove(0);
    Asking {
        desk,
        _tools: tools,
        watch,
        reached,
        asked,
        request,
    }
}

#[tokio::test]
async fn a_question_is_shown_to_whoever_watches_and_the_answer_goes_to_the_server_once() {
    let Asking {
        desk,
        watch,
        reached,
        asked,
        request,
        ..
    } = asking().await;
    assert_eq!(
        (request.server.as_str(), request.message.as_str()),
        ("held", "Who are you?")
    );
    assert_eq!((request.part, &request.wanted), (0, &wanted()));
    // Another window, or the same one after it was loaded again.
    let other = desk.watch(watch.turn).await;
    assert_eq!(shown(&other), std::slice::from_ref(&request));

    let reply = |reply| desk.turns.answer_elicitation(watch.turn, request.id, reply);
    let ElicitationOutcome::Unfit { problems } = reply(filled("", "0")).await else {
        panic!("an unfit form was taken");
    };
    let names: Vec<_> = problems.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["name", "age"]);
    assert_eq!(shown(&watch).len(), 1, "it can be mended");
    assert_eq!(reply(filled("Ann", "7")).await, ElicitationOutcome::Taken);
    let answer = within("the answer", asked.answer()).await;
    let expected: Value = json!({"name": "Ann", "age": 7});
    assert_eq!(answer, ElicitationAnswer::Accept(Some(expected)));
    shows(&watch, 0).await;
    shows(&other, 0).await;
    assert_eq!(reply(filled("Ben", "8")).await, ElicitationOutcome::Closed);

    reached.say("Hello, Ann.");
    desk.server.next_request().await.complete(30, 2).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c18_a_stop_closes_the_question_as_cancelled_and_a_late_answer_does_nothing() {
    let Asking {
        desk,
        watch,
        asked,
        request,
        ..
    } = asking().await;
    desk.stopped(watch.turn).await;
    let answer = within("the answer", asked.answer()).await;
    assert_eq!(answer, ElicitationAnswer::Cancel);
    let late = desk
        .turns
        .answer_elicitation(watch.turn, request.id, filled("Ann", "7"));
    assert_eq!(late.await, ElicitationOutcome::Closed);
    watch.end().await;
    assert_eq!(shown(&watch), []);
    let answer = desk.answer(watch.turn).await;
    assert_eq!(
        states(&answer.parts),
        [ToolCallState::InterruptedWhileRunning]
    );
}

#[tokio::test]
async fn c18_a_question_that_is_taken_back_or_whose_call_ends_closes_everywhere() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    let other = desk.watch(watch.turn).await;
    let reached = tools.reached().await;
    let asked = ask(&reached);
    shows(&watch, 1).await;
    drop(asked);
    shows(&watch, 0).await;
    shows(&other, 0).await;
    let asked = ask(&reached);
    shows(&watch, 1).await;
    reached.say("Never mind.");
    shows(&watch, 0).await;
    assert_eq!(asked.answer().await, ElicitationAnswer::Cancel);
    desk.server.next_request().await.complete(30, 2).await;
    watch.end().await;
}

#[tokio::test]
async fn c25_to_stop_one_tool_closes_its_question_and_no_other() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let calls = [("call_1", "look", "{}"), ("call_2", "look", "{}")];
    let watch = tools.called(&desk, &calls).await;
    let (one, two) = (tools.reached().await, tools.reached().await);
    let first = ask(&one);
    shows(&watch, 1).await;
    let second = ask(&two);
    let both = shows(&watch, 2).await;
    assert!(desk.turns.stop_tool(watch.turn, both[0].part).await);
    assert_eq!(first.answer().await, ElicitationAnswer::Cancel);
    let left = shows(&watch, 1).await;
    assert_eq!(left[0].id, both[1].id);
    let decline = ElicitationReply::Decline;
    let outcome = desk
        .turns
        .answer_elicitation(watch.turn, left[0].id, decline);
    assert_eq!(outcome.await, ElicitationOutcome::Taken);
    assert_eq!(second.answer().await, ElicitationAnswer::Decline);
    two.say("Done.");
    desk.server.next_request().await.complete(30, 2).await;
    watch.end().await;
}

#[tokio::test]
async fn of_a_call_that_was_told_to_end_nobody_is_asked_anything() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    tools.book.0.lock().unwrap().always.insert(ToolId {
        server: "held".to_owned(),
        tool: "deaf".to_owned(),
    });
    let watch = tools.called(&desk, &[("call_1", "deaf", "{}")]).await;
    let deaf = tools.reached().await;
    // What it asks and that it is told to end come in one breath.
    let stop = desk.turns.stop_tool(watch.turn, 0);
    assert!(stop.await);
    let asked = ask(&deaf);
    deaf.end(ToolOutcome::text("Late."));
    assert_eq!(
        within("the answer", asked.answer()).await,
        ElicitationAnswer::Cancel
    );
    desk.server.next_request().await.complete(30, 2).await;
    watch.end().await;
    assert_eq!(shown(&watch), []);
    let asked = watch.events().into_iter();
    let mut asked = asked.filter(|it| matches!(it.event, TurnEventKind::ElicitationAsked(_)));
    assert!(asked.next().is_none());
}

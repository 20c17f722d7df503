use super::{checkpoint, open_with_turn, text, turn};
use crate::{Checkpointed, NewTurn, OpenTask, Store};
use tacet_conversation::{
    MessageState, Part, ResultContent, SharedText, ToolCall, ToolCallState, ToolResult,
};

fn call(id: &str, state: ToolCallState) -> Part {
    Part::ToolCall(ToolCall {
        call_id: id.to_owned(),
        name: "melt".to_owned(),
        arguments: "{}".to_owned(),
        state,
        seal: None,
    })
}

fn result(id: &str, said: &str, state: ToolCallState) -> ToolResult {
    ToolResult {
        call_id: id.to_owned(),
        text: said.to_owned(),
        contents: Vec::new(),
        state,
        left_out: false,
    }
}

fn task(new: &NewTurn, part: usize, id: &str) -> OpenTask {
    OpenTask {
        conversation: new.conversation.id,
        message: new.answer.id,
        part,
        server: "glaciers".to_owned(),
        task: id.to_owned(),
    }
}

/// The calls of an answer: one that has ended, and two that run, of which the second has said something.
fn parts() -> Vec<Part> {
    vec![
        text("I melt it."),
        call("call_1", ToolCallState::Succeeded),
        call("call_2", ToolCallState::Running),
        call("call_3", ToolCallState::Running),
        Part::ToolResult(result("call_1", "done", ToolCallState::Succeeded)),
        Part::ToolResult(result("call_3", "so far", ToolCallState::Running)),
    ]
}

#[tokio::test]
async fn a_task_of_a_call_that_ran_when_the_app_was_killed_is_known_to_the_next_and_its_result_kept()
 {
    let (folder, store, new) = open_with_turn().await;
    checkpoint(&store, &new, &mut Checkpointed::default(), &parts()).await;
    for (part, id) in [(1, "t1"), (2, "t2"), (3, "t3")] {
        store.keep_task(task(&new, part, id), new.turn_id);
    }
    // While the answer runs they are its turn's own.
    assert_eq!(store.open_tasks().await.unwrap(), []);
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(9_000).await.unwrap();
    let (second, third) = (task(&new, 2, "t2"), task(&new, 3, "t3"));
    let open = [second.clone(), third.clone()];
    assert_eq!(store.open_tasks().await.unwrap(), open);
    drop(store);

    // And to the one after that.
    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(9_001).await.unwrap();
    assert_eq!(store.open_tasks().await.unwrap(), open);

    let image = ResultContent::Image {
        media_type: "image/png".to_owned(),
        data: SharedText::from("aWNl".to_owned()),
    };
    let mut given = result("", "molten", ToolCallState::Succeeded);
    given.contents = vec![image];
    let changed = store.close_task(&third, Some(given.clone())).await.unwrap();
    let failure = result("", "too cold", ToolCallState::Failed);
    store
        .close_task(&second, Some(failure.clone()))
        .await
        .unwrap();
    assert_eq!(store.open_tasks().await.unwrap(), []);

    let stored = store.message(new.answer.id).await.unwrap().unwrap();
    assert_eq!(stored.state, MessageState::Interrupted);
    let mut expected = parts();
    expected[2] = call("call_2", ToolCallState::Failed);
    expected[3] = call("call_3", ToolCallState::Succeeded);
    given.call_id = "call_3".to_owned();
    expected[5] = Part::ToolResult(given);
    let after_first = changed.unwrap();
    assert_eq!(after_first.parts[3..], expected[3..]);
    let failure = ToolResult {
        call_id: "call_2".to_owned(),
        ..failure
    };
    expected.push(Part::ToolResult(failure));
    assert_eq!(stored.parts, expected);
}

#[tokio::test]
async fn c05_a_task_gives_nothing_late_once_it_is_closed_or_its_turn_has_ended() {
    let (folder, store, new) = open_with_turn().await;
    checkpoint(&store, &new, &mut Checkpointed::default(), &parts()).await;
    let stranger = turn(&new.conversation, None);
    store.keep_task(task(&new, 2, "t2"), stranger.turn_id);
    store.keep_task(task(&new, 3, "t3"), new.turn_id);
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(9_000).await.unwrap();
    // That of another turn was not kept.
    let third = task(&new, 3, "t3");
    let open = std::slice::from_ref(&third);
    assert_eq!(store.open_tasks().await.unwrap(), open);

    assert_eq!(store.close_task(&third, None).await.unwrap(), None);
    assert_eq!(store.open_tasks().await.unwrap(), []);
    let late = result("", "molten", ToolCallState::Succeeded);
    assert_eq!(store.close_task(&third, Some(late)).await.unwrap(), None);
    let stored = store.message(new.answer.id).await.unwrap().unwrap();
    let cut = call("call_3", ToolCallState::InterruptedWhileRunning);
    assert_eq!(stored.parts[3], cut);

    let mut ended = turn(&new.conversation, Some(new.answer.id));
    ended.answer.parts = parts();
    store.begin_turn(ended.clone()).await.unwrap();
    store.keep_task(task(&ended, 2, "t4"), ended.turn_id);
    let mut answer = ended.answer.clone();
    answer.state = MessageState::Complete;
    assert!(store.finish(answer).await.unwrap());
    assert_eq!(store.open_tasks().await.unwrap(), []);
}

#[tokio::test]
async fn nobody_asks_for_the_tasks_of_a_conversation_that_was_deleted() {
    let (folder, store, new) = open_with_turn().await;
    checkpoint(&store, &new, &mut Checkpointed::default(), &parts()).await;
    store.keep_task(task(&new, 2, "t2"), new.turn_id);
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(9_000).await.unwrap();
    assert!(store.delete(new.conversation.id, 9_001).await.unwrap());
    assert_eq!(store.open_tasks().await.unwrap(), []);
}

//! The deletion of a branch across the border.

use crate::page::{Page, question};
use serde_json::{Value, json};
use tacet_core::TurnId;

/// A question with two stopped answers.
struct Fork {
    page: Page,
    conversation: Value,
    question: Value,
    answers: Vec<Value>,
}

impl Fork {
    async fn new() -> Self {
        let page = Page::open().await;
        let (turn, request) = question("What is a moraine?");
        let started = page.call("start_turn", request).await.unwrap();
        let mut fork = Self {
            page,
            conversation: started["conversation"]["id"].clone(),
            question: started["userMessage"]["id"].clone(),
            answers: vec![started["answer"]["id"].clone()],
        };
        fork.stop(turn).await;
        let turn = fork.retry().await;
        fork.stop(turn).await;
        fork
    }

    async fn stop(&self, turn: TurnId) {
        let exchange = self.page.server.next_request().await;
        let stop = json!({"turnId": turn, "clickedAt": null});
        self.page.call("stop_turn", stop).await.unwrap();
        exchange.hung_up().await;
    }

    /// Has the question answered once more.
    async fn retry(&mut self) -> TurnId {
        let (turn, mut request) = question("");
        request["request"]["conversationId"] = self.conversation.clone();
        request["request"]["parentId"] = self.question.clone();
        request["request"]["text"] = Value::Null;
        let started = self.page.call("start_turn", request).await.unwrap();
        self.answers.push(started["answer"]["id"].clone());
        turn
    }

    async fn delete(&self, message: &Value) -> Result<Value, Value> {
        let message = json!({"messageId": message});
        self.page.call("delete_branch", message).await
    }

    async fn restore(&self, deleted: &Value) -> Result<Value, Value> {
        let branch = json!({"branchId": deleted["branchId"]});
        self.page.call("restore_branch", branch).await
    }

    /// What the conversation shows, and the ids of the answers that there are.
    async fn open(&self) -> (Value, Value) {
        let id = json!({"conversationId": self.conversation});
        let opened = self.page.call("open_conversation", id).await.unwrap();
        let shown = opened["messages"][1]["id"].as_str().unwrap();
        let siblings = opened["siblings"].get(shown);
        let siblings = siblings.cloned().unwrap_or(json!([shown]));
        (opened, siblings)
    }
}

#[tokio::test]
async fn a_deleted_branch_is_gone_at_once_and_comes_back() {
    let fork = Fork::new().await;
    let [first, second] = &fork.answers[..] else {
        panic!("two answers");
    };
    let (before, _) = fork.open().await;
    let deleted = fork.delete(second).await.unwrap();
    assert_eq!(deleted["head"], *first);
    assert_eq!(deleted["messages"], json!([second]));
    let (opened, siblings) = fork.open().await;
    assert_eq!(opened["conversation"]["head"], *first);
    assert_eq!(siblings, json!([first]));
    let message = json!({"messageId": second});
    let opened = fork.page.call("open_message", message).await.unwrap();
    assert_eq!(opened, Value::Null);

    let only = fork.delete(first).await.unwrap_err();
    assert_eq!(only["code"], "invalid");
    let words = only["message"].as_str().unwrap();
    assert!(words.contains("Nothing was changed."), "{words}");
    let gone = fork.delete(second).await.unwrap_err();
    assert_eq!(gone["code"], "not-found");

    let restored = fork.restore(&deleted).await.unwrap();
    assert_eq!(restored["head"], *second);
    assert_eq!(fork.open().await.0, before);
    let again = fork.restore(&deleted).await.unwrap_err();
    assert_eq!(again["code"], "not-found");
}

#[tokio::test]
async fn c05_an_answer_that_runs_is_stopped_with_its_branch_and_by_no_other_deletion() {
    let mut fork = Fork::new().await;
    let turn = fork.retry().await;
    let (_, mut events) = fork.page.attach(turn).await;
    let mut exchange = fork.page.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    events.until("appended").await;

    fork.delete(&fork.answers[0]).await.unwrap();
    exchange.send_text_delta("goes on.").await;
    events.until("appended").await;
    let deleted = fork.delete(&fork.answers[2]).await.unwrap();
    exchange.hung_up().await;
    events.until("ended").await;
    assert_eq!(deleted["head"], fork.answers[1]);
    let (opened, siblings) = fork.open().await;
    assert_eq!(opened["conversation"]["head"], fork.answers[1]);
    assert_eq!(siblings, json!([fork.answers[1]]));

    fork.restore(&deleted).await.unwrap();
    let (opened, _) = fork.open().await;
    let answer = &opened["messages"][1];
    assert_eq!(answer["id"], fork.answers[2]);
    assert_eq!(answer["state"], "interrupted");
    assert_eq!(answer["cause"], "user");
    assert_eq!(answer["parts"][0]["text"], "The ice goes on.");
}

#[tokio::test]
async fn nothing_is_asked_after_a_message_of_a_deleted_branch() {
    let fork = Fork::new().await;
    fork.delete(&fork.answers[1]).await.unwrap();
    let asked = fork.page.server.chat_requests();
    let (_, mut request) = question("And now?");
    request["request"]["conversationId"] = fork.conversation.clone();
    request["request"]["parentId"] = fork.answers[1].clone();
    let refused = fork.page.call("start_turn", request).await.unwrap_err();
    let words = refused["message"].as_str().unwrap();
    assert!(words.contains("nothing was sent"), "{words}");
    assert_eq!(fork.page.server.chat_requests(), asked);
}

use super::{with, without};
use serde_json::{Value, json};
use tacet_test_support::server::{AnthropicRules, Dialect, Rules};

fn refused(request: &Value, words: &str) {
    super::refused(Dialect::Anthropic, request, words);
}

fn text(role: &str, text: &str) -> Value {
    json!({"role": role, "content": text})
}

fn request(messages: Value) -> Value {
    json!({"model": "claude-haiku-4-5", "max_tokens": 4096, "system": "Be brief.", "messages": messages})
}

/// A history with everything that the API takes back.
fn whole() -> Value {
    let mut whole = request(json!([
        {"role": "user", "content": [
            {"type": "text", "text": "Read both."},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2VhbA=="},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "call_1", "name": "read", "input": {"path": "a"}},
            {"type": "tool_use", "id": "call_2", "name": "read", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call_2", "content": "B"},
            {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "A"}]},
            {"type": "text", "text": "Well?"},
        ]},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Thanks."},
    ]));
    whole["thinking"] = json!({"type": "enabled", "budget_tokens": 2048});
    whole
}

#[test]
fn a_history_with_sealed_thinking_and_answered_calls_is_valid() {
    assert_eq!(Dialect::Anthropic.validate(&whole()), Ok(()));
}

#[test]
fn the_limit_of_tokens_is_required_and_above_the_budget() {
    refused(
        &without(&whole(), "/max_tokens"),
        "max_tokens: Field required",
    );
    refused(
        &with(&whole(), "/max_tokens", json!(2048)),
        "`max_tokens` must be greater than `thinking.budget_tokens`",
    );
    refused(
        &with(&whole(), "/thinking/budget_tokens", json!(100)),
        "greater than or equal to 1024",
    );
}

#[test]
fn roles_alternate_from_the_user_on_and_know_no_system() {
    refused(&request(json!([])), "at least one message is required");
    refused(
        &request(json!([text("assistant", "A")])),
        "first message must use the \"user\" role",
    );
    refused(
        &request(json!([text("user", "A"), text("user", "B")])),
        "roles must alternate between \"user\" and \"assistant\", but found multiple \"user\" roles in a row",
    );
    refused(
        &request(json!([text("system", "A"), text("user", "B")])),
        "top-level `system` parameter",
    );
    refused(
        &request(json!([text("tool", "A")])),
        "Unexpected role \"tool\"",
    );
}

#[test]
fn every_call_is_answered_at_the_opening_of_the_next_message() {
    let words = "`tool_use` ids were found without `tool_result` blocks immediately after: call_1.";
    let missing = without(&whole(), "/messages/2/content/1");
    refused(&missing, words);
    let late = {
        let result = json!({"type": "tool_result", "tool_use_id": "call_1", "content": "A"});
        with(&missing, "/messages/4/content", json!([result]))
    };
    refused(&late, words);
    let mut text_first = whole();
    text_first["messages"][2]["content"]
        .as_array_mut()
        .unwrap()
        .rotate_right(1);
    refused(
        &text_first,
        "without `tool_result` blocks immediately after",
    );
    let mut at_the_end = whole();
    at_the_end["messages"].as_array_mut().unwrap().truncate(2);
    refused(
        &at_the_end,
        "without `tool_result` blocks immediately after: call_1, call_2",
    );
}

#[test]
fn an_orphan_or_doubled_result_is_refused() {
    let orphan = json!([{"type": "tool_result", "tool_use_id": "call_1", "content": "A"}]);
    refused(
        &with(&whole(), "/messages/4/content", orphan),
        "unexpected `tool_use_id` found in `tool_result` blocks: call_1",
    );
    refused(
        &with(
            &whole(),
            "/messages/2/content/0/tool_use_id",
            json!("call_1"),
        ),
        "each tool_use must have a single result",
    );
}

#[test]
fn no_message_and_no_text_is_empty() {
    let empty = "all messages must have non-empty content";
    refused(&with(&whole(), "/messages/3/content", json!("")), empty);
    refused(&with(&whole(), "/messages/3/content", json!([])), empty);
    refused(
        &with(&whole(), "/messages/1/content/1/text", json!("")),
        "text content blocks must be non-empty",
    );
    let blank = "must contain non-whitespace text";
    refused(
        &with(&whole(), "/messages/1/content/1/text", json!(" \n")),
        blank,
    );
    refused(&with(&whole(), "/messages/3/content", json!(" ")), blank);
    refused(
        &with(&whole(), "/system", json!("")),
        "system: text content blocks",
    );
}

#[test]
fn thinking_is_sealed_and_opens_its_turn_and_does_not_end_it() {
    let seal = "/messages/1/content/0/signature";
    refused(
        &with(&whole(), seal, json!("")),
        "Invalid `signature` in `thinking` block",
    );
    refused(&without(&whole(), seal), "signature: Field required");
    let mut late = whole();
    late["messages"][1]["content"]
        .as_array_mut()
        .unwrap()
        .swap(0, 1);
    refused(
        &late,
        "Expected `thinking` or `redacted_thinking`, but found `text`",
    );
    late.as_object_mut().unwrap().remove("thinking");
    assert_eq!(Dialect::Anthropic.validate(&late), Ok(()));
    let thinking = json!([{"type": "thinking", "thinking": "Hm.", "signature": "c2VhbA=="}]);
    refused(
        &with(&whole(), "/messages/3/content", thinking),
        "The final block in an assistant message cannot be `thinking`",
    );
}

#[test]
fn a_call_has_a_plain_id_and_an_object_for_input() {
    let call = "/messages/1/content/2";
    for input in [json!("{}"), json!([]), json!(1)] {
        refused(
            &with(&whole(), &format!("{call}/input"), input),
            "tool_use.input: Input should be a valid dictionary",
        );
    }
    refused(
        &without(&whole(), &format!("{call}/input")),
        "tool_use.input: Field required",
    );
    for id in ["", "call:1", "call 1"] {
        refused(
            &with(&whole(), &format!("{call}/id"), json!(id)),
            "String should match pattern '^[a-zA-Z0-9_-]+$'",
        );
    }
    refused(
        &with(&whole(), &format!("{call}/id"), json!("call_2")),
        "`tool_use` ids must be unique",
    );
}

#[test]
fn an_answer_to_go_on_with_has_no_trailing_white_space_and_an_older_model() {
    let open = request(json!([text("user", "Go on."), text("assistant", "And so")]));
    assert_eq!(Dialect::Anthropic.validate(&open), Ok(()));
    let space = "final assistant content cannot end with trailing whitespace";
    refused(&with(&open, "/messages/1/content", json!("And so ")), space);
    let blocks = json!([{"type": "text", "text": "And so\n"}]);
    refused(&with(&open, "/messages/1/content", blocks), space);

    let prefill = "does not support assistant message prefill";
    for model in [
        "claude-sonnet-4-6",
        "anthropic/claude-opus-4.7",
        "claude-opus-5",
    ] {
        refused(&with(&open, "/model", json!(model)), prefill);
    }
    let rules = Rules {
        anthropic: AnthropicRules {
            refuse_prefill: vec!["haiku".to_owned()],
        },
        ..Rules::default()
    };
    let error = rules.check(Dialect::Anthropic, "claude-haiku-4-5", &open);
    assert!(error.unwrap_err().contains(prefill));
    assert_eq!(
        rules.check(Dialect::Anthropic, "claude-opus-5", &open),
        Ok(())
    );
}

#[test]
fn blocks_stand_in_the_role_that_may_have_them() {
    let call = json!([{"type": "tool_use", "id": "a", "name": "read", "input": {}}]);
    refused(
        &with(&whole(), "/messages/4/content", call),
        "`tool_use` blocks can only be in `assistant` messages",
    );
    let result = json!([{"type": "tool_result", "tool_use_id": "a"}]);
    refused(
        &with(&whole(), "/messages/3/content", result),
        "`tool_result` blocks can only be in `user` messages",
    );
    refused(
        &with(
            &whole(),
            "/messages/0/content/1/source/media_type",
            json!("image/bmp"),
        ),
        "media_type: Input should be image/jpeg",
    );
}

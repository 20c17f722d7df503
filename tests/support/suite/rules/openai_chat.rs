use crate::client::{answered, asking, client, question};
use serde_json::{Value, json};
use tacet_test_support::server::{ChatRules, GatedServer, validate_chat_request};

fn request(messages: Value) -> Value {
    json!({"model": "m", "messages": messages})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "read_file", "arguments": arguments}})
}

fn refused(messages: Value, words: &str) {
    let error = validate_chat_request(&request(messages)).unwrap_err();
    assert!(error.contains(words), "{error:?} should contain {words:?}");
}

#[test]
fn a_history_with_answered_calls_is_valid() {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Read both."}]},
        {"role": "assistant", "content": null, "tool_calls": [call("a", "{}"), call("b", "{\"p\":1}")]},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Thanks."},
    ]);
    let request = request(messages);
    assert_eq!(validate_chat_request(&request), Ok(()));
    assert_eq!(ChatRules::LOCAL.check(&request), Ok(()));
}

#[test]
fn an_unanswered_call_is_refused_by_its_id() {
    let words = "must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: b";
    let calls = json!({"role": "assistant", "tool_calls": [call("a", "{}"), call("b", "{}")]});
    let user = json!({"role": "user", "content": "Go."});
    let answer = json!({"role": "tool", "tool_call_id": "a", "content": "A"});
    refused(json!([user, calls, answer]), words);
    refused(json!([user, calls, answer, user]), words);
    let late = json!({"role": "tool", "tool_call_id": "b", "content": "B"});
    refused(json!([user, calls, answer, user, late]), words);
}

#[test]
fn an_orphan_or_doubled_tool_message_is_refused() {
    let words = "must be a response to a preceding message with 'tool_calls'";
    let user = json!({"role": "user", "content": "Go."});
    let calls = json!({"role": "assistant", "tool_calls": [call("a", "{}")]});
    let answer = json!({"role": "tool", "tool_call_id": "a", "content": "A"});
    refused(json!([user, answer]), words);
    refused(json!([user, calls, answer, answer]), words);
}

#[test]
fn an_assistant_message_needs_content_or_calls() {
    let words = "content or tool_calls must be set";
    let user = json!({"role": "user", "content": "Go."});
    refused(json!([user, {"role": "assistant"}]), words);
    refused(json!([user, {"role": "assistant", "content": null}]), words);
    let none = json!({"role": "assistant", "tool_calls": []});
    refused(json!([user, none]), "[] is too short");
}

#[test]
fn empty_content_is_refused_in_every_role() {
    let words = "non-empty content";
    let user = json!({"role": "user", "content": "Go."});
    refused(json!([{"role": "user", "content": ""}]), words);
    refused(json!([{"role": "user", "content": []}]), words);
    refused(json!([{"role": "system", "content": ""}, user]), words);
    refused(json!([user, {"role": "assistant", "content": ""}]), words);
    let calls = json!({"role": "assistant", "tool_calls": [call("a", "{}")]});
    let answer = json!({"role": "tool", "tool_call_id": "a", "content": ""});
    refused(json!([user, calls, answer]), words);
    let empty_part = json!([{"role": "user", "content": [{"type": "text", "text": ""}]}]);
    refused(empty_part, "Invalid content part");
}

#[test]
fn arguments_travel_as_the_json_text_of_an_object() {
    let words = "must be a JSON string of an object";
    let user = json!({"role": "user", "content": "Go."});
    for arguments in [
        json!("{\"path\":"),
        json!("[]"),
        json!(""),
        json!({}),
        json!(null),
    ] {
        let mut broken = call("a", "{}");
        broken["function"]["arguments"] = arguments;
        let calls = json!({"role": "assistant", "tool_calls": [broken]});
        let answer = json!({"role": "tool", "tool_call_id": "a", "content": "A"});
        refused(json!([user, calls, answer]), words);
    }
}

#[test]
fn reasoning_does_not_travel_back() {
    let user = json!({"role": "user", "content": "Go."});
    let answer = json!({"role": "assistant", "content": "A", "reasoning_content": "hm"});
    refused(
        json!([user, answer, user]),
        "'reasoning_content' must not be sent back",
    );
}

#[test]
fn a_history_opens_with_the_user_and_names_a_model() {
    let answer = json!({"role": "assistant", "content": "A"});
    refused(json!([answer]), "must be from the user");
    refused(
        json!([{"role": "system", "content": "S"}]),
        "must be from the user",
    );
    refused(json!([]), "too short");
    let nameless = json!({"messages": [{"role": "user", "content": "Go."}]});
    let error = validate_chat_request(&nameless).unwrap_err();
    assert!(error.contains("model"));
    let error = validate_chat_request(&json!({"model": "m"})).unwrap_err();
    assert!(error.contains("'messages'"));
}

#[test]
fn alternation_is_demanded_only_where_it_is_asked_for() {
    let user = json!({"role": "user", "content": "Go."});
    let twice = request(json!([user, user]));
    assert_eq!(validate_chat_request(&twice), Ok(()));
    let strict = ChatRules::LOCAL;
    assert!(strict.check(&twice).unwrap_err().contains("must alternate"));
    let late = request(json!([user, {"role": "system", "content": "S"}]));
    assert!(
        strict
            .check(&late)
            .unwrap_err()
            .contains("at the beginning")
    );
}

#[tokio::test]
async fn the_server_refuses_an_invalid_request_and_remembers_it() {
    let server = GatedServer::start().await;
    let url = format!("{}/chat/completions", server.base_url());
    let body = request(json!([{"role": "user", "content": "Go."}, {"role": "assistant"}]));
    let response = client().post(&url).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let error: Value = response.json().await.unwrap();
    let words = "content or tool_calls must be set";
    assert!(error["error"]["message"].as_str().unwrap().contains(words));
    assert_eq!(server.violations().len(), 1);

    server.set_rules(None);
    let asking = tokio::spawn(client().post(&url).json(&body).send());
    server.next_request().await.complete(1, 1).await;
    assert_eq!(answered(asking).await.status(), 200);
    assert_eq!(server.violations().len(), 1);
}

#[tokio::test]
async fn the_server_lets_a_valid_request_through() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let exchange = server.next_request().await;
    assert_eq!(exchange.request.json(), question());
    exchange.complete(1, 1).await;
    answered(asking).await;
    assert_eq!(server.violations(), Vec::<String>::new());
}

fn mistral_refuses(messages: Value, words: &str) {
    let error = ChatRules::MISTRAL.check(&request(messages)).unwrap_err();
    assert!(error.contains(words), "{error:?} should contain {words:?}");
}

#[test]
fn mistral_wants_equal_counts_and_the_assistant_after_a_tool() {
    let user = json!({"role": "user", "content": "Go."});
    let calls = json!({"role": "assistant", "tool_calls": [call("abcdefgh1", "{}"), call("abcdefgh2", "{}")]});
    let first = json!({"role": "tool", "tool_call_id": "abcdefgh1", "content": "A"});
    let second = json!({"role": "tool", "tool_call_id": "abcdefgh2", "content": "B"});
    let answer = json!({"role": "assistant", "content": "Done."});
    let valid = request(json!([user, calls, first, second, answer, user]));
    assert_eq!(ChatRules::MISTRAL.check(&valid), Ok(()));
    let waiting = request(json!([user, calls, first, second]));
    assert_eq!(ChatRules::MISTRAL.check(&waiting), Ok(()));

    let words = "Not the same number of function calls and responses";
    mistral_refuses(json!([user, calls, first, answer, user]), words);
    mistral_refuses(json!([user, calls, first]), words);
    mistral_refuses(
        json!([user, calls, first, second, user]),
        "Unexpected role 'user' after role 'tool'",
    );
    mistral_refuses(json!([user, answer]), "Expected last role User or Tool");
    let mut prefix = answer.clone();
    prefix["prefix"] = json!(true);
    let open = request(json!([user, prefix]));
    assert_eq!(ChatRules::MISTRAL.check(&open), Ok(()));
}

#[test]
fn mistral_wants_ids_of_nine_letters_and_digits() {
    let user = json!({"role": "user", "content": "Go."});
    let calls = json!({"role": "assistant", "tool_calls": [call("call_1", "{}")]});
    let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "A"});
    mistral_refuses(
        json!([user, calls, result]),
        "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
    );
    let lenient = ChatRules {
        mistral_ids: false,
        ..ChatRules::MISTRAL
    };
    assert_eq!(
        lenient.check(&request(json!([user, calls, result]))),
        Ok(())
    );
}

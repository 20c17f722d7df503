//! Repair: after every stop the next request is valid (rules C19 to C21).

use crate::answers::{STREAMS, message, said, stopped_answer, stream, text};
use crate::recordings::{CHAT, asked_again};
use proptest::prelude::*;
use serde_json::Value;
use tacet_core::history::{EMPTY_RESULT, NO_RESULT, Rules, TURN_ENDED, repair};
use tacet_core::{
    Attachment, Cause, Message, MessageState, Part, Provider, Reasoning, Role, ToolCall,
    ToolCallState, ToolResult,
};
use tacet_test_support::server::ChatRules;

const RULES: Rules = Rules {
    join_users: true,
    ..Rules::COMMON
};

/// The messages of the request that answers this history.
fn request(history: &[Message]) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&CHAT.body(history)).unwrap();
    body["messages"].as_array().unwrap().clone()
}

/// Judged as strictly as any server does.
fn judge(history: &[Message]) -> Result<(), String> {
    ChatRules::LOCAL.check_bytes(&CHAT.body(history))
}

fn call(id: &str, arguments: &str, state: ToolCallState) -> Part {
    Part::ToolCall(ToolCall {
        call_id: id.to_owned(),
        name: "save".to_owned(),
        arguments: arguments.to_owned(),
        state,
        seal: None,
    })
}

fn result(id: &str, text: &str) -> Part {
    Part::ToolResult(ToolResult {
        call_id: id.to_owned(),
        text: text.to_owned(),
        contents: Vec::new(),
        state: ToolCallState::Succeeded,
        left_out: false,
    })
}

fn stopped(parts: Vec<Part>, cause: Cause) -> Message {
    let mut answer = message(Role::Assistant, parts);
    answer.state = MessageState::Interrupted;
    answer.cause = Some(cause);
    answer
}

#[test]
fn c19_every_recorded_stream_stopped_at_every_byte_leaves_a_valid_next_request() {
    for (name, bytes) in STREAMS {
        for cut in 0..=bytes.len() {
            let history = asked_again(stopped_answer(&bytes[..cut]));
            if let Err(refusal) = judge(&history) {
                panic!("{name} stopped after {cut} bytes: {refusal}");
            }
            let once = repair(&history, &RULES);
            assert_eq!(repair(&once, &RULES), once, "{name} after {cut} bytes");
        }
    }
}

#[test]
fn c19_valid_history_is_the_same_on_the_wire_as_without_repair() {
    let history = vec![
        said(Role::System, "Be brief."),
        said(Role::User, "one"),
        message(
            Role::Assistant,
            vec![
                text("I look."),
                call("a", r#"{"x": 1}"#, ToolCallState::Succeeded),
                call("b", "{}", ToolCallState::Failed),
                result("a", "1"),
                result("b", "no"),
                text("It is 1."),
            ],
        ),
        said(Role::User, "two"),
    ];
    assert_eq!(repair(&history, &RULES), history);
}

#[test]
fn c19_the_beginning_of_the_request_stays_when_the_conversation_goes_on() {
    let mut history = asked_again(stopped_answer(&stream("parallel-tools")[..600]));
    let before = request(&history);
    history.push(said(Role::Assistant, "three"));
    history.push(said(Role::User, "four"));
    assert_eq!(request(&history)[..before.len()], before);
}

#[test]
fn c20_each_call_gets_one_result_in_order_and_orphans_go() {
    let answer = stopped(
        vec![
            call("a", "{}", ToolCallState::InterruptedWhileRunning),
            call("b", "{}", ToolCallState::Succeeded),
            call("c", "{}", ToolCallState::Succeeded),
            result("nobody", "orphan"),
            result("c", ""),
            result("b", "done"),
            result("b", "done twice"),
        ],
        Cause::User,
    );
    let messages = request(&asked_again(answer));
    let results: Vec<_> = messages[2..5]
        .iter()
        .map(|message| {
            assert_eq!(message["role"], "tool");
            let text = |name: &str| message[name].as_str().unwrap();
            (text("tool_call_id"), text("content"))
        })
        .collect();
    assert_eq!(
        results,
        [("a", NO_RESULT), ("b", "done"), ("c", EMPTY_RESULT)]
    );
    assert_eq!(messages[5]["role"], "user");
    assert_eq!(messages.len(), 6);
}

#[test]
fn c20_arguments_that_were_cut_off_travel_as_a_string() {
    let raw = r#"{"path":"a"#;
    let answer = stopped(
        vec![call("a", raw, ToolCallState::InterruptedBeforeRun)],
        Cause::User,
    );
    let messages = request(&asked_again(answer));
    let arguments = messages[1]["tool_calls"][0]["function"]["arguments"].as_str();
    let arguments: Value = serde_json::from_str(arguments.unwrap()).unwrap();
    assert_eq!(arguments, serde_json::json!({ "INVALID_JSON": raw }));
    // A number is whole JSON and yet not what arguments are: it may be the beginning of another.
    let number = stopped(
        vec![call("a", "12", ToolCallState::InterruptedBeforeRun)],
        Cause::User,
    );
    assert_eq!(judge(&asked_again(number)), Ok(()));
}

#[test]
fn c20_an_answer_of_reasoning_alone_does_not_travel_and_its_neighbours_are_joined() {
    let reasoning = Part::Reasoning(Reasoning {
        text: "Hm".to_owned(),
        duration_ms: None,
        field: None,
        seal: None,
    });
    let messages = request(&asked_again(stopped(vec![reasoning], Cause::User)));
    assert_eq!(messages.len(), 1);
    assert_eq!(
        messages[0]["content"],
        "one\n\n[Your previous answer ended early: the user stopped it. Do not go on with it \
         unless you are asked to.]\n\ntwo"
    );
}

#[test]
fn c20_user_messages_stay_apart_where_a_wire_takes_them_so() {
    let apart = Rules {
        join_users: false,
        ..RULES
    };
    let history = asked_again(stopped(Vec::new(), Cause::User));
    assert_eq!(repair(&history, &apart).len(), 2);
    assert_eq!(repair(&history, &RULES).len(), 1);
}

#[test]
fn c20_a_wire_that_wants_an_answer_after_tools_gets_one() {
    let strict = Rules {
        answer_after_tools: true,
        ..RULES
    };
    let answer = stopped(
        vec![call("a", "{}", ToolCallState::InterruptedBeforeRun)],
        Cause::User,
    );
    let history = asked_again(answer);
    let repaired = repair(&history, &strict);
    assert_eq!(repaired[1].parts.last(), Some(&text(TURN_ENDED)));
    assert_eq!(repair(&repaired, &strict), repaired);
}

#[test]
fn c20_calls_of_the_same_id_in_two_answers_are_told_apart() {
    let answer = || {
        message(
            Role::Assistant,
            vec![
                call("call_0", "{}", ToolCallState::Succeeded),
                result("call_0", "ok"),
            ],
        )
    };
    let history = vec![
        said(Role::User, "one"),
        answer(),
        said(Role::User, "two"),
        answer(),
        said(Role::User, "three"),
    ];
    let messages = request(&history);
    assert_eq!(messages[2]["tool_call_id"], "call_0");
    assert_eq!(messages[5]["tool_call_id"], "call_0_2");
    assert_eq!(messages[5]["content"], "ok");
}

#[test]
fn c21_the_model_is_told_the_cause_and_which_tools_may_have_run() {
    let answer = stopped(
        vec![
            text("I save."),
            call("a", "{}", ToolCallState::InterruptedWhileRunning),
            call("b", "{\"p", ToolCallState::InterruptedBeforeRun),
        ],
        Cause::Crash,
    );
    let mut history = asked_again(answer);
    history.push(said(Role::Assistant, "three"));
    history.push(said(Role::User, "four"));
    let messages = request(&history);
    assert_eq!(
        messages[4]["content"],
        "[Your previous answer ended early: the app ended unexpectedly. These tools were \
         interrupted and may have run in part: save. These tool calls were not executed: save. \
         Do not go on with it unless you are asked to.]\n\ntwo"
    );
    let told = messages
        .iter()
        .filter(|message| message.to_string().contains("ended early"));
    assert_eq!(told.count(), 1);
}

#[test]
fn c21_nothing_is_said_about_a_turn_that_ended_by_itself() {
    let messages = request(&asked_again(stopped_answer(stream("parallel-tools"))));
    assert_eq!(messages.last().unwrap()["content"], "two");
}

#[test]
fn the_answer_that_is_being_written_is_not_part_of_the_request() {
    let mut answer = message(Role::Assistant, Vec::new());
    answer.state = MessageState::Streaming;
    let messages = request(&[said(Role::User, "one"), answer]);
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["content"], "one");
}

#[test]
fn an_attachment_travels_as_text_under_its_name() {
    let attachment = Part::Attachment(Attachment {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        text: "hello".into(),
        base64: false,
        ..Attachment::default()
    });
    let messages = request(&[message(Role::User, vec![attachment, text("Read it.")])]);
    assert_eq!(
        messages[0]["content"],
        "[Attached file: a.txt]\nhello\n[End of file: a.txt]\n\nRead it."
    );
}

#[test]
fn a_repaired_history_shares_the_files_of_the_one_that_is_kept() {
    let file = |base64, text: &str| {
        Part::Attachment(Attachment {
            name: "a".to_owned(),
            media_type: "image/png".to_owned(),
            text: text.into(),
            base64,
            ..Attachment::default()
        })
    };
    // The mark of a PNG file, so that it travels as one.
    let parts = vec![file(true, "iVBORw0KGgo="), file(false, "hello")];
    let history = [message(Role::User, parts)];
    let rules = Rules {
        images: &["image/png"],
        ..RULES
    };
    let repaired = repair(&history, &rules);
    let places = |history: &[Message]| -> Vec<*const u8> {
        let parts = history[0].parts.iter();
        parts.map(|part| part.body().as_ptr()).collect()
    };
    assert_eq!(places(&repaired), places(&history));
}

fn any_part() -> impl Strategy<Value = Part> {
    let id = prop::sample::select(vec!["", "a", "b", "a_2"]);
    let state = prop::sample::select(vec![
        ToolCallState::ReceivingArguments,
        ToolCallState::Running,
        ToolCallState::Succeeded,
        ToolCallState::InterruptedBeforeRun,
        ToolCallState::InterruptedWhileRunning,
    ]);
    let arguments = prop::sample::select(vec!["", "{}", "{\"a\":", "[1]", "12", "{\"a\":\"é\"}"]);
    let words = prop::sample::select(vec!["", " \n", "words", "é🍣"]);
    let name = prop::sample::select(vec!["save", "", "files.read file", "über"]);
    prop_oneof![
        words.clone().prop_map(text),
        words.clone().prop_map(|text| Part::Reasoning(Reasoning {
            text: text.to_owned(),
            duration_ms: None,
            field: None,
            seal: None,
        })),
        (id.clone(), name, arguments, state).prop_map(|(id, name, arguments, state)| {
            Part::ToolCall(ToolCall {
                call_id: id.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
                state,
                seal: None,
            })
        }),
        (id, words).prop_map(|(id, words)| result(id, words)),
    ]
}

pub fn any_answer() -> impl Strategy<Value = Message> {
    let ends = prop::sample::select(vec![
        (MessageState::Complete, None),
        (MessageState::Interrupted, Some(Cause::User)),
        (MessageState::Interrupted, Some(Cause::WindowClosed)),
        (MessageState::Incomplete, Some(Cause::ProviderError)),
        (MessageState::Incomplete, None),
    ]);
    (prop::collection::vec(any_part(), 0..8), ends).prop_map(|(parts, (state, cause))| {
        let mut answer = message(Role::Assistant, parts);
        (answer.state, answer.cause) = (state, cause);
        answer
    })
}

proptest! {
    #[test]
    fn c19_any_history_becomes_valid_and_repairing_twice_changes_nothing(
        answers in prop::collection::vec(any_answer(), 0..5),
        strict in any::<bool>(),
    ) {
        let mut history = vec![said(Role::User, "first")];
        for answer in answers {
            history.push(answer);
            history.push(said(Role::User, "next"));
        }
        prop_assert_eq!(judge(&history), Ok(()));
        let rules = Rules { answer_after_tools: strict, ..RULES };
        let once = repair(&history, &rules);
        prop_assert_eq!(&repair(&once, &rules), &once);
        let own = CHAT.provider.rules(CHAT.models[0]);
        prop_assert_eq!(CHAT.body(&repair(&history, &own)), CHAT.body(&history));
    }
}

//! The model is changed in the middle of a conversation with tools: whatever API the answer is of,
//! each API takes the next request, with the results, with the pictures that it takes, and with the
//! reasoning that is bound to it; of any other the preview says that it is left out (rules C19, C22
//! and C27).

use crate::answers::{decode_by, drafted, message, said};
use crate::held_tool::Toolbox;
use crate::recordings::{Recordings, wires};
use crate::turn_desk::{Desk, follow_up, question};
use serde_json::Value;
use tacet_core::history::{RepairChange, Rules, preview, repair};
use tacet_core::tool::tool::ToolOutcome;
use tacet_core::{
    Cause, Message, MessageState, ModelRequest, Part, Provider, ResultContent, Role, Seal,
    ToolCallState, ToolResult,
};
use tacet_test_support::server::{Dialect, Finish, Say, Tokens};

/// The beginning of a PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

fn picture() -> ResultContent {
    ResultContent::Image {
        media_type: "image/png".to_owned(),
        data: PNG.into(),
    }
}

/// How the tools of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All gave a result, the first of them a picture, and the model went on.
    Finished,
    /// All gave a result, and the person stopped before the model went on.
    StoppedBetween,
    /// The person stopped while the first ran and the others waited.
    StoppedRunning,
    /// The person stopped before anything ran.
    StoppedBefore,
    /// The person allowed nothing.
    Denied,
}

const ENDINGS: [Ending; 5] = [
    Ending::Finished,
    Ending::StoppedBetween,
    Ending::StoppedRunning,
    Ending::StoppedBefore,
    Ending::Denied,
];

/// Each recorded answer that calls tools, as its parts.
fn calling() -> Vec<(&'static Recordings, &'static str, Vec<Part>)> {
    let mut found = Vec::new();
    for wire in wires() {
        for (name, bytes) in wire.streams {
            let parts = drafted(&decode_by(wire.decoder(), [*bytes]).events).into_parts();
            if parts.iter().any(|part| matches!(part, Part::ToolCall(_))) {
                found.push((wire, *name, parts));
            }
        }
    }
    found
}

/// The conversation with such an answer, and what the person says next.
fn history(mut parts: Vec<Part>, ending: Ending) -> Vec<Message> {
    let mut results = Vec::new();
    for part in &mut parts {
        let Part::ToolCall(call) = part else { continue };
        let first = results.is_empty();
        let (state, text, contents) = match ending {
            Ending::Finished | Ending::StoppedBetween => (
                ToolCallState::Succeeded,
                "Seen: ice.",
                if first { vec![picture()] } else { Vec::new() },
            ),
            Ending::StoppedRunning if first => (
                ToolCallState::InterruptedWhileRunning,
                "half of ",
                Vec::new(),
            ),
            Ending::StoppedRunning | Ending::StoppedBefore => {
                call.state = ToolCallState::InterruptedBeforeRun;
                continue;
            }
            Ending::Denied => (ToolCallState::Denied, "[Not allowed.]", Vec::new()),
        };
        call.state = state;
        results.push(Part::ToolResult(ToolResult {
            call_id: call.call_id.clone(),
            text: text.to_owned(),
            contents,
            state,
            left_out: false,
        }));
    }
    parts.append(&mut results);
    let goes_on = matches!(ending, Ending::Finished | Ending::Denied);
    if goes_on {
        parts.push(Part::Text {
            text: "That is all.".to_owned(),
        });
    }
    let mut answer = message(Role::Assistant, parts);
    if !goes_on {
        answer.state = MessageState::Interrupted;
        answer.cause = Some(Cause::User);
        answer.finish_reason = None;
    }
    vec![said(Role::User, "one"), answer, said(Role::User, "two")]
}

fn seals(history: &[Message]) -> Vec<&Seal> {
    let parts = history.iter().flat_map(|message| &message.parts);
    let seals = parts.filter_map(|part| match part {
        Part::Reasoning(reasoning) => reasoning.seal.as_ref(),
        Part::ToolCall(call) => call.seal.as_ref(),
        Part::Text { .. }
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    seals.collect()
}

/// What of a seal has to be found again: its longest text, which is the signature or the encrypted
/// reasoning.
fn mark(seal: &Seal) -> String {
    fn longest(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Array(list) => longest_of(list.iter()),
            Value::Object(object) => longest_of(object.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
        }
    }
    fn longest_of<'a>(values: impl Iterator<Item = &'a Value>) -> String {
        let longest = values.map(longest).max_by_key(String::len);
        longest.unwrap_or_default()
    }
    match serde_json::from_str::<Value>(&seal.data) {
        Ok(value) => longest(&value),
        Err(_) => seal.data.clone(),
    }
}

fn loses_reasoning(history: &[Message], rules: &Rules) -> bool {
    let changes = preview(&history[..history.len() - 1], rules);
    changes
        .iter()
        .any(|it| it.change == RepairChange::ReasoningLeftOut)
}

#[test]
fn c19_every_api_takes_the_tools_results_and_pictures_of_an_answer_of_every_other() {
    let (mut kept, mut lost, mut shown, mut told) = (0, 0, 0, 0);
    for (from, name, parts) in calling() {
        for ending in ENDINGS {
            let history = history(parts.clone(), ending);
            for to in wires() {
                let place = format!("{} {name} {ending:?}, then {}", from.dialect, to.dialect);
                if let Err(refusal) = to.judge(&history) {
                    panic!("{place}: {refusal}");
                }
                for model in to.models {
                    let rules = to.provider.rules(model);
                    let once = repair(&history, &rules);
                    assert_eq!(repair(&once, &rules), once, "{place}");
                    let request = ModelRequest::new(*model, &history[..]);
                    let body = String::from_utf8(to.provider.body(&request)).unwrap();
                    match ending {
                        Ending::Finished | Ending::StoppedBetween => {
                            assert!(body.contains("Seen: ice."), "{place}: {body}");
                            let sees = !rules.result_images.is_empty();
                            assert_eq!(body.contains(PNG), sees, "{place}: {body}");
                            assert_eq!(body.contains("not shown to you"), !sees, "{place}");
                            *(if sees { &mut shown } else { &mut told }) += 1;
                        }
                        Ending::StoppedRunning => {
                            assert!(body.contains("half of "), "{place}: {body}");
                            assert!(body.contains("may have run in part"), "{place}");
                        }
                        Ending::StoppedBefore => {
                            assert!(body.contains("not executed"), "{place}: {body}");
                        }
                        Ending::Denied => assert!(body.contains("[Not allowed.]"), "{place}"),
                    }
                    for seal in seals(&history) {
                        let own = rules.issuer.as_deref() == Some(seal.issuer.as_str());
                        assert_eq!(body.contains(&mark(seal)), own, "{place} {model}: {body}");
                        *(if own { &mut kept } else { &mut lost }) += 1;
                    }
                    let foreign = history[1].parts.iter().any(|part| {
                        matches!(part, Part::Reasoning(reasoning)
                        if reasoning.seal.as_ref().is_some_and(|seal| {
                            rules.issuer.as_deref() != Some(seal.issuer.as_str())
                        }))
                    });
                    if foreign {
                        assert!(loses_reasoning(&history, &rules), "{place}: it is shown");
                    }
                }
            }
        }
    }
    assert!(
        kept > 0 && lost > 0 && shown > 0 && told > 0,
        "{kept} {lost} {shown} {told}"
    );
}

#[tokio::test]
async fn c19_the_model_is_switched_between_turns_with_tools_in_all_pairs_of_apis() {
    for from in Dialect::ALL {
        for to in Dialect::ALL {
            for stops in [false, true] {
                let place = format!("{from}, then {to}, stopped: {stops}");
                let desk = Desk::open().await;
                let tools = Toolbox::new();
                let provider = desk.provider_of(from);
                let asking = tools.ask_at(&desk, provider, question("What is there?"));
                let (watch, mut exchange) = tokio::join!(asking, desk.server.next_request());
                for said in [
                    Say::reasoning("Hm."),
                    Say::seal("c2VhbA=="),
                    Say::tool("call_1", "look"),
                    Say::arguments("{\"q\":\"ice\"}"),
                ] {
                    exchange.say(&said).await;
                }
                exchange
                    .finish(Finish::ToolCalls, Tokens::new(20, 10))
                    .await;
                let reached = tools.reached().await;
                if stops {
                    reached.write("half of ");
                    watch.receive("Hm.{\"q\":\"ice\"}half of ".len()).await;
                    desk.stopped(watch.turn).await;
                } else {
                    let contents = vec![ResultContent::text("Seen: ice."), picture()];
                    reached.end(ToolOutcome::Succeeded(contents));
                    let mut exchange = desk.server.next_request().await;
                    exchange.say(&Say::text("There is ice.")).await;
                    exchange.complete(30, 5).await;
                }
                // That reasoning was sealed, no event tells.
                watch.told_end().await;
                let answer = desk.answer(watch.turn).await;
                let next = follow_up(answer.conversation_id, answer.id, "And now?");
                let provider = desk.provider_of(to);
                let asking = tools.ask_at(&desk, provider, next);
                let (watch, exchange) = tokio::join!(asking, desk.server.next_request());
                let body = exchange.request.json().to_string();
                let result = if stops { "half of " } else { "Seen: ice." };
                assert!(body.contains(result), "{place}: {body}");
                exchange.complete(30, 5).await;
                assert_eq!(watch.end().await.state, MessageState::Complete, "{place}");
                assert_eq!(desk.server.violations(), Vec::<String>::new(), "{place}");
            }
        }
    }
}

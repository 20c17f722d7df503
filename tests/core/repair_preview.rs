//! The preview: what the next request says otherwise than the conversation on screen (rule C22).

use crate::answers::{message, said, text};
use tacet_core::history::{NO_RESULT, RepairChange, Rules, TURN_ENDED, WEB_IMAGES, preview};
use tacet_core::{
    Attachment, Cause, Message, MessageState, Part, Reasoning, Role, Seal, ToolCall, ToolCallState,
};

const RULES: Rules = Rules {
    join_users: true,
    ..Rules::COMMON
};

fn stopped(parts: Vec<Part>) -> Message {
    Message {
        state: MessageState::Interrupted,
        cause: Some(Cause::User),
        ..message(Role::Assistant, parts)
    }
}

fn call(arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        call_id: "a".to_owned(),
        name: "save file".to_owned(),
        arguments: arguments.to_owned(),
        state: ToolCallState::InterruptedBeforeRun,
        seal: None,
    })
}

fn reasoning(issuer: Option<&str>) -> Part {
    Part::Reasoning(Reasoning {
        text: "Hm".to_owned(),
        duration_ms: None,
        field: None,
        seal: issuer.map(|issuer| Seal {
            issuer: issuer.to_owned(),
            data: "signature".to_owned(),
        }),
    })
}

/// The changes to a conversation that ends with this answer.
fn changes(answer: Message, rules: &Rules) -> Vec<RepairChange> {
    let id = answer.id;
    let history = [said(Role::User, "one"), answer];
    let told = preview(&history, rules);
    assert!(told.iter().all(|repair| repair.message_id == id));
    told.into_iter().map(|repair| repair.change).collect()
}

#[test]
fn c22_a_conversation_that_travels_as_it_is_has_no_preview() {
    let answer = message(Role::Assistant, vec![reasoning(None), text("two")]);
    assert_eq!(changes(answer, &RULES), []);
}

#[test]
fn c22_a_stopped_answer_shows_the_note_and_each_thing_that_is_added_left_out_or_rewritten() {
    let answer = stopped(vec![
        reasoning(None),
        text("I look."),
        call("{\"path\": \"/et"),
    ]);
    let told = changes(answer, &RULES);
    let [RepairChange::NoteAdded { text }, rest @ ..] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(text.contains("the user stopped it"), "{text}");
    let tool = "save file".to_owned();
    assert_eq!(
        rest,
        [
            RepairChange::ReasoningLeftOut,
            RepairChange::NameRewritten {
                from: tool.clone(),
                to: "save_file".to_owned()
            },
            RepairChange::ArgumentsWrapped { tool: tool.clone() },
            RepairChange::ResultAdded {
                tool,
                text: NO_RESULT.to_owned()
            },
        ]
    );
}

#[test]
fn c22_an_answer_that_would_say_nothing_is_named() {
    let told = changes(stopped(Vec::new()), &RULES);
    assert_eq!(told[1..], [RepairChange::MessageLeftOut]);
}

#[test]
fn c22_the_preview_depends_on_the_provider_that_is_asked_next() {
    let ours = Rules {
        issuer: Some("us".to_owned()),
        ..RULES
    };
    let whole = |issuer| message(Role::Assistant, vec![reasoning(issuer), text("two")]);
    assert_eq!(changes(whole(Some("us")), &ours), []);
    let left_out = [RepairChange::ReasoningLeftOut];
    assert_eq!(changes(whole(Some("them")), &ours), left_out);

    let strict = Rules {
        answer_after_tools: true,
        ..RULES
    };
    let told = changes(stopped(vec![call("{}")]), &strict);
    let end = RepairChange::EndAdded {
        text: TURN_ENDED.to_owned(),
    };
    assert_eq!(told.last(), Some(&end));
}

#[test]
fn c22_a_file_that_the_model_cannot_be_sent_is_named() {
    let picture = Part::Attachment(Attachment {
        name: "moraine.png".to_owned(),
        media_type: "image/png".to_owned(),
        text: "iVBORw0KGgo=".into(),
        base64: true,
        ..Attachment::default()
    });
    let history = [
        message(Role::User, vec![picture, text("What is it?")]),
        said(Role::Assistant, "Rubble."),
    ];
    let replaced = RepairChange::FileReplaced {
        name: "moraine.png".to_owned(),
    };
    let told = preview(&history, &RULES);
    assert_eq!(told[0].change, replaced);
    let seeing = Rules {
        images: WEB_IMAGES,
        ..RULES
    };
    assert_eq!(preview(&history, &seeing), []);
}

//! Our own export, there and back.

use super::{json, lines, open, take, take_bytes};
use crate::{Control, ImportError, import, write_markdown};
use serde_json::{Value, json as value};
use tacet_conversation::{ConversationId, ConversationSettings, MessageId, TurnId};

/// Conversations with everything that there can be: branches, files, tools, a receipt, several
/// requests, and floats that do not end.
fn document() -> Value {
    let [c1, c2] = [(); 2].map(|()| ConversationId::new());
    let [m1, m2, m3, m4] = [(); 4].map(|()| MessageId::new());
    let turn = TurnId::new();
    let settings = ConversationSettings {
        temperature: Some(0.5),
        ..ConversationSettings::default()
    };
    let usage = value!({"source": "reported", "method": null, "inputTokens": 12,
        "cachedInputTokens": null, "outputTokens": 3, "reasoningTokens": 0,
        "generationId": "gen-1", "cost": {"low": 0.1, "high": 0.30000000000000004,
            "basis": "computed", "price": null}});
    let request = |step: u32, attempt: u32, made_again: bool| {
        let mut request = value!({"step": step, "attempt": attempt, "finishReason": null,
            "usage": usage.clone()});
        if made_again {
            request["madeAgain"] = value!(true);
        }
        request
    };
    let message = |id: MessageId, parent: Option<MessageId>, role: &str, parts: Value| {
        value!({"id": id, "conversationId": c1, "parentId": parent, "turnId": turn, "role": role,
            "state": "complete", "cause": null, "model": "there/a/model", "parts": parts,
            "finishReason": null, "usage": null, "receipt": null, "error": null,
            "createdAt": 1_700_000_000_000_u64, "endedAt": 1_700_000_000_001_u64})
    };
    let asked = message(
        m1,
        None,
        "user",
        value!([
        {"kind": "text", "text": "What is \u{1f9ca}?\n\u{0}\u{e000}"},
        {"kind": "attachment", "name": "a.png", "mediaType": "image/png", "text": "iVBORw0KGgo=",
            "base64": true, "leftOut": true},
        {"kind": "attachment", "name": "b.txt", "mediaType": "text/plain", "text": "Ice.",
            "base64": false}]),
    );
    let mut stopped = message(
        m2,
        Some(m1),
        "assistant",
        value!([
        {"kind": "reasoning", "text": "Hm.", "durationMs": 12,
            "seal": {"issuer": "there", "data": "xyz"}},
        {"kind": "tool-call", "callId": "1", "name": "look", "arguments": "{\"q\": \"i",
            "state": "interrupted-before-run"}]),
    );
    stopped["state"] = value!("interrupted");
    stopped["cause"] = value!("user");
    stopped["usage"] = usage.clone();
    stopped["receipt"] = value!({"version": 2, "turnId": turn, "phase": "tool-arguments",
        "cause": "user", "stoppedAt": 1_700_000_000_000_u64, "clickToTokenMs": 0.7,
        "tokenToClosedMs": 0.08, "tokenToCommitMs": null, "connection": "closed",
        "serverCancel": null, "stopEffect": "unknown", "requests": [], "tools": [],
        "processesEnded": 0, "bytesReceived": 100, "charactersKept": 12, "usage": usage.clone(),
        "unconfirmed": []});
    stopped["error"] = value!({"category": "network", "message": "It broke.",
        "providerText": null, "status": null, "retryAfterMs": null, "retryable": true});
    let mut steps = message(
        m3,
        Some(m1),
        "assistant",
        value!([
        {"kind": "tool-call", "callId": "1", "name": "look", "arguments": "{}",
            "state": "succeeded"},
        {"kind": "tool-result", "callId": "1", "text": "There.", "contents": [
            {"kind": "structured", "value": {"z": 1.5, "a": [null, true]}}], "state": "succeeded"},
        {"kind": "text", "text": "Cold."}]),
    );
    steps["requests"] = value!([
        request(0, 0, true),
        request(0, 1, false),
        request(1, 0, false)
    ]);
    let sum = serde_json::from_value::<tacet_conversation::Message>(steps.clone()).unwrap();
    let mut summed = sum.clone();
    summed.set_requests(sum.requests);
    let steps = serde_json::to_value(&summed).unwrap();
    let mut alone = message(
        m4,
        None,
        "user",
        value!([{"kind": "text", "text": "Alone."}]),
    );
    alone["conversationId"] = value!(c2);
    value!({"version": 1, "conversations": [
        {"id": c1, "title": "Ice", "createdAt": 5, "updatedAt": 9, "head": m3,
            "folder": "Field notes", "pinned": true, "archived": true, "tags": ["cold", "ice"],
            "settings": settings, "messages": [asked, stopped, steps]},
        {"id": c2, "title": "", "createdAt": 1, "updatedAt": 2, "head": m4,
            "settings": ConversationSettings::default(), "messages": [alone]}]})
}

#[test]
fn an_export_that_is_imported_is_exported_again_byte_for_byte_the_same() {
    let (_a, first) = open();
    let document = document();
    let report = take_bytes(&first, document.to_string()).unwrap();
    assert_eq!(
        (report.added, report.messages, report.problems.len()),
        (2, 4, 0),
        "{report:?}"
    );
    let exported = json(&first);
    assert_eq!(serde_json::from_str::<Value>(&exported).unwrap(), document);

    let (_b, second) = open();
    take_bytes(&second, &exported).unwrap();
    assert_eq!(json(&second), exported);
    let as_lines = lines(&first);
    assert_eq!(as_lines.lines().count(), 1 + 2 + 4);
    let (_c, third) = open();
    let report = take_bytes(&third, format!("\u{feff}{as_lines}")).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(lines(&third), as_lines);
    assert_eq!(json(&third), exported);
}

#[test]
fn importing_twice_doubles_nothing_and_brings_up_to_date_what_has_changed() {
    let (_folder, store) = open();
    let mut document = document();
    take_bytes(&store, document.to_string()).unwrap();
    let before = json(&store);
    let report = take_bytes(&store, document.to_string()).unwrap();
    assert_eq!(
        (
            report.added,
            report.updated,
            report.unchanged,
            report.messages
        ),
        (0, 0, 2, 0)
    );
    assert_eq!(json(&store), before);

    // As many messages as before, one with another text and without its receipt.
    let changed = &mut document["conversations"][0];
    changed["title"] = value!("Snow");
    changed["messages"][1]["parts"] = value!([{"kind": "text", "text": "Other words."}]);
    changed["messages"][1]["receipt"] = Value::Null;
    let report = take_bytes(&store, document.to_string()).unwrap();
    assert_eq!(
        (
            report.added,
            report.updated,
            report.unchanged,
            report.messages
        ),
        (0, 1, 1, 1)
    );
    let exported: Value = serde_json::from_str(&json(&store)).unwrap();
    assert_eq!(exported, document);

    // Where the file says nothing of how it is kept, as those from before, that stays as it is here.
    let mut bare = document.clone();
    let fields = bare["conversations"][0].as_object_mut().unwrap();
    for name in ["folder", "pinned", "archived", "tags"] {
        fields.remove(name).unwrap();
    }
    take_bytes(&store, bare.to_string()).unwrap();
    let still: Value = serde_json::from_str(&json(&store)).unwrap();
    assert_eq!(still, document);

    // What is older than what is here changes nothing of it, and what is here only stays.
    let old = &mut document["conversations"][0];
    old["updatedAt"] = value!(8);
    old["title"] = value!("Rain");
    old["messages"][1]["parts"] = value!([]);
    old["messages"].as_array_mut().unwrap().pop();
    let report = take_bytes(&store, document.to_string()).unwrap();
    assert_eq!((report.updated, report.unchanged), (0, 2));
    assert_eq!(
        serde_json::from_str::<Value>(&json(&store)).unwrap(),
        exported
    );
}

#[tokio::test]
async fn what_was_deleted_here_comes_back_and_what_is_found_follows() {
    let (_folder, store) = open();
    store.keep_index();
    let mut document = document();
    take_bytes(&store, document.to_string()).unwrap();
    let id: ConversationId =
        serde_json::from_value(document["conversations"][0]["id"].clone()).unwrap();
    store.delete(id, 5).await.unwrap();
    let report = take_bytes(&store, document.to_string()).unwrap();
    assert_eq!((report.added, report.updated + report.unchanged), (0, 2));
    document["conversations"][0]["messages"][2]["parts"][2]["text"] = value!("A drumlin.");
    take_bytes(&store, document.to_string()).unwrap();
    let search = |words: &str| tacet_store::Search {
        words: words.to_owned(),
        utc_offset_minutes: 0,
        limit: 5,
    };
    loop {
        let found = store.search(search("drumlin")).await.unwrap();
        let old = store.search(search("\"cold\"")).await.unwrap();
        if found.hits.len() == 1 && old.hits.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_branch_that_was_deleted_here_comes_back_and_an_export_without_it_is_whole() {
    let (_folder, store) = open();
    let document = document();
    take_bytes(&store, document.to_string()).unwrap();
    let whole = json(&store);
    let id = |place: usize| -> MessageId {
        let id = &document["conversations"][0]["messages"][place]["id"];
        serde_json::from_value(id.clone()).unwrap()
    };
    let deleted = store.delete_branch(id(2), 5).await.unwrap().unwrap();
    assert_eq!(deleted.head, id(1));
    let without = json(&store);
    assert!(!without.contains(&id(2).to_string()));
    let (_other, other) = open();
    take_bytes(&other, &without).unwrap();
    assert_eq!(json(&other), without);
    let report = take_bytes(&store, &without).unwrap();
    assert_eq!((report.unchanged, report.problems), (2, Vec::new()));
    assert_eq!(json(&store), without);

    let report = take_bytes(&store, &whole).unwrap();
    assert_eq!((report.updated, report.messages), (1, 1), "{report:?}");
    assert_eq!(report.problems, []);
    assert_eq!(json(&store), whole);
    assert_eq!(store.restore_branch(deleted.branch_id).await.unwrap(), None);
}

#[test]
fn what_is_stopped_or_breaks_off_leaves_whole_conversations_alone() {
    let (_folder, store) = open();
    let document = document();
    let text = document.to_string();
    // Within the second conversation.
    let cut = text.rfind("Alone.").unwrap();
    let error = take_bytes(&store, &text[..cut]).unwrap_err();
    assert!(
        matches!(error, ImportError::NotUnderstood { .. }),
        "{error}"
    );
    let exported: Value = serde_json::from_str(&json(&store)).unwrap();
    assert_eq!(exported["conversations"].as_array().unwrap().len(), 1);
    assert_eq!(exported["conversations"][0], document["conversations"][0]);

    // Stopped, and gone on with later.
    let (folder, store) = open();
    let file = folder.path().join("export");
    std::fs::write(&file, &text).unwrap();
    let control = Control::default();
    control.stop();
    let report = import(&store, &file, &control, &mut |_| ()).unwrap();
    assert!(report.stopped);
    assert_eq!(report.conversations(), 0);
    take(&store, &file).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&json(&store)).unwrap(),
        document
    );
}

#[test]
fn what_is_not_understood_is_told_and_the_rest_is_taken_in() {
    let (_folder, store) = open();
    let mut document = document();
    let orphan = &mut document["conversations"][1]["messages"];
    orphan[0]["parentId"] = value!(MessageId::new());
    let mut strange = orphan[0].clone();
    strange["state"] = value!("dreaming");
    orphan.as_array_mut().unwrap().push(strange);
    let mut all = document["conversations"].as_array().unwrap().clone();
    all.push(value!({"what": "is this"}));
    let report = take_bytes(
        &store,
        value!({"version": 1, "conversations": all}).to_string(),
    );
    let report = report.unwrap();
    assert_eq!((report.added, report.messages), (2, 4));
    let told: Vec<_> = report
        .problems
        .iter()
        .map(|one| one.what.as_str())
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("dreaming"), "{told:?}");
    assert!(told[1].contains("stand at its beginning"), "{told:?}");
    assert!(told[2].contains("unknown kind"), "{told:?}");
    for junk in [
        "",
        "  ",
        "Dear diary",
        "{\"a\": ",
        "PK\u{3}\u{4}not an archive",
    ] {
        let error = take_bytes(&store, junk).unwrap_err();
        let words = error.to_string();
        assert!(
            matches!(error, ImportError::NotUnderstood { .. }),
            "{junk}: {words}"
        );
    }
    let missing = take(&store, std::path::Path::new("/nowhere/at/all")).unwrap_err();
    assert!(matches!(missing, ImportError::File { .. }));
}

#[test]
fn an_answer_that_was_being_written_when_the_file_was_made_has_ended() {
    let (_folder, store) = open();
    let mut document = document();
    let running = &mut document["conversations"][0]["messages"][2];
    running["state"] = value!("streaming");
    running["endedAt"] = Value::Null;
    running["parts"][0]["state"] = value!("running");
    take_bytes(&store, document.to_string()).unwrap();
    let exported: Value = serde_json::from_str(&json(&store)).unwrap();
    let ended = &exported["conversations"][0]["messages"][2];
    assert_eq!(ended["state"], "interrupted");
    assert_eq!(ended["cause"], "crash");
    assert_eq!(ended["parts"][0]["state"], "interrupted-while-running");
}

#[test]
fn markdown_reads_well_and_tells_how_answers_ended() {
    let (_folder, store) = open();
    let mut document = document();
    let id = serde_json::from_value(document["conversations"][0]["id"].clone()).unwrap();
    document["conversations"][0]["title"] = value!("Ice *and* snow");
    document["conversations"][0]["head"] =
        document["conversations"][0]["messages"][1]["id"].clone();
    document["conversations"][0]["messages"][0]["parts"][0]["text"] = value!("What is `x`?");
    document["conversations"][0]["messages"][0]["parts"][2]["text"] = value!("```\ncode\n```");
    take_bytes(&store, document.to_string()).unwrap();
    let mut out = Vec::new();
    write_markdown(&store.reader().unwrap(), id, 60, &mut out).unwrap();
    let expected = "\
# Ice \\*and\\* snow

## You

*2023-11-14 23:13*

What is `x`?

**Attached file: a.png** (image/png)

**Attached file: b.txt** (text/plain)

````
```
code
```
````

## Assistant

*`there/a/model` · 2023-11-14 23:13*

> **Reasoning**
>
> Hm.

**Tool call: look** (cut off, was not executed)

```json
{\"q\": \"i
```

*Stopped by you. 3 tokens of it were counted. It broke.*

---

*One message on another branch is not in this file.*
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let unknown = write_markdown(
        &store.reader().unwrap(),
        ConversationId::new(),
        0,
        &mut Vec::new(),
    );
    assert!(unknown.is_err());
}

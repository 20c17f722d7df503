//! The archives of other apps, in small.

use super::{json, messages, open, shown, take, take_bytes};
use serde_json::{Value, json as value};
use std::io::Write;
use std::path::Path;
use tacet_conversation::{Message, Part, ResultContent, Role};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn zip(path: &Path, files: &[(&str, &[u8])]) {
    let mut archive = ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, content) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
}

fn node(id: &str, parent: Option<&str>, children: &[&str], message: Value) -> (String, Value) {
    let node = value!({"id": id, "parent": parent, "children": children, "message": message});
    (id.to_owned(), node)
}

fn said(role: &str, parts: Value) -> Value {
    value!({"author": {"role": role, "name": null}, "create_time": 1_700_000_000.5,
        "content": {"content_type": "multimodal_text", "parts": parts}, "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"}})
}

fn chatgpt(id: &str, nodes: Vec<(String, Value)>, current: &str) -> Value {
    value!({"conversation_id": id, "title": "Ice", "create_time": 1_700_000_000.0,
        "update_time": 1_700_000_100.0, "current_node": current,
        "mapping": nodes.into_iter().collect::<serde_json::Map<_, _>>()})
}

fn with_branches() -> Value {
    let mut hidden = said("assistant", value!(["You should not see this."]));
    hidden["metadata"]["is_visually_hidden_from_conversation"] = value!(true);
    let mut call = said("assistant", value!([]));
    call["content"] = value!({"content_type": "code", "text": "print(1)"});
    call["recipient"] = value!("python");
    let mut result = said("tool", value!([]));
    result["author"]["name"] = value!("python");
    result["content"] = value!({"content_type": "execution_output", "text": "1"});
    let mut thoughts = said("assistant", value!([]));
    thoughts["content"] = value!({"content_type": "thoughts",
        "thoughts": [{"summary": "Weighing", "content": "It is cold."}]});
    chatgpt(
        "c",
        vec![
            node("root", None, &["sys"], Value::Null),
            node(
                "sys",
                Some("root"),
                &["u1"],
                said("system", value!(["Be nice."])),
            ),
            node(
                "u1",
                Some("sys"),
                &["a1", "h"],
                said("user", value!(["What is ice?"])),
            ),
            node(
                "a1",
                Some("u1"),
                &[],
                said("assistant", value!(["Frozen water."])),
            ),
            node("h", Some("u1"), &["t"], hidden),
            node("t", Some("h"), &["c"], thoughts),
            node("c", Some("t"), &["r"], call),
            node("r", Some("c"), &["a2"], result),
            node(
                "a2",
                Some("r"),
                &["u2", "u3"],
                said("assistant", value!(["It is **cold**."])),
            ),
            node("u2", Some("a2"), &[], said("user", value!(["Thanks."]))),
            node(
                "u3",
                Some("a2"),
                &["a3"],
                said("user", value!(["And snow?"])),
            ),
            node("a3", Some("u3"), &[], said("assistant", value!(["Also."]))),
        ],
        "u2",
    )
}

#[test]
fn chatgpt_comes_with_all_branches_and_without_what_is_hidden() {
    let (_folder, store) = open();
    let report = take_bytes(&store, value!([with_branches()]).to_string()).unwrap();
    assert_eq!((report.added, report.problems.len()), (1, 0), "{report:?}");
    assert_eq!(
        shown(&store),
        ["What is ice?", "It is **cold**.", "Thanks."]
    );
    let all = messages(&store);
    let texts: Vec<String> = all.iter().map(Message::text).collect();
    let expected = [
        "What is ice?",
        "Frozen water.",
        "It is **cold**.",
        "Thanks.",
        "And snow?",
        "Also.",
    ];
    assert_eq!(texts, expected);
    let parts = &all[2].parts;
    let Part::Reasoning(reasoning) = &parts[0] else {
        panic!("{parts:?}")
    };
    assert_eq!(reasoning.text, "Weighing\n\nIt is cold.");
    let (Part::ToolCall(call), Part::ToolResult(result)) = (&parts[1], &parts[2]) else {
        panic!("{parts:?}")
    };
    assert_eq!(
        (call.name.as_str(), call.arguments.as_str()),
        ("python", "print(1)")
    );
    assert_eq!(
        (&result.call_id, result.text.as_str()),
        (&call.call_id, "1")
    );
    let model = all[2].model.as_ref().unwrap().to_string();
    assert_eq!(
        (model.as_str(), all[2].created_at),
        ("chatgpt/gpt-4o", 1_700_000_000_500)
    );

    // Once more, with an answer that has changed and one that is new.
    let before = json(&store);
    take_bytes(&store, value!([with_branches()]).to_string()).unwrap();
    assert_eq!(json(&store), before);
    let mut more = with_branches();
    more["update_time"] = value!(1_700_000_200.0);
    more["mapping"]["a3"]["message"]["content"]["parts"] = value!(["Snow as well."]);
    more["mapping"]["a3"]["children"] = value!(["u4"]);
    let (id, next) = node("u4", Some("a3"), &[], said("user", value!(["Good."])));
    more["mapping"][id] = next;
    let report = take_bytes(&store, value!([more]).to_string()).unwrap();
    assert_eq!((report.updated, report.messages), (1, 2), "{report:?}");
    assert_eq!(messages(&store).len(), 7);
}

#[test]
fn chatgpts_archive_has_shards_and_files_that_are_known_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("export.zip");
    let pointer =
        |pointer: &str| value!({"content_type": "image_asset_pointer", "asset_pointer": pointer});
    let mut drawn = said("tool", value!([pointer("sediment://file_00000000abcd")]));
    drawn["author"]["name"] = value!("dalle.text2im");
    let mut asked = said(
        "user",
        value!([
            pointer("file-service://file-AbCdEf123"),
            pointer("sediment://0123456789abcdef#file_00000000page#p_2.jpg"),
            pointer("file-service://file-Missing99"),
            "Look.",
        ]),
    );
    asked["metadata"]["attachments"] = value!([
        {"id": "file-AbCdEf123", "name": "photo.png", "mime_type": "image/png"},
        {"id": "file-Notes0001", "name": "notes.md", "mime_type": "text/markdown"}]);
    let first = chatgpt(
        "first",
        vec![
            node("u", None, &["d"], asked),
            node("d", Some("u"), &[], drawn),
        ],
        "d",
    );
    let second = chatgpt(
        "second",
        vec![node("u", None, &[], said("user", value!(["Other."])))],
        "u",
    );
    zip(
        &archive,
        &[
            (
                "conversations-000.json",
                value!([first]).to_string().as_bytes(),
            ),
            (
                "conversations-001.json",
                value!([second]).to_string().as_bytes(),
            ),
            ("user.json", b"{\"email\": \"a@b.c\"}"),
            ("file-AbCdEf123-photo.dat", PNG),
            ("user-1/file_00000000abcd-uuid.dat", PNG),
            ("file_00000000page#p_2.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
            ("file-Notes0001-notes.md", b"# Notes"),
        ],
    );
    let (_folder, store) = open();
    let report = take(&store, &archive).unwrap();
    assert_eq!(report.added, 2);
    let [problem] = report.problems.as_slice() else {
        panic!("{report:?}")
    };
    assert!(problem.what.contains("not in the archive") && problem.count == 1);
    let document: Value = serde_json::from_str(&json(&store)).unwrap();
    let all = document["conversations"].as_array().unwrap();
    let with_files = all
        .iter()
        .find(|one| one["messages"].as_array().unwrap().len() == 2);
    let all: Vec<Message> =
        serde_json::from_value(with_files.unwrap()["messages"].clone()).unwrap();
    let files: Vec<_> = all[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Attachment(file) => Some((file.media_type.as_str(), file.base64)),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        })
        .collect();
    assert_eq!(
        files,
        [
            ("image/png", true),
            ("image/jpeg", true),
            ("text/markdown", false)
        ]
    );
    assert!(all[0].text().contains("Look."));
    let Some(Part::ToolResult(result)) = all[1].parts.last() else {
        panic!("{:?}", all[1])
    };
    assert!(matches!(&result.contents[0],
        ResultContent::Image { media_type, .. } if media_type == "image/png"));
    take(&store, &archive).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&json(&store)).unwrap(),
        document
    );
}

#[test]
fn claudes_archive_comes_with_thoughts_tools_and_pasted_documents() {
    let conversation = value!({"uuid": "c", "name": "Ice", "created_at": "2026-01-31T10:00:00Z",
        "updated_at": "2026-01-31T11:00:00.5Z", "account": {"uuid": "a"}, "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "Read this.", "created_at": "2026-01-31T10:00:00Z",
            "content": [{"type": "text", "text": "Read this."}],
            "attachments": [{"file_name": "paste.txt", "file_type": "txt",
                "extracted_content": "Ice is cold."}],
            "files": [{"file_name": "photo.png"}]},
        {"uuid": "2", "sender": "assistant", "text": "Done.", "content": [
            {"type": "thinking", "thinking": "Hm."},
            {"type": "tool_use", "id": "t", "name": "search", "input": {"q": "ice"}},
            {"type": "tool_result", "tool_use_id": "t", "is_error": true,
                "content": [{"type": "text", "text": "No."}]},
            {"type": "text", "text": "Done."}]}]});
    let (_folder, store) = open();
    let report = take_bytes(&store, value!([conversation]).to_string()).unwrap();
    assert_eq!((report.added, report.problems.len()), (1, 1), "{report:?}");
    let all = messages(&store);
    assert_eq!(
        all[0].said(),
        "Read this.\n\n[Attached file: paste.txt]\nIce is cold.\n[End of file: paste.txt]\n\n[photo.png]"
    );
    let kinds: Vec<_> = all[1].parts.iter().map(Part::body).collect();
    assert_eq!(kinds, ["Hm.", "{\"q\":\"ice\"}", "No.", "Done."]);
    assert_eq!(all[1].parent_id, Some(all[0].id));
}

#[test]
fn open_webui_librechat_jan_and_llama_server_come_with_their_branches() {
    let open_webui = value!([{"id": "c", "title": "Ice", "created_at": 1_700_000_000,
        "updated_at": 1_700_000_100, "chat": {"history": {"currentId": "3", "messages": {
            "3": {"id": "3", "parentId": "1", "role": "assistant", "content": "New.",
                "timestamp": 1_700_000_003, "model": "llama3"},
            "1": {"id": "1", "parentId": null, "role": "user", "content": "Ice?",
                "timestamp": 1_700_000_001},
            "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "Old.",
                "timestamp": 1_700_000_002, "model": "llama3"}}}}}]);
    let librechat = value!({"conversationId": "c", "title": "Ice", "endpoint": "openAI",
        "options": {"model": "gpt-4o"}, "recursive": true, "messages": [
        {"messageId": "1", "parentMessageId": "00000000-0000-0000-0000-000000000000",
            "isCreatedByUser": true, "text": "Ice?", "children": [
            {"messageId": "2", "parentMessageId": "1", "text": "Old."},
            {"messageId": "3", "parentMessageId": "1", "content": [
                {"type": "text", "text": {"value": "New."}}]}]}]});
    let llama = value!({"conv": {"id": "c", "name": "Ice", "lastModified": 1_700_000_000_000_u64,
        "currNode": 3}, "messages": [
        {"id": 0, "type": "root", "parent": -1, "children": [1], "content": ""},
        {"id": 1, "type": "text", "role": "user", "parent": 0, "content": "Ice?",
            "timestamp": 1_700_000_000_001_u64},
        {"id": 2, "type": "text", "role": "assistant", "parent": 1, "content": "Old.",
            "timestamp": 1_700_000_000_002_u64},
        {"id": 3, "type": "text", "role": "assistant", "parent": 1, "content": "New.",
            "timestamp": 1_700_000_000_003_u64}]});
    let other = value!({"conv": {"id": "d", "name": "Ice"}, "messages": []});
    for (name, file) in [
        ("open-webui", open_webui.to_string()),
        ("librechat", librechat.to_string()),
        ("llama-server", format!("{llama}\n{other}\n")),
    ] {
        let (_folder, store) = open();
        let report = take_bytes(&store, &file).unwrap();
        assert_eq!(report.added, 1, "{name}: {report:?}");
        assert_eq!(shown(&store), ["Ice?", "New."], "{name}");
        let all = messages(&store);
        assert_eq!(all.len(), 3, "{name}");
        assert_eq!(
            (all[0].role, all[1].text().as_str()),
            (Role::User, "Old."),
            "{name}"
        );
        let before = json(&store);
        take_bytes(&store, &file).unwrap();
        assert_eq!(json(&store), before, "{name}");
    }
}

#[test]
fn jans_threads_are_read_from_their_folder_and_from_an_archive() {
    let thread = value!({"id": "t", "title": "Ice", "created": 1_700_000_000, "updated": 1_700_000_050,
        "assistants": [{"model": {"id": "llama3"}}]});
    let line = |id: &str, role: &str, said: &str| {
        value!({"id": id, "object": "thread.message", "thread_id": "t", "role": role,
            "created_at": 1_700_000_000_000_u64,
            "content": [{"type": "text", "text": {"value": said, "annotations": []}}]})
    };
    let lines = format!(
        "{}\n{}\n",
        line("1", "user", "Ice?"),
        line("2", "assistant", "Cold.")
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.jsonl");
    std::fs::write(&path, &lines).unwrap();
    std::fs::write(folder.path().join("thread.json"), thread.to_string()).unwrap();
    let archive = folder.path().join("threads.zip");
    zip(
        &archive,
        &[
            ("threads/t/messages.jsonl", lines.as_bytes()),
            ("threads/t/thread.json", thread.to_string().as_bytes()),
        ],
    );
    let (_folder, store) = open();
    let report = take(&store, &path).unwrap();
    assert_eq!((report.added, report.messages), (1, 2), "{report:?}");
    assert_eq!(shown(&store), ["Ice?", "Cold."]);
    let document: Value = serde_json::from_str(&json(&store)).unwrap();
    assert_eq!(document["conversations"][0]["title"], "Ice");
    assert_eq!(
        document["conversations"][0]["messages"][1]["model"],
        "jan/llama3"
    );
    let report = take(&store, &archive).unwrap();
    assert_eq!((report.added, report.unchanged), (0, 1), "{report:?}");
    // Of the thread's folder alone.
    zip(
        &archive,
        &[
            ("messages.jsonl", lines.as_bytes()),
            ("thread.json", thread.to_string().as_bytes()),
        ],
    );
    let before = json(&store);
    let (_folder, store) = open();
    take(&store, &archive).unwrap();
    assert_eq!(json(&store), before);
}

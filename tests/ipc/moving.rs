//! While the data folder is moved: nothing is taken that would stay in the folder that is left.

use crate::access::allowed;
use crate::page::{Page, question};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tacet_core::ConversationId;

/// The commands that write nothing into the data folder: they read, ask servers, change what runs, and
/// save where the person says.
const OTHERS: [&str; 50] = [
    "acknowledge_turn",
    "answer_approval",
    "answer_elicitation",
    "attach_turn",
    "backups",
    "bootstrap",
    "cancel_tool_sign_in",
    "continue_steps",
    "conversation_map",
    "conversation_permissions",
    "detach_turn",
    "discover_servers",
    "end_tool_server",
    "export_assistants",
    "export_markdown",
    "find_above",
    "list_conversations",
    "look_at_address",
    "open_branch",
    "open_conversation",
    "open_file",
    "open_link",
    "open_message",
    "preview_repair",
    "read_drafts",
    "read_settings",
    "read_tool_resource",
    "refresh_models",
    "restart_tool_server",
    "search",
    "sendable_type",
    "sign_in_to_tool_server",
    "sign_out_of_tool_server",
    "stop_after_step",
    "stop_all",
    "stop_import",
    "stop_task",
    "stop_tool",
    "stop_turn",
    "taken_up_tasks",
    "test_provider",
    "tool_catalogue",
    "tool_offers",
    "tool_server_log",
    "tool_servers",
    "tools",
    "tray",
    "usage_totals",
    "use_tool_prompt",
    "watch_news",
];

/// All others, each with what it would change of a conversation with this message.
fn writing(conversation: &Value, message: &Value) -> Vec<(&'static str, Value)> {
    let changes =
        json!({"drafts": [{"id": null, "text": "Is", "files": []}], "edits": [], "lost": []});
    let provider = json!({"id": "new", "name": "New", "api": "openai-responses", "baseUrl": null,
        "models": ["m"], "apiKeyEnv": null, "onStop": "close", "caCertificate": null,
        "background": false, "hostedTools": [], "countOnStop": false, "local": false,
        "allowUnencrypted": false});
    let server = json!({"name": "notes", "command": "notes", "args": [], "env": {}, "cwd": null,
        "url": null, "headers": {}, "clientId": null, "clientSecret": null});
    let pasted = json!({"mcpServers": {"notes": {"command": "notes"}}}).to_string();
    let assistants = json!({"version": 1, "assistants": [{"id": "one"}]}).to_string();
    let (_, start) = question("And now?");
    vec![
        ("add_tool_servers", json!({"json": pasted})),
        (
            "ask_again_in_conversation",
            json!({"conversationId": conversation}),
        ),
        ("back_up", json!({})),
        ("delete_branch", json!({"messageId": message})),
        (
            "delete_conversation",
            json!({"conversationId": conversation}),
        ),
        (
            "enable_tool_server",
            json!({"name": "notes", "enabled": false}),
        ),
        (
            "file_conversation",
            json!({"conversationId": conversation, "filing": {"pinned": true}}),
        ),
        ("import_assistants", json!({"json": assistants})),
        (
            "import_file",
            json!({"path": "/nowhere/export.json", "progress": "__CHANNEL__:1"}),
        ),
        ("keep_drafts", json!({"changes": changes})),
        ("keep_in_tray", json!({"keep": true})),
        ("leave_out_file", json!({"messageId": message, "part": 0})),
        (
            "move_data_folder",
            json!({"folder": "/nowhere/else", "progress": "__CHANNEL__:1"}),
        ),
        ("open_window", json!({"conversationId": conversation})),
        ("order_assistants", json!({"ids": ["one"]})),
        ("refresh_prices", json!({"source": "/nowhere/prices.json"})),
        ("remove_assistant", json!({"id": "one"})),
        ("remove_provider", json!({"providerId": "gated"})),
        ("remove_tool_server", json!({"name": "notes"})),
        (
            "rename_conversation",
            json!({"conversationId": conversation, "title": "Ice"}),
        ),
        ("rename_folder", json!({"name": "Ice", "to": "Snow"})),
        ("restore_backup", json!({"name": "tacet.db.backup-1"})),
        ("restore_branch", json!({"branchId": ConversationId::new()})),
        (
            "restore_conversation",
            json!({"conversationId": conversation}),
        ),
        ("save_assistant", json!({"assistant": {"id": "one"}})),
        (
            "save_provider",
            json!({"provider": provider, "apiKey": null}),
        ),
        ("save_tool_server", json!({"server": server, "isNew": true})),
        (
            "set_conversation_defaults",
            json!({"defaults": {"instructions": "Be brief."}}),
        ),
        (
            "set_conversation_settings",
            json!({"conversationId": conversation, "settings": {"temperature": 1.0}}),
        ),
        ("set_default_assistant", json!({"id": null})),
        ("set_default_model", json!({"model": "gated/other"})),
        ("set_first_word_timeout", json!({"seconds": 90})),
        (
            "set_head",
            json!({"conversationId": conversation, "head": message}),
        ),
        (
            "set_model_effort",
            json!({"model": "gated/test-model", "effort": "low"}),
        ),
        ("set_prompts", json!({"prompts": []})),
        ("set_theme", json!({"theme": "dark"})),
        ("set_titles", json!({"titles": "first-words"})),
        ("set_tool_folders", json!({"folders": []})),
        ("start_turn", start),
        ("take_back_permission", json!({"permission": "notes/read"})),
        ("toggle_favourite", json!({"model": "gated/test-model"})),
    ]
}

/// What is in the files of a folder, and of those in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => BTreeMap::from([(path.clone(), std::fs::read(path).unwrap())]),
    };
    paths.flat_map(read).collect()
}

#[tokio::test]
async fn every_command_that_writes_into_the_data_folder_is_refused_while_that_is_moved() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let exchange = page.server.next_request().await;
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    exchange.hung_up().await;
    let asked = page.server.chat_requests();
    let writing = writing(&started["conversation"]["id"], &started["answer"]["id"]);

    // A new command is in one of both lists.
    let named: BTreeSet<&str> = writing
        .iter()
        .map(|(name, _)| *name)
        .chain(OTHERS)
        .collect();
    let allowed = allowed();
    assert_eq!(named, allowed.iter().map(String::as_str).collect());
    assert_eq!(named.len(), writing.len() + OTHERS.len());

    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("tacet");
    page.relocate(&new);
    let folders = [&*new, page.folder.path()];
    let before = folders.map(files);
    let mut taken = Vec::new();
    for (command, arguments) in writing {
        let answer = page.call(command, arguments).await;
        let words = answer
            .as_ref()
            .err()
            .and_then(|error| error["message"].as_str());
        if !words.is_some_and(|words| words.contains("just being moved")) {
            taken.push((command, answer));
        }
    }
    assert_eq!(taken, []);
    assert_eq!(page.server.chat_requests(), asked);
    for (folder, before) in folders.into_iter().zip(before) {
        assert!(files(folder) == before, "{} is another", folder.display());
    }
}

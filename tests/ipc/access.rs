//! Who may call what: the compiled-in list, as Tauri applies it.

use crate::page::Page;
use serde_json::{Value, json};
use std::path::Path;

/// The commands that the page may call, read from where the app's build reads them.
pub fn allowed() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/permissions/page.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, list) = text.split_once("commands.allow = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let names: Vec<String> = list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(names.len() >= 20, "{names:?}");
    names
}

fn words(refused: Result<Value, Value>) -> String {
    refused.expect_err("a refusal").to_string()
}

#[tokio::test]
async fn every_command_on_the_list_is_there() {
    let page = Page::open().await;
    for command in allowed() {
        // Without its arguments it may refuse, but it is found.
        if let Err(error) = page.call(&command, json!({})).await {
            let error = error.to_string();
            assert!(!error.contains("not found"), "{command}: {error}");
            assert!(!error.contains("not allowed"), "{command}: {error}");
        }
    }
    assert_eq!(page.server.chat_requests(), 0);
}

#[tokio::test]
async fn what_is_not_on_the_list_is_refused_be_it_tauris_own_or_nobodys() {
    let page = Page::open().await;
    for command in [
        "plugin:app|version",
        "plugin:event|listen",
        "plugin:webview|create_webview_window",
        "plugin:window|close",
        "plugin:window-state|save_window_state",
        "delete_everything",
    ] {
        let error = words(page.call(command, json!({})).await);
        assert!(error.contains("not allowed"), "{command}: {error}");
    }
}

#[tokio::test]
async fn another_window_may_call_nothing() {
    let page = Page::open().await;
    for command in allowed() {
        let error = words(page.call_from("other", &command, json!({})).await);
        assert!(error.contains("not allowed"), "{command}: {error}");
    }
    assert!(page.call("list_conversations", json!({})).await.is_ok());
}

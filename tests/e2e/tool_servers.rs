//! An MCP server in the real window: its tools are offered, asked about, run and stopped, it is
//! usable afterwards, and nothing of it is left when the app has gone.

#[path = "../tool/mcp/script.rs"]
mod script;

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tacet_core::{Phase, ToolConfirmation};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Key, testid};
use tacet_tool::mcp::Era;

/// `first` says how far it is and comes to no end; `second` answers at once.
const OWN: &str = r#"
call() {
  case $line in
    *'"name":"first"'*) progress 1; progress 2 ;;
    *) text 'The second tool has answered.' ;;
  esac
}
"#;

async fn desk(era: Era, folder: &Path) -> Desk {
    let desk = Desk::new().await;
    let script = script::server(era, OWN);
    let server = json!({"command": "sh", "args": ["-c", script], "cwd": folder});
    desk.set("mcpServers", json!({"crooked": server}));
    desk
}

/// What the server was sent, line by line.
fn wire(folder: &Path) -> Vec<Value> {
    let sent = fs::read_to_string(folder.join("wire")).unwrap_or_default();
    let lines = sent
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.collect()
}

fn is_cancel(message: &Value) -> bool {
    message["method"] == "notifications/cancelled"
}

async fn allowed(app: &App, tool: &str) {
    let card = testid("approval");
    app.wait_for_text(&card, "from the server crooked").await;
    app.wait_for_text(&card, tool).await;
    app.press(&[Key::Control, Key::Char('j')]).await;
    app.press(&[Key::Char('y')]).await;
}

#[tokio::test]
async fn c16_a_call_of_a_server_is_told_to_end_in_the_way_of_its_era_and_the_server_goes_on() {
    for era in script::ERAS {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(era, folder.path()).await;
        let app = desk.open().await;
        ask(&app, "Begin.").await;
        let exchange = desk.server.next_request().await;
        let offered = exchange.request.json()["tools"].clone();
        assert_eq!(offered.as_array().map(Vec::len), Some(2), "{offered}");
        exchange.call_tools(&[("call_1", "first", "{}")]).await;
        allowed(&app, "first").await;
        app.wait_for_text(&testid("tool-progress"), "step 2").await;
        if era == Era::Handshake {
            fits_everywhere(&app, "tool-progress").await;
        }
        Means::Button.stop(&app).await;
        let answer = stopped(&app).await;
        assert_eq!(answer.parts[0].state, "interrupted-while-running");
        let cancels = until("the notice on the wire", || {
            let count = wire(folder.path())
                .iter()
                .filter(|it| is_cancel(it))
                .count();
            (count > 0).then_some(count)
        });
        assert_eq!(cancels.await, 1, "{era:?}");
        let receipt = desk.answers().remove(0).receipt.unwrap();
        assert_eq!(receipt.phase, Phase::RunningTools);
        // It never says that it has stopped, and the receipt does not claim it.
        let told = receipt.tools[0].confirmation;
        assert!(
            matches!(told, Some(ToolConfirmation::ToldAndSilent { .. })),
            "{told:?}"
        );
        assert!(!receipt.unconfirmed.is_empty());

        ask(&app, "Go on.").await;
        desk.server
            .next_request()
            .await
            .call_tools(&[("call_1", "second", "{}")])
            .await;
        allowed(&app, "second").await;
        let exchange = desk.server.next_request().await;
        let body = exchange.request.json().to_string();
        assert!(body.contains("The second tool has answered."), "{body}");
        exchange.complete(30, 5).await;
        when(&app, "a.state === 'complete'").await;
        assert_eq!(desk.server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn c16_a_server_ends_with_the_app_also_when_that_is_killed() {
    for kills in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(Era::Handshake, folder.path()).await;
        let app = desk.open().await;
        ask(&app, "Begin.").await;
        desk.server.next_request().await.complete(30, 5).await;
        when(&app, "a.state === 'complete'").await;
        let place = folder.path().canonicalize().unwrap();
        let runs = || {
            let processes = fs::read_dir("/proc").unwrap().flatten();
            let folders = processes.filter_map(|it| fs::read_link(it.path().join("cwd")).ok());
            folders.filter(|it| *it == place).count()
        };
        assert!(runs() > 0, "the server runs");
        if kills {
            app.process().kill();
        } else {
            app.close_window().await;
        }
        let since = std::time::Instant::now();
        until("the server to end", || (runs() == 0).then_some(())).await;
        println!("gone after {:?}", since.elapsed());
    }
}

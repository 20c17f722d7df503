//! An MCP server in the real window: its tools are offered, asked about, run and stopped, it is
//! usable afterwards, and nothing of it is left when the app has gone.

#[path = "../tool/mcp/script.rs"]
pub mod script;

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::outside::fake_opener;
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
    desk_of(era, OWN, folder).await
}

async fn desk_of(era: Era, own: &str, folder: &Path) -> Desk {
    desk_with(&script::server(era, own), folder).await
}

/// A desk with the server `crooked`, which is that script.
pub async fn desk_with(script: &str, folder: &Path) -> Desk {
    let desk = Desk::new().await;
    let server = json!({"command": "sh", "args": ["-c", script], "cwd": folder});
    desk.set("mcpServers", json!({"crooked": server}));
    desk
}

/// What the server was sent, line by line.
pub fn wire(folder: &Path) -> Vec<Value> {
    let sent = fs::read_to_string(folder.join("wire")).unwrap_or_default();
    let lines = sent
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.collect()
}

fn is_cancel(message: &Value) -> bool {
    message["method"] == "notifications/cancelled"
}

pub async fn allowed(app: &App, tool: &str) {
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

/// Asks who calls, and gives back what came.
fn asking(era: Era) -> String {
    const FORM: &str = r#""mode":"form","message":"Who are you?","requestedSchema":{"type":"object","required":["name"],"properties":{"name":{"type":"string","title":"Your name"},"mail":{"type":"string","format":"email","description":"To write to you."},"age":{"type":"integer","minimum":1,"default":7},"size":{"type":"string","oneOf":[{"const":"s","title":"Small"},{"const":"l","title":"Large"}],"default":"l"},"days":{"type":"array","items":{"type":"string","enum":["mo","tu"]},"default":["tu"]},"sure":{"type":"boolean","default":true}}}"#;
    match era {
        Era::Handshake => format!(
            r#"
            call() {{ called=$id; say '{{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{{{FORM}}}}}'; }}
            answered() {{ id=$called; case $line in *'"action":"accept"'*) text 'Hello.' ;; *) text 'No answer.' ;; esac; }}
            "#
        ),
        Era::Stateless => format!(
            r#"
            call() {{
              case $line in
                *'"action":"accept"'*) text 'Hello.' ;;
                *'"inputResponses"'*) text 'No answer.' ;;
                *) result '{{"resultType":"input_required","inputRequests":{{"who":{{"method":"elicitation/create","params":{{{FORM}}}}}}},"requestState":"s1"}}' ;;
              esac
            }}
            "#
        ),
    }
}

/// Typed where the focus is.
async fn typed(app: &App, text: &str) {
    for letter in text.chars() {
        app.press(&[Key::Char(letter)]).await;
    }
}

async fn asked(desk: &Desk, app: &App) {
    ask(app, "Begin.").await;
    desk.server
        .next_request()
        .await
        .call_tools(&[("call_1", "first", "{}")])
        .await;
    allowed(app, "first").await;
    app.wait_for_text(&testid("elicitation-message"), "Who are you?")
        .await;
}

#[tokio::test]
async fn a_form_of_a_server_of_each_era_is_filled_in_by_the_keyboard_and_survives_a_reload() {
    for era in script::ERAS {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk_of(era, &asking(era), folder.path()).await;
        let app = desk.open().await;
        asked(&desk, &app).await;
        app.reload().await;
        let question = testid("elicitation");
        app.wait_for_text(&question, "from the server “crooked”")
            .await;
        app.press(&[Key::Control, Key::Char('j')]).await;
        typed(&app, "Ann").await;
        app.press(&[Key::Tab]).await;
        typed(&app, "nowhere").await;
        app.press(&[Key::Enter]).await;
        app.wait_for_text(&testid("elicitation-problem"), "e-mail address")
            .await;
        if era == Era::Handshake {
            fits_everywhere(&app, "tool-elicitation").await;
        }
        // The field to be mended has the focus.
        app.press(&[Key::Control, Key::Char('a')]).await;
        typed(&app, "ann@example.org").await;
        app.press(&[Key::Enter]).await;
        let exchange = desk.server.next_request().await;
        let body = exchange.request.json().to_string();
        assert!(body.contains("Hello."), "{body}");
        app.wait_for_count(&question, 0).await;
        exchange.complete(30, 5).await;
        when(&app, "a.state === 'complete'").await;
        let sent = wire(folder.path()).into_iter().find_map(|message| {
            let content = message["result"]["content"].clone();
            let response = message["params"]["inputResponses"]["who"]["content"].clone();
            [content, response].into_iter().find(Value::is_object)
        });
        let expected = json!({"name": "Ann", "mail": "ann@example.org", "age": 7, "size": "l",
                              "days": ["tu"], "sure": true});
        assert_eq!(sent, Some(expected), "{era:?}");
        assert_eq!(desk.server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn c18_esc_in_a_form_stops_the_turn_and_the_server_hears_that_nobody_answers() {
    let folder = tempfile::tempdir().unwrap();
    let era = Era::Handshake;
    let desk = desk_of(era, &asking(era), folder.path()).await;
    let app = desk.open().await;
    asked(&desk, &app).await;
    app.press(&[Key::Control, Key::Char('j')]).await;
    app.press(&[Key::Escape]).await;
    let answer = stopped(&app).await;
    assert_eq!(answer.parts[0].state, "interrupted-while-running");
    app.wait_for_count(&testid("elicitation"), 0).await;
    until("the answer on the wire", || {
        let mut sent = wire(folder.path()).into_iter();
        sent.any(|it| it["result"]["action"] == "cancel")
            .then_some(())
    })
    .await;
    desk.converse(&app).await;
}

#[tokio::test]
async fn a_server_that_is_silent_after_a_stop_can_be_ended_and_starts_again_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(Era::Handshake, folder.path()).await;
    let app = desk.open().await;
    ask(&app, "Begin.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "first", "{}")]).await;
    allowed(&app, "first").await;
    app.wait_for_text(&testid("tool-progress"), "step 2").await;
    Means::Button.stop(&app).await;
    stopped(&app).await;
    let silent = testid("silent-server");
    app.wait_for_text(&silent, "“crooked” was told to stop")
        .await;
    let place = folder.path().canonicalize().unwrap();
    let runs = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let folders = processes.filter_map(|it| fs::read_link(it.path().join("cwd")).ok());
        folders.filter(|it| *it == place).count()
    };
    assert!(runs() > 0, "others may use it");
    app.click(&testid("end-server")).await;
    app.wait_for_text(&silent, "was ended").await;
    until("the server to end", || (runs() == 0).then_some(())).await;
    ask(&app, "Go on.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "second", "{}")]).await;
    allowed(&app, "second").await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("The second tool has answered."), "{body}");
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;
}

/// Goes on with Tab until the focus is on what this selects.
async fn tab_to(app: &App, selector: &str) {
    let there = "return document.activeElement?.matches(arguments[0]) === true";
    for _ in 0..60 {
        if app.run(there, &[json!(selector)]).await == true {
            return;
        }
        app.press(&[Key::Tab]).await;
    }
    panic!("Tab does not lead to {selector}");
}

#[tokio::test]
async fn c27_which_tools_a_conversation_uses_is_chosen_by_the_keyboard_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(Era::Handshake, folder.path()).await;
    let app = desk.open().await;
    app.press(&[Key::Control, Key::Char('i')]).await;
    app.find(&testid("tool-group")).await;
    tab_to(&app, "[data-testid=tool-group] > summary").await;
    app.press(&[Key::Enter]).await;
    tab_to(&app, "[data-testid=tool-use][data-tool=first]").await;
    app.press(&[Key::Char(' ')]).await;
    let some = testid("tool-group").attr("data-used", "some");
    app.find(&some).await;
    fits_everywhere(&app, "tool-picker").await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("tool-picker"), 0).await;
    let mut seen = Vec::new();
    for words in ["Begin.", "Go on."] {
        ask(&app, words).await;
        let exchange = desk.server.next_request().await;
        seen.push(exchange.request.json()["tools"].clone());
        exchange.complete(30, 5).await;
        when(&app, "a.state === 'complete'").await;
    }
    assert_eq!(seen[0].as_array().unwrap().len(), 1, "{}", seen[0]);
    assert_eq!(seen[0][0]["function"]["name"], "second");
    assert_eq!(seen[0], seen[1]);
}

/// Each first call wants a page visited, and runs when it is repeated.
const VISITED_FIRST: &str = r#"
called=0
call() {
  called=$((called + 1))
  if [ $((called % 2)) = 0 ]; then text 'Connected.'; return; fi
  say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32042,\"message\":\"This needs a visit.\",\"data\":{\"elicitations\":[{\"mode\":\"url\",\"elicitationId\":\"e1\",\"url\":\"https://connect.example.org/start?a=b\",\"message\":\"Connect your account.\"}]}}}"
}
"#;

#[tokio::test]
async fn c18_a_page_that_a_tool_needs_visited_is_opened_by_its_button_alone_and_a_stop_withdraws_it()
 {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_of(Era::Handshake, VISITED_FIRST, folder.path()).await;
    let (path, notes) = fake_opener(&desk);
    let app = desk.launch().env("PATH", path).start().await;
    let opened = || fs::read_to_string(&notes).unwrap_or_default();
    ask(&app, "Connect.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "first", "{}")]).await;
    allowed(&app, "first").await;
    app.wait_for_text(&testid("elicitation-message"), "Connect your account.")
        .await;
    app.wait_for_text(
        &testid("elicitation-address"),
        "https://connect.example.org/start?a=b",
    )
    .await;
    fits_everywhere(&app, "tool-visit").await;
    assert_eq!(opened(), "");
    app.click(&testid("elicitation-accept")).await;
    app.find(&testid("elicitation-open-again")).await;
    fits_everywhere(&app, "tool-visited").await;
    until("the page in the browser", || {
        (opened() == "https://connect.example.org/start?a=b\n").then_some(())
    })
    .await;
    app.click(&testid("elicitation-accept")).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("Connected."), "{body}");
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;

    ask(&app, "Once more.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "first", "{}")]).await;
    allowed(&app, "first").await;
    app.find(&testid("elicitation")).await;
    Means::Button.stop(&app).await;
    let answer = stopped(&app).await;
    assert_eq!(answer.parts[0].state, "interrupted-while-running");
    app.wait_for_count(&testid("elicitation"), 0).await;
    assert_eq!(opened().lines().count(), 1);
    desk.converse(&app).await;
}

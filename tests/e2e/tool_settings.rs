//! The settings of tools in the window: folders, servers and what they say of themselves.

use crate::desk::Desk;
use crate::pictures::{fits_everywhere, open_settings};
use serde_json::json;
use std::fs;
use tacet_test_support::webdriver::{App, Locator, testid};

/// A server of the era without a handshake, as a script of `sh`, that writes to its log.
const SERVER: &str = r#"
echo 'listening' >&2
result() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while IFS= read -r line; do
  id=${line#*'"id":'}; id=${id%%[,\}]*}
  case $line in
    *'"server/discover"'*) result '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"weather","title":"Weather","version":"1.2"}}}' ;;
    *'"tools/list"'*) result '{"ttlMs":0,"cacheScope":"private","tools":[]}' ;;
  esac
done
"#;

/// Waits until the row of a server says that it is in `state`.
pub async fn in_state(app: &App, name: &str, state: &str) {
    let row = testid("tool-server").attr("data-name", name);
    app.find(&row.attr("data-state", state)).await;
}

/// Clicks what lies in the dialog, which may have to be scrolled to it.
async fn click(app: &App, what: &Locator) {
    let script = "const found = document.querySelector(arguments[0]);
        if (!found || found.disabled) return null;
        found.scrollIntoView({ block: 'center' });
        found.click();
        return true";
    let selector = what.selector();
    app.wait_until(selector, script, &[json!(selector)]).await;
}

/// Clicks what stands in the row of a server.
pub async fn click_in(app: &App, name: &str, what: &str) {
    let row = testid("tool-server").attr("data-name", name);
    click(app, &testid(what).inside(&row)).await;
}

#[tokio::test]
async fn servers_are_pasted_started_and_removed_and_say_what_they_do() {
    let desk = Desk::new().await;
    let script = desk.folder().join("weather.sh");
    fs::write(&script, SERVER).unwrap();
    let app = desk.open().await;
    open_settings(&app).await;
    click(&app, &testid("tool-servers-add")).await;
    app.type_into(&testid("tool-servers-json"), "{\"mcpServers\": {")
        .await;
    click(&app, &testid("tool-servers-save")).await;
    app.wait_for_text(&testid("tool-servers-error"), "Line 1 of what was pasted")
        .await;

    let pasted = json!({"mcpServers": {
        "weather": {"command": "sh", "args": [script], "env": {"TOKEN": "hunter2"}},
        "gone": {"command": "/no/such/program"},
    }});
    app.find(&testid("tool-servers-json")).await.clear().await;
    app.type_into(&testid("tool-servers-json"), &pasted.to_string())
        .await;
    click(&app, &testid("tool-servers-save")).await;
    in_state(&app, "weather", "off").await;
    in_state(&app, "gone", "off").await;
    let settings = fs::read_to_string(desk.settings_file()).unwrap();
    assert!(settings.contains("weather.sh"), "{settings}");
    assert!(!settings.contains("hunter2"), "{settings}");

    click_in(&app, "weather", "tool-server-restart").await;
    click_in(&app, "gone", "tool-server-restart").await;
    in_state(&app, "weather", "ready").await;
    in_state(&app, "gone", "failed").await;
    let panel = testid("tool-settings");
    app.wait_for_text(&panel, "Weather 1.2").await;
    click_in(&app, "weather", "log-toggle").await;
    app.wait_for_text(&panel, "listening").await;

    let folder = desk.folder().join("project");
    fs::create_dir(&folder).unwrap();
    app.type_into(&testid("tool-folder-path"), "project").await;
    click(&app, &testid("tool-folder-add")).await;
    app.wait_for_text(&testid("tool-folder-error"), "is not the whole path")
        .await;
    app.find(&testid("tool-folder-path")).await.clear().await;
    let path = folder.display().to_string();
    app.type_into(&testid("tool-folder-path"), &path).await;
    click(&app, &testid("tool-folder-add")).await;
    app.wait_for_count(&testid("tool-folder"), 1).await;
    let top = "document.querySelector('[data-testid=tool-settings]').scrollIntoView()";
    app.run(top, &[]).await;
    fits_everywhere(&app, "tool-settings").await;

    // Field by field: what is saved is not shown, and an empty field leaves it.
    click_in(&app, "weather", "tool-server-edit").await;
    app.find(&testid("tool-server-form")).await;
    fits_everywhere(&app, "tool-server-form").await;
    let value = app.find(&testid("tool-server-value")).await;
    assert_eq!(value.property("value").await, "");
    drop(value);
    let args = testid("tool-server-args");
    app.type_into(&args, "\n--loud").await;
    click(&app, &testid("tool-server-save")).await;
    app.wait_for_count(&testid("tool-server-form"), 0).await;
    let saved = fs::read_to_string(desk.settings_file()).unwrap();
    assert!(saved.contains("--loud"), "{saved}");
    assert!(
        saved.contains("${keychain}") || !saved.contains("hunter2"),
        "{saved}"
    );

    click_in(&app, "weather", "tool-server-enabled").await;
    in_state(&app, "weather", "off").await;
    click_in(&app, "gone", "tool-server-remove").await;
    click(&app, &testid("discard-yes")).await;
    app.wait_for_count(&testid("tool-server"), 1).await;
}

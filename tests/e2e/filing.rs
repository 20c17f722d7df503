//! Folders, pins, tags and the archive in the real window: by keys, and by dragging.

use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use crate::stored::write_into;
use serde_json::{Value, json};
use tacet_core::store::Store;
use tacet_test_support::webdriver::{App, Key, Pointer, testid};

/// Conversations of these titles, the last one on top.
async fn write(desk: &Desk, titles: &[&str]) {
    let store = Store::open(desk.folder()).unwrap();
    for title in titles {
        let exchange = ("What is ice?".to_owned(), format!("{title} is cold."));
        write_into(&store, title, [exchange]).await;
    }
}

/// The titles in the list, in its order.
const LISTED: &str = "return [...document.querySelectorAll('[data-testid=\"conversation-item\"]')]
    .map((item) => item.textContent.trim())";

async fn listed(app: &App, expected: &[&str]) {
    let script = format!("{LISTED}.join('|') === arguments[0]");
    let expected = [json!(expected.join("|"))];
    app.wait_until("the list", &script, &expected).await;
}

/// Gives the focus to a conversation of the list.
async fn focus(app: &App, title: &str) {
    let script = "const item = [...document.querySelectorAll(arguments[0])]
        .find((one) => one.textContent.trim() === arguments[1]);
        item.querySelector('button').focus()";
    let items = testid("conversation-item");
    app.run(script, &[json!(items.selector()), json!(title)])
        .await;
}

fn on_disk<'a>(export: &'a Value, title: &str) -> &'a Value {
    let conversations = export["conversations"].as_array().unwrap();
    conversations
        .iter()
        .find(|one| one["title"] == title)
        .unwrap()
}

#[tokio::test]
async fn conversations_are_filed_by_keys_and_found_so_after_a_new_start() {
    let desk = Desk::new().await;
    write(&desk, &["Rain", "Snow", "Ice"]).await;
    let app = desk.open().await;
    listed(&app, &["Ice", "Snow", "Rain"]).await;
    focus(&app, "Rain").await;
    app.press(&[Key::Char('p')]).await;
    listed(&app, &["Rain", "Ice", "Snow"]).await;
    // The focus went along with it.
    let focused =
        "return document.activeElement.closest(arguments[0])?.textContent.trim() === 'Rain'";
    let items = [json!(testid("conversation-item").selector())];
    app.wait_until("the focus on it", focused, &items).await;
    focus(&app, "Snow").await;
    app.press(&[Key::Char('m')]).await;
    app.type_into(&testid("filing-folder"), "Field notes").await;
    app.type_into(&testid("filing-tags"), "cold, wet\u{E007}")
        .await;
    listed(&app, &["Rain", "Snow", "Ice"]).await;
    app.find(&testid("folder").attr("data-folder", "Field notes"))
        .await;
    focus(&app, "Ice").await;
    app.press(&[Key::Char('e')]).await;
    listed(&app, &["Rain", "Snow"]).await;
    let export = desk.export();
    assert_eq!(on_disk(&export, "Rain")["pinned"], true);
    assert_eq!(on_disk(&export, "Snow")["folder"], "Field notes");
    assert_eq!(on_disk(&export, "Snow")["tags"], json!(["cold", "wet"]));
    assert_eq!(on_disk(&export, "Ice")["archived"], true);
    app.close_window().await;
    app.wait_for_end().await;

    let app = desk.open().await;
    listed(&app, &["Rain", "Snow"]).await;
    app.type_into(&testid("search"), "cold folder:field").await;
    app.wait_for_count(&testid("search-result"), 1).await;
    app.press(&[Key::Enter]).await;
    app.wait_for_count(&testid("tag"), 2).await;
    app.press(&[Key::Escape]).await;
    listed(&app, &["Rain", "Snow"]).await;
    app.press(&[Key::Control, Key::Shift, Key::Char('m')]).await;
    app.find(&testid("filing-folder")).await;
    fits_everywhere(&app, "filing").await;
}

#[tokio::test]
async fn a_conversation_is_dragged_into_a_folder_and_pinned_by_the_pointer() {
    let desk = Desk::new().await;
    write(&desk, &["Rain", "Snow", "Ice"]).await;
    let app = desk.open().await;
    focus(&app, "Snow").await;
    app.press(&[Key::Char('m')]).await;
    app.type_into(&testid("filing-folder"), "Field notes\u{E007}")
        .await;
    listed(&app, &["Snow", "Ice", "Rain"]).await;
    let pointer = Pointer::of(&app);
    let id = |title: &str| {
        let export = desk.export();
        on_disk(&export, title)["id"].as_str().unwrap().to_owned()
    };
    let item = |title: &str| testid("conversation-item").attr("data-conversation", &id(title));
    for (title, target, expected) in [
        ("Ice", testid("folder"), ["Ice", "Snow", "Rain"]),
        ("Rain", testid("drop-pin"), ["Rain", "Ice", "Snow"]),
    ] {
        pointer.move_to(&app, &item(title)).await;
        pointer.press();
        // It is a drag from a few pixels on.
        for _ in 0..8 {
            pointer.nudge(3, 2);
        }
        app.find(&testid("drop-targets")).await;
        pointer.move_to(&app, &target).await;
        let over = format!(
            "return document.querySelector('{}[data-over]') !== null",
            target.selector()
        );
        // The toolkit tells the page of what is dragged with the motions that follow.
        let mut is_over = false;
        for _ in 0..200 {
            pointer.nudge(1, 0);
            pointer.nudge(-1, 0);
            is_over = app.run(&over, &[]).await == true;
            if is_over {
                break;
            }
        }
        assert!(is_over, "{title} is not over {target}");
        pointer.release();
        listed(&app, &expected).await;
    }
    let export = desk.export();
    assert_eq!(on_disk(&export, "Ice")["folder"], "Field notes");
    assert_eq!(on_disk(&export, "Rain")["pinned"], true);
    app.wait_for_count(&testid("drop-targets"), 0).await;
    desk.converse(&app).await;
}

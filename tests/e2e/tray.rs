//! The window is closed and turns go on, where the person wants that and the desktop has a tray.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::{fits_everywhere, open_settings};
use std::time::{Duration, Instant};
use tacet_core::{Cause, MessageState};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Desktop, Key, testid};

/// How long a turn goes on unwatched where nobody wants more, in seconds.
const LIMIT: u64 = 1;

async fn desk() -> Desk {
    let desk = Desk::new().await;
    desk.set("keep_in_tray", true);
    desk.set("viewer_timeout_seconds", LIMIT);
    desk
}

async fn open(desk: &Desk, desktop: &Desktop) -> App {
    let app = desk.launch().desktop(desktop).start().await;
    app.find(&testid("composer")).await;
    app
}

#[tokio::test]
async fn c13_a_closed_window_leaves_its_turn_in_the_tray_and_the_end_is_a_notification() {
    let (desk, desktop) = (desk().await, Desktop::start().await);
    let app = open(&desk, &desktop).await;
    let mut exchange = desk.writing(&app, "What is <ice>?", "Frozen").await;
    until("the item in the tray", || {
        (desktop.items() == 1).then_some(())
    })
    .await;
    app.close_window().await;
    app.wait_for_window(false).await;
    let hidden = Instant::now();
    let limit = Duration::from_secs(3 * LIMIT);
    until("several limits to pass", || {
        (hidden.elapsed() > limit).then_some(())
    })
    .await;
    exchange.send_text_delta(" water.").await;
    exchange.complete(9, 3).await;
    let told = desktop.notification(0).await;
    assert_eq!(
        (&*told.summary, &*told.body),
        ("What is <ice>?", "The answer is finished.")
    );
    let answer = desk.answers().remove(0);
    assert_eq!(answer.state, MessageState::Complete);
    assert_eq!(answer.text(), "Frozen water.");

    // The window has moved on from it meanwhile: the click leads back.
    desktop.activate().await;
    app.wait_for_window(true).await;
    app.press(&[Key::Control, Key::Char('n')]).await;
    app.wait_for_count(&testid("message"), 0).await;
    app.close_window().await;
    app.wait_for_window(false).await;
    desktop.click(&told).await;
    app.wait_for_window(true).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Frozen water.')",
    )
    .await;
    assert_eq!(desktop.notifications().len(), 1);
}

#[tokio::test]
async fn c13_of_two_windows_the_last_one_goes_into_the_tray_and_a_click_leads_back_to_it() {
    let (desk, desktop) = (desk().await, Desktop::start().await);
    let app = open(&desk, &desktop).await;
    until("the item in the tray", || {
        (desktop.items() == 1).then_some(())
    })
    .await;
    let first = app.window().await;
    app.press(&[Key::Control, Key::Shift, Key::Char('n')]).await;
    let second = app.switch_to_new(std::slice::from_ref(&first)).await;
    let exchange = desk.writing(&app, "What is ice?", "Frozen").await;
    app.switch_to(&first).await;
    app.close_this_window().await;
    app.wait_for_windows(1).await;
    app.switch_to(&second).await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    let mut exchange = desk.writing(&app, "And water?", "Melted").await;
    app.close_this_window().await;
    app.wait_for_window(false).await;
    exchange.send_text_delta(" ice.").await;
    exchange.complete(9, 3).await;
    let told = desktop.notification(0).await;
    assert_eq!(told.body, "The answer is finished.");
    desktop.click(&told).await;
    app.wait_for_windows(1).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Melted ice.')",
    )
    .await;
    // While one of them was there, nobody needed to be told.
    assert_eq!(desktop.notifications().len(), 1);
}

#[tokio::test]
async fn c13_from_the_tray_everything_is_stopped_and_the_app_is_quit() {
    let (desk, desktop) = (desk().await, Desktop::start().await);
    let app = open(&desk, &desktop).await;
    let exchange = desk.writing(&app, "What is ice?", "Frozen").await;
    app.close_window().await;
    app.wait_for_window(false).await;
    desktop.choose("Stop everything").await;
    exchange.hung_up().await;
    until("the end on disk", || {
        (desk.answers()[0].cause == Some(Cause::User)).then_some(())
    })
    .await;

    desktop.choose("Open Tacet").await;
    app.wait_for_window(true).await;
    let exchange = desk.writing(&app, "And water?", "Melted").await;
    app.close_window().await;
    app.wait_for_window(false).await;
    desktop.choose("Quit").await;
    exchange.hung_up().await;
    app.wait_for_end().await;
    let answer = desk.answers().pop().unwrap();
    assert_eq!(answer.cause, Some(Cause::AppQuit));
    // The person has done that.
    assert_eq!(desktop.notifications(), []);
}

#[tokio::test]
async fn a_hidden_turn_that_asks_for_something_says_so() {
    let work = tempfile::tempdir().unwrap();
    let (desk, desktop) = (desk().await, Desktop::start().await);
    desk.open_folder(work.path());
    let app = open(&desk, &desktop).await;
    ask(&app, "What is there?").await;
    let exchange = desk.server.next_request().await;
    app.close_window().await;
    app.wait_for_window(false).await;
    exchange
        .call_tools(&[("call_1", "list_folder", "{\"path\":\".\"}")])
        .await;
    let told = desktop.notification(0).await;
    assert!(
        told.body.starts_with("It asks whether the tool "),
        "{told:?}"
    );
    desktop.click(&told).await;
    app.wait_for_window(true).await;
    app.click(&testid("approve-once")).await;
    let mut exchange = desk.server.next_request().await;
    app.close_window().await;
    app.wait_for_window(false).await;
    exchange.send_text_delta("Nothing.").await;
    exchange.complete(9, 3).await;
    let end = desktop.notification(1).await;
    assert_eq!(end.body, "The answer is finished.");
    assert_eq!(end.sender, told.sender, "one connection to the bus");
}

#[tokio::test]
async fn a_setting_that_is_taken_back_while_the_tray_answers_leaves_nothing_there() {
    let (desk, desktop) = (Desk::new().await, Desktop::start().await);
    let app = open(&desk, &desktop).await;
    open_settings(&app).await;
    let answering = desktop.hold_tray().await;
    app.click(&testid("keep-in-tray")).await;
    until("the item to be offered", || {
        (desktop.items() == 1).then_some(())
    })
    .await;
    app.click(&testid("keep-in-tray")).await;
    until("both to be kept", || {
        let settings = std::fs::read_to_string(desk.settings_file()).ok()?;
        settings.contains("\"keep_in_tray\": false").then_some(())
    })
    .await;
    drop(answering);
    desktop.no_item().await;
}

#[tokio::test]
async fn where_there_is_no_tray_the_settings_say_so_and_the_close_button_ends_the_app() {
    let (desk, desktop) = (Desk::new().await, Desktop::without_tray().await);
    let app = open(&desk, &desktop).await;
    open_settings(&app).await;
    app.click(&testid("keep-in-tray")).await;
    let words = "This desktop has no tray. Closing the window still ends Tacet";
    app.wait_for_text(&testid("tray-problem"), words).await;
    fits_everywhere(&app, "no-tray").await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
    let exchange = desk.writing(&app, "What is ice?", "Frozen").await;
    app.close_window().await;
    exchange.hung_up().await;
    app.wait_for_end().await;
    assert_eq!(desk.answers()[0].cause, Some(Cause::WindowClosed));
    assert_eq!(desktop.notifications(), []);
}

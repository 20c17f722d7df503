//! Where the window opens: wherever the last run left it, all of it is on the screen.

use crate::desk::Desk;
use serde_json::json;
use tacet_test_support::webdriver::{App, Key, WindowRect, testid};

/// The screen of a launch.
const SCREEN: (i64, i64) = (1280, 900);

/// The text of a window state file.
fn state(x: i64, y: i64, width: u64, height: u64, maximized: bool) -> String {
    let main = json!({"width": width, "height": height, "x": x, "y": y, "prev_x": x, "prev_y": y,
        "maximized": maximized, "visible": true, "decorated": true, "fullscreen": false});
    json!({"main": main}).to_string()
}

/// The window, once it has Stop and all of itself on the screen.
async fn on_screen(app: &App, what: &str) -> WindowRect {
    let inside = "const stop = document.querySelector(arguments[0])?.getBoundingClientRect();
        return stop && stop.width > 0 && stop.left >= 0 && stop.top >= 0
          && stop.right <= innerWidth && stop.bottom <= innerHeight
          && innerWidth <= arguments[1] && innerHeight <= arguments[2]
          && screenX >= 0 && screenY >= 0
          && screenX + innerWidth <= arguments[1] && screenY + innerHeight <= arguments[2]";
    let selector = json!(testid("stop").selector());
    let arguments = [selector, json!(SCREEN.0), json!(SCREEN.1)];
    app.wait_until(
        &format!("Stop on the screen with {what}"),
        inside,
        &arguments,
    )
    .await;
    let rect = app.rect().await;
    assert!(rect.x >= 0 && rect.y >= 0, "{what}: {rect:?}");
    assert!(rect.x + rect.width <= SCREEN.0, "{what}: {rect:?}");
    assert!(rect.y + rect.height <= SCREEN.1, "{what}: {rect:?}");
    rect
}

#[tokio::test]
async fn wherever_the_window_was_stop_is_on_the_screen() {
    for saved in [
        state(5000, 5000, 1280, 800, false),
        state(-3000, -3000, 600, 600, false),
        state(1270, 890, 10, 10, false),
        state(0, 0, 9000, 9000, false),
        state(9000, 0, u64::from(u32::MAX), 500, true),
        "{\"main\": {\"width\": -1}".to_owned(),
        "[]".to_owned(),
    ] {
        let desk = Desk::new().await;
        std::fs::write(desk.folder().join("window.json"), &saved).unwrap();
        let app = desk.open().await;
        on_screen(&app, &saved).await;
        let exchange = desk.writing(&app, "What is firn?", "Old snow.").await;
        app.click(&testid("stop")).await;
        exchange.hung_up().await;
    }
}

#[tokio::test]
async fn the_window_opens_where_it_was() {
    let desk = Desk::new().await;
    let saved = state(120, 80, 700, 600, false);
    std::fs::write(desk.folder().join("window.json"), saved).unwrap();
    let mut places = Vec::new();
    for _ in 0..2 {
        let app = desk.open().await;
        places.push(on_screen(&app, "a place on it").await);
        app.close_window().await;
        app.wait_for_end().await;
    }
    let place = WindowRect {
        x: 120,
        y: 80,
        width: 700,
        height: 600,
    };
    assert_eq!(places, [place, place]);
}

#[tokio::test]
async fn a_second_window_opens_beside_the_first_and_only_the_first_ones_place_is_kept() {
    let desk = Desk::new().await;
    let saved = state(120, 80, 700, 600, false);
    let file = desk.folder().join("window.json");
    std::fs::write(&file, saved).unwrap();
    let app = desk.open().await;
    on_screen(&app, "the first window").await;
    let first = app.window().await;
    app.press(&[Key::Control, Key::Shift, Key::Char('n')]).await;
    app.switch_to_new(&[first]).await;
    let beside = "return screenX === 152 && screenY === 112
        && innerWidth === 700 && innerHeight === 600";
    app.wait_until("the second window beside the first", beside, &[])
        .await;
    app.close_this_window().await;
    app.wait_for_windows(1).await;
    app.close_window().await;
    app.wait_for_end().await;
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let labels: Vec<_> = kept.as_object().unwrap().keys().collect();
    assert_eq!(labels, ["main"]);
    assert_eq!(kept["main"]["x"], 120);
}

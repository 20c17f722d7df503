//! The window under Wayland, which most Linux desktops have.

use crate::answer::when;
use crate::desk::Desk;
use tacet_test_support::webdriver::{Key, testid};

#[tokio::test]
async fn under_wayland_the_app_chats_and_stops() {
    for wanted in ["on", "off"] {
        let desk = Desk::new().await;
        desk.set("hardware_acceleration", wanted);
        let app = desk.launch().wayland().start().await;
        app.find(&testid("composer")).await;
        let exchange = desk.writing(&app, "What is firn?", "Old snow.").await;
        app.press(&[Key::Escape]).await;
        exchange.hung_up().await;
        let answer = when(&app, "a.state === 'interrupted'").await;
        assert_eq!(answer.cause.as_deref(), Some("user"), "{wanted}");
    }
}

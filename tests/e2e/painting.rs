//! Who paints the page: WebKitGTK's threads that paint by OpenGL are there, or they are not.

use crate::desk::Desk;
use tacet::painting::has_graphics_card;
use tacet_test_support::webdriver::App;

/// WebKitGTK's `ThreadedCompositor`, of which the system keeps the last fifteen letters.
const COMPOSITOR: &str = "eadedCompositor";

fn paints_by_opengl(app: &App) -> bool {
    let family = app.process().family();
    let threads = family
        .into_iter()
        .filter_map(|id| std::fs::read_dir(format!("/proc/{id}/task")).ok())
        .flatten()
        .flatten();
    let names = threads.map(|thread| std::fs::read_to_string(thread.path().join("comm")));
    names.flatten().any(|name| name.trim_end() == COMPOSITOR)
}

#[tokio::test]
async fn without_a_graphics_card_the_page_is_painted_without_opengl() {
    let card = has_graphics_card("/dev".as_ref());
    for (wanted, by_opengl) in [("on", true), ("off", false), ("auto", card)] {
        let desk = Desk::new().await;
        desk.set("hardware_acceleration", wanted);
        let app = desk.open().await;
        let _exchange = desk.writing(&app, "What is firn?", "Old snow.").await;
        assert_eq!(paints_by_opengl(&app), by_opengl, "{wanted}");
    }
}

#[tokio::test]
async fn a_picture_is_taken_of_a_page_that_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    for painting in ["on", "off"] {
        let desk = Desk::new().await;
        desk.set("hardware_acceleration", painting);
        let app = desk.open().await;
        // Nothing blinks then.
        let blur =
            "document.activeElement?.blur(); return document.activeElement === document.body";
        app.wait_until("nothing in focus", blur, &[]).await;
        for width in [400, 1200, 400, 1200] {
            app.resize(width, 800).await;
            let file = folder.path().join(format!("{painting}-{width}.png"));
            app.screenshot(&file).await;
            assert_eq!(width_of(&file), width, "{painting}");
        }
    }
}

/// The width that a PNG file names: its header's first number (RFC 2083, section 4.1.1).
fn width_of(file: &std::path::Path) -> u32 {
    let bytes = std::fs::read(file).unwrap();
    u32::from_be_bytes(bytes[16..20].try_into().unwrap())
}

//! The CPU time of the app while nothing happens, after something was typed, beside that of the bare
//! window after the same.

use crate::desk::Desk;
use crate::paint::{RUNS, load, open_bare};
use crate::sample::{Sample, Table};
use std::time::Duration;
use tacet_test_support::webdriver::testid;

/// Longer than a caret blinks where nobody types (`gtk-cursor-blink-timeout`).
const STILL: Duration = Duration::from_secs(14);

pub async fn measure(table: &mut Table) {
    let desk = Desk::open().await;
    let window = open_bare().await;
    let composer = testid("composer");
    for app in [&desk.app, &window] {
        app.type_into(&composer, "What is firn?").await;
    }
    tokio::time::sleep(STILL).await;
    let (mut idle, mut bare) = (Sample::default(), Sample::default());
    for _ in 0..RUNS {
        bare.push(load(window.process()).await);
        idle.push(load(desk.app.process()).await);
    }
    table.add("idle after typing", "% of a core", &idle, None, "0.3");
    table.add(
        "the bare window, idle after typing",
        "% of a core",
        &bare,
        None,
        "",
    );
}

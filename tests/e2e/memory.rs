//! What a page keeps in memory of what has left it.

use crate::desk::Desk;
use serde_json::json;
use tacet_test_support::webdriver::{App, COLLECT, testid};

/// Tables that come and go in one batch, eight cells each.
const TABLES: usize = 400;
const BATCHES: usize = 8;
/// What a batch may leave in bytes: the engine kept 0.8 KB of each cell, 2.5 MB of a batch.
const MOST: u64 = 1_000_000;

/// Shows the tables one frame after the other, twenty at once, and takes them away again.
const SHOW_TABLES: &str = "
    const [tables, done] = arguments;
    const show = (left) => {
        if (left <= 0) return done();
        const place = document.createElement('div');
        place.className = 'markdown';
        for (let made = 0; made < 20; made += 1) {
            const table = document.createElement('table');
            for (let row = 0; row < 4; row += 1) {
                const cells = table.insertRow();
                cells.append(document.createElement('th'));
                cells.insertCell().textContent = 'Firn';
            }
            place.append(table);
        }
        document.querySelector('main').append(place);
        requestAnimationFrame(() => requestAnimationFrame(() => {
            place.remove();
            show(left - 20);
        }));
    };
    show(tables);";

/// Shows a batch of tables and gives what the page has in memory afterwards, in bytes.
async fn after_a_batch(app: &App) -> u64 {
    app.run_async(SHOW_TABLES, &[json!(TABLES)]).await;
    app.run(COLLECT, &[]).await;
    app.process().page().unwrap().anonymous_memory()
}

#[tokio::test]
async fn tables_that_have_left_the_page_are_not_kept_in_memory() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    app.find(&testid("composer")).await;
    let mut memory = Vec::new();
    for _ in 0..BATCHES {
        memory.push(after_a_batch(&app).await);
    }
    // The first ones fill what the engine keeps of any page.
    let (half, end) = (memory[BATCHES / 2], memory[BATCHES - 1]);
    let batches = (BATCHES - 1 - BATCHES / 2) as u64;
    let each = end.saturating_sub(half) / batches;
    assert!(each < MOST, "{each} bytes of each batch: {memory:?}");
}

//! The CPU time of the app and its page together for a long Markdown answer.

use crate::desk::Desk;
use crate::family::cpu_seconds;
use crate::sample::{Sample, Table};
use std::time::Duration;
use tacet_test_support::server::Script;

/// A piece of what models write: prose, a list, a table, code and a formula.
const PIECE: &str = "\n## How a glacier works\n\nSnow that *does not melt* becomes **ice**, and ice \
    that is thick enough flows: see [the notes](https://example.org/ice) and `flow.rs`.\n\n\
    - it pushes stones before it\n- it leaves them as a moraine\n  - at its end\n  - at its sides\n\n\
    | place | metres a year |\n|---|---:|\n| valley | 120 |\n| sheet | 1,300 |\n\n\
    ```rust\nfn flow(thickness: f64, slope: f64) -> f64 {\n    // Glen's law, with n = 3.\n    \
    (thickness * slope).powi(3)\n}\n```\n\nThe rate is $\\dot\\epsilon = A\\tau^3$, in short.\n";

/// Bytes in a chunk: an answer of 100 KB then takes 2.5 s at 1,000 chunks a second.
const CHUNK: usize = 40;

/// An answer of that many bytes.
fn answer(bytes: usize) -> Script {
    let text: Vec<char> = PIECE.chars().cycle().take(bytes).collect();
    let pieces = text
        .chunks(CHUNK)
        .map(|piece| piece.iter().collect::<String>());
    Script::text(pieces).at(1000)
}

/// CPU seconds for an answer in a new conversation.
async fn cpu_of(desk: &Desk, bytes: usize) -> f64 {
    desk.server.script(answer(bytes));
    let process = desk.app.process();
    let before = cpu_seconds(process);
    let asked = desk.server.chat_requests() + 1;
    desk.ask().await;
    let finished = || {
        let record = desk.server.last_record();
        record.is_some_and(|record| record.ended_at.is_some())
    };
    // The server is looked at and not the page, whose work is measured.
    while desk.server.chat_requests() < asked || !finished() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    desk.wait("the end", "last()?.dataset.state === 'complete'")
        .await;
    cpu_seconds(process) - before
}

pub async fn measure(table: &mut Table) {
    let desk = Desk::open().await;
    // Once for the engine's compiler, which is no part of what is asked here.
    cpu_of(&desk, 20_000).await;
    let (mut short, mut long) = (Sample::default(), Sample::default());
    for _ in 0..5 {
        short.push(cpu_of(&desk, 100_000).await);
    }
    for _ in 0..3 {
        long.push(cpu_of(&desk, 1_000_000).await);
    }
    table.add(
        "100 KB of Markdown, app and page",
        "CPU s",
        &short,
        None,
        "",
    );
    let goal = "ratio to 100 KB at most 12";
    table.add(
        "1 MB of Markdown, app and page",
        "CPU s",
        &long,
        Some(&short),
        goal,
    );
}

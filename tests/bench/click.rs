//! From the press of Stop in the page, and from Esc, to the hang-up at the server.
//!
//! The moment of the press is the tick of the page's clock right before it, in the same script; it
//! and Esc are events that the script dispatches, for the same reason. The real press is that of the
//! screen's pointer, and begins before it: it takes the way through the X server and the toolkit too.

use crate::bare_client;
use crate::desk::{Desk, between_ms, page_time};
use crate::sample::{Sample, Table};
use std::time::{Duration, SystemTime};
use tacet_test_support::patience::until;
use tacet_test_support::server::{Exchange, ExchangeRecord, Script};
use tacet_test_support::webdriver::{Pointer, testid};

const PRESS: &str = "const t = tick(); press(); return t;";
const ESC: &str = "const t = tick(); document.activeElement.dispatchEvent(
    new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true})); return t;";

/// Calls in one measurement of the empty command, whose time is below a tick of the page's clock.
const CALLS: u32 = 10;

/// The longest time between the first word and the press, in milliseconds. It is drawn anew each
/// time, so that the presses have nothing to do with the moments at which the page is painted.
const PAUSE_MS: u64 = 100;

const WRITING: &str =
    "last()?.dataset.state === 'streaming' && last().textContent.includes('word')";

/// What stops an answer.
enum By<'a> {
    /// An event that a script dispatches.
    Script(&'a str),
    /// The screen's pointer, which is over Stop.
    Pointer(&'a Pointer),
}

/// Stops the answer on the page, and gives the moment.
async fn stop(desk: &Desk, by: &By<'_>) -> SystemTime {
    desk.wait("an answer being written", WRITING).await;
    // Nobody presses in the very moment in which the first word is painted.
    let pause = fastrand::u64(..PAUSE_MS);
    tokio::time::sleep(Duration::from_millis(pause)).await;
    let clicked = match by {
        By::Script(script) => page_time(&desk.run(script).await),
        By::Pointer(pointer) => {
            let now = SystemTime::now();
            pointer.click();
            now
        }
    };
    desk.wait("the receipt", "last().dataset.state === 'interrupted'")
        .await;
    clicked
}

/// From the press to the hang-up while the server is silent, in milliseconds.
async fn stop_silent(desk: &Desk, by: &By<'_>) -> f64 {
    desk.ask().await;
    let mut exchange: Exchange = desk.server.next_request().await;
    exchange.send_text_delta("a word ").await;
    let clicked = stop(desk, by).await;
    let hang_up = exchange.hung_up().await;
    between_ms(clicked, desk.server.wall_time(hang_up.at))
}

/// The same while it writes 1,000 chunks a second, and the chunks that it wrote after the press.
async fn stop_writing(desk: &Desk, by: &By<'_>) -> (f64, usize) {
    desk.ask().await;
    let clicked = stop(desk, by).await;
    let record: ExchangeRecord = until("the hang-up", || {
        let record = desk.server.last_record()?;
        record.hang_up.is_some().then_some(record)
    })
    .await;
    let wall = |at| desk.server.wall_time(at);
    let late = record.chunks_at.iter().filter(|at| wall(**at) > clicked);
    let hang_up = record.hang_up.expect("a hang-up").at;
    (between_ms(clicked, wall(hang_up)), late.count())
}

/// An empty command and its answer, in milliseconds.
async fn empty_command(desk: &Desk) -> f64 {
    let script = format!(
        "const call = () => window.__TAURI_INTERNALS__.invoke('acknowledge_turn',
           {{turnId: crypto.randomUUID(), viewerId: 'bench', shown: 0}});
         (async () => {{
           const t = tick();
           for (let n = 0; n < {CALLS}; n += 1) await call();
           done((Date.now() - t) / {CALLS});
         }})();"
    );
    let took = desk.run_async(&script).await;
    took.as_f64().expect("a duration")
}

pub async fn measure(runs: usize, table: &mut Table) {
    let bare = bare_client::sample(runs).await;
    let desk = Desk::open().await;
    let mut command = Sample::default();
    for _ in 0..runs {
        command.push(empty_command(&desk).await);
    }
    table.add("empty command, mean of 10", "ms", &command, Some(&bare), "");
    let goal = "median 3, p99 10";
    for (name, by) in [("press", PRESS), ("Esc", ESC)] {
        let mut times = Sample::default();
        for _ in 0..runs {
            times.push(stop_silent(&desk, &By::Script(by)).await);
        }
        let name = format!("{name} to hang-up, silent server");
        table.add(name, "ms", &times, Some(&bare), goal);
    }
    // Enough for longer than any stop takes; the server copies all of it for each answer, and what
    // it needs for that the app has not.
    let long = Script::text(["word "].into_iter().cycle().take(5_000));
    desk.server.script(long.at(1000).then_silence());
    let pointer = Pointer::of(&desk.app);
    pointer.move_to(&desk.app, &testid("stop")).await;
    for (name, by) in [
        ("press", By::Script(PRESS)),
        ("Esc", By::Script(ESC)),
        ("real press", By::Pointer(&pointer)),
    ] {
        let (mut times, mut late) = (Sample::default(), Sample::default());
        for _ in 0..runs {
            let (time, chunks) = stop_writing(&desk, &by).await;
            times.push(time);
            late.push(chunks as f64);
        }
        let hang_up = format!("{name} to hang-up, 1,000 chunks/s");
        table.add(hang_up, "ms", &times, Some(&bare), goal);
        let written = format!("written after the {name}");
        table.add(written, "chunks", &late, None, "median at most 3");
    }
    table.add("bare reqwest, text", "ms", &bare, None, "");
}

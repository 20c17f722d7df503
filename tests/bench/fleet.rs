//! Twenty conversations that are written at once, 200 tokens a second each: how typing feels beside
//! them, and how soon Stop everything has reached all.

use crate::desk::{Desk, between_ms, page_time};
use crate::sample::{Sample, Table};
use std::time::{Duration, SystemTime};
use tacet_test_support::patience::until;
use tacet_test_support::server::Script;
use tacet_test_support::webdriver::{Key, testid};

const FLEET: usize = 20;
/// Fleets that are started and stopped.
const RUNS: usize = 5;
/// Keys that are pressed beside one.
const KEYS: usize = 100;
const PER_SECOND: u32 = 200;
/// Enough for longer than all keys take.
const TOKENS: usize = 30_000;
/// Between two keys, as a quick typist needs it.
const PAUSE: Duration = Duration::from_millis(80);

/// Has the page note the frame after each change of the composer.
const LISTEN: &str = "
    window.framed = 0;
    byId('composer').addEventListener('input', () =>
      requestAnimationFrame(() => { window.framed = Date.now(); }));";

/// From before a key is sent to the page to the frame that shows it. What the driver needs for its
/// command is in it.
async fn type_keys(desk: &Desk) -> Sample {
    desk.run(LISTEN).await;
    desk.app.click(&testid("composer")).await;
    let mut sample = Sample::default();
    for _ in 0..KEYS {
        desk.run("window.framed = 0").await;
        tokio::time::sleep(PAUSE).await;
        let pressed = SystemTime::now();
        desk.app.press(&[Key::Char('a')]).await;
        desk.wait("the frame", "window.framed").await;
        let framed = page_time(&desk.run("return window.framed").await);
        sample.push(between_ms(pressed, framed) + 0.5);
    }
    sample
}

async fn start(desk: &Desk) {
    for _ in 0..FLEET {
        desk.ask().await;
        desk.wait(
            "an answer being written",
            "last()?.dataset.state === 'streaming'",
        )
        .await;
    }
}

/// From the press to the last of the hang-ups, in milliseconds.
async fn stop(desk: &Desk) -> f64 {
    let before = desk.server.records().len() - FLEET;
    let press = "const t = tick();
        byId('stop-all').dispatchEvent(new PointerEvent('pointerdown',
          {bubbles: true, cancelable: true, button: 0, pointerType: 'mouse'}));
        return t;";
    let pressed = page_time(&desk.run(press).await);
    let last = until("all hang-ups", || {
        let records = desk.server.records();
        let fleet = records[before..].iter();
        let all: Option<Vec<_>> = fleet
            .map(|record| record.hang_up.as_ref().map(|hang_up| hang_up.at))
            .collect();
        all?.into_iter().max()
    })
    .await;
    desk.wait("the end", "!byId('stop-all')").await;
    between_ms(pressed, desk.server.wall_time(last))
}

pub async fn measure(table: &mut Table) {
    let desk = Desk::open().await;
    let alone = type_keys(&desk).await;
    let words = ["word "].into_iter().cycle().take(TOKENS);
    desk.server
        .script(Script::text(words).at(PER_SECOND).then_silence());
    let (mut beside, mut stops) = (Sample::default(), Sample::default());
    for run in 0..RUNS {
        start(&desk).await;
        if run == 0 {
            beside = type_keys(&desk).await;
        }
        stops.push(stop(&desk).await);
    }
    let name = format!("a key beside {FLEET} answers, to its frame");
    table.add(name, "ms", &beside, Some(&alone), "p95 50");
    table.add("the same beside none", "ms", &alone, None, "");
    let name = format!("Stop everything to the last of {FLEET} hang-ups");
    table.add(name, "ms", &stops, None, "100");
}

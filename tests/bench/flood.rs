//! A server that sends more than a page can show: how long Stop takes then, to the hang-up and to the
//! page, and what app and page need of memory, beside a bare page that appends the same. And a server
//! that sends as much as the socket takes, until the limit for one answer ends it.

use crate::desk::{Desk, between_ms, page_time};
use crate::family::memory_mb;
use crate::paint::open_bare;
use crate::sample::{Sample, Table};
use serde_json::json;
use std::time::{Duration, Instant};
use tacet_test_support::server::{Say, Script};
use tacet_test_support::webdriver::App;

/// Runs a row.
const RUNS: usize = 3;
/// How long the server has been writing when Stop is pressed.
const SPAN: Duration = Duration::from_secs(8);
/// Megabytes a second.
const RATES: [u32; 2] = [1, 5];
/// What is sent at once, in megabytes.
const AT_ONCE: usize = 200;
/// Bytes of one paragraph, which is one chunk.
const PARAGRAPH: usize = 5_000;

/// Appends so many paragraphs a second to a bare page, each time all that are due.
const GROW: &str = "
    clearInterval(globalThis.growing);
    globalThis.shown?.remove();
    document.querySelector('textarea').hidden = true;
    const [words, rate] = arguments;
    const host = globalThis.shown = document.createElement('div');
    host.style = 'width: 720px; margin: 24px auto; font: 15px/24px sans-serif';
    document.body.append(host);
    const began = performance.now();
    let count = 0;
    globalThis.growing = setInterval(() => {
      for (; count < (performance.now() - began) / 1000 * rate; count += 1) {
        const paragraph = document.createElement('p');
        paragraph.textContent = words;
        host.append(paragraph);
      }
      scrollTo(0, document.documentElement.scrollHeight);
    }, 16);";

/// Presses Stop, and gives the moments of the press and of the first sign that it was taken.
const PRESS: &str = "
    const pressed = tick();
    press();
    const look = () => last().dataset.state === 'interrupted'
      ? done([pressed, Date.now()]) : setTimeout(look, 1);
    look();";

fn paragraph() -> String {
    let mut text = "The ice is thick. ".repeat(PARAGRAPH / 18);
    text += "\n\n";
    text
}

/// So many megabytes of paragraphs.
fn flood(megabytes: usize) -> Script {
    Script::say(vec![
        Say::text(paragraph());
        megabytes * 1_000_000 / PARAGRAPH
    ])
}

/// Asks, and waits for the first words.
async fn ask(desk: &Desk) {
    desk.ask().await;
    desk.wait("words", "last()?.textContent.includes('The ice')")
        .await;
}

/// How long a press took, in milliseconds.
struct Stopped {
    to_hang_up: f64,
    to_page: f64,
}

async fn press(desk: &Desk) -> Stopped {
    let times = desk.run_async(PRESS).await;
    let record = desk.server.last_record().expect("an exchange");
    let hang_up = record.hang_up.expect("a hang-up").at;
    let (pressed, shown) = (page_time(&times[0]), page_time(&times[1]));
    desk.server.unscript();
    Stopped {
        to_hang_up: between_ms(pressed, desk.server.wall_time(hang_up)),
        to_page: between_ms(pressed, shown),
    }
}

/// What app and page have in memory: all of it, and the page's part.
fn memories_mb(desk: &Desk) -> (f64, f64) {
    let process = desk.app.process();
    let page = process.page().expect("a page");
    (memory_mb(process), memory_mb(page))
}

/// The press, and the memory before it.
async fn stop_flood(desk: &Desk, rate: u32) -> (Stopped, (f64, f64)) {
    let chunks = rate * 1_000_000 / PARAGRAPH as u32;
    let seconds = SPAN.as_secs() as usize + 4;
    let flood = flood(rate as usize * seconds);
    desk.server.script(flood.at(chunks).then_silence());
    ask(desk).await;
    tokio::time::sleep(SPAN).await;
    let memories = memories_mb(desk);
    (press(desk).await, memories)
}

/// The press while as much comes as the socket takes, and no limit ends it.
async fn stop_at_once(desk: &Desk) -> Stopped {
    desk.server.script(flood(AT_ONCE).then_silence());
    ask(desk).await;
    press(desk).await
}

async fn bare_memory(window: &App, rate: u32) -> f64 {
    let chunks = rate * 1_000_000 / PARAGRAPH as u32;
    window.run(GROW, &[json!(paragraph()), json!(chunks)]).await;
    tokio::time::sleep(SPAN).await;
    let memory = memory_mb(window.process());
    window.run("clearInterval(globalThis.growing)", &[]).await;
    memory
}

/// From the question to the end at the limit in the page, and the most memory meanwhile.
async fn all_at_once(desk: &Desk) -> (Duration, f64) {
    desk.server.script(flood(AT_ONCE).then_silence());
    let begun = Instant::now();
    desk.ask().await;
    let mut most = 0_f64;
    let end = desk.wait("the limit", "last()?.dataset.state === 'incomplete'");
    tokio::pin!(end);
    let mut look = tokio::time::interval(Duration::from_millis(250));
    loop {
        tokio::select! {
            () = &mut end => break,
            _ = look.tick() => most = most.max(memory_mb(desk.app.process())),
        }
    }
    desk.server.unscript();
    (begun.elapsed(), most)
}

pub async fn measure(table: &mut Table) {
    for rate in RATES {
        let [
            mut hang_up,
            mut shown,
            mut memory,
            mut page_memory,
            mut bare,
        ] = [(); 5].map(|()| Sample::default());
        for _ in 0..RUNS {
            // A window each, since what one answer took stays with the page for a while.
            let desk = Desk::with(json!({"answer_limit_megabytes": 100})).await;
            let (stopped, (both, page)) = stop_flood(&desk, rate).await;
            hang_up.push(stopped.to_hang_up);
            shown.push(stopped.to_page);
            memory.push(both);
            page_memory.push(page);
            let window = open_bare().await;
            bare.push(bare_memory(&window, rate).await);
        }
        let name = |what: &str| format!("{what} at {rate} MB/s for 8 s");
        table.add(name("press to hang-up"), "ms", &hang_up, None, "");
        table.add(name("press to Stopped in the page"), "ms", &shown, None, "");
        table.add(name("memory"), "MB", &memory, Some(&bare), "");
        table.add("the page's part of it", "MB", &page_memory, None, "");
        table.add("the bare page that appends the same", "MB", &bare, None, "");
    }
    let [mut hang_up, mut shown, mut time, mut memory] = [(); 4].map(|()| Sample::default());
    for _ in 0..RUNS {
        let desk = Desk::with(json!({"answer_limit_megabytes": 1_000})).await;
        let stopped = stop_at_once(&desk).await;
        hang_up.push(stopped.to_hang_up);
        shown.push(stopped.to_page);
        let desk = Desk::open().await;
        let (took, most) = all_at_once(&desk).await;
        time.push_ms(took);
        memory.push(most);
    }
    let name = |what: &str| format!("{AT_ONCE} MB at once: {what}");
    table.add(name("press to hang-up"), "ms", &hang_up, None, "");
    table.add(name("press to Stopped in the page"), "ms", &shown, None, "");
    table.add(name("to the end at 8 MB"), "ms", &time, None, "");
    table.add(name("memory at most"), "MB", &memory, None, "");
}

//! A library of 1,000 conversations with 200,000 messages, one of 10,000 among them: what a person
//! waits for beside it, and what it takes.

pub mod archive;
mod author;
mod made;

use crate::desk::{Desk, between_ms, executable, folder, page_time};
use crate::family::memory_mb;
use crate::sample::{Sample, Table};
use crate::start::start;
use crate::stored;
use author::Author;
use made::{Library, Size};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tacet_core::Part;
use tacet_core::store::{Checkpointed, Search, Store};
use tacet_test_support::server::GatedServer;
use tacet_test_support::webdriver::Launch;
use tempfile::TempDir;

/// Starts, and openings of the longest conversation; each takes some seconds.
const RUNS: usize = 10;
/// Checkpoints of one answer.
const CHECKPOINTS: usize = 1_000;
/// Bytes that each of them adds: what a quick model writes in a second.
const GROWTH: usize = 500;
/// What an app needs to come to rest after it was opened, or a conversation in it.
const REST: Duration = Duration::from_secs(3);

/// The data folder with the library, copied for each app that may change it.
fn copy(from: &Path, server: &GatedServer) -> TempDir {
    let to = folder(server, json!({}));
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

async fn starts(library: &Path, table: &mut Table) {
    let server = GatedServer::start().await;
    let mut samples: [Sample; 4] = Default::default();
    let [time, memory, empty_time, empty_memory] = &mut samples;
    let full = copy(library, &server);
    for _ in 0..RUNS {
        for (data, time, memory) in [
            (None, &mut *empty_time, &mut *empty_memory),
            (Some(&full), &mut *time, &mut *memory),
        ] {
            let empty = folder(&server, json!({}));
            let data = data.unwrap_or(&empty).path();
            let launch = Launch::new(executable()).env("TACET_DATA_DIR", data);
            start(launch, time, memory).await;
        }
    }
    let name = "start to usable composer with the library";
    table.add(name, "ms", time, Some(empty_time), "100 more");
    table.add("the same without it", "ms", empty_time, None, "");
    table.add(
        "memory after the start",
        "MB",
        memory,
        Some(empty_memory),
        "",
    );
}

/// Opens the conversation, and gives the moments of the click and of the frame that shows its end.
fn open(library: &Library) -> String {
    format!(
        "const item = document.querySelector('[data-conversation=\"{}\"]');
        const clicked = tick();
        item.querySelector('button').click();
        const look = () => {{
          const {{bottom, height}} = last()?.getBoundingClientRect() ?? {{}};
          if (last()?.dataset.message === '{}' && height > 0 && bottom <= innerHeight)
            requestAnimationFrame(() => done([clicked, Date.now()]));
          else setTimeout(look, 1);
        }};
        look();",
        library.longest, library.last
    )
}

async fn openings(made: &Library, library: &Path, table: &mut Table) {
    let empty = Desk::open().await;
    tokio::time::sleep(REST).await;
    let mut without = Sample::default();
    without.push(memory_mb(empty.app.process()));
    drop(empty);
    let (mut time, mut memory) = (Sample::default(), Sample::default());
    for _ in 0..RUNS {
        let server = GatedServer::start().await;
        let data = copy(library, &server);
        let desk = Desk::over(server, data).await;
        let item = format!(
            "document.querySelector('[data-conversation=\"{}\"]')",
            made.longest
        );
        desk.wait("the list", &item).await;
        tokio::time::sleep(REST).await;
        let times = desk.run_async(&open(made)).await;
        time.push(between_ms(page_time(&times[0]), page_time(&times[1])));
        tokio::time::sleep(REST).await;
        memory.push(memory_mb(desk.app.process()));
    }
    table.add("the longest, to its end", "ms", &time, None, "200");
    let name = "memory with the longest open";
    table.add(name, "MB", &memory, Some(&without), "60 more");
    table.add("memory of an empty app", "MB", &without, None, "");
}

/// What is typed next, in an empty field: the beginning of a word that somebody once wrote.
fn prefix(author: &mut Author) -> String {
    let length = 1 + author.up_to(6);
    author.word().chars().take(length).collect()
}

/// Types one letter more into an empty field, so that all that is found is new on the page, and gives
/// the moments of the key, of the results in the document and of the next frame.
fn key(words: &str) -> String {
    format!(
        "const field = byId('search');
        const type = (words) => {{
          field.value = words;
          field.dispatchEvent(new Event('input', {{bubbles: true}}));
        }};
        type('');
        const clear = () => {{
          if (byId('search-status')) return setTimeout(clear, 1);
          // What is on the screen before a key has been painted.
          requestAnimationFrame(() => requestAnimationFrame(begin));
        }};
        const begin = () => {{
          const typed = tick();
          const observer = new MutationObserver(() => {{
            if (!byId('search-status')?.textContent) return;
            observer.disconnect();
            const found = Date.now();
            requestAnimationFrame(() => done([typed, found, Date.now()]));
          }});
          observer.observe(document.body, {{subtree: true, childList: true, characterData: true}});
          type({});
        }};
        clear();",
        json!(words)
    )
}

async fn searches(runs: usize, library: &Path, table: &mut Table) {
    let server = GatedServer::start().await;
    let data = copy(library, &server);
    let store = Store::open(data.path()).unwrap();
    made::index(&store).await;
    let mut author = Author::new(16);
    let mut answered = Sample::default();
    for _ in 0..runs {
        let search = Search {
            words: prefix(&mut author),
            utc_offset_minutes: 0,
            limit: 50,
        };
        let asked = Instant::now();
        store.search(search).await.unwrap();
        answered.push_ms(asked.elapsed());
    }
    drop(store);
    table.add("a search, in the core", "ms", &answered, None, "p95 30");
    let desk = Desk::over(server, data).await;
    desk.wait("the field", "byId('search')").await;
    tokio::time::sleep(REST).await;
    let (mut found, mut framed) = (Sample::default(), Sample::default());
    for _ in 0..runs {
        let times = desk.run_async(&key(&prefix(&mut author))).await;
        // The page's clock shows the millisecond that has begun: half of one is missing on average.
        let since_typed = |at: usize| between_ms(page_time(&times[0]), page_time(&times[at])) + 0.5;
        found.push(since_typed(1));
        framed.push(since_typed(2));
    }
    let name = "a key in the search to its results";
    table.add(name, "ms", &found, None, "p95 30");
    table.add("the same to the next frame", "ms", &framed, None, "");
}

/// An answer that is written beside the library, whose index is kept meanwhile.
async fn checkpoints(library: &Path, table: &mut Table) {
    let server = GatedServer::start().await;
    let data = copy(library, &server);
    let store = Store::open(data.path()).unwrap();
    made::index(&store).await;
    let mut author = Author::new(17);
    let new = stored::turn(&stored::conversation("Ice"), None, "What is ice?");
    let (answer, turn) = (new.answer.id, new.turn_id);
    store.begin_turn(new).await.unwrap();
    let mut saved = Checkpointed::default();
    let mut text = String::new();
    let mut sample = Sample::default();
    for _ in 0..CHECKPOINTS {
        let end = text.len() + GROWTH;
        while text.len() < end {
            text.push(' ');
            text += author.word();
        }
        let new = saved.advance(&[Part::Text { text: text.clone() }]);
        let began = Instant::now();
        assert!(store.checkpoint(answer, turn, new).await.unwrap());
        sample.push_ms(began.elapsed());
    }
    table.add("a checkpoint of an answer", "ms", &sample, None, "p99 5");
}

/// `divisor` makes the library so many times smaller.
pub async fn measure(runs: usize, divisor: usize, table: &mut Table) {
    let library = tempfile::tempdir().unwrap();
    let made = made::write(library.path(), Size::WHOLE.divided_by(divisor)).await;
    let size = Sample::of(made.size as f64 / made.text as f64);
    let name = format!("on disk, for each of {} MB of text", made.text / 1_000_000);
    table.add(name, "MB", &size, None, "");
    starts(library.path(), table).await;
    openings(&made, library.path(), table).await;
    searches(runs, library.path(), table).await;
    checkpoints(library.path(), table).await;
}

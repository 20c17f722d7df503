//! Use without a rest for a while: answers are written, stopped and read again, tools run,
//! conversations are searched, opened and deleted, settings opened and closed; and what app and page
//! have in memory meanwhile. What grows although nothing is kept is a leak.

mod plot;

use crate::desk::{Desk, folder};
use crate::family::{memory_mb, memory_of};
use crate::sample::{Sample, Table};
use plot::Track;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use tacet_test_support::server::{Finish, GatedServer, Request, Say, Script, Tokens};
use tacet_test_support::webdriver::{App, COLLECT, Key, testid};

/// Conversations that there are; the oldest one is deleted for each one more.
const KEPT: usize = 12;
/// Pieces of an answer a second: some ten times as quick as a person reads.
const PER_SECOND: u32 = 400;
/// What a model writes, of every kind that the page renders in its own way.
const ANSWER: &str = "\n## How a glacier works\n\nSnow that *does not melt* becomes **ice**: see \
    [the notes](https://example.org/ice) and `flow.rs`.\n\n- it pushes stones\n- it leaves them\n\n\
    | place | metres a year |\n|---|---:|\n| valley | 120 |\n\n```rust\nfn flow(slope: f64) -> f64 \
    {\n    slope.powi(3)\n}\n```\n\nThe rate is $\\dot\\epsilon = A\\tau^3$, in short.\n";
/// What is asked so that a tool is called.
const LOOK: &str = "Look into my notes.";
/// What is asked to be stopped.
const LONG: &str = "Tell me all of it.";

fn pieces(times: usize) -> Vec<Say> {
    let text: Vec<char> = ANSWER.repeat(times).chars().collect();
    let pieces = text
        .chunks(12)
        .map(|piece| piece.iter().collect::<String>());
    pieces.map(|piece| Say::text(&piece)).collect()
}

/// How the model answers: with a tool, once, where it is asked to look; with more than anybody waits
/// for where it is asked for all; and else with reasoning and a page of text.
fn script(request: &Request) -> Option<Script> {
    let body = request.json();
    let last = body["messages"].as_array()?.last()?;
    let asked = last["content"].as_str().unwrap_or_default();
    let tokens = Tokens::new(200, 300);
    if asked == LOOK {
        let call = [
            Say::text("I look."),
            Say::tool("call_1", "read_file"),
            Say::arguments(r#"{"path":"notes.txt"}"#),
        ];
        return Some(Script::answer(call, Finish::ToolCalls, tokens));
    }
    if asked == LONG {
        return Some(Script::say(pieces(50)).at(PER_SECOND).then_silence());
    }
    let said = [Say::reasoning("It is about ice. ")]
        .into_iter()
        .cycle()
        .take(20)
        .chain(pieces(2));
    Some(Script::answer(said, Finish::Stop, tokens).at(PER_SECOND))
}

/// A folder with settings under which tools may read, and something for them to be read.
fn data(server: &GatedServer, work: &Path) -> tempfile::TempDir {
    std::fs::write(work.join("notes.txt"), "A moraine is rubble.\n".repeat(400)).unwrap();
    let work = work.canonicalize().unwrap();
    let more = json!({"folders": [work], "tools": {"always": ["tacet/read_file"]}});
    folder(server, more)
}

async fn ask(desk: &Desk, words: &str) {
    let script = "const composer = byId('composer');
        composer.value = arguments[0];
        composer.dispatchEvent(new Event('input', {bubbles: true}));";
    desk.run_with(script, &[json!(words)]).await;
    desk.wait("an enabled Send", "!byId('send').disabled").await;
    desk.run("byId('send').click()").await;
}

async fn answered(desk: &Desk, count: usize) {
    let whole = format!("answers().length >= {count} && last().dataset.state === 'complete'");
    desk.wait("a whole answer", &whole).await;
}

/// What a person does in a few minutes.
async fn round(desk: &Desk, number: usize) {
    desk.run("byId('new-conversation').click()").await;
    desk.wait("an empty conversation", "answers().length === 0")
        .await;
    ask(desk, &format!("Question {number}: what is a moraine?")).await;
    answered(desk, 1).await;
    ask(desk, LOOK).await;
    answered(desk, 2).await;
    ask(desk, LONG).await;
    let streaming = "last().dataset.state === 'streaming' && last().textContent.length > 2000";
    desk.wait("an answer being written", streaming).await;
    desk.run("press()").await;
    desk.wait("its end", "last().dataset.state === 'interrupted'")
        .await;
    for words in ["mor", "moraine glacier", "\"stones it\""] {
        search(desk, words).await;
    }
    for place in [1, 2, 0] {
        visit(desk, place).await;
    }
    look_at_settings(&desk.app).await;
    delete_oldest(desk).await;
}

async fn search(desk: &Desk, words: &str) {
    let type_in = "const field = byId('search');
        field.value = arguments[0];
        field.dispatchEvent(new Event('input', {bubbles: true}));";
    desk.run_with(type_in, &[json!(words)]).await;
    desk.wait("results", "byId('search-status')?.textContent")
        .await;
    desk.run_with(type_in, &[json!("")]).await;
    desk.wait("the list", "!byId('search-status')").await;
}

/// Opens the conversation at that place of the list.
async fn visit(desk: &Desk, place: usize) {
    let open = "const items = document.querySelectorAll('[data-testid=\"conversation-item\"]');
        items[Math.min(arguments[0], items.length - 1)].querySelector('button.open').click();";
    desk.run_with(open, &[json!(place)]).await;
    desk.wait("its messages", "answers().length >= 3").await;
}

async fn look_at_settings(app: &App) {
    app.press(&[Key::Control, Key::Char(',')]).await;
    app.find(&testid("settings-panel")).await;
    app.click(&testid("settings-panel-close")).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
}

async fn delete_oldest(desk: &Desk) {
    let items = "document.querySelectorAll('[data-testid=\"conversation-item\"]')";
    let count = desk.run(&format!("return {items}.length")).await;
    if count.as_u64() <= Some(KEPT as u64) {
        return;
    }
    let delete = format!(
        "[...{items}].at(-1).querySelector('button.open')
          .dispatchEvent(new KeyboardEvent('keydown', {{key: 'Delete', bubbles: true}}))"
    );
    desk.run(&delete).await;
    desk.wait("the way back", "byId('deleted')").await;
    // Nobody takes it.
    desk.run("byId('deleted').querySelector('.icon-button').click()")
        .await;
    desk.wait("no way back", "!byId('deleted')").await;
}

/// The tracks: the app's own process, its page's, and all that belong to it.
const TRACKS: [&str; 3] = ["app", "page", "all processes"];

fn memories(app: &App) -> [f64; 3] {
    let process = app.process();
    let page = process.page().expect("a page");
    [memory_of(process), memory_of(page), memory_mb(process)]
}

/// Goes on for so long.
pub async fn measure(minutes: usize, table: &mut Table) {
    let server = GatedServer::start().await;
    server.set_rules(None);
    server.script_with(script);
    let work = tempfile::tempdir().unwrap();
    let data = data(&server, work.path());
    let desk = Desk::over(server, data).await;
    let mut tracks = TRACKS.map(Track::new);
    let time = Duration::from_secs(60 * minutes as u64);
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < time {
        round(&desk, rounds).await;
        rounds += 1;
        desk.run(COLLECT).await;
        let at = begun.elapsed();
        for (track, memory) in tracks.iter_mut().zip(memories(&desk.app)) {
            track.note(at, memory);
        }
    }
    for track in &tracks {
        let sample = |value| {
            let mut sample = Sample::default();
            sample.push(value);
            sample
        };
        let name = format!("{} after {minutes} minutes", track.name());
        table.add(name, "MB", &sample(track.last()), None, "");
        let name = format!("{}: growth in {rounds} rounds", track.name());
        table.add(name, "MB/h", &sample(track.slope()), None, "none");
    }
    let path = Path::new("target/soak.svg");
    std::fs::create_dir_all("target").unwrap();
    std::fs::write(path, plot::svg(&tracks)).unwrap();
    println!("The plot is {}.", path.canonicalize().unwrap().display());
}

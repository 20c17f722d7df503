//! The CPU time of the app while an answer comes, beside that of a bare page in the same web view
//! that appends the same text and scrolls along.

use crate::bare_window;
use crate::desk::Desk;
use crate::family::cpu_seconds;
use crate::sample::{Sample, Table};
use serde_json::json;
use std::time::{Duration, Instant};
use tacet_test_support::server::{Say, Script};
use tacet_test_support::webdriver::{App, AppProcess, Launch};

/// Measurements of each, taken by turns.
pub const RUNS: usize = 5;
/// How long one takes.
const SPAN: Duration = Duration::from_secs(8);
/// What comes before it: the beginning of the text, and the end of what scroll bars do after that.
const BEFORE: Duration = Duration::from_secs(6);

const WORDS: &str = "The glacier moves slowly over the rock and takes stones with it as it goes \
    down the valley to where it melts. ";
/// Characters in a piece.
const PIECE: usize = 6;

/// Shows text as the app's answers do, only bare, and grows it until the next text begins.
const GROW: &str = "
    clearInterval(globalThis.growing);
    globalThis.shown?.remove();
    document.querySelector('textarea').hidden = true;
    const [words, start, piece, rate] = arguments;
    const host = globalThis.shown = document.createElement('div');
    host.style = 'width: 720px; margin: 24px auto; font: 15px/24px sans-serif;' +
      'white-space: pre-wrap; overflow-wrap: anywhere';
    const text = document.createTextNode('');
    host.append(text);
    document.body.append(host);
    let at = 0;
    const append = (count) => {
      let next = '';
      for (; next.length < count; at += 1) next += words[at % words.length];
      text.appendData(next);
      scrollTo(0, document.documentElement.scrollHeight);
    };
    append(start);
    if (rate > 0) globalThis.growing = setInterval(() => append(piece), 1000 / rate);";

/// One kind of answer.
struct Kind {
    name: &'static str,
    /// Pieces a second.
    rate: u32,
    /// Characters that are there when it begins.
    start: usize,
    say: fn(String) -> Say,
    goal: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "text, 20 pieces/s",
        rate: 20,
        start: 20_000,
        say: Say::Text,
        goal: "ratio 1.5",
    },
    Kind {
        name: "arguments, 50 pieces/s, from 2 KB on",
        rate: 50,
        start: 2_000,
        say: Say::ToolArguments,
        goal: "ratio 1.5",
    },
    Kind {
        name: "arguments, 50 pieces/s, from 100 KB on",
        rate: 50,
        start: 100_000,
        say: Say::ToolArguments,
        goal: "ratio 1.5",
    },
    Kind {
        name: "folded reasoning, 50 pieces/s",
        rate: 50,
        start: 20_000,
        say: Say::Reasoning,
        goal: "",
    },
];

impl Kind {
    /// An answer that outlasts the measurement.
    fn answer(&self) -> Script {
        let seconds = (BEFORE + SPAN).as_secs() as usize + 10;
        let mut words = WORDS.chars().cycle();
        let mut next = |count| words.by_ref().take(count).collect::<String>();
        let mut said = Vec::new();
        if matches!((self.say)(String::new()), Say::ToolArguments(_)) {
            said.push(Say::tool("call_1", "write_file"));
        }
        // Paragraphs, as they come in answers.
        let first: Vec<String> = (0..self.start / 600).map(|_| next(600)).collect();
        said.push((self.say)(first.join("\n\n")));
        said.extend((0..seconds * self.rate as usize).map(|_| (self.say)(next(PIECE))));
        Script::say(said).at(self.rate).then_silence()
    }
}

/// The part of one core that the process and its descendants take, in percent.
pub async fn load(process: AppProcess) -> f64 {
    let (begun, before) = (Instant::now(), cpu_seconds(process));
    tokio::time::sleep(SPAN).await;
    (cpu_seconds(process) - before) / begun.elapsed().as_secs_f64() * 100.0
}

async fn tacet(desk: &Desk, kind: &Kind) -> f64 {
    desk.server.script(kind.answer());
    desk.ask().await;
    tokio::time::sleep(BEFORE).await;
    let load = load(desk.app.process()).await;
    desk.run("byId('stop').click()").await;
    desk.wait("the end", "last()?.dataset.state === 'interrupted'")
        .await;
    load
}

async fn bare(window: &App, kind: &Kind) -> f64 {
    let arguments = [
        json!(WORDS),
        json!(kind.start),
        json!(PIECE),
        json!(kind.rate),
    ];
    window.run(GROW, &arguments).await;
    tokio::time::sleep(BEFORE).await;
    let load = load(window.process()).await;
    window.run("clearInterval(globalThis.growing)", &[]).await;
    load
}

/// The bare window, painted as Tacet is where there is no graphics card.
pub async fn open_bare() -> App {
    Launch::new(std::env::current_exe().unwrap())
        .arg(bare_window::WORD)
        .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
        .start()
        .await
}

pub async fn measure(table: &mut Table) {
    let desk = Desk::open().await;
    let window = open_bare().await;
    let mut samples: [(Sample, Sample); KINDS.len()] = Default::default();
    for run in 0..=RUNS {
        for (kind, (beside, own)) in KINDS.iter().zip(&mut samples) {
            let (bare, tacet) = (bare(&window, kind).await, tacet(&desk, kind).await);
            // The first is for the engine's compiler.
            if run > 0 {
                beside.push(bare);
                own.push(tacet);
            }
        }
    }
    for (kind, (beside, own)) in KINDS.iter().zip(&samples) {
        table.add(kind.name, "% of a core", own, Some(beside), kind.goal);
        table.add("the same in the bare page", "% of a core", beside, None, "");
    }
}

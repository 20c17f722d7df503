//! A finished answer of megabytes is opened: how long that takes to the end of it in the window, and
//! what it takes in the page's memory, beside the same page with nothing open.

use crate::desk::{Desk, between_ms, folder, page_time};
use crate::family::memory_mb;
use crate::sample::{Sample, Table};
use crate::stored::write_conversation;
use serde_json::json;
use std::time::Duration;
use tacet_test_support::server::GatedServer;

/// Runs a row.
const RUNS: usize = 5;
/// A finished answer that is opened.
struct Answer {
    kind: &'static str,
    /// Its piece of that number.
    piece: fn(usize) -> String,
    megabytes: usize,
    /// The goals.
    soon: &'static str,
    small: &'static str,
}

/// Blocks of every kind, and single blocks that nothing cuts into sections.
const ANSWERS: [Answer; 5] = [
    Answer {
        soon: "1000",
        small: "60",
        ..Answer::of("an answer", chapter)
    },
    Answer {
        megabytes: 4,
        ..Answer::of("an answer", chapter)
    },
    Answer::of("one block of code", code),
    Answer::of("one list", item),
    Answer::of("one paragraph", words),
];

impl Answer {
    const fn of(kind: &'static str, piece: fn(usize) -> String) -> Self {
        Self {
            kind,
            piece,
            megabytes: 1,
            soon: "",
            small: "",
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for number in 0.. {
            if text.len() >= self.megabytes * 1_000_000 {
                break;
            }
            text += &(self.piece)(number);
        }
        let fence = if text.starts_with("```") { "```" } else { "" };
        format!("{text}{fence}\n\nThat is the end of the ice.")
    }
}

/// What a page needs to come to rest after it was opened, or an answer in it.
const REST: Duration = Duration::from_secs(3);

/// Every kind of block, about 1 KB.
fn chapter(number: usize) -> String {
    let words =
        "The *glacier* moves **slowly** over the rock, and takes `stones` with it. ".repeat(4);
    format!(
        "## Chapter {number}\n\n{words}\n\n- one item of {number}\n- another with [a link]\
         (https://example.org/{number})\n  - and one below it\n\n```rust\nfn flow_{number}(ice: &Ice) \
         -> Stones {{\n    // Slow at the rock.\n    ice.layers().map(|layer| layer.stones * {number})\
         .sum()\n}}\n```\n\n| Year | Length | State |\n|---|--:|:-:|\n| 19{number} | 12.5 km | *ice* \
         |\n| 20{number} | 11.9 km | melts |\n\n$$\nv_{{{number}}} = \\frac{{2A}}{{n + 1}} \\tau^n h\n\
         $$\n\n> A quote of {number}, which is $x^2$ long.\n\n"
    )
}

/// A line of a program; the first one opens its block, which the end of the answer closes.
fn code(number: usize) -> String {
    let fence = if number == 0 { "```rust\n" } else { "" };
    format!("{fence}let stones_{number} = ice.layers().nth({number}).map(|layer| layer.stones);\n")
}

fn item(number: usize) -> String {
    format!("- The **glacier** number {number} takes `stones` with it.\n")
}

fn words(number: usize) -> String {
    format!("The *glacier* number {number} moves **slowly** over the rock. ")
}

/// Opens the conversation, and gives the moments of the click and of the frame that shows its end.
const OPEN: &str = "
    const clicked = tick();
    byId('conversation-item').querySelector('button').click();
    const isThere = () => {
      const text = last()?.querySelector('[data-kind=text]');
      const {bottom, height} = text?.getBoundingClientRect() ?? {};
      return height > 0 && bottom <= innerHeight && text.textContent.endsWith('the end of the ice.');
    };
    const look = () => isThere()
      ? requestAnimationFrame(() => done([clicked, Date.now()])) : setTimeout(look, 1);
    look();";

async fn open(text: String) -> (f64, f64) {
    let server = GatedServer::start().await;
    let folder = folder(&server, json!({}));
    let exchange = ("Tell me all about ice.".to_owned(), text);
    write_conversation(folder.path(), "Ice", [exchange]).await;
    let desk = Desk::over(server, folder).await;
    desk.wait("the list", "byId('conversation-item')").await;
    tokio::time::sleep(REST).await;
    let page = desk.app.process().page().expect("a page");
    let before = memory_mb(page);
    let times = desk.run_async(OPEN).await;
    tokio::time::sleep(REST).await;
    let took = between_ms(page_time(&times[0]), page_time(&times[1]));
    (took, memory_mb(page) - before)
}

pub async fn measure(table: &mut Table) {
    for answer in ANSWERS {
        let (mut time, mut memory) = (Sample::default(), Sample::default());
        for _ in 0..RUNS {
            let (took, more) = open(answer.text()).await;
            time.push(took);
            memory.push(more);
        }
        let name = |what: &str| format!("{} of {} MB, {what}", answer.kind, answer.megabytes);
        table.add(name("to its end"), "ms", &time, None, answer.soon);
        table.add(name("more in the page"), "MB", &memory, None, answer.small);
    }
}

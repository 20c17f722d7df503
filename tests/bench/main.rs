//! What Tacet promises in milliseconds, measured on real sockets and in the real window.
//!
//! `cargo xtask bench [ROW…] [--runs N]` builds the app in release mode and runs this. Rows: `core`,
//! `tools`, `click`, `paint`, `idle`, `flood`, `long`, `text`, `work`, `start`; all of them without a name.
//! `TACET_BIN` names the app.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bare_client;
mod bare_window;
mod click;
mod core_stop;
mod desk;
mod family;
mod flood;
mod idle;
mod long;
mod paint;
mod sample;
mod start;
#[path = "../stored.rs"]
mod stored;
mod text;
mod tools;
mod work;

use sample::Table;

/// Runs a row where nothing else is said.
const RUNS: usize = 200;

const ROWS: [&str; 10] = [
    "core", "tools", "click", "paint", "idle", "flood", "long", "text", "work", "start",
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == bare_window::WORD) {
        bare_window::open();
        return;
    }
    let (rows, runs) = match understand(&words) {
        Ok(understood) => understood,
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    };
    // As many workers as the app's own runtime would have here.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for row in rows {
            let mut table = Table::new();
            match row.as_str() {
                "core" => core_stop::measure(runs, &mut table).await,
                "tools" => tools::measure(runs, &mut table).await,
                "click" => click::measure(runs, &mut table).await,
                "paint" => paint::measure(&mut table).await,
                "idle" => idle::measure(&mut table).await,
                "flood" => flood::measure(&mut table).await,
                "long" => long::measure(&mut table).await,
                "text" => text::measure(runs, &mut table).await,
                "work" => work::measure(&mut table).await,
                _ => start::measure(&mut table).await,
            }
            println!("{table}");
        }
    });
}

/// The rows that were asked for, and how many runs of each.
fn understand(words: &[String]) -> Result<(Vec<String>, usize), String> {
    let (mut rows, mut runs) = (Vec::new(), RUNS);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo adds it.
            "--bench" => {}
            "--runs" => {
                let number = words.next().and_then(|number| number.parse().ok());
                runs = number
                    .filter(|&number| number > 0)
                    .ok_or("--runs needs a number above 0.")?;
            }
            row if ROWS.contains(&row) => rows.push(row.to_owned()),
            other => {
                let rows = ROWS.join(", ");
                return Err(format!("`{other}` is no row. The rows are: {rows}."));
            }
        }
    }
    if rows.is_empty() {
        rows = ROWS.map(str::to_owned).to_vec();
    }
    Ok((rows, runs))
}

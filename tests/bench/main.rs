//! What Tacet promises in milliseconds, measured on real sockets and in the real window.
//!
//! `cargo xtask bench [ROW…] [--runs N] [--smaller N] [--minutes N]` builds the app in release mode
//! and runs this. Rows: `core`, `tools`, `click`, `paint`, `idle`, `flood`, `fleet`, `long`, `text`,
//! `work`, `start`, `library`, `import`; all of them without a name. `--smaller` makes what the last
//! two are about so many times smaller. `soak` runs only by its name, for `--minutes`, and draws
//! `target/soak.svg`. `TACET_BIN` names the app.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bare_client;
mod bare_window;
mod click;
mod core_stop;
mod desk;
mod family;
mod fleet;
mod flood;
mod idle;
mod library;
mod long;
mod paint;
mod sample;
mod soak;
mod start;
#[path = "../stored.rs"]
mod stored;
mod text;
mod tools;
mod work;

use sample::Table;

/// Runs a row where nothing else is said.
const RUNS: usize = 200;

const ROWS: [&str; 13] = [
    "core", "tools", "click", "paint", "idle", "flood", "fleet", "long", "text", "work", "start",
    "library", "import",
];
/// What takes too long to be meant by no name.
const SOAK: &str = "soak";
/// How long it goes on where nothing else is said: two hours of use in a fraction of them.
const MINUTES: usize = 30;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == bare_window::WORD) {
        bare_window::open();
        return;
    }
    let asked = match understand(&words) {
        Ok(understood) => understood,
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    };
    // As many workers as the app's own runtime would have here.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let Asked {
            rows,
            runs,
            smaller,
            minutes,
        } = asked;
        for row in rows {
            let mut table = Table::new();
            match row.as_str() {
                "core" => core_stop::measure(runs, &mut table).await,
                "tools" => tools::measure(runs, &mut table).await,
                "click" => click::measure(runs, &mut table).await,
                "paint" => paint::measure(&mut table).await,
                "idle" => idle::measure(&mut table).await,
                "flood" => flood::measure(&mut table).await,
                "fleet" => fleet::measure(&mut table).await,
                "long" => long::measure(&mut table).await,
                "text" => text::measure(runs, &mut table).await,
                "work" => work::measure(&mut table).await,
                "library" => library::measure(runs, smaller, &mut table).await,
                SOAK => soak::measure(minutes, &mut table).await,
                "import" => library::archive::measure(smaller, &mut table),
                _ => start::measure(&mut table).await,
            }
            println!("{table}");
        }
    });
}

/// What was asked for.
struct Asked {
    rows: Vec<String>,
    runs: usize,
    /// So many times smaller are the library and the archive.
    smaller: usize,
    /// So long is the soak.
    minutes: usize,
}

fn understand(words: &[String]) -> Result<Asked, String> {
    let mut asked = Asked {
        rows: Vec::new(),
        runs: RUNS,
        smaller: 1,
        minutes: MINUTES,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|number| number.parse().ok());
            number
                .filter(|&number| number > 0)
                .ok_or(format!("{word} needs a number above 0."))
        };
        match word.as_str() {
            // Cargo adds it.
            "--bench" => {}
            "--runs" => asked.runs = number()?,
            "--smaller" => asked.smaller = number()?,
            "--minutes" => asked.minutes = number()?,
            row if ROWS.contains(&row) || row == SOAK => asked.rows.push(row.to_owned()),
            other => {
                let rows = ROWS.join(", ");
                return Err(format!(
                    "`{other}` is no row. The rows are: {rows}, {SOAK}."
                ));
            }
        }
    }
    if asked.rows.is_empty() {
        asked.rows = ROWS.map(str::to_owned).to_vec();
    }
    Ok(asked)
}

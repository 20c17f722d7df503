//! Start to a usable composer, and proportional memory, beside a bare Tauri window.

use crate::bare_window;
use crate::desk::{executable, folder};
use crate::family::{age, memory_mb};
use crate::sample::{Sample, Table};
use serde_json::json;
use tacet_test_support::server::GatedServer;
use tacet_test_support::webdriver::{Launch, testid};

/// Starts of each; a start takes a second, so there are fewer than of the other measurements.
const STARTS: usize = 20;

/// Whether a person could type now.
const USABLE: &str = "const field = document.querySelector(arguments[0]);
    return !!field && document.activeElement === field";

/// Adds one start to both samples.
pub async fn start(launch: Launch, time: &mut Sample, memory: &mut Sample) {
    let app = launch.start().await;
    let composer = [serde_json::json!(testid("composer").selector())];
    app.wait_until("the composer", USABLE, &composer).await;
    time.push_ms(age(app.process()));
    // What the start alone needed has been given back by then.
    app.run_async("setTimeout(arguments[0], 500)", &[]).await;
    memory.push(memory_mb(app.process()));
}

pub async fn measure(table: &mut Table) {
    let server = GatedServer::start().await;
    let mut samples: [Sample; 4] = Default::default();
    let [time, memory, bare_time, bare_memory] = &mut samples;
    for _ in 0..STARTS {
        let bare = Launch::new(std::env::current_exe().unwrap()).arg(bare_window::WORD);
        start(bare, bare_time, bare_memory).await;
        let data = folder(&server, json!({}));
        let tacet = Launch::new(executable()).env("TACET_DATA_DIR", data.path());
        start(tacet, time, memory).await;
    }
    table.add("start to usable composer", "ms", time, Some(bare_time), "");
    table.add(
        "bare Tauri window: start to focus",
        "ms",
        bare_time,
        None,
        "",
    );
    table.add(
        "memory with all processes",
        "MB",
        memory,
        Some(bare_memory),
        "",
    );
    table.add("bare Tauri window: memory", "MB", bare_memory, None, "");
}

//! A large archive of another app is taken in by command: how long that takes, and how much memory.

use super::author::Author;
use crate::desk::executable;
use crate::family::peak_mb;
use crate::sample::{Sample, Table};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SEED: u64 = 15;
/// Bytes of the archive.
const SIZE: usize = 1_000_000_000;
/// Messages of a conversation, at most.
const LONGEST: usize = 400;
/// How often the process is looked at; the kernel keeps the highest figure.
const GLANCE: Duration = Duration::from_millis(20);

/// A conversation as ChatGPT exports it: one branch, and a root without a message.
fn conversation(author: &mut Author, number: usize) -> Value {
    let messages = author.up_to(LONGEST);
    let id = |place: usize| format!("{number:08}-{place:04}");
    let mut mapping = serde_json::Map::new();
    let root = json!({"id": id(0), "parent": null, "children": [id(1)], "message": null});
    mapping.insert(id(0), root);
    for place in 1..=messages {
        let (role, sentences) = match place % 2 {
            1 => ("user", author.up_to(3)),
            _ => ("assistant", 3 + author.up_to(20)),
        };
        let children = if place < messages {
            vec![id(place + 1)]
        } else {
            vec![]
        };
        let node = json!({
            "id": id(place), "parent": id(place - 1), "children": children,
            "message": {
                "id": id(place), "author": {"role": role, "name": null, "metadata": {}},
                "create_time": 1_700_000_000.5, "update_time": null,
                "content": {"content_type": "text", "parts": [author.prose(sentences)]},
                "status": "finished_successfully", "end_turn": true, "weight": 1.0,
                "metadata": {"model_slug": "gpt-4o"}, "recipient": "all", "channel": null,
            },
        });
        mapping.insert(id(place), node);
    }
    json!({"conversation_id": format!("{number:08}"), "title": author.prose(1),
        "create_time": 1_700_000_000.0, "update_time": 1_700_000_100.0,
        "current_node": id(messages), "mapping": mapping})
}

/// Writes an archive of at least so many bytes, as it is made; gives how many it is.
fn write(path: &Path, bytes: usize) -> usize {
    let mut archive = ZipWriter::new(BufWriter::new(File::create(path).unwrap()));
    // As large in the archive as it is when it is read.
    let stored = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    archive.start_file("conversations.json", stored).unwrap();
    let mut author = Author::new(SEED);
    let mut written = 0;
    for number in 0.. {
        let json = conversation(&mut author, number).to_string();
        archive
            .write_all(if number == 0 { b"[" } else { b",\n" })
            .unwrap();
        archive.write_all(json.as_bytes()).unwrap();
        written += json.len() + 2;
        if written >= bytes {
            break;
        }
    }
    archive.write_all(b"]").unwrap();
    archive.finish().unwrap().flush().unwrap();
    written
}

/// `divisor` makes the archive so many times smaller.
pub fn measure(divisor: usize, table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("export.zip");
    let bytes = write(&archive, SIZE / divisor);
    let data = folder.path().join("data");
    let begun = Instant::now();
    let mut process = Command::new(executable())
        .arg("import")
        .arg(&archive)
        .env("TACET_DATA_DIR", &data)
        .env_remove("DISPLAY")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = peak_mb(process.id()).unwrap_or(peak).max(peak);
        match process.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(GLANCE),
        }
    };
    let took = begun.elapsed();
    assert!(status.success(), "{status}");
    let name = |what: &str| format!("an archive of {} MB, {what}", bytes / 1_000_000);
    let seconds = Sample::of(took.as_secs_f64());
    table.add(name("to its end"), "s", &seconds, None, "");
    table.add(name("most memory"), "MB", &Sample::of(peak), None, "");
}

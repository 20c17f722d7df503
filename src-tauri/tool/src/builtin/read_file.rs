//! Reads a file.

use super::opening::{UntilStopped, open_file};
use super::{Folders, READS, TEXT_LIMIT, arguments, head, reading, spec};
use crate::tool::{Calling, OnProgress, Tool, ToolSpec};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How much of a file is looked through for the wanted lines, in bytes.
const LOOKED_AT: u64 = 64 * 1024 * 1024;

/// `read_file`.
pub struct ReadFile {
    spec: ToolSpec,
    folders: Folders,
}

impl ReadFile {
    /// Reads within `folders`.
    pub fn new(folders: Folders) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "The file." },
                "from_line": {
                    "type": "integer", "minimum": 1,
                    "description": "The first line to read, counted from 1."
                },
            },
            "required": ["path"],
            "additionalProperties": false,
        });
        let description =
            "Reads a text file, at most 64 KB of it. To go on, call it again with from_line.";
        Self {
            spec: spec("read_file", "Read a file", description, schema, READS),
            folders,
        }
    }
}

impl Tool for ReadFile {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        let folders = self.folders.clone();
        Box::pin(reading(stop, move |stop| {
            let name = arguments::text(&given, "path");
            let path = folders.existing(name)?;
            let from = arguments::number(&given, "from_line").unwrap_or(1);
            read(&path, name, from, stop)
        }))
    }
}

fn read(path: &Path, name: &str, from: u64, stop: &CancellationToken) -> Result<String, String> {
    let failed = |error| format!("{name} cannot be read: {error}");
    let file = UntilStopped::new(open_file(path, name)?, stop);
    let mut lines = BufReader::new(file.take(LOOKED_AT));
    let mut line = Vec::new();
    for passed in 1..from {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Err(format!(
                "{name} has no line {from}: it ends after {}.",
                passed - 1
            ));
        }
    }
    let mut bytes = Vec::new();
    let limit = TEXT_LIMIT as u64 + 4;
    lines
        .by_ref()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.contains(&0) {
        return Err(format!("{name} is not text."));
    }
    let text = String::from_utf8_lossy(&bytes);
    let shown = head(&text, TEXT_LIMIT);
    if shown.len() == text.len() {
        return Ok(text.into_owned());
    }
    // Whole lines, where there is more than a part of one.
    let shown = shown.rfind('\n').map_or(shown, |end| &shown[..=end]);
    let next = from + shown.matches('\n').count() as u64;
    Ok(if next == from {
        format!("{shown}\n[Line {from} is longer than 64 KB; the rest of it is left out.]")
    } else {
        format!("{shown}[More follows: go on with from_line {next}.]")
    })
}

//! Searches the files of a folder.

use super::opening::{UntilStopped, open_file};
use super::{Folders, READS, arguments, bounded, head, reading, spec};
use crate::tool::{Calling, OnProgress, Tool, ToolSpec};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::sinks::Lossy;
use grep_searcher::{BinaryDetection, SearcherBuilder};
use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;
use serde_json::{Value, json};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How many lines are told at most.
const MATCHES: usize = 200;
/// How much of each, in bytes.
const LINE: usize = 300;

/// `search_folder`.
pub struct SearchFolder {
    spec: ToolSpec,
    folders: Folders,
}

impl SearchFolder {
    /// Searches within `folders`.
    pub fn new(folders: Folders) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "pattern": { "type": "string", "minLength": 1, "description": "A regular expression, matched within a line." },
                "path": { "type": "string", "description": "The folder or file; left out, the first that is open." },
                "files": { "type": "string", "description": "Only files whose name fits this glob, such as *.rs." },
                "ignore_case": { "type": "boolean" },
            },
            "required": ["pattern"],
            "additionalProperties": false,
        });
        let description = "Searches text files for a regular expression; each match is told as file:line:text. \
                           Left out is what .gitignore names, what is hidden, and what is not text.";
        Self {
            spec: spec(
                "search_folder",
                "Search a folder",
                description,
                schema,
                READS,
            ),
            folders,
        }
    }
}

impl Tool for SearchFolder {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        let folders = self.folders.clone();
        Box::pin(reading(stop, move |stop| {
            let path = folders.existing(arguments::folder(&given))?;
            let ignore_case = given.get("ignore_case").and_then(Value::as_bool);
            let matcher = RegexMatcherBuilder::new()
                .case_insensitive(ignore_case.unwrap_or_default())
                .line_terminator(Some(b'\n'))
                .build(arguments::text(&given, "pattern"))
                .map_err(|error| format!("The pattern cannot be used: {error}"))?;
            search(
                &folders,
                &path,
                arguments::text(&given, "files"),
                &matcher,
                stop,
            )
        }))
    }
}

fn search(
    folders: &Folders,
    root: &Path,
    files: &str,
    matcher: &RegexMatcher,
    stop: &CancellationToken,
) -> Result<String, String> {
    let mut only = OverrideBuilder::new(root);
    if !files.is_empty() {
        only.add(files)
            .map_err(|error| format!("The glob cannot be used: {error}"))?;
    }
    let only = only
        .build()
        .map_err(|error| format!("The glob cannot be used: {error}"))?;
    let walk = WalkBuilder::new(root)
        .follow_links(false)
        .require_git(false)
        .overrides(only)
        .sort_by_file_name(Ord::cmp)
        .build();
    let mut searcher = SearcherBuilder::new()
        .binary_detection(BinaryDetection::quit(0))
        .line_number(true)
        .heap_limit(Some(4 * 1024 * 1024))
        .build();
    let mut found = Vec::new();
    for entry in walk.flatten() {
        if stop.is_cancelled() || found.len() > MATCHES {
            break;
        }
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let shown = folders.shown(entry.path());
        let sink = Lossy(|number, line| {
            let text = head(line.trim_end(), LINE);
            found.push(format!("{shown}:{number}:{text}"));
            Ok(found.len() <= MATCHES && !stop.is_cancelled())
        });
        // A file that cannot be read, or a line over the limit of memory, ends that file only.
        let Ok(file) = open_file(entry.path(), &shown) else {
            continue;
        };
        let _ = searcher.search_reader(matcher, UntilStopped::new(file, stop), sink);
    }
    if found.is_empty() {
        return Ok("Nothing was found.".to_owned());
    }
    if found.len() > MATCHES {
        found.truncate(MATCHES);
        found.push(format!("[Only the first {MATCHES} lines are told.]"));
    }
    Ok(bounded(found.join("\n")))
}

//! Lists a folder.

use super::{Folders, READS, arguments, bounded, reading, spec};
use crate::tool::{Calling, OnProgress, Tool, ToolSpec};
use ignore::WalkBuilder;
use serde_json::{Value, json};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How many entries are listed at most.
const ENTRIES: usize = 1000;

/// `list_folder`.
pub struct ListFolder {
    spec: ToolSpec,
    folders: Folders,
}

impl ListFolder {
    /// Lists within `folders`.
    pub fn new(folders: Folders) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "The folder; left out, the first that is open." },
                "depth": {
                    "type": "integer", "minimum": 1, "maximum": 10,
                    "description": "How many levels; left out, one."
                },
            },
            "additionalProperties": false,
        });
        let description = "Lists a folder: folders end with /, files have their size in bytes. \
                           Left out is what .gitignore names and what is hidden.";
        Self {
            spec: spec("list_folder", "List a folder", description, schema, READS),
            folders,
        }
    }
}

impl Tool for ListFolder {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        let folders = self.folders.clone();
        Box::pin(reading(stop, move |stop| {
            let name = arguments::folder(&given);
            let path = folders.existing(name)?;
            if !path.is_dir() {
                return Err(format!("{name} is not a folder."));
            }
            let depth = arguments::number(&given, "depth").unwrap_or(1);
            Ok(list(&path, usize::try_from(depth).unwrap_or(1), stop))
        }))
    }
}

fn list(root: &Path, depth: usize, stop: &CancellationToken) -> String {
    let mut walk = WalkBuilder::new(root)
        .max_depth(Some(depth))
        .follow_links(false)
        .require_git(false)
        .sort_by_file_name(Ord::cmp)
        .build()
        .skip(1);
    let mut lines = Vec::new();
    while let Some(entry) = walk.next().filter(|_| !stop.is_cancelled()) {
        if lines.len() == ENTRIES {
            lines.push(format!("[Only the first {ENTRIES} entries are listed.]"));
            break;
        }
        let Ok(entry) = entry else { continue };
        let shown = entry
            .path()
            .strip_prefix(root)
            .unwrap_or(entry.path())
            .display();
        let kind = entry.file_type();
        lines.push(if kind.is_some_and(|kind| kind.is_dir()) {
            format!("{shown}/")
        } else if kind.is_some_and(|kind| kind.is_symlink()) {
            format!("{shown} (a link)")
        } else {
            let size = entry.metadata().map(|data| data.len()).unwrap_or_default();
            format!("{shown} {size}")
        });
    }
    if lines.is_empty() {
        return "The folder is empty.".to_owned();
    }
    bounded(lines.join("\n"))
}

//! Writes a file, or changes a part of one.

use super::opening::{OpenFolder, open_file};
use super::{Folders, arguments, finished, head, spec};
use crate::tool::{
    Annotations, CallPreview, Calling, OnProgress, Tool, ToolConfirmation, ToolOutcome, ToolSpec,
};
use serde_json::{Value, json};
use similar::TextDiff;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The largest file that is changed, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How much of a diff is shown, in bytes.
const DIFF_LIMIT: usize = 256 * 1024;
/// How long a diff is made shorter. Then it is as long as it is.
const DIFF_TIME: Duration = Duration::from_millis(200);
/// How long a disk may take to say, after a stop, whether the file was written.
const AFTER_STOP: Duration = Duration::from_millis(500);

const WRITES: Annotations = Annotations {
    read_only: false,
    destructive: true,
    idempotent: false,
    open_world: false,
};

/// `write_file`.
pub struct WriteFile {
    spec: ToolSpec,
    folders: Folders,
}

/// `edit_file`.
pub struct EditFile {
    spec: ToolSpec,
    folders: Folders,
}

impl WriteFile {
    /// Writes within `folders`.
    pub fn new(folders: Folders) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "The file. Its folder has to be there." },
                "content": { "type": "string", "description": "The whole new text." },
            },
            "required": ["path", "content"],
            "additionalProperties": false,
        });
        let description = "Writes a text file as a whole, whether it was there or not.";
        Self {
            spec: spec("write_file", "Write a file", description, schema, WRITES),
            folders,
        }
    }
}

impl EditFile {
    /// Changes files within `folders`.
    pub fn new(folders: Folders) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "The file." },
                "old_text": { "type": "string", "minLength": 1, "description": "What is there, exactly, and only once in the file." },
                "new_text": { "type": "string", "description": "What shall be there instead." },
            },
            "required": ["path", "old_text", "new_text"],
            "additionalProperties": false,
        });
        let description = "Replaces one passage of a text file.";
        Self {
            spec: spec("edit_file", "Edit a file", description, schema, WRITES),
            folders,
        }
    }
}

impl Tool for WriteFile {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview(&self, given: &Value) -> Result<CallPreview, String> {
        Change::whole(&self.folders, given).map(|change| change.preview(&self.folders))
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        let folders = self.folders.clone();
        Box::pin(writing(stop, move |stop| {
            Change::whole(&folders, &given)?.make(&folders, stop)
        }))
    }
}

impl Tool for EditFile {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview(&self, given: &Value) -> Result<CallPreview, String> {
        Change::passage(&self.folders, given).map(|change| change.preview(&self.folders))
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        let folders = self.folders.clone();
        Box::pin(writing(stop, move |stop| {
            Change::passage(&folders, &given)?.make(&folders, stop)
        }))
    }
}

/// Does the work where the disk holds nobody up. After a stop, or dropped, nothing is written any
/// more; what was under way then is waited for, since it is short, and then it is known what was
/// done. The work gives nothing where it was stopped before it wrote.
async fn writing(
    stop: CancellationToken,
    work: impl FnOnce(&CancellationToken) -> Result<Option<String>, String> + Send + 'static,
) -> ToolOutcome {
    let inside = stop.child_token();
    let _ends_it = inside.clone().drop_guard();
    let mut working = tokio::task::spawn_blocking(move || work(&inside));
    let interrupted = |confirmation| ToolOutcome::Interrupted {
        partial: Vec::new(),
        confirmation,
    };
    let done = tokio::select! {
        biased;
        done = &mut working => done,
        () = stop.cancelled() => {
            let asked = Instant::now();
            match timeout(AFTER_STOP, working).await {
                Ok(done) => done,
                Err(_) => {
                    let ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
                    return interrupted(ToolConfirmation::ToldAndSilent { ms });
                }
            }
        }
    };
    match done {
        Ok(Ok(None)) => interrupted(ToolConfirmation::NotNeeded),
        Ok(Ok(Some(words))) => finished(Ok(Ok(words))),
        Ok(Err(words)) => finished(Ok(Err(words))),
        Err(error) => finished(Err(error)),
    }
}

/// What a call makes of a file.
struct Change {
    path: PathBuf,
    /// Nothing where there is no file yet.
    old: Option<String>,
    new: String,
}

impl Change {
    fn whole(folders: &Folders, given: &Value) -> Result<Self, String> {
        let name = arguments::text(given, "path");
        let path = folders.to_write(name)?;
        let old = match path.symlink_metadata() {
            Ok(_) => Some(read(&path, name)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{name} cannot be opened: {error}")),
        };
        let new = arguments::text(given, "content").to_owned();
        Ok(Self { path, old, new })
    }

    fn passage(folders: &Folders, given: &Value) -> Result<Self, String> {
        let name = arguments::text(given, "path");
        let path = folders.existing(name)?;
        let old = read(&path, name)?;
        let passage = arguments::text(given, "old_text");
        let new = match old.match_indices(passage).take(2).count() {
            0 => return Err(format!("old_text is not in {name}. Nothing was changed.")),
            1 => old.replacen(passage, arguments::text(given, "new_text"), 1),
            _ => {
                return Err(format!(
                    "old_text is in {name} more than once. Nothing was changed: name more of what is around it."
                ));
            }
        };
        Ok(Self {
            path,
            old: Some(old),
            new,
        })
    }

    fn preview(&self, folders: &Folders) -> CallPreview {
        CallPreview {
            diff: Some(self.diff(folders)),
            ..CallPreview::default()
        }
    }

    fn diff(&self, folders: &Folders) -> String {
        let name = folders.shown(&self.path);
        let before = match self.old {
            Some(_) => name.clone(),
            None => "/dev/null".to_owned(),
        };
        let diff = TextDiff::configure()
            .timeout(DIFF_TIME)
            .diff_lines(self.old.as_deref().unwrap_or_default(), &self.new)
            .unified_diff()
            .header(&before, &name)
            .to_string();
        match head(&diff, DIFF_LIMIT) {
            whole if whole.len() == diff.len() => diff,
            shown => format!(
                "{shown}\n[{} more bytes are left out.]\n",
                diff.len() - shown.len()
            ),
        }
    }

    /// The file is the old one or the new one at any moment, and keeps its permissions. Gives
    /// nothing where it was stopped first.
    fn make(&self, folders: &Folders, stop: &CancellationToken) -> Result<Option<String>, String> {
        let name = folders.shown(&self.path);
        let failed = |error| format!("{name} cannot be written: {error}. Nothing was changed.");
        let (Some(folder), Some(file_name)) = (self.path.parent(), self.path.file_name()) else {
            return Err(format!("{name} is no name for a file."));
        };
        let folder = OpenFolder::open(folder).map_err(failed)?;
        let path = folder.path().join(file_name);
        let mut file = tempfile::Builder::new();
        let permissions = path.symlink_metadata().ok().map(|data| data.permissions());
        #[cfg(unix)]
        if permissions.is_none() {
            let usual = std::os::unix::fs::PermissionsExt::from_mode(0o666);
            file.permissions(usual);
        }
        let mut file: NamedTempFile = file.tempfile_in(folder.path()).map_err(failed)?;
        file.write_all(self.new.as_bytes()).map_err(failed)?;
        if let Some(permissions) = permissions {
            file.as_file()
                .set_permissions(permissions)
                .map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        if stop.is_cancelled() {
            return Ok(None);
        }
        match self.old {
            Some(_) => file.persist(&path),
            None => file.persist_noclobber(&path),
        }
        .map_err(|error| failed(error.error))?;
        let bytes = self.new.len();
        Ok(Some(format!("{name} was written: {bytes} bytes.")))
    }
}

fn read(path: &Path, name: &str) -> Result<String, String> {
    let failed = |error| format!("{name} cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = open_file(path, name)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{name} is larger than 16 MB. Nothing was changed."));
    }
    String::from_utf8(bytes).map_err(|_| format!("{name} is not text. Nothing was changed."))
}

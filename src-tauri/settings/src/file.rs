//! The settings file: read when the app starts, changed one thing at a time, and never
//! overwritten while the person's own edit of it is not understood.

use super::error::reason;
use super::whole_file::{self, Readers};
use super::{Settings, SettingsError, document};
use serde_json::{Map, Value};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The file's name in the data folder.
pub const FILE: &str = "settings.json";

/// The settings of one data folder, as they were last read.
pub struct SettingsFile {
    path: PathBuf,
    read: Mutex<Read>,
    /// Held by the one change that is under way: nobody who only asks waits for its disk. In it, why
    /// no change is taken, where none is.
    changing: Mutex<Option<String>>,
    listener: OnceLock<Listener>,
}

/// Who is told of changes.
type Listener = Box<dyn Fn() + Send + Sync>;

impl fmt::Debug for SettingsFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SettingsFile")
            .field("path", &self.path)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Read {
    settings: Settings,
    problem: Option<SettingsError>,
}

impl SettingsFile {
    /// Reads the settings in `data_dir`. A file that is not there means the defaults; for one
    /// that is not right see [`SettingsFile::problem`].
    #[must_use]
    pub fn open(data_dir: &Path) -> Self {
        let file = Self {
            path: data_dir.join(FILE),
            read: Mutex::new(Read {
                settings: Settings::default(),
                problem: None,
            }),
            changing: Mutex::default(),
            listener: OnceLock::new(),
        };
        file.reload();
        file
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings as they were last read: the defaults while the file was never right.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.read().settings.clone()
    }

    /// What is wrong with the file; while something is, [`SettingsFile::change`] refuses.
    #[must_use]
    pub fn problem(&self) -> Option<SettingsError> {
        self.read().problem.clone()
    }

    /// Refuses changes from now on, for this reason in words for the person, or takes them again. Waits
    /// for the one that is under way.
    pub fn refuse_changes(&self, reason: Option<String>) {
        *self.changing() = reason;
    }

    /// Calls `listener` after each change, where the change was made; a second listener is none.
    pub fn on_change(&self, listener: impl Fn() + Send + Sync + 'static) {
        drop(self.listener.set(Box::new(listener)));
    }

    /// Reads the file again, for a person who edits it, and answers the settings. Where it is
    /// not right any more, they stay as they were.
    pub fn reload(&self) -> Settings {
        let _changing = self.changing();
        match self.written() {
            Ok((settings, _)) => self.take(settings),
            Err(problem) => self.read().problem = Some(problem),
        }
        self.settings()
    }

    /// Makes one change to the settings as they are on disk now, so that an edit of the file
    /// since it was read is kept, and saves them if that changed anything. Fields that Tacet
    /// does not know stay. Blocks for the disk.
    ///
    /// # Errors
    /// When the file is not right, the change would make it so, it cannot be read or written, or
    /// changes are refused. The file is as it was then.
    pub fn change(&self, edit: impl FnOnce(&mut Settings)) -> Result<Settings, SettingsError> {
        let changing = self.changing();
        if let Some(reason) = &*changing {
            return Err(SettingsError::Closed(reason.clone()));
        }
        let (before, written) = self.written().inspect_err(|problem| {
            self.read().problem = Some(problem.clone());
        })?;
        let mut after = before.clone();
        edit(&mut after);
        let unfit = |error: serde_json::Error| SettingsError::Refused(reason(&error));
        let after_value = serde_json::to_value(&after).map_err(unfit)?;
        let document = match written {
            Some(mut document) => {
                let before_value = serde_json::to_value(&before).map_err(unfit)?;
                document::patch(&mut document, &before_value, &after_value);
                document
            }
            None => after_value,
        };
        let mut text = serde_json::to_string_pretty(&document).map_err(unfit)?;
        text.push('\n');
        // What is saved must be what will be read: the same rules apply to both.
        let settings: Settings = serde_json::from_str(&text).map_err(unfit)?;
        if settings != before {
            self.save(&text)?;
        }
        self.take(settings.clone());
        drop(changing);
        if let Some(tell) = self.listener.get() {
            tell();
        }
        Ok(settings)
    }

    /// What the file says, and its whole content; no content when there is no file.
    fn written(&self) -> Result<(Settings, Option<Value>), SettingsError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok((Settings::default(), None));
            }
            Err(error) => {
                return Err(SettingsError::Unreadable {
                    path: self.path.clone(),
                    reason: error.to_string(),
                });
            }
        };
        // Some editors put a byte order mark in front.
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let bad = |error: serde_json::Error| SettingsError::Bad {
            path: self.path.clone(),
            line: error.line(),
            column: error.column(),
            reason: reason(&error),
        };
        // First as an object: the settings themselves could also be read from a list.
        let document: Map<String, Value> = serde_json::from_slice(json).map_err(bad)?;
        let settings = serde_json::from_slice(json).map_err(bad)?;
        Ok((settings, Some(Value::Object(document))))
    }

    /// Replaces the file as a whole or not at all; a person may keep it elsewhere and link to it.
    fn save(&self, text: &str) -> Result<(), SettingsError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder)
            .and_then(|()| whole_file::replace(&self.path, text.as_bytes(), Readers::Owner));
        written.map_err(|error| SettingsError::Unwritable {
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }

    /// These settings are what the file says.
    fn take(&self, settings: Settings) {
        *self.read() = Read {
            settings,
            problem: None,
        };
    }

    fn changing(&self) -> MutexGuard<'_, Option<String>> {
        // A change that panicked has left the file whole.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        // Settings whose holder panicked are still settings: they are replaced whole.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

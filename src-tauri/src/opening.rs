//! Opening the conversations, beside the start of the window that shows them.

use crate::app::App;
use crate::failure::Failed;
use crate::lifecycle::Beginning;
use crate::ownership::Ownership;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use tacet_store::recovery;

/// The app, or why there is none.
pub type Outcome = Result<App, Failed>;

/// What the conversations are opened with.
#[derive(Clone, Debug)]
pub struct Opener {
    /// What the process begins with.
    pub beginning: Beginning,
    /// Where the files are that come with the program.
    pub resources: Option<PathBuf>,
}

impl Opener {
    /// Opens them on a thread of their own.
    #[must_use]
    pub fn begin(&self) -> Receiver<Outcome> {
        let (told, opened) = mpsc::channel();
        let opener = self.clone();
        // Nobody listens where the process ends first.
        thread::spawn(move || drop(told.send(opener.open())));
        opened
    }

    /// Opens them in the one process that may go on. Another that was started in the same moment may
    /// have been quicker with the folder, and ends: `wait` gives it time, and says whether the
    /// folder is asked for once more.
    pub fn open_alone(&self, mut wait: impl FnMut() -> bool) -> Outcome {
        loop {
            match self.open() {
                Err(failed) if failed.is_in_use() && wait() => {}
                outcome => return outcome,
            }
        }
    }

    /// Opens them here.
    pub fn open(&self) -> Outcome {
        let Self {
            beginning,
            resources,
        } = self;
        let data_dir = &beginning.folder;
        if let Some(reason) = &beginning.lost {
            return Err(Failed::moved(reason.clone(), data_dir));
        }
        if beginning.read_only {
            return App::open_read_only(data_dir, resources.as_deref())
                .map_err(|error| Failed::store(&error, data_dir));
        }
        let ownership =
            Ownership::take(data_dir).map_err(|error| Failed::ownership(&error, data_dir))?;
        // Where it cannot be, the conversations that were there are still there, and are shown.
        let restored = beginning
            .restore
            .as_deref()
            .map(|name| recovery::restore(data_dir, name))
            .map(|done| done.map(drop).map_err(|error| error.to_string()));
        let app = App::open(data_dir, resources.as_deref(), ownership)
            .map_err(|error| Failed::store(&error, data_dir))?;
        Ok(app.with_restored(restored))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_folder_that_another_process_is_about_to_leave_is_waited_for_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let opener = Opener {
            beginning: Beginning::of(folder.path().to_owned()),
            resources: None,
        };
        let other = Ownership::take(folder.path()).unwrap();
        let failed = opener.open_alone(|| false).err().expect("no folder");
        assert!(failed.is_in_use());
        let mut other = Some(other);
        let opened = opener.open_alone(|| other.take().is_some());
        assert!(opened.is_ok());
        assert!(other.is_none());
    }
}

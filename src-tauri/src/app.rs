//! What the commands work on: one of each, for as long as the process lives.

use crate::changes;
use crate::drafts::Drafts;
use crate::mutex::lock;
use crate::ownership::Ownership;
use crate::page_process::PageDeaths;
use crate::providers::Providers;
use crate::tools::Tools;
use crate::tray::Tray;
use crate::view::{CommandError, Notice, NoticeLevel};
use crate::windows::Windows;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};
use tacet_conversation::{Cause, Millis, now};
use tacet_provider::price::{self, Prices};
use tacet_settings::SettingsFile;
use tacet_store::relocation::{self, MoveProgress, Step};
use tacet_store::{Store, StoreError};
use tacet_transfer::Control;
use tacet_turn::{News, STOP_LIMIT, TurnOptions, Turns};
use tauri::async_runtime::JoinHandle;
use tempfile::TempDir;

/// How much of the time for the end is left to the log, whatever goes before.
const FOLD_LIMIT: Duration = Duration::from_millis(300);

/// Why nothing is taken while the data folder is moved.
const MOVING: &str = "The data folder is just being moved. Tacet starts again when it is done.";

/// The app behind the windows.
pub struct App {
    /// The conversations.
    pub store: Store,
    /// The turns.
    pub turns: Turns,
    /// The providers, and the settings that name them.
    pub providers: Providers,
    /// The tools that turns use.
    pub tools: Tools,
    /// What the person should know from the start.
    pub notices: Vec<Notice>,
    /// What was typed and not sent.
    pub drafts: Drafts,
    /// How often the pages' processes have died.
    pub page_deaths: PageDeaths,
    /// What is known of the windows.
    pub(crate) windows: Windows,
    /// The data folder.
    pub folder: PathBuf,
    /// The place in the desktop's tray.
    pub(crate) tray: Tray,
    /// Where this run keeps everything: the data folder, or a copy of it.
    pub place: PathBuf,
    hold: Mutex<Hold>,
    /// Whether the data folder is just being moved.
    moving: Arc<AtomicBool>,
    /// Held while what the data folder came from is cleared, and while it is moved.
    settling: Mutex<()>,
    /// The import that runs, where one does.
    importing: Mutex<Weak<Control>>,
    /// Looks for what commands change.
    watching: JoinHandle<()>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// What lasts as long as the app.
enum Hold {
    /// The data folder is this process's own.
    Folder { _ownership: Ownership },
    /// A copy of what can be read in the data folder, which goes with the app.
    Copy(Option<TempDir>),
}

impl App {
    /// Opens the data folder and mends what the last run left open.
    ///
    /// # Errors
    /// When the conversations cannot be read; nothing was changed.
    pub fn open(
        data_dir: &Path,
        resource_dir: Option<&Path>,
        ownership: Ownership,
    ) -> Result<Self, StoreError> {
        let hold = Hold::Folder {
            _ownership: ownership,
        };
        Self::open_at(data_dir, data_dir, resource_dir, hold)
    }

    /// Opens a copy of what can be read in the data folder, which is left alone: nothing can be sent
    /// or saved ([`App::may_write`]).
    ///
    /// # Errors
    /// When the conversations cannot be read, or there is no room for the copy.
    pub fn open_read_only(
        data_dir: &Path,
        resource_dir: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let temporary = std::env::temp_dir();
        let copy = tempfile::Builder::new().prefix("tacet-").tempdir();
        let copy = copy.map_err(|source| StoreError::Folder {
            path: temporary,
            source,
        })?;
        Store::copy(data_dir, copy.path())?;
        for name in [tacet_settings::FILE, price::FILE, price::LIST_FILE] {
            // Without them there are the defaults.
            drop(std::fs::copy(data_dir.join(name), copy.path().join(name)));
        }
        let place = copy.path().to_owned();
        Self::open_at(data_dir, &place, resource_dir, Hold::Copy(Some(copy)))
    }

    fn open_at(
        data_dir: &Path,
        place: &Path,
        resource_dir: Option<&Path>,
        hold: Hold,
    ) -> Result<Self, StoreError> {
        let store = Store::open(place)?;
        let mended = tauri::async_runtime::block_on(async {
            let mended = store.mend_after_crash(now()).await?;
            // What the page asks for first: damage to it is better told without the page.
            store.first_conversations(1).await?;
            Ok::<_, StoreError>(mended)
        })?;
        let purging = store.clone();
        tauri::async_runtime::spawn(async move {
            // Nobody can undo what was deleted in an earlier run. What cannot be removed now is
            // removed at the next occasion.
            drop(purging.purge_deleted(now()).await);
        });
        let settings = SettingsFile::open(place);
        let limits = settings.settings();
        let options = TurnOptions {
            watch_limit: Duration::from_secs(limits.viewer_timeout_seconds.into()),
            answer_limit: limits.answer_limit(),
        };
        let (prices, problems) = Prices::open(place);
        let problems = problems.iter().map(|problem| Notice {
            level: NoticeLevel::Warning,
            text: problem.to_string(),
        });
        let providers = Providers::new(settings, prices, store.clone(), data_dir, resource_dir);
        let tools = Tools::new(
            Arc::clone(providers.settings()),
            providers.secrets().clone(),
            store.clone(),
        );
        let turns = Turns::new(store.clone(), options);
        let told = turns.clone();
        let settings = providers.settings();
        settings.on_change(move || told.tell_several(&News::SettingsChanged));
        let watching = tauri::async_runtime::spawn(changes::watch(data_dir.to_owned(), {
            let (store, turns) = (store.clone(), turns.clone());
            move || {
                store.index_changes();
                turns.tell(&News::ConversationsChanged);
            }
        }));
        Ok(Self {
            turns,
            providers,
            tools,
            notices: mended_notice(mended.len())
                .into_iter()
                .chain(problems)
                .collect(),
            drafts: Drafts::of(place),
            page_deaths: PageDeaths::default(),
            windows: Windows::default(),
            tray: Tray::default(),
            folder: data_dir.to_owned(),
            place: place.to_owned(),
            store,
            hold: Mutex::new(hold),
            moving: Arc::default(),
            settling: Mutex::default(),
            importing: Mutex::default(),
            watching,
        })
    }

    /// Adds what came of putting a copy in place before this was opened, for the person to know.
    #[must_use]
    pub fn with_restored(mut self, restored: Option<Result<(), String>>) -> Self {
        let notice = match restored {
            None => return self,
            Some(Ok(())) => Notice {
                level: NoticeLevel::Info,
                text: "The copy is in place. The conversations that were there before are kept in \
                       the data folder."
                    .to_owned(),
            },
            Some(Err(reason)) => Notice {
                level: NoticeLevel::Warning,
                text: format!("The copy could not be put in place: {reason}"),
            },
        };
        self.notices.push(notice);
        self
    }

    /// Begins an import, which lasts until this is dropped; `None` while another one runs.
    #[must_use]
    pub fn begin_import(&self) -> Option<Arc<Control>> {
        let mut importing = lock(&self.importing);
        if importing.strong_count() > 0 {
            return None;
        }
        let control = Arc::new(Control::default());
        *importing = Arc::downgrade(&control);
        Some(control)
    }

    /// Ends the import that runs, if one does.
    pub fn stop_import(&self) {
        if let Some(control) = lock(&self.importing).upgrade() {
            control.stop();
        }
    }

    /// Why nothing can be sent or saved, in words for the person; `None` where everything can.
    #[must_use]
    pub fn read_only(&self) -> Option<String> {
        match *self.hold() {
            Hold::Folder { .. } => None,
            Hold::Copy(_) => Some(format!(
                "Opened read-only, because {} could not be opened for writing. You can read, \
                 search and copy your conversations; nothing can be sent or saved.",
                self.folder.display()
            )),
        }
    }

    /// Clears what was left in the folder that this one was moved from, which may take a while. What
    /// cannot be cleared is cleared at the next start.
    pub fn settle(&self) {
        if self.read_only().is_none() {
            let _settling = lock(&self.settling);
            drop(relocation::settle(&self.folder));
        }
    }

    /// Moves the data folder to `to`, while nothing runs and nothing can be sent or saved, and tells
    /// `progress` now and then. The app is to be started anew there.
    ///
    /// # Errors
    /// In words for the person; everything goes on in the folder where it is then.
    pub fn relocate(
        &self,
        to: &Path,
        mut progress: impl FnMut(MoveProgress),
    ) -> Result<(), CommandError> {
        self.may_write()?;
        self.moving.store(true, Ordering::SeqCst);
        let settings = self.providers.settings();
        // What is saved from here on would stay in the folder that is left.
        settings.refuse_changes(Some(format!("{MOVING} Change it then.")));
        let drafts = self.drafts.hold();
        let _settling = lock(&self.settling);
        let is_busy = !self.turns.list().is_empty() || lock(&self.importing).strong_count() > 0;
        let moved = if is_busy {
            Err(CommandError::invalid(
                "Something is still being written. Stop it, or wait for its end, and move the data \
                 folder then.",
            ))
        } else {
            let mut told = |step| match step {
                Step::Copied(at) => progress(at),
                Step::Marked
                | Step::Database
                | Step::Verified
                | Step::Switched
                | Step::SetAside => {}
            };
            relocation::relocate(&self.folder, to, &mut told)
                .map_err(|error| CommandError::storage(error.to_string()))
        };
        if moved.is_err() {
            settings.refuse_changes(None);
            self.moving.store(false, Ordering::SeqCst);
        }
        drop(drafts);
        moved
    }

    /// Refuses what would be lost with the copy that is shown, or in the folder that is left.
    ///
    /// # Errors
    /// Where nothing can be sent or saved: in words for the person.
    pub fn may_write(&self) -> Result<(), CommandError> {
        self.stays()?;
        match self.read_only() {
            None => Ok(()),
            Some(reason) => Err(CommandError::storage(format!(
                "{reason} Try again once the folder can be written."
            ))),
        }
    }

    /// Refuses what would be lost in the folder that is left, and not what may go with a copy that is
    /// shown.
    ///
    /// # Errors
    /// While the data folder is moved: in words for the person.
    pub fn stays(&self) -> Result<(), CommandError> {
        if self.moving.load(Ordering::SeqCst) {
            return Err(CommandError::storage(format!(
                "{MOVING} Nothing was sent or saved."
            )));
        }
        Ok(())
    }

    /// Deletes the copy, if this run had one.
    pub fn tidy(&self) {
        if let Hold::Copy(copy) = &mut *self.hold() {
            drop(copy.take());
        }
    }

    fn hold(&self) -> MutexGuard<'_, Hold> {
        lock(&self.hold)
    }

    /// Goes on with looking up what stopped answers took, where the last run ended before that was
    /// known. Keys are looked at and hosts contacted only for those.
    pub async fn look_up_records(&self) {
        // A database that cannot be read is told where its conversations are shown.
        for awaited in self.turns.awaited_records().await.unwrap_or_default() {
            // Of a provider that was removed, the estimate stands.
            if let Ok(provider) = self.providers.provider(&awaited.model).await {
                self.turns.look_up(&awaited, provider);
            }
        }
    }

    /// Asks servers of tools for what they still work on for an earlier run, which ended without notice,
    /// where this one can keep what they give.
    pub async fn take_up_tasks(&self) {
        if self.read_only().is_none() {
            self.tools.take_up_tasks(&self.turns, &self.moving).await;
        }
    }

    /// Stops everything, and returns when it is on disk; in what is left of the 2 s that this may
    /// take (rule C09), removes what was deleted for good, and writes the log into the database.
    /// Where turns take all of the time, the log has 0.3 s more.
    pub async fn shut_down(&self, cause: Cause) {
        let begun = Instant::now();
        self.stop_import();
        self.turns.shut_down(cause).await;
        // What cannot be removed in time is removed at the next start; servers that do not end are
        // ended by their supervisors once this process is gone.
        let purge = self.store.purge_deleted(Millis::MAX);
        let left = STOP_LIMIT.saturating_sub(begun.elapsed() + FOLD_LIMIT);
        let rest = async { tokio::join!(purge, self.tools.shut_down()) };
        drop(tokio::time::timeout(left, rest).await);
        // What stays in the log is read from there at the next start.
        drop(tokio::time::timeout(FOLD_LIMIT, self.store.fold()).await);
    }
}

fn mended_notice(count: usize) -> Option<Notice> {
    let text = match count {
        0 => return None,
        1 => "Tacet ended unexpectedly while an answer was being written. What had arrived is \
              kept and marked."
            .to_owned(),
        _ => format!(
            "Tacet ended unexpectedly while {count} answers were being written. What had \
             arrived is kept and marked."
        ),
    };
    Some(Notice {
        level: NoticeLevel::Info,
        text,
    })
}

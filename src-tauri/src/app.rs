//! What the commands work on: one of each, for as long as the process lives.

use crate::ownership::Ownership;
use crate::page_process::PageDeaths;
use crate::providers::Providers;
use crate::view::{Notice, NoticeLevel};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacet_core::price::Prices;
use tacet_core::settings::SettingsFile;
use tacet_core::store::{Store, StoreError};
use tacet_core::{Cause, Millis, TurnOptions, Turns, now};

/// How long the end of the app waits for the removal of what was deleted.
const PURGE_LIMIT: Duration = Duration::from_secs(1);

/// The app behind the window.
pub struct App {
    /// The conversations.
    pub store: Store,
    /// The turns.
    pub turns: Turns,
    /// The providers, and the settings that name them.
    pub providers: Providers,
    /// What the person should know from the start.
    pub notices: Vec<Notice>,
    /// How often the page's process has died.
    pub page_deaths: PageDeaths,
    /// The data folder.
    pub folder: PathBuf,
    _ownership: Ownership,
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
        let store = Store::open(data_dir)?;
        let mended = tauri::async_runtime::block_on(async {
            let mended = store.mend_after_crash(now()).await?;
            // What the page asks for first: damage to it is better told without the page.
            store.conversations().await?;
            Ok::<_, StoreError>(mended)
        })?;
        let purging = store.clone();
        tauri::async_runtime::spawn(async move {
            // Nobody can undo what was deleted in an earlier run. What cannot be removed now is
            // removed at the next occasion.
            drop(purging.purge_deleted(now()).await);
        });
        let settings = SettingsFile::open(data_dir);
        let limits = settings.settings();
        let options = TurnOptions {
            watch_limit: Duration::from_secs(limits.viewer_timeout_seconds.into()),
            answer_limit: limits.answer_limit(),
        };
        let (prices, problem) = Prices::open(data_dir);
        let problem = problem.map(|problem| Notice {
            level: NoticeLevel::Warning,
            text: problem.to_string(),
        });
        Ok(Self {
            turns: Turns::new(store.clone(), options),
            providers: Providers::new(settings, prices, store.clone(), data_dir, resource_dir),
            notices: mended_notice(mended.len())
                .into_iter()
                .chain(problem)
                .collect(),
            page_deaths: PageDeaths::default(),
            folder: data_dir.to_owned(),
            store,
            _ownership: ownership,
        })
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

    /// Stops everything, and returns when it is on disk, after 2 s at most (rule C09); removes what
    /// was deleted for good, which may take a second more.
    pub async fn shut_down(&self, cause: Cause) {
        self.turns.shut_down(cause).await;
        // What cannot be removed in time is removed at the next start.
        let purge = self.store.purge_deleted(Millis::MAX);
        drop(tokio::time::timeout(PURGE_LIMIT, purge).await);
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

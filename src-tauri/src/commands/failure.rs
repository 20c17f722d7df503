//! What the page can do that is shown in place of the conversations.

use super::{blocking, whole_path};
use crate::app::App;
use crate::downloads;
use crate::failure::{Failed, Failure, RecoveredView};
use crate::folder_dialog::{self, Choice};
use crate::lifecycle::{self, Beginning};
use crate::ownership::Ownership;
use crate::view::CommandError;
use std::path::{Path, PathBuf};
use tacet_conversation::Cause;
use tacet_store::{
    Store,
    recovery::{self, RecoveryError},
};
use tauri::{AppHandle, Manager, Runtime, State, WebviewWindow};

/// Why the conversations are not shown, and what can be done about it.
#[tauri::command]
pub async fn failure(failed: State<'_, Failed>) -> Result<Failure, CommandError> {
    Ok(failed.view())
}

/// Saves the conversations as JSON, as `tacet export` writes them, to a new file among the person's
/// downloads; answers its path.
#[tauri::command]
pub async fn save_copy<R: Runtime>(handle: AppHandle<R>) -> Result<String, CommandError> {
    let folder = folder(&handle)?;
    let saved = blocking(move || save(&folder, &downloads::place()?));
    Ok(saved.await?.display().to_string())
}

/// Ends this process and starts another one on the same data folder.
#[tauri::command]
pub async fn try_again<R: Runtime>(handle: AppHandle<R>) -> Result<(), CommandError> {
    lifecycle::restart(&handle, Beginning::of(folder(&handle)?));
    Ok(())
}

/// The same, to show the conversations and change nothing.
#[tauri::command]
pub async fn open_read_only<R: Runtime>(handle: AppHandle<R>) -> Result<(), CommandError> {
    let folder = folder(&handle)?;
    // Found out now, while the window is there to tell it.
    blocking({
        let folder = folder.clone();
        move || Store::check_readable(&folder)
    })
    .await?;
    let next = Beginning {
        read_only: true,
        ..Beginning::of(folder)
    };
    lifecycle::restart(&handle, next);
    Ok(())
}

/// The data folder, whether its conversations are shown or not.
fn folder<R: Runtime>(handle: &AppHandle<R>) -> Result<PathBuf, CommandError> {
    let shown = handle.try_state::<App>().map(|app| app.folder.clone());
    shown
        .or_else(|| Some(handle.try_state::<Failed>()?.folder().to_owned()))
        .ok_or_else(CommandError::gone)
}

/// The same on another data folder, for as long as that process runs.
#[tauri::command]
pub async fn use_folder<R: Runtime>(
    app: AppHandle<R>,
    folder: PathBuf,
) -> Result<(), CommandError> {
    whole_path(&folder)?;
    // Found out now, while the window is there to tell it.
    blocking({
        let folder = folder.clone();
        move || take(&folder).map(drop)
    })
    .await?;
    lifecycle::restart(&app, Beginning::of(folder));
    Ok(())
}

/// Lets the person choose a folder in the system's own dialog; `None` when they choose none.
#[tauri::command]
pub async fn pick_folder<R: Runtime>(
    window: WebviewWindow<R>,
) -> Result<Option<PathBuf>, CommandError> {
    folder_dialog::choose(window, Choice::Folder).await
}

/// Brings what can be read of the database into a new one.
#[tauri::command]
pub async fn recover(failed: State<'_, Failed>) -> Result<RecoveredView, CommandError> {
    owning(&failed, recovery::recover)
        .await
        .map(RecoveredView::from)
}

/// Puts a copy in the place of the database; answers where that is now.
#[tauri::command]
pub async fn restore_copy(
    failed: State<'_, Failed>,
    name: String,
) -> Result<Option<PathBuf>, CommandError> {
    owning(&failed, move |folder| recovery::restore(folder, &name)).await
}

/// Puts the database aside, so that the next start begins without conversations; answers where it
/// is now.
#[tauri::command]
pub async fn start_empty(failed: State<'_, Failed>) -> Result<Option<PathBuf>, CommandError> {
    owning(&failed, recovery::set_aside).await
}

/// Does something to the data folder, for which it has to be this process's own.
async fn owning<T: Send + 'static>(
    failed: &Failed,
    work: impl FnOnce(&Path) -> Result<T, RecoveryError> + Send + 'static,
) -> Result<T, CommandError> {
    let folder = failed.folder().to_owned();
    blocking(move || {
        let _ownership = take(&folder)?;
        work(&folder).map_err(|error| CommandError::storage(error.to_string()))
    })
    .await
}

fn take(folder: &Path) -> Result<Ownership, CommandError> {
    Ownership::take(folder).map_err(|error| CommandError::storage(error.to_string()))
}

/// Stops everything and ends the process.
#[tauri::command]
pub async fn quit<R: Runtime>(app: AppHandle<R>) -> Result<(), CommandError> {
    lifecycle::end(&app, Cause::AppQuit);
    Ok(())
}

fn save(data_dir: &Path, place: &Path) -> Result<PathBuf, CommandError> {
    let mut reader = Store::open_read_only(data_dir)?;
    downloads::save(place, "Tacet conversations", "json", |out| {
        reader.export(out).map(drop)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::save;
    use tacet_store::Store;

    #[test]
    fn what_was_saved_before_is_not_overwritten_and_half_a_file_does_not_stay() {
        let (data, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Store::open(data.path()).unwrap());
        let first = save(data.path(), place.path()).unwrap();
        let second = save(data.path(), place.path()).unwrap();
        assert_ne!(first, second);
        assert_eq!(
            std::fs::read(first).unwrap(),
            std::fs::read(second).unwrap()
        );

        std::fs::write(data.path().join(tacet_store::FILE), "damaged ".repeat(999)).unwrap();
        save(data.path(), place.path()).unwrap_err();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }
}

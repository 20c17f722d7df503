//! What the page can do that is shown in place of the conversations.

use crate::failure::{Failed, Failure};
use crate::lifecycle;
use crate::view::CommandError;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use tacet_core::Cause;
use tacet_core::store::Store;
use tauri::async_runtime::spawn_blocking;
use tauri::{AppHandle, Runtime, State};

/// Why the conversations are not shown, and what can be done about it.
#[tauri::command]
pub async fn failure(failed: State<'_, Failed>) -> Result<Failure, CommandError> {
    Ok(failed.view())
}

/// Saves the conversations as JSON, as `tacet export` writes them, to a new file among the person's
/// downloads; answers its path.
#[tauri::command]
pub async fn save_copy(failed: State<'_, Failed>) -> Result<String, CommandError> {
    let folder = failed.folder().to_owned();
    let saved = spawn_blocking(move || save(&folder, &place()?)).await;
    let saved = saved.map_err(|error| CommandError::storage(error.to_string()))??;
    Ok(saved.display().to_string())
}

/// Stops everything and ends the process.
#[tauri::command]
pub async fn quit<R: Runtime>(app: AppHandle<R>) -> Result<(), CommandError> {
    lifecycle::end(&app, Cause::AppQuit);
    Ok(())
}

/// Where people look for what a program saved for them.
fn place() -> Result<PathBuf, CommandError> {
    let folder = dirs::download_dir().filter(|folder| folder.is_dir());
    folder
        .or_else(dirs::home_dir)
        .ok_or_else(|| CommandError::storage("No folder is known to save to. Nothing was changed."))
}

fn save(data_dir: &Path, place: &Path) -> Result<PathBuf, CommandError> {
    let mut reader = Store::open_read_only(data_dir)?;
    let unusable = |error: io::Error| {
        CommandError::storage(format!(
            "Nothing could be saved in {}: {error}. The conversations themselves are untouched.",
            place.display()
        ))
    };
    let (path, file) = new_file(place).map_err(unusable)?;
    match reader.export(&mut BufWriter::new(file)) {
        Ok(()) => Ok(path),
        Err(error) => {
            // Half a file would look like a whole one.
            fs::remove_file(&path).map_err(unusable)?;
            Err(error.into())
        }
    }
}

/// A file that was not there before.
fn new_file(place: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => "Tacet conversations.json".to_owned(),
            _ => format!("Tacet conversations {number}.json"),
        };
        let path = place.join(name);
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::save;
    use tacet_core::store::Store;

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

        std::fs::write(
            data.path().join(tacet_core::store::FILE),
            "damaged ".repeat(999),
        )
        .unwrap();
        save(data.path(), place.path()).unwrap_err();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }
}

//! Taking conversations in and out, and copies of all of them.

use super::{blocking, whole_path};
use crate::app::App;
use crate::downloads::{file_name, place, save};
use crate::failure::CopyView;
use crate::folder_dialog::{self, Choice};
use crate::lifecycle::{self, Beginning};
use crate::view::CommandError;
use std::path::PathBuf;
use tacet_conversation::{ConversationId, now};
use tacet_store::relocation::MoveProgress;
use tacet_store::{FILE, Store, recovery};
use tacet_transfer::{Progress, Report, import, write_markdown};
use tacet_turn::News;
use tauri::async_runtime::spawn_blocking;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime, State, WebviewWindow};

/// Takes in what is in a file, and tells `progress` now and then.
#[tauri::command]
pub async fn import_file<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    path: PathBuf,
    progress: Channel<Progress>,
) -> Result<Report, CommandError> {
    if !path.is_absolute() {
        return Err(CommandError::invalid(
            "Enter the file's whole path, for example /home/me/Downloads/export.zip.",
        ));
    }
    let Some(control) = app.begin_import() else {
        return Err(CommandError::invalid(
            "Another file is just being imported. Wait for its end, or stop it.",
        ));
    };
    // After it was begun: a move that begins from here on finds it.
    app.may_write()?;
    let store = app.store.clone();
    let imported = blocking(move || {
        let told = &mut |at| {
            // A page that has gone does not want to know.
            drop(progress.send(at));
        };
        import(&store, &path, &control, told)
            .map_err(|error| CommandError::storage(error.to_string()))
    });
    let report = imported.await;
    // What was taken in before it broke off is there as well.
    app.turns
        .tell_others(window.label(), &News::ConversationsChanged);
    report
}

/// Ends the import at the conversation that it is at; what was taken in stays.
#[tauri::command]
pub async fn stop_import(app: State<'_, App>) -> Result<(), CommandError> {
    app.stop_import();
    Ok(())
}

/// Lets the person choose a file in the system's own dialog; `None` when they choose none.
#[tauri::command]
pub async fn pick_import<R: Runtime>(
    window: WebviewWindow<R>,
) -> Result<Option<PathBuf>, CommandError> {
    folder_dialog::choose(window, Choice::Import).await
}

/// Saves a conversation as Markdown among the person's downloads; answers the new file's path.
#[tauri::command]
pub async fn export_markdown(
    app: State<'_, App>,
    conversation_id: ConversationId,
    utc_offset_minutes: i32,
) -> Result<String, CommandError> {
    let store = app.store.clone();
    blocking(move || {
        let reader = store.reader()?;
        let conversation = reader
            .conversation(conversation_id)?
            .ok_or_else(CommandError::gone)?;
        let name = file_name(&conversation.title);
        let saved = save(&place()?, &name, "md", |out| {
            write_markdown(&reader, conversation_id, utc_offset_minutes, out)
                .map(drop)
                .map_err(|error| CommandError::storage(error.to_string()))
        });
        saved.map(|path| path.display().to_string())
    })
    .await
}

/// Moves the data folder to a new or an empty one, tells `progress` now and then, and starts the app
/// anew there.
#[tauri::command]
pub async fn move_data_folder<R: Runtime>(
    handle: AppHandle<R>,
    folder: PathBuf,
    progress: Channel<MoveProgress>,
) -> Result<(), CommandError> {
    whole_path(&folder)?;
    blocking({
        let (handle, folder) = (handle.clone(), folder.clone());
        move || {
            // A page that has gone does not want to know.
            let told = |at| drop(progress.send(at));
            handle.state::<App>().relocate(&folder, told)
        }
    })
    .await?;
    lifecycle::restart(&handle, Beginning::of(folder));
    Ok(())
}

/// Copies the database within the data folder, while it is in use; answers the copies that there are.
#[tauri::command]
pub async fn back_up(app: State<'_, App>) -> Result<Vec<CopyView>, CommandError> {
    app.may_write()?;
    let folder = app.folder.clone();
    blocking(move || {
        let to = folder.join(format!("{FILE}.backup-{}", now()));
        Store::back_up(&folder, &to, &mut |_| {})
            .map_err(|error| CommandError::storage(error.to_string()))
    })
    .await?;
    backups(app).await
}

/// The copies that can be put in the place of the database, the newest first.
#[tauri::command]
pub async fn backups(app: State<'_, App>) -> Result<Vec<CopyView>, CommandError> {
    let folder = app.folder.clone();
    let found = spawn_blocking(move || recovery::copies(&folder)).await;
    let found = found.map_err(|error| CommandError::storage(error.to_string()))?;
    Ok(found.into_iter().map(CopyView::from).collect())
}

/// Starts the app anew with a copy in the place of the database, which is kept.
#[tauri::command]
pub async fn restore_backup<R: Runtime>(
    handle: AppHandle<R>,
    app: State<'_, App>,
    name: String,
) -> Result<(), CommandError> {
    app.may_write()?;
    let folder = app.folder.clone();
    let known = spawn_blocking({
        let (folder, name) = (folder.clone(), name.clone());
        move || {
            recovery::copies(&folder)
                .iter()
                .any(|copy| copy.name == name)
        }
    });
    let known = known.await.unwrap_or_default();
    if !known {
        return Err(CommandError::invalid(format!(
            "{name} is not a copy that can be used. Nothing was changed."
        )));
    }
    let next = Beginning {
        restore: Some(name),
        ..Beginning::of(folder)
    };
    lifecycle::restart(&handle, next);
    Ok(())
}

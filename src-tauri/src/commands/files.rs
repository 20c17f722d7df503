//! The files that a person sends along, and those that a model made.

use super::blocking;
use crate::app::App;
use crate::downloads::{self, MadeFile};
use crate::drafts::{DraftChanges, Unsent};
use crate::folder_dialog::{self, Choice};
use crate::view::CommandError;
use tacet_conversation::{Attachment, MessageId, Part, media};
use tacet_turn::News;
use tauri::{Manager, Runtime, State, WebviewWindow};

/// The media type by which a file can be sent as it is, told from its beginning in base64 and
/// never from its name; none where it is no such file.
#[tauri::command]
pub async fn sendable_type(head: String) -> Result<Option<String>, CommandError> {
    let file = Attachment {
        name: String::new(),
        media_type: String::new(),
        text: head.into(),
        base64: true,
        ..Attachment::default()
    };
    let media_type = file.media_type();
    Ok(media::is_sendable(media_type).then(|| media_type.to_owned()))
}

/// What is in a file of a message, as it was sent: text, or bytes in base64.
#[tauri::command]
pub async fn open_file(
    app: State<'_, App>,
    message_id: MessageId,
    part: usize,
) -> Result<String, CommandError> {
    let body = app.store.file_body(message_id, part).await?;
    body.ok_or_else(CommandError::gone)
}

/// Keeps what has changed of what was typed and not sent.
#[tauri::command]
pub async fn keep_drafts<R: Runtime>(
    window: WebviewWindow<R>,
    changes: DraftChanges,
) -> Result<(), CommandError> {
    blocking(move || {
        let (app, label) = (window.state::<App>(), window.label());
        if app.drafts.keep(label, changes, || app.may_write())? {
            app.turns.tell_others(label, &News::DraftsChanged);
        }
        Ok::<_, CommandError>(())
    })
    .await
}

/// What was typed and not sent, as the window shows it.
#[tauri::command]
pub async fn read_drafts<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
) -> Result<Unsent, CommandError> {
    Ok(app.drafts.seen_by(window.label()))
}

/// Leaves a file of a message out of all requests from now on; it is kept.
#[tauri::command]
pub async fn leave_out_file<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    message_id: MessageId,
    part: usize,
) -> Result<(), CommandError> {
    app.may_write()?;
    if !app.store.leave_out(message_id, part, true).await? {
        return Err(CommandError::gone());
    }
    super::conversations::tell_of_messages(&window, &app, message_id).await
}

/// Saves a file that a model made, such as an image, where the person says in the system's own dialog;
/// answers its path, or `None` where they choose none.
#[tauri::command]
pub async fn save_made_file<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    message_id: MessageId,
    part: usize,
) -> Result<Option<String>, CommandError> {
    let message = app.store.message(message_id).await?;
    // It is decoded as a whole.
    let (made, folder) = blocking(move || {
        let parts = message.map(|message| message.parts).unwrap_or_default();
        let file = parts.get(part).and_then(Part::attachment);
        let made = file.and_then(MadeFile::of).ok_or_else(CommandError::gone)?;
        Ok::<_, CommandError>((made, downloads::place()?))
    })
    .await?;
    let choice = Choice::Save(folder.join(made.file_name()));
    let Some(path) = folder_dialog::choose(window, choice).await? else {
        return Ok(None);
    };
    blocking(move || downloads::put(&path, &made.bytes).map(|()| Some(path.display().to_string())))
        .await
}

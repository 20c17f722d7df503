//! The files that a person sends along.

use crate::app::App;
use crate::view::CommandError;
use tacet_conversation::{Attachment, MessageId, media};
use tauri::State;

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

/// Leaves a file of a message out of all requests from now on; it is kept.
#[tauri::command]
pub async fn leave_out_file(
    app: State<'_, App>,
    message_id: MessageId,
    part: usize,
) -> Result<(), CommandError> {
    app.may_write()?;
    if app.store.leave_out(message_id, part, true).await? {
        Ok(())
    } else {
        Err(CommandError::gone())
    }
}

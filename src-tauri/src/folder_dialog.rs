//! The system's own dialog for a folder or a file.

use crate::view::CommandError;
use std::path::PathBuf;
use tauri::{Runtime, WebviewWindow};
use tokio::sync::oneshot::{self, Sender};

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A data folder.
    Folder,
    /// A file to import.
    Import,
}

/// Asks for a folder or a file over `window`; `None` where the person chooses none.
///
/// # Errors
/// When the app is ending.
pub async fn choose<R: Runtime>(
    window: WebviewWindow<R>,
    choice: Choice,
) -> Result<Option<PathBuf>, CommandError> {
    let (answer, answered) = oneshot::channel();
    let asked = window
        .clone()
        .run_on_main_thread(move || ask(&window, choice, answer));
    asked.map_err(|error| CommandError::storage(error.to_string()))?;
    Ok(answered.await.unwrap_or_default())
}

/// Answers with the person's choice, if it is one. To be called on the main thread, as all of GTK.
#[cfg(target_os = "linux")]
fn ask<R: Runtime>(window: &WebviewWindow<R>, choice: Choice, answer: Sender<Option<PathBuf>>) {
    use gtk::prelude::{FileChooserExt, NativeDialogExt};
    use gtk::{FileChooserAction, FileChooserNative, ResponseType};
    use std::cell::RefCell;
    use std::rc::Rc;

    let parent = window.gtk_window().ok();
    let (title, action) = match choice {
        Choice::Folder => ("Choose a data folder", FileChooserAction::SelectFolder),
        Choice::Import => ("Choose a file to import", FileChooserAction::Open),
    };
    let dialog = FileChooserNative::new(Some(title), parent.as_ref(), action, None, None);
    // It lives until it was answered; GTK does not hold it.
    let held = Rc::new(RefCell::new(Some((dialog.clone(), answer))));
    dialog.connect_response(move |_, response| {
        if let Some((dialog, answer)) = held.borrow_mut().take() {
            let chosen = (response == ResponseType::Accept).then(|| dialog.filename());
            // A page that has gone does not want it.
            drop(answer.send(chosen.flatten()));
            dialog.destroy();
        }
    });
    dialog.show();
}

/// Elsewhere the path is typed.
#[cfg(not(target_os = "linux"))]
fn ask<R: Runtime>(_window: &WebviewWindow<R>, _choice: Choice, answer: Sender<Option<PathBuf>>) {
    drop(answer.send(None));
}

//! The system's own dialog for a folder or a file, to be opened or saved.

use crate::view::CommandError;
use std::path::PathBuf;
use tauri::{Runtime, WebviewWindow};
use tokio::sync::oneshot::{self, Sender};

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A data folder.
    Folder,
    /// A file to import.
    Import,
    /// Where to save a file; this is proposed.
    Save(PathBuf),
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
    let (title, action) = match &choice {
        Choice::Folder => ("Choose a data folder", FileChooserAction::SelectFolder),
        Choice::Import => ("Choose a file to import", FileChooserAction::Open),
        Choice::Save(_) => ("Save as", FileChooserAction::Save),
    };
    let dialog = FileChooserNative::new(Some(title), parent.as_ref(), action, None, None);
    if let Choice::Save(proposed) = &choice {
        dialog.set_do_overwrite_confirmation(true);
        if let Some(folder) = proposed.parent() {
            // Where it cannot be proposed, the dialog begins elsewhere.
            let _ = dialog.set_current_folder(folder);
        }
        if let Some(name) = proposed.file_name() {
            dialog.set_current_name(name.to_string_lossy().as_ref());
        }
    }
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

/// Elsewhere the path is typed, and a file is saved where it is proposed, unless there is one already.
#[cfg(not(target_os = "linux"))]
fn ask<R: Runtime>(_window: &WebviewWindow<R>, choice: Choice, answer: Sender<Option<PathBuf>>) {
    let chosen = match choice {
        Choice::Folder | Choice::Import => None,
        Choice::Save(proposed) => (!proposed.exists()).then_some(proposed),
    };
    drop(answer.send(chosen));
}

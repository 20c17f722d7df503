//! What a command writes into the conversations while a window shows them: the command says so in a
//! small file, at which the window looks now and then. A look costs nothing and locks nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tacet_conversation::now;
use tacet_settings::private;

/// The file's name in the data folder.
const FILE: &str = "changed";
/// How often the window looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Says that the conversations in the folder have changed.
pub fn note(folder: &Path) {
    let path = folder.join(FILE);
    // Where it fails, the window shows what is new at its next start.
    drop(private::open_file(&path).and_then(|_| std::fs::write(&path, now().to_string())));
}

/// Calls `on_change` after each note in the folder.
pub async fn watch(folder: PathBuf, mut on_change: impl FnMut()) {
    let path = folder.join(FILE);
    let mut last = std::fs::read(&path).ok();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let looked = tokio::task::spawn_blocking({
            let path = path.clone();
            move || std::fs::read(path).ok()
        });
        let Ok(found) = looked.await else { return };
        if found.is_some() && found != last {
            last = found;
            on_change();
        }
    }
}

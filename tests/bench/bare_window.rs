//! The least that Tauri can show: one window with one text field, what Tacet's start is held
//! against. It is this same program, started with [`WORD`].

/// The argument that opens the window.
pub const WORD: &str = "bare-window";

/// Opens the window and returns when it was closed.
pub fn open() {
    tauri::Builder::default()
        .run(tauri::generate_context!(
            "tests/bench/bare_window/tauri.conf.json"
        ))
        .expect("a window");
}

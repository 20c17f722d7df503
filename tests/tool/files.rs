//! The tools for files, in real folders.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tacet_tool::builtin::{EditFile, Folders, ListFolder, ReadFile, SearchFolder, WriteFile};
use tacet_tool::tool::{ResultContent, Tool, ToolConfirmation, ToolOutcome, call};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A folder that is open, beside one that is not.
struct Place {
    _whole: TempDir,
    open: PathBuf,
    closed: PathBuf,
}

impl Place {
    fn new() -> Self {
        let whole = tempfile::tempdir().unwrap();
        let (open, closed) = (whole.path().join("open"), whole.path().join("closed"));
        fs::create_dir_all(open.join("sub")).unwrap();
        fs::create_dir(&closed).unwrap();
        fs::write(open.join("a.txt"), "one\ntwo\nthree\n").unwrap();
        fs::write(open.join("sub/b.rs"), "fn two() {}\n").unwrap();
        fs::write(closed.join("secret.txt"), "two secrets\n").unwrap();
        Self {
            _whole: whole,
            open,
            closed,
        }
    }

    fn folders(&self) -> Folders {
        Folders::new([self.open.clone()]).unwrap()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.open.join(name)).unwrap()
    }
}

async fn run(tool: &dyn Tool, arguments: Value) -> ToolOutcome {
    call(tool, arguments, CancellationToken::new(), &|_| {}).await
}

fn succeeded(outcome: ToolOutcome) -> String {
    match outcome {
        ToolOutcome::Succeeded(contents) => only_text(&contents),
        other => panic!("{other:?}"),
    }
}

fn failed(outcome: ToolOutcome) -> String {
    match outcome {
        ToolOutcome::Failed(contents) => only_text(&contents),
        other => panic!("{other:?}"),
    }
}

fn only_text(contents: &[ResultContent]) -> String {
    match contents {
        [ResultContent::Text { text }] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[tokio::test]
async fn a_file_is_read_from_a_line_on() {
    let place = Place::new();
    let tool = ReadFile::new(place.folders());
    let whole = succeeded(run(&tool, json!({ "path": "a.txt" })).await);
    assert_eq!(whole, "one\ntwo\nthree\n");
    let rest = succeeded(run(&tool, json!({ "path": "a.txt", "from_line": 3 })).await);
    assert_eq!(rest, "three\n");
    let beyond = failed(run(&tool, json!({ "path": "a.txt", "from_line": 9 })).await);
    assert!(beyond.contains("ends after 3"), "{beyond}");
}

#[tokio::test]
async fn a_large_file_is_read_in_pieces_that_join() {
    let place = Place::new();
    let lines: String = (0..20_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    fs::write(place.open.join("large.txt"), &lines).unwrap();
    let tool = ReadFile::new(place.folders());
    let (mut read, mut from) = (String::new(), 1);
    loop {
        let piece = run(&tool, json!({ "path": "large.txt", "from_line": from })).await;
        let piece = succeeded(piece);
        assert!(piece.len() < 65 * 1024, "{}", piece.len());
        let Some((text, note)) = piece.split_once("[More follows") else {
            read.push_str(&piece);
            break;
        };
        read.push_str(text);
        from = note
            .split([' ', '.'])
            .find_map(|word| word.parse().ok())
            .unwrap();
    }
    assert!(read == lines);
}

#[cfg(unix)]
#[tokio::test]
async fn no_path_leads_out_of_the_folders_that_are_open() {
    let place = Place::new();
    link(&place.closed, &place.open.join("link"));
    link(
        &place.closed.join("secret.txt"),
        &place.open.join("file-link"),
    );
    link(&place.closed.join("new.txt"), &place.open.join("dangling"));
    let secret = place.closed.join("secret.txt");
    let folders = place.folders();
    let read = ReadFile::new(folders.clone());
    let write = WriteFile::new(folders.clone());
    let edit = EditFile::new(folders.clone());
    let search = SearchFolder::new(folders.clone());
    let list = ListFolder::new(folders);
    for path in [
        "../closed/secret.txt",
        "sub/../../closed/secret.txt",
        "link/secret.txt",
        "file-link",
        secret.to_str().unwrap(),
        "/proc/self/environ",
    ] {
        failed(run(&read, json!({ "path": path })).await);
        failed(run(&write, json!({ "path": path, "content": "x" })).await);
        let edited = json!({ "path": path, "old_text": "two", "new_text": "x" });
        assert!(edit.preview(&edited).is_err());
        failed(run(&edit, edited).await);
    }
    for path in [
        "dangling",
        "link/new.txt",
        "../closed/new.txt",
        "sub/..",
        "",
        "..",
    ] {
        failed(run(&write, json!({ "path": path, "content": "x" })).await);
    }
    for path in ["link", "..", "../closed", "/"] {
        failed(run(&list, json!({ "path": path })).await);
        failed(run(&search, json!({ "path": path, "pattern": "secret" })).await);
    }
    let found = succeeded(run(&search, json!({ "pattern": "secret" })).await);
    assert_eq!(found, "Nothing was found.");
    assert_eq!(fs::read_to_string(secret).unwrap(), "two secrets\n");
    assert_eq!(fs::read_dir(&place.closed).unwrap().count(), 1);
}

#[tokio::test]
async fn a_folder_is_listed_and_searched_without_what_is_ignored() {
    let place = Place::new();
    fs::write(place.open.join(".gitignore"), "ignored.txt\n").unwrap();
    fs::write(place.open.join("ignored.txt"), "two\n").unwrap();
    let list = ListFolder::new(place.folders());
    assert_eq!(succeeded(run(&list, json!({})).await), "a.txt 14\nsub/");
    let deep = succeeded(run(&list, json!({ "depth": 2 })).await);
    assert_eq!(deep, "a.txt 14\nsub/\nsub/b.rs 12");
    let search = SearchFolder::new(place.folders());
    let found = succeeded(run(&search, json!({ "pattern": "TWO", "ignore_case": true })).await);
    assert_eq!(found, "a.txt:2:two\nsub/b.rs:1:fn two() {}");
    let found = succeeded(run(&search, json!({ "pattern": "two", "files": "*.rs" })).await);
    assert_eq!(found, "sub/b.rs:1:fn two() {}");
    let wrong = failed(run(&search, json!({ "pattern": "(" })).await);
    assert!(wrong.contains("cannot be used"), "{wrong}");
}

#[tokio::test]
async fn a_search_that_finds_very_much_is_short() {
    let place = Place::new();
    fs::write(place.open.join("many.txt"), "two\n".repeat(100_000)).unwrap();
    fs::write(place.open.join("wide.txt"), "two".repeat(100_000)).unwrap();
    let search = SearchFolder::new(place.folders());
    let found = succeeded(run(&search, json!({ "pattern": "two" })).await);
    assert_eq!(found.lines().count(), 201);
    assert!(found.ends_with("lines are told.]"), "{found}");
    let wide = run(&search, json!({ "pattern": "two", "files": "wide.txt" })).await;
    assert!(succeeded(wide).len() < 400);
}

#[tokio::test]
async fn the_diff_that_is_shown_beforehand_is_what_is_written() {
    let place = Place::new();
    let edit = EditFile::new(place.folders());
    let arguments = json!({ "path": "a.txt", "old_text": "two", "new_text": "2" });
    let diff = edit.preview(&arguments).unwrap().diff.unwrap();
    assert_eq!(
        diff,
        "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    );
    assert_eq!(place.text("a.txt"), "one\ntwo\nthree\n");
    succeeded(run(&edit, arguments).await);
    assert_eq!(place.text("a.txt"), "one\n2\nthree\n");

    let write = WriteFile::new(place.folders());
    let arguments = json!({ "path": "sub/new.txt", "content": "new\n" });
    let diff = write.preview(&arguments).unwrap().diff.unwrap();
    assert_eq!(
        diff,
        "--- /dev/null\n+++ sub/new.txt\n@@ -0,0 +1 @@\n+new\n"
    );
    succeeded(run(&write, arguments).await);
    assert_eq!(place.text("sub/new.txt"), "new\n");
}

#[tokio::test]
async fn an_edit_that_is_not_clear_changes_nothing() {
    let place = Place::new();
    let edit = EditFile::new(place.folders());
    for old_text in ["four", "t"] {
        let arguments = json!({ "path": "a.txt", "old_text": old_text, "new_text": "x" });
        let words = failed(run(&edit, arguments).await);
        assert!(words.contains("Nothing was changed"), "{words}");
    }
    assert_eq!(place.text("a.txt"), "one\ntwo\nthree\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_keeps_its_permissions_and_a_pipe_is_not_opened() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let file = place.open.join("a.txt");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).unwrap();
    let write = WriteFile::new(place.folders());
    succeeded(run(&write, json!({ "path": "a.txt", "content": "x" })).await);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    let made = std::process::Command::new("mkfifo")
        .arg(place.open.join("pipe"))
        .status();
    assert!(made.unwrap().success());
    let read = ReadFile::new(place.folders());
    let words = failed(run(&read, json!({ "path": "pipe" })).await);
    assert!(words.contains("is not a file"), "{words}");
}

#[tokio::test]
async fn a_misfit_runs_nothing_and_neither_does_a_call_after_the_stop() {
    let place = Place::new();
    let write = WriteFile::new(place.folders());
    let words = failed(run(&write, json!({ "path": "a.txt", "content": 7 })).await);
    assert!(
        words.contains("not run") && words.contains("/content"),
        "{words}"
    );
    let stop = CancellationToken::new();
    stop.cancel();
    let arguments = json!({ "path": "a.txt", "content": "x" });
    let outcome = call(&write, arguments, stop, &|_| {}).await;
    let interrupted = ToolOutcome::Interrupted {
        partial: Vec::new(),
        confirmation: ToolConfirmation::NotNeeded,
    };
    assert_eq!(outcome, interrupted);
    assert_eq!(place.text("a.txt"), "one\ntwo\nthree\n");
}

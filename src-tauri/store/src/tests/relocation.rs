//! The data folder moves, and whenever that is cut off one of both is the whole owner.

use super::{conversation, open, text, turn};
use crate::relocation::{RelocationError, Step, home, relocate, settle};
use crate::{FILE, Store, StoreError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tacet_conversation::{Attachment, MessageState, Part};
use tempfile::TempDir;

const STEPS: [Step; 5] = [
    Step::Marked,
    Step::Database,
    Step::Verified,
    Step::Switched,
    Step::SetAside,
];

/// A folder with conversations and what else there may be, and its export.
async fn full() -> (TempDir, String) {
    let (folder, store) = open();
    for number in 0..3 {
        let mut new = turn(&conversation(), None);
        new.user_message.as_mut().unwrap().parts = vec![
            Part::Attachment(Attachment {
                name: "ice.png".to_owned(),
                text: "iVBORw0KGgo=".repeat(2_000).as_str().into(),
                base64: true,
                ..Attachment::default()
            }),
            text(&format!("Question {number}")),
        ];
        new.answer.state = MessageState::Complete;
        store.begin_turn(new).await.unwrap();
    }
    let exported = export(folder.path());
    drop(store);
    std::fs::write(folder.path().join("settings.json"), "{}").unwrap();
    std::fs::write(folder.path().join("lock"), "1").unwrap();
    std::fs::create_dir_all(folder.path().join("models/small")).unwrap();
    std::fs::write(folder.path().join("models/small/one.gguf"), "model").unwrap();
    std::fs::create_dir(folder.path().join("webview")).unwrap();
    (folder, exported)
}

fn export(folder: &Path) -> String {
    let mut json = Vec::new();
    let mut reader = Store::open_read_only(folder).unwrap();
    reader.export(&mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fn files(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    names
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

fn named<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[tokio::test]
async fn a_moved_folder_is_found_from_where_it_was_and_that_is_cleared_once_it_was_opened() {
    let (old, exported) = full().await;
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("disk/tacet");
    let mut steps = Vec::new();
    relocate(old.path(), &new, &mut |step| steps.push(step)).unwrap();
    let mut copied = Vec::new();
    for step in &steps {
        if let Step::Copied(progress) = step {
            copied.push(*progress);
        }
    }
    assert!(copied.is_sorted_by_key(|progress| progress.bytes));
    let last = copied.last().unwrap();
    assert!(last.bytes == last.total && last.total > 48_000, "{last:?}");
    steps.retain(|step| !matches!(step, Step::Copied(_)));
    assert_eq!(steps, STEPS);
    assert_eq!(home(old.path()).unwrap(), new);
    assert_eq!(home(&new).unwrap(), new);
    // Until then the old one is kept, and nobody goes on writing to it.
    assert!(old.path().join("tacet.db.moved").is_file());
    assert!(!old.path().join(FILE).exists());

    drop(Store::open(&new).unwrap());
    // What came into it meanwhile stays.
    std::fs::write(old.path().join("models/small/two.gguf"), "new").unwrap();
    settle(&new).unwrap();
    assert_eq!(export(&new), exported);
    assert_eq!(
        std::fs::read_to_string(new.join("models/small/one.gguf")).unwrap(),
        "model"
    );
    assert_eq!(files(old.path()), named(["models", "moved-to.json"]));
    assert_eq!(files(&old.path().join("models/small")), named(["two.gguf"]));
    assert!(!files(&new).contains("moved-from.json"));
    assert!(!files(&new).contains("webview") && !files(&new).contains("lock"));
    settle(&new).unwrap();

    // And once more.
    let third = place.path().join("third");
    relocate(&new, &third, &mut |_| {}).unwrap();
    assert_eq!(home(old.path()).unwrap(), third);
    assert_eq!(export(&third), exported);
    std::fs::rename(&third, place.path().join("away")).unwrap();
    let missing = home(old.path()).unwrap_err();
    assert!(
        matches!(&missing, RelocationError::Missing { to, .. } if *to == third),
        "{missing}"
    );
}

/// Moves the folder in a process that is killed after a step.
fn killed_after(step: Step, from: &Path, to: &Path) {
    let number = STEPS.iter().position(|&known| known == step).unwrap();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("tests::relocation::the_process_that_is_killed")
        .env("TACET_TEST_FROM", from)
        .env("TACET_TEST_TO", to)
        .env("TACET_TEST_STEP", number.to_string())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
}

#[test]
#[ignore = "started by the test that kills it"]
fn the_process_that_is_killed() {
    let place = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let number: usize = std::env::var("TACET_TEST_STEP").unwrap().parse().unwrap();
    let (from, to) = (place("TACET_TEST_FROM"), place("TACET_TEST_TO"));
    relocate(&from, &to, &mut |step| {
        if step == STEPS[number] {
            std::process::abort();
        }
    })
    .unwrap();
}

#[tokio::test]
async fn killed_after_whichever_step_one_of_both_is_the_whole_owner() {
    for step in STEPS {
        let (old, exported) = full().await;
        let place = tempfile::tempdir().unwrap();
        let new = place.path().join("tacet");
        killed_after(step, old.path(), &new);
        let owner = home(old.path()).unwrap();
        let has_moved = matches!(step, Step::Switched | Step::SetAside);
        let expected = if has_moved { new.as_path() } else { old.path() };
        assert_eq!(owner, expected, "{step:?}");
        assert_eq!(export(&owner), exported, "{step:?}");
        if has_moved {
            assert_eq!(home(&new).unwrap(), new);
            drop(Store::open(&new).unwrap());
            settle(&new).unwrap();
            assert_eq!(files(old.path()), named(["moved-to.json"]), "{step:?}");
            continue;
        }
        // What is not whole is not opened, and is no hindrance to another attempt.
        let refused = home(&new).unwrap_err();
        assert!(
            matches!(&refused, RelocationError::Unfinished { from, .. } if from == old.path()),
            "{step:?}: {refused}"
        );
        drop(Store::open(&owner).unwrap());
        relocate(old.path(), &new, &mut |_| {}).unwrap();
        assert_eq!(home(old.path()).unwrap(), new);
        assert_eq!(export(&new), exported, "{step:?}");
    }
}

#[tokio::test]
async fn a_folder_moves_back_to_where_it_was_and_away_again() {
    let (first, exported) = full().await;
    let place = tempfile::tempdir().unwrap();
    let second = place.path().join("second");
    let third = place.path().join("third");
    let mut here = first.path();
    for next in [&*second, first.path(), &*second, &*third, first.path()] {
        relocate(here, next, &mut |_| {}).unwrap();
        for left in [here, next] {
            assert_eq!(home(left).unwrap(), next);
        }
        drop(Store::open(next).unwrap());
        settle(next).unwrap();
        assert_eq!(files(here), named(["moved-to.json"]));
        assert!(!files(next).contains("moved-to.json"));
        assert_eq!(export(next), exported);
        here = next;
    }
    assert_eq!(home(&second).unwrap(), first.path());
    // One that was left for another folder is no empty one.
    let (other, _) = full().await;
    let refused = relocate(other.path(), &third, &mut |_| {}).unwrap_err();
    assert!(
        matches!(refused, RelocationError::Unfit { .. }),
        "{refused}"
    );
    assert_eq!(home(&third).unwrap(), first.path());
}

#[tokio::test]
async fn killed_on_the_way_back_one_of_both_is_the_whole_owner() {
    for step in STEPS {
        let (first, exported) = full().await;
        let place = tempfile::tempdir().unwrap();
        let second = place.path().join("second");
        relocate(first.path(), &second, &mut |_| {}).unwrap();
        drop(Store::open(&second).unwrap());
        settle(&second).unwrap();
        killed_after(step, &second, first.path());
        let has_moved = matches!(step, Step::Switched | Step::SetAside);
        let owner = if has_moved { first.path() } else { &second };
        assert_eq!(home(first.path()).unwrap(), owner, "{step:?}");
        assert_eq!(home(&second).unwrap(), owner, "{step:?}");
        assert_eq!(export(owner), exported, "{step:?}");
        drop(Store::open(owner).unwrap());
        if has_moved {
            settle(owner).unwrap();
        } else {
            relocate(owner, first.path(), &mut |_| {}).unwrap();
        }
        assert_eq!(home(&second).unwrap(), first.path(), "{step:?}");
        assert_eq!(export(first.path()), exported, "{step:?}");
    }
}

#[tokio::test]
async fn one_that_moves_on_before_it_was_settled_leaves_nothing_behind() {
    let (first, exported) = full().await;
    let place = tempfile::tempdir().unwrap();
    let (second, third) = (place.path().join("second"), place.path().join("third"));
    relocate(first.path(), &second, &mut |_| {}).unwrap();
    relocate(&second, &third, &mut |_| {}).unwrap();
    assert_eq!(home(first.path()).unwrap(), third);
    drop(Store::open(&third).unwrap());
    settle(&third).unwrap();
    assert_eq!(export(&third), exported);
    for left in [first.path(), &second] {
        assert_eq!(files(left), named(["moved-to.json"]));
    }
}

#[test]
fn folders_that_lead_round_are_told() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (place.path().join("one"), place.path().join("other"));
    for (from, to) in [(&one, &other), (&other, &one)] {
        std::fs::create_dir(from).unwrap();
        let pointer = format!("{{\"folder\": \"{}\"}}", to.display());
        std::fs::write(from.join("moved-to.json"), pointer).unwrap();
    }
    let told = home(&one).unwrap_err();
    assert!(
        matches!(&told, RelocationError::Circle { path } if *path == one),
        "{told}"
    );
}

#[tokio::test]
async fn where_the_last_step_fails_the_old_folder_is_the_owner_and_nothing_empty_is_opened() {
    let (old, exported) = full().await;
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("tacet");
    // The folder cannot be opened to have its names on the disk: there is room for one file only.
    let status = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("tests::relocation::the_process_without_room_for_files")
        .env("TACET_TEST_FROM", old.path())
        .env("TACET_TEST_TO", &new)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(home(old.path()).unwrap(), old.path());
    assert_eq!(export(old.path()), exported);
    // After a failure of power the pointer may be there again.
    let pointer = format!("{{\"folder\": \"{}\"}}", new.display());
    std::fs::write(old.path().join("moved-to.json"), pointer).unwrap();
    assert_eq!(export(&home(old.path()).unwrap()), exported);
}

#[test]
#[ignore = "started by the test that leaves it little room"]
fn the_process_without_room_for_files() {
    let place = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let mut open = Vec::new();
    let refused = relocate(
        &place("TACET_TEST_FROM"),
        &place("TACET_TEST_TO"),
        &mut |step| {
            if step == Step::Verified {
                open.extend(std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()));
                open.pop();
            }
        },
    )
    .unwrap_err();
    assert!(refused.to_string().contains("moved-to.json"), "{refused}");
}

#[tokio::test]
async fn a_folder_that_is_of_no_use_is_refused_and_left_as_it_is() {
    let (old, exported) = full().await;
    let before = files(old.path());
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("file"), "mine").unwrap();
    for to in [
        place.path().to_owned(),
        place.path().join("file"),
        old.path().to_owned(),
        old.path().join("within"),
        PathBuf::from("somewhere"),
    ] {
        let refused = relocate(old.path(), &to, &mut |_| {}).unwrap_err();
        assert!(
            matches!(refused, RelocationError::Unfit { .. }),
            "{}: {refused}",
            to.display()
        );
    }
    let below = place.path().join("file/below");
    assert!(relocate(old.path(), &below, &mut |_| {}).is_err());
    assert_eq!(files(place.path()), named(["file"]));
    assert_eq!(files(old.path()), before);
    assert_eq!(export(old.path()), exported);
}

#[tokio::test]
async fn nobody_writes_to_the_old_folder_while_and_after_it_moves() {
    let (old, _) = full().await;
    let beside = Store::open(old.path()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("tacet");
    let mut locked = false;
    relocate(old.path(), &new, &mut |step| {
        if step == Step::Verified {
            let other = rusqlite::Connection::open(old.path().join(FILE)).unwrap();
            other.busy_timeout(std::time::Duration::ZERO).unwrap();
            locked = other.execute("DELETE FROM message", []).is_err();
        }
    })
    .unwrap();
    assert!(locked);
    let late = beside.begin_turn(turn(&conversation(), None)).await;
    assert!(matches!(late, Err(StoreError::Gone { .. })));
}

#[tokio::test]
async fn a_copy_that_fails_leaves_nothing_and_the_old_folder_as_the_owner() {
    let (old, exported) = full().await;
    let holder = rusqlite::Connection::open(old.path().join(FILE)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("tacet");
    let refused = relocate(old.path(), &new, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, RelocationError::Store(_)), "{refused}");
    drop(holder);
    assert_eq!(files(&new), BTreeSet::new());
    assert_eq!(home(old.path()).unwrap(), old.path());
    assert_eq!(export(old.path()), exported);
}

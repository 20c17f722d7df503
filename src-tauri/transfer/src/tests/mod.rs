//! Files as they are written elsewhere, into real databases and out again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod foreign;
mod ours;

use crate::{Control, ImportError, Report, import};
use serde_json::Value;
use std::path::Path;
use tacet_conversation::Message;
use tacet_store::Store;
use tempfile::TempDir;

/// A store in a folder of its own.
fn open() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn take(store: &Store, path: &Path) -> Result<Report, ImportError> {
    import(store, path, &Control::default(), &mut |_| ())
}

/// Imports this content as a file.
fn take_bytes(store: &Store, content: impl AsRef<[u8]>) -> Result<Report, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    take(store, &path)
}

fn json(store: &Store) -> String {
    let mut out = Vec::new();
    store.export(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn lines(store: &Store) -> String {
    let mut out = Vec::new();
    let exported = store.reader().unwrap().export_lines(None, &mut out);
    assert!(exported.unwrap().is_some());
    String::from_utf8(out).unwrap()
}

/// The messages of the only conversation.
fn messages(store: &Store) -> Vec<Message> {
    let document: Value = serde_json::from_str(&json(store)).unwrap();
    let [conversation] = document["conversations"].as_array().unwrap().as_slice() else {
        panic!("one conversation: {document}");
    };
    serde_json::from_value(conversation["messages"].clone()).unwrap()
}

/// The branch of the only conversation that is shown, as its texts.
fn shown(store: &Store) -> Vec<String> {
    let document: Value = serde_json::from_str(&json(store)).unwrap();
    let head = &document["conversations"][0]["head"];
    let head = serde_json::from_value(head.clone()).unwrap();
    let branch = store.reader().unwrap().branch(head).unwrap();
    branch.messages.iter().map(Message::text).collect()
}

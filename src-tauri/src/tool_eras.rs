//! How each server of tools is spoken to, kept for the next session, so that a server that says
//! nothing to the question is not waited for at each start of the app.

use std::collections::BTreeMap;
use std::path::Path;
use tacet_settings::whole_file::{self, Readers};
use tacet_tool::mcp::Era;

/// The file's name in the data folder.
pub const FILE: &str = "tool-servers.json";

/// What an earlier session found out. A file that is not right is as good as none: the servers are
/// asked again.
pub fn read(file: &Path) -> BTreeMap<String, Era> {
    let text = std::fs::read(file).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Keeps what this session found out beside what earlier ones did. What cannot be written is found
/// out again.
pub fn write(file: &Path, found: BTreeMap<String, Era>) {
    let before = read(file);
    let mut eras = before.clone();
    eras.extend(found);
    if eras == before {
        return;
    }
    if let Ok(text) = serde_json::to_vec(&eras) {
        drop(whole_file::replace(file, &text, Readers::Owner));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_found_out_is_there_in_the_next_session_and_a_broken_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(read(&file), BTreeMap::new());
        write(&file, [("a".to_owned(), Era::Handshake)].into());
        write(&file, [("b".to_owned(), Era::Stateless)].into());
        write(&file, [("a".to_owned(), Era::Stateless)].into());
        let expected = [
            ("a".to_owned(), Era::Stateless),
            ("b".to_owned(), Era::Stateless),
        ];
        assert_eq!(read(&file), expected.into());
        std::fs::write(&file, "{").unwrap();
        assert_eq!(read(&file), BTreeMap::new());
        write(&file, [("a".to_owned(), Era::Handshake)].into());
        assert_eq!(read(&file), [("a".to_owned(), Era::Handshake)].into());
    }
}

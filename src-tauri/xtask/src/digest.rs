//! SHA-256 over files and trees: proves a download, and tells whether sources have changed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// The SHA-256 of one file, in lower-case hexadecimal.
pub fn of_file(path: &Path) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let mut file = File::open(path).map_err(Failure::at(path))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("{:x}", hash.finalize())),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::at(path)(error)),
        }
    }
}

/// One digest over the names and contents of all files below `directory`, in a fixed order,
/// without the directories called as in `except`.
pub fn of_tree(directory: &Path, except: &[&str]) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    add_tree(&mut hash, directory, except)?;
    Ok(format!("{:x}", hash.finalize()))
}

fn add_tree(hash: &mut Sha256, directory: &Path, except: &[&str]) -> Result<(), Failure> {
    let mut entries = fs::read_dir(directory)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(Failure::at(directory))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if except.iter().all(|skipped| name != *skipped) {
                hash.update([b'/']);
                hash.update(name.as_encoded_bytes());
                add_tree(hash, &path, except)?;
                hash.update([b'/']);
            }
        } else {
            hash.update(name.as_encoded_bytes());
            hash.update([0]);
            hash.update(of_file(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_digest_of_a_file_is_the_published_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("with a space");
        fs::write(&file, "abc").unwrap();
        // The example of FIPS 180-2, B.1.
        assert_eq!(
            of_file(&file).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_tree_changes_with_a_name_a_content_and_a_removal_but_not_with_what_is_excepted() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join("dist")).unwrap();
        fs::write(root.join("src/a"), "1").unwrap();
        let first = of_tree(root, &["dist"]).unwrap();
        fs::write(root.join("dist/out"), "1").unwrap();
        assert_eq!(of_tree(root, &["dist"]).unwrap(), first);
        fs::write(root.join("src/a"), "2").unwrap();
        assert_ne!(of_tree(root, &["dist"]).unwrap(), first);
        fs::write(root.join("src/a"), "1").unwrap();
        fs::rename(root.join("src/a"), root.join("src/b")).unwrap();
        assert_ne!(of_tree(root, &["dist"]).unwrap(), first);
        fs::remove_file(root.join("src/b")).unwrap();
        assert_ne!(of_tree(root, &["dist"]).unwrap(), first);
    }
}

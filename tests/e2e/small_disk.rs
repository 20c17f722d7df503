//! A disk that a test can fill up: a file system in memory, mounted on a folder.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Enough for the app's own files, and filled in a moment.
const SIZE: &str = "size=96m";

/// The disk; it is taken away when this is dropped.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Puts a disk under this folder, which must be empty. Without the right to mount one there is
    /// none, and the test that it is for is left out, which is said.
    pub fn under(folder: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tacet-test"])
            .arg(folder)
            .output()
            .unwrap();
        if !mounted.status.success() {
            let why = String::from_utf8_lossy(&mounted.stderr);
            eprintln!(
                "SKIPPED: a small disk can be mounted by root only: {}",
                why.trim()
            );
            return None;
        }
        Some(Self {
            folder: folder.to_owned(),
        })
    }

    /// Leaves no room for another byte.
    pub fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [1024 * 1024, 4096, 1] {
            let block = vec![0; size];
            while filler.write_all(&block).is_ok() {}
        }
    }

    /// Gives all the room back.
    pub fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the app may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).output();
    }
}

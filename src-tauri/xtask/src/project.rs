//! Where things are: this clone, and the user's cache that all clones share.

use std::env::consts::EXE_SUFFIX;
use std::env::var_os;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The directories that the commands work in, all absolute.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    cache: PathBuf,
}

impl Project {
    /// Asks cargo's environment for the clone and the system's for the cache.
    pub fn locate() -> Result<Self, Failure> {
        // Read when running: a clone that was moved keeps an executable that was compiled
        // elsewhere.
        let manifest = var_os("CARGO_MANIFEST_DIR")
            .ok_or_else(|| Failure::new("Start this as `cargo xtask`, from inside the clone."))?;
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .ok_or_else(|| Failure::new("xtask does not stand in src-tauri/xtask of a clone."))?;
        Ok(Self {
            root: root.to_owned(),
            cache: user_cache()?.join("tacet"),
        })
    }

    /// A clone at `root` that keeps its cache inside, for tests.
    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            cache: root.join("cache"),
        }
    }

    /// The clone's top level.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The page's sources and its package.json.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The clone's own executable: `target/debug/tacet` or `target/release/tacet`.
    pub fn executable(&self, release: bool) -> PathBuf {
        self.root
            .join("target")
            .join(profile(release))
            .join(format!("tacet{EXE_SUFFIX}"))
    }

    /// Where finished packages are put.
    pub fn packages(&self) -> PathBuf {
        self.root.join("target/package")
    }

    /// The directory of model files in the cache; a Tacet in development looks there too.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// The directory of the servers that were written elsewhere.
    pub fn peers(&self) -> PathBuf {
        self.cache.join("peers")
    }

    /// The build directory that all clones share.
    pub fn shared_target(&self) -> PathBuf {
        self.cache.join("target")
    }
}

/// Cargo's directory name for the two profiles.
pub fn profile(release: bool) -> &'static str {
    if release { "release" } else { "debug" }
}

fn user_cache() -> Result<PathBuf, Failure> {
    let home = || {
        var_os("HOME").map(PathBuf::from).ok_or_else(|| {
            Failure::new("HOME is not set, so there is no place for downloads and builds.")
        })
    };
    if cfg!(target_os = "windows") {
        var_os("LOCALAPPDATA")
            .map(PathBuf::from)
            .ok_or_else(|| Failure::new("LOCALAPPDATA is not set."))
    } else if cfg!(target_os = "macos") {
        Ok(home()?.join("Library/Caches"))
    } else {
        // The base directory specification wants relative values ignored.
        match var_os("XDG_CACHE_HOME").map(PathBuf::from) {
            Some(cache) if cache.is_absolute() => Ok(cache),
            Some(_) | None => Ok(home()?.join(".cache")),
        }
    }
}

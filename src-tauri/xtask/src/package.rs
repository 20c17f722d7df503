//! The Debian package: with the embedded model inside, or the small one without.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::project::{Project, profile};
use crate::step;
use crate::target::{FEATURES, Target, copy_whole};
use crate::{app, model};

/// What every package must have, as `dpkg-deb --contents` names it.
const ESSENTIAL: &[&str] = &[
    "usr/bin/tacet",
    "usr/share/applications/Tacet.desktop",
    "usr/share/doc/tacet/copyright",
    "usr/share/icons/hicolor/32x32/apps/tacet.png",
    "usr/share/icons/hicolor/256x256/apps/tacet.png",
];
/// Where Tauri installs resources, and the app looks for the model.
const RESOURCES: &str = "usr/lib/Tacet";

/// `cargo xtask package`: writes to `target/package` and prints what is in it.
pub fn build(project: &Project, with_model: bool) -> Result<(), Failure> {
    if !step::is_on_path("dpkg-deb") {
        return Err(Failure::new(
            "Packages are built on Debian or Ubuntu: dpkg-deb is missing here. \
             `cargo xtask run --release` builds and starts Tacet without a package.",
        ));
    }
    app::set_up(project, &[])?;
    let target = Target::take(project)?;
    app::build(project, &target, true)?;
    step::headline("The package");
    let bundles = target.directory().join(profile(true)).join("bundle/deb");
    if bundles.exists() {
        fs::remove_dir_all(&bundles).map_err(Failure::at(&bundles))?;
    }
    let mut tauri = step::command(
        project.ui().join("node_modules/.bin").join("tauri"),
        project.root(),
    );
    tauri
        .args(["bundle", "--bundles", "deb", "--ci"])
        .args(FEATURES)
        .env("CARGO_TARGET_DIR", target.directory());
    if with_model {
        let file = model::provide(project)?;
        tauri.arg("--config").arg(overlay(&file));
    }
    step::run(&mut tauri)?;
    let bundle = only_package_in(&bundles)?;
    let name = file_name(&bundle, with_model)?;
    let package = project.packages().join(name);
    copy_whole(&bundle, &package)?;
    report(project, &package, with_model)
}

/// The configuration that adds the model at `file` to the package's resources.
fn overlay(file: &Path) -> String {
    let file = file.display().to_string();
    let escaped = file.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        r#"{{"bundle":{{"resources":{{"{escaped}":"models/{}"}}}}}}"#,
        model::FILE
    )
}

fn only_package_in(directory: &Path) -> Result<PathBuf, Failure> {
    fs::read_dir(directory)
        .map_err(Failure::at(directory))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| Failure::new(format!("No .deb was left in {}.", directory.display())))
}

/// From Tauri's `Tacet_0.1.0_amd64.deb` to the names that tell the two packages apart.
fn file_name(bundle: &Path, with_model: bool) -> Result<String, Failure> {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy();
    let (_, version) = name.split_once('_').ok_or_else(|| {
        Failure::new(format!("The package's name `{name}` has no version in it."))
    })?;
    let stem = if with_model {
        "tacet"
    } else {
        "tacet-without-model"
    };
    Ok(format!("{stem}_{version}"))
}

fn report(project: &Project, package: &Path, with_model: bool) -> Result<(), Failure> {
    let query = |arguments: &[&str]| {
        let mut dpkg = step::command("dpkg-deb", project.root());
        step::output(dpkg.arg(arguments[0]).arg(package).args(&arguments[1..]))
            .ok_or_else(|| Failure::new(format!("dpkg-deb cannot read {}.", package.display())))
    };
    let contents = query(&["--contents"])?;
    print!("{contents}");
    let absent = absent_files(&contents, with_model);
    if !absent.is_empty() {
        return Err(Failure::new(format!(
            "The package was built and is not complete. It lacks:\n  {}",
            absent.join("\n  ")
        )));
    }
    print!("\n{}", query(&["--field"])?);
    let size = fs::metadata(package).map_err(Failure::at(package))?.len();
    println!(
        "\n{}\n  package    {:>7.1} MB\n  installed  {:>7.1} MB",
        package.display(),
        megabytes(size),
        megabytes(installed_bytes(&contents))
    );
    println!("Install it with: sudo apt install '{}'", package.display());
    Ok(())
}

fn absent_files(contents: &str, with_model: bool) -> Vec<String> {
    let resource = format!("{RESOURCES}/models/{}", model::FILE);
    let mut expected: Vec<String> = ESSENTIAL.iter().map(|path| (*path).to_owned()).collect();
    if with_model {
        expected.push(resource);
    }
    // The sixth column is the path.
    let paths: Vec<&str> = contents
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .collect();
    expected.retain(|path| !paths.contains(&path.as_str()));
    expected
}

/// The files' sizes in bytes, added up: the third column.
fn installed_bytes(contents: &str) -> u64 {
    contents
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok())
        .sum()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const CONTENTS: &str = "\
drwxr-xr-x 0/0               0 2026-11-22 20:00 usr/bin/
-rwxr-xr-x 0/0        12000000 2026-11-22 20:00 usr/bin/tacet
-rw-r--r-- 0/0             300 2026-11-22 20:00 usr/share/applications/Tacet.desktop
-rw-r--r-- 0/0            1000 2026-11-22 20:00 usr/share/doc/tacet/copyright
-rw-r--r-- 0/0             500 2026-11-22 20:00 usr/share/icons/hicolor/32x32/apps/tacet.png
-rw-r--r-- 0/0            3500 2026-11-22 20:00 usr/share/icons/hicolor/256x256/apps/tacet.png
";

    #[test]
    fn a_package_without_its_model_or_its_desktop_entry_is_not_complete() {
        assert!(absent_files(CONTENTS, false).is_empty());
        let absent = absent_files(CONTENTS, true);
        assert_eq!(absent.len(), 1);
        assert!(absent[0].ends_with(".gguf"));
        let without_entry = CONTENTS.replace("Tacet.desktop", "other.desktop");
        assert_eq!(
            absent_files(&without_entry, false),
            ["usr/share/applications/Tacet.desktop"]
        );
    }

    #[test]
    fn installed_sizes_are_added_up() {
        assert_eq!(installed_bytes(CONTENTS), 12_005_300);
    }

    #[test]
    fn the_two_packages_have_two_names() {
        let bundle = Path::new("/a b/Tacet_0.1.0_amd64.deb");
        assert_eq!(file_name(bundle, true).unwrap(), "tacet_0.1.0_amd64.deb");
        assert_eq!(
            file_name(bundle, false).unwrap(),
            "tacet-without-model_0.1.0_amd64.deb"
        );
    }

    #[test]
    fn a_path_with_a_quote_stays_one_string_in_the_overlay() {
        let text = overlay(Path::new("/home/a \"b\"/models/m.gguf"));
        assert!(
            text.contains(r#""/home/a \"b\"/models/m.gguf":"models/SmolLM2"#),
            "{text}"
        );
    }
}

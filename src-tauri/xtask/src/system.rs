//! The system packages: installed on Debian and Ubuntu, named elsewhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::step;

/// Something that the system has to provide.
#[derive(Debug)]
pub struct Need {
    /// The package's name in Debian and Ubuntu.
    debian: &'static str,
    /// What Tacet does with it, as the end of a sentence.
    why: &'static str,
    /// How to see that it is there on a system without dpkg.
    probe: Probe,
    /// The command that installs it on macOS and on Windows, where it is needed there.
    macos: Option<&'static str>,
    windows: Option<&'static str>,
}

#[derive(Debug)]
enum Probe {
    Program(&'static str),
    PkgConfig(&'static str),
}

impl Need {
    const fn linux(debian: &'static str, why: &'static str, probe: Probe) -> Self {
        Self {
            debian,
            why,
            probe,
            macos: None,
            windows: None,
        }
    }
}

/// What compiling Tacet takes.
pub const TO_BUILD: &[Need] = &[
    Need::linux(
        "build-essential",
        "compiles llama.cpp, SQLite and the TLS library",
        Probe::Program("c++"),
    ),
    Need {
        debian: "cmake",
        why: "configures llama.cpp",
        probe: Probe::Program("cmake"),
        macos: Some("brew install cmake"),
        windows: Some("winget install Kitware.CMake"),
    },
    Need {
        debian: "clang",
        why: "reads the headers of llama.cpp",
        probe: Probe::Program("clang"),
        macos: Some("xcode-select --install"),
        windows: Some("winget install LLVM.LLVM"),
    },
    Need::linux(
        "libclang-dev",
        "reads the headers of llama.cpp",
        Probe::Program("clang"),
    ),
    Need::linux(
        "pkg-config",
        "finds the libraries",
        Probe::Program("pkg-config"),
    ),
    Need::linux(
        "libwebkit2gtk-4.1-dev",
        "shows the window",
        Probe::PkgConfig("webkit2gtk-4.1"),
    ),
    Need::linux(
        "libdbus-1-dev",
        "connects the window to the desktop",
        Probe::PkgConfig("dbus-1"),
    ),
];

/// What driving the real window without a screen takes.
pub const TO_TEST: &[Need] = &[
    Need::linux("xvfb", "is the screen of the tests", Probe::Program("Xvfb")),
    Need::linux(
        "weston",
        "is their Wayland screen",
        Probe::Program("weston"),
    ),
    Need::linux(
        "dbus",
        "is the session bus of the tests",
        Probe::Program("dbus-daemon"),
    ),
    Need::linux(
        "gnome-keyring",
        "keeps the keys of the tests",
        Probe::Program("gnome-keyring-daemon"),
    ),
    Need::linux(
        "webkit2gtk-driver",
        "presses the buttons in the tests",
        Probe::Program("WebKitWebDriver"),
    ),
];

/// What fetching the embedded model takes.
pub const TO_FETCH: &[Need] = &[Need {
    debian: "python3-pip",
    why: "downloads the embedded model",
    probe: Probe::Program("python3"),
    macos: Some("brew install python"),
    windows: Some("winget install Python.Python.3.13"),
}];

/// Sees to it that all `needs` are met, or says what is missing and what installs it.
pub fn require(root: &Path, needs: &[&[Need]]) -> Result<(), Failure> {
    let needs: Vec<&Need> = needs.iter().copied().flatten().collect();
    if is_debian() {
        let missing = missing_packages(&needs, &installed_packages(root, &needs));
        if missing.is_empty() {
            return Ok(());
        }
        return install(root, &missing);
    }
    let missing: Vec<&Need> = needs
        .into_iter()
        .filter(|need| need.matters_here() && !need.probe.succeeds(root))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing.iter().map(|need| need.advice()).collect();
    Err(Failure::new(format!(
        "This system lacks what Tacet is built and tested with:\n{}{}",
        lines.join("\n"),
        if cfg!(target_os = "linux") {
            "\nhttps://v2.tauri.app/start/prerequisites/#linux has the package names of the \
             larger distributions."
        } else {
            ""
        }
    )))
}

impl Need {
    fn matters_here(&self) -> bool {
        cfg!(target_os = "linux") || self.command_here().is_some()
    }

    fn command_here(&self) -> Option<&'static str> {
        if cfg!(target_os = "macos") {
            self.macos
        } else if cfg!(windows) {
            self.windows
        } else {
            None
        }
    }

    fn advice(&self) -> String {
        let what = match self.probe {
            Probe::Program(name) => format!("the program `{name}`"),
            Probe::PkgConfig(name) => format!("the library `{name}` with its pkg-config file"),
        };
        match self.command_here() {
            Some(command) => format!("  {what} ({}): {command}", self.why),
            None => format!("  {what} ({}); in Debian: {}", self.why, self.debian),
        }
    }
}

impl Probe {
    fn succeeds(&self, root: &Path) -> bool {
        match self {
            Self::Program(name) => step::is_on_path(name),
            Self::PkgConfig(name) => {
                step::output(step::command("pkg-config", root).args(["--exists", name])).is_some()
            }
        }
    }
}

fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| descends_from_debian(&text))
        && step::is_on_path("dpkg-query")
}

fn descends_from_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| ["ID", "ID_LIKE"].contains(key))
        .flat_map(|(_, value)| value.trim_matches(['"', '\'']).split_whitespace())
        .any(|id| id == "debian" || id == "ubuntu")
}

fn installed_packages(root: &Path, needs: &[&Need]) -> String {
    let mut query = step::command("dpkg-query", root);
    query.args(["--show", "--showformat=${db:Status-Status} ${Package}\n"]);
    query.args(needs.iter().map(|need| need.debian));
    // It fails as soon as one name is unknown, and still prints the others.
    query
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

fn missing_packages<'a>(needs: &[&'a Need], installed: &str) -> Vec<&'a Need> {
    needs
        .iter()
        .copied()
        .filter(|need| {
            installed
                .lines()
                .all(|line| line.split_once(' ') != Some(("installed", need.debian)))
        })
        .collect()
}

fn install(root: &Path, missing: &[&Need]) -> Result<(), Failure> {
    println!("System packages that Tacet needs and that are not installed:");
    for need in missing {
        println!("  {:24} {}", need.debian, need.why);
    }
    let names = missing.iter().map(|need| need.debian);
    let is_root =
        step::output(step::command("id", root).arg("-u")).is_some_and(|id| id.trim() == "0");
    if !is_root && !step::is_on_path("sudo") {
        return Err(Failure::new(format!(
            "Only root can install them, and there is no sudo. As root:\n  \
             apt-get update && apt-get install {}",
            names.collect::<Vec<_>>().join(" ")
        )));
    }
    let apt = || -> Command {
        let mut apt = step::command(if is_root { "env" } else { "sudo" }, root);
        if !is_root {
            apt.arg("env");
        }
        apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        apt
    };
    if let Err(failure) = step::run(apt().arg("update")) {
        // One source that does not answer need not be the one that has the packages.
        println!("{failure} Going on with the package lists that are there.");
    }
    step::run(
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(names),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_a_package_that_is_fully_installed_counts() {
        let needs = ["xvfb", "dbus", "webkit2gtk-driver"]
            .map(|name| Need::linux(name, "is an example", Probe::Program("true")));
        let known = "installed xvfb\nconfig-files dbus\ninstalled webkit2gtk-driver-dbg\n";
        let missing: Vec<&str> = missing_packages(&needs.each_ref(), known)
            .iter()
            .map(|need| need.debian)
            .collect();
        assert_eq!(missing, ["dbus", "webkit2gtk-driver"]);
    }

    #[test]
    fn descendants_of_debian_are_recognized_by_either_field() {
        assert!(descends_from_debian("NAME=\"Debian\"\nID=debian\n"));
        assert!(descends_from_debian(
            "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"
        ));
        assert!(!descends_from_debian(
            "ID=fedora\nHOME_URL=\"https://debian.example\"\n"
        ));
    }

    #[test]
    fn what_is_missing_elsewhere_is_named_with_its_purpose() {
        let advice = TO_TEST[0].advice();
        assert!(
            advice.contains("`Xvfb`") && advice.contains("screen"),
            "{advice}"
        );
    }
}

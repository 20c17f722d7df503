//! Every check and test there is, in one order, each of which can be repeated alone.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::project::Project;
use crate::screen::Screen;
use crate::system::TO_TEST;
use crate::target::{SELECTION, Target};
use crate::{app, page, step, toolchain};

/// One step of `cargo xtask test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Format,
    /// svelte-check and tsc over the page's sources.
    Types,
    /// prettier over the same.
    Style,
    Vitest,
    /// The build of the page.
    Page,
    Clippy,
    Doc,
    Build,
    /// All Rust tests: units, documentation and the three suites.
    Rust,
    /// One suite of those; only by name, since `Rust` contains it.
    Core,
    Ipc,
    E2e,
}

use Check::{Build, Clippy, Core, Doc, E2e, Format, Ipc, Page, Rust, Style, Types, Vitest};

/// The steps of a whole run: what is quick comes first, and a build before what uses it.
const WHOLE: [Check; 9] = [Format, Types, Style, Vitest, Page, Clippy, Doc, Build, Rust];
/// The crates whose documentation others read.
const LIBRARIES: [&str; 7] = [
    "tacet-conversation",
    "tacet-core",
    "tacet-provider",
    "tacet-settings",
    "tacet-store",
    "tacet-tool",
    "tacet-turn",
];
const SUITES: [Check; 3] = [Core, Ipc, E2e];

impl Check {
    /// The step called `name`, or a failure that lists all names.
    pub fn named(name: &str) -> Result<Self, Failure> {
        let all = || WHOLE.into_iter().chain(SUITES);
        all().find(|check| check.name() == name).ok_or_else(|| {
            let names: Vec<_> = all().map(Self::name).collect();
            Failure::new(format!(
                "There is no step `{name}`. The steps are: {}.",
                names.join(", ")
            ))
        })
    }

    fn name(self) -> &'static str {
        match self {
            Format => "fmt",
            Types => "ui-check",
            Style => "ui-lint",
            Vitest => "ui-test",
            Page => "ui-build",
            Clippy => "clippy",
            Doc => "doc",
            Build => "build",
            Rust => "rust",
            Core => "core",
            Ipc => "ipc",
            E2e => "e2e",
        }
    }

    /// What has to be done before, when the step runs alone.
    fn prerequisites(self) -> &'static [Self] {
        match self {
            Clippy | Build => &[Page],
            Rust | Core | Ipc | E2e => &[Page, Build],
            Format | Types | Style | Vitest | Page | Doc => &[],
        }
    }

    fn run(self, project: &Project, target: &Target, rest: &[OsString]) -> Result<(), Failure> {
        let ui = |script: &[&str]| step::run(page::npm(project).args(script));
        match self {
            Format => step::run(target.cargo("fmt").args(["--all", "--check"])),
            Types => ui(&["run", "check"]),
            Style => ui(&["run", "lint"]),
            Vitest => ui(&["test"]),
            Page => page::build(project),
            Clippy => step::run(
                target
                    .cargo("clippy")
                    .args(SELECTION)
                    .arg("--all-targets")
                    .args(["--", "-D", "warnings"]),
            ),
            Doc => step::run(
                target
                    .cargo("doc")
                    .args(LIBRARIES.iter().flat_map(|name| ["--package", name]))
                    .arg("--no-deps")
                    .env("RUSTDOCFLAGS", "--deny warnings"),
            ),
            Build => {
                // With the tests, although they come later: alone it would compile the
                // dependencies with fewer features, and the tests would compile them again.
                let mut cargo = target.cargo("build");
                cargo.args(SELECTION).args(["--bins", "--tests"]);
                step::run(&mut cargo)?;
                target.copy_executable(false).map(drop)
            }
            Rust => rust_tests(project, target, None, rest),
            Core | Ipc | E2e => rust_tests(project, target, Some(self.name()), rest),
        }
    }
}

fn rust_tests(
    project: &Project,
    target: &Target,
    suite: Option<&str>,
    rest: &[OsString],
) -> Result<(), Failure> {
    let screen = Screen::start(project)?;
    let mut cargo = target.cargo("test");
    // One run names every test that fails, not only those of the first suite that has one.
    cargo.args(SELECTION).arg("--no-fail-fast");
    if let Some(suite) = suite {
        cargo.args(["--test", suite]);
    }
    if !rest.is_empty() {
        cargo.arg("--").args(rest);
    }
    cargo.env("TACET_BIN", project.executable(false));
    step::run(screen.apply(&mut cargo))
}

/// `cargo xtask test`: all steps, or `only` one with what it needs; ends at the first failure.
pub fn run(project: &Project, only: Option<Check>, rest: &[OsString]) -> Result<(), Failure> {
    let begin = Instant::now();
    toolchain::require_lints(project.root())?;
    app::set_up(project, TO_TEST)?;
    let target = Target::take(project)?;
    let steps: Vec<Check> = match only {
        Some(check) => check
            .prerequisites()
            .iter()
            .copied()
            .chain([check])
            .collect(),
        None => WHOLE.to_vec(),
    };
    let mut durations = vec![("set-up", begin.elapsed())];
    for (index, check) in steps.iter().enumerate() {
        let name = check.name();
        step::headline(&format!("{} of {}: {name}", index + 1, steps.len()));
        let begin = Instant::now();
        let outcome = check.run(project, &target, rest);
        let duration = begin.elapsed();
        durations.push((name, duration));
        if let Err(failure) = outcome {
            print!("{}", table(&durations, "failed"));
            return Err(Failure::new(format!(
                "{failure}\nThe step `{name}` failed. To repeat only this step:\n  \
                 cargo xtask test --only {name}"
            )));
        }
        println!("{name}: passed in {}", shown(duration));
    }
    print!("{}", table(&durations, "passed"));
    Ok(())
}

fn table(durations: &[(&str, Duration)], last: &str) -> String {
    let mut text = String::from("\n── Summary ──\n");
    for (index, (name, duration)) in durations.iter().enumerate() {
        let outcome = if index + 1 == durations.len() {
            last
        } else {
            "passed"
        };
        text += &format!("{name:10} {outcome}  {:>10}\n", shown(*duration));
    }
    let total = durations.iter().map(|(_, duration)| *duration).sum();
    text + &format!("{:10} {last}  {:>10}\n", "all", shown(total))
}

fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!(
            "{} min {:02} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_step_is_found_by_its_name_and_needs_only_steps_of_the_whole_run_before_it() {
        for check in WHOLE.into_iter().chain(SUITES) {
            assert_eq!(Check::named(check.name()).unwrap(), check);
            let place = WHOLE
                .iter()
                .position(|step| *step == check)
                .unwrap_or(WHOLE.len());
            for needed in check.prerequisites() {
                assert!(
                    WHOLE[..place].contains(needed),
                    "{check:?} needs {needed:?}"
                );
            }
        }
    }

    #[test]
    fn the_summary_names_the_step_that_failed_and_adds_up_the_time() {
        let text = table(
            &[
                ("fmt", Duration::from_millis(500)),
                ("clippy", Duration::from_secs(61)),
            ],
            "failed",
        );
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "fmt        passed       0.5 s");
        assert_eq!(lines[1], "clippy     failed  1 min 01 s");
        assert_eq!(lines[2], "all        failed  1 min 01 s");
    }
}

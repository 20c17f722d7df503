//! The worker process: it alone holds the engine, so that a crash of the engine takes nothing
//! else with it, and its end gives all memory back.

mod answer;
mod context;
mod decoder;
mod engine;
mod processor;
mod prompt;
mod stop;

use crate::protocol::{Count, Order, Outcome, Report, Task};
use engine::Engine;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use stop::StopSwitch;

static STOP: StopSwitch = StopSwitch::new();

/// Runs the worker until its standard input closes. The app's `main` calls this first of all
/// when its first argument is [`crate::WORKER_ARGUMENT`].
#[must_use]
pub fn worker_main() -> ExitCode {
    let mut reports = match claim_output() {
        Ok(file) => file,
        Err(error) => {
            eprintln!("the worker has no standard output: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (sender, tasks) = mpsc::channel();
    thread::spawn(move || read_orders(&sender));
    let mut engine: Option<Engine> = None;
    for task in tasks {
        STOP.begin(task.number);
        let mut report = |report: &Report| send(&mut reports, report);
        let (outcome, count) = match ready(&mut engine, &task, &mut report) {
            Ok(engine) => engine.answer(&task, &mut report),
            Err(outcome) => (outcome, Count::default()),
        };
        report(&Report::Ended { outcome, count });
    }
    ExitCode::SUCCESS
}

/// The loaded engine for the task's model file.
fn ready<'a>(
    engine: &'a mut Option<Engine>,
    task: &Task,
    report: &mut impl FnMut(&Report),
) -> Result<&'a mut Engine, Outcome> {
    if STOP.is_set() {
        return Err(Outcome::Stopped);
    }
    if engine
        .as_ref()
        .is_none_or(|engine| !engine.holds(&task.model_file))
    {
        report(&Report::Loading);
        // The old model goes before the new one comes.
        *engine = None;
        *engine = Some(Engine::load(&task.model_file, &STOP)?);
    }
    engine
        .as_mut()
        .ok_or_else(|| Outcome::Failed("The built-in model is not loaded.".to_owned()))
}

/// Takes the protocol's channel out of reach of stray prints: what a library writes to file
/// descriptor 1 from now on goes to standard error.
fn claim_output() -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
        Ok(output.into())
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle;
        Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
    }
}

/// Sends one report. When nobody reads any more, the app is gone, and so the worker goes.
fn send(reports: &mut File, report: &Report) {
    let sent = serde_json::to_vec(report)
        .map_err(io::Error::from)
        .and_then(|mut line| {
            line.push(b'\n');
            reports.write_all(&line)
        });
    if sent.is_err() {
        leave();
    }
}

/// Reads orders until the app closes its end or dies, and then ends the process at once, in the
/// midst of whatever the engine does.
fn read_orders(tasks: &mpsc::Sender<Task>) {
    for line in io::stdin().lock().lines() {
        let order = line.and_then(|line| Ok(serde_json::from_str(&line)?));
        match order {
            Ok(Order::Answer(task)) => {
                if tasks.send(task).is_err() {
                    break;
                }
            }
            Ok(Order::Stop { task }) => STOP.set(task),
            Err(error) => {
                eprintln!("the worker was sent something that is not an order: {error}");
                break;
            }
        }
    }
    leave();
}

/// Ends the process without running destructors, which would race with the engine's threads.
fn leave() -> ! {
    // SAFETY: `_exit` takes any status, and does not return or run code of this process.
    unsafe { libc::_exit(0) }
}

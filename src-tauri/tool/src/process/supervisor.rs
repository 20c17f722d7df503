//! The supervisor: what our executable does behind [`SUPERVISOR_ARGUMENT`](super::SUPERVISOR_ARGUMENT).
//!
//! Its standard output and error are the tool's. Its standard input is a socket to the app, on
//! which the app hands over the tool's input and the supervisor reports; the socket's end is the
//! order to end everything.

use super::ending::{Children, Event};
use super::protocol::Report;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, getpid, set_child_subreaper, setsid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs::OpenOptions;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Sender, channel};
use tokio::signal::unix::{SignalKind, signal};

/// Runs a tool, and ends all that is left of it when it ends or is to end.
pub fn supervisor_main() -> ExitCode {
    let control = match io::stdin().as_fd().try_clone_to_owned() {
        Ok(control) => UnixStream::from(control),
        Err(_) => return ExitCode::FAILURE,
    };
    match supervise(&control) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let reason = error.to_string();
            say(&control, &Report::Failed { reason });
            ExitCode::FAILURE
        }
    }
}

fn supervise(control: &UnixStream) -> io::Result<()> {
    // Away from the app's terminal and group, so that a Ctrl-C there is not for the tool.
    setsid()?;
    set_child_subreaper(Some(getpid()))?;
    let (sender, events) = channel();
    let input = receive_input(control)?;
    listen(control.try_clone()?, sender.clone())?;
    let mut words = std::env::args_os().skip(2);
    let program = words
        .next()
        .ok_or_else(|| io::Error::other("no program was named"))?;
    let tool = Command::new(program)
        .args(words)
        .stdin(input)
        .process_group(0)
        .spawn()?;
    // Given away, so that the tool's output ends when the tool's processes have ended.
    let nothing = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    dup2_stderr(&nothing)?;
    say(control, &Report::Started { pid: tool.id() });
    let pid = i32::try_from(tool.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the process has no number"))?;
    let mut children = Children::watch(pid, sender, events);
    children.until_end();
    if let Some(exit) = children.exit {
        say(control, &Report::Exited(exit));
    }
    let ended = children.end(|report| say(control, &report));
    say(control, &ended);
    Ok(())
}

/// An app that is gone hears nothing, and need not.
fn say(mut control: &UnixStream, report: &Report) {
    if let Ok(mut line) = serde_json::to_vec(report) {
        line.push(b'\n');
        let _ = control.write_all(&line);
    }
}

/// The end of the pipe that the tool reads, which the app sent with one byte.
fn receive_input(control: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut messages = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut bytes = [IoSliceMut::new(&mut byte)];
    recvmsg(control, &mut bytes, &mut messages, RecvFlags::CMSG_CLOEXEC)?;
    messages
        .drain()
        .find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut handles) => handles.next(),
            _ => None,
        })
        .ok_or_else(|| io::Error::other("the app sent no input for the tool"))
}

/// Waits on threads of its own for the socket's end, and for a signal to end.
fn listen(mut control: UnixStream, sender: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let signals = {
        let _inside = runtime.enter();
        [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ]
        .map(signal)
    };
    let [terminate, interrupt, hang_up] = signals;
    let (mut terminate, mut interrupt, mut hang_up) = (terminate?, interrupt?, hang_up?);
    let of_signals = sender.clone();
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
        });
        let _ = of_signals.send(Event::End);
    });
    std::thread::spawn(move || {
        // Nothing more is sent; the end is what counts, and an error is one.
        let _ = io::copy(&mut control, &mut io::sink());
        let _ = sender.send(Event::End);
    });
    Ok(())
}

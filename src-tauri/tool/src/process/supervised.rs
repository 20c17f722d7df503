//! A tool's process as the app holds it, on Linux: its pipes, and the socket to its supervisor.

use super::protocol::{EndedBy, EndedProcesses, Report, ToolExit};
use super::{END_LIMIT, START_LIMIT, SUPERVISOR_ARGUMENT, StartError, ToolCommand, ToolInput};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// What is known of the tool's processes.
#[derive(Default)]
struct Known {
    pid: Option<u32>,
    failure: Option<String>,
    exit: Option<ToolExit>,
    ended: Option<(u32, EndedBy)>,
    /// The supervisor says nothing more.
    silent: bool,
}

/// A running tool. Dropping it ends it and all that it started, as [`Supervised::end`] does, but
/// nobody is told when that is done.
pub struct Supervised {
    /// What the tool reads. Dropping it closes it.
    pub stdin: Option<ToolInput>,
    /// What the tool writes. It ends when no process of the tool holds it.
    pub stdout: Option<ChildStdout>,
    /// The tool's standard error.
    pub stderr: Option<ChildStderr>,
    pid: u32,
    known: watch::Receiver<Known>,
    /// Dropping it is the order to end everything.
    order: OwnedWriteHalf,
}

impl Supervised {
    /// Starts a tool under `supervisor`, which is our own executable.
    ///
    /// # Errors
    /// Says what could not be started; then nothing runs.
    pub async fn spawn(supervisor: &Path, command: &ToolCommand) -> Result<Self, StartError> {
        if !command.folder.is_dir() {
            return Err(StartError::Folder(command.folder.clone()));
        }
        let (control, for_supervisor) = StdStream::pair()?;
        let (read_end, input) = io::pipe()?;
        hand_over(&control, &read_end)?;
        drop(read_end);
        let mut start = Command::new(supervisor);
        for name in &command.withheld {
            start.env_remove(name);
        }
        let mut child = start
            // The path may be `/proc/self/exe`, which is no name for the list of processes.
            .arg0("tacet")
            .arg(SUPERVISOR_ARGUMENT)
            .arg(&command.program)
            .args(&command.args)
            .envs(&command.env)
            .current_dir(&command.folder)
            .stdin(Stdio::from(OwnedFd::from(for_supervisor)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // It holds the supervisor's end of the socket, whose end is to be seen here.
        drop(start);
        control.set_nonblocking(true)?;
        let (reports, order) = UnixStream::from_std(control)?.into_split();
        let stdin = pipe::Sender::from_owned_fd(input.into())?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (teller, mut known) = watch::channel(Known::default());
        tokio::spawn(follow(reports, child, teller));
        let begun = |known: &Known| known.pid.is_some() || known.silent;
        let pid = match timeout(START_LIMIT, known.wait_for(begun)).await {
            Ok(Ok(known)) => match (known.pid, &known.failure) {
                (Some(pid), _) => pid,
                (None, Some(reason)) => {
                    return Err(StartError::Program {
                        program: command.program.clone(),
                        reason: reason.clone(),
                    });
                }
                (None, None) => return Err(io::Error::other("it ended at once").into()),
            },
            Ok(Err(_)) => return Err(io::Error::other("it ended at once").into()),
            Err(_) => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        };
        Ok(Self {
            stdin: Some(Box::new(stdin)),
            stdout,
            stderr,
            pid,
            known,
            order,
        })
    }

    /// The number of the tool's own process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the tool's own process has ended, whatever it left running (which is ended
    /// then); nothing when its supervisor was killed. Giving up waiting loses nothing.
    pub async fn exited(&mut self) -> Option<ToolExit> {
        let over = |known: &Known| known.exit.is_some() || known.silent;
        match self.known.wait_for(over).await {
            Ok(known) => known.exit,
            Err(_) => None,
        }
    }

    /// Ends the tool and all that it started: closes the input, then TERM, then KILL. Returns when
    /// nothing is left, after [`END_LIMIT`] at the latest.
    pub async fn end(self) -> EndedProcesses {
        let asked = Instant::now();
        let Self {
            stdin,
            mut known,
            order,
            ..
        } = self;
        // The order first: a tool that ends as soon as its input does has not ended by itself.
        drop(order);
        drop(stdin);
        let over = |known: &Known| known.ended.is_some() || known.silent;
        let ended = match timeout(END_LIMIT, known.wait_for(over)).await {
            Ok(Ok(known)) => known.ended,
            Ok(Err(_)) | Err(_) => None,
        };
        let (count, by) = ended.unwrap_or((0, EndedBy::Unconfirmed));
        EndedProcesses {
            count,
            by,
            took: asked.elapsed(),
        }
    }
}

/// Sends the end of the pipe that the tool shall read, with one byte to carry it.
fn hand_over(control: &StdStream, read_end: &io::PipeReader) -> io::Result<()> {
    let handles = [read_end.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut messages = SendAncillaryBuffer::new(&mut space);
    if !messages.push(SendAncillaryMessage::ScmRights(&handles)) {
        return Err(io::Error::other("no room for a handle"));
    }
    sendmsg(
        control,
        &[IoSlice::new(b"0")],
        &mut messages,
        SendFlags::empty(),
    )?;
    Ok(())
}

/// Listens to the supervisor until it is gone, and fetches its end.
async fn follow(reports: OwnedReadHalf, mut child: Child, teller: watch::Sender<Known>) {
    let mut lines = BufReader::new(reports).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(report) = serde_json::from_str(&line) else {
            break;
        };
        teller.send_modify(|known| match report {
            Report::Started { pid } => known.pid = Some(pid),
            Report::Failed { reason } => known.failure = Some(reason),
            Report::Exited(exit) => known.exit = Some(exit),
            Report::Ended { count, by } => known.ended = Some((count, by)),
        });
    }
    teller.send_modify(|known| known.silent = true);
    let _ = child.wait().await;
}

//! A tool's process as the app holds it where there is no supervisor: the process itself, on Unix
//! with its group. What leaves the group, or outlives an app that is killed, is not ended.

use super::protocol::{EndedBy, EndedProcesses, ToolExit};
use super::{AFTER_INPUT, END_LIMIT, StartError, ToolCommand, ToolInput};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Instant;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

/// A running tool. Dropping it kills its own process.
pub struct Supervised {
    /// What the tool reads. Dropping it closes it.
    pub stdin: Option<ToolInput>,
    /// What the tool writes.
    pub stdout: Option<ChildStdout>,
    /// The tool's standard error.
    pub stderr: Option<ChildStderr>,
    pid: u32,
    child: Child,
}

impl Supervised {
    /// Starts a tool. `_supervisor` is for the systems that have one.
    ///
    /// # Errors
    /// Says what could not be started; then nothing runs.
    pub async fn spawn(_supervisor: &Path, command: &ToolCommand) -> Result<Self, StartError> {
        if !command.folder.is_dir() {
            return Err(StartError::Folder(command.folder.clone()));
        }
        let mut start = Command::new(&command.program);
        for name in &command.withheld {
            start.env_remove(name);
        }
        start
            .args(&command.args)
            .envs(&command.env)
            .current_dir(&command.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        start.process_group(0);
        let mut child = start.spawn().map_err(|error| StartError::Program {
            program: command.program.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            stdin: child.stdin.take().map(|stdin| Box::new(stdin) as ToolInput),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            pid: child.id().unwrap_or_default(),
            child,
        })
    }

    /// The number of the tool's own process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the tool's own process has ended. Giving up waiting loses nothing.
    pub async fn exited(&mut self) -> Option<ToolExit> {
        self.child.wait().await.ok().map(exit)
    }

    /// Ends the tool: closes the input, then kills. Returns after [`END_LIMIT`] at the latest.
    pub async fn end(self) -> EndedProcesses {
        let asked = Instant::now();
        let Self {
            stdin, mut child, ..
        } = self;
        drop(stdin);
        let (count, by) = if let Ok(Some(_)) = child.try_wait() {
            (0, EndedBy::Itself)
        } else if let Ok(Ok(_)) = timeout(AFTER_INPUT, child.wait()).await {
            (1, EndedBy::InputClosed)
        } else {
            #[cfg(unix)]
            if let Some(group) = child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            match timeout(END_LIMIT, child.kill()).await {
                Ok(Ok(())) => (1, EndedBy::Kill),
                Ok(Err(_)) | Err(_) => (0, EndedBy::Unconfirmed),
            }
        };
        EndedProcesses {
            count,
            by,
            took: asked.elapsed(),
        }
    }
}

fn exit(status: ExitStatus) -> ToolExit {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    ToolExit {
        code: status.code(),
        signal,
    }
}

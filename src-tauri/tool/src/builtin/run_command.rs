//! Runs a command of the shell, under the supervisor.

use super::{Folders, arguments, spec};
use crate::approval::Action;
use crate::process::{END_LIMIT, EndedBy, EndedProcesses, Supervised, ToolCommand, ToolExit};
use crate::tool::{
    Annotations, CallPreview, Calling, OnProgress, Progress, ResultContent, Tool, ToolConfirmation,
    ToolOutcome, ToolSpec,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How much output is kept, in bytes; what comes after it is counted and dropped.
pub const OUTPUT_LIMIT: usize = 1024 * 1024;
/// How long the rest of the output may take once all processes have ended.
const REST: Duration = Duration::from_millis(500);
/// The same after a stop, which waits for nobody who holds the pipe.
const REST_AFTER_STOP: Duration = Duration::from_millis(50);

/// `run_command`.
pub struct RunCommand {
    spec: ToolSpec,
    folders: Folders,
    supervisor: PathBuf,
    withheld: Vec<OsString>,
}

impl RunCommand {
    /// Runs commands within `folders`, under `supervisor`, which is our own executable.
    pub fn new(folders: Folders, supervisor: PathBuf) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "command": { "type": "string", "minLength": 1, "description": "A command line for sh." },
                "path": { "type": "string", "description": "The folder to run it in; left out, the first that is open." },
            },
            "required": ["command"],
            "additionalProperties": false,
        });
        let description = "Runs a command line with sh and returns its output and exit code. It gets no input. \
                           What it leaves running is ended when it ends.";
        let annotations = Annotations {
            read_only: false,
            destructive: true,
            idempotent: false,
            open_world: true,
        };
        Self {
            spec: spec(
                "run_command",
                "Run a command",
                description,
                schema,
                annotations,
            ),
            folders,
            supervisor,
            withheld: Vec::new(),
        }
    }

    /// Keeps variables of the app's environment from commands, such as those of providers' keys.
    #[must_use]
    pub fn without(mut self, names: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.withheld = names.into_iter().map(Into::into).collect();
        self
    }

    async fn run_it(
        &self,
        given: &Value,
        stop: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> ToolOutcome {
        let folder = match self.folders.existing(arguments::folder(given)) {
            Ok(folder) => folder,
            Err(words) => return ToolOutcome::failed(words),
        };
        let command = ToolCommand {
            program: "sh".into(),
            args: vec!["-c".into(), arguments::text(given, "command").into()],
            env: BTreeMap::new(),
            withheld: self.withheld.clone(),
            folder,
        };
        let starting = Supervised::spawn(&self.supervisor, &command);
        tokio::pin!(starting);
        let started = tokio::select! {
            biased;
            started = &mut starting => started,
            () = stop.cancelled() => {
                // What starts runs already, and says so soon: then its end can be waited for.
                let told = Instant::now();
                let Ok(started) = timeout(END_LIMIT, starting).await else {
                    return ToolOutcome::Interrupted {
                        partial: Vec::new(),
                        confirmation: ToolConfirmation::ToldAndSilent { ms: millis(told.elapsed()) },
                    };
                };
                started
            }
        };
        let mut tool = match started {
            Ok(tool) => tool,
            Err(error) => return ToolOutcome::failed(error.to_string()),
        };
        tool.stdin = None;
        let (mut stdout, mut stderr) = (tool.stdout.take(), tool.stderr.take());
        let mut output = Output::default();
        let mut buffers = ([0; 8192], [0; 8192]);
        let exit = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break None,
                // What it wrote before its end is read below.
                exit = tool.exited() => break Some(exit),
                count = read(&mut stdout, &mut buffers.0) => output.take(&buffers.0[..count], progress),
                count = read(&mut stderr, &mut buffers.1) => output.take(&buffers.1[..count], progress),
            }
        };
        let ended = tool.end();
        tokio::pin!(ended);
        let ended = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                count = read(&mut stdout, &mut buffers.0) => output.take(&buffers.0[..count], progress),
                count = read(&mut stderr, &mut buffers.1) => output.take(&buffers.1[..count], progress),
            }
        };
        let rest = async {
            while stdout.is_some() || stderr.is_some() {
                tokio::select! {
                    count = read(&mut stdout, &mut buffers.0) => output.take(&buffers.0[..count], progress),
                    count = read(&mut stderr, &mut buffers.1) => output.take(&buffers.1[..count], progress),
                }
            }
        };
        // A process that nothing ends may hold a pipe; it holds up no call.
        let limit = if exit.is_some() {
            REST
        } else {
            REST_AFTER_STOP
        };
        let _ = timeout(limit, rest).await;
        match exit {
            None => ToolOutcome::Interrupted {
                partial: output.finish(None),
                confirmation: confirmation(&ended),
            },
            Some(Some(ToolExit { code: Some(0), .. })) => {
                ToolOutcome::Succeeded(output.finish(Some("exit code 0")))
            }
            Some(Some(ToolExit {
                code: Some(code), ..
            })) => ToolOutcome::Failed(output.finish(Some(&format!("exit code {code}")))),
            Some(Some(ToolExit { signal, .. })) => {
                let signal = signal.unwrap_or_default();
                ToolOutcome::Failed(output.finish(Some(&format!("ended by signal {signal}"))))
            }
            Some(None) => ToolOutcome::Failed(output.finish(Some("nobody saw how it ended"))),
        }
    }
}

impl Tool for RunCommand {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn action(&self, given: &Value) -> Action {
        Action::Command(arguments::text(given, "command").to_owned())
    }

    fn preview(&self, given: &Value) -> Result<CallPreview, String> {
        let folder = self.folders.existing(arguments::folder(given))?;
        let withheld = self.withheld.iter();
        let set = withheld.filter(|name| std::env::var_os(name).is_some());
        Ok(CallPreview {
            folder: Some(folder.display().to_string()),
            withheld: set.map(|name| name.display().to_string()).collect(),
            ..CallPreview::default()
        })
    }

    fn run<'a>(
        &'a self,
        given: Value,
        stop: CancellationToken,
        progress: OnProgress<'a>,
    ) -> Calling<'a> {
        Box::pin(async move { self.run_it(&given, &stop, progress).await })
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn confirmation(ended: &EndedProcesses) -> ToolConfirmation {
    let ms = millis(ended.took);
    match ended.by {
        EndedBy::Itself | EndedBy::InputClosed | EndedBy::Term => {
            ToolConfirmation::Confirmed { ms }
        }
        EndedBy::Kill => ToolConfirmation::Killed {
            processes: ended.count,
            ms,
        },
        EndedBy::Unconfirmed => ToolConfirmation::ToldAndSilent { ms },
    }
}

/// Reads on; once there is nothing more, closes the pipe. A closed pipe never answers.
async fn read(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    let Some(open) = pipe else {
        return std::future::pending().await;
    };
    match open.read(buffer).await {
        Ok(count @ 1..) => count,
        Ok(0) | Err(_) => {
            *pipe = None;
            0
        }
    }
}

/// What a command wrote to both of its pipes, in the order of its coming.
#[derive(Default)]
struct Output {
    text: String,
    /// The start of a letter whose rest has not come yet.
    begun: Vec<u8>,
    /// Bytes that were dropped.
    dropped: u64,
}

impl Output {
    fn take(&mut self, bytes: &[u8], progress: OnProgress<'_>) {
        let room = OUTPUT_LIMIT.saturating_sub(self.text.len() + self.begun.len());
        let kept = &bytes[..bytes.len().min(room)];
        self.dropped += (bytes.len() - kept.len()) as u64;
        self.begun.extend_from_slice(kept);
        let whole = match self.begun.utf8_chunks().last() {
            // Up to three bytes at the end may be the start of a letter.
            Some(last) if last.invalid().len() < 4 && !last.invalid().is_empty() => {
                self.begun.len() - last.invalid().len()
            }
            _ => self.begun.len(),
        };
        let rest = self.begun.split_off(whole);
        let text = String::from_utf8_lossy(&self.begun).into_owned();
        self.begun = rest;
        if !text.is_empty() {
            self.text.push_str(&text);
            progress(Progress::Output(text));
        }
    }

    fn finish(mut self, end: Option<&str>) -> Vec<ResultContent> {
        self.text.push_str(&String::from_utf8_lossy(&self.begun));
        let mut notes = String::new();
        if self.dropped > 0 {
            notes = format!("[{} more bytes of output were dropped.]", self.dropped);
        }
        if let Some(end) = end {
            notes = format!("{notes}[{end}]");
        }
        let between = if self.text.is_empty() || self.text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let text = format!("{}{between}{notes}", self.text);
        if text.is_empty() {
            return Vec::new();
        }
        vec![ResultContent::text(text)]
    }
}

//! The worker as the app sees it: a child process with a pipe for orders and one for reports.

use crate::WORKER_ARGUMENT;
use crate::protocol::{Order, Report};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tacet_conversation::{ErrorCategory, ProviderError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a worker that was dismissed, or that broke off, may take to be gone.
const GOODBYE: Duration = Duration::from_millis(500);
/// How much of the end of its standard error is kept, in bytes.
const LAST_WORDS: usize = 2000;

/// A running worker. Dropping it kills it.
pub struct Worker {
    child: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
    last_words: JoinHandle<String>,
    /// Bytes of reports that were received so far.
    pub received: u64,
}

impl Worker {
    /// Starts the executable as a worker.
    pub fn start(executable: &Path) -> io::Result<Self> {
        let mut command = Command::new(executable);
        command
            .arg(WORKER_ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // The path may be `/proc/self/exe`, which is no name for the list of processes.
        #[cfg(unix)]
        command.arg0("tacet");
        let mut child = command.spawn()?;
        let missing = || io::Error::other("the worker has no pipe");
        let orders = child.stdin.take().ok_or_else(missing)?;
        let reports = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        Ok(Self {
            child,
            orders,
            reports: BufReader::new(reports).lines(),
            last_words: tokio::spawn(last_words(errors)),
            received: 0,
        })
    }

    /// The process's id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Gives an order.
    pub async fn tell(&mut self, order: &Order) -> io::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line).await
    }

    /// The next report; nothing when the worker has closed its end. Giving up waiting loses
    /// nothing.
    pub async fn hear(&mut self) -> io::Result<Option<Report>> {
        let Some(line) = self.reports.next_line().await? else {
            return Ok(None);
        };
        self.received += line.len() as u64 + 1;
        Ok(Some(serde_json::from_str(&line)?))
    }

    /// Kills it, and returns when the system has taken the order: it computes nothing from then
    /// on. That its memory is given back, which takes some ten milliseconds, is not waited for.
    pub fn kill(self) {
        let Self { mut child, .. } = self;
        // An error here means that it is gone already.
        let _ = child.start_kill();
        tokio::spawn(async move {
            // Fetched, so that nothing of it stays in the list of processes.
            let _ = child.wait().await;
        });
    }

    /// Closes its input, upon which it ends; kills it when it does not.
    pub async fn dismiss(self) {
        let Self {
            mut child, orders, ..
        } = self;
        drop(orders);
        if timeout(GOODBYE, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }

    /// What to tell the person about a worker that broke off in the midst of an answer.
    pub async fn post_mortem(mut self) -> ProviderError {
        let ended = match timeout(GOODBYE, self.child.wait()).await {
            Ok(Ok(status)) => describe(status),
            Ok(Err(_)) | Err(_) => {
                let _ = self.child.kill().await;
                "broke off and had to be killed".to_owned()
            }
        };
        let words = match timeout(GOODBYE, self.last_words).await {
            Ok(Ok(words)) => words,
            Ok(Err(_)) | Err(_) => String::new(),
        };
        let message = format!(
            "The process of the built-in model {ended}. The next message starts a new process."
        );
        ProviderError {
            provider_text: Some(words.trim().to_owned()).filter(|words| !words.is_empty()),
            ..ProviderError::new(ErrorCategory::Engine, message)
        }
    }
}

/// Reads to the end and keeps the end.
async fn last_words(mut errors: ChildStderr) -> String {
    let mut kept = Vec::new();
    while let Ok(1..) = errors.read_buf(&mut kept).await {
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            libc::SIGKILL => "was killed, perhaps because memory ran out (SIGKILL)".to_owned(),
            libc::SIGSEGV => "crashed (SIGSEGV)".to_owned(),
            libc::SIGABRT => "gave up after an error of its own (SIGABRT)".to_owned(),
            libc::SIGBUS => "crashed, perhaps because the model's file changed (SIGBUS)".to_owned(),
            libc::SIGILL => "met an instruction that this processor lacks (SIGILL)".to_owned(),
            other => format!("was ended by signal {other}"),
        };
    }
    match status.code() {
        Some(code) => format!("ended by itself with code {code}"),
        None => "ended by itself".to_owned(),
    }
}

//! A call that its server made a task of (the Tasks extension): asked for until it is done, and
//! cancelled by a stop.
//!
//! What a quitting app leaves is cancelled as well. Where it ends without notice, its next run asks for
//! the task by its id: the extension has clients keep that for as long as the task may live.

use super::call::{Call, interrupted};
use super::content;
use super::words;
use crate::tool::{Progress, ToolConfirmation, ToolOutcome};
use rmcp::model::{
    CallToolResult, CancelTaskParams, GetTaskParams, Task, TaskPayload, UpdateTaskParams,
};
use rmcp::service::{Peer, RoleClient, ServiceError};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How often a server is asked where it does not say.
const USUAL: Duration = Duration::from_secs(2);
const OFTENEST: Duration = Duration::from_millis(50);
const RAREST: Duration = Duration::from_secs(60);
/// How long an answer to that may take.
const ASK_LIMIT: Duration = Duration::from_secs(30);
/// How long telling a server to cancel may take, and hearing that it has.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);

/// What came of a task that an earlier run of the app left.
#[derive(Clone, Debug, PartialEq)]
pub enum TakenUp {
    /// It has ended so, or was cancelled by a stop.
    Ended(ToolOutcome),
    /// Its server knows nothing of it any more.
    Unknown,
    /// It cannot be asked for now: in words for the person.
    Unreachable(String),
}

/// Why it is not known what came of a task.
enum Breach {
    /// The server has ended.
    Gone,
    /// It did not answer in time.
    Silent,
    /// It refused, or could not be asked.
    Error(ServiceError),
}

/// Follows a task to its end.
pub async fn follow(call: &Call<'_>, task: Task) -> ToolOutcome {
    (call.progress)(Progress::Task(task.task_id.clone()));
    let mut running = Running::new(call, &task.task_id);
    let wait = wait_after(&task);
    let mut said = Said::default();
    said.take(call, task);
    match pursue(call, &mut running, wait, said).await {
        Ok(outcome) => outcome,
        Err(Breach::Gone) => {
            running.over();
            call.failed(call.connection.how())
        }
        Err(Breach::Silent) => call.failed("it does not say what has become of the task"),
        Err(Breach::Error(error)) => call.broke(error).await,
    }
}

/// Takes up a task of an earlier run. Nobody can be asked anything for it: its questions are
/// cancelled.
pub async fn take_up(call: &Call<'_>, id: &str) -> TakenUp {
    let mut running = Running::new(call, id);
    let breach = match pursue(call, &mut running, Duration::ZERO, Said::default()).await {
        Ok(outcome) => return TakenUp::Ended(outcome),
        Err(breach) => breach,
    };
    // It is asked for again.
    running.over();
    let reason = match breach {
        Breach::Error(ServiceError::McpError(_)) => return TakenUp::Unknown,
        Breach::Error(error) => {
            call.learn_end(&error).await;
            if call.connection.gone.is_cancelled() {
                call.connection.how().to_owned()
            } else {
                words::of_request(&error)
            }
        }
        Breach::Gone => call.connection.how().to_owned(),
        Breach::Silent => "it does not answer".to_owned(),
    };
    TakenUp::Unreachable(call.cannot_be_asked(&reason))
}

fn wait_after(task: &Task) -> Duration {
    let wait = task.poll_interval_ms.map_or(USUAL, Duration::from_millis);
    wait.clamp(OFTENEST, RAREST)
}

/// What a task said last of how far it is.
#[derive(Default)]
struct Said(Option<String>);

impl Said {
    fn take(&mut self, call: &Call<'_>, task: Task) {
        if task.status_message.is_some() && task.status_message != self.0 {
            self.0 = task.status_message;
            (call.progress)(Progress::Step {
                done: 0.0,
                total: None,
                message: self.0.clone(),
            });
        }
    }
}

/// Asks for it, for the first time after `wait`, until it has ended.
async fn pursue(
    call: &Call<'_>,
    running: &mut Running,
    mut wait: Duration,
    mut said: Said,
) -> Result<ToolOutcome, Breach> {
    let mut answered = HashSet::new();
    loop {
        let next = async {
            sleep(wait).await;
            let asked = GetTaskParams::new(running.id.clone());
            timeout(ASK_LIMIT, call.connection.peer.get_task(asked)).await
        };
        let state = tokio::select! {
            biased;
            () = call.stop.cancelled() => return Ok(interrupted(running.cancel().await)),
            () = call.connection.gone.cancelled() => return Err(Breach::Gone),
            state = next => state,
        };
        let detailed = match state {
            Ok(Ok(state)) => state.task,
            Ok(Err(error)) => return Err(Breach::Error(error)),
            Err(_) => return Err(Breach::Silent),
        };
        wait = wait_after(&detailed.task);
        said.take(call, detailed.task);
        let outcome = match detailed.payload {
            TaskPayload::Working => continue,
            TaskPayload::InputRequired { mut input_requests } => {
                // It lists a question until it has taken the answer.
                input_requests.retain(|key, _| answered.insert(key.clone()));
                if input_requests.is_empty() {
                    continue;
                }
                let answering = async {
                    let responses = call.answers(input_requests).await.map_err(str::to_owned)?;
                    let update = UpdateTaskParams::new(running.id.clone(), responses);
                    let updated = call.connection.peer.update_task(update).await;
                    updated.map_err(|error| call.connection.refusal(&error))
                };
                let answered = tokio::select! {
                    biased;
                    () = call.stop.cancelled() => {
                        return Ok(interrupted(running.cancel().await));
                    }
                    () = call.connection.gone.cancelled() => return Err(Breach::Gone),
                    answered = answering => answered,
                };
                match answered {
                    Ok(()) => continue,
                    Err(reason) => return Ok(call.failed(reason)),
                }
            }
            TaskPayload::Completed { result } => {
                let result = serde_json::from_value::<CallToolResult>(Value::Object(result));
                match result {
                    Ok(result) => content::outcome(result),
                    Err(_) => call.failed("its answer is no result of a tool"),
                }
            }
            TaskPayload::Failed { error } => {
                let said = error.get("message").and_then(Value::as_str);
                call.failed(said.unwrap_or("the task failed"))
            }
            TaskPayload::Cancelled => call.failed("it cancelled the task by itself"),
            _ => {
                let words = "it says something of the task that Tacet does not know";
                return Ok(call.failed(words));
            }
        };
        running.over();
        return Ok(outcome);
    }
}

/// A task that is not known to be over. Dropped so, it is cancelled, and nobody waits for that.
struct Running {
    peer: Option<Peer<RoleClient>>,
    id: String,
}

impl Running {
    fn new(call: &Call<'_>, id: &str) -> Self {
        Self {
            peer: Some(call.connection.peer.clone()),
            id: id.to_owned(),
        }
    }

    fn over(&mut self) {
        self.peer = None;
    }

    /// A server that takes the cancel need not have ended the task: that it says when it is asked.
    async fn cancel(&mut self) -> ToolConfirmation {
        let asked = Instant::now();
        let ms = |asked: Instant| u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Some(peer) = self.peer.take() else {
            return ToolConfirmation::NotNeeded;
        };
        let ended = async {
            let cancelled = peer
                .cancel_task(CancelTaskParams::new(self.id.clone()))
                .await;
            cancelled.ok()?;
            let state = peer
                .get_task(GetTaskParams::new(self.id.clone()))
                .await
                .ok()?;
            state.task.task.status.is_terminal().then_some(())
        };
        match timeout_at(asked + CANCEL_LIMIT, ended).await {
            Ok(Some(())) => ToolConfirmation::Confirmed { ms: ms(asked) },
            Ok(None) | Err(_) => ToolConfirmation::ToldAndSilent { ms: ms(asked) },
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(peer) = self.peer.take()
            && let Ok(runtime) = Handle::try_current()
        {
            let cancel = CancelTaskParams::new(self.id.clone());
            runtime.spawn(async move {
                let _ = timeout(CANCEL_LIMIT, peer.cancel_task(cancel)).await;
            });
        }
    }
}

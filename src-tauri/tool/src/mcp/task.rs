//! A call that its server made a task of (the Tasks extension): asked for until it is done, and
//! cancelled by a stop.
//!
//! What a quitting app leaves is cancelled as well; a task is not taken up again after a start.

use super::call::{Call, interrupted};
use super::content;
use crate::tool::{Progress, ToolConfirmation, ToolOutcome};
use rmcp::model::{
    CallToolResult, CancelTaskParams, GetTaskParams, Task, TaskPayload, UpdateTaskParams,
};
use rmcp::service::{Peer, RoleClient};
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

/// Follows a task to its end.
pub async fn follow(call: &Call<'_>, mut task: Task) -> ToolOutcome {
    let mut running = Running {
        peer: Some(call.connection.peer.clone()),
        id: task.task_id.clone(),
    };
    let mut answered = HashSet::new();
    let mut said = None;
    loop {
        if task.status_message.is_some() && task.status_message != said {
            said = task.status_message.take();
            (call.progress)(Progress::Step {
                done: 0.0,
                total: None,
                message: said.clone(),
            });
        }
        let wait = task.poll_interval_ms.map_or(USUAL, Duration::from_millis);
        let next = async {
            sleep(wait.clamp(OFTENEST, RAREST)).await;
            let asked = GetTaskParams::new(running.id.clone());
            timeout(ASK_LIMIT, call.connection.peer.get_task(asked)).await
        };
        let state = tokio::select! {
            biased;
            () = call.stop.cancelled() => return interrupted(running.cancel().await),
            () = call.connection.gone.cancelled() => {
                running.over();
                return call.failed(call.connection.how());
            }
            state = next => state,
        };
        let detailed = match state {
            Ok(Ok(state)) => state.task,
            Ok(Err(error)) => return call.broke(error).await,
            Err(_) => return call.failed("it does not say what has become of the task"),
        };
        task = detailed.task;
        match detailed.payload {
            TaskPayload::Working => {}
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
                    () = call.stop.cancelled() => return interrupted(running.cancel().await),
                    () = call.connection.gone.cancelled() => Err(call.connection.how().to_owned()),
                    answered = answering => answered,
                };
                if let Err(reason) = answered {
                    return call.failed(reason);
                }
            }
            TaskPayload::Completed { result } => {
                running.over();
                let result = serde_json::from_value::<CallToolResult>(Value::Object(result));
                return match result {
                    Ok(result) => content::outcome(result),
                    Err(_) => call.failed("its answer is no result of a tool"),
                };
            }
            TaskPayload::Failed { error } => {
                running.over();
                let said = error.get("message").and_then(Value::as_str);
                return call.failed(said.unwrap_or("the task failed"));
            }
            TaskPayload::Cancelled => {
                running.over();
                return call.failed("it cancelled the task by itself");
            }
            _ => return call.failed("it says something of the task that Tacet does not know"),
        }
    }
}

/// A task that is not known to be over. Dropped so, it is cancelled, and nobody waits for that.
struct Running {
    peer: Option<Peer<RoleClient>>,
    id: String,
}

impl Running {
    fn over(&mut self) {
        self.peer = None;
    }

    /// A server that takes the cancel need not have ended the task: that it says when it is asked.
    async fn cancel(mut self) -> ToolConfirmation {
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

//! Tasks that servers began for calls of an earlier run, which ended without notice: they are asked for
//! until they end, and what they give goes to their calls. Nothing goes on unseen: they are shown, and
//! stop by the person's word and with the app.

use super::Tools;
use crate::mutex::lock;
use crate::view::TakenUpTask;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tacet_conversation::{ResultContent, ToolCallState, ToolConfirmation, ToolResult};
use tacet_store::OpenTask;
use tacet_tool::mcp::TakenUp;
use tacet_tool::tool::{Progress, ToolOutcome};
use tacet_turn::{News, Turns};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After so long a server that could not be reached is asked again, and after twice as long each time,
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// but never after more than this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The tasks that are asked for.
#[derive(Default)]
pub(super) struct TakenUpTasks {
    followed: Mutex<BTreeMap<usize, Followed>>,
    running: TaskTracker,
}

struct Followed {
    view: TakenUpTask,
    stop: CancellationToken,
    /// How it was stopped, once that is known.
    stopped: watch::Receiver<Option<Stopped>>,
}

/// What the server said to the stop; nothing where it could not be told.
type Stopped = Option<ToolConfirmation>;

impl TakenUpTasks {
    fn change(&self, key: usize, turns: &Turns, change: impl FnOnce(&mut TakenUpTask)) {
        if let Some(followed) = lock(&self.followed).get_mut(&key) {
            change(&mut followed.view);
        }
        turns.tell(&News::TasksChanged);
    }
}

impl Tools {
    /// Takes up what an earlier run left, and returns once that is known. Nothing is written while
    /// `moving` says that the data folder moves.
    pub async fn take_up_tasks(&self, turns: &Turns, moving: &Arc<AtomicBool>) {
        // A database that cannot be read is told where its conversations are shown.
        let open = self.0.store.open_tasks().await.unwrap_or_default();
        for (key, task) in open.into_iter().enumerate() {
            let stop = CancellationToken::new();
            let (told, stopped) = watch::channel(None);
            let view = TakenUpTask {
                conversation_id: task.conversation,
                message_id: task.message,
                part: task.part,
                server: task.server.clone(),
                message: None,
                problem: None,
            };
            let followed = Followed {
                view,
                stop: stop.clone(),
                stopped,
            };
            lock(&self.0.tasks.followed).insert(key, followed);
            let follower = Follower {
                tools: self.clone(),
                turns: turns.clone(),
                moving: Arc::clone(moving),
                key,
                task,
                stop,
            };
            let following = async move {
                let stopped = follower.follow().await;
                lock(&follower.tools.0.tasks.followed).remove(&key);
                follower.turns.tell(&News::TasksChanged);
                told.send_replace(Some(stopped));
            };
            self.0.tasks.running.spawn(following);
        }
        turns.tell(&News::TasksChanged);
    }

    /// The tasks that are asked for, in the order of their messages.
    pub fn taken_up_tasks(&self) -> Vec<TakenUpTask> {
        let followed = lock(&self.0.tasks.followed);
        followed.values().map(|it| it.view.clone()).collect()
    }

    /// Stops those of them, and waits until their servers have been told. Answers what each said;
    /// nothing for one that could not be told.
    pub async fn stop_tasks(
        &self,
        which: impl Fn(&TakenUpTask) -> bool,
    ) -> Vec<Option<ToolConfirmation>> {
        let stopping: Vec<_> = {
            let followed = lock(&self.0.tasks.followed);
            let those = followed.values().filter(|it| which(&it.view));
            those
                .map(|it| {
                    it.stop.cancel();
                    it.stopped.clone()
                })
                .collect()
        };
        let mut said = Vec::with_capacity(stopping.len());
        for mut stopped in stopping {
            let stopped = stopped.wait_for(Option::is_some).await;
            said.push(stopped.ok().and_then(|stopped| stopped.flatten()));
        }
        said
    }

    /// Stops all of them for good. Those whose servers cannot be told now are asked for in the next run.
    pub(super) async fn end_tasks(&self) {
        for followed in lock(&self.0.tasks.followed).values() {
            followed.stop.cancel();
        }
        self.0.tasks.running.close();
        self.0.tasks.running.wait().await;
    }
}

/// What asks for one task.
struct Follower {
    tools: Tools,
    turns: Turns,
    moving: Arc<AtomicBool>,
    key: usize,
    task: OpenTask,
    stop: CancellationToken,
}

impl Follower {
    /// Asks for it to its end.
    async fn follow(&self) -> Stopped {
        let tasks = &self.tools.0.tasks;
        let progress = |progress| {
            // Of the rest nothing is for anybody: a question that is dropped is cancelled.
            if let Progress::Step { message, .. } = progress {
                tasks.change(self.key, &self.turns, |view| view.message = message);
            }
        };
        let mut wait = FIRST_WAIT;
        loop {
            self.tools.ready().await;
            let OpenTask { server, task, .. } = &self.task;
            let servers = &self.tools.0.servers;
            let words = match servers.take_up(server, task, &self.stop, &progress).await {
                Ok(TakenUp::Ended(outcome)) => return self.close(outcome).await,
                Ok(TakenUp::Unknown) => {
                    self.write(None).await;
                    return Some(ToolConfirmation::NotNeeded);
                }
                Ok(TakenUp::Unreachable(words)) | Err(words) => words,
            };
            tasks.change(self.key, &self.turns, |view| view.problem = Some(words));
            if self.rest(wait).await {
                if !self.tools.0.tasks.running.is_closed() {
                    self.write(None).await;
                }
                return None;
            }
            tasks.change(self.key, &self.turns, |view| view.problem = None);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Gives the call what came of its task.
    async fn close(&self, outcome: ToolOutcome) -> Stopped {
        let (state, contents) = match outcome {
            ToolOutcome::Succeeded(contents) => (ToolCallState::Succeeded, contents),
            ToolOutcome::Failed(contents) => (ToolCallState::Failed, contents),
            ToolOutcome::Interrupted { confirmation, .. } => {
                self.write(None).await;
                return Some(confirmation);
            }
        };
        let (text, contents) = ResultContent::split(contents);
        self.write(Some(ToolResult {
            call_id: String::new(),
            text,
            contents,
            state,
            left_out: false,
        }))
        .await;
        Some(ToolConfirmation::NotNeeded)
    }

    /// Has it on disk that the task is over. Where the disk refuses, it is tried again while the app
    /// runs, and the task is asked for once more in the next run.
    async fn write(&self, result: Option<ToolResult>) {
        let mut wait = FIRST_WAIT;
        loop {
            if !self.moving.load(Ordering::SeqCst) {
                let store = &self.tools.0.store;
                match store.close_task(&self.task, result.clone()).await {
                    Ok(None) => return,
                    Ok(Some(changed)) => {
                        self.turns.tell(&News::ResultArrived {
                            conversation_id: changed.conversation_id,
                            message_id: changed.id,
                        });
                        return;
                    }
                    Err(_) => {}
                }
            }
            if self.rest(wait).await {
                return;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Waits so long; whether it was stopped meanwhile.
    async fn rest(&self, wait: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => true,
            () = sleep(wait) => false,
        }
    }
}

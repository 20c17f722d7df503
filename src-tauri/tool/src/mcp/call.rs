//! A call of a server's tool: its progress, its questions, its result, and its Stop.

use super::client::{Step, elicit_result, wanted};
use super::connection::Connection;
use super::content;
use super::server::Server;
use super::task::{self, TakenUp};
use super::visits::{self, Visit};
use super::words;
use crate::elicitation::ask;
use crate::tool::{OnProgress, Progress, ToolConfirmation, ToolOutcome};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, InputRequest, InputRequests,
    InputRequiredResult, InputResponses, RequestId, ServerResult, Task,
};
use rmcp::service::{PeerRequestOptions, RequestHandle, RoleClient, ServiceError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long telling a server to stop may take.
const TELL_LIMIT: Duration = Duration::from_millis(500);
/// How long a server that was told may take to answer that it has stopped. The specification has
/// it say nothing, so that most waits are in vain.
const LISTEN_LIMIT: Duration = Duration::from_millis(100);
/// How long the result may take to arrive that a server sent before its end, or after a message
/// that was broken.
const REST: Duration = Duration::from_secs(1);
/// The time between two reports of progress.
const REPORTS: Duration = Duration::from_millis(50);
/// How often one call may ask the person for something.
const ROUNDS: usize = 20;
const STOPPED: &str = "The person stopped it.";

/// Calls a tool.
pub async fn call(
    server: &Arc<Server>,
    tool: &str,
    arguments: Value,
    stop: CancellationToken,
    progress: OnProgress<'_>,
) -> ToolOutcome {
    let connection = tokio::select! {
        biased;
        () = stop.cancelled() => return interrupted(ToolConfirmation::NotNeeded),
        connection = server.connection() => match connection {
            Ok(connection) => connection,
            Err(words) => return ToolOutcome::failed(words),
        },
    };
    let Value::Object(arguments) = arguments else {
        return ToolOutcome::failed("The tool was not run: its arguments are no object.");
    };
    let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let mut under_way = connection.shared.under_way();
    let call = Call {
        server,
        connection: &connection,
        stop: &stop,
        progress,
    };
    let running = call.run(params);
    tokio::pin!(running);
    loop {
        tokio::select! {
            biased;
            outcome = &mut running => return outcome,
            Some(question) = under_way.questions.recv() => progress(Progress::Question(question)),
        }
    }
}

/// Takes up a task of an earlier run, until it has ended or is stopped.
pub async fn take_up(
    server: &Arc<Server>,
    task: &str,
    stop: &CancellationToken,
    progress: OnProgress<'_>,
) -> TakenUp {
    let connection = tokio::select! {
        biased;
        () = stop.cancelled() => return TakenUp::Unreachable(STOPPED.to_owned()),
        connection = server.connection() => match connection {
            Ok(connection) => connection,
            Err(words) => return TakenUp::Unreachable(words),
        },
    };
    let call = Call {
        server,
        connection: &connection,
        stop,
        progress,
    };
    task::take_up(&call, task).await
}

enum Answer {
    Outcome(ToolOutcome),
    InputRequired(InputRequiredResult),
    Task(Task),
    /// It is asked again once the person has been there.
    Visits(Vec<Visit>),
}

/// A call under way.
pub struct Call<'a> {
    server: &'a Server,
    pub connection: &'a Connection,
    pub stop: &'a CancellationToken,
    pub progress: OnProgress<'a>,
}

impl Call<'_> {
    /// Asks for the result, as often as the server wants something of the person first.
    async fn run(&self, mut params: CallToolRequestParams) -> ToolOutcome {
        for _ in 0..ROUNDS {
            let required = match self.request(params.clone()).await {
                Answer::Outcome(outcome) => return outcome,
                Answer::InputRequired(required) => required,
                Answer::Task(task) => return task::follow(self, task).await,
                Answer::Visits(visits) => {
                    let visited = tokio::select! {
                        biased;
                        () = self.stop.cancelled() => {
                            return interrupted(ToolConfirmation::Confirmed { ms: 0 });
                        }
                        () = self.connection.gone.cancelled() => {
                            return self.failed(self.connection.how());
                        }
                        visited = self.visit(visits) => visited,
                    };
                    match visited {
                        Ok(()) => continue,
                        Err(words) => return ToolOutcome::failed(words),
                    }
                }
            };
            // To stop is not to ask again: the server holds nothing that would have to be told.
            let answers = tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    return interrupted(ToolConfirmation::Confirmed { ms: 0 });
                }
                () = self.connection.gone.cancelled() => {
                    return self.failed(self.connection.how());
                }
                answers = self.answers(required.input_requests.unwrap_or_default()) => answers,
            };
            params.input_responses = None;
            params.request_state = None;
            match answers {
                Ok(responses) => {
                    params = params.with_input_responses(responses);
                    if let Some(state) = required.request_state {
                        params = params.with_request_state(state);
                    }
                }
                Err(reason) => return self.failed(reason),
            }
        }
        self.failed("it asked for more and more, and gave no result")
    }

    async fn request(&self, params: CallToolRequestParams) -> Answer {
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let options = PeerRequestOptions::no_options();
        let sent = self
            .connection
            .peer
            .send_cancellable_request(request, options);
        let handle = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Answer::Outcome(interrupted(ToolConfirmation::NotNeeded)),
            sent = sent => match sent {
                Ok(handle) => handle,
                Err(error) => return Answer::Outcome(self.broke(error).await),
            },
        };
        let mut following = self.connection.shared.follow(handle.progress_token.clone());
        let mut broken = self.connection.lines.as_ref().map(|lines| lines.broken());
        let mut pending = Pending {
            handle: Some(handle),
            connection: self.connection,
        };
        let idle = self.server.config.idle_limit;
        let mut silent_at = Instant::now() + idle;
        let mut report_at = None;
        loop {
            let reporting = async {
                match report_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let breaking = async {
                match &mut broken {
                    Some(broken) => broken.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                answer = pending.answer() => return self.ended(answer).await,
                () = self.stop.cancelled() => return Answer::Outcome(interrupted(pending.tell().await)),
                () = self.connection.gone.cancelled() => {
                    return match self.rest(&mut pending).await {
                        Some(answer) if !matches!(answer, Err(ServiceError::TransportClosed)) => {
                            self.answered(answer)
                        }
                        Some(_) | None => Answer::Outcome(self.failed(self.connection.how())),
                    };
                }
                _ = breaking => {
                    if let Some(answer) = self.rest(&mut pending).await {
                        return self.answered(answer);
                    }
                    let confirmation = pending.tell().await;
                    return Answer::Outcome(if self.stop.is_cancelled() {
                        interrupted(confirmation)
                    } else {
                        self.failed("it sent a message that is none, which may have been the result")
                    });
                }
                changed = following.steps.changed() => {
                    if changed.is_ok() {
                        silent_at = Instant::now() + idle;
                        report_at.get_or_insert_with(Instant::now);
                    }
                }
                () = reporting => {
                    report_at = None;
                    let step = following.steps.borrow_and_update().clone();
                    if let Some(Step { done, total, message }) = step {
                        (self.progress)(Progress::Step { done, total, message });
                    }
                    // What comes meanwhile is reported by the next.
                    tokio::select! {
                        biased;
                        answer = pending.answer() => return self.ended(answer).await,
                        () = self.stop.cancelled() => {}
                        () = sleep(REPORTS) => {}
                    }
                }
                () = sleep_until(silent_at) => {
                    // A person may take their time, and the server cannot go on without them.
                    if self.connection.shared.waits_for_a_person() {
                        silent_at = Instant::now() + idle;
                        continue;
                    }
                    pending.tell().await;
                    let seconds = idle.as_secs();
                    return Answer::Outcome(self.failed(format!("it gave no sign of life for {seconds} s, and was told to stop")));
                }
            }
        }
    }

    /// The answer, where one is on its way still.
    async fn rest(&self, pending: &mut Pending<'_>) -> Option<Result<ServerResult, ServiceError>> {
        tokio::select! {
            biased;
            answer = pending.answer() => Some(answer),
            () = self.stop.cancelled() => None,
            () = sleep(REST) => None,
        }
    }

    async fn ended(&self, answer: Result<ServerResult, ServiceError>) -> Answer {
        match answer {
            Err(ServiceError::TransportClosed) => {
                Answer::Outcome(self.broke(ServiceError::TransportClosed).await)
            }
            Ok(_) | Err(_) => self.answered(answer),
        }
    }

    /// What a request came to nothing by.
    pub async fn broke(&self, error: ServiceError) -> ToolOutcome {
        self.learn_end(&error).await;
        self.refused(&error)
    }

    /// A connection that is closed is that of a server that ends, and how it did is known soon.
    pub async fn learn_end(&self, error: &ServiceError) {
        if matches!(error, ServiceError::TransportClosed) {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {}
                _ = timeout(REST, self.connection.gone.cancelled()) => {}
            }
        }
    }

    fn answered(&self, answer: Result<ServerResult, ServiceError>) -> Answer {
        Answer::Outcome(match answer {
            Ok(ServerResult::CallToolResult(result)) => content::outcome(result),
            Ok(ServerResult::InputRequiredResult(required)) => {
                return Answer::InputRequired(required);
            }
            // A result without content: the tool was run and has nothing to say.
            Ok(ServerResult::EmptyResult(_) | ServerResult::CompleteResult(_)) => {
                ToolOutcome::Succeeded(Vec::new())
            }
            Ok(ServerResult::CreateTaskResult(created)) => return Answer::Task(created.task),
            Ok(_) => self.failed("its answer is no result of a tool"),
            Err(error) => match visits::wanted_by(&error) {
                Some(visits) => return Answer::Visits(visits),
                None => self.refused(&error),
            },
        })
    }

    fn refused(&self, error: &ServiceError) -> ToolOutcome {
        match error {
            ServiceError::TransportClosed if self.connection.gone.is_cancelled() => {
                self.failed(self.connection.how())
            }
            // Whoever has to sign in first is known before anything is done.
            other => match self.connection.challenge(other) {
                Some(challenge) => {
                    let words = challenge.words(&self.server.config.name);
                    ToolOutcome::failed(format!("The tool was not run. {words}"))
                }
                None => self.failed(words::of_request(other)),
            },
        }
    }

    /// A failure for the model and the person: which server, what happened, what helps.
    pub fn failed(&self, reason: impl AsRef<str>) -> ToolOutcome {
        let name = &self.server.config.name;
        let reason = reason.as_ref().trim_end_matches('.');
        let words = format!(
            "The call of the server “{name}” failed: {reason}. What it had done by then is not known. Its log is in the settings, where it can be restarted."
        );
        ToolOutcome::failed(self.connection.shared.log.hide(words))
    }

    /// Why nobody knows what has become of a task, for the person.
    pub fn cannot_be_asked(&self, reason: &str) -> String {
        let name = &self.server.config.name;
        let reason = reason.trim_end_matches('.');
        let words = format!("The server “{name}” cannot be asked about it now: {reason}.");
        self.connection.shared.log.hide(words)
    }

    /// Puts what a server wants to know to the person, one question after the other.
    pub async fn answers(&self, requests: InputRequests) -> Result<InputResponses, &'static str> {
        let mut responses = InputResponses::new();
        for (key, request) in requests {
            let InputRequest::Elicitation(question) = request else {
                return Err("it wants something of the app that Tacet does not offer");
            };
            let Some((message, wanted)) = wanted(question.params) else {
                return Err("it asks in a way that Tacet does not offer");
            };
            let server = &self.server.config.name;
            let answer = ask(self.progress, server, message, wanted).await;
            let answer = serde_json::to_value(elicit_result(answer));
            responses.insert(key, answer.unwrap_or_default());
        }
        Ok(responses)
    }
}

pub fn interrupted(confirmation: ToolConfirmation) -> ToolOutcome {
    ToolOutcome::Interrupted {
        partial: Vec::new(),
        confirmation,
    }
}

/// A request without its answer. Dropped so, it is told to stop, and nobody waits for that.
struct Pending<'a> {
    handle: Option<RequestHandle<RoleClient>>,
    connection: &'a Connection,
}

impl Pending<'_> {
    async fn answer(&mut self) -> Result<ServerResult, ServiceError> {
        let Some(handle) = &mut self.handle else {
            return Err(ServiceError::TransportClosed);
        };
        let answer = (&mut handle.rx).await;
        self.handle = None;
        answer.unwrap_or(Err(ServiceError::TransportClosed))
    }

    /// From now on an answer is dropped; the receiver hears of it.
    fn drop_answer(&self, id: &RequestId) -> Option<oneshot::Receiver<()>> {
        self.connection.lines.as_ref()?.drop_answer(id)
    }

    /// Tells the server to stop, in the way of its era: over HTTP without a handshake `rmcp`
    /// closes the stream of the answer, otherwise it sends `notifications/cancelled`.
    async fn tell(&mut self) -> ToolConfirmation {
        let asked = Instant::now();
        let ms = |asked: Instant| u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Some(handle) = self.handle.take() else {
            return ToolConfirmation::NotNeeded;
        };
        let answer = self.drop_answer(&handle.id);
        let told = timeout(TELL_LIMIT, handle.cancel(Some(STOPPED.to_owned()))).await;
        if let (Ok(Ok(())), Some(answer)) = (told, answer) {
            let until = (Instant::now() + LISTEN_LIMIT).min(asked + TELL_LIMIT);
            if let Ok(Ok(())) = timeout_at(until, answer).await {
                return ToolConfirmation::Confirmed { ms: ms(asked) };
            }
        }
        ToolConfirmation::ToldAndSilent { ms: ms(asked) }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take()
            && let Ok(runtime) = Handle::try_current()
        {
            self.drop_answer(&handle.id);
            runtime.spawn(async move {
                let _ = timeout(TELL_LIMIT, handle.cancel(Some(STOPPED.to_owned()))).await;
            });
        }
    }
}

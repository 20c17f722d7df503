//! Our side of a connection: what a server tells and asks us.
#![expect(
    deprecated,
    reason = "servers until 2025-11-25 send their log in the protocol"
)]

use super::elicitation::{Asked, ElicitationAnswer, ElicitationSender, ask};
use super::log::Log;
use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, ErrorData, FormElicitationCapability, Implementation, JsonObject,
    LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken, ProtocolVersion,
    TASKS_EXTENSION_ID,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How many questions of one server may be open at once.
const QUESTIONS: usize = 4;
/// How much of a message about progress is shown, in bytes.
const MESSAGE: usize = 1000;

/// How far a call is, as the server said last.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub done: f64,
    pub total: Option<f64>,
    pub message: Option<String>,
}

/// What the calls of a connection share with whoever listens to the server.
pub struct Shared {
    pub server: String,
    pub log: Log,
    pub elicitation: Option<ElicitationSender>,
    progress: Mutex<HashMap<ProgressToken, watch::Sender<Option<Step>>>>,
    /// How often the server said that its list of tools is another.
    list_changes: watch::Sender<u64>,
    /// How many calls are under way.
    calls: watch::Sender<usize>,
    /// How many questions are open.
    questions: AtomicUsize,
}

/// Counts a question as closed when it is dropped.
struct Closing<'a>(&'a AtomicUsize);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub fn new(server: String, log: Log, elicitation: Option<ElicitationSender>) -> Arc<Self> {
        Arc::new(Self {
            server,
            log,
            elicitation,
            progress: Mutex::default(),
            list_changes: watch::Sender::new(0),
            calls: watch::Sender::new(0),
            questions: AtomicUsize::new(0),
        })
    }

    /// The version of the list of tools.
    pub fn list_version(&self) -> u64 {
        *self.list_changes.borrow()
    }

    pub fn list_changed(&self) {
        self.list_changes.send_modify(|count| *count += 1);
    }

    /// Counts a call as under way until the guard is dropped.
    pub fn under_way(self: &Arc<Self>) -> UnderWay {
        self.calls.send_modify(|count| *count += 1);
        UnderWay(Arc::clone(self))
    }

    /// Follows the progress of a call until the guard is dropped.
    pub fn follow(self: &Arc<Self>, token: ProgressToken) -> Following {
        let (sender, steps) = watch::channel(None);
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.insert(token.clone(), sender);
        Following {
            shared: Arc::clone(self),
            token,
            steps,
        }
    }

    /// Puts a question of the server to the person; void once no call is under way.
    pub async fn ask(&self, message: String, schema: Value) -> ElicitationAnswer {
        let Some(to) = &self.elicitation else {
            return ElicitationAnswer::Decline;
        };
        let open = self.questions.fetch_add(1, Ordering::Relaxed);
        let _closes = Closing(&self.questions);
        if open >= QUESTIONS || *self.calls.borrow() == 0 {
            return ElicitationAnswer::Cancel;
        }
        let asked: Asked = ask(to, &self.server, message, schema);
        let mut calls = self.calls.subscribe();
        tokio::select! {
            answer = asked.answer() => answer,
            _ = calls.wait_for(|count| *count == 0) => ElicitationAnswer::Cancel,
        }
    }
}

/// A call that is under way.
pub struct UnderWay(Arc<Shared>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.calls.send_modify(|count| *count -= 1);
    }
}

/// The progress of one call.
pub struct Following {
    shared: Arc<Shared>,
    token: ProgressToken,
    pub steps: watch::Receiver<Option<Step>>,
}

impl Drop for Following {
    fn drop(&mut self) {
        let progress = self.shared.progress.lock();
        progress
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.token);
    }
}

/// Answers a server.
pub struct Client {
    info: ClientConfig,
    shared: Arc<Shared>,
}

impl Client {
    pub fn new(implementation: Implementation, shared: Arc<Shared>) -> Self {
        let capabilities = capabilities(shared.elicitation.is_some());
        let info = ClientConfig::new(capabilities, implementation)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
        Self { info, shared }
    }
}

/// What we can do for a server. Forms only where somebody shows them.
pub fn capabilities(forms: bool) -> ClientCapabilities {
    let tasks = (TASKS_EXTENSION_ID.to_owned(), JsonObject::new());
    let mut capabilities = ClientCapabilities::default();
    capabilities.extensions = Some([tasks].into());
    if forms {
        let elicitation = ElicitationCapability::new().with_form(FormElicitationCapability::new());
        capabilities.elicitation = Some(elicitation);
    }
    capabilities
}

/// An answer in the protocol's terms.
pub fn elicit_result(answer: ElicitationAnswer) -> ElicitResult {
    match answer {
        ElicitationAnswer::Accept(values) => {
            ElicitResult::new(ElicitationAction::Accept).with_content(values)
        }
        ElicitationAnswer::Decline => ElicitResult::new(ElicitationAction::Decline),
        ElicitationAnswer::Cancel => ElicitResult::new(ElicitationAction::Cancel),
    }
}

/// A form's message and schema; nothing for other kinds of questions.
pub fn form(params: ElicitRequestParams) -> Option<(String, Value)> {
    match params {
        ElicitRequestParams::FormElicitationParams {
            message,
            requested_schema,
            ..
        } => Some((message, serde_json::to_value(requested_schema).ok()?)),
        _ => None,
    }
}

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        self.info.clone()
    }

    async fn on_progress(
        &self,
        said: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let progress = self.shared.progress.lock();
        let progress = progress.unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = progress.get(&said.progress_token) {
            let step = Step {
                done: said.progress,
                total: said.total,
                message: said.message.map(|mut message| {
                    message.truncate(message.floor_char_boundary(MESSAGE));
                    message
                }),
            };
            // They may come out of order, since each is handled by itself.
            call.send_if_modified(|last| {
                let newer = last.as_ref().is_none_or(|last| last.done <= step.done);
                if newer {
                    *last = Some(step);
                }
                newer
            });
        }
    }

    async fn on_logging_message(
        &self,
        said: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        match said.data {
            Value::String(text) => self.shared.log.add(&text),
            other => self.shared.log.add(&other.to_string()),
        }
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.shared.list_changed();
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let Some((message, schema)) = form(params) else {
            return Ok(elicit_result(ElicitationAnswer::Decline));
        };
        let answer = tokio::select! {
            answer = self.shared.ask(message, schema) => answer,
            // Taken back by the server, which wants no answer any more.
            () = context.ct.cancelled() => ElicitationAnswer::Cancel,
        };
        Ok(elicit_result(answer))
    }
}

//! Our side of a connection: what a server tells and asks us.
#![expect(
    deprecated,
    reason = "servers until 2025-11-25 send their log in the protocol"
)]

use super::log::Log;
use crate::elicitation::{Elicitation, ElicitationAnswer, Form, Wanted, question};
use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, CustomNotification, CustomRequest, CustomResult,
    ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability, ErrorCode,
    ErrorData, FormElicitationCapability, Implementation, JsonObject,
    LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken, ProtocolVersion,
    TASKS_EXTENSION_ID, UrlElicitationCapability,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How many questions of one server may be open at once.
const QUESTIONS: usize = 4;
/// What a server is told whose question cannot be shown.
const STRANGE: &str = "the form has fields that the protocol does not have, or too many, or the address is no https address";
/// How a server says that a visit to a page has ended.
const VISIT_ENDED: &str = "notifications/elicitation/complete";
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
    /// Whether somebody shows questions.
    pub forms: bool,
    progress: Mutex<HashMap<ProgressToken, watch::Sender<Option<Step>>>>,
    /// How often the server said that its list of tools is another.
    list_changes: watch::Sender<u64>,
    /// The calls that are under way, in the order of their beginning, with where their questions go.
    calls: Mutex<Vec<(u64, mpsc::UnboundedSender<Elicitation>)>>,
    next_call: AtomicU64,
    /// How many questions are open.
    questions: AtomicUsize,
    /// The visits to pages whose end is waited for, by the ids that the server gave them.
    visits: Mutex<HashMap<String, CancellationToken>>,
}

/// Counts a question as closed when it is dropped.
struct Closing<'a>(&'a AtomicUsize);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub fn new(server: String, log: Log, forms: bool) -> Arc<Self> {
        Arc::new(Self {
            server,
            log,
            forms,
            progress: Mutex::default(),
            list_changes: watch::Sender::new(0),
            calls: Mutex::default(),
            next_call: AtomicU64::new(0),
            questions: AtomicUsize::new(0),
            visits: Mutex::default(),
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
        let (sender, questions) = mpsc::unbounded_channel();
        let id = self.next_call.fetch_add(1, Ordering::Relaxed);
        self.calls().push((id, sender));
        UnderWay {
            shared: Arc::clone(self),
            id,
            questions,
        }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<(u64, mpsc::UnboundedSender<Elicitation>)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server waits for a person.
    pub fn waits_for_a_person(&self) -> bool {
        self.questions.load(Ordering::Relaxed) > 0
    }

    /// That the server says that the visit of that id has ended, until this is dropped.
    pub fn completion(self: &Arc<Self>, id: &str) -> Completion {
        let ended = CancellationToken::new();
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.insert(id.to_owned(), ended.clone());
        Completion {
            shared: Arc::clone(self),
            id: id.to_owned(),
            ended,
        }
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

    /// Puts a question of the server to the person, and closes it with the call that it belongs to.
    /// The protocol until 2025-11-25 does not say of which call it is: it goes to the one that was
    /// begun last.
    pub async fn ask(&self, message: String, wanted: Wanted) -> ElicitationAnswer {
        let open = self.questions.fetch_add(1, Ordering::Relaxed);
        let _closes = Closing(&self.questions);
        let call = self.calls().last().map(|(_, call)| call.clone());
        let Some(call) = call.filter(|_| self.forms && open < QUESTIONS) else {
            return ElicitationAnswer::Cancel;
        };
        let (question, asked) = question(&self.server, message, wanted);
        if call.send(question).is_err() {
            return ElicitationAnswer::Cancel;
        }
        tokio::select! {
            answer = asked.answer() => answer,
            () = call.closed() => ElicitationAnswer::Cancel,
        }
    }
}

/// A call that is under way.
pub struct UnderWay {
    shared: Arc<Shared>,
    id: u64,
    /// What the server asks in the middle of it.
    pub questions: mpsc::UnboundedReceiver<Elicitation>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.calls().retain(|(id, _)| *id != self.id);
    }
}

/// The end of a visit to a page, as the server says it.
pub struct Completion {
    shared: Arc<Shared>,
    id: String,
    ended: CancellationToken,
}

impl Completion {
    pub async fn come(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        let visits = self.shared.visits.lock();
        visits
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
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
        let capabilities = capabilities(shared.forms);
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
        let elicitation = ElicitationCapability::new()
            .with_form(FormElicitationCapability::new())
            .with_url(UrlElicitationCapability::new());
        capabilities.elicitation = Some(elicitation);
    }
    capabilities
}

/// An answer in the protocol's terms.
pub fn elicit_result(answer: ElicitationAnswer) -> ElicitResult {
    match answer {
        ElicitationAnswer::Accept(values) => {
            let result = ElicitResult::new(ElicitationAction::Accept);
            match values {
                Some(values) => result.with_content(values),
                None => result,
            }
        }
        ElicitationAnswer::Decline => ElicitResult::new(ElicitationAction::Decline),
        ElicitationAnswer::Cancel => ElicitResult::new(ElicitationAction::Cancel),
    }
}

/// What a question says and wants; nothing where it wants what Tacet does not offer.
pub fn wanted(params: ElicitRequestParams) -> Option<(String, Wanted)> {
    match params {
        ElicitRequestParams::FormElicitationParams {
            message,
            requested_schema,
            ..
        } => {
            let schema = serde_json::to_value(requested_schema).ok()?;
            let fields = Form::of_schema(&schema)?;
            Some((message, Wanted::Form { fields }))
        }
        ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
            Some((message, Wanted::page(&url)?))
        }
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
        let Some((message, wanted)) = wanted(params) else {
            return Err(ErrorData::invalid_params(STRANGE, None));
        };
        let answer = tokio::select! {
            answer = self.shared.ask(message, wanted) => answer,
            // Taken back by the server, which wants no answer any more.
            () = context.ct.cancelled() => ElicitationAnswer::Cancel,
        };
        Ok(elicit_result(answer))
    }

    /// A visit to a page has ended (`notifications/elicitation/complete`, until 2025-11-25).
    async fn on_custom_notification(
        &self,
        said: CustomNotification,
        _: NotificationContext<RoleClient>,
    ) {
        if said.method != VISIT_ENDED {
            return;
        }
        let id = said
            .params
            .as_ref()
            .and_then(|it| it["elicitationId"].as_str());
        let visits = self.shared.visits.lock();
        let visits = visits.unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = id.and_then(|id| visits.get(id)) {
            ended.cancel();
        }
    }

    /// A form with a field of a kind that `rmcp` does not know is none to it.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleClient>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match request.method.as_str() {
            "elicitation/create" => ErrorData::invalid_params(STRANGE, None),
            method => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.to_owned(), None),
        })
    }
}

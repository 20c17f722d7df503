//! Decides who answers a request (a rule, the model list, a script or the test) and keeps the tally.

use super::Gate;
use super::cancellation::{Cancel, Cancellations};
use super::catalogue::{self, Model};
use super::connection::Connection;
use super::dialect::Dialect;
use super::exchange::Exchange;
use super::record::{ExchangeRecord, OpenRecord};
use super::refusal::{Refusal, Spelled};
use super::request::Request;
use super::route::Route;
use super::rules::Rules;
use super::script::Script;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

pub(super) type ChooseScript = Box<dyn Fn(&Request) -> Option<Script> + Send + Sync>;

struct Board {
    models: Vec<Model>,
    gates_models: bool,
    cancellations: Cancellations,
    script: Option<ChooseScript>,
    rules: Option<Rules>,
    records: Vec<OpenRecord>,
    violations: Vec<String>,
    requests: usize,
    accepted: usize,
    closed: usize,
}

pub(super) struct Switchboard {
    board: Mutex<Board>,
    gate: watch::Sender<Gate>,
    exchanges: mpsc::UnboundedSender<Exchange>,
    connections: mpsc::UnboundedSender<Connection>,
}

impl fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switchboard").finish_non_exhaustive()
    }
}

impl Switchboard {
    pub(super) fn new(
        exchanges: mpsc::UnboundedSender<Exchange>,
        connections: mpsc::UnboundedSender<Connection>,
    ) -> Self {
        let board = Board {
            models: vec![Model::new("gated-model".to_owned())],
            gates_models: false,
            cancellations: Cancellations::default(),
            script: None,
            rules: Some(Rules::default()),
            records: Vec::new(),
            violations: Vec::new(),
            requests: 0,
            accepted: 0,
            closed: 0,
        };
        Self {
            board: Mutex::new(board),
            gate: watch::channel(Gate::Open).0,
            exchanges,
            connections,
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_gate(&self, gate: Gate) {
        self.gate.send_replace(gate);
    }

    /// Waits until the gate stands as `right` wants it.
    pub(super) async fn wait_until(&self, right: impl Fn(&Gate) -> bool) {
        // The sender lives in self, so the channel cannot close while we wait.
        let _ = self.gate.subscribe().wait_for(|gate| right(gate)).await;
    }

    pub(super) fn set_models(&self, names: Vec<String>) {
        let mut board = self.board();
        board.models = names.into_iter().map(Model::new).collect();
        board.gates_models = false;
    }

    pub(super) fn gate_models(&self) {
        self.board().gates_models = true;
    }

    /// Merges `fields` into the model's entry; false where there is no such model.
    pub(super) fn describe_model(&self, name: &str, fields: &Value) -> bool {
        let mut board = self.board();
        let model = board.models.iter_mut().find(|model| model.is(name));
        model.map(|model| model.describe(fields)).is_some()
    }

    pub(super) fn gate_cancels(&self) {
        self.board().cancellations.gate();
    }

    pub(super) fn cancels(&self) -> Vec<Cancel> {
        self.board().cancellations.received()
    }

    pub(super) fn set_script(&self, script: Option<ChooseScript>) {
        self.board().script = script;
    }

    pub(super) fn set_rules(&self, rules: Option<Rules>) {
        self.board().rules = rules;
    }

    /// Counts a request and gives its number.
    pub(super) fn count_request(&self) -> usize {
        let mut board = self.board();
        board.requests += 1;
        board.requests - 1
    }

    /// Counts a new connection and gives its number.
    pub(super) fn count_connection(&self) -> usize {
        let mut board = self.board();
        board.accepted += 1;
        board.accepted - 1
    }

    pub(super) fn count_closed(&self) {
        self.board().closed += 1;
    }

    pub(super) fn connections(&self) -> usize {
        self.board().accepted
    }

    pub(super) fn open_connections(&self) -> usize {
        let board = self.board();
        board.accepted - board.closed
    }

    pub(super) fn records(&self) -> Vec<ExchangeRecord> {
        self.board().records.iter().map(OpenRecord::copy).collect()
    }

    pub(super) fn last_record(&self) -> Option<ExchangeRecord> {
        self.board().records.last().map(OpenRecord::copy)
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.board().violations.clone()
    }

    pub(super) fn complain(&self, violation: String) {
        self.board().violations.push(violation);
    }

    pub(super) fn announce(&self, connection: Connection) {
        // Nobody listens any more only when the server is being dropped.
        let _ = self.connections.send(connection);
    }

    /// Hands a new exchange to whoever answers it.
    pub(super) fn connect(&self, exchange: Exchange) {
        let mut board = self.board();
        board.records.push(exchange.open_record());
        let request = &exchange.request;
        let answer = match Route::of(request) {
            Route::Models(_) | Route::ShowModel if board.gates_models => None,
            Route::Models(dialect) => Some(found(catalogue::list(dialect, &board.models, request))),
            Route::ShowModel => Some(board.show(request)),
            Route::Version => Some(found(json!({"version": "0.20.0"}))),
            Route::Cancel(dialect, id) => {
                board
                    .cancellations
                    .receive(dialect, id, request.received_at)
            }
            Route::PickUp(_) | Route::Other(_) => None,
            Route::Answer(dialect) => {
                if let Err(violation) = board.judge(dialect, request) {
                    board.violations.push(violation.clone());
                    let refusal = Refusal::BadRequest(violation);
                    Some(refusal.spell(dialect, &exchange.asked.model))
                } else {
                    if dialect.stored_under().is_some() {
                        board.cancellations.expect(exchange.asked.clone());
                    }
                    if let Some(script) = board.script.as_ref().and_then(|choose| choose(request)) {
                        tokio::spawn(script.play(exchange));
                        return;
                    }
                    None
                }
            }
        };
        if let Some(answer) = answer {
            tokio::spawn(async move { exchange.answer(&answer).await });
            return;
        }
        let _ = self.exchanges.send(exchange);
    }
}

impl Board {
    fn judge(&self, dialect: Dialect, request: &Request) -> Result<(), String> {
        match &self.rules {
            Some(rules) => rules.check_request(dialect, request),
            None => Ok(()),
        }
    }

    /// Ollama's answer on one model, which older clients call by `name`.
    fn show(&self, request: &Request) -> Spelled {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let named = asked["model"].as_str().or(asked["name"].as_str());
        let name = named.unwrap_or_default();
        match self.models.iter().find(|model| model.is(name)) {
            Some(model) => found(model.shown()),
            None => Refusal::UnknownModel.spell(Dialect::Ollama, name),
        }
    }
}

fn found(body: Value) -> Spelled {
    Spelled {
        status: 200,
        retry_after: None,
        body,
    }
}

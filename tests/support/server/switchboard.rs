//! Decides who answers a request (a rule, the model list, a script or the test) and keeps the tally.

use super::Gate;
use super::chat_request::ChatRules;
use super::connection::Connection;
use super::exchange::Exchange;
use super::record::{ExchangeRecord, OpenRecord};
use super::request::Request;
use super::script::Script;
use serde_json::json;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

pub(super) type ChooseScript = Box<dyn Fn(&Request) -> Option<Script> + Send + Sync>;

/// Whether a path is that of a chat completion.
pub(super) fn is_chat(path: &str) -> bool {
    path.ends_with("/chat/completions")
}

struct Board {
    models: Option<Vec<String>>,
    script: Option<ChooseScript>,
    rules: Option<ChatRules>,
    records: Vec<OpenRecord>,
    violations: Vec<String>,
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
            models: Some(vec!["gated-model".to_owned()]),
            script: None,
            rules: Some(ChatRules::default()),
            records: Vec::new(),
            violations: Vec::new(),
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

    pub(super) fn set_models(&self, models: Option<Vec<String>>) {
        self.board().models = models;
    }

    pub(super) fn set_script(&self, script: Option<ChooseScript>) {
        self.board().script = script;
    }

    pub(super) fn set_rules(&self, rules: Option<ChatRules>) {
        self.board().rules = rules;
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
        if request.method == "GET" && request.path.ends_with("/models") {
            if let Some(models) = &board.models {
                let data: Vec<_> = models
                    .iter()
                    .map(|id| json!({"id": id, "object": "model", "owned_by": "tacet"}))
                    .collect();
                answer(exchange, 200, json!({"object": "list", "data": data}));
                return;
            }
        } else if request.method == "POST" && is_chat(&request.path) {
            if let Some(rules) = &board.rules
                && let Err(violation) = rules.check_bytes(&request.body)
            {
                board.violations.push(violation.clone());
                let error = json!({"message": violation, "type": "invalid_request_error"});
                answer(exchange, 400, json!({"error": error}));
                return;
            }
            let script = board.script.as_ref().and_then(|choose| choose(request));
            if let Some(script) = script {
                tokio::spawn(script.play(exchange));
                return;
            }
        }
        let _ = self.exchanges.send(exchange);
    }
}

fn answer(exchange: Exchange, status: u16, body: serde_json::Value) {
    tokio::spawn(async move { exchange.respond_json(status, &body).await });
}

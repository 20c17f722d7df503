//! A model server on a real socket that does nothing by itself: each request waits for the test to
//! answer it frame by frame, so that a test holds a client in any phase for as long as it likes.
//!
//! It speaks five APIs, told apart by the path of each request ([`Dialect`]). A test that holds for
//! all of them has the model [`Say`] things and lets the server spell them; one that is after a
//! certain spelling writes [`Frame`]s or raw chunks.
//!
//! The server runs on a thread of its own. The moments it records are therefore not delayed by what
//! the client does on the test's threads.

mod black_hole;
mod cancellation;
mod catalogue;
mod connection;
mod dialect;
mod exchange;
mod frame;
mod record;
mod refusal;
mod request;
mod route;
mod rules;
mod say;
mod script;
mod settings;
mod speech;
mod switchboard;
mod tls;
mod voice;

pub use black_hole::BlackHole;
pub use cancellation::Cancel;
pub use connection::Connection;
pub use dialect::Dialect;
pub use exchange::{BrokenAnswer, EVENT_STREAM, Exchange};
pub use frame::{Frame, ReasoningField, ToolDelta};
pub use record::{ExchangeRecord, HangUp};
pub use refusal::Refusal;
pub use request::Request;
pub use rules::{AnthropicRules, ChatRules, Rules, validate_chat_request};
pub use say::{Finish, Say, Tokens};
pub use script::Script;
pub use tls::{Http2Exchange, StreamEnd, StreamEndKind, TlsServer, Tunnel};

use crate::patience::within;
use rustix::process::setpriority_process;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use switchboard::Switchboard;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, mpsc};

/// How far a server's thread goes before others, as `nice` counts.
const NICE: i32 = -10;

/// How far the server lets a new connection come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Accepts and reads at once.
    Open,
    /// Accepts nothing: the kernel completes the handshake, so the client believes it is connected
    /// and sends its request to nobody.
    BeforeAccept,
    /// Accepts, and takes no byte off the socket.
    BeforeReading,
}

/// A running server. Dropping it closes every connection.
#[derive(Debug)]
pub struct GatedServer {
    address: SocketAddr,
    switchboard: Arc<Switchboard>,
    exchanges: Mutex<mpsc::UnboundedReceiver<Exchange>>,
    connections: Mutex<mpsc::UnboundedReceiver<Connection>>,
    epoch: (Instant, SystemTime),
    runtime: Option<Runtime>,
}

impl GatedServer {
    /// Starts a server on a free port of 127.0.0.1, with one model named `gated-model`.
    ///
    /// # Panics
    /// When no port or no thread is to be had.
    pub async fn start() -> Self {
        let runtime = runtime("gated-server");
        let (exchange_sender, exchanges) = mpsc::unbounded_channel();
        let (connection_sender, connections) = mpsc::unbounded_channel();
        let switchboard = Arc::new(Switchboard::new(exchange_sender, connection_sender));
        let (address_sender, address) = tokio::sync::oneshot::channel();
        let accepting = Arc::clone(&switchboard);
        runtime.spawn(async move {
            if let Ok(listener) = TcpListener::bind("127.0.0.1:0").await
                && let Ok(address) = listener.local_addr()
                && address_sender.send(address).is_ok()
            {
                accept(listener, accepting).await;
            }
        });
        let Ok(address) = within("the gated server to listen", address).await else {
            panic!("the gated server found no free port");
        };
        Self {
            address,
            switchboard,
            exchanges: Mutex::new(exchanges),
            connections: Mutex::new(connections),
            epoch: (Instant::now(), SystemTime::now()),
            runtime: Some(runtime),
        }
    }

    /// The address to configure as an OpenAI-compatible base URL: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        self.base_url_of(Dialect::OpenaiChat)
    }

    /// The base URL to configure for this API, as its provider's documentation writes it:
    /// `http://HOST/v1` for both of OpenAI, `http://HOST/v1beta` for Gemini, `http://HOST` for
    /// Anthropic and Ollama.
    pub fn base_url_of(&self, dialect: Dialect) -> String {
        format!("http://{}{}", self.address, dialect.base_path())
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next request that no rule, script or model list answers.
    ///
    /// # Panics
    /// When none comes within the usual limit.
    pub async fn next_request(&self) -> Exchange {
        let what = format!("a request to the gated server ({})", self.tally());
        match within(&what, async { self.exchanges.lock().await.recv().await }).await {
            Some(exchange) => exchange,
            None => panic!("the gated server has shut down"),
        }
    }

    /// Waits for the next accepted connection; each is handed out once.
    ///
    /// # Panics
    /// When none comes within the usual limit.
    pub async fn next_connection(&self) -> Connection {
        let what = format!("a connection to the gated server ({})", self.tally());
        match within(&what, async { self.connections.lock().await.recv().await }).await {
            Some(connection) => connection,
            None => panic!("the gated server has shut down"),
        }
    }

    /// How far connections that come from now on may get; also releases those that are held.
    pub fn set_gate(&self, gate: Gate) {
        self.switchboard.set_gate(gate);
    }

    /// The models that each API lists at its own path and in its own shape.
    pub fn models<S: Into<String>>(&self, names: impl IntoIterator<Item = S>) {
        self.switchboard
            .set_models(names.into_iter().map(Into::into).collect());
    }

    /// Merges these JSON fields into the entry of a model that is listed, objects key by key, such
    /// as `{"context_length": 8192}`. For Ollama they belong to the answer to `POST /api/show`.
    ///
    /// # Panics
    /// When there is no such model.
    pub fn describe_model(&self, name: &str, fields: &Value) {
        assert!(
            self.switchboard.describe_model(name, fields),
            "the gated server offers no model {name:?}"
        );
    }

    /// Hands requests for the models to [`GatedServer::next_request`] as well.
    pub fn gate_models(&self) {
        self.switchboard.gate_models();
    }

    /// Hands cancels of Responses to [`GatedServer::next_request`] as well. They are noted all the
    /// same.
    pub fn gate_cancels(&self) {
        self.switchboard.gate_cancels();
    }

    /// The cancels of Responses (`POST /v1/responses/ID/cancel`) so far. Without
    /// [`GatedServer::gate_cancels`] they are answered as OpenAI does: with the cancelled response,
    /// however often; with 400 for one that does not run in the background, and 404 for one that
    /// was never asked for. The stream of the answer is left to the test.
    pub fn cancels(&self) -> Vec<Cancel> {
        self.switchboard.cancels()
    }

    /// Answers every request for an answer from now on by this script.
    pub fn script(&self, script: Script) {
        self.script_with(move |_| Some(script.clone()));
    }

    /// Answers each request for an answer by the script that `choose` gives for it; those without one wait
    /// for [`GatedServer::next_request`].
    pub fn script_with(&self, choose: impl Fn(&Request) -> Option<Script> + Send + Sync + 'static) {
        self.switchboard.set_script(Some(Box::new(choose)));
    }

    /// Gives requests for an answer to the test again.
    pub fn unscript(&self) {
        self.switchboard.set_script(None);
    }

    /// Holds each request for an answer against these rules for Chat Completions and the usual ones
    /// of the other APIs, or against none at all. A request that breaks a rule is answered with 400
    /// and the provider's words, and is counted as a violation.
    pub fn set_rules(&self, rules: Option<ChatRules>) {
        self.switchboard.set_rules(rules.map(|chat| Rules {
            chat,
            ..Rules::default()
        }));
    }

    /// As [`GatedServer::set_rules`], with rules for each API.
    pub fn judge_by(&self, rules: Rules) {
        self.switchboard.set_rules(Some(rules));
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.switchboard.connections()
    }

    /// How many of the accepted connections are open on both sides.
    pub fn open_connections(&self) -> usize {
        self.switchboard.open_connections()
    }

    /// How many requests were read so far, the model list's included.
    pub fn requests(&self) -> usize {
        self.switchboard.records().len()
    }

    /// How many requests for an answer were read so far, in whatever API.
    pub fn chat_requests(&self) -> usize {
        let records = self.switchboard.records();
        let chats = records
            .iter()
            .filter(|record| Dialect::asked_at(&record.path).is_some());
        chats.count()
    }

    /// What happened in every exchange so far, in the order of the requests.
    pub fn records(&self) -> Vec<ExchangeRecord> {
        self.switchboard.records()
    }

    /// What happened so far in the exchange whose request was read last.
    pub fn last_record(&self) -> Option<ExchangeRecord> {
        self.switchboard.last_record()
    }

    /// Everything that clients did wrong so far, in the words they were answered with.
    pub fn violations(&self) -> Vec<String> {
        self.switchboard.violations()
    }

    /// The wall-clock time of a moment that the server recorded, for comparison with a page's clock.
    pub fn wall_time(&self, moment: Instant) -> SystemTime {
        let (instant, wall) = self.epoch;
        match moment.checked_duration_since(instant) {
            Some(later) => wall + later,
            None => wall - instant.duration_since(moment),
        }
    }

    fn tally(&self) -> String {
        format!(
            "{} connections and {} requests so far, violations {:?}",
            self.connections(),
            self.requests(),
            self.violations()
        )
    }
}

impl Drop for GatedServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A thread for a server of this name. It stands for another machine, so it does not wait for this
/// one's cores: where the system allows that, which is to root, it goes before the client.
fn runtime(name: &str) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name(name).enable_all();
    builder.on_thread_start(|| {
        let _ = setpriority_process(None, NICE);
    });
    match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for the {name}: {error}"),
    }
}

async fn accept(listener: TcpListener, switchboard: Arc<Switchboard>) {
    loop {
        switchboard
            .wait_until(|gate| !matches!(gate, Gate::BeforeAccept))
            .await;
        tokio::select! {
            () = switchboard.wait_until(|gate| matches!(gate, Gate::BeforeAccept)) => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Nagle's algorithm would hold small chunks back and spoil the times.
                let _ = stream.set_nodelay(true);
                let switchboard = Arc::clone(&switchboard);
                let number = switchboard.count_connection();
                tokio::spawn(async move {
                    connection::attend(stream, number, Arc::clone(&switchboard)).await;
                    switchboard.count_closed();
                });
            }
        }
    }
}

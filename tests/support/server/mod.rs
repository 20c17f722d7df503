//! A model server on a real socket that does nothing by itself: each request waits for the test to
//! answer it frame by frame, so that a test holds a client in any phase for as long as it likes.
//!
//! The server runs on a thread of its own. The moments it records are therefore not delayed by what
//! the client does on the test's threads.

mod black_hole;
mod chat_request;
mod connection;
mod exchange;
mod frame;
mod record;
mod request;
mod script;
mod speech;
mod switchboard;

pub use black_hole::BlackHole;
pub use chat_request::{ChatRules, validate_chat_request};
pub use connection::Connection;
pub use exchange::{EVENT_STREAM, Exchange};
pub use frame::{Frame, ReasoningField, ToolDelta};
pub use record::{ExchangeRecord, HangUp};
pub use request::Request;
pub use script::Script;

use crate::patience::within;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use switchboard::Switchboard;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, mpsc};

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
        let runtime = match Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("gated-server")
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => panic!("no runtime for the gated server: {error}"),
        };
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
        format!("http://{}/v1", self.address)
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

    /// The list that `GET /v1/models` answers with.
    pub fn models<S: Into<String>>(&self, names: impl IntoIterator<Item = S>) {
        self.switchboard
            .set_models(Some(names.into_iter().map(Into::into).collect()));
    }

    /// Hands requests for the model list to [`GatedServer::next_request`] as well.
    pub fn gate_models(&self) {
        self.switchboard.set_models(None);
    }

    /// Answers every chat request from now on by this script.
    pub fn script(&self, script: Script) {
        self.script_with(move |_| Some(script.clone()));
    }

    /// Answers each chat request by the script that `choose` gives for it; those without one wait
    /// for [`GatedServer::next_request`].
    pub fn script_with(&self, choose: impl Fn(&Request) -> Option<Script> + Send + Sync + 'static) {
        self.switchboard.set_script(Some(Box::new(choose)));
    }

    /// Gives chat requests to the test again.
    pub fn unscript(&self) {
        self.switchboard.set_script(None);
    }

    /// The rules that each chat request is held against, or none. A request that breaks one is
    /// answered with 400 and the provider's words, and is counted as a violation.
    pub fn set_rules(&self, rules: Option<ChatRules>) {
        self.switchboard.set_rules(rules);
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

    /// How many chat requests were read so far.
    pub fn chat_requests(&self) -> usize {
        let records = self.switchboard.records();
        let chats = records
            .iter()
            .filter(|record| switchboard::is_chat(&record.path));
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

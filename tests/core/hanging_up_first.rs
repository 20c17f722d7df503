//! Stop closes the connection before it tells anybody: whoever is told may take his time, and the
//! task that closes the socket waits on the same thread.

use crate::answers::said;
use crate::turn_desk::{chat_at, question};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tacet_core::store::Store;
use tacet_core::{
    Cause, Change, EventSink, Generation, ModelRequest, Parameters, Phase, Role, TurnEvent,
    TurnEventKind, TurnOptions, Turns,
};
use tacet_test_support::server::GatedServer;
use tokio::runtime::{Builder, Runtime};

/// Only waited for when nothing was closed.
const LIMIT: Duration = Duration::from_secs(10);

/// A server on a thread of its own, in the middle of its first answer, that tells when the client
/// has hung up.
struct Elsewhere {
    base_url: String,
    hung_up: Receiver<()>,
    _runtime: Runtime,
}

impl Elsewhere {
    fn start() -> Self {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(GatedServer::start());
        let (base_url, (tell, hung_up)) = (server.base_url(), channel());
        runtime.spawn(async move {
            let mut exchange = server.next_request().await;
            exchange.send_text_delta("A heap of ").await;
            exchange.hung_up().await;
            // Nobody listens any more once the test has failed.
            let _ = tell.send(());
        });
        Self {
            base_url,
            hung_up,
            _runtime: runtime,
        }
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Keeps its thread, when it is told of a Stop, until the server has seen the hang-up.
struct Slow {
    hung_up: Mutex<Receiver<()>>,
    seen: tokio::sync::mpsc::UnboundedSender<TurnEventKind>,
}

impl EventSink for Slow {
    fn send(&self, event: &TurnEvent) {
        if event.event == TurnEventKind::Stopping {
            let hung_up = self.hung_up.lock().unwrap();
            hung_up.recv_timeout(LIMIT).expect("a closed connection");
        }
        let _ = self.seen.send(event.event.clone());
    }
}

#[test]
fn c03_a_turn_closes_the_connection_before_its_watchers_are_told() {
    let server = Elsewhere::start();
    one_thread().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let turns = Turns::new(store, TurnOptions::default());
        let request = question("What is a moraine?");
        let turn = request.turn_id;
        let started = turns.start(
            request,
            std::future::ready(Ok(chat_at(&server.base_url))),
            Parameters::default(),
        );
        started.await.unwrap();
        let (seen, mut events) = tokio::sync::mpsc::unbounded_channel();
        let watcher = Slow {
            hung_up: Mutex::new(server.hung_up),
            seen,
        };
        let watching = turns.attach(turn, "main", "slow".to_owned(), Box::new(watcher));
        let mut phase = watching.await.expect("a running turn").phase;
        while phase != Phase::Text {
            if let Some(TurnEventKind::Phase { phase: next }) = events.recv().await {
                phase = next;
            }
        }
        turns.stop(turn, Cause::User, None).await;
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            told.push(event);
        }
        assert!(told.contains(&TurnEventKind::Stopping), "{told:?}");
        assert!(matches!(told.last(), Some(TurnEventKind::Ended(_))));
    });
}

#[test]
fn c03_a_generation_closes_the_connection_before_it_hands_anything_over() {
    // Stop comes between two calls of `next`, and while one waits.
    for while_it_waits in [false, true] {
        let server = Elsewhere::start();
        one_thread().block_on(async {
            let request = ModelRequest::new("gated-model", vec![said(Role::User, "hello")]);
            let mut generation = Generation::start(chat_at(&server.base_url), request);
            while !matches!(generation.next().await, Some(Change::Appended { .. })) {}
            let stop = generation.stop_handle();
            if !while_it_waits {
                stop.stop(Cause::User);
            }
            let pressed = async {
                stop.stop(Cause::User);
            };
            let (change, ()) = tokio::join!(biased; generation.next(), pressed);
            assert_eq!(change, Some(Change::Stopping));
            let closed = server.hung_up.recv_timeout(LIMIT);
            closed.expect("a closed connection");
            assert_eq!(generation.into_answer().text(), "A heap of ");
        });
    }
}

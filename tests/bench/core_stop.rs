//! From Stop in `tacet-core` to the hang-up at the server, in each phase that a server sees, beside
//! the bare client, run by run in turn.

use crate::bare_client::{BareClient, moment};
use crate::sample::{Sample, Table};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_core::store::Store;
use tacet_core::{
    Cause, Change, ConversationId, Endpoint, EventSink, Generation, Message, ModelRequest,
    Parameters, Phase, Remote, StartTurn, TurnEvent, TurnEventKind, TurnId, TurnOptions, Turns,
    WireApi,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Exchange, Frame, GatedServer, ReasoningField, ToolDelta};
use tokio::sync::mpsc;

pub const PHASES: [Phase; 5] = [
    Phase::WaitingForHeaders,
    Phase::WaitingForFirstToken,
    Phase::Reasoning,
    Phase::Text,
    Phase::ToolArguments,
];

/// What the server sends until the client is in `phase`; then it is silent.
pub async fn lead_to(phase: Phase, exchange: &mut Exchange) {
    match phase {
        Phase::WaitingForFirstToken => exchange.open_stream().await,
        Phase::Reasoning => {
            let frame = Frame::Reasoning(ReasoningField::ReasoningContent, "Let me see".to_owned());
            exchange.send(&frame).await;
        }
        Phase::Text => exchange.send(&Frame::text("The ice ")).await,
        Phase::ToolArguments => {
            let call = ToolDelta {
                index: Some(0),
                id: Some("call_1".to_owned()),
                name: Some("search".to_owned()),
                arguments: "{\"query\": \"mor".to_owned(),
            };
            exchange.send(&Frame::Tool(call)).await;
        }
        Phase::Queued
        | Phase::BuildingContext
        | Phase::LoadingModel
        | Phase::ReadingPrompt
        | Phase::Connecting
        | Phase::WaitingToRetry
        | Phase::WaitingForApproval
        | Phase::RunningTools
        | Phase::BetweenRequests
        | Phase::WaitingForHeaders => {}
    }
}

/// `Generation` alone, stopped from another task.
async fn stop_generation(phase: Phase, provider: &Remote, server: &GatedServer) -> Duration {
    let request = ModelRequest::new("gated-model", [Message::from_user("Hello?")]);
    let mut generation = Generation::start(Arc::new(provider.clone()), request);
    let stop = generation.stop_handle();
    let (phases, seen) = mpsc::unbounded_channel();
    let driving = tokio::spawn(async move {
        while let Some(change) = generation.next().await {
            if let Change::Phase(phase) = change {
                // The bench listens only until its phase has come.
                let _ = phases.send(phase);
            }
        }
        generation.into_answer()
    });
    let mut exchange = server.next_request().await;
    lead_to(phase, &mut exchange).await;
    reach(phase, seen).await;
    moment().await;
    let stopped = Instant::now();
    stop.stop(Cause::User);
    let hang_up = exchange.hung_up().await;
    driving.await.unwrap();
    hang_up.at - stopped
}

async fn reach(phase: Phase, mut seen: mpsc::UnboundedReceiver<Phase>) {
    within("the phase", async {
        while seen.recv().await.expect("a phase") != phase {}
    })
    .await;
}

/// Tells the phases of a turn.
struct Phases(mpsc::UnboundedSender<Phase>);

impl EventSink for Phases {
    fn send(&self, event: &TurnEvent) {
        if let TurnEventKind::Phase { phase } = event.event {
            // The bench listens only until its phase has come.
            let _ = self.0.send(phase);
        }
    }
}

/// A whole turn, as the app runs it: with its watcher, and with the commit to disk.
async fn stop_turn(
    phase: Phase,
    turns: &Turns,
    provider: &Remote,
    server: &GatedServer,
) -> Duration {
    let turn_id = TurnId::new();
    let request = StartTurn {
        turn_id,
        conversation_id: ConversationId::new(),
        parent_id: None,
        text: Some("Hello?".to_owned()),
        attachments: Vec::new(),
        continues: None,
        files_of: None,
        settings: None,
        model: "gated/gated-model".parse().unwrap(),
    };
    let provider = Arc::new(provider.clone());
    let starting = turns.start(
        request,
        std::future::ready(Ok(provider as Arc<dyn tacet_core::Provider>)),
        Parameters::default(),
    );
    starting.await.unwrap();
    let (phases, seen) = mpsc::unbounded_channel();
    let snapshot = turns
        .attach(
            turn_id,
            "main",
            "bench".to_owned(),
            Box::new(Phases(phases.clone())),
        )
        .await;
    let _ = phases.send(snapshot.expect("a running turn").phase);
    let mut exchange = server.next_request().await;
    lead_to(phase, &mut exchange).await;
    reach(phase, seen).await;
    moment().await;
    let stopped = Instant::now();
    let (_, hang_up) = tokio::join!(turns.stop(turn_id, Cause::User, None), exchange.hung_up());
    hang_up.at - stopped
}

pub async fn measure(runs: usize, table: &mut Table) {
    let server = GatedServer::start().await;
    let client = BareClient::new();
    let provider =
        Remote::new(WireApi::OpenaiChat, &Endpoint::new(server.base_url(), None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let turns = Turns::new(store, TurnOptions::default());
    for phase in PHASES {
        let mut samples: [Sample; 3] = Default::default();
        for _ in 0..runs {
            samples[0].push_ms(client.drop_in(phase, &server).await);
            samples[1].push_ms(stop_generation(phase, &provider, &server).await);
            samples[2].push_ms(stop_turn(phase, &turns, &provider, &server).await);
        }
        let [bare, generation, turn] = &samples;
        table.add(format!("{phase:?}: bare reqwest"), "ms", bare, None, "");
        let goal = "ratio at most 1.5";
        table.add(
            format!("{phase:?}: Generation::stop"),
            "ms",
            generation,
            Some(bare),
            goal,
        );
        table.add(
            format!("{phase:?}: Turns::stop"),
            "ms",
            turn,
            Some(bare),
            goal,
        );
    }
}

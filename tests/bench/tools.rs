//! What tools cost: a step of ours, from the result on disk to the next request on the wire; a turn
//! of many steps; and the end of a command with all that it started.

use crate::bare_client::BareClient;
use crate::desk;
use crate::sample::{Sample, Table};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tacet_core::store::Store;
use tacet_core::tool::approval::{Card, Permissions, ToolId};
use tacet_core::tool::builtin::{Folders, RunCommand};
use tacet_core::tool::tool::{Annotations, Calling, OnProgress, Tool, ToolOutcome, ToolSpec};
use tacet_core::{
    Cause, ConversationId, Endpoint, OfferedTool, Parameters, PermissionBook, Provider, Remote,
    Standing, StartTurn, Toolset, TurnId, TurnOptions, Turns, WireApi,
};
use tacet_test_support::patience::until;
use tacet_test_support::server::{Exchange, GatedServer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How many steps the long turn has.
const STEPS: usize = 50;
/// How many of them are its start and its end.
const SOME: usize = 5;
/// How often the long turn is made.
const TURNS: usize = 10;
/// How often a command is stopped.
const STOPS: usize = 30;
/// How much a tool says, in bytes.
const SAID: usize = 2_000;

/// A tool that ends when the bench says so.
struct Held {
    spec: ToolSpec,
    reached: UnboundedSender<oneshot::Sender<()>>,
}

impl Tool for Held {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn run<'a>(&'a self, _: Value, _: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        Box::pin(async move {
            let (end, ended) = oneshot::channel();
            // The bench listens as long as it calls.
            let _ = self.reached.send(end);
            let _ = ended.await;
            ToolOutcome::text("ice ".repeat(SAID / 4))
        })
    }
}

/// Everything may run.
struct AllAllowed(BTreeSet<ToolId>);

impl PermissionBook for AllAllowed {
    fn permissions(&self) -> Permissions {
        Permissions {
            conversation: self.0.clone(),
            ..Permissions::default()
        }
    }

    fn allow(&self, _: &Card, _: Standing) -> bool {
        true
    }
}

fn toolset(tools: Vec<OfferedTool>) -> Toolset {
    let ids = tools.iter().map(|offered| ToolId {
        server: offered.server.clone(),
        tool: offered.tool.spec().name.clone(),
    });
    let allowed = AllAllowed(ids.collect());
    // No turn here comes to its limit.
    Toolset::new(tools, Arc::new(allowed), u32::MAX)
}

/// So many tools, of which the first is called.
fn held(count: usize) -> (Toolset, UnboundedReceiver<oneshot::Sender<()>>) {
    let (sender, reached) = unbounded_channel();
    let tools = (0..count).map(|number| OfferedTool {
        server: "held".to_owned(),
        tool: Arc::new(Held {
            spec: ToolSpec {
                name: format!("look_{number}"),
                title: format!("Look {number}"),
                description: "Looks at what is there, and says what it is.".to_owned(),
                input_schema: json!({
                    "type": "object",
                    "properties": {
                        "place": {"type": "string", "description": "Where to look."},
                        "depth": {"type": "integer", "minimum": 1, "maximum": 9},
                        "kinds": {"type": "array", "items": {"enum": ["ice", "rubble", "water"]}},
                    },
                    "required": ["place"],
                }),
                annotations: Annotations {
                    read_only: true,
                    destructive: false,
                    idempotent: true,
                    open_world: false,
                },
            },
            reached: sender.clone(),
        }) as Arc<dyn Tool>,
    });
    (toolset(tools.collect()), reached)
}

struct Bench {
    server: GatedServer,
    store: Store,
    turns: Turns,
    provider: Arc<dyn Provider>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let server = GatedServer::start().await;
        // To judge a request takes longer than to make it.
        server.set_rules(None);
        let endpoint = Endpoint::new(server.base_url(), None);
        let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        // Nobody watches here.
        let options = TurnOptions {
            watch_limit: Duration::from_secs(3_600),
            ..TurnOptions::default()
        };
        Self {
            server,
            turns: Turns::new(store.clone(), options),
            store,
            provider: Arc::new(provider),
            _folder: folder,
        }
    }

    /// Starts a turn with these tools, and gives its first request.
    async fn start(&self, tools: Toolset) -> (TurnId, Exchange) {
        let turn_id = TurnId::new();
        let request = StartTurn {
            turn_id,
            conversation_id: ConversationId::new(),
            parent_id: None,
            text: Some("What is there?".to_owned()),
            attachments: Vec::new(),
            continues: None,
            files_of: None,
            settings: None,
            model: "gated/gated-model".parse().unwrap(),
        };
        let provider = Arc::clone(&self.provider);
        let parameters = Parameters::default();
        let starting =
            self.turns
                .start_with_tools(request, ready(Ok(provider)), ready(Ok(tools)), parameters);
        starting.await.unwrap();
        (turn_id, self.server.next_request().await)
    }

    /// A step: the model calls a tool, which gives its result. From the result on disk to the next
    /// request.
    async fn step(
        &self,
        exchange: Exchange,
        number: usize,
        reached: &mut UnboundedReceiver<oneshot::Sender<()>>,
    ) -> (Duration, Exchange) {
        let id = format!("call_{number}");
        let call = [(id.as_str(), "look_0", "{\"place\":\"glacier\"}")];
        exchange.call_tools(&call).await;
        let end = reached.recv().await.expect("a call");
        let mut writes = self.store.later_writes();
        let _ = end.send(());
        // That it runs was on disk before; what is written next is its result.
        writes.changed().await.expect("a store");
        let written = Instant::now();
        let exchange = self.server.next_request().await;
        // Not when the bench has it: the server takes it apart first. It may be there before the bench
        // has heard of the disk.
        let received = exchange.request.received_at;
        (received.saturating_duration_since(written), exchange)
    }
}

async fn steps(runs: usize, table: &mut Table) {
    let bare = BareClient::new();
    for count in [1, 200] {
        let bench = Bench::new().await;
        let mut steps = Steps::default();
        let mut size = 0;
        for _ in 0..runs {
            let (tools, mut reached) = held(count);
            let (_, exchange) = bench.start(tools).await;
            let (took, exchange) = bench.step(exchange, 0, &mut reached).await;
            steps.ours.push_ms(took);
            let body = exchange.request.body.clone();
            size = body.len();
            steps.bare.push_ms(bare.send(&bench.server, body).await);
            exchange.complete(9, 3).await;
        }
        let name = format!("a step with {count} tools: result on disk to request");
        table.add(name, "ms", &steps.ours, Some(&steps.bare), "");
        let name = format!("bare reqwest: the same {} KB", size / 1000);
        table.add(name, "ms", &steps.bare, None, "");
    }
}

/// What some steps of a long turn took, and a bare client for the same requests.
#[derive(Default)]
struct Steps {
    ours: Sample,
    bare: Sample,
}

async fn long_turn(table: &mut Table) {
    let (bench, bare) = (Bench::new().await, BareClient::new());
    let (mut start, mut end) = (Steps::default(), Steps::default());
    for _ in 0..TURNS {
        let (tools, mut reached) = held(10);
        let (_, mut exchange) = bench.start(tools).await;
        for number in 0..STEPS {
            let (took, next) = bench.step(exchange, number, &mut reached).await;
            exchange = next;
            let steps = match number {
                _ if number < SOME => &mut start,
                _ if number >= STEPS - SOME => &mut end,
                _ => continue,
            };
            steps.ours.push_ms(took);
            let body = exchange.request.body.clone();
            steps.bare.push_ms(bare.send(&bench.server, body).await);
        }
        exchange.complete(9, 3).await;
    }
    let first = format!("steps 1 to {SOME} of a turn of {STEPS}");
    table.add(first, "ms", &start.ours, None, "");
    let last = format!(
        "its last {SOME} steps, with {} KB told",
        SAID * STEPS / 1000
    );
    let goal = "ratio at most 1.5";
    table.add(last, "ms", &end.ours, Some(&start.ours), goal);
    let first = format!("bare reqwest: requests 1 to {SOME}");
    table.add(first, "ms", &start.bare, None, "");
    let last = format!("bare reqwest: the last {SOME}");
    table.add(last, "ms", &end.bare, Some(&start.bare), "");
}

/// The processes with that number in their command line.
fn marked(mark: u32) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let mark = mark.to_string();
    lines
        .filter(|line| {
            let line = String::from_utf8_lossy(line);
            line.contains("sleep") && line.contains(&mark)
        })
        .count()
}

async fn stops(table: &mut Table) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let bench = Bench::new().await;
    let work = tempfile::tempdir().unwrap();
    let folders = Folders::new([work.path().to_owned()]).unwrap();
    let (mut listening, mut clinging) = (Sample::default(), Sample::default());
    for run in 0..2 * STOPS {
        let mark = 1_000_000_000
            + std::process::id() % 1_000_000 * 100
            + NEXT.fetch_add(1, Ordering::Relaxed);
        let clings = run % 2 == 1;
        let command = if clings {
            // In another session, deaf to hang-ups, and deaf to TERM.
            format!(
                "setsid sleep {mark} & nohup sleep {mark} >/dev/null 2>&1 & \
                 sh -c 'trap \"\" TERM; while :; do sleep {mark}; done' & sleep {mark}"
            )
        } else {
            format!("sleep {mark}")
        };
        let tool = RunCommand::new(folders.clone(), desk::executable());
        let tools = toolset(vec![OfferedTool {
            server: ToolId::BUILT_IN.to_owned(),
            tool: Arc::new(tool),
        }]);
        let (turn, exchange) = bench.start(tools).await;
        let arguments = json!({ "command": command }).to_string();
        exchange
            .call_tools(&[("call_1", "run_command", &arguments)])
            .await;
        let wanted = if clings { 4 } else { 1 };
        until("its processes", || (marked(mark) >= wanted).then_some(())).await;
        let stopped = Instant::now();
        let stopping = tokio::spawn({
            let turns = bench.turns.clone();
            async move { turns.stop(turn, Cause::User, None).await }
        });
        while marked(mark) > 0 {
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        let took = stopped.elapsed();
        stopping.await.unwrap();
        let sample = if clings {
            &mut clinging
        } else {
            &mut listening
        };
        sample.push_ms(took);
    }
    let goal = "1,000 ms at most";
    let name = "Stop to the last process gone: one that ends";
    table.add(name, "ms", &listening, None, goal);
    let name = "the same: another session, deaf to TERM";
    table.add(name, "ms", &clinging, None, goal);
}

pub async fn measure(runs: usize, table: &mut Table) {
    steps(runs, table).await;
    long_turn(table).await;
    stops(table).await;
}

//! The process that is killed: this test binary once more, which asks one question after the other
//! and says how far it is.

use super::script::{Line, question, result};
use super::text_of;
use crate::held_tool::Book;
use crate::turn_desk::{chat_at, follow_up};
use serde_json::{Value, json};
use std::future::ready;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_core::store::Store;
use tacet_core::tool::approval::ToolId;
use tacet_core::tool::tool::{
    Annotations, Calling, OnProgress, Progress, Tool, ToolOutcome, ToolSpec,
};
use tacet_core::{
    EventSink, OfferedTool, Parameters, Part, StartTurn, Toolset, TurnEvent, TurnEventKind, TurnId,
    TurnOptions, Turns, now,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// Tells the process what to do, as JSON.
const ORDERS: &str = "TACET_TEST_ORDERS";
const SERVER: &str = "held";
/// How long the tool runs, and how often it says something.
const TOOL_RUNS: Duration = Duration::from_millis(250);
const TOOL_SAYS: Duration = Duration::from_millis(25);

/// Starts it; its lines come with the moments at which they were read.
pub fn start(
    folder: &Path,
    server: &str,
    first: usize,
) -> (Child, UnboundedReceiver<(Instant, Line)>) {
    let orders = json!({"folder": folder, "server": server, "first": first});
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::process::the_process_that_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(ORDERS, orders.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(process.stdout.take().unwrap());
    let (sender, lines) = unbounded_channel();
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            if let Ok(line) = line.parse() {
                // The test may have seen enough.
                let _ = sender.send((Instant::now(), line));
            }
        }
    });
    (process, lines)
}

/// A tool that says what it does until it has done it.
struct Look(ToolSpec);

impl Tool for Look {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn run<'a>(
        &'a self,
        arguments: Value,
        _: CancellationToken,
        progress: OnProgress<'a>,
    ) -> Calling<'a> {
        Box::pin(async move {
            let number = usize::try_from(arguments["n"].as_u64().unwrap()).unwrap();
            Line::Tool(number).print();
            let begun = Instant::now();
            while begun.elapsed() < TOOL_RUNS {
                tokio::time::sleep(TOOL_SAYS).await;
                progress(Progress::Output("looking ".to_owned()));
            }
            ToolOutcome::text(result(number))
        })
    }
}

fn tools() -> Toolset {
    let spec = ToolSpec {
        name: "look".to_owned(),
        title: "Look".to_owned(),
        description: "Looks.".to_owned(),
        input_schema: json!({"type": "object", "properties": {"n": {"type": "integer"}}}),
        annotations: Annotations {
            read_only: true,
            destructive: false,
            idempotent: true,
            open_world: false,
        },
    };
    let book = Book::default();
    book.0.lock().unwrap().always.insert(ToolId {
        server: SERVER.to_owned(),
        tool: spec.name.clone(),
    });
    let look = OfferedTool {
        server: SERVER.to_owned(),
        tool: Arc::new(Look(spec)),
    };
    Toolset::new(vec![look], Arc::new(book), Toolset::STEPS)
}

struct Ear(UnboundedSender<TurnEvent>);

impl EventSink for Ear {
    fn send(&self, event: &TurnEvent) {
        // A turn whose end was heard may say no more.
        drop(self.0.send(event.clone()));
    }
}

/// Says how far the answer is, up to its end.
async fn watch(turns: &Turns, turn: TurnId, number: usize) {
    let (ear, mut events) = unbounded_channel();
    let viewer = "ear".to_owned();
    let Some(snapshot) = turns
        .attach(turn, "main", viewer.clone(), Box::new(Ear(ear)))
        .await
    else {
        return Line::Ended(number).print();
    };
    let length = |part: &Part| text_of(part).map(str::len);
    // For each part, how long its text is.
    let mut parts: Vec<Option<usize>> = snapshot.message.parts.iter().map(length).collect();
    while let Some(event) = events.recv().await {
        if let TurnEventKind::PartAdded { part, .. } = &event.event {
            parts.push(length(part));
        }
        if let TurnEventKind::Appended { index, text, .. } = &event.event
            && let Some(length) = &mut parts[*index]
        {
            *length += text.len();
            Line::Text(number, parts.iter().flatten().sum()).print();
        }
        if matches!(event.event, TurnEventKind::Ended(_)) {
            break;
        }
        if event.acknowledge {
            turns.acknowledge(turn, viewer.clone(), event.seq);
        }
    }
    Line::Ended(number).print();
}

#[tokio::test]
#[ignore = "is the process that another test kills"]
async fn the_process_that_is_killed() {
    let Ok(orders) = std::env::var(ORDERS) else {
        return;
    };
    let orders: Value = serde_json::from_str(&orders).unwrap();
    let store = Store::open(Path::new(orders["folder"].as_str().unwrap())).unwrap();
    store.mend_after_crash(now()).await.unwrap();
    store.keep_index();
    let provider = chat_at(orders["server"].as_str().unwrap());
    let turns = Turns::new(store.clone(), TurnOptions::default());
    let first = usize::try_from(orders["first"].as_u64().unwrap()).unwrap();
    for number in first.. {
        let known = store.conversations_after(None, 1).await.unwrap().pop();
        let words = question(number);
        let request: StartTurn = match known.and_then(|known| Some((known.id, known.head?))) {
            Some((conversation, head)) => follow_up(conversation, head, &words),
            None => crate::turn_desk::question(&words),
        };
        let turn = request.turn_id;
        let provider = Arc::clone(&provider);
        let started = turns.start_with_tools(
            request,
            ready(Ok(provider)),
            ready(Ok(tools())),
            Parameters::default(),
        );
        started.await.unwrap();
        Line::Asked(number).print();
        watch(&turns, turn, number).await;
    }
}

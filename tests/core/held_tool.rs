//! A tool that is driven by hand: it says that it was started, and ends when the test says so or
//! when it is told to. Beside it, permissions that a test can look at.

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use serde_json::{Value, json};
use std::future::ready;
use std::sync::{Arc, Mutex, mpsc};
use tacet_core::tool::approval::{Card, Permissions, ToolId};
use tacet_core::tool::tool::{
    Annotations, CallPreview, Calling, OnProgress, Progress, Tool, ToolOutcome, ToolSpec,
};
use tacet_core::{
    ApprovalRequest, OfferedTool, Parameters, Part, PermissionBook, Provider, ResultContent,
    Standing, StartTurn, ToolCall, ToolCallState, ToolConfirmation, Toolset, TurnEventKind,
};
use tacet_test_support::patience::within;
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// A call that has reached its tool.
pub struct Reached {
    pub tool: String,
    pub arguments: Value,
    pub stop: CancellationToken,
    orders: UnboundedSender<Order>,
}

enum Order {
    Write(Progress),
    End(ToolOutcome),
}

impl Reached {
    pub fn write(&self, text: &str) {
        let text = text.to_owned();
        assert!(
            self.orders
                .send(Order::Write(Progress::Output(text)))
                .is_ok()
        );
    }

    pub fn progress(&self, progress: Progress) {
        assert!(self.orders.send(Order::Write(progress)).is_ok());
    }

    pub fn end(&self, outcome: ToolOutcome) {
        // A call that was given up listens to nobody.
        drop(self.orders.send(Order::End(outcome)));
    }

    pub fn say(&self, words: &str) {
        self.end(ToolOutcome::text(words));
    }
}

struct HeldTool {
    spec: ToolSpec,
    /// Whether it ends when it is told to.
    listens: bool,
    reached: UnboundedSender<Reached>,
    preview: Arc<HeldPreview>,
}

/// Holds the preview of calls with a `q` of `held` until the test lets it go on.
struct HeldPreview {
    begun: UnboundedSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Tool for HeldTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn preview(&self, arguments: &Value) -> Result<CallPreview, String> {
        if arguments["q"] == "held" {
            self.preview.begun.send(()).ok();
            // A test that is over holds nobody up.
            self.preview.go_on.lock().unwrap().recv().ok();
        }
        Ok(CallPreview::default())
    }

    fn run<'a>(
        &'a self,
        arguments: Value,
        stop: CancellationToken,
        progress: OnProgress<'a>,
    ) -> Calling<'a> {
        Box::pin(async move {
            let (orders, mut obeyed) = unbounded_channel();
            let reached = Reached {
                tool: self.spec.name.clone(),
                arguments,
                stop: stop.clone(),
                orders,
            };
            assert!(self.reached.send(reached).is_ok(), "a test that listens");
            loop {
                tokio::select! {
                    biased;
                    order = obeyed.recv() => match order {
                        Some(Order::Write(text)) => progress(text),
                        Some(Order::End(outcome)) => return outcome,
                        None => std::future::pending().await,
                    },
                    () = stop.cancelled(), if self.listens => return ToolOutcome::Interrupted {
                        partial: Vec::new(),
                        confirmation: ToolConfirmation::Confirmed { ms: 3 },
                    },
                }
            }
        })
    }
}

/// What was allowed.
#[derive(Default)]
pub struct Book(pub Mutex<Permissions>);

impl PermissionBook for Book {
    fn permissions(&self) -> Permissions {
        self.0.lock().unwrap().clone()
    }

    fn allow(&self, card: &Card, standing: Standing) -> bool {
        let mut permissions = self.0.lock().unwrap();
        match standing {
            Standing::Conversation => {
                permissions.allow_in_conversation(card);
                true
            }
            Standing::Always => permissions.allow_always(card),
        }
    }
}

/// A box of held tools: `look`, `ask` and `deaf`, which does not listen to Stop. `look` is allowed
/// by a standing permission.
pub struct Toolbox {
    pub book: Arc<Book>,
    pub step_limit: u32,
    tools: Vec<OfferedTool>,
    reached: AsyncMutex<UnboundedReceiver<Reached>>,
    previewing: AsyncMutex<UnboundedReceiver<()>>,
    go_on: mpsc::Sender<()>,
}

impl Toolbox {
    pub fn new() -> Self {
        let (sender, reached) = unbounded_channel();
        let (begun, previewing) = unbounded_channel();
        let (go_on, held) = mpsc::channel();
        let preview = Arc::new(HeldPreview {
            begun,
            go_on: Mutex::new(held),
        });
        let tool = |name: &str, listens| OfferedTool {
            server: "held".to_owned(),
            tool: Arc::new(HeldTool {
                spec: ToolSpec {
                    name: name.to_owned(),
                    title: format!("The tool {name}"),
                    description: "Is held by a test.".to_owned(),
                    input_schema: json!({
                        "type": "object",
                        "properties": {"q": {"type": "string"}},
                    }),
                    annotations: Annotations {
                        read_only: false,
                        destructive: true,
                        idempotent: false,
                        open_world: true,
                    },
                },
                listens,
                reached: sender.clone(),
                preview: Arc::clone(&preview),
            }),
        };
        let book = Book::default();
        book.0.lock().unwrap().always.insert(ToolId {
            server: "held".to_owned(),
            tool: "look".to_owned(),
        });
        Self {
            book: Arc::new(book),
            step_limit: Toolset::STEPS,
            tools: vec![tool("look", true), tool("ask", true), tool("deaf", false)],
            reached: AsyncMutex::new(reached),
            previewing: AsyncMutex::new(previewing),
            go_on,
        }
    }

    pub fn set(&self) -> Toolset {
        let book = Arc::clone(&self.book);
        Toolset::new(self.tools.clone(), book, self.step_limit)
    }

    /// The next call that reaches a tool.
    pub async fn reached(&self) -> Reached {
        let mut reached = self.reached.lock().await;
        within("a call to reach its tool", reached.recv())
            .await
            .unwrap()
    }

    /// Waits until a call with a `q` of `held` is being looked at.
    pub async fn previewing(&self) {
        let mut previewing = self.previewing.lock().await;
        let begun = within("a call to be looked at", previewing.recv()).await;
        begun.unwrap();
    }

    /// Lets that go on.
    pub fn show_preview(&self) {
        self.go_on.send(()).unwrap();
    }

    /// Whether no call has reached a tool that the test has not seen.
    pub async fn is_untouched(&self) -> bool {
        self.reached.lock().await.try_recv().is_err()
    }

    /// Listens to no call any more: a tool that is reached now breaks off.
    pub async fn forget(&self) {
        self.reached.lock().await.close();
    }

    /// Asks with these tools, and watches.
    pub async fn ask(&self, desk: &Desk, words: &str) -> Watch {
        self.ask_at(desk, Arc::clone(&desk.provider), question(words))
            .await
    }

    /// Asks, and has the model answer with these calls.
    pub async fn called(&self, desk: &Desk, calls: &[(&str, &str, &str)]) -> Watch {
        let watch = self.ask(desk, "Look.").await;
        desk.server.next_request().await.call_tools(calls).await;
        watch
    }

    pub async fn ask_at(
        &self,
        desk: &Desk,
        provider: Arc<dyn Provider>,
        request: StartTurn,
    ) -> Watch {
        let turn = request.turn_id;
        let started = desk.turns.start_with_tools(
            request,
            ready(Ok(provider)),
            ready(Ok(self.set())),
            Parameters::default(),
        );
        within("the turn to start", started).await.unwrap();
        desk.watch(turn).await
    }
}

/// The states of the calls, in their order.
pub fn states(parts: &[Part]) -> Vec<ToolCallState> {
    calls(parts).map(|(_, call)| call.state).collect()
}

/// The calls with their places.
pub fn calls(parts: &[Part]) -> impl Iterator<Item = (usize, &ToolCall)> {
    parts
        .iter()
        .enumerate()
        .filter_map(|(place, part)| match part {
            Part::ToolCall(call) => Some((place, call)),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolResult(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        })
}

/// What the tools said, in its order.
pub fn results(parts: &[Part]) -> Vec<&str> {
    let texts = parts.iter().filter_map(|part| match part {
        Part::ToolResult(result) => Some(result.text.as_str()),
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    texts.collect()
}

/// Waits until a person is asked about a call of that tool.
pub async fn asked(watch: &Watch, tool: &str) -> ApprovalRequest {
    let find = |watch: &Watch| {
        let told = watch
            .events()
            .into_iter()
            .filter_map(|event| match event.event {
                TurnEventKind::ApprovalAsked(request) => Some(*request),
                _ => None,
            });
        let known = watch.snapshot.approvals.iter().cloned();
        let mut all: Vec<ApprovalRequest> = known.chain(told).collect();
        all.retain(|request| request.tool == tool);
        all.pop()
    };
    watch
        .until("a question", |watch| find(watch).is_some())
        .await;
    find(watch).unwrap()
}

/// The words of a piece of text.
pub fn words(text: &str) -> Vec<ResultContent> {
    vec![ResultContent::text(text)]
}

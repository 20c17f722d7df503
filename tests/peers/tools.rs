//! Tacet's MCP client against a server that Tacet's authors did not write, the reference of all
//! that the protocol has: `@modelcontextprotocol/server-everything`. `cargo xtask peers` fetches it
//! and runs this.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tacet_settings::secret::SecretStore;
use tacet_tool::elicitation::{Elicitation, ElicitationAnswer, FieldInput, Wanted};
use tacet_tool::mcp::{Owner, Reach, ServerConfig, Servers};
use tacet_tool::tool::{Progress, ResultContent, Tool, ToolConfirmation, ToolOutcome, call};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a stop may take.
const STOP_LIMIT: Duration = Duration::from_millis(700);

type Outcome<T> = Result<T, String>;

struct Peer {
    tools: Vec<Arc<dyn Tool>>,
    servers: Servers,
}

impl Peer {
    async fn new(supervisor: &str, reach: Reach) -> Outcome<Self> {
        let owner = Owner {
            supervisor: supervisor.into(),
            agent: "tacet/0.0.0".to_owned(),
            forms: true,
            secrets: SecretStore::in_memory(),
        };
        let servers = Servers::new(owner, vec![ServerConfig::new("everything", reach)]);
        let tools = within("its tools", servers.tools("everything")).await??;
        Ok(Self { tools, servers })
    }

    fn tool(&self, name: &str) -> Outcome<Arc<dyn Tool>> {
        let mut tools = self.tools.iter();
        let found = tools.find(|tool| tool.spec().name == name);
        let names = || {
            self.tools
                .iter()
                .map(|tool| tool.spec().name.clone())
                .collect::<Vec<_>>()
        };
        found
            .cloned()
            .ok_or_else(|| format!("no tool {name} among {:?}", names()))
    }

    async fn call(&self, name: &str, arguments: Value) -> Outcome<Vec<ResultContent>> {
        let tool = self.tool(name)?;
        let calling = call(&*tool, arguments, CancellationToken::new(), &|_| {});
        match within(name, calling).await? {
            ToolOutcome::Succeeded(contents) => Ok(contents),
            other => Err(format!("{name}: {other:?}")),
        }
    }

    async fn try_all(&self) -> Outcome<()> {
        println!("  {:?}", self.servers.watch().borrow()[0].state);
        let echoed = self.call("echo", json!({ "message": "tide" })).await?;
        require(
            matches!(&echoed[..], [ResultContent::Text { text }] if text.contains("tide")),
            "an echo",
            &echoed,
        )?;
        let image = self.call("get-tiny-image", json!({})).await?;
        require(
            image
                .iter()
                .any(|content| matches!(content, ResultContent::Image { .. })),
            "an image",
            &image,
        )?;
        let structured = self
            .call("get-structured-content", json!({ "location": "New York" }))
            .await?;
        require(
            structured
                .iter()
                .any(|content| matches!(content, ResultContent::Structured { .. })),
            "structure",
            &structured,
        )?;
        let links = self
            .call("get-resource-links", json!({ "count": 2 }))
            .await?;
        require(
            links
                .iter()
                .any(|content| matches!(content, ResultContent::Resource { .. })),
            "resources",
            &links,
        )?;
        let misfit = call(
            &*self.tool("echo")?,
            json!({ "message": 7 }),
            CancellationToken::new(),
            &|_| {},
        )
        .await;
        require(
            matches!(misfit, ToolOutcome::Failed(_)),
            "a refusal",
            &misfit,
        )?;
        self.try_progress().await?;
        self.try_stop().await?;
        self.try_question().await?;
        println!(
            "  echo, image, structure, resources, misfit, progress, stop, question: as they should be"
        );
        Ok(())
    }

    async fn try_progress(&self) -> Outcome<()> {
        let tool = self.tool("trigger-long-running-operation")?;
        let steps = Mutex::new(Vec::new());
        let progress = |progress| {
            if let Ok(mut steps) = steps.lock() {
                steps.push(progress);
            }
        };
        let arguments = json!({ "duration": 1, "steps": 4 });
        let calling = call(&*tool, arguments, CancellationToken::new(), &progress);
        let outcome = within("a long operation", calling).await?;
        require(
            matches!(outcome, ToolOutcome::Succeeded(_)),
            "a result",
            &outcome,
        )?;
        let steps = steps.into_inner().unwrap_or_default();
        let counted = steps.iter().any(|step| {
            matches!(
                step,
                Progress::Step {
                    total: Some(4.0),
                    ..
                }
            )
        });
        require(counted, "progress of 4 steps", &steps)
    }

    /// The operation of this server goes on after a cancel; what still comes of it is dropped.
    async fn try_stop(&self) -> Outcome<()> {
        let tool = self.tool("trigger-long-running-operation")?;
        let stop = CancellationToken::new();
        let stopped = Mutex::new(None);
        let progress = |_| {
            if let Ok(mut stopped) = stopped.lock() {
                stopped.get_or_insert_with(Instant::now);
            }
            stop.cancel();
        };
        let arguments = json!({ "duration": 3, "steps": 12 });
        let outcome = within("the stop", call(&*tool, arguments, stop.clone(), &progress)).await?;
        let took = stopped.into_inner().ok().flatten().map(|at| at.elapsed());
        require(
            took.is_some_and(|took| took < STOP_LIMIT),
            "a stop in time",
            &took,
        )?;
        let ToolOutcome::Interrupted { confirmation, .. } = outcome else {
            return Err(format!("no interruption: {outcome:?}"));
        };
        let told = matches!(
            confirmation,
            ToolConfirmation::ToldAndSilent { .. } | ToolConfirmation::Confirmed { .. }
        );
        require(told, "a cancel that was told", &confirmation)?;
        println!("  stopped after {took:?}: {confirmation:?}");
        // Usable at once, and while the stopped operation still goes on.
        let sum = self.call("get-sum", json!({ "a": 2, "b": 3 })).await?;
        require(format!("{sum:?}").contains('5'), "a sum afterwards", &sum)
    }

    async fn try_question(&self) -> Outcome<()> {
        let tool = self.tool("trigger-elicitation-request")?;
        let (asks, mut questions) = mpsc::unbounded_channel::<Elicitation>();
        let calling = tokio::spawn(async move {
            let progress = |progress| {
                if let Progress::Question(question) = progress {
                    // Nobody who listens is a question that is closed.
                    drop(asks.send(question));
                }
            };
            call(&*tool, json!({}), CancellationToken::new(), &progress).await
        });
        let question = within("its question", questions.recv()).await?;
        let question = question.ok_or("no question")?;
        let Wanted::Form { fields } = &question.wanted else {
            return Err(format!("no form: {question:?}"));
        };
        // Each kind of field that the protocol has.
        let has = |kind: fn(&FieldInput) -> bool| fields.fields().iter().any(|it| kind(&it.input));
        let whole = has(|it| matches!(it, FieldInput::Text { .. }))
            && has(|it| matches!(it, FieldInput::Number { .. }))
            && has(|it| matches!(it, FieldInput::Flag { .. }))
            && has(|it| matches!(it, FieldInput::Choice { .. }))
            && has(|it| matches!(it, FieldInput::Choices { .. }));
        require(whole, "a form of all kinds", fields)?;
        question.answer(ElicitationAnswer::Decline);
        let outcome = within("the end of the question", calling).await?;
        let outcome = outcome.map_err(|error| error.to_string())?;
        require(
            matches!(outcome, ToolOutcome::Succeeded(_)),
            "an answer",
            &outcome,
        )
    }
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> Outcome<T> {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.map_err(|_| format!("waited {PATIENCE:?} for {what}"))
}

fn require(holds: bool, what: &str, found: &impl std::fmt::Debug) -> Outcome<()> {
    if holds {
        return Ok(());
    }
    Err(format!("expected {what}, found {found:?}"))
}

async fn try_server(supervisor: &str, reach: Reach) -> Outcome<()> {
    let peer = Peer::new(supervisor, reach).await?;
    let tried = peer.try_all().await;
    let log = peer.servers.log("everything").unwrap_or_default();
    peer.servers.shut_down().await;
    tried.map_err(|error| format!("{error}\nIts log:\n{log}"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [supervisor, program, address] = &arguments[..] else {
        eprintln!("usage: tool-peers SUPERVISOR SERVER.js ADDRESS");
        return ExitCode::FAILURE;
    };
    let process = Reach::Process {
        command: "node".to_owned(),
        args: vec![program.clone(), "stdio".to_owned()],
        env: BTreeMap::new(),
        withheld: Vec::new(),
        folder: env::temp_dir(),
    };
    let Ok(url) = address.parse() else {
        eprintln!("{address} is no address");
        return ExitCode::FAILURE;
    };
    let headers = BTreeMap::new();
    for (name, reach) in [
        ("stdio", process),
        ("Streamable HTTP", Reach::Http { url, headers }),
    ] {
        println!("server-everything by {name}:");
        if let Err(error) = try_server(supervisor, reach).await {
            eprintln!("server-everything by {name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

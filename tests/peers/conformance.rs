//! A client for the scenarios of `@modelcontextprotocol/conformance`, which starts it with the
//! address of its server: lists the tools and calls each of them. `cargo xtask peers` runs it.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use tacet_settings::OAuthClient;
use tacet_settings::secret::SecretStore;
use tacet_tool::elicitation::{ElicitationReply, Wanted};
use tacet_tool::mcp::{Owner, Reach, ServerConfig, ServerState, Servers};
use tacet_tool::tool::{Progress, Tool, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

/// How the server is called here.
const NAME: &str = "conformance";
/// The scenario whose person has typed in the address of a Client ID Metadata Document.
const METADATA_SCENARIO: &str = "auth/basic-cimd";
const METADATA_DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";
/// How often the person signs in before they give up.
const PATIENCE: u32 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(Ok(url)) = std::env::args().nth(1).map(|address| address.parse()) else {
        eprintln!("usage: tool-conformance ADDRESS");
        return ExitCode::FAILURE;
    };
    let owner = Owner {
        // Nothing is started here.
        supervisor: "/".into(),
        agent: "tacet/0.0.0".to_owned(),
        forms: true,
        secrets: SecretStore::in_memory(),
    };
    let headers = BTreeMap::new();
    let config = ServerConfig {
        oauth: typed_client(),
        ..ServerConfig::new(NAME, Reach::Http { url, headers })
    };
    let servers = Servers::new(owner, vec![config]);
    let outcome = visit(&servers).await;
    servers.shut_down().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

/// Lists the tools and calls each; signs in where that is wanted, as a person would.
async fn visit(servers: &Servers) -> Result<(), String> {
    let mut sign_ins = 0;
    let mut tools = servers.tools(NAME).await;
    while tools.is_err() && wants_sign_in(servers).await && sign_ins < PATIENCE {
        sign_ins += 1;
        servers.sign_in(NAME, &browse).await?;
        tools = servers.tools(NAME).await;
    }
    for tool in tools? {
        let mut outcome = called(&tool).await;
        while !matches!(outcome, ToolOutcome::Succeeded(_))
            && wants_sign_in(servers).await
            && sign_ins < PATIENCE
        {
            sign_ins += 1;
            servers.sign_in(NAME, &browse).await?;
            outcome = called(&tool).await;
        }
        println!("{}: {outcome:?}", tool.spec().name);
        if !matches!(outcome, ToolOutcome::Succeeded(_)) {
            return Err(format!("{} did not succeed", tool.spec().name));
        }
    }
    Ok(())
}

async fn called(tool: &Arc<dyn Tool>) -> ToolOutcome {
    let arguments = arguments(&**tool);
    call(&**tool, arguments, CancellationToken::new(), &accept).await
}

/// Whether the server says so; a moment may go by before it does.
async fn wants_sign_in(servers: &Servers) -> bool {
    let mut states = servers.watch();
    let wants = |state: &ServerState| matches!(state, ServerState::SignInNeeded { .. });
    let said = states.wait_for(|views| views.iter().any(|it| wants(&it.state)));
    let waited = tokio::time::timeout(std::time::Duration::from_millis(300), said);
    matches!(waited.await, Ok(Ok(_)))
}

/// A browser whose person allows everything.
fn browse(page: &str) -> Result<(), String> {
    let page = page.to_owned();
    tokio::spawn(async move { reqwest::get(page).await?.text().await });
    Ok(())
}

/// The client that the scenario's person was given by hand.
fn typed_client() -> OAuthClient {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let given: Value =
        serde_json::from_str(&variable("MCP_CONFORMANCE_CONTEXT")).unwrap_or_default();
    let field = |name: &str| given[name].as_str().map(str::to_owned);
    let document = (variable("MCP_CONFORMANCE_SCENARIO") == METADATA_SCENARIO)
        .then(|| METADATA_DOCUMENT.to_owned());
    OAuthClient {
        client_id: field("client_id").or(document),
        client_secret: field("client_secret"),
        callback_port: None,
    }
}

/// Sends a form as it stands before anybody typed.
fn accept(progress: Progress) {
    if let Progress::Question(question) = progress
        && let Wanted::Form { fields } = &question.wanted
    {
        let values = fields.defaults();
        if let Ok(answer) = question.check(ElicitationReply::Accept { values }) {
            question.answer(answer);
        }
    }
}

/// Something for each property that is required.
fn arguments(tool: &dyn Tool) -> Value {
    let schema = &tool.spec().input_schema;
    let required = schema["required"].as_array().into_iter().flatten();
    let given = required.filter_map(Value::as_str).map(|name| {
        let value = match schema["properties"][name]["type"].as_str() {
            Some("number" | "integer") => json!(5),
            Some("boolean") => json!(true),
            Some(_) | None => json!("text"),
        };
        (name.to_owned(), value)
    });
    Value::Object(given.collect::<Map<_, _>>())
}

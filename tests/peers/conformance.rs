//! A client for the scenarios of `@modelcontextprotocol/conformance`, which starts it with the
//! address of its server: lists the tools and calls each of them. `cargo xtask peers` runs it.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use tacet_tool::elicitation::{ElicitationReply, Wanted};
use tacet_tool::mcp::{Owner, Reach, ServerConfig, Servers};
use tacet_tool::tool::{Progress, Tool, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

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
    };
    let headers = BTreeMap::new();
    let config = ServerConfig::new("conformance", Reach::Http { url, headers });
    let servers = Servers::new(owner, vec![config]);
    let tools = match servers.tools("conformance").await {
        Ok(tools) => tools,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::FAILURE;
        }
    };
    for tool in tools {
        let arguments = arguments(&*tool);
        let outcome = call(&*tool, arguments, CancellationToken::new(), &accept).await;
        println!("{}: {outcome:?}", tool.spec().name);
        if !matches!(outcome, ToolOutcome::Succeeded(_)) {
            return ExitCode::FAILURE;
        }
    }
    servers.shut_down().await;
    ExitCode::SUCCESS
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

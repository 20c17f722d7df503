//! The app's own tools: few and good, each with a bounded result.

mod arguments;
mod edit_file;
mod fetch;
mod folders;
mod list_folder;
mod opening;
mod page_text;
mod public_address;
mod read_file;
mod run_command;
mod search_folder;

pub use edit_file::{EditFile, WriteFile};
pub use fetch::FetchPage;
pub use folders::Folders;
pub use list_folder::ListFolder;
pub use read_file::ReadFile;
pub use run_command::RunCommand;
pub use search_folder::SearchFolder;

use crate::tool::{Annotations, ResultContent, ToolConfirmation, ToolOutcome, ToolSpec};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// How much text a tool gives back at most, in bytes. What is missing is said.
pub const TEXT_LIMIT: usize = 64 * 1024;

/// What tools that read are.
const READS: Annotations = Annotations {
    read_only: true,
    destructive: false,
    idempotent: true,
    open_world: false,
};

fn spec(
    name: &str,
    title: &str,
    description: &str,
    input_schema: Value,
    annotations: Annotations,
) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        input_schema,
        annotations,
    }
}

/// Does work that waits for the disk where that holds nobody up. After `stop`, or dropped, it is
/// told to end and its result is not waited for, so it may only read.
async fn reading(
    stop: CancellationToken,
    work: impl FnOnce(&CancellationToken) -> Result<String, String> + Send + 'static,
) -> ToolOutcome {
    let inside = stop.child_token();
    let _ends_it = inside.clone().drop_guard();
    let working = tokio::task::spawn_blocking(move || work(&inside));
    tokio::select! {
        biased;
        () = stop.cancelled() => ToolOutcome::Interrupted {
            partial: Vec::new(),
            confirmation: ToolConfirmation::NotNeeded,
        },
        done = working => finished(done),
    }
}

fn finished(done: Result<Result<String, String>, tokio::task::JoinError>) -> ToolOutcome {
    match done {
        Ok(Ok(text)) => ToolOutcome::Succeeded(vec![ResultContent::text(text)]),
        Ok(Err(words)) => ToolOutcome::failed(words),
        Err(error) => ToolOutcome::failed(format!("The tool broke off: {error}")),
    }
}

/// A text of many lines within the limit.
fn bounded(text: String) -> String {
    match head(&text, TEXT_LIMIT) {
        whole if whole.len() == text.len() => text,
        shown => format!("{shown}\n[The rest is left out.]"),
    }
}

/// The start of `text`, at most `limit` bytes of it.
fn head(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

//! What a person is asked before a tool runs, and what they may answer.

use serde::{Deserialize, Serialize};
use tacet_conversation::ToolCall;
use tacet_tool::approval::Card;
use tacet_tool::tool::CallPreview;
use ts_rs::TS;

/// Exactly what will run when a person allows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// The call's place among the parts of the answer.
    pub part: usize,
    /// The provider's id of the call.
    pub call_id: String,
    /// The server that the tool is of; empty for the app's own tools.
    pub server: String,
    /// The tool's name as its server knows it.
    pub tool: String,
    /// The tool's title, for people.
    pub title: String,
    /// The arguments as the model wrote them.
    pub arguments: String,
    /// The command, where the tool runs one.
    pub command: Option<String>,
    /// The host, where the tool fetches from one.
    pub host: Option<String>,
    /// The program that "always" allows, where the command runs one and nothing else.
    pub program: Option<String>,
    /// Whether "always" can be answered.
    pub can_be_lasting: bool,
    /// What the call would change in a file, as a unified diff.
    pub diff: Option<String>,
    /// The folder that the command would run in.
    pub folder: Option<String>,
    /// The variables of the app's environment that the command would not get; it gets all others.
    pub withheld: Vec<String>,
}

impl ApprovalRequest {
    pub(crate) fn new(part: usize, call: &ToolCall, card: &Card, preview: CallPreview) -> Self {
        Self {
            part,
            call_id: call.call_id.clone(),
            server: card.tool.server.clone(),
            tool: card.tool.tool.clone(),
            title: card.title.clone(),
            arguments: call.arguments.clone(),
            command: card.command.clone(),
            host: card.host.clone(),
            program: card.program.clone(),
            can_be_lasting: card.lasting(),
            diff: preview.diff,
            folder: preview.folder,
            withheld: preview.withheld,
        }
    }
}

/// What a person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalAnswer {
    /// This call may run.
    Once,
    /// This tool may run in this conversation.
    Conversation,
    /// This tool, or for a command its program, may run always.
    Always,
    /// It may not.
    Deny,
}

//! Tools and their servers, as they cross the border to the page.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tacet_conversation::{ConversationId, MessageId};
use ts_rs::TS;

/// What the settings say of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolsView {
    /// The folders that tools may use.
    pub folders: Vec<String>,
    /// The servers in the order of the file.
    pub servers: Vec<ToolServerView>,
    /// Tools that run without asking, each as `SERVER/TOOL`; the app's own as `tacet/TOOL`.
    pub always: Vec<String>,
    /// Programs that commands may run without asking.
    pub programs: Vec<String>,
    /// Servers whose tools run without asking where they only read; `tacet` for the app's own.
    pub read_only: Vec<String>,
    /// After how many steps a turn asks whether to go on.
    pub step_limit: u32,
}

/// The tools of one server, of which a conversation can use all, some or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolGroup {
    /// The server's name in the settings; `tacet` for the app's own tools.
    pub server: String,
    /// Why it gives none, in words for the person.
    pub problem: Option<String>,
    /// The tools in the server's order.
    pub tools: Vec<ToolEntry>,
}

/// A tool that a conversation can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolEntry {
    /// Its name in the settings.
    pub name: String,
    /// For people.
    pub title: String,
}

/// One server as its form has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolServerDraft {
    /// By which people and messages call it.
    pub name: String,
    /// The program, where it is one.
    pub command: Option<String>,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Its variables; null leaves the value that is saved.
    pub env: BTreeMap<String, Option<String>>,
    /// The folder that it runs in.
    pub cwd: Option<String>,
    /// The address, where it has one.
    pub url: Option<String>,
    /// Its headers; null leaves the value that is saved.
    pub headers: BTreeMap<String, Option<String>>,
    /// The id that Tacet is known by where people sign in to it; null for none.
    pub client_id: Option<String>,
    /// The secret that belongs to the id; null leaves the one that is saved, and an empty one
    /// forgets it.
    pub client_secret: Option<String>,
}

/// A server that gives tools. What is in its environment and headers is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolServerView {
    /// By which people and messages call it.
    pub name: String,
    /// The program, where it is one.
    pub command: Option<String>,
    /// The program's arguments.
    pub args: Vec<String>,
    /// The names of its variables.
    pub env: Vec<String>,
    /// The folder that it runs in.
    pub cwd: Option<String>,
    /// The address, where it has one.
    pub url: Option<String>,
    /// The names of its headers.
    pub headers: Vec<String>,
    /// The id that Tacet is known by where people sign in to it.
    pub client_id: Option<String>,
    /// Whether a secret is saved that belongs to the id.
    pub has_client_secret: bool,
    /// Whether it is used.
    pub enabled: bool,
}

/// A task that a server still works on for a call of an earlier run, which ended without notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TakenUpTask {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The answer.
    pub message_id: MessageId,
    /// The call's place among its parts.
    pub part: usize,
    /// The server's name in the settings.
    pub server: String,
    /// What it said last of how far it is.
    pub message: Option<String>,
    /// Why it cannot be asked now, in words for the person; it is asked again.
    pub problem: Option<String>,
}

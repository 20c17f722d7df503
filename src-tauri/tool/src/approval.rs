//! Who may run what: the app's policy, as plain data and one pure function.

mod program;

pub use program::only_program;

use crate::tool::ToolSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use tacet_settings::{OWN_TOOLS, ToolSettings};

/// What lasts until it is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Permissions {
    /// Tools that a person allowed in this conversation.
    pub conversation: BTreeSet<ToolId>,
    /// Hosts that pages may be fetched from in this conversation.
    pub hosts: BTreeSet<String>,
    /// Tools that a person allowed for ever.
    pub always: BTreeSet<ToolId>,
    /// Programs that commands may run, named as they are called, without arguments.
    pub programs: BTreeSet<String>,
    /// Servers (the app's own tools are [`ToolId::BUILT_IN`]) whose read-only tools run at once.
    pub read_only_of: BTreeSet<String>,
}

/// A tool of one server: another server's tool of the same name is another tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToolId {
    /// The server's name.
    pub server: String,
    /// The tool's.
    pub tool: String,
}

impl ToolId {
    /// The server's name of the app's own tools, which no server of the settings can have.
    pub const BUILT_IN: &'static str = "";

    /// The tool that the settings name, as `SERVER/TOOL` or `tacet/TOOL`.
    pub fn from_setting(name: &str) -> Option<Self> {
        let (server, tool) = name.split_once('/')?;
        Some(Self {
            server: server_of(server),
            tool: tool.to_owned(),
        })
    }

    /// Its name in the settings.
    pub fn setting(&self) -> String {
        format!("{}/{}", Self::server_setting(&self.server), self.tool)
    }

    /// The name of a server in the settings: `tacet` for the app's own tools.
    pub fn server_setting(server: &str) -> &str {
        match server {
            Self::BUILT_IN => OWN_TOOLS,
            server => server,
        }
    }
}

/// A server as the settings name it.
fn server_of(setting: &str) -> String {
    match setting {
        OWN_TOOLS => ToolId::BUILT_IN.to_owned(),
        server => server.to_owned(),
    }
}

/// What a call does beyond being a call, where that decides who may run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing that is known here.
    Call,
    /// It gives this text to the shell.
    Command(String),
    /// It fetches from this host, and only the host is what a person allows.
    Fetch(String),
}

/// Whether a call runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// At once.
    Allowed(Rule),
    /// When a person says so.
    Ask(Card),
}

/// By what a call was allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Rule {
    /// The tool was, for this conversation.
    Conversation,
    /// The tool was, for ever.
    Always,
    /// The program was.
    Program {
        /// Its name.
        program: String,
    },
    /// The host is, for this conversation.
    Host {
        /// Its name.
        host: String,
    },
    /// It changes nothing, and such tools of its server are.
    ReadOnly,
}

/// What the person who is asked sees: exactly what will run.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The tool and its server.
    pub tool: ToolId,
    /// Its title.
    pub title: String,
    /// As the model gave them.
    pub arguments: Value,
    /// The command's text.
    pub command: Option<String>,
    /// The host that is fetched from.
    pub host: Option<String>,
    /// The program that may be allowed for ever, where the command runs one and nothing else.
    pub program: Option<String>,
}

impl Permissions {
    /// What the settings allow for ever, and nothing for the conversation.
    pub fn standing(settings: &ToolSettings) -> Self {
        let always = settings.always.iter();
        Self {
            always: always
                .filter_map(|name| ToolId::from_setting(name))
                .collect(),
            programs: settings.programs.iter().cloned().collect(),
            read_only_of: settings
                .read_only
                .iter()
                .map(|name| server_of(name))
                .collect(),
            ..Self::default()
        }
    }

    /// Brings what is allowed for ever into the settings.
    pub fn keep(&self, settings: &mut ToolSettings) {
        let always: BTreeSet<String> = self.always.iter().map(ToolId::setting).collect();
        settings.always.retain(|name| always.contains(name));
        for name in always {
            if !settings.always.contains(&name) {
                settings.always.push(name);
            }
        }
        settings
            .programs
            .retain(|name| self.programs.contains(name));
        for name in &self.programs {
            if !settings.programs.contains(name) {
                settings.programs.push(name.clone());
            }
        }
    }

    /// What "for this conversation" on a card allows: the host that it names, or else the tool.
    pub fn allow_in_conversation(&mut self, card: &Card) {
        match &card.host {
            Some(host) => self.hosts.insert(host.clone()),
            None => self.conversation.insert(card.tool.clone()),
        };
    }

    /// What "always" on a card allows: for a command its program, for anything else the tool.
    /// Returns whether there is something that can be allowed for ever: see [`Card::lasting`].
    pub fn allow_always(&mut self, card: &Card) -> bool {
        if !card.lasting() {
            return false;
        }
        match &card.program {
            Some(program) => self.programs.insert(program.clone()),
            None => self.always.insert(card.tool.clone()),
        };
        true
    }
}

impl Card {
    /// Whether "always" can be offered: not for a page, and for a command only where it runs one
    /// program and nothing else.
    pub fn lasting(&self) -> bool {
        self.host.is_none() && (self.command.is_none() || self.program.is_some())
    }
}

/// Decides on a call. A command is allowed by its program only, never by a permission for the
/// tool that runs commands, except in the conversation where a person gave that; a page is by its
/// host only.
pub fn decide(
    server: &str,
    spec: &ToolSpec,
    arguments: &Value,
    action: &Action,
    permissions: &Permissions,
) -> Decision {
    let tool = ToolId {
        server: server.to_owned(),
        tool: spec.name.clone(),
    };
    let (command, host) = match action {
        Action::Call => (None, None),
        Action::Command(command) => (Some(command.as_str()), None),
        Action::Fetch(host) => (None, Some(host)),
    };
    let program = command.and_then(only_program);
    if let Some(host) = host.filter(|host| permissions.hosts.contains(*host)) {
        let host = host.clone();
        return Decision::Allowed(Rule::Host { host });
    }
    if host.is_none() && permissions.conversation.contains(&tool) {
        return Decision::Allowed(Rule::Conversation);
    }
    if command.is_none() && host.is_none() && permissions.always.contains(&tool) {
        return Decision::Allowed(Rule::Always);
    }
    if let Some(program) = program.filter(|program| permissions.programs.contains(*program)) {
        let program = program.to_owned();
        return Decision::Allowed(Rule::Program { program });
    }
    let harmless = spec.annotations.read_only
        && !spec.annotations.open_world
        && command.is_none()
        && host.is_none();
    if harmless && permissions.read_only_of.contains(server) {
        return Decision::Allowed(Rule::ReadOnly);
    }
    Decision::Ask(Card {
        tool,
        title: spec.title.clone(),
        arguments: arguments.clone(),
        command: command.map(str::to_owned),
        host: host.cloned(),
        program: program.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;

//! Who may run what: the app's policy, as plain data and one pure function.

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
        let server = match self.server.as_str() {
            Self::BUILT_IN => OWN_TOOLS,
            server => server,
        };
        format!("{server}/{}", self.tool)
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

/// Programs that run whatever their arguments name: to allow one for ever is to allow all.
const LAUNCHERS: &[&str] = &[
    "ash",
    "bash",
    "busybox",
    "chroot",
    "command",
    "csh",
    "dash",
    "doas",
    "env",
    "eval",
    "exec",
    "fish",
    "flock",
    "ionice",
    "ksh",
    "nice",
    "nohup",
    "nsenter",
    "parallel",
    "pkexec",
    "setsid",
    "sh",
    "ssh",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "systemd-run",
    "time",
    "timeout",
    "tcsh",
    "unshare",
    "watch",
    "xargs",
    "zsh",
    ".",
    "source",
];

/// The program of a command line that runs one program and nothing else: only words of letters
/// that mean nothing to a shell. What is quoted, expanded, chained, redirected or assigned has
/// none; neither has what is named by a path, where a tool may have put something else meanwhile,
/// or what runs others.
pub fn only_program(command: &str) -> Option<&str> {
    let plain = |letter: char| letter.is_alphanumeric() || " ._-+:,@%/=".contains(letter);
    let program = command.split(' ').find(|word| !word.is_empty())?;
    let named = !program.contains(['=', '/']) && !LAUNCHERS.contains(&program);
    (command.chars().all(plain) && named).then_some(program)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tool::Annotations;
    use serde_json::json;

    fn spec(read_only: bool, open_world: bool) -> ToolSpec {
        ToolSpec {
            name: "tool".to_owned(),
            title: "A tool".to_owned(),
            description: String::new(),
            input_schema: json!({ "type": "object" }),
            annotations: Annotations {
                read_only,
                destructive: false,
                idempotent: false,
                open_world,
            },
        }
    }

    fn id(server: &str) -> ToolId {
        ToolId {
            server: server.to_owned(),
            tool: "tool".to_owned(),
        }
    }

    fn rule(decision: &Decision) -> Option<&Rule> {
        match decision {
            Decision::Allowed(rule) => Some(rule),
            Decision::Ask(_) => None,
        }
    }

    #[test]
    fn c18_without_a_permission_each_call_is_asked_and_the_card_shows_what_will_run() {
        let arguments = json!({ "command": "rm -r a" });
        let action = Action::Command("rm -r a".to_owned());
        let none = Permissions::default();
        let Decision::Ask(card) = decide("s", &spec(true, false), &arguments, &action, &none)
        else {
            panic!("allowed");
        };
        assert_eq!((card.tool, card.arguments), (id("s"), arguments));
        assert_eq!(card.command.as_deref(), Some("rm -r a"));
        assert_eq!(card.program.as_deref(), Some("rm"));
    }

    #[test]
    fn a_permission_is_for_the_tool_of_one_server() {
        let permissions = Permissions {
            conversation: [id("a")].into(),
            always: [id("b")].into(),
            ..Permissions::default()
        };
        let of = |server| {
            let decision = decide(
                server,
                &spec(false, true),
                &json!({}),
                &Action::Call,
                &permissions,
            );
            rule(&decision).cloned()
        };
        assert_eq!(of("a"), Some(Rule::Conversation));
        assert_eq!(of("b"), Some(Rule::Always));
        assert_eq!(of("c"), None);
    }

    #[test]
    fn tools_that_only_read_run_at_once_where_that_was_allowed_and_nothing_leaves_the_computer() {
        let permissions = Permissions {
            read_only_of: ["a".to_owned()].into(),
            ..Permissions::default()
        };
        let of = |server, spec: &ToolSpec, action| {
            let decision = decide(server, spec, &json!({}), &action, &permissions);
            rule(&decision).cloned()
        };
        assert_eq!(
            of("a", &spec(true, false), Action::Call),
            Some(Rule::ReadOnly)
        );
        assert_eq!(of("b", &spec(true, false), Action::Call), None);
        assert_eq!(
            of(
                "a",
                &spec(true, true),
                Action::Fetch("example.com".to_owned())
            ),
            None
        );
        assert_eq!(of("a", &spec(false, false), Action::Call), None);
        assert_eq!(
            of("a", &spec(true, false), Action::Command("ls".to_owned())),
            None
        );
    }

    #[test]
    fn a_command_is_allowed_by_its_exact_program_and_not_by_its_tool() {
        let permissions = Permissions {
            always: [id("")].into(),
            programs: ["cargo".to_owned()].into(),
            ..Permissions::default()
        };
        let of = |command| {
            let action = Action::Command(String::from(command));
            let decision = decide("", &spec(false, true), &json!({}), &action, &permissions);
            rule(&decision).cloned()
        };
        let program = "cargo".to_owned();
        assert_eq!(of("cargo test --lib"), Some(Rule::Program { program }));
        for other in [
            "cargo-evil",
            "/tmp/cargo test",
            "./cargo",
            "CARGO",
            "git log",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_command_line_with_anything_of_the_shell_in_it_is_no_programs() {
        for command in [
            "ls; rm a",
            "ls && rm a",
            "ls || rm a",
            "ls | sh",
            "ls & rm a",
            "ls > a",
            "ls < a",
            "ls $(rm a)",
            "ls `rm a`",
            "ls $HOME",
            "ls\nrm a",
            "ls \\\n",
            "'l's",
            "\"ls\"",
            "ls *",
            "ls ?",
            "ls [a]",
            "ls {a,b}",
            "(ls)",
            "! ls",
            "ls # x",
            "ls ~",
            "PATH=. ls",
            "ls\trm",
            "ls\r",
            "ls\u{0}",
            "ls ^a",
        ] {
            assert_eq!(only_program(command), None, "{command:?}");
        }
        for runs_others in [
            "sh x",
            "env rm a",
            "sudo rm a",
            "./ls",
            "/bin/ls",
            "xargs rm",
        ] {
            assert_eq!(only_program(runs_others), None, "{runs_others}");
        }
        assert_eq!(only_program(" ls -l  a/b.txt"), Some("ls"));
    }

    #[test]
    fn what_a_card_allows_is_the_host_of_a_page_and_the_program_of_a_command() {
        let mut permissions = Permissions::default();
        let decision = |action: &Action, permissions: &Permissions| {
            decide("s", &spec(true, true), &json!({}), action, permissions)
        };
        let card = |action: &Action| match decision(action, &Permissions::default()) {
            Decision::Ask(card) => card,
            Decision::Allowed(rule) => panic!("{rule:?}"),
        };
        let here = Action::Fetch("example.com".to_owned());
        let there = Action::Fetch("example.org".to_owned());
        permissions.allow_in_conversation(&card(&here));
        assert!(!permissions.allow_always(&card(&here)));
        let host = "example.com".to_owned();
        let allowed = decision(&here, &permissions);
        assert_eq!(rule(&allowed), Some(&Rule::Host { host }));
        assert_eq!(rule(&decision(&there, &permissions)), None);

        let chained = Action::Command("ls; rm a".to_owned());
        assert!(!permissions.allow_always(&card(&chained)));
        let plain = Action::Command("ls -l".to_owned());
        assert!(permissions.allow_always(&card(&plain)));
        let program = "ls".to_owned();
        let allowed = decision(&plain, &permissions);
        assert_eq!(rule(&allowed), Some(&Rule::Program { program }));
        assert_eq!(rule(&decision(&chained, &permissions)), None);

        assert!(permissions.allow_always(&card(&Action::Call)));
        let allowed = decision(&Action::Call, &permissions);
        assert_eq!(rule(&allowed), Some(&Rule::Always));
    }

    #[test]
    fn what_is_allowed_for_ever_goes_into_the_settings_and_comes_back() {
        let mut settings = ToolSettings {
            always: vec!["files/get".to_owned(), "gone/get".to_owned()],
            read_only: vec!["tacet".to_owned()],
            ..ToolSettings::default()
        };
        let mut permissions = Permissions::standing(&settings);
        let read = id(ToolId::BUILT_IN);
        assert!(permissions.read_only_of.contains(ToolId::BUILT_IN));
        permissions.always.insert(read.clone());
        permissions.always.retain(|tool| tool.server != "gone");
        permissions.programs.insert("cargo".to_owned());
        permissions.keep(&mut settings);
        assert_eq!(settings.always, ["files/get", "tacet/tool"]);
        assert_eq!(settings.programs, ["cargo"]);
        assert_eq!(Permissions::standing(&settings), permissions);
        assert_eq!(ToolId::from_setting("tacet/tool"), Some(read));
    }
}

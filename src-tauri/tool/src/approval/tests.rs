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
    let Decision::Ask(card) = decide("s", &spec(true, false), &arguments, &action, &none) else {
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

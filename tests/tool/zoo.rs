//! Programs that do not want to end, and how to see whether they are still there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tacet_test_support::patience::{until, within};
use tacet_tool::process::{SUPERVISOR_ARGUMENT, Supervised, ToolCommand};
use tokio::io::{AsyncBufReadExt, BufReader};
use uuid::Uuid;

/// What carries a name of its own to all that an animal starts.
pub const MARK: &str = "TACET_ZOO";
/// The executable that is the supervisor.
pub const SUPERVISOR: &str = env!("CARGO_BIN_EXE_tacet-tool");

/// A shell's script that says `ready` when it is what its name says.
pub struct Animal {
    pub name: &'static str,
    pub script: &'static str,
    /// How many processes are its own at least.
    pub count: usize,
}

pub const ZOO: [Animal; 8] = [
    Animal {
        name: "sleep",
        script: "echo ready; exec sleep 300",
        count: 1,
    },
    Animal {
        name: "nohup",
        script: "nohup sleep 300 </dev/null >/dev/null 2>&1 & echo ready; wait",
        count: 2,
    },
    Animal {
        name: "a session of its own",
        script: "setsid sleep 300 & echo ready; wait",
        count: 2,
    },
    Animal {
        name: "ignores TERM",
        script: "trap '' TERM; echo ready; sleep 300; sleep 300; sleep 300",
        count: 1,
    },
    Animal {
        name: "forks on TERM",
        script: "trap 'setsid sleep 300 & setsid sleep 301 &' TERM; echo ready; \
                 while :; do sleep 300 & wait; done",
        count: 1,
    },
    Animal {
        name: "double fork",
        script: "(setsid sh -c 'sleep 300 & sleep 300' &); echo ready; exec sleep 300",
        count: 2,
    },
    Animal {
        name: "writes 1 GB",
        script: "echo ready; head -c 1000000000 /dev/zero; exec sleep 300",
        count: 1,
    },
    Animal {
        name: "ignores TERM in a session of its own",
        script: "trap '' TERM; (setsid sleep 300 &); echo ready; sleep 300",
        count: 2,
    },
];

/// A command of the shell, and the mark that is on all that it starts.
pub fn shell(script: &str) -> (ToolCommand, String) {
    let mark = Uuid::now_v7().to_string();
    let command = ToolCommand {
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: BTreeMap::from([(MARK.into(), mark.clone().into())]),
        withheld: Vec::new(),
        folder: std::env::temp_dir(),
    };
    (command, mark)
}

/// Starts a script and waits until it says that it is ready.
pub async fn start(script: &str) -> (Supervised, String) {
    let (command, mark) = shell(script);
    let mut tool = Supervised::spawn(Path::new(SUPERVISOR), &command)
        .await
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(tool.stdout.take().unwrap());
    within("the script to be ready", stdout.read_line(&mut line))
        .await
        .unwrap();
    assert_eq!(line, "ready\n");
    tool.stdout = Some(stdout.into_inner());
    (tool, mark)
}

/// The processes that carry a mark, its supervisor not counted.
pub fn marked(mark: &str) -> Vec<String> {
    let wanted = format!("{MARK}={mark}");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(environment) = fs::read(entry.path().join("environ")) else {
            continue;
        };
        if !environment
            .split(|byte| *byte == 0)
            .any(|part| part == wanted.as_bytes())
        {
            continue;
        }
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        if !words.contains(SUPERVISOR_ARGUMENT) {
            found.push(format!("{} {words}", entry.file_name().display()));
        }
    }
    found
}

/// Waits until an animal is complete: all of its processes run.
pub async fn complete(animal: &Animal, mark: &str) {
    let what = format!("all processes of: {}", animal.name);
    until(&what, || (marked(mark).len() >= animal.count).then_some(())).await;
}

/// Waits until nothing carries the mark.
pub async fn gone(name: &str, mark: &str) {
    let what = format!("the end of: {name}");
    until(&what, || marked(mark).is_empty().then_some(())).await;
}

//! What `kill -9` leaves, at any moment of an answer and of a tool: the process dies, the next start
//! mends what it left, and asks on in the same conversation.

mod process;
mod script;

use crate::held_tool::{calls, results};
use crate::turn_desk::on_disk;
use fastrand::Rng;
use rusqlite::Connection;
use script::{Line, question, result, uses_tool, words};
use std::path::Path;
use std::time::{Duration, Instant};
use tacet_core::store::{FILE, Store};
use tacet_core::{Cause, Message, MessageState, Part, Role, ToolCallState, now};
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;

/// Data folders that are used at once, and the lives of a process in each.
const FOLDERS: u64 = 4;
const LIVES: usize = 25;
/// No more of an answer may be missing than what came within this time before the end (rule C04).
const LOST: Duration = Duration::from_secs(1);
/// Questions of one life, at most.
const QUESTIONS: usize = 1_000;

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its first question was taken.
    After(Duration),
    /// So long after it said so many lines.
    AtLine(usize, Duration),
}

impl Moment {
    fn draw(rng: &mut Rng) -> Self {
        if rng.bool() {
            Self::After(Duration::from_millis(rng.u64(..2_500)))
        } else {
            let delay = Duration::from_micros(rng.u64(..20_000));
            Self::AtLine(rng.usize(1..=60), delay)
        }
    }
}

/// One life of the process: what it said, and when it was killed.
struct Life {
    lines: Vec<(Instant, Line)>,
    killed_at: Instant,
}

impl Life {
    async fn live(folder: &Path, server: &str, first: usize, moment: Moment) -> Self {
        let (mut process, mut said) = process::start(folder, server, first);
        let mut lines = Vec::new();
        let (count, delay) = match moment {
            Moment::After(delay) => (1, delay),
            Moment::AtLine(count, delay) => (count, delay),
        };
        while lines.len() < count {
            let line = within("the process to say something", said.recv()).await;
            lines.push(line.expect("a process that lives"));
        }
        tokio::time::sleep(delay).await;
        let killed_at = Instant::now();
        process.kill().unwrap();
        process.wait().unwrap();
        while let Some(line) = said.recv().await {
            lines.push(line);
        }
        Self { lines, killed_at }
    }

    fn said(&self, wanted: Line) -> bool {
        self.lines.iter().any(|(_, line)| *line == wanted)
    }

    /// How many bytes of that answer had been told so long ago that they must be on disk.
    fn told(&self, number: usize) -> usize {
        let told = self.lines.iter().filter_map(|(at, line)| match line {
            Line::Text(of, bytes) if *of == number && *at + LOST <= self.killed_at => Some(*bytes),
            Line::Text(..) | Line::Asked(_) | Line::Tool(_) | Line::Ended(_) => None,
        });
        told.max().unwrap_or_default()
    }
}

fn is_whole(database: &Connection) -> bool {
    let check = database.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    let check: String = check.unwrap();
    check == "ok"
}

/// The answer to a question, which is there.
fn answer_to<'a>(messages: &'a [Message], words: &str) -> &'a Message {
    let asked = messages
        .iter()
        .find(|message| message.role == Role::User && message.text() == words)
        .unwrap_or_else(|| panic!("{words} is lost"));
    messages
        .iter()
        .find(|message| message.parent_id == Some(asked.id))
        .unwrap_or_else(|| panic!("{words} has no answer"))
}

/// The words of a part that is text.
fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } => Some(text),
        Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    }
}

fn check_answer(life: &Life, number: usize, answer: &Message) {
    let steps = if uses_tool(number) { 2 } else { 1 };
    let whole: Vec<String> = (0..steps)
        .map(|step| words(number, step).collect())
        .collect();
    let texts = answer.parts.iter().filter_map(text_of);
    let mut saved = 0;
    for (text, whole) in texts.zip(&whole) {
        assert!(whole.starts_with(text), "{number}: {text:?}");
        saved += text.len();
    }
    let told = life.told(number);
    assert!(saved >= told, "{number}: {saved} of {told} bytes");

    let all: usize = whole.iter().map(String::len).sum();
    if answer.state == MessageState::Complete {
        assert_eq!(saved, all, "{number}");
    } else {
        let end = (answer.state, answer.cause);
        assert_eq!(
            end,
            (MessageState::Interrupted, Some(Cause::Crash)),
            "{number}"
        );
        assert!(!life.said(Line::Ended(number)), "{number} had ended");
    }

    let states: Vec<_> = calls(&answer.parts).map(|(_, call)| call.state).collect();
    assert!(
        states.iter().all(|state| state.is_final()),
        "{number}: {states:?}"
    );
    // What was started is never said not to have run.
    if life.said(Line::Tool(number)) {
        let [state] = states[..] else {
            panic!("{number}: a tool ran, and there is no call of it: {states:?}");
        };
        let ran = [
            ToolCallState::Succeeded,
            ToolCallState::InterruptedWhileRunning,
        ];
        assert!(ran.contains(&state), "{number}: {state:?}");
    }
    // The second request had the result, so that is kept (rule C17).
    if saved > whole[0].len() {
        assert_eq!(states, [ToolCallState::Succeeded], "{number}");
        assert_eq!(results(&answer.parts), [result(number)], "{number}");
    }
}

/// The next start after that life; gives how many answers it found cut off.
async fn check(folder: &Path, life: &Life) -> usize {
    let database = Connection::open(folder.join(FILE)).unwrap();
    assert!(is_whole(&database));
    let store = Store::open(folder).unwrap();
    let mended = store.mend_after_crash(now()).await.unwrap();
    let streaming = "SELECT count(*) FROM message WHERE state = 'streaming'";
    let streaming = database.query_row(streaming, [], |row| row.get::<_, u32>(0));
    assert_eq!(streaming.unwrap(), 0);
    assert!(is_whole(&database));
    let messages: Vec<Message> = on_disk(folder)
        .into_iter()
        .flat_map(|(_, messages)| messages)
        .collect();
    for (_, line) in &life.lines {
        if let Line::Asked(number) = line {
            let answer = answer_to(&messages, &question(*number));
            check_answer(life, *number, answer);
        }
    }
    mended.len()
}

#[tokio::test]
async fn c11_a_process_that_is_killed_at_a_hundred_moments_loses_no_question_and_a_second_at_most()
{
    let server = GatedServer::start().await;
    server.script_with(script::answer);
    let folders = (0..FOLDERS).map(|seed| {
        let url = server.base_url();
        async move {
            let folder = tempfile::tempdir().unwrap();
            let mut rng = Rng::with_seed(seed);
            let mut cut_off = 0;
            for life in 0..LIVES {
                let moment = Moment::draw(&mut rng);
                let first = life * QUESTIONS + rng.usize(..3);
                let lived = Life::live(folder.path(), &url, first, moment).await;
                cut_off += check(folder.path(), &lived).await;
            }
            cut_off
        }
    });
    let cut_off: usize = futures::future::join_all(folders).await.iter().sum();
    // Most were killed in the middle of an answer, so this has tested something.
    assert!(cut_off > LIVES, "{cut_off}");
    // Every request was valid, those after a crash too (rule C19).
    assert_eq!(server.violations(), Vec::<String>::new());
}

//! What is asked in the lives of a process that is killed, what the model says to it, and the lines in
//! which the process says how far it is.

use serde_json::Value;
use std::str::FromStr;
use tacet_test_support::server::{Finish, Request, Say, Script, Tokens};

/// Words a second of each answer.
const PER_SECOND: u32 = 200;
/// What stands before the process's own lines, among those of the test harness.
const MARK: &str = "@ ";

/// The `number`th question. Of each three one has a long answer, one asks for a tool, and one has a
/// short answer.
pub fn question(number: usize) -> String {
    let verb = if uses_tool(number) { "Look" } else { "Tell" };
    format!("{verb} {number}")
}

pub fn uses_tool(number: usize) -> bool {
    number % 3 == 1
}

/// All that the model says in a step of that answer, in its words.
pub fn words(number: usize, step: usize) -> impl Iterator<Item = String> {
    let count = match number % 3 {
        0 => 600,
        1 => 60,
        _ => 30,
    };
    (0..count).map(move |word| format!("{number}.{step}.{word} "))
}

/// What the tool says in the end.
pub fn result(number: usize) -> String {
    format!("All of {number}")
}

/// The model's side.
pub fn answer(request: &Request) -> Option<Script> {
    let body = request.json();
    let messages = body["messages"].as_array()?;
    let said = |message: &Value| message["content"].as_str().map(str::to_owned);
    // A question that had no answer stands in one message with the next.
    let last = messages.iter().rfind(|message| message["role"] == "user");
    let number: usize = said(last?)?.rsplit(' ').next()?.parse().ok()?;
    let is_second = messages.last()?["role"] == "tool";
    let step = usize::from(is_second);
    let mut said: Vec<Say> = words(number, step).map(Say::text).collect();
    let finish = if uses_tool(number) && !is_second {
        said.push(Say::tool(format!("call_{number}"), "look"));
        said.push(Say::arguments(format!("{{\"n\":{number}}}")));
        Finish::ToolCalls
    } else {
        Finish::Stop
    };
    Some(Script::answer(said, finish, Tokens::new(9, 3)).at(PER_SECOND))
}

/// What the process says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The question was taken.
    Asked(usize),
    /// So many bytes of the answer's text were told to its viewer.
    Text(usize, usize),
    /// The tool was started.
    Tool(usize),
    /// The end was told.
    Ended(usize),
}

impl Line {
    pub fn print(self) {
        match self {
            Self::Asked(number) => println!("{MARK}asked {number}"),
            Self::Text(number, bytes) => println!("{MARK}text {number} {bytes}"),
            Self::Tool(number) => println!("{MARK}tool {number}"),
            Self::Ended(number) => println!("{MARK}ended {number}"),
        }
    }
}

impl FromStr for Line {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        // The harness may have begun the line with the test's name.
        let (_, said) = line.split_once(MARK).ok_or(())?;
        let mut said = said.split(' ');
        let verb = said.next().ok_or(())?;
        let mut next = || said.next().and_then(|word| word.parse().ok()).ok_or(());
        match verb {
            "asked" => next().map(Self::Asked),
            "text" => Ok(Self::Text(next()?, next()?)),
            "tool" => next().map(Self::Tool),
            "ended" => next().map(Self::Ended),
            _ => Err(()),
        }
    }
}

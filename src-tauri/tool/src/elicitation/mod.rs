//! Questions of a tool's server to the person, while it works on a call.

mod check;
mod field;

pub use check::{FieldProblem, FieldValue};
pub use field::{FieldInput, FieldOption, Form, FormField, TextFormat};

use crate::tool::{OnProgress, Progress};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use tacet_settings::is_here;
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use ts_rs::TS;
use url::Url;

/// How much of a question's words is shown, in bytes.
const MESSAGE: usize = 4_000;

/// A question that a server wants answered before it goes on. Dropping it is to close it without an
/// answer.
#[derive(Debug)]
pub struct Elicitation {
    /// Of this question alone, as long as the app runs.
    pub id: u32,
    /// The server that asks.
    pub server: String,
    /// What it asks, in its own words, which are not ours.
    pub message: String,
    /// What it wants.
    pub wanted: Wanted,
    /// The question is void: it was taken back, its call was stopped, or the server is gone. What
    /// shows it closes.
    pub withdrawn: CancellationToken,
    answer: oneshot::Sender<ElicitationAnswer>,
}

/// What a server wants of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Wanted {
    /// A form to be filled in.
    Form {
        /// Its fields, in the server's order.
        fields: Form,
    },
    /// That they visit a page outside the app, where they may say what no client has to know, such
    /// as a password. To accept is to have opened it.
    Page {
        /// The page's whole address: `https`, or `http` on this computer.
        url: String,
    },
    /// That they say when they are done on a page that they have opened. To accept is to be done.
    Visited {
        /// The page's whole address.
        url: String,
    },
}

impl Wanted {
    /// A page to be opened; nothing where the address could run something, or would show others
    /// what is said there.
    #[must_use]
    pub fn page(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let fits = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
        fits.then(|| Self::Page { url: url.into() })
    }
}

/// What came of a question, in the protocol's terms.
#[derive(Clone, Debug, PartialEq)]
pub enum ElicitationAnswer {
    /// Filled in, or visited: an object for a form.
    Accept(Option<Value>),
    /// The person would not say.
    Decline,
    /// It was closed without an answer.
    Cancel,
}

/// What a person says to a question, as a page sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum ElicitationReply {
    /// The form as it is filled in, by the names of its fields; nothing for a page to be opened.
    Accept {
        /// What a field leaves out was left empty.
        values: BTreeMap<String, FieldValue>,
    },
    /// The person will not say.
    Decline,
    /// The person closes it.
    Cancel,
}

impl Elicitation {
    /// Whether `reply` can be given as it is.
    ///
    /// # Errors
    /// What the person has to mend, field by field.
    pub fn check(&self, reply: ElicitationReply) -> Result<ElicitationAnswer, Vec<FieldProblem>> {
        Ok(match (reply, &self.wanted) {
            (ElicitationReply::Accept { values }, Wanted::Form { fields }) => {
                ElicitationAnswer::Accept(Some(fields.check(&values)?))
            }
            (ElicitationReply::Accept { .. }, Wanted::Page { .. } | Wanted::Visited { .. }) => {
                ElicitationAnswer::Accept(None)
            }
            (ElicitationReply::Decline, _) => ElicitationAnswer::Decline,
            (ElicitationReply::Cancel, _) => ElicitationAnswer::Cancel,
        })
    }

    /// Answers. Returns whether anybody still wanted to know.
    pub fn answer(self, answer: ElicitationAnswer) -> bool {
        !self.withdrawn.is_cancelled() && self.answer.send(answer).is_ok()
    }
}

/// A question under way. Dropping it withdraws it.
pub struct Asked {
    answer: oneshot::Receiver<ElicitationAnswer>,
    _withdraws: DropGuard,
}

/// A question, and the side that waits for its answer.
#[must_use]
pub fn question(server: &str, mut message: String, wanted: Wanted) -> (Elicitation, Asked) {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    message.truncate(message.floor_char_boundary(MESSAGE));
    let (sender, answer) = oneshot::channel();
    let withdrawn = CancellationToken::new();
    let question = Elicitation {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        server: server.to_owned(),
        message,
        wanted,
        withdrawn: withdrawn.clone(),
        answer: sender,
    };
    let asked = Asked {
        answer,
        _withdraws: withdrawn.drop_guard(),
    };
    (question, asked)
}

/// Puts a question to whoever watches a call, and waits for the answer.
pub async fn ask(
    progress: OnProgress<'_>,
    server: &str,
    message: String,
    wanted: Wanted,
) -> ElicitationAnswer {
    let (question, asked) = question(server, message, wanted);
    progress(Progress::Question(question));
    asked.answer().await
}

impl Asked {
    /// The answer. A question that nobody took was closed without one.
    pub async fn answer(mut self) -> ElicitationAnswer {
        let answer = (&mut self.answer).await;
        answer.unwrap_or(ElicitationAnswer::Cancel)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_to_visit_is_one_that_nobody_on_the_way_can_read_and_that_runs_nothing() {
        for good in [
            "https://example.org/a?b",
            "http://localhost:8080/",
            "http://127.0.0.1/a",
            "http://[::1]/",
        ] {
            assert!(Wanted::page(good).is_some(), "{good}");
        }
        for bad in [
            "http://example.org/",
            "http://localhost.example.org/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ftp://example.org/",
            "example.org",
            "",
        ] {
            assert_eq!(Wanted::page(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_question_that_is_dropped_was_closed_and_one_that_is_void_takes_no_answer() {
        let wanted = || Wanted::page("https://example.org/").unwrap();
        let (open, asked) = question("s", "Go there.".to_owned(), wanted());
        drop(open);
        assert_eq!(asked.answer().await, ElicitationAnswer::Cancel);
        let (open, asked) = question("s", "Go there.".to_owned(), wanted());
        drop(asked);
        assert!(open.withdrawn.is_cancelled());
        assert!(!open.answer(ElicitationAnswer::Decline));
    }
}

//! What the servers of running tools ask the person.

use crate::Change;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use serde::Serialize;
use tacet_tool::elicitation::{
    Elicitation, ElicitationAnswer, ElicitationReply, FieldProblem, Wanted,
};
use ts_rs::TS;

/// A question of a server, as a page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ElicitationRequest {
    /// By which it is answered.
    pub id: u32,
    /// The place of the call that it belongs to among the parts of the answer.
    pub part: usize,
    /// The server that asks.
    pub server: String,
    /// What it asks, in its own words.
    pub message: String,
    /// What it wants.
    pub wanted: Wanted,
}

impl ElicitationRequest {
    /// About how many bytes it takes on its way.
    pub(crate) fn weight(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }
}

/// What became of a reply to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum ElicitationOutcome {
    /// The server has it.
    Taken,
    /// Nobody wants to know any more: nothing was sent.
    Closed,
    /// The form is to be mended first: nothing was sent.
    Unfit {
        /// What, field by field.
        problems: Vec<FieldProblem>,
    },
}

struct Open {
    /// The call that it belongs to, and the place of that among the parts.
    call: usize,
    part: usize,
    question: Elicitation,
}

impl Open {
    fn request(&self) -> ElicitationRequest {
        let question = &self.question;
        ElicitationRequest {
            id: question.id,
            part: self.part,
            server: question.server.clone(),
            message: question.message.clone(),
            wanted: question.wanted.clone(),
        }
    }
}

/// The questions that are open.
#[derive(Default)]
pub(crate) struct Questions {
    open: Vec<Open>,
    /// The ids of those that become void.
    withdrawn: FuturesUnordered<BoxFuture<'static, u32>>,
}

impl Questions {
    /// Asks for the call whose place among the parts is `part`.
    pub(crate) fn ask(
        &mut self,
        call: usize,
        part: usize,
        question: Elicitation,
        changes: &mut Vec<Change>,
    ) {
        let (id, withdrawn) = (question.id, question.withdrawn.clone());
        self.withdrawn.push(Box::pin(async move {
            withdrawn.cancelled().await;
            id
        }));
        let open = Open {
            call,
            part,
            question,
        };
        changes.push(Change::ElicitationAsked(Box::new(open.request())));
        self.open.push(open);
    }

    /// What the person is asked now.
    pub(crate) fn requests(&self) -> Vec<ElicitationRequest> {
        self.open.iter().map(Open::request).collect()
    }

    /// The next that is void. Waits for ever where none is open; dropping the future loses nothing.
    pub(crate) async fn next_withdrawn(&mut self) -> u32 {
        match self.withdrawn.next().await {
            Some(id) => id,
            None => std::future::pending().await,
        }
    }

    /// It is void, or was answered: what shows it closes.
    pub(crate) fn close(&mut self, id: u32, changes: &mut Vec<Change>) {
        if self.take(id).is_some() {
            changes.push(Change::ElicitationClosed(id));
        }
    }

    /// Closes those of a call, or all of them: their server is told that there is no answer.
    pub(crate) fn cancel(&mut self, call: Option<usize>, changes: &mut Vec<Change>) {
        let closed = self
            .open
            .extract_if(.., |open| call.is_none_or(|call| open.call == call));
        for open in closed {
            changes.push(Change::ElicitationClosed(open.question.id));
            open.question.answer(ElicitationAnswer::Cancel);
        }
    }

    /// Takes the person's reply.
    pub(crate) fn reply(
        &mut self,
        id: u32,
        reply: ElicitationReply,
        changes: &mut Vec<Change>,
    ) -> ElicitationOutcome {
        let found = self.open.iter().find(|open| open.question.id == id);
        let answer = match found.map(|open| open.question.check(reply)) {
            None => return ElicitationOutcome::Closed,
            Some(Err(problems)) => return ElicitationOutcome::Unfit { problems },
            Some(Ok(answer)) => answer,
        };
        let taken = self
            .take(id)
            .is_some_and(|open| open.question.answer(answer));
        changes.push(Change::ElicitationClosed(id));
        if taken {
            ElicitationOutcome::Taken
        } else {
            ElicitationOutcome::Closed
        }
    }

    fn take(&mut self, id: u32) -> Option<Open> {
        let place = self.open.iter().position(|open| open.question.id == id)?;
        Some(self.open.remove(place))
    }
}

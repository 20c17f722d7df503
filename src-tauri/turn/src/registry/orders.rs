//! What a person tells a running turn, beside to stop.

use super::Turns;
use crate::approval::ApprovalAnswer;
use crate::questions::ElicitationOutcome;
use crate::run::TurnCommand;
use tacet_conversation::{Cause, Millis, StopRequest, TurnId};
use tacet_tool::elicitation::ElicitationReply;
use tokio::sync::oneshot;

impl Turns {
    /// A person's answer about the tool call at that place of a turn's answer; `false` where nobody
    /// is asked about it (any more), or it cannot be allowed so. A late one does nothing.
    pub async fn answer_approval(
        &self,
        turn_id: TurnId,
        part: usize,
        answer: ApprovalAnswer,
    ) -> bool {
        let command = |reply| TurnCommand::Answer {
            part,
            answer,
            reply,
        };
        self.ask(turn_id, command).await.unwrap_or(false)
    }

    /// A person's reply to a question of the server of a running tool. A late one does nothing.
    pub async fn answer_elicitation(
        &self,
        turn_id: TurnId,
        question: u32,
        given: ElicitationReply,
    ) -> ElicitationOutcome {
        let command = |reply| TurnCommand::Reply {
            question,
            given,
            reply,
        };
        let outcome = self.ask(turn_id, command).await;
        outcome.unwrap_or(ElicitationOutcome::Closed)
    }

    /// Stops the tool call at that place of a turn's answer, and no other: the turn goes on with
    /// its `interrupted` result (rule C25). `false` where it does not run and does not wait.
    pub async fn stop_tool(&self, turn_id: TurnId, part: usize) -> bool {
        let command = |reply| TurnCommand::StopTool { part, reply };
        self.ask(turn_id, command).await.unwrap_or(false)
    }

    /// Ends a turn once its model has answered and the tools that it called have ended (rule
    /// C25). `false` where it does not run.
    pub async fn stop_after_step(&self, turn_id: TurnId, clicked_at: Option<Millis>) -> bool {
        let request = StopRequest::now(Cause::User, clicked_at);
        let command = |reply| TurnCommand::StopAfterStep { request, reply };
        self.ask(turn_id, command).await.unwrap_or(false)
    }

    /// Lets a turn go on that has come to its limit of steps; `false` where it has not.
    pub async fn go_on(&self, turn_id: TurnId) -> bool {
        let command = |reply| TurnCommand::GoOn { reply };
        self.ask(turn_id, command).await.unwrap_or(false)
    }

    /// What a running turn answers; nothing where it does not run any more.
    async fn ask<T>(
        &self,
        turn_id: TurnId,
        command: impl FnOnce(oneshot::Sender<T>) -> TurnCommand,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.post(turn_id, command(reply))?;
        answer.await.ok()
    }
}

//! Draws up the receipt of a stopped turn from what Stop found (rule C26).

use crate::answer::Answer;
use std::time::Duration;
use tacet_conversation::{
    ConnectionEnd, Part, RECEIPT_VERSION, Receipt, ServerCancel, StopEffect, ToolCallState,
    ToolConfirmation, ToolReceipt, TurnId,
};

/// Milliseconds with fractions.
pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The receipt, for an answer that Stop interrupted. The time of the commit is not known yet.
pub(super) fn draw_up(
    turn_id: TurnId,
    answer: &Answer,
    stop_effect: StopEffect,
) -> Option<Receipt> {
    let stop = answer.stop.as_ref()?;
    let (worker_ended, mut unconfirmed) = match stop.connection {
        ConnectionEnd::WorkerKilled => (1, Vec::new()),
        ConnectionEnd::Unconfirmed => (
            0,
            vec!["The model was told to stop and has not confirmed it within 2 s.".to_owned()],
        ),
        ConnectionEnd::NeverOpened
        | ConnectionEnd::Closed
        | ConnectionEnd::WorkerStopped
        | ConnectionEnd::Finished
        | ConnectionEnd::ReadOn => (0, Vec::new()),
    };
    let words = match stop.server {
        Some(ServerCancel::Confirmed) | None => None,
        Some(ServerCancel::Refused) => {
            Some("The server was told to end its answer and has refused.")
        }
        Some(ServerCancel::Unanswered) => {
            Some("The server was told to end its answer and has not confirmed it.")
        }
    };
    unconfirmed.extend(words.map(str::to_owned));
    let tools: Vec<ToolReceipt> = tools(answer).collect();
    let silent = tools.iter().filter(|tool| !tool.confirmed);
    unconfirmed.extend(silent.map(|tool| {
        let name = &tool.name;
        match &tool.server {
            Some(server) => {
                format!("The server “{server}” was told to stop {name} and has not confirmed it.")
            }
            None => format!("The tool {name} was told to stop and has not confirmed it."),
        }
    }));
    let ended = tools.iter().map(|tool| match tool.confirmation {
        Some(ToolConfirmation::Killed { processes, .. }) => processes,
        Some(
            ToolConfirmation::Confirmed { .. }
            | ToolConfirmation::ToldAndSilent { .. }
            | ToolConfirmation::NotNeeded,
        )
        | None => 0,
    });
    let processes_ended = worker_ended + ended.sum::<u32>();
    Some(Receipt {
        version: RECEIPT_VERSION,
        turn_id,
        phase: stop.phase,
        cause: stop.cause,
        stopped_at: stop.at_millis,
        click_to_token_ms: stop
            .clicked_at
            .and_then(|clicked| u32::try_from(stop.at_millis.saturating_sub(clicked).max(0)).ok())
            .map(f64::from),
        token_to_closed_ms: millis(stop.closed_at.duration_since(stop.at)),
        token_to_commit_ms: None,
        connection: stop.connection,
        server_cancel: stop.server,
        stop_effect: stop_effect.once_stopped(stop.server),
        requests: answer.requests.clone(),
        tools,
        processes_ended,
        bytes_received: stop.bytes_received,
        characters_kept: answer.characters,
        without_seals: answer.without_seals,
        usage: answer.usage.clone(),
        unconfirmed,
    })
}

/// What became of each call.
fn tools(answer: &Answer) -> impl Iterator<Item = ToolReceipt> {
    answer
        .parts
        .iter()
        .enumerate()
        .filter_map(|(place, part)| match part {
            Part::ToolCall(call) => {
                let end = answer.tools.iter().find(|end| end.part == place);
                let confirmation = end.map(|end| end.confirmation);
                let confirmed = match confirmation {
                    Some(ToolConfirmation::ToldAndSilent { .. }) => false,
                    Some(
                        ToolConfirmation::Confirmed { .. }
                        | ToolConfirmation::Killed { .. }
                        | ToolConfirmation::NotNeeded,
                    ) => true,
                    None => call.state != ToolCallState::InterruptedWhileRunning,
                };
                Some(ToolReceipt {
                    call_id: call.call_id.clone(),
                    name: call.name.clone(),
                    server: end
                        .map(|end| end.server.clone())
                        .filter(|it| !it.is_empty()),
                    state: call.state,
                    confirmed,
                    confirmation,
                })
            }
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolResult(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        })
}

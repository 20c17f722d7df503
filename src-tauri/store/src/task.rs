//! The table of tasks that servers of tools run for calls (the Tasks extension of MCP): a task goes on
//! where Tacet ends without notice, and its id is all that leads back to it.

use super::message::{self, Loaded};
use super::schema::Migration;
use super::turn::is_running;
use super::{Store, StoreError};
use rusqlite::Connection;
use tacet_conversation::{
    ConversationId, Message, MessageId, Part, ToolCallState, ToolResult, TurnId,
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 15,
    // `ordinal` is the call's place among the parts; `server` is the name in the settings, and `task`
    // the server's own id.
    sql: "CREATE TABLE task (
            message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            ordinal    INTEGER NOT NULL,
            server     TEXT NOT NULL,
            task       TEXT NOT NULL,
            PRIMARY KEY (message_id, ordinal)
          ) STRICT;",
}];

/// A task that a server began for a call, and that may not be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// The conversation.
    pub conversation: ConversationId,
    /// The answer.
    pub message: MessageId,
    /// The call's place among its parts, from 0.
    pub part: usize,
    /// The server's name in the settings.
    pub server: String,
    /// The server's own id of it.
    pub task: String,
}

impl Store {
    /// Keeps a task of a running answer until that ends. Returns at once; where it cannot be written,
    /// or the answer does not run in this turn any more, nobody asks for it after a crash.
    pub fn keep_task(&self, task: OpenTask, turn: TurnId) {
        self.writer.post(move |connection| {
            let _ = connection.map(|connection| keep(connection, &task, turn));
        });
    }

    /// The tasks that an earlier run left, of conversations that are there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_tasks(&self) -> Result<Vec<OpenTask>, StoreError> {
        self.readers.run(load).await
    }

    /// Forgets a task that an earlier run left. With a `result`, its call has that from now on, in
    /// place of its unknown effect: the result's `call_id` is filled in. Answers the message as it
    /// stands then; `None` where it was not changed, since there is no result, the task is not open any
    /// more, its conversation was deleted, or the message is damaged.
    ///
    /// # Errors
    /// When the database cannot be written; the task stays open then.
    pub async fn close_task(
        &self,
        task: &OpenTask,
        result: Option<ToolResult>,
    ) -> Result<Option<Message>, StoreError> {
        let task = task.clone();
        let closed = self.run(move |connection| close(connection, &task, result));
        let changed = closed.await?;
        if let Some(message) = &changed {
            self.index_anew(vec![message.id]);
        }
        Ok(changed)
    }
}

fn keep(connection: &Connection, task: &OpenTask, turn: TurnId) -> Result<(), StoreError> {
    if is_running(connection, task.message, Some(turn))? {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO task (message_id, ordinal, server, task)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((task.message, task.part, &task.server, &task.task))?;
    }
    Ok(())
}

fn load(connection: &Connection) -> Result<Vec<OpenTask>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.conversation_id, t.message_id, t.ordinal, t.server, t.task
         FROM task t JOIN message m ON m.id = t.message_id
         JOIN conversation c ON c.id = m.conversation_id
         WHERE c.deleted_at IS NULL AND m.state != 'streaming' ORDER BY m.seq, t.ordinal",
    )?;
    let open = statement.query_map([], |row| {
        Ok(OpenTask {
            conversation: row.get(0)?,
            message: row.get(1)?,
            part: row.get(2)?,
            server: row.get(3)?,
            task: row.get(4)?,
        })
    })?;
    Ok(open.collect::<Result<_, _>>()?)
}

/// An answer has ended, and nothing of it is open any more.
pub(super) fn forget_all(connection: &Connection, answer: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM task WHERE message_id = ?1")?
        .execute([answer])?;
    Ok(())
}

/// The app ended while an answer ran: of its tasks those stay open whose calls had no end.
pub(super) fn leave_open(connection: &Connection, answer: &Message) -> Result<(), StoreError> {
    for (ordinal, part) in answer.parts.iter().enumerate() {
        let ran = matches!(part, Part::ToolCall(call)
            if call.state == ToolCallState::InterruptedWhileRunning);
        if !ran {
            connection
                .prepare_cached("DELETE FROM task WHERE message_id = ?1 AND ordinal = ?2")?
                .execute((answer.id, ordinal))?;
        }
    }
    Ok(())
}

fn close(
    connection: &mut Connection,
    task: &OpenTask,
    result: Option<ToolResult>,
) -> Result<Option<Message>, StoreError> {
    let transaction = connection.transaction()?;
    let was_open = transaction
        .prepare_cached("DELETE FROM task WHERE message_id = ?1 AND ordinal = ?2 AND task = ?3")?
        .execute((task.message, task.part, &task.task))?;
    let mut changed = None;
    if was_open > 0
        && let Some(result) = result
        && let Some(Loaded {
            mut message,
            is_damaged: false,
        }) = message::one(&transaction, task.message)?
        && set_result(&mut message.parts, task.part, result)
    {
        message::settle(&transaction, &message)?;
        changed = Some(message);
    }
    transaction.commit()?;
    Ok(changed)
}

/// Gives the call at `place` its result; `false` where there is no such call, or it has one already.
fn set_result(parts: &mut Vec<Part>, place: usize, mut result: ToolResult) -> bool {
    let Some(Part::ToolCall(call)) = parts.get_mut(place) else {
        return false;
    };
    if call.state != ToolCallState::InterruptedWhileRunning {
        return false;
    }
    call.state = result.state;
    result.call_id.clone_from(&call.call_id);
    let known = parts
        .iter_mut()
        .skip(place + 1)
        .find_map(|part| match part {
            Part::ToolResult(known) if known.call_id == result.call_id => Some(known),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        });
    match known {
        Some(known) => *known = result,
        // The app ended before it was there. The turn had come no further.
        None => parts.push(Part::ToolResult(result)),
    }
    true
}

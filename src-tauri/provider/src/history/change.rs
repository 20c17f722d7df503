//! What repair changes, so that a person can see it before the next request (rule C22).

use serde::Serialize;
use tacet_conversation::MessageId;
use ts_rs::TS;

/// One thing that the next request says otherwise than the conversation on screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// The message that it concerns.
    pub message_id: MessageId,
    /// What is changed.
    pub change: RepairChange,
}

/// What is added, left out or rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum RepairChange {
    /// The next message of the person begins with a note on how this answer ended.
    NoteAdded {
        /// The note as the model reads it.
        text: String,
    },
    /// A call without a result gets a neutral one.
    ResultAdded {
        /// The tool.
        tool: String,
        /// The text that stands for the result.
        text: String,
    },
    /// A result without a word gets some.
    ResultFilled {
        /// The tool.
        tool: String,
        /// The text that stands for the result.
        text: String,
    },
    /// A result that belongs to no call is left out.
    ResultLeftOut {
        /// The id that it names.
        call_id: String,
    },
    /// Arguments that were cut off travel as text inside of an object.
    ArgumentsWrapped {
        /// The tool.
        tool: String,
    },
    /// A tool's name travels in the letters that the API takes.
    NameRewritten {
        /// As the model wrote it.
        from: String,
        /// As it travels.
        to: String,
    },
    /// A call's id was used before, or is not one that the API takes.
    CallIdRewritten {
        /// As it is stored.
        from: String,
        /// As it travels.
        to: String,
    },
    /// Reasoning of an answer that ended early, or of another provider, stays on disk.
    ReasoningLeftOut,
    /// What a tool of another provider, or under other instructions, did there is left out.
    ServerToolLeftOut {
        /// The tool.
        tool: String,
    },
    /// A message that would say nothing is left out.
    MessageLeftOut,
    /// The message travels as one with the one before it.
    MessagesJoined,
    /// An end is added after a tool's result.
    EndAdded {
        /// The text.
        text: String,
    },
    /// Words stand for a file that this model cannot be sent.
    FileReplaced {
        /// The file's name.
        name: String,
    },
    /// Words stand for a file that was left out, or that a provider refused before.
    FileLeftOut {
        /// The file's name.
        name: String,
    },
}

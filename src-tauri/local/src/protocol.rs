//! What the app and the worker say to each other: one JSON value a line, orders on the worker's
//! standard input, reports on its standard output. A task's last report is `Ended`, and there is
//! one task at a time, so only the order to stop needs to name its task.

use serde::{Deserialize, Serialize};

/// From the app to the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// Answer a conversation.
    Answer(Task),
    /// Stop this task and every earlier one; said about a task that has ended, it does nothing.
    Stop {
        /// The task's number.
        task: u64,
    },
}

/// One answer to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Counts up from 1, so that a late order to stop cannot hit a later task.
    pub number: u64,
    /// The model's GGUF file.
    pub model_file: String,
    /// The conversation, oldest first.
    pub conversation: Vec<Utterance>,
    /// How to sample.
    pub sampling: Sampling,
}

/// One message as the model's chat template takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who speaks.
    pub role: Speaker,
    /// What is said.
    pub content: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Speaker {
    /// The name that chat templates know.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// How to sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy; absent is the engine's default.
    pub temperature: Option<f32>,
    /// For repeatable answers.
    pub seed: Option<u32>,
    /// At most so many tokens; absent is what the context has room for.
    pub max_tokens: Option<u32>,
}

/// From the worker to the app.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "kebab-case")]
pub enum Report {
    /// The model's file is being loaded.
    Loading,
    /// The prompt is being read.
    Reading,
    /// More of the answer, in whole characters.
    Text {
        /// The text, never empty.
        text: String,
        /// The figures so far.
        count: Count,
    },
    /// The task has ended; nothing more comes from it.
    Ended {
        /// How.
        outcome: Outcome,
        /// The final figures.
        count: Count,
    },
}

/// Exact figures of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Tokens of the prompt that were read, those from the cache included.
    pub prompt: u64,
    /// Of these, tokens that were still in the cache from the turn before.
    pub cached: u64,
    /// Tokens that were generated, the one that ends the answer included.
    pub generated: u64,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The model ended its answer.
    Whole,
    /// The limit of tokens, or the end of the context, was reached.
    Length,
    /// It was told to stop.
    Stopped,
    /// The prompt does not fit into the context.
    TooLong {
        /// At least so many tokens.
        tokens: u64,
        /// The context's length in tokens.
        limit: u64,
    },
    /// The engine failed, in words for the person.
    Failed(String),
}

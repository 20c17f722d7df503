//! What a model says, without the words of any API, so that one test holds for all of them.

/// One thing that a model says in the course of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// A piece of the answer's text.
    Text(String),
    /// A piece of reasoning, thinking or its summary.
    Reasoning(String),
    /// What proves the reasoning before it to the provider: Anthropic's `signature`, the
    /// `encrypted_content` of a Responses item (only where the request includes it), Gemini's
    /// `thoughtSignature`. Chat Completions and Ollama know none and send nothing.
    ReasoningSeal(String),
    /// The beginning of a tool call. Its id does not travel where the API has none.
    ToolStart {
        /// By which the result names the call.
        id: String,
        /// The tool.
        name: String,
    },
    /// A piece of the JSON text of the arguments of the last call. Gemini and Ollama send a call
    /// whole: it goes out with whatever is said next.
    ToolArguments(String),
    /// The count of tokens so far, where the API lets it come in mid-stream.
    Usage(Tokens),
}

impl Say {
    /// A piece of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A piece of reasoning.
    pub fn reasoning(text: impl Into<String>) -> Self {
        Self::Reasoning(text.into())
    }

    /// The proof of the reasoning before it.
    pub fn seal(seal: impl Into<String>) -> Self {
        Self::ReasoningSeal(seal.into())
    }

    /// The beginning of a tool call.
    pub fn tool(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::ToolStart {
            id: id.into(),
            name: name.into(),
        }
    }

    /// A piece of a tool call's arguments.
    pub fn arguments(piece: impl Into<String>) -> Self {
        Self::ToolArguments(piece.into())
    }
}

/// Why a model has ended its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It has said all.
    Stop,
    /// The limit of tokens is reached.
    Length,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// The provider withholds the rest.
    ContentFilter,
}

/// Token counts of one request. What an API reports in other sums is recalculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// The whole prompt, what was read from a cache included.
    pub input: u64,
    /// Of these, how many came from a cache; `None` where the server does not say.
    pub cached: Option<u64>,
    /// The whole answer, reasoning included.
    pub output: u64,
    /// Of these, how many were reasoning; `None` where the server does not say.
    pub reasoning: Option<u64>,
}

impl Tokens {
    /// Counts of a server that tells no more than these two.
    pub fn new(input: u64, output: u64) -> Self {
        Self {
            input,
            cached: None,
            output,
            reasoning: None,
        }
    }

    /// With a share of the prompt from a cache.
    #[must_use]
    pub fn cached(self, cached: u64) -> Self {
        Self {
            cached: Some(cached),
            ..self
        }
    }

    /// With a share of the answer that was reasoning.
    #[must_use]
    pub fn reasoning(self, reasoning: u64) -> Self {
        Self {
            reasoning: Some(reasoning),
            ..self
        }
    }
}

/// What servers report for the prompt before a test has said otherwise.
pub(super) const PROMPT_TOKENS: u64 = 7;

//! Providers: whatever turns a history into a stream of model events, and what a request needs
//! beside that: a history that is valid for its wire, prices, and tokenizers.

mod address;
mod anthropic;
pub mod awake;
mod body;
mod cancellation;
mod configured;
mod counting;
pub mod decode;
pub mod discovery;
mod effort;
mod failure;
mod framing;
mod gemini;
mod generated_file;
pub mod history;
mod host;
mod http;
mod interactions;
mod later;
mod models;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
mod optional_fields;
mod pasted_key;
pub mod preset;
pub mod price;
mod refusal;
mod remote;
mod so_far;
pub mod sse;
mod stream;
mod surrogates;
mod thinking;
pub mod tokenizer;
mod tool;
mod tool_limits;
mod tool_list;
mod unshown;
mod wire;
mod wire_api;

pub use address::{alternatives, asked_at, is_in_clear, is_this_computer};
pub use configured::stop_effect_of;
pub use counting::TokenCounter;
pub use effort::Controls;
pub use generated_file::GeneratedFile;
pub(crate) use host::is_within;
pub use http::{AGENT, Endpoint, Proxy};
pub use later::{UsageLookup, UsageRecords};
pub use models::{Ability, Check, ModelInfo};
pub use pasted_key::{PastedKey, pasted_key};
pub use remote::Remote;
pub use so_far::SoFar;
pub(crate) use surrogates::without_halves;
pub use tacet_conversation::{ErrorCategory, Price, ProviderError, RefusedField, RefusedFile};
pub use tacet_settings::{ApiKey, HostedTool, origin};
pub use tool::ToolDefinition;
pub use tool_list::ToolList;
pub use wire_api::WireApi;

use crate::history::{Rules, Written};
use crate::price::Quote;
use futures::Stream;
use futures::future::BoxFuture;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_conversation::{
    Citation, ConnectionEnd, Effort, FinishReason, Message, Part, Phase, Seal, ServerCancel,
    ServerTool, StopEffect, Usage,
};
use tacet_settings::Drain;

/// What a provider is asked.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The model's name as the provider knows it.
    pub model: String,
    /// What the model is told before the first message; empty for nothing. Each wire has a place of
    /// its own for it, before all messages, and it is the same for all requests of a conversation
    /// until a person changes it (rule C27).
    pub instructions: Arc<str>,
    /// The conversation from its first message to the one to be answered, as stored. The
    /// provider repairs a copy for its wire (rule C19).
    pub history: Arc<[Message]>,
    /// What the answer has so far, for a further step of the same turn: it follows `history`.
    pub so_far: Option<SoFar>,
    /// What the turn's requests before this one have made of their messages.
    pub written: Written,
    /// How to sample.
    pub parameters: Parameters,
    /// What is wanted.
    pub goal: Goal,
    /// The tools that the model may call, no two by one name. Their order is kept: it belongs to
    /// what a provider's prompt cache knows (rule C27).
    pub tools: ToolList,
    /// Whether sealed reasoning stays on disk, its issuer's own too: after it was refused.
    pub without_seals: bool,
}

/// What a request wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// An answer to the last message.
    #[default]
    Answer,
    /// More of the last message, an answer that ended early, from where it stopped.
    Continue,
}

impl ModelRequest {
    /// A request for an answer to the last message of `history`, sampled as the provider likes.
    #[must_use]
    pub fn new(model: impl Into<String>, history: impl Into<Arc<[Message]>>) -> Self {
        Self {
            model: model.into(),
            instructions: Arc::default(),
            history: history.into(),
            so_far: None,
            written: Written::default(),
            parameters: Parameters::default(),
            goal: Goal::Answer,
            tools: ToolList::default(),
            without_seals: false,
        }
    }

    /// All messages in their order, with a copy of what the answer has so far.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = Cow<'_, Message>> {
        let so_far = self.so_far.as_ref().map(SoFar::message);
        let history = self.history.iter().map(Cow::Borrowed);
        history.chain(so_far.map(Cow::Owned))
    }

    /// The parts of all messages in their order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let history = self.history.iter().flat_map(|message| &message.parts);
        history.chain(self.so_far.iter().flat_map(SoFar::parts))
    }

    /// The same with instructions before the first message.
    #[must_use]
    pub fn with_instructions(self, instructions: impl Into<Arc<str>>) -> Self {
        Self {
            instructions: instructions.into(),
            ..self
        }
    }

    /// The same with tools that the model may call.
    #[must_use]
    pub fn with_tools(self, tools: impl Into<ToolList>) -> Self {
        Self {
            tools: tools.into(),
            ..self
        }
    }
}

/// How to answer; what is absent is the provider's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// At most so many tokens in the answer.
    pub max_output_tokens: Option<u32>,
    /// How much to reason; the nearest that the model can.
    pub effort: Option<Effort>,
    /// For repeatable answers, where the provider can.
    pub seed: Option<u32>,
    /// How much of a tool's result the model is told, in bytes of text; 64 KB where it is absent.
    pub result_bytes: Option<usize>,
}

/// One thing that a model's stream says. Texts are whole characters and never empty.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// What the request is doing now, where that changed.
    Phase(Phase),
    /// More of the answer.
    Text(String),
    /// More reasoning.
    Reasoning(String),
    /// The field of the answer that the reasoning after this comes in, which some servers want back.
    ReasoningField(&'static str),
    /// The text of this answer so far was reasoning, as shows only now.
    TextWasReasoning,
    /// The reasoning that was said last was text, as shows only now.
    ReasoningWasText,
    /// The reasoning before this is whole, and this goes back with it. What follows is another
    /// piece of reasoning.
    ReasoningSealed(Seal),
    /// A tool call begins. `index` is the caller's handle for this call within the request.
    ToolCallStarted {
        /// The call's place among the request's calls.
        index: usize,
        /// The provider's id of the call, or one made up.
        call_id: String,
        /// The tool's name.
        name: String,
    },
    /// More arguments of a tool call that began.
    ToolCallArguments {
        /// The call's place among the request's calls.
        index: usize,
        /// The next piece of JSON text.
        text: String,
    },
    /// What goes back with a tool call that began.
    ToolCallSealed {
        /// The call's place among the request's calls.
        index: usize,
        /// The provider's mark.
        seal: Seal,
    },
    /// The sources of what the text said last.
    Cited(Cited),
    /// What a tool of the provider's own did.
    ServerTool(ServerTool),
    /// A file that the model made, such as an image, as it is by now.
    File(GeneratedFile),
    /// The request is made again without sealed reasoning, after the provider refused it.
    WithoutSeals,
    /// The provider's id of the answer.
    AnswerId(String),
    /// What the provider says of why it ends the answer, such as its filter, or a reason that is not
    /// known; [`Finished`](Self::Finished) follows.
    Explained(ProviderError),
    /// Figures so far or final; the last one stands (rule C23).
    Usage(Usage),
    /// The model ended by itself: the last event of a whole answer.
    Finished(FinishReason),
}

/// Sources that a provider names while it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// How much of the text, back from what was said last, is said after them, in UTF-16 code
    /// units; `None` where the provider does not say.
    pub length: Option<usize>,
    /// The sources; none twice for the same text.
    pub citations: Vec<Citation>,
}

/// What Stop does with a connection, by the person's choice for a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStop {
    /// It is closed at once.
    #[default]
    Close,
    /// The answer ends for the person at once; unseen, the rest is read on for the exact usage.
    Drain {
        /// At most so many tokens more.
        tokens: u64,
        /// At most so long.
        time: Duration,
    },
}

impl From<tacet_settings::OnStop> for OnStop {
    fn from(written: tacet_settings::OnStop) -> Self {
        match written {
            tacet_settings::OnStop::Close => Self::Close,
            tacet_settings::OnStop::Drain(Drain { tokens, seconds }) => Self::Drain {
                tokens: tokens.into(),
                time: Duration::from_secs(seconds.into()),
            },
        }
    }
}

/// What closing a stream came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// What became of the connection.
    pub connection: ConnectionEnd,
    /// What was decoded and not yet taken from the stream, in order (rule C04).
    pub events: Vec<ModelEvent>,
    /// Bytes of the response that were received.
    pub bytes_received: u64,
    /// When the connection was closed, or given up.
    pub at: Instant,
    /// What came of the request to end the answer at the server, where one was made.
    pub server: Option<ServerCancel>,
}

impl Closed {
    /// An end at this moment that left no events and asked nothing of the server.
    #[must_use]
    pub fn now(connection: ConnectionEnd, bytes_received: u64) -> Self {
        Self {
            connection,
            events: Vec::new(),
            bytes_received,
            at: Instant::now(),
            server: None,
        }
    }
}

/// A running request. Each item holds all events of one read, so that what was decoded
/// together is kept together; an error is the last item. Dropping the stream closes it too.
pub trait ModelStream: Stream<Item = Result<Vec<ModelEvent>, ProviderError>> + Send {
    /// Bytes of the response that were received so far, where that is known before the end.
    fn bytes_received(&self) -> Option<u64> {
        None
    }

    /// What was decoded and not said yet, where the stream is read on after a Stop (rules C04, C10).
    fn pending(self: Pin<&mut Self>) -> Vec<ModelEvent> {
        Vec::new()
    }

    /// Ends the request for good. The future resolves when the connection is closed. There is
    /// no default: a provider that cannot close its connection does not compile.
    fn close(self: Pin<Box<Self>>) -> BoxFuture<'static, Closed>;
}

/// A stream of any provider.
pub type BoxModelStream = Pin<Box<dyn ModelStream>>;

/// A source of answers.
pub trait Provider: Send + Sync {
    /// Starts a request. Nothing is sent before the stream is polled.
    fn stream(&self, request: ModelRequest) -> BoxModelStream;

    /// What a hang-up does there (rule C24).
    fn stop_effect(&self) -> StopEffect;

    /// What Stop does with a connection there.
    fn on_stop(&self) -> OnStop {
        OnStop::Close
    }

    /// What that model costs there. A provider that runs on this computer costs nothing.
    fn quote(&self, _model: &str) -> Quote {
        match self.stop_effect() {
            StopEffect::Local => Quote::OnThisComputer,
            StopEffect::Stops | StopEffect::GoesOn | StopEffect::Cancels | StopEffect::Unknown => {
                Quote::Unknown
            }
        }
    }

    /// Whether that model, asked to reason so much, may reason without showing all of it there, so that
    /// an answer takes more than is received.
    fn hides_reasoning(&self, _model: &str, _effort: Option<Effort>) -> bool {
        false
    }

    /// Where the true figures of an answer that ended early can be had later by its id; `None`
    /// where they cannot.
    fn usage_lookup(&self, _answer_id: &str) -> Option<UsageLookup> {
        None
    }

    /// Its own token counter for that model, where it has one that counts for nothing and the person
    /// wants it asked after a stop.
    fn token_counter(&self, _model: &str) -> Option<TokenCounter> {
        None
    }

    /// What it demands of a history for that model: what [`stream`](Self::stream) repairs it to.
    fn rules(&self, model: &str) -> Rules;
}

/// What a hang-up does at an address (rule C24); not known for what is not an address, nor for one
/// of this computer unless the model is known to run here (`local`).
#[must_use]
pub fn stop_effect_at(base_url: &str, local: bool) -> StopEffect {
    let url = reqwest::Url::parse(base_url);
    url.map_or(StopEffect::Unknown, |url| host::stop_effect(&url, local))
}

/// Whether there is a server of somebody's own at an address, and not one of the services that are known.
#[must_use]
pub fn is_own_server(base_url: &str) -> bool {
    reqwest::Url::parse(base_url).is_ok_and(|url| !host::is_listed(&url))
}

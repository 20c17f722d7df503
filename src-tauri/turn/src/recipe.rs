//! What the requests of a turn are made from: first what is to be made ready, then what is.

use crate::toolset::Toolset;
use futures::future::BoxFuture;
use std::sync::Arc;
use tacet_conversation::{
    ConversationSettings, Message, MessageId, MessageState, Part, ProviderError,
};
use tacet_provider::history::Written;
use tacet_provider::{Goal, ModelRequest, Parameters, Provider, SoFar};
use tacet_store::Store;

/// Something that is being made ready inside the turn: a provider, whose key is asked for and whose
/// client is built, or the tools, whose servers are started.
pub(super) type Resolving<T> = BoxFuture<'static, Result<T, ProviderError>>;

/// What the requests of a turn are made from.
pub(super) struct Recipe {
    pub(super) provider: Resolving<Arc<dyn Provider>>,
    pub(super) tools: Resolving<Toolset>,
    /// The message to be answered, or the answer to continue.
    pub(super) prompt: MessageId,
    pub(super) goal: Goal,
    pub(super) model: String,
    /// What the app says of all requests.
    pub(super) parameters: Parameters,
    /// What the conversation says, as it stood when the turn began.
    pub(super) settings: ConversationSettings,
    /// In bytes of text.
    pub(super) answer_limit: usize,
    /// The answer as it stands on disk.
    pub(super) answer: Message,
}

/// The same once it is ready.
pub(super) struct Asked {
    pub(super) provider: Arc<dyn Provider>,
    pub(super) tools: Toolset,
    /// As stored, from the first message to the one to be answered or continued.
    history: Arc<[Message]>,
    goal: Goal,
    model: String,
    parameters: Parameters,
    instructions: Arc<str>,
    pub(super) answer_limit: usize,
    /// What the requests before have given.
    so_far: SoFar,
    written: Written,
}

impl Recipe {
    /// Makes the provider and the tools ready and reads the history, all at once.
    pub(super) async fn prepare(self, store: Store) -> Result<Box<Asked>, ProviderError> {
        let history = async { Ok(store.branch(self.prompt).await?) };
        let (provider, tools, history) = futures::try_join!(self.provider, self.tools, history)?;
        let settings = self.settings;
        Ok(Box::new(Asked {
            provider,
            tools: match &settings.tools {
                Some(chosen) => tools.only(chosen),
                None => tools,
            },
            history: history.into(),
            goal: self.goal,
            model: self.model,
            parameters: Parameters {
                temperature: settings.temperature,
                max_output_tokens: settings.max_output_tokens,
                effort: settings.effort,
                ..self.parameters
            },
            instructions: settings.instructions.into(),
            answer_limit: self.answer_limit,
            so_far: SoFar::new(Message {
                state: MessageState::Complete,
                parts: Vec::new(),
                ..self.answer
            }),
            written: Written::default(),
        }))
    }
}

impl Asked {
    /// The next request, after the parts that stand there of the steps before it.
    pub(super) fn request(&mut self, parts: Option<&[Part]>) -> ModelRequest {
        // The answer that was continued is the beginning of this one.
        if parts.is_some() && self.goal == Goal::Continue {
            let before = self.history.split_last().map_or(&[][..], |(_, it)| it);
            self.history = before.into();
            self.goal = Goal::Answer;
        }
        if let Some(new) = parts.and_then(|parts| parts.get(self.so_far.length()..)) {
            self.so_far.add(new);
        }
        ModelRequest {
            model: self.model.clone(),
            instructions: Arc::clone(&self.instructions),
            history: Arc::clone(&self.history),
            so_far: parts.map(|_| self.so_far.clone()),
            written: self.written.clone(),
            parameters: self.parameters.clone(),
            goal: self.goal,
            tools: self.tools.definitions().clone(),
            without_seals: false,
        }
    }
}

//! What the requests of a turn are made from: first what is to be made ready, then what is.

use crate::content::Content;
use crate::toolset::Toolset;
use futures::future::BoxFuture;
use std::sync::Arc;
use tacet_conversation::{ConversationSettings, Message, MessageId, MessageState, ProviderError};
use tacet_provider::{Goal, ModelRequest, Parameters, Provider};
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
    answer: Message,
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
            answer: self.answer,
        }))
    }
}

impl Asked {
    /// The next request, after what stands there of the steps before it.
    pub(super) fn request(&mut self, content: Option<Content>) -> ModelRequest {
        // The answer that was continued is the beginning of this one.
        if content.is_some() && self.goal == Goal::Continue {
            let before = self.history.split_last().map_or(&[][..], |(_, it)| it);
            self.history = before.into();
            self.goal = Goal::Answer;
        }
        let so_far = content.map(|content| Message {
            state: MessageState::Complete,
            parts: content.into_parts(),
            ..self.answer.clone()
        });
        ModelRequest {
            model: self.model.clone(),
            instructions: Arc::clone(&self.instructions),
            history: Arc::clone(&self.history),
            so_far: so_far.map(Arc::new),
            parameters: self.parameters.clone(),
            goal: self.goal,
            tools: self.tools.definitions().clone(),
            without_seals: false,
        }
    }
}

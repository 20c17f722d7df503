//! What a turn is at: getting its request ready, or receiving the answer.

use crate::answer::Answer;
use crate::{Change, Generation};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use tacet_conversation::{ErrorCategory, MessageId, ProviderError, StopHandle, StopRequest};
use tacet_provider::{Goal, ModelRequest, Parameters, Provider};
use tacet_store::Store;

/// A provider that is being made ready: its key is asked for, its client built.
pub(super) type Resolving = BoxFuture<'static, Result<Arc<dyn Provider>, ProviderError>>;

/// What a request is made from.
pub(super) struct Recipe {
    pub(super) provider: Resolving,
    /// The message to be answered, or the answer to continue.
    pub(super) prompt: MessageId,
    pub(super) goal: Goal,
    pub(super) model: String,
    pub(super) parameters: Parameters,
    /// In bytes of text.
    pub(super) answer_limit: usize,
}

pub(super) enum Stage {
    /// The provider is made ready and the history read.
    Preparing(BoxFuture<'static, Result<Generation, ProviderError>>),
    Generating(Box<Generation>),
    /// It was stopped before there was a request.
    Stopped(StopRequest),
    /// There cannot be a request.
    Failed(ProviderError),
}

impl Stage {
    pub(super) fn new(recipe: Recipe, store: Store, stop: StopHandle) -> Self {
        let preparing = async move {
            let history = store.branch(recipe.prompt);
            let history = async {
                history
                    .await
                    .map_err(|error| ProviderError::new(ErrorCategory::Storage, error.to_string()))
            };
            let (provider, history) = futures::try_join!(recipe.provider, history)?;
            let request = ModelRequest {
                model: recipe.model,
                history: history.into(),
                parameters: recipe.parameters,
                goal: recipe.goal,
                tools: Arc::default(),
            };
            let generation = Generation::with_stop(provider, request, stop.child());
            Ok(generation.with_answer_limit(recipe.answer_limit))
        };
        Self::Preparing(preparing.boxed())
    }

    /// All changes of the next step; `None` once there will be none. Dropping the future and
    /// calling again loses nothing.
    pub(super) async fn advance(&mut self, stop: &StopHandle) -> Option<Vec<Change>> {
        let next = match self {
            Self::Preparing(preparing) => tokio::select! {
                biased;
                request = stop.stopped() => Self::Stopped(request),
                ready = preparing => match ready {
                    Ok(generation) => Self::Generating(Box::new(generation)),
                    Err(error) => Self::Failed(error),
                },
            },
            Self::Generating(generation) => return generation.advance().await,
            Self::Stopped(_) | Self::Failed(_) => return None,
        };
        *self = next;
        Some(Vec::new())
    }

    pub(super) fn generation(&self) -> Option<&Generation> {
        match self {
            Self::Generating(generation) => Some(generation),
            Self::Preparing(_) | Self::Stopped(_) | Self::Failed(_) => None,
        }
    }

    pub(super) fn generation_mut(&mut self) -> Option<&mut Generation> {
        match self {
            Self::Generating(generation) => Some(generation),
            Self::Preparing(_) | Self::Stopped(_) | Self::Failed(_) => None,
        }
    }

    /// How it ended; what is closed with it is told in `changes`.
    pub(super) fn conclude(self, changes: &mut Vec<Change>) -> Answer {
        match self {
            Self::Generating(generation) => generation.conclude(changes),
            Self::Stopped(request) => Answer::never_requested(request),
            Self::Failed(error) => Answer::failed(error),
            Self::Preparing(_) => Answer::failed(ProviderError::new(
                ErrorCategory::Engine,
                "The turn ended before it began. Nothing was sent. Retry to ask again.",
            )),
        }
    }
}

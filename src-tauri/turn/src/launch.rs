//! A turn between the call that starts it and its first line on disk.

use super::attention::Unwatched;
use super::entry::Entry;
use super::event::{SavedMessage, StartTurn, TurnStarted};
use super::recipe::{Recipe, Resolving};
use super::registry::TurnOptions;
use super::run::{Assignment, Run, TurnCommand};
use crate::STOP_LIMIT;
use crate::toolset::Toolset;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use std::sync::Arc;
use std::time::Duration;
use tacet_conversation::{
    Cause, Conversation, ConversationId, ConversationSettings, Filing, Message, MessageId,
    MessageState, Millis, Part, Role, StopHandle, now,
};
use tacet_provider::{Goal, Parameters, Provider};
use tacet_store::{Begun, Claim, NewTurn, Store, StoreError};
use tokio::sync::mpsc;

/// The longest title that is made from a message, in characters.
const TITLE: usize = 60;

/// Why a turn could not be started. Nothing was sent, and nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The app is quitting.
    #[error("Tacet is closing; the message was not sent. It is still in the composer.")]
    Quitting,
    /// There is nothing to answer.
    #[error("{0}")]
    Invalid(&'static str),
    /// The conversation's settings cannot be used.
    #[error("{0} Nothing was sent.")]
    Settings(String),
    /// It was stopped, and the disk did not answer in time to save what was to be sent.
    #[error(
        "Stopped before anything was sent. The disk did not answer, so the message could not be \
         saved. It is in the composer again: check the disk, then send it once more."
    )]
    Stopped,
    /// The same, where the disk may still carry the write out.
    #[error(
        "Stopped before anything was sent. The disk has not answered yet, so it is not known \
         whether the message was saved. It is in the composer again, and may come up in the \
         conversation as well."
    )]
    Unconfirmed,
    /// The message could not be saved, so it was not sent.
    #[error("The message could not be saved, so it was not sent: {0}")]
    Store(#[from] StoreError),
}

/// What a turn is started with.
pub(super) struct Launch {
    pub(super) store: Store,
    pub(super) options: TurnOptions,
    pub(super) unwatched: Unwatched,
    pub(super) request: StartTurn,
    pub(super) answer_id: MessageId,
    pub(super) parameters: Parameters,
    pub(super) stop: StopHandle,
    pub(super) mailbox: mpsc::UnboundedReceiver<TurnCommand>,
    /// The turns of the same conversation whose place it takes.
    pub(super) before: Vec<Entry>,
}

/// What a turn waits for before its first request.
pub(super) struct Needs {
    pub(super) provider: Resolving<Arc<dyn Provider>>,
    pub(super) tools: Resolving<Toolset>,
}

/// What a start comes to: the turn, and what is to run of it.
pub(super) type Beginning = Result<(TurnStarted, Option<Run>), StartError>;

/// How much of the limit of rule C09 the disk has for the beginning of a turn that is stopped.
const BEGIN_LIMIT: Duration = Duration::from_millis(1_800);

impl Launch {
    /// Writes the beginning of the turn; once it is stopped, only as long as the disk answers within
    /// the limit of rule C09. Then nothing is written any more, or, where the disk has begun to, the
    /// second says what came of it.
    pub(super) async fn begin(
        self,
        needs: Needs,
    ) -> (Beginning, Option<BoxFuture<'static, Beginning>>) {
        let (stop, claim) = (self.stop.clone(), Claim::default());
        let mut beginning = self.write(needs, claim.clone()).boxed();
        let patience = async {
            let request = stop.stopped().await;
            let left = BEGIN_LIMIT.saturating_sub(request.at.elapsed());
            tokio::time::sleep(left).await;
            request.cause
        };
        let cause = tokio::select! {
            biased;
            begun = &mut beginning => return (begun, None),
            cause = patience => cause,
        };
        if claim.take() {
            return (Err(given_up(cause)), None);
        }
        match tokio::time::timeout(STOP_LIMIT - BEGIN_LIMIT, &mut beginning).await {
            Ok(begun) => (begun, None),
            Err(_) => (Err(StartError::Unconfirmed), Some(beginning)),
        }
    }

    /// Writes the beginning of the turn. There is nothing to run when the turn had been begun
    /// before. What is refused is refused before a running turn is stopped for it.
    async fn write(mut self, needs: Needs, claim: Claim) -> Beginning {
        if let Some(known) = self.store.answer_of(self.request.turn_id).await? {
            return Ok((self.known(known).await?, None));
        }
        self.take_files().await?;
        self.check().await?;
        self.continued().await?;
        self.take_place().await;
        let at = now();
        let user_message = self.user_message(at);
        let saved = user_message.as_ref().map(|message| SavedMessage {
            id: message.id,
            created_at: at,
        });
        let prompt = match (saved, self.request.parent_id) {
            (Some(message), _) => message.id,
            (None, Some(parent)) => parent,
            (None, None) => return Err(NOTHING_TO_ANSWER),
        };
        let continued = self.continued().await?;
        let goal = continued.as_ref().map_or(Goal::Answer, |_| Goal::Continue);
        let answer = Message {
            ended_at: None,
            parts: continued
                .as_ref()
                .and_then(Message::begun)
                .map_or_else(Vec::new, <[_]>::to_vec),
            ..self.message(
                self.answer_id,
                Some(prompt),
                Role::Assistant,
                MessageState::Streaming,
                at,
            )
        };
        let text = self.request.text.as_deref().filter(|text| !is_blank(text));
        let file = self.request.attachments.first();
        let text = text.or_else(|| file.map(|file| file.name.as_str()));
        let id = self.request.conversation_id;
        let kept = self.store.conversation_settings(id).await?;
        let new = match (&self.request.settings, &kept) {
            (Some(new), _) => Some(new.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(ConversationSettings::of_model(self.request.model.clone())),
        };
        let settings = new.clone().or(kept).unwrap_or_default();
        let begun = self
            .store
            .begin_turn(NewTurn {
                turn_id: self.request.turn_id,
                conversation: Conversation {
                    id,
                    title: title(text.unwrap_or_default()),
                    created_at: at,
                    updated_at: at,
                    head: Some(answer.id),
                    filing: Filing::default(),
                },
                settings: new,
                user_message,
                answer: answer.clone(),
                claim,
            })
            .await?;
        match begun {
            Begun::New => {}
            Begun::AlreadyThere { answer: known } => {
                let known = self.store.message(known).await?.unwrap_or(answer);
                return Ok((self.known(known).await?, None));
            }
            Begun::GivenUp => return Err(StartError::Stopped),
        }
        let started = TurnStarted {
            conversation: self.conversation(id).await?,
            user_message: saved,
            answer: answer.clone(),
            already: false,
        };
        let run = Run::new(Assignment {
            turn_id: self.request.turn_id,
            answer: answer.clone(),
            recipe: Recipe {
                provider: needs.provider,
                tools: needs.tools,
                answer,
                prompt: continued.map_or(prompt, |it| it.id),
                goal,
                model: self.request.model.model,
                parameters: self.parameters,
                settings,
                answer_limit: self.options.answer_limit,
            },
            stop: self.stop,
            store: self.store,
            mailbox: self.mailbox,
            watch_limit: self.options.watch_limit,
            unwatched: self.unwatched,
        });
        Ok((started, Some(run)))
    }

    /// Takes the files of an earlier message to those that were sent.
    async fn take_files(&mut self) -> Result<(), StartError> {
        let Some(id) = self.request.files_of else {
            return Ok(());
        };
        let conversation = self.request.conversation_id;
        let message = self.store.message(id).await?;
        let Some(message) = message.filter(|it| it.conversation_id == conversation) else {
            return Err(StartError::Invalid(
                "The message whose files were to go along does not exist any more, so nothing was \
                 sent. Open the conversation again.",
            ));
        };
        let mut files = message.attachments();
        files.append(&mut self.request.attachments);
        self.request.attachments = files;
        Ok(())
    }

    /// Refuses what cannot be answered.
    async fn check(&self) -> Result<(), StartError> {
        let wordless = self.request.text.as_deref().is_some_and(is_blank);
        if wordless && self.request.attachments.is_empty() {
            return Err(StartError::Invalid(
                "The message is empty. Write something first.",
            ));
        }
        if let Some(settings) = &self.request.settings {
            settings.check().map_err(StartError::Settings)?;
        }
        let answers = self.request.text.is_none();
        let Some(parent) = self.request.parent_id else {
            return if answers {
                Err(NOTHING_TO_ANSWER)
            } else {
                Ok(())
            };
        };
        match self.store.message(parent).await? {
            Some(parent) if parent.conversation_id != self.request.conversation_id => {
                Err(StartError::Invalid(
                    "The message belongs to another conversation, so nothing was sent. Open the \
                     conversation again.",
                ))
            }
            Some(parent) if answers && parent.role != Role::User => Err(NOTHING_TO_ANSWER),
            Some(_) => Ok(()),
            None => Err(StartError::Invalid(
                "The message that this one follows does not exist any more, so nothing was sent. \
                 If its conversation was deleted, undo that; otherwise open it again.",
            )),
        }
    }

    /// The answer to continue, as it stands once no turn writes it any more.
    async fn continued(&self) -> Result<Option<Message>, StartError> {
        let Some(id) = self.request.continues else {
            return Ok(None);
        };
        match self.store.message(id).await? {
            Some(answer)
                if answer.can_be_continued()
                    && answer.parent_id == self.request.parent_id
                    && self.request.text.is_none() =>
            {
                Ok(Some(answer))
            }
            Some(_) | None => Err(StartError::Invalid(
                "This answer cannot be continued: it is complete, or did not get as far as text. \
                 Nothing was sent. Retry to get another one.",
            )),
        }
    }

    /// Stops the turns before and waits for them, so that their answers are whole in the
    /// history; a Stop of this turn ends the wait (rule C02).
    async fn take_place(&mut self) {
        for entry in &self.before {
            entry.stop.stop(Cause::Replaced);
        }
        let ends = join_all(
            std::mem::take(&mut self.before)
                .into_iter()
                .map(Entry::ended),
        );
        tokio::select! {
            _ = self.stop.stopped() => {}
            _ = ends => {}
        }
    }

    fn user_message(&self, at: Millis) -> Option<Message> {
        let text = self.request.text.clone()?;
        let files = self.request.attachments.iter().cloned();
        let words = (!is_blank(&text)).then_some(Part::Text { text });
        Some(Message {
            parts: files.map(Part::Attachment).chain(words).collect(),
            ..self.message(
                MessageId::new(),
                self.request.parent_id,
                Role::User,
                MessageState::Complete,
                at,
            )
        })
    }

    fn message(
        &self,
        id: MessageId,
        parent_id: Option<MessageId>,
        role: Role,
        state: MessageState,
        at: Millis,
    ) -> Message {
        Message {
            id,
            conversation_id: self.request.conversation_id,
            parent_id,
            turn_id: Some(self.request.turn_id),
            role,
            state,
            cause: None,
            model: Some(self.request.model.clone()),
            parts: Vec::new(),
            finish_reason: None,
            usage: None,
            failed_attempts: Vec::new(),
            requests: Vec::new(),
            receipt: None,
            error: None,
            created_at: at,
            ended_at: Some(at),
        }
    }

    async fn known(&self, answer: Message) -> Result<TurnStarted, StartError> {
        Ok(TurnStarted {
            conversation: self.conversation(answer.conversation_id).await?,
            user_message: None,
            answer,
            already: true,
        })
    }

    async fn conversation(&self, id: ConversationId) -> Result<Conversation, StartError> {
        let found = self.store.conversation(id).await?;
        Ok(found.ok_or(StoreError::ConversationDeleted)?)
    }
}

const NOTHING_TO_ANSWER: StartError =
    StartError::Invalid("There is no message of yours to answer. Write one first.");

fn given_up(cause: Cause) -> StartError {
    match cause {
        Cause::AppQuit | Cause::WindowClosed => StartError::Quitting,
        Cause::User
        | Cause::ViewerGone
        | Cause::Replaced
        | Cause::Deadline
        | Cause::Crash
        | Cause::ProviderError
        | Cause::AnswerLimit => StartError::Stopped,
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A title from the first line of the first message.
fn title(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    let mut title: String = line.chars().take(TITLE).collect();
    if title.len() < line.len() {
        title.truncate(title.trim_end().len());
        title.push('…');
    }
    title
}

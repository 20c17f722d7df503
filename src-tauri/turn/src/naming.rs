//! The title of a conversation, asked of a model: a request of its own after the first answer, without
//! tools and of a few words, that a Stop ends like any other.

use crate::STOP_LIMIT;
use crate::news::{News, NewsFeed, NewsSink};
use futures::future::BoxFuture;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacet_conversation::{
    Cause, ConversationId, Effort, FinishReason, Message, MessageState, ModelRef, ProviderError,
    Role, StopHandle, TurnId,
};
use tacet_provider::{ModelRequest, Parameters, Provider};
use tokio::sync::watch;

/// Who gives a new conversation its title.
#[derive(Default)]
pub enum Naming {
    /// Nobody: it keeps the first words.
    #[default]
    FirstWords,
    /// The model that answers.
    Answering {
        /// Of an answer that took more tokens than this, the conversation keeps the first words;
        /// [`SHORT`] for a server that may have room for one conversation only.
        longest: Option<u64>,
    },
    /// Another one.
    Chosen {
        /// The model.
        model: ModelRef,
        /// Its provider, which is made ready only when it is asked.
        provider: BoxFuture<'static, Result<Arc<dyn Provider>, ProviderError>>,
    },
}

/// How long a conversation may be, in tokens, whose title is asked of a server that may have room for
/// one conversation only: the request takes the place of the conversation there, which is read anew for
/// the next message. A processor without a graphics card reads so much in a few seconds.
pub const SHORT: u64 = 2_000;

/// What the model is told; fixed, since all it has to know is in the message.
const INSTRUCTIONS: &str = "You give conversations their titles. Reply with a title of at most six \
    words, in the language of the conversation, and with nothing else: no quotation marks, no full \
    stop, no explanation.";
/// How much of each of the first two messages is sent along, in characters.
const EXCERPT: usize = 1_000;
/// How many tokens the answer may have: a title, and what a model that cannot do without reasons.
const MOST_TOKENS: u32 = 256;
/// How much of the answer is read, in bytes.
pub(crate) const ANSWER_LIMIT: usize = 16 * 1024;
/// The longest title, in characters.
const LONGEST: usize = 60;

/// The request for the title of a conversation that begins with these messages; `None` where there is
/// nothing to name it after.
pub(crate) fn request(model: &str, branch: &[Message]) -> Option<ModelRequest> {
    let said = |role: Role| {
        let messages = branch.iter().filter(|message| message.role == role);
        messages
            .map(|message| message.said().chars().take(EXCERPT).collect::<String>())
            .find(|text| !text.trim().is_empty())
    };
    let (user, answer) = (said(Role::User)?, said(Role::Assistant)?);
    let message = Message::from_user(format!(
        "Give this conversation a title.\n\nThe user:\n{user}\n\nThe assistant:\n{answer}"
    ));
    let request = ModelRequest::new(model, [message]).with_instructions(INSTRUCTIONS);
    Some(ModelRequest {
        parameters: Parameters {
            max_output_tokens: Some(MOST_TOKENS),
            effort: Some(Effort::Off),
            ..Parameters::default()
        },
        ..request
    })
}

/// The title in an answer; `None` where it is not whole, or says nothing. What a model writes is not
/// trusted: one line, without marks of Markdown and without characters that cannot be seen.
pub(crate) fn title_of(
    state: MessageState,
    finish: Option<FinishReason>,
    text: &str,
) -> Option<String> {
    let is_whole = state == MessageState::Complete && finish != Some(FinishReason::Length);
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let line = line.trim().strip_prefix("Title:").unwrap_or(line);
    let is_mark = |c: char| c.is_whitespace() || "#*_`\"'“”„«»‘’".contains(c);
    let line = line.trim_matches(is_mark).trim_end_matches('.');
    let seen: String = line.chars().filter(|c| !is_unseen(*c)).collect();
    let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title: String = words.chars().take(LONGEST).collect();
    if title.len() < words.len() {
        title.truncate(title.trim_end().len());
        title.push('…');
    }
    (is_whole && !title.is_empty()).then_some(title)
}

/// Characters that steer what is shown, and are not shown themselves.
fn is_unseen(c: char) -> bool {
    let steers =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    steers || c == '\u{feff}' || (c.is_control() && !c.is_whitespace())
}

/// The requests for titles that run now. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Namings {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    running: Vec<Running>,
    /// The conversations whose request made way for a message: they are asked for again.
    owed: HashSet<ConversationId>,
}

struct Running {
    conversation_id: ConversationId,
    turn_id: TurnId,
    /// The provider that is asked, by its id in the settings.
    provider: String,
    stop: StopHandle,
    /// Whether those who listen are told of it.
    is_told: bool,
    /// Closed when it has ended.
    end: watch::Receiver<()>,
}

/// A request's place among those that run; given up when this is dropped.
pub(crate) struct Place {
    namings: Namings,
    conversation_id: ConversationId,
    turn_id: TurnId,
    /// Stops the request.
    pub(crate) stop: StopHandle,
    _end: watch::Sender<()>,
}

impl Place {
    /// Tells those who listen that the model is asked.
    pub(crate) fn tell(&self, feed: &NewsFeed) {
        let mut known = self.namings.known();
        let own = |it: &&mut Running| it.turn_id == self.turn_id;
        if let Some(running) = known.running.iter_mut().find(own) {
            running.is_told = true;
            feed.tell(&running.news());
        }
    }
}

impl Running {
    fn news(&self) -> News {
        News::NamingBegan {
            conversation_id: self.conversation_id,
            turn_id: self.turn_id,
        }
    }
}

impl Namings {
    /// Enters the request that follows a turn, at the provider of this id.
    pub(crate) fn enter(
        &self,
        conversation_id: ConversationId,
        turn_id: TurnId,
        provider: String,
        stop: StopHandle,
    ) -> Place {
        let (sender, end) = watch::channel(());
        self.known().running.push(Running {
            conversation_id,
            turn_id,
            provider,
            stop: stop.clone(),
            is_told: false,
            end,
        });
        Place {
            namings: self.clone(),
            conversation_id,
            turn_id,
            stop,
            _end: sender,
        }
    }

    /// Stops those at a provider for a message that is sent to it, without waiting for anything: a
    /// server that takes one request at a time has none before it.
    pub(crate) fn make_way(&self, provider: &str) {
        let known = self.known();
        for running in known.running.iter().filter(|it| it.provider == provider) {
            running.stop.stop(Cause::Replaced);
        }
    }

    /// Has a conversation asked for its title after its next answer, though that is not its first.
    pub(crate) fn owe(&self, conversation: ConversationId) {
        self.known().owed.insert(conversation);
    }

    /// Whether a conversation is to be asked for its title though this was not its first answer.
    pub(crate) fn is_owed(&self, conversation: ConversationId) -> bool {
        self.known().owed.contains(&conversation)
    }

    /// Hands a page's listener over, who is told of those that run.
    pub(crate) fn listen(&self, feed: &NewsFeed, page: &str, sink: Box<dyn NewsSink>) {
        // What ends meanwhile is told afterwards.
        let known = self.known();
        feed.listen(page, sink);
        for running in known.running.iter().filter(|it| it.is_told) {
            feed.tell_where(&running.news(), |listening| listening == page);
        }
    }

    /// Stops the request that follows a turn.
    pub(crate) async fn stop_of(&self, turn_id: TurnId, cause: Cause) {
        self.stop_where(cause, |it| it.turn_id == turn_id).await;
    }

    /// Stops those of a conversation, or all.
    pub(crate) async fn stop(&self, conversation: Option<ConversationId>, cause: Cause) {
        let is_meant = |it: &Running| conversation.is_none_or(|id| id == it.conversation_id);
        self.stop_where(cause, is_meant).await;
    }

    /// Stops some, and waits until they have ended, at most for the limit of rule C09.
    async fn stop_where(&self, cause: Cause, is_meant: impl Fn(&Running) -> bool) {
        let ends: Vec<_> = self
            .known()
            .running
            .iter()
            .filter(|it| is_meant(it))
            .map(|it| {
                it.stop.stop(cause);
                it.end.clone()
            })
            .collect();
        let ended = async {
            for mut end in ends {
                // It ends when its sender is dropped.
                while end.changed().await.is_ok() {}
            }
        };
        drop(tokio::time::timeout(STOP_LIMIT, ended).await);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let made_way = (self.stop.request()).is_some_and(|stop| stop.cause == Cause::Replaced);
        let mut known = self.namings.known();
        known.running.retain(|it| it.turn_id != self.turn_id);
        if made_way {
            known.owed.insert(self.conversation_id);
        } else {
            known.owed.remove(&self.conversation_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_without_marks_and_without_what_cannot_be_seen() {
        let title = |text: &str| title_of(MessageState::Complete, Some(FinishReason::Stop), text);
        let cases = [
            ("Ice in motion", "Ice in motion"),
            ("\n**\"Ice in motion.\"**\nand more", "Ice in motion"),
            ("# Title: Ice", "Title: Ice"),
            ("Title: Ice", "Ice"),
            ("Ice\u{202e}\u{200b} in\tmotion", "Ice in motion"),
        ];
        for (text, expected) in cases {
            assert_eq!(title(text).as_deref(), Some(expected), "{text:?}");
        }
        let words = "word ".repeat(40);
        let long = title(&words).unwrap_or_default();
        assert!(
            long.chars().count() <= LONGEST + 1 && long.ends_with('…'),
            "{long}"
        );
        assert_eq!(title(" \n*"), None);
    }

    #[test]
    fn what_was_cut_off_is_no_title() {
        let cut = Some(FinishReason::Length);
        assert_eq!(title_of(MessageState::Complete, cut, "Ice in"), None);
        assert_eq!(title_of(MessageState::Interrupted, None, "Ice in"), None);
    }
}

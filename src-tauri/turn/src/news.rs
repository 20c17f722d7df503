//! News for the pages as wholes: what becomes known of an answer after its turn has ended, when
//! nobody watches that turn any more, and what one window has changed that another one shows.

use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacet_conversation::{Conversation, ConversationId, MessageId, Receipt, TurnId, Usage};
use ts_rs::TS;

/// One piece of news. What it says is on disk (rule C06); whoever missed it reads it there.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum News {
    /// There are better figures of an answer that has ended.
    UsageSettled {
        /// The conversation.
        conversation_id: ConversationId,
        /// The answer.
        message_id: MessageId,
        /// What it took, in place of what was said before.
        usage: Box<Usage>,
    },
    /// A model is asked for the title of a conversation. Stopping that turn stops it.
    NamingBegan {
        /// The conversation.
        conversation_id: ConversationId,
        /// The turn that it follows.
        turn_id: TurnId,
    },
    /// That has ended.
    NamingEnded {
        /// The conversation.
        conversation_id: ConversationId,
        /// The title that the conversation has of it; absent where it keeps the one before.
        title: Option<String>,
    },
    /// The person wants to see a conversation: they clicked what told them of it.
    Wanted {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Conversations were added or changed by a command beside the window, or many by another one.
    ConversationsChanged,
    /// A turn was begun in another window.
    TurnBegan {
        /// The conversation.
        conversation_id: ConversationId,
        /// The turn.
        turn_id: TurnId,
        /// The answer that it writes.
        message_id: MessageId,
    },
    /// A conversation is new, back, has another title or stands elsewhere in the list.
    ConversationChanged {
        /// As it is now.
        conversation: Box<Conversation>,
    },
    /// A conversation was deleted in another window.
    ConversationDeleted {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// A conversation is answered in another way from now on.
    ConversationSettingsChanged {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Messages of a conversation went, came back or are sent otherwise: what is known of it is old.
    MessagesChanged {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Another branch of a conversation was chosen.
    BranchChosen {
        /// The conversation.
        conversation_id: ConversationId,
        /// The message that it ends with.
        head: MessageId,
    },
    /// The settings of the app were changed.
    SettingsChanged,
    /// What was typed and not sent in another window has changed.
    DraftsChanged,
    /// An answer is saved whose end could not be saved at first (rule C04).
    Saved {
        /// The conversation.
        conversation_id: ConversationId,
        /// The answer.
        message_id: MessageId,
        /// Its receipt, where it was stopped.
        receipt: Option<Box<Receipt>>,
    },
    /// A tool call of an answer that has ended has a result after all.
    ResultArrived {
        /// The conversation.
        conversation_id: ConversationId,
        /// The answer.
        message_id: MessageId,
    },
    /// The tasks that servers of tools still work on for an earlier run are others, or say something
    /// else.
    TasksChanged,
}

/// Where news goes. Sending must not block, and that it arrives is not known.
pub trait NewsSink: Send + Sync {
    /// Hands a piece of news over.
    fn send(&self, news: &News);
}

/// Those who listen, by the names of their pages.
type Listeners = Vec<(String, Box<dyn NewsSink>)>;

/// Leads news to the pages that listen. Clones lead to the same.
#[derive(Clone, Default)]
pub(super) struct NewsFeed {
    listeners: Arc<Mutex<Listeners>>,
}

impl NewsFeed {
    /// Has a page listen, in the place of one of that name.
    pub(super) fn listen(&self, page: &str, sink: Box<dyn NewsSink>) {
        let mut listeners = self.listeners();
        listeners.retain(|(name, _)| name != page);
        listeners.push((page.to_owned(), sink));
    }

    pub(super) fn forget(&self, page: &str) {
        self.listeners().retain(|(name, _)| name != page);
    }

    /// Tells all.
    pub(super) fn tell(&self, news: &News) {
        self.tell_where(news, |_| true);
    }

    /// Tells the pages that `is_meant` names.
    pub(super) fn tell_where(&self, news: &News, is_meant: impl Fn(&str) -> bool) {
        for (name, sink) in &*self.listeners() {
            if is_meant(name) {
                sink.send(news);
            }
        }
    }

    /// Whether more than one page listens.
    pub(super) fn has_several(&self) -> bool {
        self.listeners().len() > 1
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Ear(Sender<News>);

    impl NewsSink for Ear {
        fn send(&self, news: &News) {
            self.0.send(news.clone()).unwrap();
        }
    }

    #[test]
    fn news_goes_to_every_page_in_the_place_of_its_last_and_to_none_that_is_gone() {
        let feed = NewsFeed::default();
        let (first, first_heard) = channel();
        let (second, second_heard) = channel();
        let (other, other_heard) = channel();
        let news = News::UsageSettled {
            conversation_id: ConversationId::new(),
            message_id: MessageId::new(),
            usage: Box::new(Usage::unknown()),
        };
        feed.tell(&news);
        feed.listen("main", Box::new(Ear(first)));
        feed.tell(&news);
        feed.listen("window-2", Box::new(Ear(other)));
        feed.listen("main", Box::new(Ear(second)));
        assert!(feed.has_several());
        feed.tell(&news);
        feed.tell_where(&News::SettingsChanged, |page| page != "main");
        feed.forget("main");
        feed.tell(&news);
        assert!(!feed.has_several());
        feed.forget("window-2");
        let once = std::slice::from_ref(&news);
        assert_eq!(first_heard.iter().collect::<Vec<_>>(), once);
        assert_eq!(second_heard.iter().collect::<Vec<_>>(), once);
        let heard = [news.clone(), News::SettingsChanged, news];
        assert_eq!(other_heard.iter().collect::<Vec<_>>(), heard);
    }
}

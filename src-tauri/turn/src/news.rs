//! News for the page as a whole: what becomes known of an answer after its turn has ended, when
//! nobody watches that turn any more.

use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacet_conversation::{ConversationId, MessageId, Receipt, TurnId, Usage};
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
    /// Conversations were added or changed by a command beside the window.
    ConversationsChanged,
    /// An answer is saved whose end could not be saved at first (rule C04).
    Saved {
        /// The conversation.
        conversation_id: ConversationId,
        /// The answer.
        message_id: MessageId,
        /// Its receipt, where it was stopped.
        receipt: Option<Box<Receipt>>,
    },
}

/// Where news goes. Sending must not block, and that it arrives is not known.
pub trait NewsSink: Send + Sync {
    /// Hands a piece of news over.
    fn send(&self, news: &News);
}

/// Leads news to the one who listens: the page that asked last. Clones lead to the same.
#[derive(Clone, Default)]
pub(super) struct NewsFeed {
    listener: Arc<Mutex<Option<Box<dyn NewsSink>>>>,
}

impl NewsFeed {
    pub(super) fn listen(&self, sink: Box<dyn NewsSink>) {
        *self.listener() = Some(sink);
    }

    pub(super) fn forget(&self) {
        *self.listener() = None;
    }

    pub(super) fn tell(&self, news: &News) {
        if let Some(sink) = &*self.listener() {
            sink.send(news);
        }
    }

    fn listener(&self) -> MutexGuard<'_, Option<Box<dyn NewsSink>>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn news_goes_to_the_page_that_asked_last_and_to_none_that_is_gone() {
        let feed = NewsFeed::default();
        let (first, first_heard) = channel();
        let (second, second_heard) = channel();
        let news = News::UsageSettled {
            conversation_id: ConversationId::new(),
            message_id: MessageId::new(),
            usage: Box::new(Usage::unknown()),
        };
        feed.tell(&news);
        feed.listen(Box::new(Ear(first)));
        feed.tell(&news);
        feed.listen(Box::new(Ear(second)));
        feed.tell(&news);
        feed.forget();
        feed.tell(&news);
        let once = std::slice::from_ref(&news);
        assert_eq!(first_heard.iter().collect::<Vec<_>>(), once);
        assert_eq!(second_heard.iter().collect::<Vec<_>>(), [news]);
    }
}

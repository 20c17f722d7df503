//! Those who watch turns come and go.

use super::Turns;
use crate::attention::Attention;
use crate::event::TurnSnapshot;
use crate::news::{News, NewsSink};
use crate::run::TurnCommand;
use crate::watcher::EventSink;
use tacet_conversation::TurnId;
use tokio::sync::oneshot;

impl Turns {
    /// Subscribes `watcher`, of the page of that name, to a turn: the snapshot says what is, and `sink`
    /// gets every event after it. `None` for a turn that does not run (any more): its answer is in the store.
    pub async fn attach(
        &self,
        turn_id: TurnId,
        page: &str,
        watcher: String,
        sink: Box<dyn EventSink>,
    ) -> Option<TurnSnapshot> {
        let (reply, snapshot) = oneshot::channel();
        self.post(
            turn_id,
            TurnCommand::Attach {
                page: page.to_owned(),
                watcher,
                sink,
                reply,
            },
        )?;
        snapshot.await.ok()
    }

    /// A watcher's answer to [`crate::TurnEventKind::AreYouThere`] and to events that ask for it;
    /// `shown` is the number of the last event that it has shown.
    pub fn acknowledge(&self, turn_id: TurnId, watcher: String, shown: u64) {
        self.post(turn_id, TurnCommand::Acknowledge { watcher, shown });
    }

    /// A watcher does not want more events. This is not Stop.
    pub fn detach(&self, turn_id: TurnId, watcher: String) {
        self.post(turn_id, TurnCommand::Detach { watcher });
    }

    /// Subscribes a page to what becomes known of answers whose turns have ended, in place of the page
    /// of that name before it, to the requests for titles that run, and to what other windows change.
    /// The subscription ends with the page ([`page_gone`](Self::page_gone)).
    pub fn on_news(&self, page: &str, sink: Box<dyn NewsSink>) {
        self.shared.namings.listen(&self.shared.feed, page, sink);
    }

    /// Tells all pages that are subscribed.
    pub fn tell(&self, news: &News) {
        self.shared.feed.tell(news);
    }

    /// Tells one page.
    pub fn tell_page(&self, page: &str, news: &News) {
        self.shared.feed.tell_where(news, |name| name == page);
    }

    /// Tells all pages but the one that knows, as it has done it.
    pub fn tell_others(&self, page: &str, news: &News) {
        self.shared.feed.tell_where(news, |name| name != page);
    }

    /// Tells all pages where there are several: a lone one has done it.
    pub fn tell_several(&self, news: &News) {
        if self.shared.feed.has_several() {
            self.shared.feed.tell(news);
        }
    }

    /// Whether turns go on for as long as they take although nobody watches them, the watch limit
    /// notwithstanding (rule C13). It holds for those that run, too.
    pub fn go_on_unwatched(&self, goes_on: bool) {
        self.shared.unwatched.go_on(goes_on);
    }

    /// Tells `listener` whenever a turn has ended or waits for the person. It is called where turns
    /// run, so that it must not block; a second listener is none.
    pub fn on_attention(&self, listener: impl Fn(Attention) + Send + Sync + 'static) {
        self.shared.unwatched.listen(Box::new(listener));
    }

    /// The page of that name was reloaded or closed, or has died: its watchers are gone. Turns that
    /// have no others go on until the watch limit (rule C13).
    pub fn page_gone(&self, page: &str) {
        self.shared.feed.forget(page);
        for entry in self.running().values() {
            // A turn that has just ended takes no commands, and needs none.
            drop(entry.mailbox.send(TurnCommand::PageGone(page.to_owned())));
        }
    }
}

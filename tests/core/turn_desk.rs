//! A desk to test turns at: a gated server, a store in a folder of its own, and the registry.

use crate::turn_watch::Watch;
use crate::wire_phases::remote;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use tacet_core::store::Store;
use tacet_core::{
    Cause, Conversation, ConversationId, Endpoint, Message, MessageId, ModelRef, News, NewsSink,
    Parameters, Provider, Receipt, Remote, StartError, StartTurn, StopOutcome, TurnId, TurnOptions,
    TurnStarted, Turns, WireApi, now,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Dialect, GatedServer};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub struct Desk {
    pub server: GatedServer,
    pub provider: Arc<dyn Provider>,
    pub turns: Turns,
    pub store: Store,
    pub folder: TempDir,
}

struct Ear(UnboundedSender<News>);

impl NewsSink for Ear {
    fn send(&self, news: &News) {
        // The test may have heard enough.
        drop(self.0.send(news.clone()));
    }
}

impl Desk {
    pub async fn open() -> Self {
        Self::with(TurnOptions::default()).await
    }

    pub async fn with(options: TurnOptions) -> Self {
        let server = GatedServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        Self {
            provider: chat_at(&server.base_url()),
            turns: Turns::new(store.clone(), options),
            server,
            store,
            folder,
        }
    }

    /// What is told from now on of answers whose turns have ended.
    pub fn news(&self) -> UnboundedReceiver<News> {
        let (ear, news) = unbounded_channel();
        self.turns.on_news("main", Box::new(Ear(ear)));
        news
    }

    /// Starts a turn at the gated server.
    pub async fn start(&self, request: StartTurn) -> TurnStarted {
        self.try_start(request).await.unwrap()
    }

    pub async fn try_start(&self, request: StartTurn) -> Result<TurnStarted, StartError> {
        self.start_at(Arc::clone(&self.provider), request).await
    }

    pub async fn start_at(
        &self,
        provider: Arc<dyn Provider>,
        request: StartTurn,
    ) -> Result<TurnStarted, StartError> {
        let started = self
            .turns
            .start(request, ready(Ok(provider)), Parameters::default());
        within("the turn to start", started).await
    }

    /// Starts a turn in a conversation of its own and watches it.
    pub async fn ask(&self, words: &str) -> Watch {
        let request = question(words);
        self.start(request.clone()).await;
        self.watch(request.turn_id).await
    }

    pub async fn watch(&self, turn: TurnId) -> Watch {
        self.try_watch(turn).await.expect("a running turn")
    }

    pub async fn try_watch(&self, turn: TurnId) -> Option<Watch> {
        Watch::attach(&self.turns, turn, self.folder.path()).await
    }

    pub async fn stop(&self, turn: TurnId) -> StopOutcome {
        let stopping = self.turns.stop(turn, Cause::User, Some(now()));
        within("the turn to stop", stopping).await
    }

    /// Stops a turn that runs, and gives its receipt.
    pub async fn stopped(&self, turn: TurnId) -> Receipt {
        receipt(self.stop(turn).await)
    }

    /// The gated server as a provider that speaks this API.
    pub fn provider_of(&self, dialect: Dialect) -> Arc<dyn Provider> {
        Arc::new(remote(&self.server, dialect))
    }

    /// The answer of a turn as it stands in the database.
    pub async fn answer(&self, turn: TurnId) -> Message {
        self.store.answer_of(turn).await.unwrap().expect("a row")
    }

    /// Asks once more in the conversation of `answer`, and answers; the request must be valid.
    pub async fn converse_after(&self, answer: &Message) {
        let request = follow_up(answer.conversation_id, answer.id, "And now?");
        let turn = request.turn_id;
        self.start(request).await;
        let watch = self.try_watch(turn).await;
        let mut exchange = self.server.next_request().await;
        exchange.send_text_delta("All is well.").await;
        exchange.complete(9, 3).await;
        if let Some(watch) = watch {
            watch.end().await;
        }
        let settled = self.answer(turn).await;
        assert_eq!(settled.text(), "All is well.");
        assert_eq!(self.server.violations(), Vec::<String>::new());
    }
}

/// The receipt of a turn that was stopped.
pub fn receipt(outcome: StopOutcome) -> Receipt {
    match outcome {
        StopOutcome::Stopped {
            receipt: Some(receipt),
        } => *receipt,
        other => panic!("no receipt, but {other:?}"),
    }
}

pub fn chat_at(base_url: &str) -> Arc<dyn Provider> {
    Arc::new(Remote::new(WireApi::OpenaiChat, &Endpoint::new(base_url, None)).unwrap())
}

fn model() -> ModelRef {
    "gated/gated-model".parse().unwrap()
}

/// A first question in a new conversation.
pub fn question(words: &str) -> StartTurn {
    StartTurn {
        turn_id: TurnId::new(),
        conversation_id: ConversationId::new(),
        parent_id: None,
        text: Some(words.to_owned()),
        attachments: Vec::new(),
        continues: None,
        files_of: None,
        settings: None,
        model: model(),
    }
}

pub fn follow_up(conversation: ConversationId, parent: MessageId, words: &str) -> StartTurn {
    StartTurn {
        conversation_id: conversation,
        parent_id: Some(parent),
        ..question(words)
    }
}

/// All conversations with their messages, read by a connection of its own.
pub fn on_disk(folder: &Path) -> Vec<(Conversation, Vec<Message>)> {
    let mut json = Vec::new();
    let mut reader = Store::open_read_only(folder).unwrap();
    reader.export(&mut json).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let conversations = document["conversations"].as_array().unwrap();
    conversations
        .iter()
        .map(|entry| {
            let messages = serde_json::from_value(entry["messages"].clone()).unwrap();
            (serde_json::from_value(entry.clone()).unwrap(), messages)
        })
        .collect()
}

/// The answer of a turn, read by a connection of its own.
pub fn answer_on_disk(folder: &Path, turn: TurnId) -> Option<Message> {
    on_disk(folder)
        .into_iter()
        .flat_map(|(_, messages)| messages)
        .rfind(|message| message.turn_id == Some(turn))
}

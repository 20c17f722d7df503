//! A library as years of use leave it.

use super::author::Author;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tacet_core::store::{FILE, SEARCH_FILE, Search, Store};
use tacet_core::{
    Conversation, ConversationId, Filing, FinishReason, Message, MessageId, MessageState, Millis,
    Part, Role, TurnId, Usage, UsageSource, now,
};

const SEED: u64 = 14;
/// Messages that are written at once.
const BATCH: usize = 500;
const HOUR: Millis = 3_600_000;

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub conversations: usize,
    pub messages: usize,
    /// Messages of the longest conversation, which is the newest.
    pub longest: usize,
}

impl Size {
    pub const WHOLE: Self = Self {
        conversations: 1_000,
        messages: 200_000,
        longest: 10_000,
    };

    /// So many times smaller.
    pub fn divided_by(self, divisor: usize) -> Self {
        Self {
            conversations: (self.conversations / divisor).max(2),
            messages: (self.messages / divisor).max(40),
            longest: (self.longest / divisor).max(20),
        }
    }
}

/// What was made.
pub struct Library {
    pub longest: ConversationId,
    /// The last answer of that.
    pub last: MessageId,
    /// Bytes of text in all messages.
    pub text: usize,
    /// Bytes of the two databases.
    pub size: u64,
}

/// Writes a library into the data folder, with its index.
pub async fn write(folder: &Path, size: Size) -> Library {
    let store = Store::open(folder).unwrap();
    let mut author = Author::new(SEED);
    let mut text = 0;
    let others = size.conversations - 1;
    let mut left = size.messages - size.longest;
    for number in 0..others {
        let conversations = others - number;
        // Anything between next to nothing and twice the average.
        let messages = match conversations {
            1 => left,
            _ => author.up_to(2 * left / conversations).min(left),
        };
        left -= messages;
        let age = HOUR * Millis::try_from(conversations).unwrap();
        write_one(&store, &mut author, messages, now() - age, &mut text).await;
    }
    let (longest, last) = write_one(&store, &mut author, size.longest, now(), &mut text).await;
    index(&store).await;
    drop(store);
    let bytes = |file| fs::metadata(folder.join(file)).unwrap().len();
    Library {
        longest,
        last: last.unwrap(),
        text,
        size: bytes(FILE) + bytes(SEARCH_FILE),
    }
}

/// Waits until everything can be found.
pub async fn index(store: &Store) {
    store.keep_index();
    let search = || Search {
        words: "ice".to_owned(),
        utc_offset_minutes: 0,
        limit: 1,
    };
    while store.search(search()).await.unwrap().indexing.is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn write_one(
    store: &Store,
    author: &mut Author,
    messages: usize,
    at: Millis,
    text: &mut usize,
) -> (ConversationId, Option<MessageId>) {
    let title = author.prose(1);
    let mut conversation = Conversation {
        id: ConversationId::new(),
        title: title.chars().take(60).collect(),
        created_at: at,
        updated_at: at,
        head: None,
        filing: Filing::default(),
    };
    store.begin_import(conversation.clone()).await.unwrap();
    let mut batch = Vec::with_capacity(BATCH);
    let mut turn_id = TurnId::new();
    for number in 0..messages {
        let is_question = number % 2 == 0;
        if is_question {
            turn_id = TurnId::new();
        }
        let said = if is_question {
            let sentences = author.up_to(3);
            author.prose(sentences)
        } else {
            let sentences = 3 + author.up_to(20);
            author.prose(sentences)
        };
        *text += said.len();
        let message = Message {
            conversation_id: conversation.id,
            parent_id: conversation.head,
            turn_id: Some(turn_id),
            created_at: at,
            ended_at: Some(at),
            ..if is_question {
                Message::from_user(said)
            } else {
                answer(said)
            }
        };
        conversation.head = Some(message.id);
        batch.push(message);
        if batch.len() == BATCH || number + 1 == messages {
            let batch = std::mem::take(&mut batch);
            let taken = store.import_messages(conversation.clone(), batch);
            taken.await.unwrap();
        }
    }
    store.end_import(conversation.clone(), None).await.unwrap();
    (conversation.id, conversation.head)
}

fn answer(said: String) -> Message {
    let tokens = u64::try_from(said.len()).unwrap() / 4;
    Message {
        role: Role::Assistant,
        state: MessageState::Complete,
        model: Some("gated/test-model".parse().unwrap()),
        finish_reason: Some(FinishReason::Stop),
        usage: Some(Usage {
            source: UsageSource::Reported,
            input_tokens: Some(4 * tokens),
            output_tokens: Some(tokens),
            ..Usage::unknown()
        }),
        parts: vec![Part::Text { text: said }],
        ..Message::from_user("")
    }
}

//! The catalogue of conversations: which there are, and what each says of itself.

use super::{Described, Store, StoreError, TitleRequest, conversation, title, turn};
use tacet_conversation::{
    Conversation, ConversationId, ConversationSettings, Message, MessageId, Millis,
};

impl Store {
    /// The first `limit` conversations in the order in which they are listed (what is pinned, the
    /// folders by their names, the others, the archive; in each the newest first), and whether there
    /// are more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn first_conversations(
        &self,
        limit: u32,
    ) -> Result<(Vec<Conversation>, bool), StoreError> {
        self.readers
            .run(move |connection| conversation::first(connection, limit))
            .await
    }

    /// The `limit` conversations that follow one in the order of their ids; without one, the first of
    /// them. Whoever reads page after page has all that were there from the beginning to the end.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn conversations_after(
        &self,
        id: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.readers
            .run(move |connection| conversation::after(connection, id, limit))
            .await
    }

    /// One conversation, unless it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn conversation(
        &self,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.readers
            .run(move |connection| conversation::one(connection, id))
            .await
    }

    /// Gives a conversation another title; `false` when it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn rename(&self, id: ConversationId, title: String) -> Result<bool, StoreError> {
        self.run(move |connection| conversation::rename(connection, id, &title))
            .await
    }

    /// Whether a conversation wants a title of a model: it has its first whole answer and the title
    /// that it began with, and no model was asked for one. With `again`, also after a later answer and
    /// where a model was asked, up to three times.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn wants_title(&self, id: ConversationId, again: bool) -> Result<bool, StoreError> {
        self.readers
            .run(move |connection| title::is_wanted(connection, id, again))
            .await
    }

    /// Writes what a request for a title took, and gives the conversation the title, unless the
    /// person has named it meanwhile. Answers the conversation where it has that title now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn save_title(
        &self,
        id: ConversationId,
        request: TitleRequest,
    ) -> Result<Option<Conversation>, StoreError> {
        self.run(move |connection| title::save(connection, id, &request))
            .await
    }

    /// One conversation with all that it says of itself, unless it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn described(&self, id: ConversationId) -> Result<Option<Described>, StoreError> {
        self.readers
            .run(move |connection| conversation::described(connection, id))
            .await
    }

    /// How a conversation is answered; `None` where it is unknown or deleted, or says nothing that can
    /// be read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn conversation_settings(
        &self,
        id: ConversationId,
    ) -> Result<Option<ConversationSettings>, StoreError> {
        self.readers
            .run(move |connection| conversation::settings(connection, id))
            .await
    }

    /// Keeps how a conversation is answered from now on; `false` when it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be written; what was kept before stays.
    pub async fn set_conversation_settings(
        &self,
        id: ConversationId,
        settings: ConversationSettings,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| conversation::set_settings(connection, id, &settings))
            .await
    }

    /// What tools may do in a conversation without asking, as [`Self::set_permissions`] was given
    /// it; `None` where it is unknown or deleted, or nothing was allowed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn permissions(&self, id: ConversationId) -> Result<Option<String>, StoreError> {
        self.readers
            .run(move |connection| conversation::permissions(connection, id))
            .await
    }

    /// Keeps what tools may do in a conversation without asking; `false` when it is unknown or
    /// deleted.
    ///
    /// # Errors
    /// When the database cannot be written; what was kept before stays.
    pub async fn set_permissions(
        &self,
        id: ConversationId,
        permissions: Option<String>,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            conversation::set_permissions(connection, id, permissions.as_deref())
        })
        .await
    }

    /// Deletes a conversation until [`Store::restore`], or for good at the next
    /// [`Store::purge_deleted`]. An answer that runs in it becomes `interrupted`, cause
    /// `user`, with what was checkpointed. `false` when it is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete(&self, id: ConversationId, now: Millis) -> Result<bool, StoreError> {
        let held = self.held.of(id);
        let ends: Vec<Message> = held.into_iter().map(|(end, _)| end).collect();
        let written: Vec<MessageId> = ends.iter().map(|end| end.id).collect();
        let deleted = self.write(move |connection| turn::delete(connection, id, now, &ends));
        let deleted = deleted.await?;
        for answer in written {
            self.held.release(answer);
        }
        Ok(deleted)
    }

    /// Brings a deleted conversation back; `false` when there is none to bring back, be it that
    /// its removal for good has begun.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn restore(&self, id: ConversationId) -> Result<bool, StoreError> {
        self.run(move |connection| conversation::restore(connection, id))
            .await
    }

    /// Makes `head` the leaf that the conversation shows; `false` when the message is not of
    /// this conversation, or the conversation is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_head(&self, id: ConversationId, head: MessageId) -> Result<bool, StoreError> {
        self.run(move |connection| conversation::set_head(connection, id, head))
            .await
    }
}

//! What tools may do without asking: in a conversation, kept with it, and for always.

use super::Tools;
use crate::mutex::lock;
use crate::view::CommandError;
use std::sync::Arc;
use tacet_conversation::{ConversationId, ProviderError};
use tacet_store::StoreError;
use tacet_tool::approval::{Card, Permissions, ToolId};
use tacet_turn::{PermissionBook, Standing};

impl Tools {
    /// Reads what was allowed in a conversation, where that was not done yet.
    pub(super) async fn read_permissions(
        &self,
        conversation: ConversationId,
    ) -> Result<(), ProviderError> {
        let is_read = || {
            let conversations = lock(&self.0.conversations);
            let kept = conversations.get(&conversation);
            kept.is_some_and(|kept| kept.permissions.is_some())
        };
        if is_read() {
            return Ok(());
        }
        let kept = self.0.store.permissions(conversation).await?;
        // What cannot be read allows nothing.
        let kept = kept.and_then(|json| serde_json::from_str(&json).ok());
        let mut conversations = lock(&self.0.conversations);
        let known = conversations.entry(conversation).or_default();
        known.permissions.get_or_insert(kept.unwrap_or_default());
        Ok(())
    }

    /// What may run in a conversation without asking: tools as `SERVER/TOOL`, and hosts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn allowed_in(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<String>, CommandError> {
        let read = self.read_permissions(conversation).await;
        read.map_err(|error| CommandError::invalid(error.message))?;
        let conversations = lock(&self.0.conversations);
        let kept = conversations.get(&conversation);
        let Some(allowed) = kept.and_then(|kept| kept.permissions.as_ref()) else {
            return Ok(Vec::new());
        };
        let tools = allowed.conversation.iter().map(ToolId::setting);
        Ok(tools.chain(allowed.hosts.iter().cloned()).collect())
    }

    /// Has everything in a conversation asked about again.
    ///
    /// # Errors
    /// When the database cannot be written; it is asked about all the same until the app quits.
    pub async fn ask_again_in(&self, conversation: ConversationId) -> Result<(), CommandError> {
        {
            let mut conversations = lock(&self.0.conversations);
            let kept = conversations.entry(conversation).or_default();
            kept.permissions = Some(Permissions::default());
        }
        Ok(self.save_permissions(conversation).await?)
    }

    /// Keeps what is allowed in a conversation by now.
    async fn save_permissions(&self, conversation: ConversationId) -> Result<(), StoreError> {
        // One after the other, so that what is written last is the newest.
        let _turn = self.0.saving.lock().await;
        let allowed = {
            let conversations = lock(&self.0.conversations);
            let kept = conversations.get(&conversation);
            let allowed = kept.and_then(|kept| kept.permissions.as_ref());
            let allowed = allowed.filter(|allowed| **allowed != Permissions::default());
            allowed.and_then(|allowed| serde_json::to_string(allowed).ok())
        };
        let kept = self.0.store.set_permissions(conversation, allowed);
        kept.await.map(drop)
    }

    /// Forgets what was allowed always in this run, by its name in the settings.
    pub fn take_back(&self, permission: &str) {
        let mut always = lock(&self.0.always);
        always.programs.remove(permission);
        if let Some(tool) = ToolId::from_setting(permission) {
            always.always.remove(&tool);
        }
    }
}

/// What may run in one conversation.
pub(super) struct Book {
    pub tools: Tools,
    pub conversation: ConversationId,
}

impl PermissionBook for Book {
    fn permissions(&self) -> Permissions {
        let shared = &self.tools.0;
        let standing = Permissions::standing(&shared.settings.settings().tools);
        let run = lock(&shared.always).clone();
        let kept = lock(&shared.conversations)
            .get(&self.conversation)
            .and_then(|kept| kept.permissions.clone())
            .unwrap_or_default();
        Permissions {
            always: run.always.into_iter().chain(standing.always).collect(),
            programs: run.programs.into_iter().chain(standing.programs).collect(),
            read_only_of: standing.read_only_of,
            ..kept
        }
    }

    fn allow(&self, card: &Card, standing: Standing) -> bool {
        let shared = &self.tools.0;
        match standing {
            Standing::Conversation => {
                let mut conversations = lock(&shared.conversations);
                let kept = conversations.entry(self.conversation).or_default();
                let permissions = kept.permissions.get_or_insert_default();
                permissions.allow_in_conversation(card);
                let (tools, id) = (self.tools.clone(), self.conversation);
                // The disk may take its time, and the tool need not wait. What is not kept is asked
                // about again after a restart.
                tokio::spawn(async move { drop(tools.save_permissions(id).await) });
                true
            }
            Standing::Always => {
                if !lock(&shared.always).allow_always(card) {
                    return false;
                }
                let (settings, card) = (Arc::clone(&shared.settings), card.clone());
                // The disk may take its time, and the tool need not wait: it is allowed.
                tokio::task::spawn_blocking(move || {
                    let saved = settings.change(|settings| {
                        let mut standing = Permissions::standing(&settings.tools);
                        standing.allow_always(&card);
                        standing.keep(&mut settings.tools);
                    });
                    // A file that cannot be written is told by the settings' own view.
                    drop(saved);
                });
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tacet_conversation::{Conversation, Filing, Message, TurnId};
    use tacet_settings::SettingsFile;
    use tacet_settings::secret::SecretStore;
    use tacet_store::{Claim, NewTurn, Store};

    /// Writes a conversation of one message.
    async fn begin(store: &Store) -> ConversationId {
        let (id, turn_id) = (ConversationId::new(), TurnId::new());
        let new = NewTurn {
            claim: Claim::default(),
            settings: None,
            conversation: Conversation {
                id,
                title: "Ice".to_owned(),
                created_at: 1,
                updated_at: 1,
                head: None,
                filing: Filing::default(),
            },
            user_message: None,
            answer: Message {
                conversation_id: id,
                turn_id: Some(turn_id),
                ..Message::from_user("What is ice?")
            },
            turn_id,
        };
        store.begin_turn(new).await.unwrap();
        id
    }

    #[tokio::test]
    async fn what_is_asked_about_again_stays_so_also_where_it_was_allowed_just_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let settings = Arc::new(SettingsFile::open(folder.path()));
        let tools = Tools::new(settings, SecretStore::open(), store.clone());
        let conversation = begin(&store).await;
        let book = Book {
            tools: tools.clone(),
            conversation,
        };
        let card = Card {
            tool: ToolId::from_setting("files/read").unwrap(),
            title: "Read".to_owned(),
            arguments: serde_json::json!({}),
            command: None,
            host: None,
            program: None,
        };
        assert!(book.allow(&card, Standing::Conversation));
        tools.ask_again_in(conversation).await.unwrap();
        // Behind all that is being written.
        assert!(store.rename(conversation, "Snow".to_owned()).await.unwrap());
        assert_eq!(store.permissions(conversation).await.unwrap(), None);
    }
}

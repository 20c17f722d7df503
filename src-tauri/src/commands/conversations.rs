//! The list of conversations, and what is in one.

use crate::app::App;
use crate::view::{BranchEnd, BranchView, CommandError, ConversationView, ErrorCode};
use tacet_conversation::{
    Cause, Conversation, ConversationId, ConversationSettings, Filing, Message, MessageId, Millis,
    now, tidy_name,
};
use tacet_store::{DeletedBranch, PageEnd, RestoredBranch, Stretch};
use tacet_turn::News;
use tauri::{Runtime, State, WebviewWindow};

/// So many conversations are listed at once.
const LIST_PAGE: u32 = 500;

/// The conversations that follow one in the order of their ids, or the first of them; none after the
/// last.
#[tauri::command]
pub async fn list_conversations(
    app: State<'_, App>,
    after: Option<ConversationId>,
) -> Result<Vec<Conversation>, CommandError> {
    Ok(app.store.conversations_after(after, LIST_PAGE).await?)
}

/// So many messages are read at once, unless the page asks for those back to one.
const PAGE: u32 = 30;

/// One conversation with the end of the branch that it shows.
#[tauri::command]
pub async fn open_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<ConversationView, CommandError> {
    let described = app.store.described(conversation_id).await?;
    let described = described.ok_or_else(CommandError::gone)?;
    let settings = described.settings.unwrap_or_default();
    let model = settings.model.as_ref();
    Ok(ConversationView {
        model_option: model.and_then(|model| app.providers.model_option(model)),
        conversation: described.conversation,
        settings,
        damaged: described.is_damaged,
        page: read(&app, conversation_id, PageEnd::Head).await?,
    })
}

/// More messages of a conversation: those above what is shown, or those of another branch.
#[tauri::command]
pub async fn open_branch(
    app: State<'_, App>,
    conversation_id: ConversationId,
    end: BranchEnd,
) -> Result<BranchView, CommandError> {
    let end = match end {
        BranchEnd::Before(message) => PageEnd::Before(message),
        BranchEnd::Between { before, through } => PageEnd::Between { before, through },
        BranchEnd::Through(message) => PageEnd::Through(message),
    };
    read(&app, conversation_id, end).await
}

async fn read(app: &App, id: ConversationId, end: PageEnd) -> Result<BranchView, CommandError> {
    let page = app.store.branch_page(id, end, PAGE).await?;
    let page = page.ok_or_else(CommandError::gone)?;
    Ok(BranchView {
        messages: page.messages,
        siblings: page.siblings,
        // After the messages: one that was saved between is not called unsaved.
        unsaved: app.store.unsaved(id),
        damaged_messages: page.damaged,
    })
}

/// Where a conversation forks, and where its branches end.
#[tauri::command]
pub async fn conversation_map(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<Vec<Stretch>, CommandError> {
    let map = app.store.map(conversation_id).await?;
    map.ok_or_else(CommandError::gone)
}

/// One message as it is stored; none where it is not there any more.
#[tauri::command]
pub async fn open_message(
    app: State<'_, App>,
    message_id: MessageId,
) -> Result<Option<Message>, CommandError> {
    Ok(app.store.message(message_id).await?)
}

/// Gives a conversation another title.
#[tauri::command]
pub async fn rename_conversation<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
    title: String,
) -> Result<Conversation, CommandError> {
    app.may_write()?;
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(CommandError::invalid(
            "A title needs at least one letter. The old one was kept.",
        ));
    }
    app.store.rename(conversation_id, title).await?;
    changed(&window, &app, conversation_id).await
}

/// Pins a conversation, puts it into a folder or the archive, and gives it tags.
#[tauri::command]
pub async fn file_conversation<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
    filing: Filing,
) -> Result<Conversation, CommandError> {
    app.may_write()?;
    let filing = filing.tidied().map_err(unchanged)?;
    app.store.file(conversation_id, filing).await?;
    changed(&window, &app, conversation_id).await
}

/// Gives a folder another name, and answers how it is spelled; or none: what is in it is in no folder
/// then.
#[tauri::command]
pub async fn rename_folder<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    name: String,
    to: Option<String>,
) -> Result<Option<String>, CommandError> {
    app.may_write()?;
    let to = to.map(|to| tidy_name(&to).map_err(unchanged)).transpose()?;
    let renamed = app.store.rename_folder(name, to).await?;
    if renamed.moved == 0 {
        return Err(CommandError {
            code: ErrorCode::NotFound,
            message: "There is nothing in this folder any more.".to_owned(),
        });
    }
    app.turns
        .tell_others(window.label(), &News::ConversationsChanged);
    Ok(renamed.name)
}

fn unchanged(problem: String) -> CommandError {
    CommandError::invalid(format!("{problem} Nothing was changed."))
}

/// Keeps how a conversation is answered from its next turn on.
#[tauri::command]
pub async fn set_conversation_settings<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
    settings: ConversationSettings,
) -> Result<(), CommandError> {
    app.may_write()?;
    settings.check().map_err(unchanged)?;
    let kept = app
        .store
        .set_conversation_settings(conversation_id, settings);
    if !kept.await? {
        return Err(CommandError::gone());
    }
    let news = News::ConversationSettingsChanged { conversation_id };
    app.turns.tell_others(window.label(), &news);
    Ok(())
}

/// Stops what runs in a conversation and deletes it: for good when [`tacet_store::UNDO_LIMIT`] has passed or
/// the app ends, whichever comes first.
#[tauri::command]
pub async fn delete_conversation<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<(), CommandError> {
    app.may_write()?;
    tokio::join!(
        app.turns.stop_conversation(conversation_id, Cause::User),
        app.tools
            .stop_tasks(|task| task.conversation_id == conversation_id),
    );
    let deleted_at = now();
    if !app.store.delete(conversation_id, deleted_at).await? {
        return Err(CommandError::gone());
    }
    purge_later(&app, deleted_at);
    let news = News::ConversationDeleted { conversation_id };
    app.turns.tell_others(window.label(), &news);
    Ok(())
}

fn purge_later(app: &App, deleted_at: Millis) {
    let store = app.store.clone();
    tauri::async_runtime::spawn(async move {
        // What cannot be removed then is removed when the app ends or starts.
        drop(store.purge_after_undo(deleted_at).await);
    });
}

/// Takes a deletion back.
#[tauri::command]
pub async fn restore_conversation<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<Conversation, CommandError> {
    app.may_write()?;
    app.store.restore(conversation_id).await?;
    changed(&window, &app, conversation_id).await
}

/// Stops what runs in the branch that begins with a message, and deletes it as a conversation is deleted.
#[tauri::command]
pub async fn delete_branch<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    message_id: MessageId,
) -> Result<DeletedBranch, CommandError> {
    app.may_write()?;
    let answers = app.store.branch_from(message_id).await?;
    tokio::join!(
        app.turns.stop_answers(&answers, Cause::User),
        app.tools
            .stop_tasks(|task| answers.contains(&task.message_id)),
    );
    let deleted_at = now();
    let deleted = app.store.delete_branch(message_id, deleted_at).await?;
    let deleted = deleted.ok_or_else(|| CommandError {
        code: ErrorCode::NotFound,
        message: "This message does not exist any more.".to_owned(),
    })?;
    purge_later(&app, deleted_at);
    tell_of_messages(&window, &app, deleted.head).await?;
    Ok(deleted)
}

/// Takes the deletion of a branch back.
#[tauri::command]
pub async fn restore_branch<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    branch_id: ConversationId,
) -> Result<RestoredBranch, CommandError> {
    app.may_write()?;
    let restored = app.store.restore_branch(branch_id).await?;
    let restored = restored.ok_or_else(|| CommandError {
        code: ErrorCode::NotFound,
        message: "This branch is gone for good: its deletion can't be undone any more.".to_owned(),
    })?;
    if let Some(head) = restored.head {
        tell_of_messages(&window, &app, head).await?;
    }
    Ok(restored)
}

/// Tells other windows that the messages of the conversation that this one is in are others now.
pub(super) async fn tell_of_messages<R: Runtime>(
    window: &WebviewWindow<R>,
    app: &App,
    message_id: MessageId,
) -> Result<(), CommandError> {
    if let Some(message) = app.store.message(message_id).await? {
        let conversation_id = message.conversation_id;
        let news = News::MessagesChanged { conversation_id };
        app.turns.tell_others(window.label(), &news);
    }
    Ok(())
}

/// Has a conversation show the branch that ends in `head`, also after a new start.
#[tauri::command]
pub async fn set_head<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    conversation_id: ConversationId,
    head: MessageId,
) -> Result<(), CommandError> {
    // Where nothing can be saved, the branches can be read all the same.
    app.stays()?;
    if !app.store.set_head(conversation_id, head).await? {
        return Err(CommandError::gone());
    }
    let news = News::BranchChosen {
        conversation_id,
        head,
    };
    app.turns.tell_others(window.label(), &news);
    Ok(())
}

/// A conversation as the window has changed it; the other windows are told.
async fn changed<R: Runtime>(
    window: &WebviewWindow<R>,
    app: &App,
    id: ConversationId,
) -> Result<Conversation, CommandError> {
    let found = app.store.conversation(id).await?;
    let conversation = found.ok_or_else(CommandError::gone)?;
    let news = News::ConversationChanged {
        conversation: Box::new(conversation.clone()),
    };
    app.turns.tell_others(window.label(), &news);
    Ok(conversation)
}

//! Start, watch and stop turns.

use crate::app::App;
use crate::sink::{PageNews, PageSink};
use crate::view::CommandError;
use std::sync::Arc;
use tacet_conversation::{Cause, ErrorCategory, Millis, ModelRef, ProviderError, TurnId};
use tacet_provider::{Parameters, Provider};
use tacet_settings::Titles;
use tacet_turn::{Naming, News, StartTurn, StopOutcome, Toolset, TurnSnapshot, TurnStarted};
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::{AppHandle, Manager, Runtime, State, WebviewWindow};

/// Starts a turn; a repeated call with the same id starts nothing.
#[tauri::command]
pub async fn start_turn<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    request: StartTurn,
) -> Result<TurnStarted, CommandError> {
    app.may_write()?;
    let handle = window.app_handle().clone();
    let (model, turn_id) = (request.model.clone(), request.turn_id);
    // Inside the turn, so that a Stop need not wait for the keychain (rule C01).
    let (conversation, tools) = (request.conversation_id, app.tools.clone());
    let parameters = Parameters {
        result_bytes: Some(app.tools.result_bytes()),
        ..Parameters::default()
    };
    let calls_tools = app.providers.calls_tools(&model);
    let tools = async move {
        if calls_tools {
            tools.of(conversation).await
        } else {
            Ok(Toolset::default())
        }
    };
    let naming = match app.providers.titles(&model) {
        Titles::FirstWords => Naming::FirstWords,
        Titles::Model => Naming::Answering {
            longest: (app.providers.is_own_server(&model)).then_some(tacet_turn::SHORT),
        },
        Titles::Chosen(chosen) => Naming::Chosen {
            provider: Box::pin(made_ready(handle.clone(), chosen.clone())),
            model: chosen,
        },
    };
    let provider = made_ready(handle, model);
    let started = app
        .turns
        .start_named(request, provider, tools, parameters, naming)
        .await?;
    if !started.already {
        let conversation = started.conversation.clone();
        let begun = News::TurnBegan {
            conversation_id: conversation.id,
            turn_id,
            message_id: started.answer.id,
        };
        let listed = News::ConversationChanged {
            conversation: Box::new(conversation),
        };
        // Other windows list the conversation before they follow its turn.
        for news in [listed, begun] {
            app.turns.tell_others(window.label(), &news);
        }
    }
    Ok(started)
}

/// The provider of a model, ready to be asked.
async fn made_ready<R: Runtime>(
    handle: AppHandle<R>,
    model: ModelRef,
) -> Result<Arc<dyn Provider>, ProviderError> {
    let provider = handle.state::<App>().providers.provider(&model).await;
    provider.map_err(|error| ProviderError::new(ErrorCategory::Authentication, error.message))
}

/// Gives the state of a running turn, and then every event after it.
#[tauri::command]
pub async fn attach_turn<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    turn_id: TurnId,
    viewer_id: String,
    events: Channel<InvokeResponseBody>,
) -> Result<Option<TurnSnapshot>, CommandError> {
    let sink = Box::new(PageSink(events));
    let attached = app.turns.attach(turn_id, window.label(), viewer_id, sink);
    Ok(attached.await)
}

/// Sends the page what becomes known of answers whose turns have ended, and what other windows change,
/// for as long as it lives.
#[tauri::command]
pub async fn watch_news<R: Runtime>(
    window: WebviewWindow<R>,
    app: State<'_, App>,
    news: Channel<InvokeResponseBody>,
) -> Result<(), CommandError> {
    app.turns.on_news(window.label(), Box::new(PageNews(news)));
    Ok(())
}

/// The page says that it is still there, and how far it has shown what it was sent.
#[tauri::command]
pub async fn acknowledge_turn(
    app: State<'_, App>,
    turn_id: TurnId,
    viewer_id: String,
    shown: u64,
) -> Result<(), CommandError> {
    app.turns.acknowledge(turn_id, viewer_id, shown);
    Ok(())
}

/// The page does not want more events of a turn, which goes on.
#[tauri::command]
pub async fn detach_turn(
    app: State<'_, App>,
    turn_id: TurnId,
    viewer_id: String,
) -> Result<(), CommandError> {
    app.turns.detach(turn_id, viewer_id);
    Ok(())
}

/// Stops a turn and answers with what that came to.
#[tauri::command]
pub async fn stop_turn(
    app: State<'_, App>,
    turn_id: TurnId,
    clicked_at: Option<Millis>,
) -> Result<StopOutcome, CommandError> {
    Ok(app.turns.stop(turn_id, Cause::User, clicked_at).await)
}

/// Stops every turn, and says how many this call stopped.
#[tauri::command]
pub async fn stop_all(
    app: State<'_, App>,
    clicked_at: Option<Millis>,
) -> Result<usize, CommandError> {
    let (turns, tasks) = tokio::join!(
        app.turns.stop_all(Cause::User, clicked_at),
        app.tools.stop_tasks(|_| true),
    );
    Ok(turns + tasks.len())
}

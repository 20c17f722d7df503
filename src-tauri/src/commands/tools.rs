//! Tools at work: what a person answers and stops, and the servers that tools come from.

use crate::app::App;
use crate::view::{CommandError, TakenUpTask, ToolGroup, ToolServerDraft, ToolsView};
use std::collections::BTreeMap;
use tacet_conversation::{Attachment, ConversationId, MessageId, Millis, ToolConfirmation, TurnId};
use tacet_settings::pasted_servers;
use tacet_tool::elicitation::ElicitationReply;
use tacet_tool::mcp::{PromptText, ServerOffers, ServerView};
use tacet_turn::{ApprovalAnswer, ElicitationOutcome};
use tauri::State;

/// A person's answer about the tool call at that place of a turn's answer. `false` where nobody is
/// asked about it any more: then it did nothing.
#[tauri::command]
pub async fn answer_approval(
    app: State<'_, App>,
    turn_id: TurnId,
    part: usize,
    answer: ApprovalAnswer,
) -> Result<bool, CommandError> {
    Ok(app.turns.answer_approval(turn_id, part, answer).await)
}

/// A person's reply to a question that the server of a running tool asks. Where nobody wants to know
/// any more, or a form is to be mended first, nothing was sent.
#[tauri::command]
pub async fn answer_elicitation(
    app: State<'_, App>,
    turn_id: TurnId,
    question: u32,
    reply: ElicitationReply,
) -> Result<ElicitationOutcome, CommandError> {
    let turns = &app.turns;
    Ok(turns.answer_elicitation(turn_id, question, reply).await)
}

/// Stops the tool call at that place of a turn's answer, and no other. `false` where it has ended.
#[tauri::command]
pub async fn stop_tool(
    app: State<'_, App>,
    turn_id: TurnId,
    part: usize,
) -> Result<bool, CommandError> {
    Ok(app.turns.stop_tool(turn_id, part).await)
}

/// The tasks that servers still work on for calls of an earlier run, which ended without notice.
#[tauri::command]
pub async fn taken_up_tasks(app: State<'_, App>) -> Result<Vec<TakenUpTask>, CommandError> {
    Ok(app.tools.taken_up_tasks())
}

/// Stops the task of the call at that place of an answer. Answers what its server said; null where it
/// could not be told, and may go on.
#[tauri::command]
pub async fn stop_task(
    app: State<'_, App>,
    message_id: MessageId,
    part: usize,
) -> Result<Option<ToolConfirmation>, CommandError> {
    let is_it = |task: &TakenUpTask| (task.message_id, task.part) == (message_id, part);
    let mut said = app.tools.stop_tasks(is_it).await;
    // One that is not there any more has ended.
    Ok(said.pop().unwrap_or(Some(ToolConfirmation::NotNeeded)))
}

/// Ends a turn after the step that it is at. `false` where it has ended.
#[tauri::command]
pub async fn stop_after_step(
    app: State<'_, App>,
    turn_id: TurnId,
    clicked_at: Option<Millis>,
) -> Result<bool, CommandError> {
    Ok(app.turns.stop_after_step(turn_id, clicked_at).await)
}

/// Lets a turn go on that has come to its limit of steps. `false` where it has not.
#[tauri::command]
pub async fn continue_steps(app: State<'_, App>, turn_id: TurnId) -> Result<bool, CommandError> {
    Ok(app.turns.go_on(turn_id).await)
}

/// What the settings say of tools. Values of servers are not among it.
#[tauri::command]
pub async fn tools(app: State<'_, App>) -> Result<ToolsView, CommandError> {
    Ok(app.providers.tools_view())
}

/// What each server of tools does.
#[tauri::command]
pub async fn tool_servers(app: State<'_, App>) -> Result<Vec<ServerView>, CommandError> {
    Ok(app.tools.servers().await)
}

/// Ends a server with all that it runs, whoever uses it, and starts it anew.
#[tauri::command]
pub async fn restart_tool_server(app: State<'_, App>, name: String) -> Result<(), CommandError> {
    app.tools.restart(&name).await
}

/// Ends a server with all that it runs, whoever uses it, until it is needed again.
#[tauri::command]
pub async fn end_tool_server(app: State<'_, App>, name: String) -> Result<(), CommandError> {
    app.tools.end(&name).await
}

/// What a server wrote beside the protocol, the newest 64 KB.
#[tauri::command]
pub async fn tool_server_log(app: State<'_, App>, name: String) -> Result<String, CommandError> {
    app.tools.log(&name).await
}

/// Has the person sign in to a server in their browser, and starts it with that. Returns when they
/// have, or it was cancelled.
#[tauri::command]
pub async fn sign_in_to_tool_server(app: State<'_, App>, name: String) -> Result<(), CommandError> {
    app.tools.sign_in(&name).await
}

/// Ends the sign-in to a server that is under way, if one is.
#[tauri::command]
pub async fn cancel_tool_sign_in(app: State<'_, App>, name: String) -> Result<(), CommandError> {
    app.tools.cancel_sign_in(&name)
}

/// Forgets who has signed in to a server, and ends it with all that it runs.
#[tauri::command]
pub async fn sign_out_of_tool_server(
    app: State<'_, App>,
    name: String,
) -> Result<(), CommandError> {
    app.tools.sign_out(&name).await
}

/// The tools that conversations can use, by their server. Servers that do not run are started.
#[tauri::command]
pub async fn tool_catalogue(app: State<'_, App>) -> Result<Vec<ToolGroup>, CommandError> {
    Ok(app.tools.catalogue().await)
}

/// What each server offers to people: resources to attach, and prompts to begin with. Servers that do
/// not run are started.
#[tauri::command]
pub async fn tool_offers(app: State<'_, App>) -> Result<Vec<ServerOffers>, CommandError> {
    Ok(app.tools.offers().await)
}

/// What stands at an address of a server, as files to attach.
#[tauri::command]
pub async fn read_tool_resource(
    app: State<'_, App>,
    server: String,
    uri: String,
) -> Result<Vec<Attachment>, CommandError> {
    app.tools.read_resource(&server, &uri).await
}

/// What a prompt of a server gives for what was filled in.
#[tauri::command]
pub async fn use_tool_prompt(
    app: State<'_, App>,
    server: String,
    prompt: String,
    filled: BTreeMap<String, String>,
) -> Result<PromptText, CommandError> {
    app.tools.prompt(&server, &prompt, filled).await
}

/// Adds servers from the JSON that other clients take (`mcpServers`), or replaces those of the same
/// names. Their values go to the keychain.
#[tauri::command]
pub async fn add_tool_servers(
    app: State<'_, App>,
    json: String,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    let servers = pasted_servers(&json).map_err(CommandError::invalid)?;
    app.providers.save_tool_servers(servers).await?;
    Ok(app.providers.tools_view())
}

/// Saves one server as its form has it; where it `is_new`, its name must be free. Its values go to the
/// keychain.
#[tauri::command]
pub async fn save_tool_server(
    app: State<'_, App>,
    server: ToolServerDraft,
    is_new: bool,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    app.providers.save_tool_server(server, is_new).await?;
    Ok(app.providers.tools_view())
}

/// Turns a server on or off.
#[tauri::command]
pub async fn enable_tool_server(
    app: State<'_, App>,
    name: String,
    enabled: bool,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    app.providers
        .change(move |settings| {
            let mut servers = settings.mcp_servers.iter_mut();
            if let Some(server) = servers.find(|server| server.name == name) {
                server.disabled = !enabled;
            }
        })
        .await?;
    Ok(app.providers.tools_view())
}

/// Takes a server away, with its values in the keychain.
#[tauri::command]
pub async fn remove_tool_server(
    app: State<'_, App>,
    name: String,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    app.providers.remove_tool_server(&name).await?;
    Ok(app.providers.tools_view())
}

/// Opens these folders to tools, and no others. Each is a whole path.
#[tauri::command]
pub async fn set_tool_folders(
    app: State<'_, App>,
    folders: Vec<String>,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    app.providers.set_tool_folders(folders).await?;
    Ok(app.providers.tools_view())
}

/// What may run in a conversation without asking: tools as `SERVER/TOOL`, and hosts.
#[tauri::command]
pub async fn conversation_permissions(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<Vec<String>, CommandError> {
    app.tools.allowed_in(conversation_id).await
}

/// Has everything in a conversation asked about again.
#[tauri::command]
pub async fn ask_again_in_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<(), CommandError> {
    app.may_write()?;
    app.tools.ask_again_in(conversation_id).await
}

/// Takes a standing permission back: a tool as `SERVER/TOOL`, or a program's name.
#[tauri::command]
pub async fn take_back_permission(
    app: State<'_, App>,
    permission: String,
) -> Result<ToolsView, CommandError> {
    app.may_write()?;
    app.tools.take_back(&permission);
    app.providers
        .change(move |settings| {
            settings.tools.always.retain(|known| *known != permission);
            settings.tools.programs.retain(|known| *known != permission);
        })
        .await?;
    Ok(app.providers.tools_view())
}

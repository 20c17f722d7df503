//! What the pages may call. The list also stands in `permissions/`; a command that is missing there
//! is refused.

mod assistants;
mod conversations;
mod failure;
mod files;
mod links;
mod repair;
mod replies;
mod search;
mod settings;
mod start;
mod tools;
mod transfer;
mod turns;
mod usage;
mod windows;

pub use links::open_outside;

use crate::replies::ticketed;
use crate::view::CommandError;
use std::path::Path;
use tauri::async_runtime::spawn_blocking;
use tauri::ipc::Invoke;
use tauri::{Context, Runtime};

/// What was compiled in: the page, its first window, and the list of who may call what.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// What is wrong with a folder that a person has written without what it stands in.
fn whole_path(folder: &Path) -> Result<(), CommandError> {
    if folder.is_absolute() {
        return Ok(());
    }
    Err(CommandError::invalid(
        "Enter the folder's whole path, for example /home/me/tacet.",
    ))
}

/// Does what waits for the disk where it holds nothing else up.
async fn blocking<T: Send + 'static, E: Into<CommandError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, CommandError> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| CommandError::storage(error.to_string()))?
        .map_err(Into::into)
}

/// Leads each call to its command. Needs [`crate::replies::plugin`].
pub fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    ticketed(tauri::generate_handler![
        start::bootstrap,
        windows::open_window,
        conversations::list_conversations,
        conversations::open_conversation,
        conversations::open_branch,
        conversations::conversation_map,
        conversations::open_message,
        conversations::rename_conversation,
        conversations::file_conversation,
        conversations::rename_folder,
        conversations::set_conversation_settings,
        conversations::delete_conversation,
        conversations::restore_conversation,
        conversations::delete_branch,
        conversations::restore_branch,
        files::sendable_type,
        files::leave_out_file,
        files::open_file,
        files::keep_drafts,
        files::read_drafts,
        files::save_made_file,
        conversations::set_head,
        search::search,
        search::find_above,
        repair::preview_repair,
        turns::start_turn,
        turns::attach_turn,
        turns::watch_news,
        turns::acknowledge_turn,
        turns::detach_turn,
        turns::stop_turn,
        turns::stop_all,
        tools::answer_approval,
        tools::answer_elicitation,
        tools::stop_tool,
        tools::taken_up_tasks,
        tools::stop_task,
        tools::stop_after_step,
        tools::continue_steps,
        tools::tools,
        tools::tool_servers,
        tools::restart_tool_server,
        tools::end_tool_server,
        tools::tool_server_log,
        tools::sign_in_to_tool_server,
        tools::cancel_tool_sign_in,
        tools::sign_out_of_tool_server,
        tools::tool_catalogue,
        tools::tool_offers,
        tools::read_tool_resource,
        tools::use_tool_prompt,
        tools::add_tool_servers,
        tools::save_tool_server,
        tools::enable_tool_server,
        tools::remove_tool_server,
        tools::set_tool_folders,
        tools::conversation_permissions,
        tools::ask_again_in_conversation,
        tools::take_back_permission,
        settings::read_settings,
        settings::set_default_model,
        settings::set_conversation_defaults,
        settings::set_model_effort,
        settings::set_theme,
        settings::tray,
        settings::keep_in_tray,
        settings::set_titles,
        settings::set_first_word_timeout,
        settings::set_prompts,
        assistants::save_assistant,
        assistants::remove_assistant,
        assistants::order_assistants,
        assistants::set_default_assistant,
        assistants::export_assistants,
        assistants::import_assistants,
        settings::save_provider,
        settings::remove_provider,
        settings::look_at_address,
        settings::test_provider,
        settings::refresh_models,
        settings::toggle_favourite,
        settings::discover_servers,
        usage::usage_totals,
        usage::refresh_prices,
        transfer::import_file,
        transfer::stop_import,
        transfer::pick_import,
        transfer::export_markdown,
        transfer::back_up,
        transfer::backups,
        transfer::restore_backup,
        transfer::move_data_folder,
        links::open_link,
        failure::failure,
        failure::save_copy,
        failure::try_again,
        failure::open_read_only,
        failure::use_folder,
        failure::pick_folder,
        failure::recover,
        failure::restore_copy,
        failure::start_empty,
        failure::quit,
        replies::collect_reply,
    ])
}

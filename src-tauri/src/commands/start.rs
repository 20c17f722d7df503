//! The page's first question.

use super::blocking;
use crate::app::App;
use crate::lifecycle;
use crate::view::{Bootstrap, CommandError, PresetView};
use tacet_provider::preset::PRESETS;
use tauri::{AppHandle, Manager, Runtime};

/// So many conversations come with the first picture; the page reads the others when it is there.
const FIRST: u32 = 200;

/// All that the page needs for its first picture, once the conversations are open. The page asks
/// nothing else before.
#[tauri::command]
pub async fn bootstrap<R: Runtime>(handle: AppHandle<R>) -> Result<Bootstrap, CommandError> {
    lifecycle::wait_until_open(&handle).await;
    let app = handle.state::<App>();
    let (conversations, more) = app.store.first_conversations(FIRST).await?;
    // From now on there is time for the index, which is not searched before.
    app.store.keep_index();
    let reading = handle.clone();
    let (mut unsent, unread) =
        blocking(move || Ok::<_, CommandError>(reading.state::<App>().drafts.kept())).await?;
    let messages = unsent.messages();
    if !messages.is_empty() && unsent.keep_to(&app.store.those_there(messages).await?) {
        // What was typed for a message that was deleted leaves the file, too. Where that cannot be
        // written, the next change has it leave.
        let (writing, kept) = (handle.clone(), unsent.clone());
        let write = move || {
            let app = writing.state::<App>();
            app.drafts.keep(&kept, || app.may_write())
        };
        drop(blocking(write).await);
    }
    Ok(Bootstrap {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        conversations,
        more,
        running: app.turns.list(),
        settings: app.providers.view(),
        read_only: app.read_only(),
        presets: PRESETS.iter().map(PresetView::from).collect(),
        notices: app
            .page_deaths
            .notice()
            .into_iter()
            .chain(app.notices.clone())
            .chain(unread)
            .collect(),
        unsent,
    })
}

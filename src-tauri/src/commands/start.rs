//! The page's first question.

use super::blocking;
use crate::app::App;
use crate::lifecycle;
use crate::view::{Bootstrap, CommandError, PresetView};
use crate::windows::MAIN;
use std::collections::HashSet;
use tacet_provider::preset::PRESETS;
use tauri::{Manager, Runtime, WebviewWindow};

/// So many conversations come with the first picture; the page reads the others when it is there.
const FIRST: u32 = 200;

/// All that the page needs for its first picture, once the conversations are open. The page asks
/// nothing else before.
#[tauri::command]
pub async fn bootstrap<R: Runtime>(window: WebviewWindow<R>) -> Result<Bootstrap, CommandError> {
    let (handle, label) = (window.app_handle().clone(), window.label().to_owned());
    lifecycle::wait_until_open(&handle).await;
    let app = handle.state::<App>();
    let (conversations, more) = app.store.first_conversations(FIRST).await?;
    // From now on there is time for the index, which is not searched before.
    app.store.keep_index();
    let reading = handle.clone();
    let (messages, unread) =
        blocking(move || Ok::<_, CommandError>(reading.state::<App>().drafts.messages())).await?;
    let there = if messages.is_empty() {
        HashSet::new()
    } else {
        app.store.those_there(messages).await?
    };
    let (reading, opened) = (handle.clone(), label.clone());
    let unsent = blocking(move || {
        let app = reading.state::<App>();
        app.drafts.keep_to(&there, || app.may_write());
        app.drafts.hand_over(&opened);
        Ok::<_, CommandError>(app.drafts.seen_by(&opened))
    })
    .await?;
    // What is to be known of the start the first window tells.
    let of_start = if label == MAIN { &*app.notices } else { &[] };
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
            .notice(&label)
            .into_iter()
            .chain(of_start.iter().cloned())
            .chain(unread)
            .collect(),
        unsent,
    })
}

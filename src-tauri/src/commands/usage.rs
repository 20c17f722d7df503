//! What the answers took together.

use crate::app::App;
use crate::view::{CommandError, UsageTotals};
use tacet_provider::price::Prices;
use tacet_store::Grouping;
use tauri::State;

/// Sums up the usage of all conversations.
#[tauri::command]
pub async fn usage_totals(
    app: State<'_, App>,
    grouping: Grouping,
) -> Result<UsageTotals, CommandError> {
    let store = app.store.clone();
    let summed = move || store.usage_totals(grouping);
    let groups = tauri::async_runtime::spawn_blocking(summed)
        .await
        .map_err(|_| CommandError::invalid("The usage could not be summed up. Try again."))??;
    Ok(UsageTotals {
        grouping,
        groups,
        price_table_date: Prices::table_date().to_owned(),
    })
}

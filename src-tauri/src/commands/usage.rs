//! What the answers took together, and what that cost.

use crate::app::App;
use crate::view::{CommandError, PriceListView, UsageTotals};
use tacet_provider::price::{ListSource, Prices};
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
        price_list: list(&app),
        price_list_source: app.providers.settings().settings().price_list,
    })
}

/// Reads the public list of prices at an `https` address or in a file, and keeps it for the answers
/// from now on, with where it is. Takes up to a minute.
#[tauri::command]
pub async fn refresh_prices(
    app: State<'_, App>,
    source: String,
) -> Result<Option<PriceListView>, CommandError> {
    app.may_write()?;
    let list_source = ListSource::of(&source).map_err(CommandError::invalid)?;
    let refreshed = app.providers.prices().refresh(&list_source).await;
    refreshed.map_err(CommandError::invalid)?;
    let named = source.trim().to_owned();
    app.providers
        .change(move |settings| settings.price_list = Some(named))
        .await?;
    Ok(list(&app))
}

fn list(app: &App) -> Option<PriceListView> {
    let (date, models) = app.providers.prices().public_list()?;
    Some(PriceListView { date, models })
}

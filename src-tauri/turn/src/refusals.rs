//! Brings together the client of a provider, which learns what its server refuses, and the store,
//! which remembers it.

use tacet_conversation::Millis;
use tacet_provider::Remote;
use tacet_settings::ProviderSettings;
use tacet_store::Store;

/// Has a client begin with what its server refused in earlier runs, and keeps what it refuses from
/// now on. `clock` tells the time.
pub async fn remember_refusals(
    store: &Store,
    provider: &ProviderSettings,
    client: Remote,
    clock: fn() -> Millis,
) -> Remote {
    let id = provider.id.clone();
    let base_url = provider.address().unwrap_or_default().to_owned();
    let known = store.refused_fields(&id, &base_url, clock()).await;
    let store = store.clone();
    client.with_refused_fields(known, move |refused| {
        store.keep_refused_field(&id, &base_url, refused, clock());
    })
}

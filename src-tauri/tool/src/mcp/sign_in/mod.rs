//! Signing in to a server by OAuth, in the person's own browser: MCP's authorization, of 2025-11-25
//! and 2026-07-28 (<https://modelcontextprotocol.io>). Discovery, PKCE, the exchange and the renewal
//! of tokens are `rmcp`'s. What is ours is around it: which servers are trusted how far, where the
//! browser comes back to, and that tokens are in the keychain and nowhere else.

mod callback;
mod challenge;
mod problem;
mod revocation;
mod tokens;

pub use challenge::Challenge;
pub use problem::problem;
pub use revocation::revoke;
pub use tokens::Tokens;

use super::config::{Reach, ServerConfig};
use super::connecting::Start;
use callback::{Callback, Returned};
use reqwest::header::AUTHORIZATION;
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, CredentialStore, OAuthClientConfig,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tacet_settings::is_here;
use tokio::time::timeout;
use url::Url;

/// Opens a page in the person's browser, or says why it cannot.
pub type OpenPage<'a> = &'a (dyn Fn(&str) -> Result<(), String> + Send + Sync);

/// How the app is called where it is registered.
const CLIENT_NAME: &str = "Tacet";
/// How long the person may take in their browser.
const PERSON_LIMIT: Duration = Duration::from_secs(600);
/// The one way of PKCE that proves anything.
const S256: &str = "S256";

/// Whether the settings themselves say who the person is.
pub fn is_said(headers: &BTreeMap<String, String>) -> bool {
    let mut names = headers.keys();
    names.any(|name| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()))
}

/// What gives each request its token, and whether the person has signed in.
///
/// # Errors
/// Says why the keychain does not tell.
pub async fn authorization(
    config: &ServerConfig,
    start: &Start,
    url: &Url,
) -> Result<(AuthorizationManager, bool), String> {
    let mut manager = manager(config, url).await?;
    let mut tokens = Tokens::of(config, start, url);
    let Some(secret) = tokens.restore().await.map_err(|it| problem(&it))? else {
        manager.set_credential_store(tokens);
        return Ok((manager, false));
    };
    tokens.client_secret.clone_from(&secret);
    let known = tokens.load().await.map_err(|it| problem(&it))?;
    manager.set_credential_store(tokens);
    match (manager.initialize_from_store().await, secret, known) {
        (Ok(true), Some(secret), Some(known)) => {
            // It is asked for where a token is renewed.
            let client = OAuthClientConfig::new(known.client_id, url.as_str());
            let configured = manager.configure_client(client.with_client_secret(secret));
            configured.map_err(|it| problem(&it))?;
            Ok((manager, true))
        }
        (Ok(signed_in), _, _) => Ok((manager, signed_in)),
        (Err(error @ AuthError::CredentialStoreError(_)), _, _) => Err(problem(&error)),
        // The token may be good still; that it cannot be renewed is said when it has to be.
        (Err(_), _, _) => Ok((manager, true)),
    }
}

/// Has the person sign in. Dropping the future ends it, and nothing is kept then.
///
/// # Errors
/// Says why it came to nothing, in words without an end.
pub async fn sign_in(
    config: &ServerConfig,
    start: &Start,
    challenge: Option<&Challenge>,
    open: OpenPage<'_>,
) -> Result<(), String> {
    let Reach::Http { url, .. } = &config.reach else {
        return Err("it is a program, which nobody signs in to".to_owned());
    };
    let port = config.oauth.callback_port;
    let mut callback = Callback::bind(port).await.map_err(|error| match port {
        Some(port) => format!("port {port}, which its callbackPort names, cannot be used: {error}"),
        None => format!("no port of this computer can be used: {error}"),
    })?;
    let mut manager = manager(config, url).await?;
    let header = challenge.and_then(Challenge::header);
    let found = manager.resolve_metadata_from_challenge(header).await;
    let found = found.map_err(|it| problem::of_discovery(&it))?;
    if !found.source.is_discovered() {
        return Err(
            "it does not say where to sign in: if its maker gives out keys, add the header that \
             its documentation names, such as Authorization"
                .to_owned(),
        );
    }
    let metadata = found.metadata;
    check(&metadata, url)?;
    manager.set_metadata(metadata.clone());
    let mut tokens = Tokens::of(config, start, url);
    let mut scopes = manager.select_initial_scopes(&[]).await;
    // What was allowed before stays allowed.
    if let Ok(Some(before)) = tokens.load().await
        && before.issuer == metadata.issuer
    {
        let more = before.granted_scopes.into_iter();
        let more: Vec<String> = more.filter(|scope| !scopes.contains(scope)).collect();
        scopes.extend(more);
    }
    let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let client = client(&mut manager, config, &metadata, &callback, &names).await?;
    tokens.client_secret = client.client_secret;
    manager.set_credential_store(tokens);

    let page = manager.get_authorization_url(&names).await;
    let page = page.map_err(|it| problem(&it))?;
    let state = state_of(&page).ok_or("its sign-in server has an address that cannot be used")?;
    open(&page)?;
    let returned = timeout(PERSON_LIMIT, callback.returned(&state)).await;
    let returned = returned.map_err(|_| {
        let minutes = PERSON_LIMIT.as_secs() / 60;
        format!("nobody came back from the browser within {minutes} minutes")
    })?;
    let done = finish(&manager, &returned, &state).await;
    returned.say(done.is_ok()).await;
    done
}

/// Trusts the server's own host, and what the settings allow beyond the open internet.
async fn manager(config: &ServerConfig, url: &Url) -> Result<AuthorizationManager, String> {
    let made = if config.private_addresses {
        AuthorizationManager::new_allowing_private_addresses(url.as_str()).await
    } else {
        AuthorizationManager::new(url.as_str()).await
    };
    made.map_err(|it| problem(&it))
}

/// Whether a sign-in server can be trusted with what is about to be said to it.
fn check(metadata: &AuthorizationMetadata, server: &Url) -> Result<(), String> {
    let methods = metadata.code_challenge_methods_supported.as_deref();
    // The specification has a client refuse also where nothing is said of it.
    if !methods.unwrap_or_default().iter().any(|it| it == S256) {
        return Err("its sign-in server does not offer PKCE with S256, without which somebody else could take the answer".to_owned());
    }
    let ends = [
        Some(&metadata.authorization_endpoint),
        Some(&metadata.token_endpoint),
        metadata.registration_endpoint.as_ref(),
    ];
    for end in ends.into_iter().flatten() {
        let address = Url::parse(end).ok();
        let safe = address.as_ref().is_some_and(|address| {
            address.scheme() == "https"
                || (address.scheme() == "http" && is_here(address) && is_here(server))
        });
        if !safe {
            let host = address.and_then(|it| it.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| "an address that is none".to_owned());
            return Err(format!(
                "its sign-in would go to {host} without encryption, where it can be read on the way"
            ));
        }
    }
    Ok(())
}

/// As whom the app signs in: the client of the settings, or one that is registered for this time.
async fn client(
    manager: &mut AuthorizationManager,
    config: &ServerConfig,
    metadata: &AuthorizationMetadata,
    callback: &Callback,
    scopes: &[&str],
) -> Result<OAuthClientConfig, String> {
    let address = callback.address();
    if let Some(id) = &config.oauth.client_id {
        let mut client = OAuthClientConfig::new(id, address);
        if let Some(secret) = &config.oauth.client_secret {
            client = client.with_client_secret(secret);
        }
        let configured = manager.configure_client(client.clone());
        return configured.map(|()| client).map_err(|it| problem(&it));
    }
    if metadata.registration_endpoint.is_none() {
        return Err(format!(
            "its sign-in server knows only clients that were registered there: register {CLIENT_NAME} with the address {}, and enter the client ID in the settings",
            Callback::registered_as(config.oauth.callback_port)
        ));
    }
    let registered = manager.register_client(CLIENT_NAME, &address, scopes).await;
    registered.map_err(|it| problem(&it))
}

fn state_of(page: &str) -> Option<String> {
    let page = Url::parse(page).ok()?;
    let mut fields = page.query_pairs();
    let state = fields.find(|(name, _)| name == "state")?;
    Some(state.1.into_owned())
}

/// Takes the tokens for what the browser brought back. `rmcp` checks who gave it (`iss`).
async fn finish(
    manager: &AuthorizationManager,
    returned: &Returned,
    state: &str,
) -> Result<(), String> {
    if let Some(error) = returned.field("error") {
        return Err(problem::refused(error, returned.field("error_description")));
    }
    let code = returned.field("code");
    let code = code.ok_or("the browser came back without an answer")?;
    let issuer = returned.field("iss");
    let exchanged = manager.exchange_code_for_token_with_issuer(code, state, issuer);
    let exchanged = exchanged.await;
    exchanged.map(drop).map_err(|it| problem(&it))
}

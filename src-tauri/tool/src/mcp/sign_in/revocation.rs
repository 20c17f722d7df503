//! Giving tokens back at the end (RFC 7009, "OAuth 2.0 Token Revocation"), so that nobody can use
//! them who has got hold of them.

use super::super::config::ServerConfig;
use super::super::connecting::{Start, http};
use super::tokens::Given;
use super::{check, manager};
use reqwest::Client;
use rmcp::transport::auth::AuthorizationMetadata;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// How long all of it may take; the person waits for it.
const LIMIT: Duration = Duration::from_secs(5);

/// Has the sign-in server take back what it gave, where it says how. What was forgotten here before
/// stays forgotten whatever comes of this.
///
/// # Errors
/// Says why it may not have been taken back, in words without an end.
pub async fn revoke(
    config: &ServerConfig,
    start: &Start,
    url: &Url,
    given: Given,
) -> Result<(), String> {
    let asked = timeout(LIMIT, ask(config, start, url, given)).await;
    asked.unwrap_or_else(|_| Err(format!("it did not answer within {} s", LIMIT.as_secs())))
}

async fn ask(config: &ServerConfig, start: &Start, url: &Url, given: Given) -> Result<(), String> {
    let manager = manager(config, url).await?;
    let found = manager.resolve_metadata_from_challenge(None).await;
    let found = found.map_err(|it| super::problem(&it))?;
    let metadata = found.metadata;
    let Some(endpoint) = endpoint(&metadata) else {
        return Ok(());
    };
    // Another sign-in server by now has no business with them.
    if !found.source.is_discovered() || metadata.issuer != given.issuer {
        return Ok(());
    }
    check(&metadata, url)?;
    if !is_beside(&endpoint, &metadata.token_endpoint) {
        return Err("it names another server for that, which Tacet tells nothing".to_owned());
    }
    let client = http(&endpoint, start)?;
    let mut refused = Ok(());
    for (token, kind) in &given.tokens {
        let fields = [("token", token.as_str()), ("token_type_hint", kind)];
        let taken = take_back(&client, &endpoint, &metadata, &given, fields).await;
        // Where one stays good, the other need not.
        refused = refused.and(taken);
    }
    refused
}

/// Has one token taken back.
async fn take_back(
    client: &Client,
    endpoint: &Url,
    metadata: &AuthorizationMetadata,
    given: &Given,
    token: [(&str, &str); 2],
) -> Result<(), String> {
    let mut form = token.to_vec();
    let mut request = client.post(endpoint.clone());
    match &given.client_secret {
        Some(secret) if takes_posts_alone(metadata) => {
            form.extend([("client_id", &*given.client_id), ("client_secret", secret)]);
        }
        // Both are encoded as a form's fields are (RFC 6749, section 2.3.1).
        Some(secret) => {
            request = request.basic_auth(encoded(&given.client_id), Some(encoded(secret)));
        }
        None => form.push(("client_id", &given.client_id)),
    }
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let answer = request.send().await.map_err(|error| {
        let error = error.without_url();
        format!("it could not be reached: {error}")
    })?;
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("it answered with HTTP {}", status.as_u16()))
    }
}

fn endpoint(metadata: &AuthorizationMetadata) -> Option<Url> {
    let named = metadata.additional_fields.get("revocation_endpoint")?;
    Url::parse(named.as_str()?).ok()
}

/// Whether an endpoint is where the tokens came from: nobody else is given them.
fn is_beside(endpoint: &Url, token_endpoint: &str) -> bool {
    Url::parse(token_endpoint).is_ok_and(|given| given.origin() == endpoint.origin())
}

/// Whether the server wants a client's secret among the fields; by default it stands in a header
/// (RFC 8414, `revocation_endpoint_auth_methods_supported`).
fn takes_posts_alone(metadata: &AuthorizationMetadata) -> bool {
    let fields = &metadata.additional_fields;
    let methods = fields.get("revocation_endpoint_auth_methods_supported");
    let takes = |method: &str| {
        let methods = methods.and_then(Value::as_array);
        methods.is_some_and(|methods| methods.iter().any(|it| it == method))
    };
    takes("client_secret_post") && !takes("client_secret_basic")
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

//! The sign-in server. Who opens its page is signed in at once, as somebody who is known already is.

use super::wire::{Request, Response, escaped};
use super::{READ, Shared, WRITE, lock};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// Who and what is known.
#[derive(Debug, Default)]
pub struct Accounts {
    clients: HashMap<String, Client>,
    codes: HashMap<String, Grant>,
    /// What each token is good for.
    pub access: HashMap<String, String>,
    /// What each token is good for that renews one, and whose it is.
    pub refresh: HashMap<String, (String, String)>,
    pub secrets: HashSet<String>,
    count: u32,
}

#[derive(Debug)]
struct Client {
    /// Where its browsers come back to; nothing for any port of this computer.
    redirect: Option<String>,
    secret: Option<String>,
}

#[derive(Debug)]
struct Grant {
    client: String,
    challenge: String,
    redirect: String,
    scope: String,
}

impl Accounts {
    pub fn add_client(&mut self, redirect: Option<String>, secret: Option<String>) -> String {
        let id = self.issue("client");
        self.secrets.extend(secret.clone());
        self.clients.insert(id.clone(), Client { redirect, secret });
        id
    }

    fn issue(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}-{}-of-the-test", self.count)
    }

    fn secret(&mut self, kind: &str) -> String {
        let secret = self.issue(kind);
        self.secrets.insert(secret.clone());
        secret
    }
}

pub fn answer(shared: &Shared, request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/oauth-authorization-server") => {
            shared.note(request, "");
            Response::json("200 OK", &metadata(shared))
        }
        ("POST", "/register") => {
            shared.note(request, "");
            register(shared, &request.json())
        }
        ("GET", "/authorize") => {
            let scope = request.query.get("scope").map_or("", String::as_str);
            shared.note(request, &format!(" {scope}"));
            match authorize(shared, &request.query) {
                Ok(back) => Response::of("302 Found").with("location", back),
                Err(reason) => Response::json("400 Bad Request", &json!({"error": reason})),
            }
        }
        ("POST", "/token") => {
            let form = request.form();
            let grant = form.get("grant_type").map_or("", String::as_str);
            shared.note(request, &format!(" {grant}"));
            match token(shared, request, &form) {
                Ok(tokens) => Response::json("200 OK", &tokens),
                Err(reason) => {
                    let error = json!({"error": "invalid_grant", "error_description": reason});
                    Response::json("400 Bad Request", &error)
                }
            }
        }
        ("POST", "/revoke") => {
            let form = request.form();
            let kind = form.get("token_type_hint").map_or("", String::as_str);
            let agent = request.headers.get("user-agent").map_or("", String::as_str);
            shared.note(request, &format!(" {kind} {agent}"));
            revoke(shared, request, &form)
        }
        _ => {
            shared.note(request, "");
            Response::of("404 Not Found")
        }
    }
}

fn metadata(shared: &Shared) -> Value {
    let issuer = &shared.issuer;
    let conduct = shared.conduct();
    let mut metadata = json!({
        "issuer": conduct.claims.as_ref().unwrap_or(issuer),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "scopes_supported": [READ, WRITE],
        "authorization_response_iss_parameter_supported": true,
    });
    if conduct.pkce {
        metadata["code_challenge_methods_supported"] = json!(["S256"]);
    }
    if conduct.registers {
        metadata["registration_endpoint"] = json!(format!("{issuer}/register"));
    }
    if conduct.revokes.is_some() {
        metadata["revocation_endpoint"] = json!(format!("{issuer}/revoke"));
    }
    metadata
}

/// Takes a token back (RFC 7009); one that is not known is as good as taken back.
fn revoke(shared: &Shared, request: &Request, form: &HashMap<String, String>) -> Response {
    if shared.conduct().revokes != Some(true) {
        return Response::of("503 Service Unavailable");
    }
    let mut accounts = lock(&shared.accounts);
    match client(&accounts, request, form) {
        Ok(_) => {
            let token = form.get("token").map_or("", String::as_str);
            accounts.access.remove(token);
            accounts.refresh.remove(token);
            Response::of("200 OK")
        }
        Err(_) => Response::json("401 Unauthorized", &json!({"error": "invalid_client"})),
    }
}

/// The client that asks, once it has proved who it is.
fn client(
    accounts: &Accounts,
    request: &Request,
    form: &HashMap<String, String>,
) -> Result<String, &'static str> {
    let basic = request.headers.get("authorization");
    let basic = basic.and_then(|it| STANDARD.decode(it.strip_prefix("Basic ")?).ok());
    let basic = basic.and_then(|it| String::from_utf8(it).ok());
    let (id, secret) = match basic.as_deref().and_then(|it| it.split_once(':')) {
        Some((id, secret)) => (id.to_owned(), Some(secret.to_owned())),
        None => (form.get("client_id").cloned().unwrap_or_default(), None),
    };
    let client = accounts.clients.get(&id).ok_or("the client is not known")?;
    if client.secret != secret {
        return Err("the client is not who it says");
    }
    Ok(id)
}

fn register(shared: &Shared, wanted: &Value) -> Response {
    let redirect = wanted["redirect_uris"][0].as_str().map(str::to_owned);
    if redirect.is_none() || wanted["application_type"] != "native" {
        return Response::json("400 Bad Request", &json!({"error": "invalid_redirect_uri"}));
    }
    let id = lock(&shared.accounts).add_client(redirect, None);
    let mut registered = wanted.clone();
    registered["client_id"] = json!(id);
    Response::json("201 Created", &registered)
}

/// The address that the browser is sent back to.
fn authorize(shared: &Shared, query: &HashMap<String, String>) -> Result<String, &'static str> {
    let field = |name: &str| query.get(name).map_or("", String::as_str);
    let mut accounts = lock(&shared.accounts);
    let client = accounts
        .clients
        .get(field("client_id"))
        .ok_or("the client is not known")?;
    let redirect = field("redirect_uri");
    let fits = match &client.redirect {
        Some(known) => known == redirect,
        None => redirect.starts_with("http://127.0.0.1:"),
    };
    if !fits {
        return Err("the redirect_uri is not the client's");
    }
    if field("response_type") != "code" || field("code_challenge_method") != "S256" {
        return Err("it is no code with S256");
    }
    if field("code_challenge").is_empty() || field("state").is_empty() {
        return Err("the code_challenge or the state is missing");
    }
    if field("resource") != shared.address() {
        return Err("the resource is another one");
    }
    let conduct = shared.conduct();
    let issuer = conduct.issuer.as_ref().unwrap_or(&shared.issuer);
    let ends = format!("state={}&iss={}", escaped(field("state")), escaped(issuer));
    if !conduct.allows {
        return Ok(format!("{redirect}?error=access_denied&{ends}"));
    }
    let grant = Grant {
        client: field("client_id").to_owned(),
        challenge: field("code_challenge").to_owned(),
        redirect: redirect.to_owned(),
        scope: field("scope").to_owned(),
    };
    let code = accounts.secret("code");
    accounts.codes.insert(code.clone(), grant);
    Ok(format!("{redirect}?code={code}&{ends}"))
}

fn token(
    shared: &Shared,
    request: &Request,
    form: &HashMap<String, String>,
) -> Result<Value, &'static str> {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("resource") != shared.address() {
        return Err("the resource is another one");
    }
    let mut accounts = lock(&shared.accounts);
    let id = client(&accounts, request, form)?;
    let scope = match field("grant_type") {
        "authorization_code" => {
            let grant = accounts.codes.remove(field("code"));
            let grant = grant.ok_or("the code is not known")?;
            let verified = Sha256::digest(field("code_verifier").as_bytes());
            if URL_SAFE_NO_PAD.encode(verified) != grant.challenge {
                return Err("the code_verifier is another one");
            }
            if grant.client != id || grant.redirect != field("redirect_uri") {
                return Err("the code was for somebody else");
            }
            grant.scope
        }
        "refresh_token" => {
            let (client, scope) = accounts
                .refresh
                .remove(field("refresh_token"))
                .ok_or("the refresh_token is not known")?;
            if client != id {
                return Err("the refresh_token is somebody else's");
            }
            scope
        }
        _ => return Err("it is another grant"),
    };
    let (access, refresh) = (accounts.secret("access"), accounts.secret("refresh"));
    accounts.access.insert(access.clone(), scope.clone());
    accounts
        .refresh
        .insert(refresh.clone(), (id, scope.clone()));
    let lifetime = shared.conduct().lifetime;
    Ok(
        json!({"access_token": access, "refresh_token": refresh, "token_type": "Bearer",
        "expires_in": lifetime, "scope": scope}),
    )
}

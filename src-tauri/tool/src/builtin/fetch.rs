//! Fetches a page as text.

use super::page_text::text_of;
use super::public_address::is_public;
use super::{TEXT_LIMIT, arguments, head, spec};
use crate::approval::Action;
use crate::tool::{
    Annotations, Calling, OnProgress, Tool, ToolConfirmation, ToolOutcome, ToolSpec,
};
use encoding_rs::{Encoding, UTF_8};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, Url, redirect};
use serde_json::{Value, json};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many redirects of one host are followed.
const REDIRECTS: usize = 5;
/// How much of a page is taken, in bytes, after it was unpacked.
const PAGE_LIMIT: usize = 4 * 1024 * 1024;
/// How long the whole may take.
const LIMIT: Duration = Duration::from_secs(30);

/// `fetch_page`.
pub struct FetchPage {
    spec: ToolSpec,
    private_too: bool,
    agent: String,
}

impl FetchPage {
    /// Fetches as `agent` (the app's name and version); from addresses of the own network only
    /// where `private_too` says so.
    pub fn new(agent: impl Into<String>, private_too: bool) -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "url": { "type": "string", "description": "An address with http or https." },
            },
            "required": ["url"],
            "additionalProperties": false,
        });
        let description = "Fetches a web page and returns its text, at most 64 KB of it. \
                           Runs no scripts and sends no cookies.";
        let annotations = Annotations {
            read_only: true,
            destructive: false,
            idempotent: true,
            open_world: true,
        };
        Self {
            spec: spec(
                "fetch_page",
                "Fetch a page",
                description,
                schema,
                annotations,
            ),
            private_too,
            agent: agent.into(),
        }
    }

    async fn fetch(&self, address: &str) -> Result<String, String> {
        let first =
            Url::parse(address).map_err(|error| format!("{address} is no address: {error}"))?;
        let mut url = first.clone();
        for _ in 0..=REDIRECTS {
            let response = self.request(&url).await?;
            if !response.status().is_redirection() {
                return page(response).await;
            }
            let target = response.headers().get(LOCATION);
            let target = target.and_then(|target| target.to_str().ok());
            url = target
                .and_then(|target| url.join(target).ok())
                .ok_or_else(|| format!("{url} redirects to nowhere."))?;
            // One host was allowed, and none that it names.
            if url.host() != first.host() {
                return Err(format!(
                    "Nothing was fetched: {first} redirects to another host. Fetch {url} instead."
                ));
            }
        }
        Err(format!("{first} redirects more than {REDIRECTS} times."))
    }

    /// Asks for one page, at addresses that were checked and are not looked up again.
    async fn request(&self, url: &Url) -> Result<Response, String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{url} is not of http or https."));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(format!("{url} names no host."));
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
            Ok(address) => vec![(address, port).into()],
            Err(_) => tokio::net::lookup_host((host, port))
                .await
                .map_err(|error| format!("{host} was not found: {error}"))?
                .collect(),
        };
        let private = |address: &&SocketAddr| !is_public(address.ip());
        if let Some(address) = addresses.iter().find(private).filter(|_| !self.private_too) {
            return Err(format!(
                "{host} is not fetched from: {} is an address of a private network, and the settings allow none.",
                address.ip()
            ));
        }
        let failed = |error: reqwest::Error| format!("{url} cannot be fetched: {}", reason(&error));
        Client::builder()
            // A proxy would look the name up once more.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .resolve_to_addrs(host, &addresses)
            .user_agent(&self.agent)
            .build()
            .map_err(failed)?
            .get(url.clone())
            .header("accept", "text/html, text/plain, */*;q=0.5")
            .send()
            .await
            .map_err(failed)
    }
}

impl Tool for FetchPage {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn action(&self, given: &Value) -> Action {
        // What is no address is refused when it is fetched, and is asked about as it is.
        let address = arguments::text(given, "url");
        let host = Url::parse(address).ok();
        let host = host.as_ref().and_then(Url::host_str);
        Action::Fetch(host.unwrap_or(address).to_owned())
    }

    fn run<'a>(&'a self, given: Value, stop: CancellationToken, _: OnProgress<'a>) -> Calling<'a> {
        Box::pin(async move {
            let address = arguments::text(&given, "url");
            tokio::select! {
                biased;
                // The connection is closed with the request that is dropped here.
                () = stop.cancelled() => ToolOutcome::Interrupted {
                    partial: Vec::new(),
                    confirmation: ToolConfirmation::NotNeeded,
                },
                fetched = tokio::time::timeout(LIMIT, self.fetch(address)) => match fetched {
                    Ok(Ok(text)) => ToolOutcome::text(text),
                    Ok(Err(words)) => ToolOutcome::failed(words),
                    Err(_) => ToolOutcome::failed(format!(
                        "{address} was not there within {} s.", LIMIT.as_secs()
                    )),
                },
            }
        })
    }
}

/// The last cause of an error, which says more than that there was one.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Takes a page, as far as the limit, and makes text of it.
async fn page(mut response: Response) -> Result<String, String> {
    let (url, status) = (response.url().clone(), response.status());
    if !status.is_success() {
        return Err(format!("{url} answered {status}."));
    }
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("text/plain");
    let encoding = kind.split_once("charset=").and_then(|(_, label)| {
        let label = label.split(';').next().unwrap_or_default();
        Encoding::for_label(label.trim_matches([' ', '"']).as_bytes())
    });
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let encoding = encoding.unwrap_or(UTF_8);
    let html = matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
    let text = kind.starts_with("text/") || kind.ends_with("json") || kind.ends_with("xml");
    if !html && !text {
        return Err(format!("{url} is {kind} and not text."));
    }
    let mut bytes = Vec::new();
    let mut whole = true;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| format!("{url} broke off: {}", reason(&error)))?
    {
        let room = PAGE_LIMIT - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            whole = false;
            break;
        }
    }
    let text = encoding.decode(&bytes).0.into_owned();
    let text = if html {
        let (text, all) = text_of(&text, TEXT_LIMIT);
        whole &= all;
        text
    } else {
        text
    };
    let shown = head(&text, TEXT_LIMIT);
    if whole && shown.len() == text.len() {
        return Ok(text);
    }
    Ok(format!(
        "{shown}\n[The page goes on; the rest is left out.]"
    ))
}

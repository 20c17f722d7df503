//! The transport that every provider over HTTP shares: one client, one address, one key.

use super::address;
use super::body::Body;
use super::failure::Destination;
use super::host;
use super::later::UsageRecords;
use super::{ApiKey, HostedTool, OnStop, WireApi};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Response, Url, redirect};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tacet_conversation::{ErrorCategory, ProviderError};

/// How the app is known to servers.
pub const AGENT: &str = concat!("Tacet/", env!("CARGO_PKG_VERSION"));
/// The shortest value of a header that is taken for a secret: shorter ones are words of every
/// error.
const SHORTEST_SECRET: usize = 6;

/// Where a provider is, and how long it may take. Its `Debug` shows no value of a header and no
/// proxy, which may be secret.
#[derive(Clone)]
pub struct Endpoint {
    /// The address as the provider's documentation calls it: up to and including `/v1` for
    /// OpenAI's APIs, `/v1beta` for Gemini, the bare host for Anthropic and Ollama. A slash at its
    /// end, and the paths that the API itself adds, are not part of it.
    pub base_url: String,
    /// The key; a local server needs none.
    pub api_key: Option<ApiKey>,
    /// How long resolving, connecting and the TLS handshake may take together.
    pub connect_timeout: Duration,
    /// How long the server may say nothing: until its headers, and between two reads. A local
    /// server that reads a long prompt is silent for minutes.
    pub idle_timeout: Duration,
    /// How long the server may take from the whole request to the first word; none for as long as it
    /// likes.
    pub first_word_timeout: Option<Duration>,
    /// Headers of each request beside those of the API, and in place of them where they have the
    /// same names.
    pub headers: BTreeMap<String, String>,
    /// Through whom it is asked.
    pub proxy: Proxy,
    /// Certificates in PEM that are trusted beside the system's: for a server of one's own.
    pub ca_certificate: Option<Vec<u8>>,
    /// What Stop does with the connection.
    pub on_stop: OnStop,
    /// Let OpenAI Responses answer in the background, so that Stop can cancel at the server.
    pub background: bool,
    /// The provider's own tools that its models may use.
    pub hosted_tools: Vec<HostedTool>,
    /// Ask the provider's own token counter after a stop.
    pub count_on_stop: bool,
    /// The model runs on this computer: counts for an address of it, where nothing says who bills.
    pub local: bool,
    /// Where the address keeps a record of each call, in place of what is known of its host: for
    /// a router of one's own that does as OpenRouter.
    pub usage_records: Option<UsageRecords>,
}

impl Endpoint {
    /// An endpoint with Tacet's usual limits: 10 s to connect, 5 minutes of silence.
    #[must_use]
    pub fn new(base_url: impl Into<String>, api_key: Option<ApiKey>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(300),
            first_word_timeout: None,
            headers: BTreeMap::new(),
            proxy: Proxy::default(),
            ca_certificate: None,
            on_stop: OnStop::Close,
            background: false,
            hosted_tools: Vec::new(),
            count_on_stop: false,
            local: false,
            usage_records: None,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Endpoint")
            .field("base_url", &self.base_url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Through whom a provider is asked. Its `Debug` shows no address, which may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// The proxy that the environment or the system names; none for addresses of this computer,
    /// which no proxy can reach.
    #[default]
    System,
    /// None.
    Direct,
    /// This one, by its `http` or `https` address.
    At(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::System => "System",
            Self::Direct => "Direct",
            Self::At(_) => "At(…)",
        })
    }
}

/// How an API wants its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key alone under this name, in lower case.
    Plain(&'static str),
}

/// What every request of an API carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ApiConventions {
    /// How it wants its key, where the host has no way of its own.
    pub(crate) key: KeyHeader,
    /// Headers with fixed values; names in lower case.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// An address, for the words of an error.
    pub(crate) example: &'static str,
}

/// A client for one endpoint. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    base: Url,
    /// The key and what else was said of it that may be secret.
    secrets: Vec<ApiKey>,
    headers: HeaderMap,
    destination: Destination,
    local: bool,
}

impl Http {
    /// Certificates are checked by the system's store. No redirect is followed: it would turn the
    /// request into a GET, or take the key to another host.
    pub(crate) fn new(api: WireApi, endpoint: &Endpoint) -> Result<Self, ProviderError> {
        let conventions = api.conventions();
        let refused = |message: String| ProviderError::new(ErrorCategory::BadRequest, message);
        let base = address::base(api, &endpoint.base_url).ok_or_else(|| {
            let message = format!(
                "\"{}\" is not the address of a server. Write it like {}.",
                endpoint.base_url.trim(),
                conventions.example
            );
            ProviderError::new(ErrorCategory::WrongAddress, message)
        })?;
        let mut headers = HeaderMap::new();
        for (name, value) in conventions.headers {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        if let Some(key) = &endpoint.api_key {
            let (name, value) = match host::key_header(&base).unwrap_or(conventions.key) {
                KeyHeader::Bearer => ("authorization", key.bearer()),
                KeyHeader::Plain(name) => (name, key.reveal().to_owned()),
            };
            let mut value = HeaderValue::from_str(&value).map_err(|_| {
                refused("The key holds characters that cannot be sent. Copy it again.".into())
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        for (name, value) in &endpoint.headers {
            let header = HeaderName::from_bytes(name.as_bytes());
            let header = header.map_err(|_| {
                refused(format!(
                    "\"{name}\" cannot be the name of a header. Correct it in the settings."
                ))
            })?;
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                refused(format!(
                    "The header {name} has a sign that headers cannot have. Correct it in the \
                     settings."
                ))
            })?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let mut builder = Client::builder()
            .user_agent(AGENT)
            .connect_timeout(endpoint.connect_timeout)
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none());
        match &endpoint.proxy {
            Proxy::System if !host::is_this_computer(&base) => {}
            Proxy::System | Proxy::Direct => builder = builder.no_proxy(),
            Proxy::At(address) => {
                let proxy = reqwest::Proxy::all(address).map_err(|_| {
                    // It may hold a password.
                    refused(
                        "The address of the proxy cannot be used. Write http:// and its name and \
                         port in the settings."
                            .into(),
                    )
                })?;
                builder = builder.proxy(proxy);
            }
        }
        if base.scheme() == "http" {
            // Without TLS the system's store is not needed, and may be missing on a bare machine.
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = &endpoint.ca_certificate {
            let certificates = Certificate::from_pem_bundle(pem)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .ok_or_else(|| {
                    refused(
                        "The file of certificates holds none in PEM. Check ca_certificate in the \
                         settings."
                            .into(),
                    )
                })?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| {
            refused(format!(
                "No secure connection can be made on this machine: {error}. Install the system's \
                 certificates (on Debian and Ubuntu: apt install ca-certificates)."
            ))
        })?;
        let name = base.host_str().unwrap_or_default();
        let host = base
            .port()
            .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self {
            client,
            base,
            secrets: secrets(endpoint),
            headers,
            local: endpoint.local,
            destination: Destination {
                host,
                example: conventions.example,
                connect_timeout: endpoint.connect_timeout,
                idle_timeout: endpoint.idle_timeout,
                first_word_timeout: endpoint.first_word_timeout,
            },
        })
    }

    /// The address that everything else is below.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Whether the model is said to run on this computer.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// For the words of errors, and the limits.
    pub(crate) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Makes a POST of JSON whose answer may be an event stream. Nothing is sent before the
    /// future is polled; dropping it closes the connection.
    pub(crate) fn post(&self, path: &str, body: Body) -> (Sending, Arc<Sent>) {
        let sent = Arc::new(Sent::default());
        let body = Outgoing {
            left: body.into_pieces(),
            sent: Arc::clone(&sent),
        };
        let request = self
            .client
            .post(self.url(path))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(reqwest::Body::wrap(body));
        (Box::pin(self.signed(request).send()), sent)
    }

    /// Makes a GET of an event stream.
    pub(crate) fn get_stream(&self, path: &str) -> Sending {
        let request = self.client.get(self.url(path));
        let request = request.header(ACCEPT, "text/event-stream");
        Box::pin(self.signed(request).send())
    }

    /// Makes a GET of JSON.
    pub(crate) fn get(&self, path: &str) -> Sending {
        let request = self.client.get(self.url(path));
        let request = request.header(ACCEPT, "application/json");
        Box::pin(self.signed(request).send())
    }

    /// Names who can read what this provider seals: API, address and model.
    pub(crate) fn issuer(&self, api: &str, model: &str) -> String {
        format!("{api} {} {model}", self.destination.host)
    }

    /// Takes the key and what else is secret out of an error, wherever a server has put it.
    pub(crate) fn redacted(&self, mut error: ProviderError) -> ProviderError {
        for secret in &self.secrets {
            error.message = secret.redact(&error.message);
            error.provider_text = error.provider_text.map(|text| secret.redact(&text));
        }
        error
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.headers(self.headers.clone())
    }

    fn url(&self, path: &str) -> Url {
        address::below(&self.base, path)
    }
}

/// What may be secret of an endpoint, the longest first, so that none is left in part.
fn secrets(endpoint: &Endpoint) -> Vec<ApiKey> {
    let headers = endpoint.headers.values().flat_map(|value| {
        // A scheme, such as Bearer, and what is secret behind it.
        let bare = value.split_once(' ').map(|(_, bare)| bare);
        [Some(value.as_str()), bare].into_iter().flatten()
    });
    let long = headers.filter(|value| value.len() >= SHORTEST_SECRET);
    let mut secrets: Vec<ApiKey> = long.filter_map(ApiKey::new).collect();
    if let Proxy::At(address) = &endpoint.proxy {
        let address = Url::parse(address).ok();
        let password = address.as_ref().and_then(Url::password);
        secrets.extend(password.and_then(ApiKey::new));
    }
    secrets.extend(endpoint.api_key.clone());
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
    secrets
}

/// A query of one parameter, encoded.
pub(crate) fn query(name: &str, value: &str) -> Option<String> {
    let url = Url::parse_with_params("http://query/", [(name, value)]).ok()?;
    url.query().map(str::to_owned)
}

/// A request on its way.
pub(crate) type Sending = BoxFuture<'static, reqwest::Result<Response>>;

/// Tells when the transport has taken the request's body: before, it connects; afterwards, it
/// waits for the server.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    taken: AtomicBool,
    waker: AtomicWaker,
}

impl Sent {
    /// Whether the body was taken; wakes `waker` when it is.
    pub(crate) fn poll(&self, waker: &Waker) -> bool {
        self.waker.register(waker);
        self.is_taken()
    }

    /// Whether the body was taken.
    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Acquire)
    }
}

/// The request's body. Its exact size becomes the `Content-Length`.
struct Outgoing {
    left: VecDeque<Bytes>,
    sent: Arc<Sent>,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.taken.store(true, Ordering::Release);
        self.sent.waker.wake();
        Poll::Ready(self.left.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let sizes = self.left.iter().map(|piece| piece.len() as u64);
        SizeHint::with_exact(sizes.sum())
    }
}

//! The way to a server that can be called: its process or its address, its era, its greeting.

use super::client::{Client, Shared, capabilities};
use super::config::{Reach, ServerConfig};
use super::connection::{Account, Connection, EXIT_LIMIT, Live, exited};
use super::era::Era;
use super::lines::Lines;
use super::log::Log;
use super::servers::Owner;
use super::sign_in::{self, Challenge};
use super::words;
use crate::process::{Supervised, ToolCommand};
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{Implementation, ProtocolVersion, SubscriptionFilter};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::auth::AuthClient;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tacet_settings::is_here;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// How long the whole way may take: a first start may download what it runs.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long a program may be silent to the question for its era, before it is taken for one of
/// those that wait for their greeting.
const SILENCE: Duration = Duration::from_secs(3);
/// How long making a connection over the network may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// How much is read between two looks, in bytes.
const BUFFER: usize = 64 * 1024;

type Running = RunningService<RoleClient, Client>;

/// What a start needs beside the server's settings.
#[derive(Clone)]
pub struct Start {
    pub owner: Arc<Owner>,
    pub log: Log,
}

/// Why there is no connection.
pub enum Refusal {
    /// Words without the server's name and without an end.
    Words(String),
    /// Somebody has to sign in first.
    SignIn(Challenge),
}

enum Failure {
    Words(String),
    SignIn(Challenge),
    /// Its process ends, or is about to.
    Ended(String),
    /// It was greeted in the way of the other era.
    Other(Era),
}

impl From<String> for Failure {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

/// Starts a server and greets it in the way of its era, which is found out where it is not known.
///
/// # Errors
/// Says what went wrong; then nothing of it runs.
pub async fn connect(
    config: &ServerConfig,
    start: &Start,
    era: Option<Era>,
) -> Result<Live, Refusal> {
    let ways = async {
        match attempt(config, start, era).await {
            Ok(live) => Ok(live),
            Err(Failure::Other(era)) => attempt(config, start, Some(era)).await,
            // A server that is another version by now.
            Err(Failure::Words(_) | Failure::Ended(_)) if era.is_some() => {
                attempt(config, start, None).await
            }
            Err(failure) => Err(failure),
        }
    };
    match timeout(START_LIMIT, ways).await {
        Ok(Ok(live)) => Ok(live),
        Ok(Err(Failure::SignIn(challenge))) => Err(Refusal::SignIn(challenge)),
        Ok(Err(Failure::Words(words) | Failure::Ended(words))) => Err(Refusal::Words(words)),
        Ok(Err(Failure::Other(_))) => {
            Err(Refusal::Words("it does not say what it speaks".to_owned()))
        }
        Err(_) => Err(Refusal::Words(format!(
            "it was not ready after {} s",
            START_LIMIT.as_secs()
        ))),
    }
}

async fn attempt(config: &ServerConfig, start: &Start, era: Option<Era>) -> Result<Live, Failure> {
    let forms = start.owner.forms;
    let shared = Shared::new(config.name.clone(), start.log.clone(), forms);
    match &config.reach {
        Reach::Process {
            command,
            args,
            env,
            withheld,
            folder,
        } => {
            let env = env.iter().map(|(name, value)| (name.into(), value.into()));
            let command = ToolCommand {
                program: command.into(),
                args: args.iter().map(Into::into).collect(),
                env: env.collect(),
                withheld: withheld.iter().map(Into::into).collect(),
                folder: folder.clone(),
            };
            by_process(&command, start, shared, era).await
        }
        Reach::Http { url, headers } => {
            let http = http(url, start)?;
            let headers = sensitive(headers)?;
            let transport =
                StreamableHttpClientTransportConfig::with_uri(url.as_str()).custom_headers(headers);
            by_http(config, (url, http, transport), start, shared, era).await
        }
    }
}

async fn by_process(
    command: &ToolCommand,
    start: &Start,
    shared: Arc<Shared>,
    era: Option<Era>,
) -> Result<Live, Failure> {
    let supervised = Supervised::spawn(&start.owner.supervisor, command).await;
    let mut process = supervised.map_err(|error| words::bare(&error.to_string()))?;
    let errors = process.stderr.take();
    let mut errors = errors.map(|pipe| {
        let log = start.log.clone();
        AbortOnDropHandle::new(tokio::spawn(log.read(pipe)))
    });
    match greet(&mut process, start, Arc::clone(&shared), era).await {
        Ok((running, lines, tasks)) => {
            let mut live = live(running, shared, Some(lines), tasks, None);
            live.process = Some(process);
            live.errors = errors;
            Ok(live)
        }
        // How the process ended says more, and its last words do.
        Err(Failure::Ended(words)) => {
            let exit = timeout(EXIT_LIMIT, process.exited()).await;
            if let Some(errors) = &mut errors {
                let _ = timeout(EXIT_LIMIT, errors).await;
            }
            Err(Failure::Words(exit.map_or(words, exited)))
        }
        Err(failure) => Err(failure),
    }
}

/// Finds out the era of a program where it is not known, and greets it.
async fn greet(
    process: &mut Supervised,
    start: &Start,
    shared: Arc<Shared>,
    era: Option<Era>,
) -> Result<(Running, Arc<Lines>, JoinSet<()>), Failure> {
    let (Some(output), Some(mut input)) = (process.stdout.take(), process.stdin.take()) else {
        return Err(Failure::Words("it has no pipes".to_owned()));
    };
    let mut tasks = JoinSet::new();
    let lines = Lines::new(start.log.clone());
    let (onward, messages) = tokio::io::duplex(BUFFER);
    tasks.spawn(Arc::clone(&lines).pass(output, onward));
    let ended = |exit| Failure::Ended(exited(exit));

    let implementation = start.owner.implementation();
    let (known, late) = match era {
        Some(era) => (era, None),
        None => {
            let can = capabilities(shared.forms);
            let probed = lines.probe(&mut input, &implementation, &can).await;
            let mut answer = probed.map_err(|error| Failure::Ended(error.to_string()))?;
            tokio::select! {
                exit = process.exited() => return Err(ended(exit)),
                answered = timeout(SILENCE, &mut answer) => match answered {
                    Ok(Ok(true)) => (Era::Stateless, None),
                    Ok(Ok(false) | Err(_)) => (Era::Handshake, None),
                    Err(_) => (Era::Handshake, Some(answer)),
                },
            }
        }
    };
    // A slow one, that answers the question while it is greeted already.
    let stateless = async {
        let answer = match late {
            Some(answer) => answer.await.unwrap_or(false),
            None => false,
        };
        if !answer {
            pending::<()>().await;
        }
    };
    let transport = AsyncRwTransport::new_client(messages, input);
    let client = Client::new(implementation, shared);
    tokio::select! {
        running = client.serve_with_lifecycle(transport, mode(Some(known))) => match running {
            Ok(running) => Ok((running, lines, tasks)),
            Err(error) if words::is_an_end(&error) => {
                Err(Failure::Ended(words::of_greeting(&error)))
            }
            Err(error) => Err(Failure::Words(words::of_greeting(&error))),
        },
        exit = process.exited() => Err(ended(exit)),
        () = stateless => Err(Failure::Other(Era::Stateless)),
    }
}

/// Speaks to an address: with the token of who has signed in, where no header says who asks.
async fn by_http(
    config: &ServerConfig,
    (url, http, transport): (&Url, reqwest::Client, StreamableHttpClientTransportConfig),
    start: &Start,
    shared: Arc<Shared>,
    era: Option<Era>,
) -> Result<Live, Failure> {
    let said = match &config.reach {
        Reach::Http { headers, .. } => sign_in::is_said(headers),
        Reach::Process { .. } => true,
    };
    let client = Client::new(start.owner.implementation(), Arc::clone(&shared));
    let (running, account) = if said {
        let transport = StreamableHttpClientTransport::with_client(http, transport);
        (
            client.serve_with_lifecycle(transport, mode(era)).await,
            None,
        )
    } else {
        let (manager, signed_in) = sign_in::authorization(config, start, url).await?;
        let http = AuthClient::new(http, manager);
        let transport = StreamableHttpClientTransport::with_client(http, transport);
        let running = client.serve_with_lifecycle(transport, mode(era)).await;
        (running, Some(Account::new(url.clone(), signed_in)))
    };
    match running {
        Ok(running) => Ok(live(running, shared, None, JoinSet::new(), account)),
        // It answers everything, and so the question for its era, with something.
        Err(error) if era.is_none() && words::is_no_answer(&error) => {
            Err(Failure::Other(Era::Handshake))
        }
        Err(error) => {
            let challenge = account.and_then(|_| Challenge::of_greeting(&error, url));
            Err(challenge.map_or_else(|| words::of_greeting(&error).into(), Failure::SignIn))
        }
    }
}

/// The client for one address.
///
/// # Errors
/// Says why there is none.
pub fn http(url: &Url, start: &Start) -> Result<reqwest::Client, String> {
    let mut http = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        // The headers are for this address and for no other.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(&start.owner.agent);
    if is_here(url) {
        http = http.no_proxy();
    }
    http.build().map_err(|error| error.to_string())
}

fn sensitive(
    headers: &BTreeMap<String, String>,
) -> Result<HashMap<HeaderName, HeaderValue>, Failure> {
    let named = headers.iter().map(|(name, value)| {
        let header = name.parse::<HeaderName>();
        let header = header.map_err(|_| format!("“{name}” is no name for a header"))?;
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| format!("the header “{name}” has a sign that headers cannot have"))?;
        value.set_sensitive(true);
        Ok((header, value))
    });
    named.collect()
}

fn mode(era: Option<Era>) -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    match era {
        Some(Era::Handshake) => ClientLifecycleMode::Initialize,
        Some(Era::Stateless) => ClientLifecycleMode::Discover { preferred_versions },
        None => ClientLifecycleMode::Auto {
            preferred_versions,
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        },
    }
}

fn live(
    running: Running,
    shared: Arc<Shared>,
    lines: Option<Arc<Lines>>,
    mut tasks: JoinSet<()>,
    account: Option<Account>,
) -> Live {
    let peer = running.peer().clone();
    let connection = Connection::new(peer.clone(), Arc::clone(&shared), lines, account);
    let info = connection.info();
    let tools = info.and_then(|info| info.capabilities.tools.clone());
    let changes = tools.and_then(|tools| tools.list_changed) == Some(true);
    if connection.era() == Era::Stateless && changes {
        let filter = SubscriptionFilter::builder().tools_list_changed().build();
        tasks.spawn(async move {
            let Ok(mut subscription) = peer.listen(filter).await else {
                return;
            };
            while let Ok(Some(_)) = subscription.next().await {
                shared.list_changed();
            }
        });
    }
    let closed = CancellationToken::new();
    let closes = closed.clone().drop_guard();
    tasks.spawn(async move {
        let _ = running.waiting().await;
        drop(closes);
    });
    Live {
        connection,
        process: None,
        errors: None,
        tasks,
        closed,
    }
}

impl Owner {
    fn implementation(&self) -> Implementation {
        let (name, version) = self.agent.split_once('/').unwrap_or((&self.agent, "0"));
        Implementation::new(name, version)
    }
}

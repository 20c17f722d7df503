//! Servers behind an address, on real sockets.

use super::stopping::stopped_once;
use super::{owner, run, succeeded};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tacet_test_support::patience::within;
use tacet_tool::mcp::{Era, Reach, ServerConfig, ServerState, Servers};
use tacet_tool::tool::{Tool, ToolConfirmation, ToolOutcome, call};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A request that the server does not answer by itself.
struct Held {
    body: Value,
    head: String,
    stream: TcpStream,
}

impl Held {
    /// Starts a stream of events, which stays open.
    async fn open(&mut self) {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    async fn event(&mut self, message: &Value) {
        let event = format!("data: {message}\n\n");
        self.stream.write_all(event.as_bytes()).await.unwrap();
    }

    /// Waits until the other side has closed it.
    async fn closed(mut self) {
        let mut rest = Vec::new();
        let _ = within("the closed stream", self.stream.read_to_end(&mut rest)).await;
    }
}

struct Remote {
    servers: Servers,
    /// Calls of tools and cancellations, in the order of their coming.
    held: mpsc::UnboundedReceiver<Held>,
    url: String,
}

impl Remote {
    async fn new(era: Era) -> Self {
        Self::of(era, |_| None).await
    }

    /// A server that answers some methods with results of its own.
    async fn of(era: Era, own: fn(&str) -> Option<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let (holds, held) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, era, own, holds.clone()));
            }
        });
        let headers = BTreeMap::from([(
            "Authorization".to_owned(),
            "Bearer hunter2hunter2".to_owned(),
        )]);
        let reach = Reach::Http {
            url: url.parse().unwrap(),
            headers,
        };
        let config = ServerConfig::new("remote", reach);
        Self {
            servers: Servers::new(owner(), vec![config]),
            held,
            url,
        }
    }

    async fn tool(&self) -> Arc<dyn Tool> {
        let tools = within("the tools", self.servers.tools("remote")).await;
        tools.unwrap().remove(0)
    }

    async fn next(&mut self) -> Held {
        within("the request", self.held.recv()).await.unwrap()
    }
}

async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, serde_json::from_slice(&body).unwrap_or_default()))
}

/// Answers what a client asks before it calls, and holds the rest.
async fn serve(
    mut stream: TcpStream,
    era: Era,
    own: fn(&str) -> Option<Value>,
    holds: mpsc::UnboundedSender<Held>,
) {
    while let Some((head, body)) = read(&mut stream).await {
        let method = body["method"].as_str().unwrap_or_default();
        let id = &body["id"];
        let result = |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
        let unknown = || {
            json!({ "jsonrpc": "2.0", "id": id,
                "error": { "code": -32601, "message": "Method not found" } })
        };
        let tool = json!({ "name": "remote-tool", "inputSchema": { "type": "object" } });
        let answer = match (method, era) {
            _ if own(method).is_some() => own(method).map(result),
            ("tools/call" | "notifications/cancelled", _) => {
                let _ = holds.send(Held { body, head, stream });
                return;
            }
            ("server/discover", Era::Stateless) => Some(result(json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private",
            }))),
            ("initialize", Era::Handshake) => Some(result(json!({
                "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                "serverInfo": { "name": "remote", "version": "1" },
            }))),
            ("tools/list", _) => Some(result(json!({ "tools": [tool] }))),
            ("server/discover" | "initialize", _) => Some(unknown()),
            _ => None,
        };
        let (status, body) = match (head.starts_with("POST"), answer) {
            (true, Some(answer)) => ("200 OK", answer.to_string()),
            (true, None) => ("202 Accepted", String::new()),
            (false, _) => ("405 Method Not Allowed", String::new()),
        };
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A call that nobody stops.
fn calling(tool: &Arc<dyn Tool>) -> tokio::task::JoinHandle<ToolOutcome> {
    let (tool, stop) = (Arc::clone(tool), CancellationToken::new());
    tokio::spawn(async move { call(&*tool, json!({}), stop, &|_| {}).await })
}

fn done(held: &Held, text: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": held.body["id"],
        "result": { "content": [{ "type": "text", "text": text }] } })
}

#[tokio::test]
async fn a_remote_server_of_either_era_lists_its_tools_and_is_called() {
    for era in [Era::Handshake, Era::Stateless] {
        let mut remote = Remote::new(era).await;
        let tool = remote.tool().await;
        assert_eq!(tool.spec().name, "remote-tool");
        let calling = calling(&tool);
        let mut held = remote.next().await;
        assert!(
            held.head
                .to_lowercase()
                .contains("authorization: bearer hunter2hunter2")
        );
        held.open().await;
        held.event(&done(&held, "far away")).await;
        let outcome = within("the result", calling).await.unwrap();
        assert_eq!(outcome, ToolOutcome::text("far away"), "{era:?}");
        let state = remote.servers.watch().borrow()[0].state.clone();
        let ready = matches!(state, ServerState::Ready { era: found, .. } if found == era);
        assert!(ready, "{state:?}");
    }
}

#[tokio::test]
async fn c16_a_stop_is_told_in_the_way_of_the_era_and_the_server_is_usable_afterwards() {
    for era in [Era::Handshake, Era::Stateless] {
        for opened in [false, true] {
            let mut remote = Remote::new(era).await;
            let tool = remote.tool().await;
            let mut held = None;
            let sent = async {
                let request = held.insert(remote.next().await);
                if opened {
                    request.open().await;
                }
            };
            let confirmation = stopped_once(Arc::clone(&tool), sent).await;
            let held = held.expect("the call at the server");
            let silent = matches!(confirmation, ToolConfirmation::ToldAndSilent { .. });
            assert!(silent, "{confirmation:?}");
            match era {
                Era::Handshake => {
                    let cancel = remote.next().await;
                    assert_eq!(cancel.body["method"], "notifications/cancelled");
                    assert_eq!(cancel.body["params"]["requestId"], held.body["id"]);
                }
                Era::Stateless => {}
            }
            held.closed().await;
            let second = calling(&tool);
            let mut held = remote.next().await;
            held.open().await;
            held.event(&done(&held, "still here")).await;
            let outcome = within("the result", second).await.unwrap();
            assert_eq!(outcome, ToolOutcome::text("still here"), "{era:?}");
        }
    }
}

#[tokio::test]
async fn a_remote_server_that_breaks_off_in_mid_call_is_named() {
    for era in [Era::Handshake, Era::Stateless] {
        for opened in [false, true] {
            let mut remote = Remote::new(era).await;
            let tool = remote.tool().await;
            let calling = calling(&tool);
            let mut held = remote.next().await;
            if opened {
                held.open().await;
            }
            drop(held);
            let outcome = within("the failure", calling).await.unwrap();
            let words = super::failed(outcome);
            assert!(words.contains("“remote”"), "{era:?} {opened}: {words}");
            assert!(!words.contains("hunter2"), "{words}");
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_asks_and_one_that_is_not_there_are_named() {
    let refused = answering(
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let moved = Remote::new(Era::Handshake).await;
    let elsewhere = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        moved.url
    );
    let redirected = answering(&elsewhere).await;
    for (url, reason) in [
        (refused, "wants you to sign in"),
        (redirected, "307"),
        ("http://127.0.0.1:1/mcp".to_owned(), "refused"),
    ] {
        let headers = BTreeMap::from([("X-Key".to_owned(), "hunter2hunter2".to_owned())]);
        let reach = Reach::Http {
            url: url.parse().unwrap(),
            headers,
        };
        let servers = Servers::new(owner(), vec![ServerConfig::new("remote", reach)]);
        let words = within("the failure", servers.tools("remote"))
            .await
            .err()
            .unwrap();
        assert!(
            words.contains("“remote”") && words.contains("settings"),
            "{words}"
        );
        assert!(words.contains(reason), "{words}");
        assert!(!words.contains("hunter2"), "{words}");
    }
    drop(moved);
}

/// The address of a server that says the same to everything.
async fn answering(response: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let response = response.to_owned();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let response = response.clone();
            tokio::spawn(async move {
                while read(&mut stream).await.is_some() {
                    let _ = stream.write_all(response.as_bytes()).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_remote_server_that_answers_everything_with_something_is_greeted() {
    let remote = Remote::of(Era::Handshake, |method| {
        (method == "server/discover").then(|| json!({}))
    })
    .await;
    assert_eq!(remote.tool().await.spec().name, "remote-tool");
}

#[tokio::test]
async fn a_remote_call_that_fails_at_the_server_is_a_failed_result() {
    let mut remote = Remote::new(Era::Handshake).await;
    let tool = remote.tool().await;
    let running = tokio::spawn({
        let tool = Arc::clone(&tool);
        async move { run(&*tool, json!({})).await }
    });
    let mut held = remote.next().await;
    held.open().await;
    held.event(&json!({ "jsonrpc": "2.0", "id": held.body["id"],
        "result": { "isError": true, "content": [{ "type": "text", "text": "no such city" }] } }))
        .await;
    let outcome = within("the result", running).await.unwrap();
    assert_eq!(outcome, ToolOutcome::failed("no such city"));
    let next = tokio::spawn(async move { succeeded(&*tool).await });
    let mut held = remote.next().await;
    held.open().await;
    held.event(&done(&held, "fine")).await;
    assert_eq!(within("the result", next).await.unwrap(), "fine");
}

//! The lines of a stdio server on their way to `rmcp`: what is no message goes to the log, what
//! answers a call that was stopped goes nowhere, and what is broken is told to all who wait.

use super::log::Log;
use rmcp::model::{
    ClientCapabilities, ClientJsonRpcMessage, ClientRequest, DiscoverRequest,
    DiscoverRequestParams, Implementation, ProtocolVersion, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{oneshot, watch};

/// The longest line that is a message, in bytes; `rmcp` has the same.
const LONGEST: usize = 16 * 1024 * 1024;
/// The id of our question for the era; those of `rmcp` are numbers.
const PROBE: &str = "tacet-discover";

/// What is known of the lines, shared by those who read them and those who call.
pub struct Lines {
    /// Calls that were stopped; an answer to one of them wakes whoever still listens.
    stopped: Mutex<HashMap<i64, oneshot::Sender<()>>>,
    probe: Mutex<Option<oneshot::Sender<bool>>>,
    /// How many messages were broken so far.
    broken: watch::Sender<u64>,
    log: Log,
}

/// As much of a message as tells what it is.
#[derive(Deserialize)]
struct Envelope {
    id: Option<Value>,
    method: Option<IgnoredAny>,
}

/// Whether a message is what a server of the stateless era answers to the question for it; others
/// may answer everything with something.
fn discovers(line: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(line).unwrap_or_default();
    answer["result"]["supportedVersions"].is_array()
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Message,
    Dropped,
    Broken,
}

impl Lines {
    pub fn new(log: Log) -> Arc<Self> {
        Arc::new(Self {
            stopped: Mutex::default(),
            probe: Mutex::default(),
            broken: watch::Sender::new(0),
            log,
        })
    }

    /// Counts messages that were broken: whoever waits for an answer may have lost it.
    pub fn broken(&self) -> watch::Receiver<u64> {
        self.broken.subscribe()
    }

    /// From now on an answer to this request is dropped; the receiver is told when one came.
    pub fn drop_answer(&self, id: &RequestId) -> Option<oneshot::Receiver<()>> {
        let RequestId::Number(id) = id else {
            return None;
        };
        let (came, coming) = oneshot::channel();
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.insert(*id, came);
        Some(coming)
    }

    /// Asks `server/discover`; the answer tells whether the server knows it.
    ///
    /// # Errors
    /// When the server cannot be written to.
    pub async fn probe(
        &self,
        input: &mut (impl AsyncWrite + Unpin),
        client: &Implementation,
        capabilities: &ClientCapabilities,
    ) -> std::io::Result<oneshot::Receiver<bool>> {
        let mut discover = DiscoverRequest::new(DiscoverRequestParams {});
        discover
            .extensions
            .insert(RequestMetaObject::with_client_context(
                ProtocolVersion::LATEST,
                client.clone(),
                capabilities.clone(),
            ));
        let request = ClientRequest::DiscoverRequest(discover);
        let id = RequestId::String(PROBE.into());
        let mut line = serde_json::to_vec(&ClientJsonRpcMessage::request(request, id))?;
        line.push(b'\n');
        let (answered, answer) = oneshot::channel();
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some(answered);
        input.write_all(&line).await?;
        input.flush().await?;
        Ok(answer)
    }

    /// Passes the messages of `output` on until one of the two ends.
    pub async fn pass(
        self: Arc<Self>,
        output: impl AsyncRead + Unpin,
        mut onward: impl AsyncWrite + Unpin,
    ) {
        let mut output = BufReader::with_capacity(64 * 1024, output);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut bounded = (&mut output).take(LONGEST as u64);
            match bounded.read_until(b'\n', &mut line).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
            if line.last() != Some(&b'\n') && line.len() == LONGEST {
                self.log.add("[a line of more than 16 MB was dropped]");
                self.broken.send_modify(|count| *count += 1);
                if !skip(&mut output).await {
                    return;
                }
                continue;
            }
            match self.look(&line) {
                Line::Message => {
                    if onward.write_all(&line).await.is_err() {
                        return;
                    }
                }
                Line::Dropped => {}
                Line::Broken => self.broken.send_modify(|count| *count += 1),
            }
        }
    }

    fn look(&self, line: &[u8]) -> Line {
        let line = line.trim_ascii();
        match line.first() {
            None => return Line::Dropped,
            Some(b'{') => {}
            // Several messages at once, which some versions have.
            Some(b'[') if serde_json::from_slice::<IgnoredAny>(line).is_ok() => {
                return Line::Message;
            }
            Some(_) => {
                self.log.add(&String::from_utf8_lossy(line));
                return Line::Dropped;
            }
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope>(line) else {
            let shown = String::from_utf8_lossy(&line[..line.len().min(300)]);
            self.log.add(&format!("[no message: {shown}]"));
            return Line::Broken;
        };
        if envelope.method.is_some() {
            return Line::Message;
        }
        match envelope.id {
            Some(Value::String(id)) if id == PROBE => {
                let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(probe) = probe.take() {
                    let _ = probe.send(discovers(line));
                }
                Line::Dropped
            }
            Some(Value::Number(id)) => {
                let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
                match id.as_i64().and_then(|id| stopped.remove(&id)) {
                    Some(came) => {
                        let _ = came.send(());
                        Line::Dropped
                    }
                    None => Line::Message,
                }
            }
            Some(_) | None => Line::Message,
        }
    }
}

/// Reads to the end of a line that is too long; returns whether there is one.
async fn skip(output: &mut (impl AsyncBufReadExt + Unpin)) -> bool {
    loop {
        let Ok(bytes) = output.fill_buf().await else {
            return false;
        };
        if bytes.is_empty() {
            return false;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let passed = end.map_or(bytes.len(), |end| end + 1);
        output.consume(passed);
        if end.is_some() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn only_messages_pass_and_the_rest_is_logged_or_told() {
        let log = Log::default();
        let lines = Lines::new(log.clone());
        let broken = lines.broken();
        let long = "x".repeat(LONGEST + 10);
        let output = format!(
            "Server started\n{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{}}}}\n\n{{\"id\":\n[1]\n{long}\n{{\"method\":\"x\"}}\n"
        );
        let mut passed = Vec::new();
        lines.pass(output.as_bytes(), &mut passed).await;
        let passed = String::from_utf8(passed).unwrap();
        assert_eq!(
            passed,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n[1]\n{\"method\":\"x\"}\n"
        );
        assert_eq!(*broken.borrow(), 2);
        let text = log.text();
        assert!(
            text.starts_with("Server started\n[no message: {\"id\":]\n"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn c05_an_answer_to_a_call_that_was_stopped_goes_nowhere() {
        let lines = Lines::new(Log::default());
        let mut late = lines.drop_answer(&RequestId::Number(7)).unwrap();
        let output =
            "{\"id\":6,\"result\":{}}\n{\"id\":7,\"method\":\"ping\"}\n{\"id\":7,\"result\":{}}\n";
        let mut passed = Vec::new();
        Arc::clone(&lines)
            .pass(output.as_bytes(), &mut passed)
            .await;
        let passed = String::from_utf8(passed).unwrap();
        assert_eq!(
            passed,
            "{\"id\":6,\"result\":{}}\n{\"id\":7,\"method\":\"ping\"}\n"
        );
        assert!(late.try_recv().is_ok());
    }
}

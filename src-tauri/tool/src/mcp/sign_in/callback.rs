//! Where the browser comes back to after a sign-in: a port of this computer that listens for that
//! alone (RFC 8252, 7.3).

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use url::Url;

const PATH: &str = "/callback";
/// How much of a request is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// How long a connection may take to ask: browsers open some that they never use.
const ASK_LIMIT: Duration = Duration::from_secs(30);
/// How long saying goodbye to the browser may take.
const SAY_LIMIT: Duration = Duration::from_secs(2);
/// How many connections may be open at once.
const CONNECTIONS: usize = 32;
/// The wait after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

const SIGNED_IN: &str = "You are signed in. You can close this page and go back to Tacet.";
const NOT_SIGNED_IN: &str = "You are not signed in. Tacet says why. You can close this page.";

/// A port that waits for the browser.
pub struct Callback {
    listener: TcpListener,
    port: u16,
}

/// What the browser brought.
pub struct Returned {
    fields: Vec<(String, String)>,
    stream: TcpStream,
}

impl Callback {
    /// Listens on that port of 127.0.0.1, or on any that is free.
    pub async fn bind(port: Option<u16>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address that the browser is sent to.
    pub fn address(&self) -> String {
        Self::registered_as(Some(self.port))
    }

    /// The address as a person registers it: without a port, any is meant.
    pub fn registered_as(port: Option<u16>) -> String {
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        format!("http://{}{port}{PATH}", Ipv4Addr::LOCALHOST)
    }

    /// Waits for the browser with that `state`. Whoever else comes is sent away.
    pub async fn returned(&mut self, state: &str) -> Returned {
        let mut readers = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if readers.len() < CONNECTIONS => {
                        readers.spawn(timeout(ASK_LIMIT, read(stream)));
                    }
                    Ok(_) => {}
                    Err(_) => sleep(PAUSE).await,
                },
                Some(read) = readers.join_next() => {
                    let Ok(Ok(Some((asked, stream)))) = read else {
                        continue;
                    };
                    let fields = asked.query_pairs().into_owned().collect();
                    let returned = Returned { fields, stream };
                    if asked.path() == PATH && returned.field("state") == Some(state) {
                        return returned;
                    }
                    returned.answer("404 Not Found", "There is nothing here.").await;
                }
            }
        }
    }
}

impl Returned {
    /// What a field of the address says.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Tells the person in their browser what came of it.
    pub async fn say(self, signed_in: bool) {
        let words = if signed_in { SIGNED_IN } else { NOT_SIGNED_IN };
        self.answer("200 OK", words).await;
    }

    async fn answer(mut self, status: &str, words: &str) {
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tacet</title>\
             <body style=\"font: 16px system-ui, sans-serif; margin: 20vh auto; max-width: 30em\">\
             <p>{words}</p></body></html>"
        );
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n\
             content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
             cache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
        let said = async {
            self.stream.write_all(response.as_bytes()).await?;
            self.stream.shutdown().await
        };
        // Where the browser does not listen any more, the window says it.
        let _ = timeout(SAY_LIMIT, said).await;
    }
}

/// What a connection asks for; nothing where that is no request of a browser.
async fn read(mut stream: TcpStream) -> Option<(Url, TcpStream)> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 || head.len() + count > LONGEST {
            return None;
        }
        head.extend_from_slice(&buffer[..count]);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let here = Url::parse(&Callback::registered_as(None)).ok()?;
    let asked = target.starts_with('/').then(|| here.join(target).ok())??;
    Some((asked, stream))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn get(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_the_browser_with_the_right_state_is_taken_and_others_are_sent_away() {
        let mut callback = Callback::bind(None).await.unwrap();
        let port = callback.port;
        // A connection that never asks for anything holds nobody up.
        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        let asking = tokio::spawn(async move {
            for strange in [
                "/",
                "/callback",
                "/callback?code=c&state=other",
                "/favicon.ico?state=s1",
            ] {
                let answer = get(port, strange).await;
                assert!(answer.starts_with("HTTP/1.1 404"), "{strange}: {answer}");
            }
            get(port, "/callback?code=a%20b&state=s1").await
        });
        let returned = callback.returned("s1").await;
        assert_eq!(returned.field("code"), Some("a b"));
        returned.say(true).await;
        let answer = asking.await.unwrap();
        assert!(answer.contains("You are signed in"), "{answer}");
    }
}

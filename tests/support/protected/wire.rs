//! As much of HTTP as the two servers need.

use super::Shared;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request.
pub struct Request {
    pub method: String,
    pub path: String,
    /// The fields of the address.
    pub query: HashMap<String, String>,
    /// By their names in small letters.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// An answer.
pub struct Response {
    pub status: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn form(&self) -> HashMap<String, String> {
        fields(&String::from_utf8_lossy(&self.body))
    }
}

impl Response {
    pub fn of(status: &'static str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub fn json(status: &'static str, body: &Value) -> Self {
        Self {
            body: body.to_string(),
            ..Self::of(status).with("content-type", "application/json")
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers all that comes, until everybody has forgotten `shared` but this.
pub fn serve(
    listener: TcpListener,
    shared: &Arc<Shared>,
    answer: fn(&Shared, &Request) -> Response,
) {
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let shared = shared.clone();
            tokio::spawn(async move {
                while let Some(request) = read(&mut stream).await {
                    let Some(shared) = shared.upgrade() else {
                        return;
                    };
                    let response = answer(&shared, &request);
                    if write(&mut stream, &response).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?, first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: fields(query),
        headers,
        body,
    })
}

async fn write(stream: &mut TcpStream, response: &Response) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status);
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let body = &response.body;
    head += &format!("content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).await
}

/// The fields of an address or a form.
fn fields(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn plain(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next(), bytes.next()].map(|it| it.unwrap_or(b'0'));
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Text as it may stand in an address.
pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
        out
    })
}

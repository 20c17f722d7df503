//! One HTTP/1.1 request as it came off the socket, kept whole for the assertions of a test.

use super::dialect::Dialect;
use super::route::Route;
use reqwest::Url;
use serde_json::Value;
use std::time::Instant;

const MOST_HEADERS: usize = 64;

/// A request that was read to the end of its body.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which accepted connection it came over, counted from 0.
    pub connection: usize,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Names in lower case, values as sent, in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// When the last byte of the body had been read.
    pub received_at: Instant,
}

impl Request {
    /// The value of the first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The value of the first parameter of that name in the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(&format!("http://server{}", self.path)).ok()?;
        let mut parameters = url.query_pairs();
        let (_, value) = parameters.find(|(known, _)| known == name)?;
        Some(value.into_owned())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When the body is something else.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("the body of {} is not JSON: {error}", self.path),
        }
    }

    /// The model that the body asks for, or the path (as Gemini has it), or `unnamed`.
    pub fn model(&self) -> String {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let named = body.as_ref().and_then(|body| body["model"].as_str());
        let in_path = || {
            let (_, rest) = self.path.split_once("/models/")?;
            Some(rest.split_once(':')?.0)
        };
        named.or_else(in_path).unwrap_or("unnamed").to_owned()
    }

    /// The API that the request speaks. `GET /v1/models` without `anthropic-version`, which both
    /// APIs of OpenAI share, counts as Chat Completions.
    pub fn dialect(&self) -> Dialect {
        Route::of(self).dialect()
    }

    /// Takes one whole request from the front of `buffer`, or `None` while it is not all there.
    ///
    /// # Errors
    /// When the bytes are no HTTP/1.1 request, or its body has no `content-length`: this server
    /// reads no chunked requests, and no client of ours sends any.
    pub(super) fn take(buffer: &mut Vec<u8>, connection: usize) -> Result<Option<Self>, String> {
        let mut storage = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut head = httparse::Request::new(&mut storage);
        let head_length = match head.parse(buffer).map_err(|error| error.to_string())? {
            httparse::Status::Complete(length) => length,
            httparse::Status::Partial => return Ok(None),
        };
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect();
        let mut request = Self {
            connection,
            method: head.method.unwrap_or_default().to_owned(),
            path: head.path.unwrap_or_default().to_owned(),
            headers,
            body: Vec::new(),
            received_at: Instant::now(),
        };
        if request.header("transfer-encoding").is_some() {
            return Err("a request body needs a content-length here".to_owned());
        }
        let body_length = match request.header("content-length") {
            Some(length) => length
                .parse::<usize>()
                .map_err(|error| format!("content-length: {error}"))?,
            None => 0,
        };
        if buffer.len() < head_length + body_length {
            return Ok(None);
        }
        request.body = buffer[head_length..head_length + body_length].to_vec();
        buffer.drain(..head_length + body_length);
        Ok(Some(request))
    }
}

//! A wire: one API's requests and answers as data. What all of them share stands in
//! [`Remote`](super::Remote).

use super::body::Body;
use super::counting::CountRequest;
use super::decode::Decoder;
use super::http::Http;
use super::models::ModelInfo;
use super::optional_fields::OptionalFields;
use super::{ModelRequest, host};
use crate::history::Rules;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::fmt;
use tacet_conversation::{StopEffect, Usage};

/// A request, ready for the transport.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    /// Below the address; may have a query.
    pub(crate) path: String,
    /// JSON, always the same for the same history.
    pub(crate) body: Body,
    /// The optional fields that it holds; see [`OptionalFields`].
    pub(crate) optional_fields: Vec<&'static str>,
}

/// One API at one address.
pub(crate) trait Wire: fmt::Debug + Send + Sync {
    /// The transport.
    fn http(&self) -> &Http;

    /// What the optional fields met so far.
    fn optional_fields(&self) -> &OptionalFields;

    /// What this API demands of a history for that model.
    fn rules(&self, model: &str) -> Rules;

    /// Encodes a request.
    fn outgoing(&self, request: &ModelRequest) -> Outgoing;

    /// Takes in what a server says of itself in the headers of an answer.
    fn heard(&self, _headers: &HeaderMap) {}

    /// A decoder of one answer of that model.
    fn decoder(&self, model: &str) -> Decoder;

    /// Where its answers are, below the address, that go on without a connection; `None` where all
    /// answers are in the foreground.
    fn background(&self) -> Option<&'static str> {
        None
    }

    /// What a hang-up does there (rule C24): it leaves an answer in the background running.
    fn stop_effect(&self) -> StopEffect {
        match self.background() {
            Some(_) => StopEffect::Cancels,
            None => host::stop_effect(self.http().base(), self.http().is_local()),
        }
    }

    /// Whether a model whose name says nothing may reason unseen there. Where a service has names
    /// of the person's own for its models, as Azure has, any of them may.
    fn is_opaque(&self) -> bool {
        false
    }

    /// The path of the list of models.
    fn models_path(&self) -> &'static str;

    /// The models in the answer to that; `None` when it is no such list.
    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>>;

    /// Where the list goes on after this page of it: what the query of the next one adds, a name
    /// and its value.
    fn next_page(&self, _list: &Value) -> Option<(&'static str, String)> {
        None
    }

    /// A question about one model, where the list says little of it: path and JSON of a POST.
    fn inquiry(&self, _model: &str) -> Option<(&'static str, Vec<u8>)> {
        None
    }

    /// Adds what the answer to that says.
    fn read_inquiry(&self, _answer: &Value, _model: &mut ModelInfo) {}

    /// The path of an answer that goes on without a connection.
    fn answer_path(&self, answer_id: &str) -> Option<String> {
        let answers = self.background().filter(|_| is_sound(answer_id))?;
        Some(format!("{answers}/{answer_id}"))
    }

    /// The path of a POST that ends an answer at the server, where a hang-up alone does not. Servers
    /// refuse it for an answer in the foreground.
    fn cancel_path(&self, answer_id: &str) -> Option<String> {
        Some(format!("{}/cancel", self.answer_path(answer_id)?))
    }

    /// The path of a GET that reads an answer on after the event with that mark, where the server
    /// goes on with it although its connection broke.
    fn resume_path(&self, _answer_id: &str, _position: &str) -> Option<String> {
        None
    }

    /// How the API is asked how many tokens a text is, where that costs nothing.
    fn count_request(&self, _model: &str, _text: &str) -> Option<CountRequest> {
        None
    }

    /// What the cancelled answer took, where the server's answer to that says so.
    fn cancelled(&self, _answer: &Value) -> Option<Usage> {
        None
    }
}

/// Whether an id can stand in a path as it is.
fn is_sound(answer_id: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'~');
    answer_id.bytes().all(plain) && answer_id.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

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

    /// What a hang-up does there (rule C24).
    fn stop_effect(&self) -> StopEffect {
        host::stop_effect(self.http().base(), self.http().is_local())
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

    /// The path of a POST that ends an answer at the server, where a hang-up alone does not.
    fn cancel_path(&self, _answer_id: &str) -> Option<String> {
        None
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

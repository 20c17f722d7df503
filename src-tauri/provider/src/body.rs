//! The body of a request: JSON around a list of messages that was written before, in pieces that
//! are shared with other requests and not copied.

use crate::history::{Listed, join};
use bytes::Bytes;
use serde::Serialize;
use std::collections::VecDeque;

/// The bytes of a request's body, in pieces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body(Vec<Bytes>);

impl Body {
    /// An object that has the fields of the object `before`, then the list, and then the fields of
    /// the object `after`.
    pub(crate) fn around(
        before: &impl Serialize,
        name: &str,
        list: &Listed,
        after: &impl Serialize,
    ) -> Self {
        // Neither maps with keys that are not strings nor a writer that fails: this has no error.
        let mut head = serde_json::to_vec(before).unwrap_or_default();
        head.pop();
        if head.len() > 1 {
            head.push(b',');
        }
        head.extend(format!("\"{name}\":[").into_bytes());
        let mut pieces = vec![Bytes::from(head)];
        for piece in &list.json {
            join(&mut pieces, piece.clone());
        }
        let mut tail = vec![b']'];
        let _ = serde_json::to_writer(&mut tail, after);
        if tail.len() > "]{}".len() {
            tail[1] = b',';
        } else {
            tail.remove(1);
        }
        join(&mut pieces, tail.into());
        Self(pieces)
    }

    /// Nothing.
    pub(crate) fn empty() -> Self {
        Vec::new().into()
    }

    /// The pieces; one at least.
    pub(crate) fn into_pieces(self) -> VecDeque<Bytes> {
        self.0.into()
    }

    /// A copy in one piece.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.0.concat()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(vec![bytes.into()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::Http;
    use crate::{Endpoint, ModelRequest, SoFar, ToolDefinition, WireApi};
    use serde_json::{Value, json};
    use tacet_conversation::{Message, Part, Role, ToolCall, ToolCallState, ToolResult};

    /// A call and its result.
    fn step(number: usize) -> [Part; 2] {
        let call_id = format!("call_{number}");
        let state = ToolCallState::Succeeded;
        [
            Part::ToolCall(ToolCall {
                call_id: call_id.clone(),
                name: "look".to_owned(),
                arguments: "{}".to_owned(),
                state,
                seal: None,
            }),
            Part::ToolResult(ToolResult {
                call_id,
                text: "ice ".repeat(1_000),
                contents: Vec::new(),
                state,
                left_out: false,
            }),
        ]
    }

    #[test]
    fn c27_what_a_turn_has_sent_is_in_its_later_requests_without_a_copy() {
        let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
        for api in WireApi::ALL {
            let wire = api.connect(&endpoint, Http::new(api, &endpoint).unwrap());
            let question = Message::from_user("What is there? ".repeat(10_000));
            let tool = ToolDefinition::new("look", "", json!({ "type": "object" }));
            let mut request = ModelRequest::new("m", [question]).with_tools([tool]);
            let answer = Message {
                role: Role::Assistant,
                ..Message::from_user("")
            };
            let mut so_far = SoFar::new(Message {
                parts: Vec::new(),
                ..answer
            });
            let mut before: Option<Body> = None;
            for number in 0..60 {
                let body = wire.outgoing(&request).body;
                let _: Value = serde_json::from_slice(&body.to_vec()).unwrap();
                if let Some(before) = &before {
                    let shared = |piece: &&Bytes| {
                        let mut others = body.0.iter();
                        others.any(|other| other.as_ptr() == piece.as_ptr())
                    };
                    let shared = before.0.iter().filter(shared);
                    let shared: usize = shared.map(Bytes::len).sum();
                    let all: usize = before.0.iter().map(Bytes::len).sum();
                    // The beginning, the end, and the last steps are copied.
                    let copied = all - shared;
                    assert!(copied < 70 * 1_024, "{api:?}, {number}: {copied} of {all}");
                }
                before = Some(body);
                so_far.add(&step(number));
                request.so_far = Some(so_far.clone());
            }
        }
    }
}

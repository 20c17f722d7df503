#![allow(clippy::unwrap_used)]

use super::super::WireApi;
use super::super::models::ModelInfo;
use super::super::{Endpoint, http::Http, optional_fields::OptionalFields};
use super::request::{INLINE_LIMIT, is_long};
use super::*;
use crate::history::Rules;
use crate::{SoFar, ToolDefinition};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread::ThreadId;
use tacet_conversation::{Message, Part, Role, ToolCall, ToolCallState, ToolResult};

/// A wire that encodes when it is allowed to, and remembers on which thread.
#[derive(Debug)]
struct Gated {
    inner: Arc<dyn Wire>,
    gate: Mutex<Receiver<()>>,
    thread: Mutex<Option<ThreadId>>,
}

impl Wire for Gated {
    fn http(&self) -> &Http {
        self.inner.http()
    }

    fn optional_fields(&self) -> &OptionalFields {
        self.inner.optional_fields()
    }

    fn rules(&self, model: &str) -> Rules {
        self.inner.rules(model)
    }

    fn outgoing(&self, request: &ModelRequest) -> Outgoing {
        *self.thread.lock().unwrap() = Some(std::thread::current().id());
        // An end of the wait that nobody has asked for makes the test fail instead of hang.
        let _allowed = self
            .gate
            .lock()
            .unwrap()
            .recv_timeout(Duration::from_secs(20));
        self.inner.outgoing(request)
    }

    fn decoder(&self, model: &str) -> Decoder {
        self.inner.decoder(model)
    }

    fn models_path(&self) -> &'static str {
        self.inner.models_path()
    }

    fn read_models(&self, list: &Value) -> Option<Vec<ModelInfo>> {
        self.inner.read_models(list)
    }
}

fn gated(gate: Receiver<()>) -> Arc<Gated> {
    let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
    let http = Http::new(WireApi::OpenaiChat, &endpoint).unwrap();
    Arc::new(Gated {
        inner: WireApi::OpenaiChat.connect(&endpoint, http),
        gate: Mutex::new(gate),
        thread: Mutex::default(),
    })
}

fn request(characters: usize) -> ModelRequest {
    ModelRequest::new("m", vec![Message::from_user("a".repeat(characters))])
}

#[tokio::test]
async fn c02_a_stop_while_a_long_history_is_encoded_waits_for_nothing_and_nothing_is_sent() {
    let (allow, gate) = channel();
    let wire = gated(gate);
    let mut stream = Box::pin(WireStream::new(
        Arc::clone(&wire) as Arc<dyn Wire>,
        request(INLINE_LIMIT + 1),
    ));
    // The second poll is the one that waits.
    for _ in 0..2 {
        assert!(futures::poll!(stream.next()).is_pending());
    }
    let closed = stream.close().await;
    assert_eq!(closed.connection, ConnectionEnd::NeverOpened);
    allow.send(()).unwrap();
}

#[tokio::test]
async fn a_long_history_is_encoded_on_a_thread_of_its_own_and_a_short_one_at_once() {
    for (characters, elsewhere) in [(INLINE_LIMIT + 1, true), (INLINE_LIMIT, false)] {
        let (allow, gate) = channel();
        allow.send(()).unwrap();
        let wire = gated(gate);
        let mut stream = Box::pin(WireStream::new(
            Arc::clone(&wire) as Arc<dyn Wire>,
            request(characters),
        ));
        let first = stream.next().await.unwrap().unwrap();
        assert_eq!(first, [ModelEvent::Phase(Phase::Connecting)]);
        let thread = wire.thread.lock().unwrap().unwrap();
        assert_eq!(thread != std::thread::current().id(), elsewhere);
    }
}

#[tokio::test]
async fn what_a_turn_has_written_of_a_long_history_is_not_encoded_on_another_thread_again() {
    let wire = WireApi::OpenaiChat;
    let looks = |characters: usize| {
        let state = ToolCallState::Succeeded;
        [
            Part::ToolCall(ToolCall {
                call_id: "call_1".to_owned(),
                name: "look".to_owned(),
                arguments: "{}".to_owned(),
                state,
                seal: None,
            }),
            Part::ToolResult(ToolResult {
                call_id: "call_1".to_owned(),
                text: "a".repeat(characters),
                contents: Vec::new(),
                state,
                left_out: false,
            }),
        ]
    };
    for (more, elsewhere) in [(10, false), (INLINE_LIMIT, true)] {
        let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
        let inner = wire.connect(&endpoint, Http::new(wire, &endpoint).unwrap());
        let tool = ToolDefinition::new("look", "", json!({ "type": "object" }));
        let mut request = request(INLINE_LIMIT + 1).with_tools([tool]);
        let rules = inner.rules(&request.model);
        assert!(is_long(&request, &rules));
        drop(inner.outgoing(&request));
        let mut so_far = SoFar::new(Message {
            role: Role::Assistant,
            parts: Vec::new(),
            ..Message::from_user("")
        });
        so_far.add(&looks(more));
        request.so_far = Some(so_far);
        assert_eq!(is_long(&request, &rules), elsewhere);
        // Under other rules it is written anew.
        let others = Rules {
            answer_after_tools: !rules.answer_after_tools,
            ..rules
        };
        assert!(is_long(&request, &others));
    }
}

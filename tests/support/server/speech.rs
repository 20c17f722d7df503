//! What a model says in an exchange, one call a frame.

use super::exchange::Exchange;
use super::frame::{Frame, ReasoningField, ToolDelta};
use super::record::ExchangeRecord;

impl Exchange {
    /// Writes one frame as one chunk.
    pub async fn send(&mut self, frame: &Frame) {
        let bytes = frame.encode(&self.model);
        self.send_chunk(bytes).await;
    }

    /// A piece of the answer's text.
    pub async fn send_text_delta(&mut self, text: &str) {
        self.send(&Frame::text(text)).await;
    }

    /// A piece of reasoning, under the name that the server uses.
    pub async fn send_reasoning_delta(&mut self, field: ReasoningField, text: &str) {
        self.send(&Frame::Reasoning(field, text.to_owned())).await;
    }

    /// A piece of a tool call.
    pub async fn send_tool_delta(
        &mut self,
        index: Option<usize>,
        id: Option<&str>,
        name: Option<&str>,
        arguments: &str,
    ) {
        self.send(&Frame::Tool(ToolDelta {
            index,
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            arguments: arguments.to_owned(),
        }))
        .await;
    }

    /// A piece of a refusal.
    pub async fn send_refusal(&mut self, text: &str) {
        self.send(&Frame::Refusal(text.to_owned())).await;
    }

    /// The finish reason: `stop`, `length`, `tool_calls`, `content_filter`.
    pub async fn send_finish(&mut self, reason: &str) {
        self.send(&Frame::Finish(reason.to_owned())).await;
    }

    /// The usage of the whole request, in tokens.
    pub async fn send_usage(&mut self, prompt: u64, completion: u64) {
        self.send(&Frame::Usage(prompt, completion)).await;
    }

    /// A comment, which carries nothing.
    pub async fn send_comment(&mut self, text: &str) {
        self.send(&Frame::Comment(text.to_owned())).await;
    }

    /// An error frame in a stream that began with 200.
    pub async fn send_error_frame(&mut self, message: &str) {
        self.send(&Frame::Error(message.to_owned())).await;
    }

    /// The `[DONE]` sentinel; the body is still open afterwards.
    pub async fn send_done(&mut self) {
        self.send(&Frame::Done).await;
    }

    /// Finish, usage, `[DONE]` and the end of the body: the way a complete answer ends.
    pub async fn complete(mut self, prompt: u64, completion: u64) -> ExchangeRecord {
        self.send_finish("stop").await;
        self.send_usage(prompt, completion).await;
        self.send_done().await;
        self.end().await
    }
}

//! What a model says in an exchange: in the words of the request's API, or as frames of Chat
//! Completions that a test spells by itself.

use super::exchange::Exchange;
use super::frame::{Frame, ReasoningField, ToolDelta};
use super::record::ExchangeRecord;
use super::refusal::{Refusal, Spelled};
use super::say::{Finish, Say, Tokens};

/// In the request's API.
impl Exchange {
    /// Writes the head, and as one chunk the events that come before the first word (Gemini and
    /// Ollama have none): `message_start` with the prompt's count and `ping`, `response.created` and
    /// `response.in_progress`, the role. Without it the first thing said brings them along.
    pub async fn open_answer(&mut self, tokens: Option<Tokens>) {
        if self.record().headers_at.is_none() {
            self.open_stream().await;
        }
        let bytes = self.speaker.open(tokens);
        self.send_unless_empty(bytes).await;
    }

    /// Writes what follows from the model's saying this, as one chunk, or nothing where the API has
    /// nothing for it.
    pub async fn say(&mut self, say: &Say) {
        let bytes = self.speaker.say(say);
        self.send_unless_empty(bytes).await;
    }

    /// Writes all that ends an answer in this API, one chunk an event; the body is open still.
    pub async fn conclude(&mut self, finish: Finish, tokens: Tokens) {
        for bytes in self.speaker.finish(finish, tokens) {
            self.send_chunk(bytes).await;
        }
    }

    /// Ends the answer and the body as this API does.
    pub async fn finish(mut self, finish: Finish, tokens: Tokens) -> ExchangeRecord {
        self.conclude(finish, tokens).await;
        self.end().await
    }

    /// Answers with whole calls of tools: the id, the tool and the arguments of each. 20 tokens
    /// of request and 10 of answer.
    pub async fn call_tools(mut self, calls: &[(&str, &str, &str)]) -> ExchangeRecord {
        for (id, name, arguments) in calls {
            self.say(&Say::tool(*id, *name)).await;
            self.say(&Say::arguments(*arguments)).await;
        }
        self.finish(Finish::ToolCalls, Tokens::new(20, 10)).await
    }

    /// Writes the API's error event (Anthropic's is an `overloaded_error`, Gemini's `UNAVAILABLE`)
    /// into a stream that began with 200.
    pub async fn error_frame(&mut self, message: &str) {
        let bytes = self.speaker.error(message);
        self.send_chunk(bytes).await;
    }

    /// Has the answer fail: `response.failed` in Responses, elsewhere as
    /// [`Exchange::error_frame`].
    pub async fn fail(&mut self, message: &str) {
        let bytes = self.speaker.failed(message);
        self.send_chunk(bytes).await;
    }

    /// Turns the request away with the API's own status and words.
    pub async fn refuse(self, refusal: &Refusal) {
        let spelled = refusal.spell(self.request.dialect(), &self.asked.model);
        self.answer(&spelled).await;
    }

    pub(super) async fn answer(self, spelled: &Spelled) {
        let wait = spelled.retry_after.map(|seconds| seconds.to_string());
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(wait.as_deref().map(|seconds| ("retry-after", seconds)));
        self.respond(spelled.status, &headers, &spelled.body.to_string())
            .await;
    }

    async fn send_unless_empty(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.send_chunk(bytes).await;
        }
    }
}

/// As Chat Completions, whatever the request's API is.
impl Exchange {
    /// Writes one frame as one chunk. Who writes frames writes the opening one as well.
    pub async fn send(&mut self, frame: &Frame) {
        self.speaker.skip_opening();
        self.send_as_it_is(frame).await;
    }

    /// Writes one frame between what the model says in the request's API.
    pub(super) async fn send_as_it_is(&mut self, frame: &Frame) {
        let bytes = frame.encode(&self.asked.model);
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

    /// Finish, usage, `[DONE]` and the end of the body: the way a complete answer ends. In another
    /// API, its own way.
    pub async fn complete(self, prompt: u64, completion: u64) -> ExchangeRecord {
        self.finish(Finish::Stop, Tokens::new(prompt, completion))
            .await
    }
}

//! What is left of a stopped answer when the person chose to know its exact usage: the stream is
//! read on, unseen and within limits, and nothing of it is kept but the figures (rule C05).

use crate::awake;
use crate::{BoxModelStream, ModelEvent, OnStop, Usage, UsageSource};
use futures::StreamExt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The rest of a stream.
pub(crate) struct Rest {
    stream: BoxModelStream,
    tokens: u64,
    time: Duration,
    /// For an estimate.
    model: String,
    /// Characters that were received before.
    before: u64,
}

impl Rest {
    /// The rest of `stream`, or the stream itself where `on_stop` does not want it read on.
    /// `before` is how many characters were received.
    pub(crate) fn of(
        stream: BoxModelStream,
        on_stop: OnStop,
        model: &str,
        before: u64,
    ) -> Result<Self, BoxModelStream> {
        match on_stop {
            OnStop::Close => Err(stream),
            OnStop::Drain { tokens, time } => Ok(Self {
                stream,
                tokens,
                time,
                model: model.to_owned(),
                before,
            }),
        }
    }

    /// Reads on until the end, a limit or `quit`, closes the connection, and says what the
    /// request took; `None` when that is not known any better than before.
    pub(crate) async fn read(mut self, quit: CancellationToken) -> Option<Usage> {
        let mut figures = Figures::default();
        let limit = self.tokens;
        let reading = async {
            while let Some(Ok(events)) = self.stream.next().await {
                figures.take(events);
                if figures.tokens(&self.model) > limit {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            () = quit.cancelled() => {}
            _ = awake::within(self.time, reading) => {}
        }
        figures.take(self.stream.close().await.events);
        figures.usage(&self.model, self.before)
    }
}

#[derive(Default)]
struct Figures {
    characters: u64,
    usage: Option<Usage>,
}

impl Figures {
    fn take(&mut self, events: Vec<ModelEvent>) {
        for event in events {
            match event {
                ModelEvent::Text(text)
                | ModelEvent::Reasoning(text)
                | ModelEvent::ToolCallArguments { text, .. } => {
                    self.characters += text.chars().count() as u64;
                }
                ModelEvent::Usage(usage) => self.usage = Some(usage),
                ModelEvent::Phase(_)
                | ModelEvent::AnswerId(_)
                | ModelEvent::ReasoningSealed(_)
                | ModelEvent::ToolCallStarted { .. }
                | ModelEvent::ToolCallSealed { .. }
                | ModelEvent::ReasoningField(_)
                | ModelEvent::TextWasReasoning
                | ModelEvent::ReasoningWasText
                | ModelEvent::Finished(_) => {}
            }
        }
    }

    /// Tokens that were read on, as far as they can be counted here.
    fn tokens(&self, model: &str) -> u64 {
        let estimate = Usage::estimated(self.characters, model);
        estimate.output_tokens.unwrap_or(0)
    }

    fn usage(self, model: &str, before: u64) -> Option<Usage> {
        match self.usage {
            Some(usage) if usage.source != UsageSource::Unknown => Some(usage),
            // The provider wrote, and bills, what was read on as well.
            Some(_) | None => {
                (self.characters > 0).then(|| Usage::estimated(before + self.characters, model))
            }
        }
    }
}

//! What is left of a stopped answer when the person chose to know its exact usage: the stream is
//! read on, unseen and within limits, and nothing of it is kept but the figures (rule C05).

use crate::draft::Draft;
use futures::StreamExt;
use std::time::Duration;
use tacet_conversation::{TextTally, TokenRange, Usage, family};
use tacet_provider::{BoxModelStream, ModelEvent, OnStop, awake};
use tokio_util::sync::CancellationToken;

/// The rest of a stream.
pub(crate) struct DrainedStream {
    stream: BoxModelStream,
    tokens: u64,
    time: Duration,
    figures: Figures,
}

/// What a request took, and the tokens of its answer as far as they can be counted here.
pub(crate) struct DrainedFigures {
    pub(crate) usage: Usage,
    pub(crate) answer: TokenRange,
}

impl DrainedStream {
    /// The rest of `stream`, or the stream itself where `on_stop` does not want it read on.
    /// `before` is what was received, and `is_open` says whether more may be written than will be.
    pub(crate) fn of(
        stream: BoxModelStream,
        on_stop: OnStop,
        model: &str,
        before: &Draft,
        is_open: bool,
    ) -> Result<Self, BoxModelStream> {
        match on_stop {
            OnStop::Close => Err(stream),
            OnStop::Drain { tokens, time } => Ok(Self {
                stream,
                tokens,
                time,
                figures: Figures {
                    model: model.to_owned(),
                    is_open,
                    received: before.received().clone(),
                    read_on: TextTally::default(),
                    usage: before.provider_usage().cloned(),
                    are_newer: false,
                },
            }),
        }
    }

    /// Reads on until the end, a limit or `quit`, closes the connection, and says what the
    /// request took; `None` when that is not known any better than before.
    pub(crate) async fn read(mut self, quit: CancellationToken) -> Option<DrainedFigures> {
        let mut figures = self.figures;
        let limit = self.tokens;
        let reading = async {
            while let Some(Ok(events)) = self.stream.next().await {
                figures.take(events);
                if figures.tokens_read_on() > limit {
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
        figures.conclude()
    }
}

/// What is known of an answer that is read on.
struct Figures {
    model: String,
    is_open: bool,
    /// All that was received, and of that what was read on.
    received: TextTally,
    read_on: TextTally,
    usage: Option<Usage>,
    are_newer: bool,
}

impl Figures {
    fn take(&mut self, events: Vec<ModelEvent>) {
        for event in events {
            match event {
                ModelEvent::Text(text)
                | ModelEvent::Reasoning(text)
                | ModelEvent::ToolCallArguments { text, .. } => {
                    self.received.add(&text);
                    self.read_on.add(&text);
                    self.are_newer = true;
                }
                ModelEvent::Usage(usage) => {
                    self.usage = Some(usage);
                    self.are_newer = true;
                }
                ModelEvent::Phase(_)
                | ModelEvent::AnswerId(_)
                | ModelEvent::WithoutSeals
                | ModelEvent::ReasoningSealed(_)
                | ModelEvent::File(_)
                | ModelEvent::Cited(_)
                | ModelEvent::Explained(_)
                | ModelEvent::ServerTool(_)
                | ModelEvent::ToolCallStarted { .. }
                | ModelEvent::ToolCallSealed { .. }
                | ModelEvent::ReasoningField(_)
                | ModelEvent::TextWasReasoning
                | ModelEvent::ReasoningWasText
                | ModelEvent::Finished(_) => {}
            }
        }
    }

    fn tokens_read_on(&self) -> u64 {
        self.read_on.tokens(family::of(&self.model)).about
    }

    /// The provider wrote, and bills, what was read on as well.
    fn conclude(self) -> Option<DrainedFigures> {
        let (said, received) = (self.usage.as_ref(), &self.received);
        self.are_newer.then(|| DrainedFigures {
            usage: Usage::of_answer(said, received, &self.model, self.is_open),
            answer: received.tokens(family::of(&self.model)),
        })
    }
}

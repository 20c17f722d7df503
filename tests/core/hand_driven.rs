//! A provider that a test drives by hand, for what no server can be made to do.

use futures::future::BoxFuture;
use futures::{FutureExt, Stream};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tacet_core::history::Rules;
use tacet_core::{
    BoxModelStream, Closed, ConnectionEnd, ModelEvent, ModelRequest, ModelStream, Provider,
    ProviderError, StopEffect,
};
use tokio::sync::{mpsc, oneshot};

/// What the stream gives next.
pub enum Cue {
    Item(Result<Vec<ModelEvent>, ProviderError>),
    Panic,
}

/// What closing does.
pub enum Close {
    /// It waits for the test, or for ever.
    When(oneshot::Receiver<()>),
    AtOnce,
    Panic,
}

struct Prompted {
    cues: mpsc::UnboundedReceiver<Cue>,
    close: Option<Close>,
}

/// Gives out its streams one after the other.
#[derive(Default)]
pub struct HandDriven {
    streams: Mutex<VecDeque<Prompted>>,
}

impl HandDriven {
    /// A provider of one stream, and the hand that drives it.
    pub fn one(close: Close) -> (Arc<Self>, mpsc::UnboundedSender<Cue>) {
        let provider = Arc::new(Self::default());
        let hand = provider.prepare(close);
        (provider, hand)
    }

    pub fn prepare(&self, close: Close) -> mpsc::UnboundedSender<Cue> {
        let (hand, cues) = mpsc::unbounded_channel();
        let close = Some(close);
        let mut streams = self.streams.lock().unwrap();
        streams.push_back(Prompted { cues, close });
        hand
    }
}

pub fn says(words: &str) -> Cue {
    Cue::Item(Ok(vec![ModelEvent::Text(words.to_owned())]))
}

impl Provider for HandDriven {
    fn stream(&self, _request: ModelRequest) -> BoxModelStream {
        let next = self.streams.lock().unwrap().pop_front();
        Box::pin(next.expect("a prepared stream"))
    }

    fn stop_effect(&self) -> StopEffect {
        StopEffect::Local
    }

    fn rules(&self, _model: &str) -> Rules {
        Rules::COMMON
    }
}

impl Stream for Prompted {
    type Item = Result<Vec<ModelEvent>, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.cues.poll_recv(task).map(|cue| match cue {
            Some(Cue::Item(item)) => Some(item),
            Some(Cue::Panic) => panic!("the provider panics, as the test wants"),
            None => None,
        })
    }
}

impl ModelStream for Prompted {
    fn close(mut self: Pin<Box<Self>>) -> BoxFuture<'static, Closed> {
        let close = self.close.take().expect("closed once");
        async move {
            match close {
                Close::AtOnce => {}
                Close::Panic => panic!("closing panics, as the test wants"),
                Close::When(told) => drop(told.await),
            }
            let mut events = Vec::new();
            while let Ok(cue) = self.cues.try_recv() {
                if let Cue::Item(Ok(more)) = cue {
                    events.extend(more);
                }
            }
            Closed {
                events,
                ..Closed::now(ConnectionEnd::Closed, 0)
            }
        }
        .boxed()
    }
}

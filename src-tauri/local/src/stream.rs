//! The stream of one answer of the embedded model.

use crate::exchange::{Ending, Exchange, Item};
use futures::Stream;
use futures::future::{BoxFuture, FutureExt};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tacet_conversation::{ConnectionEnd, ProviderError};
use tacet_provider::{Closed, ModelEvent, ModelStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A request of the embedded model. The talk with the worker runs in a task of its own, so that
/// a dropped stream can still hear the worker's confirmation; that task selects on the token.
pub struct EmbeddedStream(State);

enum State {
    Waiting(Option<Box<Exchange>>),
    Running(Running),
}

struct Running {
    items: UnboundedReceiver<Item>,
    /// The last item, where it came together with others.
    error: Option<ProviderError>,
    ending: JoinHandle<Ending>,
    /// Stops the exchange when the stream is dropped.
    stop: DropGuard,
}

impl EmbeddedStream {
    /// A request that nobody has asked for its first item.
    pub fn new(exchange: Exchange) -> Self {
        Self(State::Waiting(Some(Box::new(exchange))))
    }
}

impl Stream for EmbeddedStream {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Item>> {
        if let State::Waiting(exchange) = &mut self.0
            && let Some(exchange) = exchange.take()
        {
            self.0 = State::Running(Running::start(*exchange));
        }
        match &mut self.0 {
            State::Waiting(_) => Poll::Ready(None),
            State::Running(running) => running.poll_next(task),
        }
    }
}

impl ModelStream for EmbeddedStream {
    fn close(self: Pin<Box<Self>>) -> BoxFuture<'static, Closed> {
        match Pin::into_inner(self).0 {
            State::Waiting(_) => closed(Ending::NEVER_OPENED, Vec::new()).boxed(),
            State::Running(running) => running.close().boxed(),
        }
    }
}

impl Running {
    fn start(exchange: Exchange) -> Self {
        let (sender, items) = unbounded_channel();
        let stop = CancellationToken::new();
        Self {
            items,
            error: None,
            ending: tokio::spawn(exchange.run(sender, stop.clone())),
            stop: stop.drop_guard(),
        }
    }

    /// All that has come since the last call, as one item.
    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let mut events = match ready!(self.items.poll_recv(task)) {
            Some(Ok(events)) => events,
            last => return Poll::Ready(last),
        };
        while let Ok(item) = self.items.try_recv() {
            match item {
                Ok(more) => events.extend(more),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        Poll::Ready(Some(Ok(events)))
    }

    async fn close(mut self) -> Closed {
        self.stop.disarm().cancel();
        let mut events = Vec::new();
        while let Some(item) = self.items.recv().await {
            // An error after Stop is no news: the request is ended either way.
            events.extend(item.unwrap_or_default());
        }
        let ending = self.ending.await.unwrap_or(Ending {
            connection: ConnectionEnd::Unconfirmed,
            bytes_received: 0,
        });
        closed(ending, events).await
    }
}

async fn closed(ending: Ending, events: Vec<ModelEvent>) -> Closed {
    Closed {
        events,
        ..Closed::now(ending.connection, ending.bytes_received)
    }
}

//! The watch over one accepted socket: it reads requests, and between them it keeps reading so that
//! a hang-up is seen the moment it arrives and not at the next write.

use super::exchange::Exchange;
use super::record::OpenRecord;
use super::request::Request;
use super::{Gate, Switchboard};
use crate::patience::within;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot, watch};

/// A connection that the server has accepted, in the hands of the test.
#[derive(Debug)]
pub struct Connection {
    /// Counted from 0 in the order of acceptance.
    pub number: usize,
    hang_up: watch::Receiver<Option<Instant>>,
    released: Arc<Notify>,
}

impl Connection {
    /// Waits until the client has closed this connection, and says when that was seen.
    ///
    /// # Panics
    /// When the client keeps it open beyond the usual limit.
    pub async fn hung_up(&self) -> Instant {
        let what = format!("the client to hang up connection {}", self.number);
        within(&what, seen(self.hang_up.clone())).await
    }

    /// Whether the client has closed it already.
    pub fn is_hung_up(&self) -> bool {
        self.hang_up.borrow().is_some()
    }

    /// Starts reading requests from it although the server holds reading.
    pub fn read(&self) {
        self.released.notify_one();
    }
}

/// The moment that the watch will show; pending for ever when the server closes first.
pub(super) async fn seen(mut hang_up: watch::Receiver<Option<Instant>>) -> Instant {
    loop {
        if let Some(at) = *hang_up.borrow_and_update() {
            return at;
        }
        if hang_up.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// How an exchange gave its socket back.
#[derive(Debug)]
pub(super) enum Handback {
    /// The body ended properly, so the next request may come.
    KeepAlive,
    /// The server closes the connection.
    Close,
}

/// Attends one socket until either side closes it.
pub(super) async fn attend(stream: TcpStream, number: usize, switchboard: Arc<Switchboard>) {
    let (hang_up, seen_hang_up) = watch::channel(None);
    let released = Arc::new(Notify::new());
    switchboard.announce(Connection {
        number,
        hang_up: seen_hang_up.clone(),
        released: Arc::clone(&released),
    });
    if !may_read(&stream, &switchboard, &released).await {
        hang_up.send_replace(Some(Instant::now()));
        return;
    }
    // Watching for the close has used up the readiness of what lies unread: register anew.
    let Ok(stream) = stream.into_std().and_then(TcpStream::from_std) else {
        return switchboard.complain(format!("connection {number} was lost by the server"));
    };
    let stream = Arc::new(stream);

    let mut buffer = Vec::new();
    let mut open: Option<(OpenRecord, oneshot::Receiver<Handback>)> = None;
    loop {
        if open.is_none() {
            match Request::take(&mut buffer, number) {
                Ok(Some(request)) => {
                    let (handback, returned) = oneshot::channel();
                    let record = OpenRecord::new(number, request.path.clone(), request.received_at);
                    open = Some((record.clone(), returned));
                    switchboard.connect(Exchange::new(
                        request,
                        switchboard.count_request(),
                        Arc::clone(&stream),
                        record,
                        seen_hang_up.clone(),
                        handback,
                    ));
                }
                Ok(None) => {}
                Err(complaint) => return switchboard.complain(complaint),
            }
        }
        let returned = async {
            match &mut open {
                Some((_, returned)) => returned.await.unwrap_or(Handback::Close),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = read_some(&stream, &mut buffer) => {
                if !matches!(read, Ok(1..)) {
                    let at = Instant::now();
                    if let Some((record, _)) = &open {
                        record.hung_up(at);
                    }
                    hang_up.send_replace(Some(at));
                    return;
                }
            }
            handback = returned => match handback {
                Handback::KeepAlive => open = None,
                Handback::Close => return,
            }
        }
    }
}

/// Waits until the gate or the test lets this connection be read; false when the client left first.
async fn may_read(stream: &TcpStream, switchboard: &Switchboard, released: &Notify) -> bool {
    tokio::select! {
        () = switchboard.wait_until(|gate| !matches!(gate, Gate::BeforeReading)) => true,
        () = released.notified() => true,
        () = read_closed(stream) => false,
    }
}

/// Notices the client's FIN or RST without taking the bytes that wait before it.
async fn read_closed(stream: &TcpStream) {
    while let Ok(ready) = stream.ready(Interest::READABLE).await {
        if ready.is_read_closed() {
            return;
        }
        // Clears the readiness, so that the next round waits for the next event.
        let _ = stream.try_io(Interest::READABLE, || {
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        });
    }
}

async fn read_some(stream: &TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        buffer.reserve(16 * 1024);
        match stream.try_read_buf(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => return other,
        }
    }
}

//! What happened in each exchange and when, kept after the exchange is over so that a bench can
//! count what was written after a Stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The moment at which the server saw that the client had closed the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HangUp {
    /// When the watching read returned; taken by the server's own thread.
    pub at: Instant,
    /// Whether the response head had been written by then.
    pub after_headers: bool,
    /// Chunks that the socket had taken by then.
    pub chunks_written: usize,
    /// Bytes of those chunks, before compression and without the framing.
    pub bytes_written: usize,
}

/// The life of one request and its response.
#[derive(Debug, Clone)]
pub struct ExchangeRecord {
    /// The connection it went over, counted from 0.
    pub connection: usize,
    /// Path and query of the request.
    pub path: String,
    /// When the request had been read whole.
    pub received_at: Instant,
    /// When the response head had been written.
    pub headers_at: Option<Instant>,
    /// When the socket took each chunk of the body, in order.
    pub chunks_at: Vec<Instant>,
    /// Bytes in those chunks, before compression and without the framing.
    pub bytes_written: usize,
    /// When the server ended the body of its own accord.
    pub ended_at: Option<Instant>,
    /// When and where the client went away, if it did before the end.
    pub hang_up: Option<HangUp>,
}

impl ExchangeRecord {
    /// How many chunks the socket took after `moment`.
    pub fn chunks_after(&self, moment: Instant) -> usize {
        self.chunks_at.iter().filter(|at| **at > moment).count()
    }
}

/// A record that its exchange still writes to.
#[derive(Debug, Clone)]
pub(super) struct OpenRecord(Arc<Mutex<ExchangeRecord>>);

impl OpenRecord {
    pub(super) fn new(connection: usize, path: String, received_at: Instant) -> Self {
        Self(Arc::new(Mutex::new(ExchangeRecord {
            connection,
            path,
            received_at,
            headers_at: None,
            chunks_at: Vec::new(),
            bytes_written: 0,
            ended_at: None,
            hang_up: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ExchangeRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn copy(&self) -> ExchangeRecord {
        self.lock().clone()
    }

    /// Notes that the client went away at `at`, unless the exchange was over by then.
    pub(super) fn hung_up(&self, at: Instant) {
        let mut record = self.lock();
        if record.ended_at.is_none() {
            record.hang_up = Some(HangUp {
                at,
                after_headers: record.headers_at.is_some(),
                chunks_written: record.chunks_at.len(),
                bytes_written: record.bytes_written,
            });
        }
    }
}

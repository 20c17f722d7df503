//! Server-sent events out of a byte stream that may be split anywhere.
//!
//! Framing follows the WHATWG rules ("Interpreting an event stream" in the HTML standard),
//! without `id` and `retry`, which only serve reconnection. Why not a kept crate:
//! `eventsource-stream` 0.2.3 slices a three-byte byte order mark at its first byte and panics,
//! and stalls on a byte that is not UTF-8; `sse-stream` 0.3.0 is right at every split, but ends
//! on a byte that is not UTF-8, where the standard replaces it. Both let a line that never ends
//! grow in memory, and both pull from a stream, where Tacet pushes each read and hands over all
//! its events together.

/// The most bytes that one event may take; a longer one is an error, not memory.
pub const EVENT_LIMIT: usize = 32 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty where the server sent none.
    pub name: String,
    /// The `data` lines, joined with line feeds.
    pub data: String,
}

/// An event is longer than [`EVENT_LIMIT`]. The decoder is of no use afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one event of the stream is longer than {} MB", EVENT_LIMIT / (1024 * 1024))]
pub struct Oversized;

/// A push decoder: bytes go in, whole events come out.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The line that has not ended yet.
    line: Vec<u8>,
    name: String,
    /// Each data line with its line feed.
    data: String,
    /// The last byte was a carriage return, so that a line feed now belongs to it.
    after_return: bool,
    /// The first line, which a byte order mark may precede, is over.
    begun: bool,
}

impl Decoder {
    /// Takes the next bytes in and adds the events that they complete to `events`.
    ///
    /// # Errors
    /// [`Oversized`] when an event grows beyond the limit; events before it are in `events`.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Oversized> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(bytes.len());
            if self.line.len() + self.data.len() + length > EVENT_LIMIT {
                return Err(Oversized);
            }
            self.line.extend_from_slice(&bytes[..length]);
            let Some(end) = end else {
                return Ok(());
            };
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            events.extend(self.end_line());
        }
        Ok(())
    }

    /// The event that its blank line has not ended, with what there is of its last line. The
    /// standard discards it; but servers close right after the last event of an answer, and whether
    /// it is whole shows in its data.
    pub fn rest(&mut self) -> Option<Event> {
        if !self.line.is_empty() {
            // Not an empty line, so it ends no event.
            self.end_line();
        }
        self.dispatch()
    }

    /// The name that was given to an event without data so far.
    pub(super) fn take_name(&mut self) -> String {
        std::mem::take(&mut self.name)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut rest = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            rest = rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest);
        }
        let event = if rest.is_empty() {
            self.dispatch()
        } else {
            self.field(&String::from_utf8_lossy(rest));
            None
        };
        // The buffer is kept for the next line, but not one that a giant line has blown up.
        if line.capacity() <= 64 * 1024 {
            self.line = line;
            self.line.clear();
        }
        event
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => value.clone_into(&mut self.name),
            // Comments have an empty name; the standard ignores fields that it does not know.
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        data.pop().map(|_line_feed| Event { name, data })
    }
}

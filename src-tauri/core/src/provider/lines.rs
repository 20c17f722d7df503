//! JSON lines out of a byte stream that may be split anywhere.

use super::sse::{EVENT_LIMIT, Oversized};

/// A push decoder: bytes go in, whole lines come out. Empty lines say nothing and are left out.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The line that has not ended yet.
    line: Vec<u8>,
}

impl Decoder {
    /// Takes the next bytes in and adds the lines that they complete to `lines`, without their
    /// ends.
    ///
    /// # Errors
    /// [`Oversized`] when a line grows beyond [`EVENT_LIMIT`]; lines before it are in `lines`.
    pub fn push(&mut self, mut bytes: &[u8], lines: &mut Vec<String>) -> Result<(), Oversized> {
        loop {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(bytes.len());
            if self.line.len() + length > EVENT_LIMIT {
                return Err(Oversized);
            }
            self.line.extend_from_slice(&bytes[..length]);
            let Some(end) = end else {
                return Ok(());
            };
            bytes = &bytes[end + 1..];
            lines.extend(self.rest());
        }
    }

    /// The line that has no end yet; `None` when there is nothing in it.
    pub fn rest(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

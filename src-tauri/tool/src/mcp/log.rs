//! What a server said beside the protocol, bounded.

use super::config::Secrets;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of a log is kept, in bytes; the oldest lines go first.
const LIMIT: usize = 64 * 1024;
/// How much of a line is kept, in bytes.
const LINE: usize = 2 * 1024;

/// A log that is shared by all that write to it.
#[derive(Clone, Default)]
pub struct Log {
    lines: Arc<Mutex<Lines>>,
    secrets: Secrets,
}

#[derive(Default)]
struct Lines {
    kept: VecDeque<String>,
    bytes: usize,
}

impl Log {
    pub fn new(secrets: Secrets) -> Self {
        Self {
            lines: Arc::default(),
            secrets,
        }
    }

    /// Adds a line. Signs that would steer a terminal are left out.
    pub fn add(&self, line: &str) {
        let line = &line[..line.floor_char_boundary(LINE)];
        let line: String = line.chars().filter(|sign| !sign.is_control()).collect();
        let line = self.secrets.hide(line);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.bytes += line.len() + 1;
        lines.kept.push_back(line);
        while lines.bytes > LIMIT {
            let gone = lines.kept.pop_front().map_or(0, |gone| gone.len() + 1);
            lines.bytes -= gone;
        }
    }

    /// All that is kept.
    pub fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.kept.iter().fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        })
    }

    /// The last line that says something.
    pub fn last(&self) -> Option<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = lines.kept.iter().rev();
        lines.find(|line| !line.trim().is_empty()).cloned()
    }

    /// Has this secret shown nowhere from now on, as those of the settings.
    pub fn keep_secret(&self, secret: &str) {
        self.secrets.add(secret);
    }

    /// Words that may quote what the server said.
    pub fn hide(&self, words: String) -> String {
        self.secrets.hide(words)
    }

    /// Reads a pipe to its end.
    pub async fn read(self, mut pipe: impl AsyncRead + Unpin) {
        let mut line = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
            for byte in &buffer[..count] {
                if *byte == b'\n' {
                    self.add(&String::from_utf8_lossy(&line));
                    line.clear();
                } else if line.len() < LINE {
                    line.push(*byte);
                }
            }
        }
        if !line.is_empty() {
            self.add(&String::from_utf8_lossy(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_the_newest_lines_within_its_limit() {
        let log = Log::default();
        for number in 0..100_000 {
            log.add(&format!("line {number}"));
        }
        log.add(&"x".repeat(100_000));
        log.add("\u{1b}[2Jred");
        let text = log.text();
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.ends_with("x\n[2Jred\n") && text.contains("line 99999\n"));
        assert_eq!(log.last().as_deref(), Some("[2Jred"));
    }
}

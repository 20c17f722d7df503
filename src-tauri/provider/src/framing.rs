//! Frames out of the body of an answer, by what the body is and not by what its headers call it.
//!
//! Servers, and the proxies before them, send an answer in one piece under `text/event-stream`, an
//! event stream under `application/json`, JSON lines or one list where another framing was asked
//! for, and a bare object of JSON for an error in the middle of events. So there is one framing for
//! all wires: where a line begins with an object of JSON, the object is a frame, however many lines
//! it takes; all other lines are those of an event stream. No field of one begins with a brace, so
//! that a sound event stream is read as the standard has it.

use super::sse::{self, EVENT_LIMIT, Event, Oversized};

/// A push decoder: bytes go in, whole frames come out.
#[derive(Debug, Default)]
pub struct Decoder {
    events: sse::Decoder,
    place: Place,
}

/// Where in the body the next byte stands.
#[derive(Debug)]
enum Place {
    /// At the beginning of a line, after what may stand there before an object.
    LineStart(Vec<u8>),
    /// Within a line of an event stream.
    Line,
    /// Within an object.
    Object(Object),
}

impl Default for Place {
    fn default() -> Self {
        Self::LineStart(Vec::new())
    }
}

/// What may precede an object: space, the parts of a list around it, the byte order mark, and the
/// record separator of JSON text sequences (RFC 7464).
fn may_precede(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'[' | b']' | b',' | 0xEF | 0xBB | 0xBF | 0x1E
    )
}

/// An object that is not whole yet.
#[derive(Debug, Default)]
struct Object {
    bytes: Vec<u8>,
    depth: usize,
    in_string: bool,
    /// The last byte was a backslash in a string.
    escaped: bool,
}

/// What a byte did to an object.
#[derive(Debug, PartialEq, Eq)]
enum Grown {
    Open,
    Whole,
    /// A line ended within a string, which JSON does not allow: this will never be whole.
    Broken,
}

impl Object {
    fn take(&mut self, byte: u8) -> Grown {
        self.bytes.push(byte);
        if self.in_string {
            match byte {
                b'\n' | b'\r' => return Grown::Broken,
                _ if std::mem::take(&mut self.escaped) => {}
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Grown::Open;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        if self.depth == 0 {
            Grown::Whole
        } else {
            Grown::Open
        }
    }
}

impl Decoder {
    /// Takes the next bytes in and adds the frames that they complete to `frames`.
    ///
    /// # Errors
    /// [`Oversized`] when a frame grows beyond [`EVENT_LIMIT`]; frames before it are in `frames`.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Event>) -> Result<(), Oversized> {
        while let Some(&first) = bytes.first() {
            match &mut self.place {
                Place::LineStart(before) if first == b'{' => {
                    before.clear();
                    self.place = Place::Object(Object::default());
                }
                Place::LineStart(before) if may_precede(first) && before.len() < EVENT_LIMIT => {
                    before.push(first);
                    bytes = &bytes[1..];
                }
                Place::LineStart(before) => {
                    let before = std::mem::take(before);
                    self.place = Place::Line;
                    self.events.push(&before, frames)?;
                }
                Place::Line => {
                    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    let length = end.map_or(bytes.len(), |end| end + 1);
                    self.events.push(&bytes[..length], frames)?;
                    bytes = &bytes[length..];
                    if end.is_some() {
                        self.place = Place::default();
                    }
                }
                Place::Object(object) => {
                    let mut grown = Grown::Open;
                    let taken = bytes.iter().take_while(|byte| {
                        let open = grown == Grown::Open;
                        if open {
                            grown = object.take(**byte);
                        }
                        open
                    });
                    let length = taken.count();
                    bytes = &bytes[length..];
                    if object.bytes.len() > EVENT_LIMIT {
                        return Err(Oversized);
                    }
                    if grown != Grown::Open {
                        let data = String::from_utf8_lossy(&object.bytes).into_owned();
                        self.place = Place::default();
                        // An event before it has lost its blank line, or has said its name alone.
                        frames.extend(self.events.rest());
                        let name = self.events.take_name();
                        frames.push(Event { name, data });
                    }
                }
            }
        }
        Ok(())
    }

    /// The event at the end that no blank line has ended; an object that is not whole is none.
    pub fn rest(&mut self) -> Option<Event> {
        match std::mem::take(&mut self.place) {
            Place::LineStart(_) | Place::Line => self.events.rest(),
            Place::Object(_) => None,
        }
    }
}

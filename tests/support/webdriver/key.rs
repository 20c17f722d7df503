//! Keys as WebDriver spells them, pressed together as a person presses them.
//!
//! Code points from section 17.4.2 of the W3C WebDriver recommendation.

use serde_json::{Value, json};

/// A key of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Control.
    Control,
    /// Shift.
    Shift,
    /// Alt.
    Alt,
    /// Escape.
    Escape,
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Page up.
    PageUp,
    /// Home.
    Home,
    /// End.
    End,
    /// The key that writes this character.
    Char(char),
}

impl Key {
    /// The character that stands for this key in a WebDriver command.
    pub fn code_point(self) -> char {
        match self {
            Self::Control => '\u{E009}',
            Self::Shift => '\u{E008}',
            Self::Alt => '\u{E00A}',
            Self::Escape => '\u{E00C}',
            Self::Enter => '\u{E007}',
            Self::Tab => '\u{E004}',
            Self::Up => '\u{E013}',
            Self::Down => '\u{E015}',
            Self::Left => '\u{E012}',
            Self::PageUp => '\u{E00E}',
            Self::Home => '\u{E011}',
            Self::End => '\u{E010}',
            Self::Char(character) => character,
        }
    }
}

/// The actions that press `keys` in order and let them go in reverse.
pub fn chord(keys: &[Key]) -> Value {
    let action =
        |kind: &str, key: &Key| json!({"type": kind, "value": key.code_point().to_string()});
    let down = keys.iter().map(|key| action("keyDown", key));
    let up = keys.iter().rev().map(|key| action("keyUp", key));
    let actions: Vec<Value> = down.chain(up).collect();
    json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})
}

//! Ids and names of calls as wires take them.

use std::collections::HashSet;

/// What the id of a call may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallIds {
    /// Any text that is not empty.
    Any,
    /// Letters, digits, `_` and `-` (Anthropic's reference, "tool_use"), at most 64 of them (what
    /// OpenAI Responses takes as `call_id`).
    Plain,
    /// Nine letters and digits (Mistral's API refuses others).
    Nine,
}

/// An id that no call before has: servers that number their calls begin anew in each answer. The
/// names of tools are told apart in the same way.
pub(crate) fn unique(id: &str, shape: CallIds, ids: &mut HashSet<String>) -> String {
    let base = match shape {
        CallIds::Any if id.is_empty() => "call".to_owned(),
        CallIds::Any => id.to_owned(),
        CallIds::Plain => plain_name(id, "call"),
        CallIds::Nine => {
            let fits = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if fits { id.to_owned() } else { nine(id, 0) }
        }
    };
    let mut unique = base.clone();
    let mut number = 2_u32;
    while !ids.insert(unique.clone()) {
        unique = match shape {
            CallIds::Any => format!("{base}_{number}"),
            CallIds::Plain => {
                let number = format!("_{number}");
                let kept = base.len().min(NAME_LIMIT - number.len());
                format!("{}{number}", &base[..kept])
            }
            CallIds::Nine => nine(id, number),
        };
        number += 1;
    }
    unique
}

/// FNV-1a of 64 bits: the same on every computer, and nobody chooses texts to make it collide.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let bytes = bytes.into_iter();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Nine characters that follow from the id alone, as base 36.
fn nine(id: &str, number: u32) -> String {
    let mut hash = fnv(id.bytes().chain(number.to_le_bytes()));
    let mut text = String::new();
    for _ in 0..9 {
        // Below 36, so it is a digit of that base.
        text.extend(char::from_digit((hash % 36) as u32, 36));
        hash /= 36;
    }
    text
}

/// A function's name as wires take it: 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-` (OpenAI's
/// reference, "Function object"), and the first of them a letter or `_` (Gemini's,
/// "FunctionDeclaration"). A model that makes names up does not keep to that.
pub(crate) fn function_name(name: &str) -> String {
    let begins = name.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    if begins {
        plain_name(&format!("_{name}"), "unnamed")
    } else {
        plain_name(name, "unnamed")
    }
}

/// The most characters that a name, or an id of a call, may have.
const NAME_LIMIT: usize = 64;

fn plain_name(name: &str, otherwise: &str) -> String {
    let name: String = name
        .chars()
        .take(NAME_LIMIT)
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
            _ => '_',
        })
        .collect();
    if name.is_empty() {
        otherwise.to_owned()
    } else {
        name
    }
}

//! A text with its sources as the blocks that it came in: each piece with what is cited for it
//! (Anthropic's "Citations").

use super::Block;
use serde_json::Value;
use std::collections::BTreeMap;
use tacet_conversation::{Citation, Span};

/// The blocks of a text. What nothing is cited for stands between them.
pub(super) fn blocks(text: &str, citations: &[Citation]) -> Vec<Block> {
    let mut cited = BTreeMap::<Span, Vec<Value>>::new();
    for citation in citations {
        let data = citation.seal.as_ref().map(|seal| &seal.data);
        let value = data.and_then(|data| serde_json::from_str(data).ok());
        if let (Some(span), Some(value)) = (citation.span, value) {
            cited.entry(span).or_default().push(value);
        }
    }
    let mut blocks = Blocks::default();
    let mut done = 0;
    for (Span { from, to }, citations) in cited {
        let (from, to) = (byte(text, from).max(done), byte(text, to));
        if from < to {
            blocks.push(&text[done..from], Vec::new());
            blocks.push(&text[from..to], citations);
            done = to;
        }
    }
    blocks.push(&text[done..], Vec::new());
    blocks.0
}

/// Blocks, none of which is nothing but white space: they are refused.
#[derive(Default)]
struct Blocks(Vec<Block>);

impl Blocks {
    fn push(&mut self, piece: &str, citations: Vec<Value>) {
        match self.0.last_mut() {
            Some(Block::Text { text, .. }) if piece.trim().is_empty() => text.push_str(piece),
            Some(_) | None if piece.trim().is_empty() => {}
            Some(_) | None => self.0.push(Block::Text {
                text: piece.to_owned(),
                citations,
            }),
        }
    }
}

/// Where a place of a text is in bytes, that is told in UTF-16 code units.
fn byte(text: &str, place: usize) -> usize {
    let mut units = 0;
    let found = text.char_indices().find(|(_, character)| {
        let is_there = units >= place;
        units += character.len_utf16();
        is_there
    });
    found.map_or(text.len(), |(at, _)| at)
}

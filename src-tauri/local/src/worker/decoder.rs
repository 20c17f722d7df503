//! Turns the bytes of tokens into whole characters: a token may end inside a character.

use encoding_rs::UTF_8;

/// Holds the beginning of a character until its rest has come.
pub struct Decoder(encoding_rs::Decoder);

impl Decoder {
    /// A decoder at the beginning of a text.
    pub fn new() -> Self {
        Self(UTF_8.new_decoder_without_bom_handling())
    }

    /// The characters that are whole now. Bytes that no text has become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let needed = self.0.max_utf8_buffer_length(bytes.len());
        let mut text = String::with_capacity(needed.unwrap_or_default());
        // `String::with_capacity` with the decoder's own bound: everything is read in one go.
        let (_, read, _) = self.0.decode_to_string(bytes, &mut text, false);
        debug_assert_eq!(read, bytes.len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_in_any_pieces_comes_out_as_the_same_text(
            text in "(\\PC|[\u{0}-\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}🦀🇩🇪\u{feff}]){0,60}",
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..80),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut decoder = Decoder::new();
            let mut decoded = String::new();
            for pair in cuts.windows(2) {
                let piece = decoder.push(&bytes[pair[0]..pair[1]]);
                decoded.push_str(&piece);
                // Never ahead of the text and never more than a character behind it.
                prop_assert!(text.starts_with(&decoded));
                prop_assert!(pair[1] - decoded.len() < 4);
            }
            prop_assert_eq!(decoded, text);
        }

        #[test]
        fn any_bytes_at_all_give_text_and_no_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..30),
        ) {
            let mut decoder = Decoder::new();
            let decoded: String = pieces.iter().map(|piece| decoder.push(piece)).collect();
            let whole = String::from_utf8_lossy(&pieces.concat()).into_owned();
            // The lossy conversion also marks an unfinished end; the decoder waits for it.
            prop_assert!(whole.starts_with(&decoded));
        }
    }
}

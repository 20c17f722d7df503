//! How long texts are for the page that shows them.

/// The length of a text as a page counts it: one unit a character, and two for those that are four
/// bytes long. Counted by bytes, which is faster than by characters.
#[must_use]
pub fn utf16_length(text: &str) -> usize {
    let begins = |byte: &u8| byte & 0xC0 != 0x80;
    let is_long = |byte: &u8| *byte >= 0xF0;
    let units = text.as_bytes().iter();
    units
        .map(|byte| usize::from(begins(byte)) + usize::from(is_long(byte)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_that_of_utf_16() {
        for text in [
            "",
            "ice",
            "é\u{301}",
            "氷河",
            "\u{1f600}a\u{10ffff}",
            "\u{ffff}\0",
        ] {
            assert_eq!(utf16_length(text), text.encode_utf16().count(), "{text:?}");
        }
    }
}

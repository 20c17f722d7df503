//! What a file is, told from its bytes and never from its name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// So many characters of base64 hold all marks that are looked for; whole groups of four.
const HEAD: usize = 4096;

/// The files that are sent as files, by what at least one provider takes: images and PDF.
const SENDABLE: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/heif",
    "application/pdf",
];

/// The media type that bytes say of themselves by their first few; `None` where they say nothing,
/// as text does.
#[must_use]
pub fn type_of(bytes: &[u8]) -> Option<&'static str> {
    infer::get(bytes).map(|kind| kind.mime_type())
}

/// How the name of a file of this media type ends, without the dot; `bin` where that is not known.
#[must_use]
pub fn extension_of(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heif" => "heif",
        "image/avif" => "avif",
        "application/pdf" => "pdf",
        _ => "bin",
    }
}

/// Whether a file of this media type can be sent to some provider as it is.
#[must_use]
pub fn is_sendable(media_type: &str) -> bool {
    SENDABLE.contains(&media_type)
}

/// The same of a file in base64.
#[must_use]
pub fn type_of_base64(text: &str) -> Option<&'static str> {
    let head = text.get(..text.len().min(HEAD))?;
    type_of(&STANDARD.decode(head).ok()?)
}

/// Whether all of a text is base64, with its padding: servers refuse everything for one letter that
/// is not.
#[must_use]
pub fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - letters.len() <= 2 && letters.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_say_what_a_file_is_however_long_it_is() {
        let long = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 9_000]].concat();
        let cases: [(&[u8], Option<&str>); 9] = [
            (b"\x89PNG\r\n\x1a\n\0", Some("image/png")),
            (&long, Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
            (b"GIF89a\x01\0", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"%PDF-1.7\n", Some("application/pdf")),
            (b"PK\x03\x04 archive", Some("application/zip")),
            (b"Ice moves slowly.", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(type_of(bytes), expected, "{bytes:?}");
            assert_eq!(type_of_base64(&STANDARD.encode(bytes)), expected);
        }
        assert_eq!(type_of_base64("no base64 \u{1f642}"), None);
    }

    #[test]
    fn base64_is_whole_groups_of_its_letters() {
        for good in ["", "QUJD", "QUI=", "QQ==", "+/+/"] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["Q", "QUJ", "QUJD\n", "QU-_", "Q===", "=QUJ", "QQ=A"] {
            assert!(!is_base64(bad), "{bad}");
        }
    }
}

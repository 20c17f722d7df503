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

/// The bytes of a file in base64; `None` where it is none.
#[must_use]
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Whether an image goes on to its end, as far as its format says where that is. A text that breaks off
/// may still be base64.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    match type_of(bytes) {
        Some("image/png") => is_whole_png(bytes),
        // Within the picture no marker looks like its end (ITU T.81, B.1.1.5); before it there may be a
        // smaller one.
        Some("image/jpeg") => {
            let start = position(bytes, &[0xff, 0xda]).unwrap_or(bytes.len());
            position(&bytes[start..], &[0xff, 0xd9]).is_some()
        }
        Some("image/gif") => {
            let padding = bytes.iter().rev().take_while(|byte| **byte == 0).count();
            bytes[..bytes.len() - padding].last() == Some(&0x3b)
        }
        Some("image/webp") => {
            let size = bytes.get(4..8).and_then(|size| size.try_into().ok());
            let size = size.map_or(u32::MAX, u32::from_le_bytes);
            usize::try_from(size).is_ok_and(|size| bytes.len() - 8 >= size)
        }
        Some(_) | None => true,
    }
}

/// Its chunks lead to the last one, which is empty (the PNG specification, "Chunk layout").
fn is_whole_png(bytes: &[u8]) -> bool {
    const SIGNATURE: usize = 8;
    const AROUND: usize = 12;
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let Some((length, kind)) = rest.get(..4).zip(rest.get(4..8)) {
        let length = length.try_into().map_or(u32::MAX, u32::from_be_bytes);
        let end =
            usize::try_from(length).map_or(usize::MAX, |length| length.saturating_add(AROUND));
        match rest.get(end..) {
            Some(_) if kind == b"IEND" => return true,
            Some(next) => rest = next,
            None => return false,
        }
    }
    false
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|it| it == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_breaks_off_is_not_whole_and_what_follows_its_end_does_not_count() {
        let png = STANDARD.decode(concat!(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E",
            "rkJggg==",
        ));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04\xff\xd9\xff\xda\0\x02\x12\x34\xff\xd9".to_vec();
        let webp = b"RIFF\x0a\0\0\0WEBPVP8 \x01\x02".to_vec();
        let gif = b"GIF89a\x01\0\x01\0\0\0\0,;".to_vec();
        for whole in [png.unwrap_or_default(), jpeg, webp, gif] {
            assert!(is_whole(&whole), "{whole:?}");
            let padded = [whole.as_slice(), &[0; 3]].concat();
            assert!(is_whole(&padded), "{padded:?}");
            for cut in 4..whole.len() {
                let cut = &whole[..cut];
                assert!(type_of(cut).is_none() || !is_whole(cut), "{cut:?}");
            }
        }
        assert!(is_whole(b"%PDF-1.7\n"));
    }

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

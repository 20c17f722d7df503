//! Files that a model makes, such as images, as a stream gives them: always in base64, never as an
//! address to be loaded.

use tacet_conversation::{Seal, media};

/// A file that a model made, or what the provider shows of it while it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Which file of the request it is: what comes later under the same id takes its place.
    pub id: String,
    /// The file in base64.
    pub data: String,
    /// Whether it is whole, and no sketch of it.
    pub is_final: bool,
    /// The provider's mark on it, which goes back with it.
    pub seal: Option<Seal>,
}

impl GeneratedFile {
    /// A whole file, or what is there of one that breaks off; `None` where `data` is no base64.
    pub(crate) fn whole(id: impl Into<String>, data: &str) -> Option<Self> {
        let data: String = data.split_ascii_whitespace().collect();
        let bytes = media::bytes_of(&data).filter(|bytes| !bytes.is_empty())?;
        Some(Self {
            id: id.into(),
            data,
            is_final: media::is_whole(&bytes),
            seal: None,
        })
    }

    /// The same from a URL that holds it (RFC 2397).
    pub(crate) fn of_data_url(id: impl Into<String>, url: &str) -> Option<Self> {
        let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
        head.ends_with(";base64")
            .then(|| Self::whole(id, data))
            .flatten()
    }

    /// The same as a sketch of what is still being made.
    pub(crate) fn sketch(self) -> Self {
        Self {
            is_final: false,
            ..self
        }
    }

    /// The media type that its bytes are of.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        media::type_of_base64(&self.data).unwrap_or("application/octet-stream")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c04_an_image_that_breaks_off_within_its_base64_is_not_kept_as_a_whole_one() {
        let whole = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6\
            kgAAAABJRU5ErkJggg==";
        let is_final = |data: &str| GeneratedFile::whole("1", data).map(|file| file.is_final);
        assert_eq!(is_final(whole), Some(true));
        for cut in [whole.len() - 4, 64, 24] {
            assert_eq!(is_final(&whole[..cut]), Some(false), "{cut}");
        }
        assert_eq!(is_final(&whole[..61]), None);
    }

    #[test]
    fn a_file_is_what_its_bytes_are_and_never_an_address() {
        let url = "data:image/jpeg;base64,iVBORw0KGgo=";
        let file = GeneratedFile::of_data_url("1", url);
        assert_eq!(file.map(|file| file.media_type()), Some("image/png"));
        for odd in [
            "https://example.org/a.png",
            "data:image/svg+xml,<svg/>",
            "data:image/png;base64,",
            "data:image/png;base64,no base64!",
            "",
        ] {
            assert_eq!(GeneratedFile::of_data_url("1", odd), None, "{odd}");
        }
    }
}

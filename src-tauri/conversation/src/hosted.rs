//! What a provider adds to an answer on its own side: the pages that it names, and what its own
//! tools did there.

use crate::Seal;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A page that a provider names as the source of what its model said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    /// Its address, `http` or `https`.
    pub url: String,
    /// Its title; the address where the provider gave none.
    pub title: String,
    /// What the page says, in the words that the provider quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quoted: Option<String>,
    /// What of the text before is said after it; absent where the provider does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub span: Option<Span>,
    /// The provider's mark on it, which goes back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seal: Option<Seal>,
}

impl Citation {
    /// A page at an address of the web; `None` for any other.
    #[must_use]
    pub fn of(url: &str, title: &str) -> Option<Self> {
        let is_web = ["http://", "https://"].iter().any(|it| url.starts_with(it));
        let title = if title.trim().is_empty() { url } else { title };
        is_web.then(|| Self {
            url: url.to_owned(),
            title: title.trim().to_owned(),
            quoted: None,
            span: None,
            seal: None,
        })
    }

    /// About how many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        let seal = self.seal.as_ref().map_or(0, |seal| seal.data.len());
        let quoted = self.quoted.as_ref().map_or(0, String::len);
        self.url.len() + self.title.len() + quoted + seal
    }
}

/// A piece of a text, in UTF-16 code units from its beginning, as a page counts text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct Span {
    /// Where it begins.
    #[ts(type = "number")]
    pub from: usize,
    /// Where it ends; not part of it.
    #[ts(type = "number")]
    pub to: usize,
}

/// What a tool of the provider's own did while it answered: it ran there, and not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServerTool {
    /// As the provider names it, such as `web_search`.
    pub name: String,
    /// What it was asked, for people, such as the words that were searched for; may be empty.
    pub input: String,
    /// What goes back unchanged: the call and its result, as the API gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seal: Option<Seal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_the_web_is_a_source() {
        let title = |url, title| Citation::of(url, title).map(|it| it.title);
        assert_eq!(title("https://a.example", " A "), Some("A".to_owned()));
        let bare = Some("http://a.example".to_owned());
        assert_eq!(title("http://a.example", " "), bare);
        for odd in ["javascript:alert(1)", "file:///etc/passwd", "a.example", ""] {
            assert_eq!(title(odd, "A"), None, "{odd}");
        }
    }
}

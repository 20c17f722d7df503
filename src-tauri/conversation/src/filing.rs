//! How a person keeps a conversation: pinned, in a folder, in the archive, under tags.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// No name of a folder or a tag has more characters.
const LONGEST_NAME: usize = 60;
/// No conversation has more tags.
const MOST_TAGS: usize = 20;

/// Where a conversation stands in the list, and under which words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Filing {
    /// The name of its folder; absent for none. A folder is there while something is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
    /// Whether it stands before all others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub pinned: bool,
    /// Whether it is put away: it stands with the others that are, whatever else is said here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub archived: bool,
    /// Its tags in alphabetical order, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub tags: Vec<String>,
}

impl Filing {
    /// The same with its names as they are kept, and each tag once, whatever its capitals.
    ///
    /// # Errors
    /// Which name cannot be kept, and why, in words for the person.
    pub fn tidied(self) -> Result<Self, String> {
        let folder = self.folder.map(|name| tidy_name(&name)).transpose()?;
        let mut tags: Vec<String> = Vec::with_capacity(self.tags.len());
        for tag in &self.tags {
            let tag = tidy_name(tag)?;
            if !tags.iter().any(|known| is_same_name(known, &tag)) {
                tags.push(tag);
            }
        }
        if tags.len() > MOST_TAGS {
            return Err(format!(
                "A conversation can have {MOST_TAGS} tags, and these are {}. Leave some out.",
                tags.len()
            ));
        }
        tags.sort_by_cached_key(|tag| (tag.to_lowercase(), tag.clone()));
        Ok(Self {
            folder,
            tags,
            ..self
        })
    }
}

/// A name of a folder or a tag as it is kept: without line breaks, and with one space between words.
///
/// # Errors
/// Why it is none, in words for the person.
pub fn tidy_name(name: &str) -> Result<String, String> {
    let visible: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let tidy = words.join(" ");
    let length = tidy.chars().count();
    if length == 0 {
        return Err("A name needs at least one letter.".to_owned());
    }
    if length > LONGEST_NAME {
        return Err(format!(
            "A name can have {LONGEST_NAME} characters, and this has {length}. Shorten it."
        ));
    }
    Ok(tidy)
}

/// Whether two names of folders, or of tags, are the same to a person.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tagged<const N: usize>(tags: [&str; N]) -> Filing {
        Filing {
            tags: tags.map(str::to_owned).to_vec(),
            ..Filing::default()
        }
    }

    #[test]
    fn names_are_kept_tidy_and_each_tag_once() {
        let filing = Filing {
            folder: Some(" Field \n notes ".to_owned()),
            ..tagged(["zeta", "Ice", "ICE ", "Ärger"])
        };
        let tidied = filing.tidied().unwrap();
        assert_eq!(tidied.folder.as_deref(), Some("Field notes"));
        assert_eq!(tidied.tags, ["Ice", "zeta", "Ärger"]);
    }

    #[test]
    fn what_is_no_name_is_refused_with_a_reason() {
        let folder = |name: &str| Filing {
            folder: Some(name.to_owned()),
            ..Filing::default()
        };
        assert!(folder("\t \u{0}").tidied().unwrap_err().contains("letter"));
        let long = "ü".repeat(61);
        assert!(folder(&long).tidied().unwrap_err().contains("61"));
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        let filing = Filing {
            tags: many,
            ..Filing::default()
        };
        assert!(filing.tidied().unwrap_err().contains("20 tags"));
    }

    #[test]
    fn what_is_filed_nowhere_says_nothing_in_json() {
        let json = serde_json::to_string(&Filing::default()).unwrap();
        assert_eq!(json, "{}");
        assert_eq!(
            serde_json::from_str::<Filing>("{}").unwrap(),
            Filing::default()
        );
    }
}

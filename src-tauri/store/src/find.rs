//! Finding words in the messages of one branch that a window has not read.

use super::search::is_diacritic;
use super::{Store, StoreError, blob};
use rusqlite::Connection;
use serde::Serialize;
use std::borrow::Cow;
use tacet_conversation::{ConversationId, MessageId};
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

/// More places are not counted: nobody walks through so many.
const MOST: usize = 10_000;

/// How often the words stand in the text of a part, or in its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FoundAbove {
    /// The message.
    pub message_id: MessageId,
    /// The part's place in it.
    pub part: u32,
    /// Whether it is the part's name: of a file, or of a tool.
    pub in_name: bool,
    /// How often; at least once.
    pub count: u32,
}

impl Store {
    /// Looks for words in the messages of a branch above `before`, the first one first. Case and
    /// marks on letters do not count. Nothing where `before` is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find_above(
        &self,
        conversation: ConversationId,
        before: MessageId,
        words: String,
    ) -> Result<Vec<FoundAbove>, StoreError> {
        self.readers
            .run(move |connection| find(connection, conversation, before, &words))
            .await
    }
}

fn find(
    connection: &Connection,
    conversation: ConversationId,
    before: MessageId,
    words: &str,
) -> Result<Vec<FoundAbove>, StoreError> {
    let needle = fold(words);
    let (mut found, mut total) = (Vec::new(), 0);
    if needle.trim().is_empty() {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached(&format!(
        "WITH RECURSIVE up (id, parent_id, seq) AS (
           SELECT m.id, m.parent_id, m.seq FROM message m
           JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL
           WHERE m.id = (SELECT parent_id FROM message WHERE id = ?1 AND conversation_id = ?2)
           UNION ALL SELECT above.id, above.parent_id, above.seq
           FROM up JOIN message above ON above.id = up.parent_id)
         SELECT up.id, p.ordinal, {NAME}, {}
         FROM up JOIN part p ON p.message_id = up.id
         ORDER BY up.seq, p.ordinal",
        blob::READABLE_BODY
    ))?;
    let mut rows = statement.query((before, conversation))?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(2)?.as_str_or_null();
        let name = name.map_err(rusqlite::Error::from)?.unwrap_or_default();
        let text = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        for (text, in_name) in [(name, true), (text, false)] {
            let count = fold(text).matches(&*needle).take(MOST - total).count();
            if count > 0 {
                total += count;
                found.push(FoundAbove {
                    message_id: row.get(0)?,
                    part: row.get(1)?,
                    in_name,
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                });
            }
        }
        if total == MOST {
            break;
        }
    }
    Ok(found)
}

/// The name that a window shows above the part `p`, as an expression of SQL: none where it cannot be
/// read, and of a tool of the provider's own without a body, which is not shown.
pub(super) const NAME: &str = "CASE
    WHEN p.kind NOT IN ('tool-call', 'attachment', 'server-tool') THEN NULL
    WHEN p.kind = 'server-tool' AND p.text = '' THEN NULL
    WHEN NOT json_valid(p.extra) THEN NULL
    WHEN json_type(p.extra, '$.name') IS 'text' THEN p.extra ->> 'name'
  END";

/// A text without case and marks, as the page folds it (`ui/src/app/fold.ts`), so that both find the
/// same.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        };
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
            continue;
        }
        let bare = std::iter::once(letter).nfkd().filter(|&c| !is_diacritic(c));
        let small = bare.flat_map(char::to_lowercase).flat_map(|c| match c {
            'ß' => [Some('s'), Some('s')],
            'ς' => [Some('σ'), None],
            other => [Some(other), None],
        });
        folded.extend(small.flatten().nfc());
    }
    folded.into()
}

#[cfg(test)]
mod tests {
    use super::fold;

    // `ui/src/app/fold.test.ts` has the same.
    #[test]
    fn case_and_marks_do_not_count_and_the_vowels_and_voicing_of_other_scripts_do() {
        assert_eq!(fold("Café NAÏVE Größe GRÖẞE"), "cafe naive grosse grosse");
        assert_eq!(fold("e\u{301}te\u{301}"), fold("été"));
        assert_eq!(fold("ﬁne Ⅳ İ"), "fine iv i");
        assert_eq!(fold("ὈΔΥΣΣΕΎΣ"), fold("Ὀδυσσεύς"));
        assert_ne!(fold("ガス"), fold("カス"));
        assert_eq!(fold("ｶﾞｽ"), "カ\u{3099}ス");
        assert_ne!(fold("कि"), fold("क"));
        assert_eq!(fold("안녕"), "안녕");
        assert_eq!(fold("plain"), "plain");
    }
}

//! The seam between a stopped answer and its continuation: a model that is asked to go on likes
//! to begin with the last words once more, or to open the code block again that is still open.

/// How much of the beginning may be held back until it is clear whether it repeats something.
const LONGEST: usize = 400;
/// The shortest repetition that is one, in bytes: shorter ones are mostly meant.
const SHORTEST: usize = 4;

/// Takes the beginning of a continuation in, and gives out what is new in it.
#[derive(Debug)]
pub(crate) struct Seam {
    /// The end of what is there already.
    tail: String,
    /// What is there ends inside of a code block.
    in_fence: bool,
    /// The beginning, while it may still be a repetition.
    held: String,
    /// What was left out, because it stands there already.
    repeated: String,
    closed: bool,
}

impl Seam {
    /// A seam after this text.
    pub(crate) fn after(text: &str) -> Self {
        let start = text.floor_char_boundary(text.len().saturating_sub(LONGEST));
        Self {
            tail: text[start..].to_owned(),
            in_fence: fences(text) % 2 == 1,
            held: String::new(),
            repeated: String::new(),
            closed: false,
        }
    }

    /// Takes the next text in. What comes out is new; it may be empty.
    pub(crate) fn push(&mut self, text: String) -> String {
        if self.closed {
            return text;
        }
        self.held.push_str(&text);
        if self.is_open() {
            return String::new();
        }
        self.end()
    }

    /// Nothing more comes, or what was held back is wanted now.
    pub(crate) fn end(&mut self) -> String {
        if std::mem::replace(&mut self.closed, true) {
            return String::new();
        }
        let mut held = std::mem::take(&mut self.held);
        // What is new is always the end of what came.
        let new = held.split_off(held.len() - self.new_in(&held).len());
        self.repeated = held;
        new
    }

    /// What was left out, once nothing more comes.
    pub(crate) fn into_repeated(self) -> String {
        self.repeated
    }

    /// What of a beginning is new.
    fn new_in<'a>(&self, text: &'a str) -> &'a str {
        let text = self.without_fence(text);
        let trimmed = text.trim_start();
        let new = match self.repeated(trimmed) {
            0 => text,
            repeated => &trimmed[repeated..],
        };
        if self.tail.ends_with(' ') {
            new.trim_start_matches(' ')
        } else {
            new
        }
    }

    /// Whether more text is needed to decide.
    fn is_open(&self) -> bool {
        let text = self.held.trim_start();
        if text.len() >= LONGEST {
            return false;
        }
        let fence = self.in_fence && ("```".starts_with(text) || text.starts_with("```"));
        if fence && !text.contains('\n') {
            return true;
        }
        // As long as all of it stands somewhere in the tail, it may be a repetition as a whole.
        self.new_in(&self.held).is_empty() || self.could_grow(self.without_fence(text).trim_start())
    }

    /// Whether a repetition that begins with `text` could still reach the end of the tail.
    fn could_grow(&self, text: &str) -> bool {
        let mut places = self.tail.match_indices(text);
        places.any(|(at, _)| self.begins_word(at))
    }

    /// How many bytes of `text` repeat the end of what is there.
    fn repeated(&self, text: &str) -> usize {
        let lengths = text.char_indices().map(|(at, c)| at + c.len_utf8());
        lengths
            .filter(|&length| length >= SHORTEST && self.tail.ends_with(&text[..length]))
            .filter(|&length| self.begins_word(self.tail.len() - length))
            .max()
            .unwrap_or(0)
    }

    fn begins_word(&self, at: usize) -> bool {
        let before = self.tail[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric())
    }

    /// The text without a line that opens the code block which is open already. Three characters
    /// alone close it, unless they stand in the middle of a line, where nothing can be closed.
    fn without_fence<'a>(&self, text: &'a str) -> &'a str {
        let begun = text.trim_start();
        if !self.in_fence || !begun.starts_with("```") {
            return text;
        }
        let (line, rest) = begun.split_once('\n').unwrap_or((begun, ""));
        let closes = line.trim_end().len() == 3 && self.tail.ends_with('\n');
        if closes { text } else { rest }
    }
}

/// How many lines begin or end a code block.
fn fences(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| line.starts_with("```")).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The whole text when the continuation comes in these pieces.
    fn joined(text: &str, pieces: &[&str]) -> String {
        let mut seam = Seam::after(text);
        let mut whole = text.to_owned();
        for piece in pieces {
            whole += &seam.push((*piece).to_owned());
        }
        whole + &seam.end()
    }

    #[test]
    fn what_is_new_is_joined_as_it_comes() {
        assert_eq!(
            joined("A mor", &["aine ", "is rubble."]),
            "A moraine is rubble."
        );
        assert_eq!(
            joined("A moraine", &[" is rubble."]),
            "A moraine is rubble."
        );
        assert_eq!(joined("It is ", &[" rubble."]), "It is rubble.");
    }

    #[test]
    fn words_that_stand_there_already_are_not_repeated() {
        let text = "A moraine is a heap of rub";
        let whole = "A moraine is a heap of rubble that ice left.";
        for pieces in [
            &["a heap of rubble that ice left."][..],
            &["A moraine is a heap of", " rubble that ice left."],
            &["heap", " of", " rub", "ble that ice left."],
        ] {
            assert_eq!(joined(text, pieces), whole, "{pieces:?}");
        }
        assert_eq!(
            joined("made of moraine", &["moraine", " and ice"]),
            "made of moraine and ice"
        );
    }

    #[test]
    fn short_repetitions_are_meant() {
        assert_eq!(joined("[0, 0, ", &["0, 0]"]), "[0, 0, 0, 0]");
    }

    #[test]
    fn an_open_code_block_stays_open() {
        let text = "So:\n```rust\nfn main() {\n";
        let whole = "So:\n```rust\nfn main() {\n    run();\n}\n```\n";
        assert_eq!(
            joined(text, &["``", "`rust\n", "    run();\n}\n```\n"]),
            whole
        );
        assert_eq!(joined(text, &["    run();\n}\n```\n"]), whole);
    }

    #[test]
    fn a_line_that_was_cut_in_an_open_code_block_goes_on_in_it() {
        let text = "So:\n```\nlet heap = rub";
        let whole = "So:\n```\nlet heap = rubble;\n```\n";
        for pieces in [
            &["ble;\n```\n"][..],
            &["```\nlet heap = ", "rubble;\n```\n"],
            &["```rust\nlet heap = rubble;\n", "```\n"],
        ] {
            assert_eq!(joined(text, pieces), whole, "{pieces:?}");
        }
    }

    #[test]
    fn an_open_code_block_can_be_closed() {
        let text = "```\na\n";
        assert_eq!(joined(text, &["```", "\nb"]), "```\na\n```\nb");
    }

    proptest! {
        #[test]
        fn splitting_a_continuation_elsewhere_changes_nothing(
            text in "(a heap |of rub|```\n|\n| ){0,8}",
            more in "(a heap |of rub|```\n|ble|\n| ){0,8}",
            at in 0_usize..40,
        ) {
            let (first, second) = more.split_at(at.min(more.len()));
            prop_assert_eq!(joined(&text, &[first, second]), joined(&text, &[&more]));
        }
    }
}

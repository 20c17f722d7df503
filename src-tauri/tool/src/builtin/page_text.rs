//! A page of HTML as text, in one pass over its tokens: no tree is built of it, whose nesting could
//! cost minutes or the stack.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// How much is read between two looks at the limit, in bytes.
const STEP: usize = 16 * 1024;
/// The longest address of a link that is told, in bytes.
const LINK: usize = 500;

/// The text of a page: headings, lists and links as Markdown has them, no scripts, no styles. Not
/// much more than `limit` bytes of it; returns whether that is all.
pub fn text_of(html: &str, limit: usize) -> (String, bool) {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() && tokenizer.sink.0.borrow().text.len() <= limit {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP));
        rest = after;
        input.push_back(StrTendril::from_slice(step));
        // It pauses for scripts only where the sink asks it to, which this one does not.
        let _ = tokenizer.feed(&input);
    }
    if rest.is_empty() {
        tokenizer.end();
    }
    let text = tokenizer.sink.0.take().text;
    (text.trim_end().to_owned(), rest.is_empty())
}

/// What stands between what was written and what is written next.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum Gap {
    #[default]
    Nothing,
    Space,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Page {
    text: String,
    gap: Gap,
    /// Written before the next text: the mark of a heading or an entry.
    mark: &'static str,
    /// Inside a script and the like.
    skipping: bool,
    /// Inside how many elements that keep their spaces.
    kept: usize,
    /// Where the link leads that is open.
    link: Option<String>,
    /// Whether the row has a cell.
    in_row: bool,
}

#[derive(Default)]
struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => page.add(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return page.open(&tag),
            Token::TagToken(tag) => page.close(&tag.name),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    fn open(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        match name {
            "script" | "style" | "iframe" | "noembed" | "noframes" | "xmp" => {
                self.skipping = name != "xmp";
                let script = name == "script";
                return TokenSinkResult::RawData(if script {
                    RawKind::ScriptData
                } else {
                    RawKind::Rawtext
                });
            }
            "title" | "textarea" => {
                self.at_least(Gap::Paragraph);
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "plaintext" => return TokenSinkResult::Plaintext,
            "br" => self.at_least(Gap::Line),
            "hr" => self.at_least(Gap::Paragraph),
            "pre" => {
                self.at_least(Gap::Paragraph);
                self.kept += 1;
            }
            "li" | "dt" | "dd" => {
                self.at_least(Gap::Line);
                self.mark = "- ";
            }
            "h1" => self.heading("# "),
            "h2" => self.heading("## "),
            "h3" | "h4" | "h5" | "h6" => self.heading("### "),
            "tr" => {
                self.at_least(Gap::Line);
                self.in_row = false;
            }
            "td" | "th" => {
                if self.in_row {
                    self.text.push_str(" | ");
                    self.gap = Gap::Nothing;
                }
                self.in_row = true;
            }
            "a" => {
                self.end_link();
                let target = attribute(tag, "href").filter(|target| {
                    !target.starts_with(['#']) && target.len() <= LINK && !target.contains(')')
                });
                if let Some(target) = target {
                    self.begin();
                    self.text.push('[');
                    self.link = Some(target.to_owned());
                }
            }
            "img" => {
                if let Some(words) = attribute(tag, "alt").filter(|words| !words.is_empty()) {
                    self.add(&format!("[image: {words}]"));
                }
            }
            _ => self.at_least(block(name)),
        }
        TokenSinkResult::Continue
    }

    fn close(&mut self, name: &str) {
        match name {
            "script" | "style" | "iframe" | "noembed" | "noframes" => self.skipping = false,
            "pre" => {
                self.kept = self.kept.saturating_sub(1);
                self.at_least(Gap::Paragraph);
            }
            "a" => self.end_link(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title" => {
                self.mark = "";
                self.at_least(Gap::Paragraph);
            }
            "tr" => self.at_least(Gap::Line),
            _ => self.at_least(block(name)),
        }
    }

    fn heading(&mut self, mark: &'static str) {
        self.at_least(Gap::Paragraph);
        self.mark = mark;
    }

    fn at_least(&mut self, gap: Gap) {
        if gap > self.gap {
            self.gap = gap;
        }
    }

    fn end_link(&mut self) {
        if let Some(target) = self.link.take() {
            self.text.push_str("](");
            self.text.push_str(&target);
            self.text.push(')');
        }
    }

    /// Writes what stands before the next text.
    fn begin(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(match self.gap {
                Gap::Nothing => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        self.gap = Gap::Nothing;
        self.text.push_str(std::mem::take(&mut self.mark));
    }

    fn add(&mut self, text: &str) {
        if self.skipping {
            return;
        }
        if self.kept > 0 {
            self.begin();
            self.text.push_str(text);
            return;
        }
        if text.starts_with(char::is_whitespace) {
            self.at_least(Gap::Space);
        }
        for word in text.split_whitespace() {
            self.begin();
            self.text.push_str(word);
            self.gap = Gap::Space;
        }
        if !text.ends_with(char::is_whitespace) && self.gap == Gap::Space && !text.is_empty() {
            self.gap = Gap::Nothing;
        }
    }
}

/// What stands around an element.
fn block(name: &str) -> Gap {
    match name {
        "p" | "ul" | "ol" | "dl" | "table" | "blockquote" | "section" | "article" | "header"
        | "footer" | "main" | "nav" | "aside" | "form" | "figure" | "details" | "body" => {
            Gap::Paragraph
        }
        "div" | "li" | "dt" | "dd" | "summary" | "figcaption" | "address" | "fieldset"
        | "option" | "caption" | "thead" | "tbody" => Gap::Line,
        _ => Gap::Nothing,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let mut attributes = tag.attrs.iter();
    let found = attributes.find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        text_of(html, 64 * 1024).0
    }

    #[test]
    fn a_page_becomes_headings_paragraphs_lists_rows_and_links() {
        let html = "<!doctype html><title>Tide &amp; moon</title><style>p { x: y }</style>\
            <script>document.write('<p>no</p>')</script><h1>Tide</h1>\n<p>It <b>ris</b>es\n and  falls.\
            <p>Twice.<ul><li>high<li><a href=\"/low\">low\nwater</a></ul>\
            <table><tr><th>day<th>m<tr><td>1<td>2</table><pre>a\n  b</pre><img alt=Moon src=x>&lt;end&gt;";
        assert_eq!(
            text(html),
            "Tide & moon\n\n# Tide\n\nIt rises and falls.\n\nTwice.\n\n- high\n- [low water](/low)\n\n\
             day | m\n1 | 2\n\na\n  b\n\n[image: Moon]<end>"
        );
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        for (html, expected) in [
            ("", ""),
            ("<", "<"),
            ("plain", "plain"),
            ("a<script>b", "a"),
            ("a</p></div></a>b", "a\n\nb"),
            ("<a href=x>a<a href=y>b", "[a](x)[b"),
            ("<!-- a --><p>b", "b"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn a_long_page_is_read_no_further_than_the_limit() {
        let (text, whole) = text_of(&"<p>word".repeat(100_000), 1000);
        assert!(!whole && text.len() > 1000 && text.len() < 1000 + 2 * STEP);
        let (text, whole) = text_of("<p>word", 1000);
        assert!(whole && text == "word");
    }
}

//! Text that is hard to set, in the real engine: right to left, wider than the window, formulas.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::{colours, fits};
use serde_json::json;
use tacet_test_support::webdriver::{App, testid};

const ANSWER: &str = "مرحبا! هذه إجابة باللغة العربية، وتنتهي بنقطة.\n\n\
    1. الخطوة الأولى: شغّل `npm install` ثم انتظر.\n2. افتح https://example.org/docs.\n\n\
    > اقتباس قصير.\n\nThis paragraph is English again, with H<sub>2</sub>O and <kbd>Ctrl</kbd>.\n\n\
    | الاسم | a column | another column | a third column | a fourth | one_word_that_does_not_break |\n\
    | --- | --- | --- | --- | --- | --- |\n\
    | السرعة | 10 km/h | a cell with several words | short | `code_in_a_cell(argument)` | end |\n\n\
    $$\\int_0^\\infty \\left(\\frac{\\cancel{x}^2}{1 + \\sqrt{x^3 + \\alpha}}\\right) dx = \
    a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + a_{10} + a_{11} + a_{12} + a_{13}$$\n\n\
    > [!WARNING]\n> Stop closes the connection.\n\n\
    <details>\n<summary>More</summary>\n\nInside.\n\n</details>\n\nהסוף.";

/// How far the first letter of the block that begins with `words` is from the block's left end and
/// from its right end, in CSS pixels.
async fn ends(app: &App, words: &str) -> (f64, f64) {
    let script = "const blocks = [...document.querySelectorAll('[data-testid=message] *')];
        const found = blocks.filter((one) => one.textContent.trim().startsWith(arguments[0])
            && getComputedStyle(one).display !== 'inline').pop();
        if (!found) return null;
        const letters = document.createTreeWalker(found, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        range.setStart(letters, 0);
        range.setEnd(letters, 1);
        const [letter, block] = [range.getBoundingClientRect(), found.getBoundingClientRect()];
        return [letter.left - block.left, block.right - letter.right];";
    let found = app.wait_until(words, script, &[json!(words)]).await;
    serde_json::from_value(found).unwrap()
}

#[tokio::test]
async fn each_block_begins_where_its_script_does_and_what_is_wide_scrolls_by_itself() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "ما هي أسرع طريقة لإيقاف الإجابة؟").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(ANSWER).await;
    exchange.complete(50, 200).await;
    when(&app, "a.state === 'complete' && a.words.includes('הסוף')").await;
    app.type_into(&testid("composer"), "شكرا. And English")
        .await;

    app.resize(1280, 800).await;
    for words in ["ما هي", "مرحبا", "اقتباس", "הסוף"] {
        let (left, right) = ends(&app, words).await;
        assert!(right < left, "{words}: {left} px left, {right} px right");
    }
    let (left, right) = ends(&app, "This paragraph").await;
    assert!(left < right, "{left} px left, {right} px right");

    // The caret goes by the direction of the field, which its style alone does not change.
    let of_field = "return getComputedStyle(document.querySelector(arguments[0])).direction";
    let field = json!(testid("composer").selector());
    assert_eq!(app.run(of_field, &[field]).await, json!("rtl"));

    fits(&app, "text").await;
    let top = "document.querySelector('.scroller').scrollTop = 0; return true";
    app.run(top, &[]).await;
    fits(&app, "text-top").await;
    app.resize(400, 800).await;
    colours(&app, "dark").await;
    app.run(top, &[]).await;
    fits(&app, "text-narrow-dark").await;
    let end = "const one = document.querySelector('.scroller'); one.scrollTop = one.scrollHeight;
        return [...document.querySelectorAll('[data-testid=message] table, math')].map((wide) => {
            let box = wide;
            while (box && !/auto|scroll/.test(getComputedStyle(box).overflowX)) box = box.parentElement;
            return box !== null && box !== one && box.scrollWidth > box.clientWidth; });";
    let scroll = app.run(end, &[]).await;
    assert_eq!(scroll, json!([true, true]), "table and formula");
    fits(&app, "text-end-narrow-dark").await;
}

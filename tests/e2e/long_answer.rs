//! An answer that is far longer than a window: what is far from the view is not on the page, and
//! nothing that a reader does shows that.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::stored::write_conversation;
use serde_json::{Value, json};
use tacet_test_support::server::ReasoningField;
use tacet_test_support::webdriver::{App, Key, testid};

/// Chapters of the answer.
pub const CHAPTERS: usize = 1_500;

/// About 400 KB, whose code and formulas take another height than their source.
pub fn text() -> String {
    (0..CHAPTERS)
        .map(|chapter| {
            let words = "The glacier moves over the rock and takes stones with it. ".repeat(3);
            format!(
                "## Chapter {chapter}\n\n{words}\n\n```rust\nlet chapter = {chapter};\n```\n\n$$\n\
                 x_{{{chapter}}} = \\frac{{1}}{{2}}\n$$\n\n"
            )
        })
        .collect()
}

/// Writes a conversation whose only answer is this text.
pub async fn write_answer(desk: &Desk, title: &str, text: String) {
    let exchange = ("Tell me all about ice.".to_owned(), text);
    write_conversation(desk.folder(), title, [exchange]).await;
}

/// What every script here begins with. `chapters` are those in view, from top to bottom, with the
/// place of each; `still` waits until nothing moves any more.
const TOOLS: &str = r#"
const done = arguments[arguments.length - 1];
const scroller = document.querySelector('[data-testid="message"]').closest('.scroller');
const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
const answer = [...document.querySelectorAll('[data-role="assistant"] [data-kind="text"]')].at(-1);
const box = scroller.getBoundingClientRect();
const chapters = () => [...answer.querySelectorAll('h2')]
  .map((heading) => [Number(heading.textContent.split(' ')[1]), heading.getBoundingClientRect()])
  .filter(([, {bottom, top}]) => bottom > box.top && top < box.bottom)
  .map(([number, {top}]) => [number, top]);
const still = async () => {
  for (let last = -1, same = 0; same < 10;) {
    await frame();
    same = scroller.scrollTop === last ? same + 1 : 0;
    last = scroller.scrollTop;
  }
};
"#;

async fn page(app: &App, script: &str) -> Value {
    let script = format!(
        "{TOOLS} (async () => {{ {script} }})().then(done, (error) => done(String(error)));"
    );
    app.run_async(&script, &[]).await
}

async fn open(app: &App, end: &str) {
    app.click(&testid("conversation-item")).await;
    let there = "return document.querySelector('[data-role=assistant]')?.textContent.includes(arguments[0])";
    app.wait_until("the end of the answer", there, &[json!(end)])
        .await;
}

#[tokio::test]
async fn a_long_answer_opens_at_its_end_and_is_read_to_its_beginning_without_a_jump() {
    let desk = Desk::new().await;
    write_answer(&desk, "Ice", text()).await;
    let app = desk.open().await;
    open(&app, &format!("Chapter {}", CHAPTERS - 1)).await;
    let opened = page(
        &app,
        "await still();
        return {
          atEnd: scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 2,
          length: answer.textContent.length,
        };",
    )
    .await;
    assert_eq!(opened["atEnd"], true, "{opened}");
    assert!(opened["length"].as_u64().unwrap() < 30_000, "{opened}");

    // Up by some lines at a time, as a wheel does: each chapter stays where the scrolling puts it,
    // and the one above it is the one before it.
    let read = page(
        &app,
        "const wrong = [];
        let most = 0;
        let last = chapters();
        for (let step = 0; step < 150; step += 1) {
          scroller.dispatchEvent(new WheelEvent('wheel'));
          scroller.scrollTop -= 300;
          await frame();
          const now = chapters();
          const places = new Map(last);
          if (!now.some(([number]) => places.has(number))) wrong.push(['lost', step]);
          for (const [number, top] of now) {
            const before = places.get(number);
            if (before !== undefined && Math.abs(top - before - 300) > 1) wrong.push([number, top, before]);
          }
          if (now.some(([number], index) => number !== now[0][0] + index)) wrong.push(now);
          last = now;
          most = Math.max(most, answer.textContent.length);
        }
        return {wrong, most, first: last[0][0]};",
    )
    .await;
    assert_eq!(read["wrong"], json!([]));
    assert!(
        read["first"].as_u64().unwrap() < CHAPTERS as u64 - 80,
        "{read}"
    );
    assert!(read["most"].as_u64().unwrap() < 60_000, "{read}");

    // Far away and back: what left comes back as it was, colours included.
    let back = page(
        &app,
        "const before = scroller.scrollTop;
        const [seen] = chapters();
        scroller.scrollTop = 0;
        await still();
        const first = chapters()[0][0];
        scroller.scrollTop = before;
        await still();
        const [there] = chapters();
        return {first, seen, there};",
    )
    .await;
    assert_eq!(back["first"], 0, "{back}");
    assert_eq!(back["seen"], back["there"]);
    let coloured = "const code = document.querySelectorAll('[data-role=assistant] .md-code');
        return code.length > 0 && [...code].every((one) => one.querySelector('.hljs-keyword'))";
    app.wait_until("colours in the code", coloured, &[]).await;

    // In a narrower window each line is another; what is read stays in view.
    app.resize(800, 700).await;
    let narrow = page(&app, "await still(); return chapters()[0][0]").await;
    let (narrow, there) = (narrow.as_i64().unwrap(), back["there"][0].as_i64().unwrap());
    assert!((narrow - there).abs() <= 1, "{narrow} {there}");
}

#[tokio::test]
async fn the_keys_that_scroll_go_through_a_long_answer_page_by_page() {
    let desk = Desk::new().await;
    write_answer(&desk, "Ice", text()).await;
    let app = desk.open().await;
    open(&app, &format!("Chapter {}", CHAPTERS - 1)).await;
    page(
        &app,
        "scroller.tabIndex = 0; scroller.focus(); await still();",
    )
    .await;
    let mut last = page(&app, "return [chapters()[0][0], scroller.clientHeight]").await;
    for _ in 0..12 {
        app.press(&[Key::PageUp]).await;
        let now = page(
            &app,
            "await still(); return [chapters()[0][0], scroller.clientHeight]",
        )
        .await;
        // A page, which is two to four chapters; a position that was corrected would be another.
        let moved = last[0].as_i64().unwrap() - now[0].as_i64().unwrap();
        assert!((1..=5).contains(&moved), "{last} {now}");
        last = now;
    }
    app.press(&[Key::Home]).await;
    let home = page(
        &app,
        "await still(); return [scroller.scrollTop, chapters()[0][0]]",
    )
    .await;
    assert_eq!(home, json!([0, 0]));
    app.press(&[Key::End]).await;
    let end = page(
        &app,
        "await still();
        return [chapters().at(-1)[0], scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight]",
    )
    .await;
    assert_eq!(end, json!([CHAPTERS - 1, 0]));
}

/// Lines with their numbers, about 400 KB.
fn lines() -> String {
    (0..6_000)
        .map(|line| format!("Line {line} of what the model thought about the ice and the rock.\n"))
        .collect()
}

#[tokio::test]
async fn a_long_reasoning_opens_at_once_and_is_there_as_far_as_it_is_read() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "Think.").await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .send_reasoning_delta(ReasoningField::ReasoningContent, &lines())
        .await;
    exchange.send_text_delta("That is all.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    let opened = page(
        &app,
        "const fold = document.querySelector('[data-kind=reasoning]');
        const began = performance.now();
        fold.open = true;
        await frame();
        const took = performance.now() - began;
        fold.scrollIntoView();
        await still();
        const seen = (y) => document.elementFromPoint(box.left + box.width / 2, y)?.textContent ?? '';
        return {
          took,
          top: seen(box.top + 60).includes('Line 0 of'),
          high: fold.getBoundingClientRect().height > 6000 * 20,
          length: fold.textContent.length,
        };",
    )
    .await;
    assert_eq!(opened["top"], true, "{opened}");
    assert_eq!(opened["high"], true, "{opened}");
    assert!(opened["length"].as_u64().unwrap() < 60_000, "{opened}");
    assert!(opened["took"].as_f64().unwrap() < 1_000.0, "{opened}");
}

/// A block of 400 KB that no blank line divides.
struct Block {
    title: &'static str,
    text: String,
    /// What the page shows of it begins and ends with these words.
    begins: &'static str,
    ends: &'static str,
}

fn single_blocks() -> Vec<Block> {
    let block = |title, text, begins, ends| Block {
        title,
        text,
        begins,
        ends,
    };
    let words = |number| format!("The *glacier* number {number} moves **slowly** over the rock. ");
    let item = |number| format!("{number}. The **glacier** takes `stones` with it.\n");
    let row = |number| format!("| *Glacier* {number} | moves slowly over the rock |\n");
    let term = |number| format!("x_{{{number}}} = \\frac{{1}}{{2}} x_{{{number} - 1}} +\n");
    let line: String = (0..7_000).map(words).collect();
    let lines: String = (0..7_000).map(|at| format!("> {}\n", words(at))).collect();
    let rows: String = (0..8_000).map(row).collect();
    let terms: String = (0..12_000).map(term).collect();
    let tags = "<p class=\"ice\">It moves.</p>".repeat(14_000);
    let first = "The glacier number 0";
    let last = "number 6999 moves slowly over the rock.";
    vec![
        block("a paragraph", line.clone(), first, last),
        block(
            "a list",
            (1..9_000).map(item).collect(),
            "The glacier",
            "with it.",
        ),
        block("an item", format!("- {line}"), first, last),
        block("a word", "ice".repeat(140_000), "iceice", "iceice"),
        block("tags", format!("{tags}The end."), "<p class", "The end."),
        block("a quote", lines, first, last),
        block("a quoted line", format!("> {line}"), first, last),
        block("a heading", format!("## {line}"), first, last),
        block(
            "a table",
            format!("| Ice | Rock |\n|---|---|\n{rows}"),
            "IceRock",
            "the rock",
        ),
        block("a formula", format!("$$\n{terms}1\n$$\n"), "Too long", "1"),
    ]
}

#[tokio::test]
async fn a_single_block_of_any_length_is_on_the_page_only_near_the_view() {
    let desk = Desk::new().await;
    let blocks = single_blocks();
    for Block { title, text, .. } in &blocks {
        write_answer(&desk, title, text.clone()).await;
    }
    let app = desk.open().await;
    app.wait_for_count(&testid("conversation-item"), blocks.len())
        .await;
    for Block {
        title,
        begins,
        ends,
        ..
    } in blocks
    {
        let click = "[...document.querySelectorAll('[data-testid=conversation-item]')]
            .find((item) => item.querySelector('.title').textContent.trim() === arguments[0])
            .querySelector('button').click()";
        app.run(click, &[json!(title)]).await;
        let there = "return document.querySelector('[data-role=assistant] [data-kind=text]')
            ?.textContent.trimEnd().endsWith(arguments[0])";
        app.wait_until(title, there, &[json!(ends)]).await;
        let read = page(
            &app,
            "await still();
            const atEnd = answer.textContent.length;
            const before = scroller.scrollTop;
            scroller.dispatchEvent(new WheelEvent('wheel'));
            scroller.scrollTop = before / 2;
            await still();
            const lists = [...answer.querySelectorAll('ol')].map((list) => list.start);
            const tables = [...answer.querySelectorAll('table')].map((table) =>
              [...table.rows[0].cells].map((cell) => Math.round(cell.getBoundingClientRect().width)));
            // Where two sections of a block meet, nothing is between them.
            const filled = [...answer.querySelectorAll('.md-section:not(.section-away)')];
            const gaps = filled.slice(1).filter((section) =>
              section.classList.contains('md-continued') && filled.includes(section.previousElementSibling))
              .map((section) => section.getBoundingClientRect().top
                - section.previousElementSibling.getBoundingClientRect().bottom);
            const inMiddle = answer.textContent.length;
            scroller.scrollTop = 0;
            await still();
            const first = answer.textContent.trimStart().slice(0, 40);
            return {atEnd, inMiddle, lists, tables, gaps, first};",
        )
        .await;
        for place in ["atEnd", "inMiddle"] {
            let shown = read[place].as_u64().unwrap();
            assert!((2_000..200_000).contains(&shown), "{title}: {read}");
        }
        let first = read["first"].as_str().unwrap();
        assert!(first.starts_with(begins), "{title}: {read}");
        let gaps = read["gaps"].as_array().unwrap();
        assert!(
            gaps.iter().all(|gap| gap.as_f64().unwrap().abs() < 1.0),
            "{title}: {read}"
        );
        if title == "a list" {
            let starts = read["lists"].as_array().unwrap();
            assert!(
                starts.iter().all(|start| start.as_u64().unwrap() > 3_000),
                "{read}"
            );
        }
        if title == "a table" {
            let tables = read["tables"].as_array().unwrap();
            assert!(tables.len() > 1, "{read}");
            assert!(tables.iter().all(|widths| *widths == tables[0]), "{read}");
        }
    }
}

//! From the first byte at the server to the text in the page: in the document, and on the screen as
//! far as a page can tell, which is the next frame.

use crate::desk::{Desk, between_ms, page_time};
use crate::sample::{Sample, Table};

/// Notes when the answer's text is in the document, and when the frame after that begins.
const WATCH: &str = "
    window.seen = null;
    const observer = new MutationObserver(() => {
      if (!last()?.textContent.includes('glacier')) return;
      observer.disconnect();
      const inDocument = Date.now();
      requestAnimationFrame(() => { window.seen = [inDocument, Date.now()]; });
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true});";

pub async fn measure(runs: usize, table: &mut Table) {
    let desk = Desk::open().await;
    let (mut in_document, mut in_frame) = (Sample::default(), Sample::default());
    for _ in 0..runs {
        desk.ask().await;
        let mut exchange = desk.server.next_request().await;
        exchange.open_stream().await;
        desk.run(WATCH).await;
        exchange.send_text_delta("A glacier ").await;
        desk.wait("the text", "window.seen").await;
        let seen = desk.run("return window.seen").await;
        let written = desk.server.wall_time(exchange.record().chunks_at[0]);
        // The page's clock shows the millisecond that has begun: half of one is missing on average.
        in_document.push(between_ms(written, page_time(&seen[0])) + 0.5);
        in_frame.push(between_ms(written, page_time(&seen[1])) + 0.5);
        exchange.complete(1, 1).await;
        desk.wait("the end", "last().dataset.state === 'complete'")
            .await;
    }
    table.add(
        "first byte to text in the page",
        "ms",
        &in_document,
        None,
        "median 25",
    );
    table.add("first byte to the next frame", "ms", &in_frame, None, "");
}

//! Sums of usage, and prices of the person's own, across the border.

use crate::page::Page;
use serde_json::{Value, json};

async fn totals(page: &Page, grouping: &str) -> Value {
    let arguments = json!({"grouping": grouping});
    page.call("usage_totals", arguments).await.unwrap()
}

#[tokio::test]
async fn there_are_no_sums_before_the_first_answer_and_the_prices_have_a_date() {
    let page = Page::open().await;
    for grouping in ["conversation", "day", "model", "provider"] {
        let totals = totals(&page, grouping).await;
        assert_eq!(totals["grouping"], grouping);
        assert_eq!(totals["groups"], json!([]));
        assert_eq!(totals["priceTableDate"].as_str().unwrap().len(), 10);
    }
    let refused = page
        .call("usage_totals", json!({"grouping": "colour"}))
        .await;
    assert!(refused.is_err());
}

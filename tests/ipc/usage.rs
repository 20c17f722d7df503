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

#[tokio::test]
async fn a_list_of_prices_is_read_when_the_person_says_so_and_one_that_is_none_changes_nothing() {
    let page = Page::open().await;
    let before = totals(&page, "model").await;
    assert_eq!(before["priceList"], Value::Null);
    let file = page.folder.path().join("some list.json");
    let list = json!({"date": "2026-11-01", "hosts": [{"host": "127.0.0.1", "models": [
        {"model": "test-model", "input": 2, "output": 8}]}]});
    std::fs::write(&file, list.to_string()).unwrap();
    let source = json!({"source": file});
    let read = page.call("refresh_prices", source.clone()).await.unwrap();
    assert_eq!(read, json!({"date": "2026-11-01", "models": 1}));
    let after = totals(&page, "model").await;
    assert_eq!(after["priceList"], read);
    assert_eq!(after["priceListSource"], json!(file));

    std::fs::write(&file, "no list").unwrap();
    for bad in [source, json!({"source": "http://example.org/prices.json"})] {
        let error = page.call("refresh_prices", bad).await.unwrap_err();
        assert_eq!(error["code"], "invalid", "{error}");
    }
    assert_eq!(totals(&page, "model").await, after);
}

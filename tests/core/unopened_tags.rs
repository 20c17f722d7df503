//! Servers whose template writes the tag that opens reasoning, so that the answer has the closing one
//! alone.

use crate::field_bodies::shown;
use crate::hanging_up::ask;
use serde_json::json;
use std::sync::Arc;
use tacet_core::{Endpoint, Generation, MessageState, Provider, Remote, WireApi};
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;

/// Pieces of text as Chat Completions streams them, and the end of the answer.
fn streamed(pieces: &[&str]) -> Vec<u8> {
    let mut body = String::new();
    for piece in pieces {
        let choice = json!({"index": 0, "delta": {"content": piece}});
        body += &format!("data: {}\n\n", json!({"choices": [choice]}));
    }
    let choice = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    body += &format!("data: {}\n\n", json!({"choices": [choice]}));
    body.into_bytes()
}

#[tokio::test]
async fn of_a_server_that_leaves_the_opening_tag_out_the_next_answer_begins_as_reasoning() {
    let server = GatedServer::start().await;
    let provider = Arc::new(
        Remote::new(WireApi::OpenaiChat, &Endpoint::new(server.base_url(), None)).unwrap(),
    );
    let unopened: &[&str] = &["Tin, ", "hm.", "\n</think>\n\n", "232 °C."];
    let whole = ["reasoning Tin, hm.", "text 232 °C."];
    let plain: &[&str] = &["232 ", "°C."];
    let opened: &[&str] = &["<thi", "nk>Tin, hm.</think>", "232 °C."];
    for (pieces, shown_after_first, shown_whole) in [
        (unopened, "text Tin, ", &whole[..]),
        (unopened, "reasoning Tin,", &whole[..]),
        // It thinks no more: what seemed to be reasoning was the answer.
        (plain, "reasoning 232", &["text 232 °C."][..]),
        (plain, "text 232 ", &["text 232 °C."][..]),
        (unopened, "text Tin, ", &whole[..]),
        (opened, "", &whole[..]),
    ] {
        let mut generation =
            Generation::start(Arc::clone(&provider) as Arc<dyn Provider>, ask("Well?"));
        let (first, ()) = tokio::join!(
            async {
                while generation.next().await.is_some() {
                    if generation.draft().characters() > 0 {
                        break;
                    }
                }
                shown(generation.draft().parts())
            },
            async {
                let mut exchange = server.next_request().await;
                for line in streamed(pieces).split_inclusive(|byte| *byte == b'\n') {
                    exchange.send_chunk(line).await;
                }
                exchange.end().await;
            }
        );
        let first = first.concat();
        assert!(first.starts_with(shown_after_first), "{pieces:?}: {first}");
        within("the answer", async {
            while generation.next().await.is_some() {}
        })
        .await;
        let answer = generation.into_answer();
        assert_eq!(shown(&answer.parts), shown_whole, "{pieces:?}");
        assert_eq!(answer.state, MessageState::Complete);
    }
}

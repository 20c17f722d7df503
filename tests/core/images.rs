//! Images that models make: kept as they came, marked where they were cut off, and sent back in the
//! form of each API, or told of (rules C04, C19 and C22).

use crate::answers::{decode, decode_by, file, message, shown_sealed, stream, text};
use crate::recordings::{GEMINI, answered, asked_again, wires};
use crate::responses_decoding;
use crate::turn_desk::{Desk, question};
use serde_json::{Value, json};
use std::sync::Arc;
use tacet_core::history::{RepairChange, preview};
use tacet_core::{
    Attachment, Endpoint, Message, MessageState, ModelRequest, Part, Provider, Remote, Role, Seal,
    UsageSource, WireApi,
};
use tacet_test_support::server::{Dialect, Rules, Say};

/// A red dot.
const RED: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// The sketch of one.
const SKETCH: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

#[test]
fn an_image_of_chat_completions_is_kept_where_it_came_and_as_what_it_is() {
    let decoded = decode([stream("images")]);
    let image = format!("file image-1.png image/png {RED} -");
    assert_eq!(
        shown_sealed(&decoded),
        ["text Here it is:", image.as_str(), "text  red."]
    );
}

#[test]
fn an_image_by_an_address_is_a_link_and_is_not_loaded() {
    let chunk = json!({"choices": [{"index": 0, "delta": {"images": [
        {"type": "image_url", "image_url": {"url": "https://example.org/dot.png"}}
    ]}}]});
    let decoded = decode([format!("data: {chunk}\n\n").as_bytes()]);
    let parts = shown_sealed(&decoded);
    assert!(
        parts[0].contains("<https://example.org/dot.png>"),
        "{parts:?}"
    );
}

#[test]
fn an_image_of_gemini_takes_the_place_of_its_sketch_and_keeps_its_signature() {
    let decoded = decode_by(GEMINI.decoder(), [GEMINI.stream("images")]);
    let parts = shown_sealed(&decoded);
    assert_eq!(parts[0], "reasoning **Sketching** -");
    // The name of its type was wrong; its bytes say what it is.
    assert!(parts.contains(&format!("file image-1.png image/png {RED} aW1hZ2U=")));
    assert!(!parts.iter().any(|part| part.contains(SKETCH)), "{parts:?}");
}

#[test]
fn an_image_of_responses_takes_the_place_of_its_sketch_and_keeps_its_item() {
    let stream = responses_decoding::stream("images");
    let decoded = decode_by(responses_decoding::decoder(), [stream]);
    let parts = shown_sealed(&decoded);
    let seal = r#"{"type":"image_generation_call","id":"ig_1","status":"completed"}"#;
    assert_eq!(parts[1], format!("file image-1.png image/png {RED} {seal}"));
    assert_eq!(parts.len(), 3, "{parts:?}");
}

fn image(seal: Option<(&str, &str)>) -> Part {
    let Part::Attachment(file) = file("image-1.png", "image/png", RED) else {
        panic!("a file");
    };
    let seal = seal.map(|(issuer, data)| Seal {
        issuer: issuer.to_owned(),
        data: data.to_owned(),
    });
    Part::Attachment(Attachment { seal, ..file })
}

fn body(provider: &Remote, model: &str, history: &[Message]) -> Value {
    serde_json::from_slice(&provider.body(&ModelRequest::new(model, history))).unwrap()
}

#[test]
fn c19_an_image_goes_back_to_responses_in_the_item_that_it_came_in() {
    let wire = wires()[1];
    let issuer = "openai-responses 127.0.0.1:1 gated-model";
    let item = r#"{"type":"image_generation_call","id":"ig_1","status":"completed"}"#;
    let history = answered(vec![image(Some((issuer, item))), text("A dot.")]);
    wire.judge(&history).unwrap();
    let body = body(&wire.provider, "gated-model", &history);
    let sent = json!({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": RED});
    assert_eq!(body["input"][1], sent);
    assert_eq!(
        preview(&history[..2], &wire.provider.rules("gated-model")),
        []
    );
}

#[test]
fn c19_an_image_goes_back_to_gemini_with_its_signature_or_with_what_stands_for_one() {
    let issuer = "gemini generativelanguage.googleapis.com gemini-3-pro-preview";
    for (seal, expected) in [
        (Some((issuer, "aW1hZ2U=")), "aW1hZ2U="),
        (None, "skip_thought_signature_validator"),
    ] {
        let history = answered(vec![text("A dot:"), image(seal)]);
        GEMINI.judge(&history).unwrap();
        let body = body(&GEMINI.provider, "gemini-3-pro-preview", &history);
        let part = &body["contents"][1]["parts"][1];
        assert_eq!(
            part["inlineData"],
            json!({"mimeType": "image/png", "data": RED})
        );
        assert_eq!(part["thoughtSignature"], expected, "{body}");
    }
}

#[test]
fn c19_an_image_goes_back_to_openrouter_beside_the_words() {
    let at = |url: &str| Remote::new(WireApi::OpenaiChat, &Endpoint::new(url, None)).unwrap();
    let router = at("https://openrouter.ai/api/v1");
    let history = answered(vec![text("A dot:"), image(None)]);
    let sent = body(&router, "google/gemini-2.5-flash-image", &history);
    let rules = Rules::default();
    rules.check(Dialect::OpenaiChat, "m", &sent).unwrap();
    let url = format!("data:image/png;base64,{RED}");
    let images = json!([{"type": "image_url", "image_url": {"url": url}}]);
    assert_eq!(sent["messages"][1]["images"], images);
    // Elsewhere there is no such field.
    let elsewhere = body(&at("http://127.0.0.1:1/v1"), "m", &history);
    assert!(!elsewhere.to_string().contains(RED));
}

#[test]
fn c22_an_image_that_stays_is_named_in_the_preview_and_told_to_the_model() {
    for wire in [wires()[0], wires()[1], wires()[2], wires()[5]] {
        let history = asked_again(message(Role::Assistant, vec![image(None)]));
        wire.judge(&history).unwrap();
        let model = wire.models[0];
        let body = body(&wire.provider, model, &history).to_string();
        assert!(!body.contains(RED), "{}", wire.dialect);
        let told = "[Your previous answer had the file image-1.png, which is not sent along.]";
        assert!(body.contains(told), "{}: {body}", wire.dialect);
        let changes = preview(&history[..2], &wire.provider.rules(model));
        let name = "image-1.png".to_owned();
        let left_out = RepairChange::FileReplaced { name };
        assert!(
            changes.iter().any(|it| it.change == left_out),
            "{changes:?}"
        );
    }
}

#[test]
fn c20_a_sketch_does_not_go_back_and_reasoning_that_led_to_it_alone_does_not_either() {
    let wire = wires()[1];
    let stream = responses_decoding::stream("images");
    // Each answer that a stop leaves is judged in the matrix; this one ends with the sketch.
    let sketched = wire
        .stopped_answers(stream)
        .into_iter()
        .find(|answer| matches!(answer.parts.last(), Some(Part::Attachment(file)) if file.cut_off));
    let history = asked_again(sketched.unwrap());
    wire.judge(&history).unwrap();
    let body = body(&wire.provider, "gated-model", &history).to_string();
    assert!(
        !body.contains(SKETCH) && !body.contains("c2VhbGVk"),
        "{body}"
    );
}

fn frame(kind: &str, event: &Value) -> String {
    let mut event = event.clone();
    event["type"] = json!(kind);
    format!("event: {kind}\ndata: {event}\n\n")
}

#[tokio::test]
async fn c04_a_stop_while_an_image_is_made_keeps_its_sketch_marked_as_cut_off() {
    let desk = Desk::open().await;
    let provider: Arc<dyn Provider> = desk.provider_of(Dialect::OpenaiResponses);
    let request = question("Draw a dot.");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("Here: ")).await;
    let sketch = json!({"output_index": 1, "item_id": "ig_1", "partial_image_b64": SKETCH});
    let kind = "response.image_generation_call.partial_image";
    exchange.send_chunk(frame(kind, &sketch)).await;
    watch
        .until("the sketch", |watch| watch.parts().len() == 2)
        .await;
    let receipt = desk.stopped(turn).await;
    // What an image takes is not known from its bytes.
    assert_eq!(receipt.usage.source, UsageSource::Estimated);
    assert!(receipt.usage.at_least, "{:?}", receipt.usage);
    let answer = desk.answer(turn).await;
    assert_eq!(answer.state, MessageState::Interrupted);
    let Some(Part::Attachment(kept)) = answer.parts.last() else {
        panic!("no image: {:?}", answer.parts);
    };
    assert!(kept.cut_off);
    assert_eq!(&*kept.text, SKETCH);
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn an_answer_of_an_image_alone_that_breaks_off_is_kept_and_not_asked_for_again() {
    let desk = Desk::open().await;
    let watch = desk.ask("Draw a dot.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.open_stream().await;
    let url = format!("data:image/png;base64,{RED}");
    let chunk = json!({"choices": [{"index": 0, "delta": {"images": [
        {"type": "image_url", "image_url": {"url": url}}
    ]}}]});
    exchange.send_chunk(format!("data: {chunk}\n\n")).await;
    watch
        .until("the image", |watch| watch.parts().len() == 1)
        .await;
    exchange.close_abruptly();
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(desk.server.requests(), 1);
    let answer = desk.answer(watch.turn).await;
    assert!(matches!(&answer.parts[..], [Part::Attachment(file)] if &*file.text == RED));
}

#[test]
fn an_image_that_the_person_sent_is_no_image_of_an_answer() {
    let history = [message(Role::User, vec![image(None), text("What is it?")])];
    let body = body(&GEMINI.provider, "gemini-3-pro-preview", &history);
    assert!(body["contents"][0]["parts"][0]["thoughtSignature"].is_null());
}

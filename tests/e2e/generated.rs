//! Images in answers, sources, and an answer that is picked up again, in the real window.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use tacet_core::{MessageState, Part};
use tacet_test_support::server::{Dialect, Finish, Say, Tokens};
use tacet_test_support::webdriver::{App, Key, testid};

/// A red sun over a white mountain, 360 by 240 pixels.
const RED: &str = include_str!("red_sun.base64");

/// A desk whose app asks the gated server by this API.
async fn desk_of(dialect: Dialect, more: Value) -> Desk {
    let desk = Desk::bare().await;
    let mut provider = json!({"id": "api", "name": "Provider", "api": dialect.api(),
        "base_url": desk.server.base_url_of(dialect), "models": ["gated-model"]});
    for (name, value) in more.as_object().unwrap() {
        provider[name] = value.clone();
    }
    desk.write_settings("api/gated-model", &[provider]);
    desk
}

fn data(event: &Value) -> String {
    format!("data: {event}\n\n")
}

/// Whether the page shows an image of that size, which it has decoded.
async fn shows(app: &App) {
    let script = "const image = document.querySelector('[data-testid=generated-image]');
        return image !== null && image.complete && image.naturalWidth === 360 || null";
    app.wait_until("the image", script, &[]).await;
}

#[tokio::test]
async fn an_image_of_an_answer_is_shown_kept_and_shown_again() {
    let desk = desk_of(Dialect::Gemini, json!({})).await;
    let app = desk.open().await;
    ask(&app, "Draw a red sun.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("Here it is: ")).await;
    let image = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": RED}}]}}]});
    exchange.send_chunk(data(&image)).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 1_300)).await;
    when(&app, "a.state === 'complete'").await;
    shows(&app).await;
    fits_everywhere(&app, "answer-with-image").await;
    app.close_window().await;
    app.wait_for_end().await;
    let answer = desk.answers().remove(0);
    let kept = answer.parts.iter().find_map(|part| match part {
        Part::Attachment(file) => Some((file.name.clone(), file.text.to_string())),
        _ => None,
    });
    assert_eq!(kept, Some(("image-1.png".to_owned(), RED.to_owned())));
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    shows(&app).await;
    // The next request has it.
    ask(&app, "And a blue one?").await;
    let exchange = desk.server.next_request().await;
    assert!(exchange.request.json().to_string().contains(RED));
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_image_of_an_answer_is_saved_by_keys_alone_where_the_person_says() {
    let desk = desk_of(Dialect::Gemini, json!({})).await;
    let home = tempfile::tempdir().unwrap();
    let app = desk.launch().env("HOME", home.path()).start().await;
    app.find(&testid("composer")).await;
    ask(&app, "Draw a red sun.").await;
    let mut exchange = desk.server.next_request().await;
    let image = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "text/html", "data": RED}}]}}]});
    exchange.send_chunk(data(&image)).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 1_300)).await;
    when(&app, "a.state === 'complete'").await;
    shows(&app).await;
    app.run(
        "document.querySelector('[data-testid=save-image]').focus()",
        &[],
    )
    .await;
    app.press(&[Key::Enter]).await;
    app.press_return_in("Save as").await;
    let saved = home.path().join("image-1.png");
    let said = saved.display().to_string();
    app.wait_for_text(&testid("notice"), &said).await;
    assert!(std::fs::read(saved).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn c04_an_image_whose_base64_breaks_off_is_marked_and_not_sent() {
    let desk = desk_of(Dialect::Gemini, json!({})).await;
    let app = desk.open().await;
    ask(&app, "Draw a red sun.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("Here it is: ")).await;
    let half = &RED[..RED.len() / 8 * 4];
    let image = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": half}}]}}]});
    exchange.send_chunk(data(&image)).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 1_300)).await;
    when(&app, "a.state === 'complete'").await;
    app.find(&testid("image-cut-off")).await;
    ask(&app, "And a blue one?").await;
    let exchange = desk.server.next_request().await;
    assert!(!exchange.request.json().to_string().contains(half));
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_image_of_megabytes_is_shown_while_the_answer_goes_on() {
    let desk = desk_of(Dialect::Gemini, json!({})).await;
    let app = desk.open().await;
    ask(&app, "Draw a red sun.").await;
    let mut exchange = desk.server.next_request().await;
    // What follows the end of a PNG is not looked at.
    let large = RED.replace("gg==", "ggAA") + &"BwcH".repeat(1_000_000);
    let image = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": large}}]}}]});
    exchange.open_answer(None).await;
    exchange.send_chunk(data(&image)).await;
    shows(&app).await;
    exchange.say(&Say::text("There.")).await;
    when(&app, "a.words.includes('There.')").await;
    Means::Esc.stop(&app).await;
    exchange.hung_up().await;
    stopped(&app).await;
    shows(&app).await;
}

#[tokio::test]
async fn c04_a_stop_while_an_image_is_made_keeps_its_sketch_and_says_so() {
    let desk = desk_of(Dialect::OpenaiResponses, json!({})).await;
    let app = desk.open().await;
    ask(&app, "Draw a red sun.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("Here it is: ")).await;
    let sketch = json!({"type": "response.image_generation_call.partial_image",
        "output_index": 1, "item_id": "ig_1", "partial_image_index": 0, "partial_image_b64": RED});
    exchange.send_chunk(data(&sketch)).await;
    shows(&app).await;
    Means::Button.stop(&app).await;
    exchange.hung_up().await;
    stopped(&app).await;
    app.wait_for_text(&testid("image-cut-off"), "Stopped before")
        .await;
    fits_everywhere(&app, "image-cut-off").await;
}

#[tokio::test]
async fn a_search_of_the_provider_is_shown_with_its_sources_as_links() {
    let more = json!({"hosted_tools": ["web-search"]});
    let desk = desk_of(Dialect::OpenaiResponses, more).await;
    let app = desk.open().await;
    ask(&app, "How high is Hekla?").await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json();
    assert_eq!(asked["tools"], json!([{"type": "web_search"}]));
    exchange.open_answer(None).await;
    let search = json!({"type": "response.output_item.done", "output_index": 7, "item": {
        "id": "ws_1", "type": "web_search_call", "status": "completed",
        "action": {"type": "search", "query": "height of Hekla"}}});
    exchange.send_chunk(data(&search)).await;
    exchange.say(&Say::text("Hekla is 1,491 m high.")).await;
    for (url, title) in [
        ("https://en.example.org/wiki/Hekla", "Hekla"),
        ("https://b.example/mountains", "Mountains of <b>Iceland</b>"),
    ] {
        let annotation = json!({"type": "response.output_text.annotation.added",
            "annotation": {"type": "url_citation", "url": url, "title": title}});
        exchange.send_chunk(data(&annotation)).await;
    }
    exchange.finish(Finish::Stop, Tokens::new(9, 12)).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Searched the web: height of Hekla')",
    )
    .await;
    app.wait_for_count(&testid("source"), 2).await;
    let words = "return [...document.querySelectorAll('[data-testid=source]')]
        .map((source) => [source.textContent, source.title])";
    let expected = json!([
        ["Hekla", "https://en.example.org/wiki/Hekla"],
        ["Mountains of <b>Iceland</b>", "https://b.example/mountains"],
    ]);
    assert_eq!(app.run(words, &[]).await, expected);
    fits_everywhere(&app, "answer-with-sources").await;
    app.close_window().await;
    app.wait_for_end().await;
    let id = desk.export()["conversations"][0]["id"].clone();
    let arguments = [
        "export",
        "--format",
        "markdown",
        "--conversation",
        id.as_str().unwrap(),
    ];
    let output = desk.tacet(&arguments);
    let markdown = String::from_utf8(output.stdout).unwrap();
    let link = "1. [Hekla](<https://en.example.org/wiki/Hekla>)";
    assert!(markdown.contains(link), "{markdown}");
}

#[tokio::test]
async fn c12_an_answer_in_the_background_is_picked_up_again_in_the_window() {
    let desk = desk_of(Dialect::OpenaiResponses, json!({"background": true})).await;
    let app = desk.open().await;
    ask(&app, "What moves?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("The ice ")).await;
    when(&app, "a.words.includes('The ice')").await;
    let broken = exchange.break_off();
    let mut again = desk.server.next_request().await;
    assert_eq!(
        again.request.parameter("starting_after").as_deref(),
        Some("4")
    );
    again.pick_up(broken);
    again.open_stream().await;
    again.say(&Say::text("moves.")).await;
    again.finish(Finish::Stop, Tokens::new(7, 3)).await;
    let answer = when(&app, "a.state === 'complete'").await;
    assert_eq!(answer.text().trim(), "The ice moves.");
    assert_eq!(desk.server.chat_requests(), 1);
    assert_eq!(desk.server.cancels(), []);
}

#[tokio::test]
async fn c02_a_stop_while_an_answer_is_picked_up_again_is_a_cancel_at_the_server() {
    let desk = desk_of(Dialect::OpenaiResponses, json!({"background": true})).await;
    let app = desk.open().await;
    ask(&app, "What moves?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("The ice ")).await;
    when(&app, "a.words.includes('The ice')").await;
    drop(exchange.break_off());
    let again = desk.server.next_request().await;
    Means::Esc.stop(&app).await;
    again.hung_up().await;
    stopped(&app).await;
    assert_eq!(desk.server.cancels().len(), 1);
    assert_eq!(desk.answers()[0].state, MessageState::Interrupted);
}

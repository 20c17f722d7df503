//! What is typed while nothing has the focus.

use crate::desk::Desk;
use tacet_test_support::webdriver::{Key, testid};

#[tokio::test]
async fn letters_typed_after_a_press_on_the_answer_are_in_the_composer() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.click(&testid("message")).await;
    let unfocused = "return document.activeElement === document.body";
    app.wait_until("a page without a focus", unfocused, &[])
        .await;
    for letter in ['h', 'i'] {
        app.press(&[Key::Char(letter)]).await;
    }
    let written = "return document.querySelector('[data-testid=\"composer\"]').value === 'hi'";
    app.wait_until("the letters in the composer", written, &[])
        .await;
}

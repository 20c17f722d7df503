use serde_json::json;
use tacet_test_support::webdriver::{Display, Key, Locator, chord, testid};

#[test]
fn a_locator_names_test_id_attributes_and_surroundings() {
    let stopped = testid("message").attr("data-state", "interrupted");
    let receipt = testid("receipt").inside(&stopped);
    assert_eq!(
        receipt.selector(),
        r#"[data-testid="message"][data-state="interrupted"] [data-testid="receipt"]"#
    );
    let quoted = Locator::css("p").attr("title", r#"a "b" \c"#);
    assert_eq!(quoted.selector(), r#"p[title="a \"b\" \\c"]"#);
}

#[test]
fn a_chord_lets_its_keys_go_in_reverse() {
    let actions = chord(&[Key::Control, Key::Escape])["actions"][0]["actions"].clone();
    assert_eq!(
        actions,
        json!([
            {"type": "keyDown", "value": "\u{E009}"},
            {"type": "keyDown", "value": "\u{E00C}"},
            {"type": "keyUp", "value": "\u{E00C}"},
            {"type": "keyUp", "value": "\u{E009}"},
        ])
    );
}

#[test]
fn two_displays_do_not_share_a_number() {
    let first = Display::start(640, 480);
    let second = Display::start(640, 480);
    assert_ne!(first.name(), second.name());
    assert!(first.name().starts_with(':'));
}

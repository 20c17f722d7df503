use serde_json::json;
use std::os::unix::fs::symlink;
use tacet_test_support::webdriver::{Display, Key, Launch, Locator, chord, testid};

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

#[tokio::test]
#[should_panic(expected = "the driver ended before it was ready")]
async fn a_driver_that_ends_is_told_at_once_with_what_it_said() {
    // The bus is found, and the driver is not.
    let found = tempfile::tempdir().unwrap();
    for program in ["dbus-run-session", "dbus-daemon"] {
        let path = std::env::var_os("PATH").unwrap();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
        let place = places.find(|place| place.is_file()).unwrap();
        symlink(place, found.path().join(program)).unwrap();
    }
    let launch = Launch::new("/bin/true").env("PATH", found.path());
    launch.start().await;
}

//! The values of providers beside their keys.

use super::Drawer;
use crate::secret::keychain::State;
use crate::secret::{SecretPlace, SecretStore};
use crate::{Api, DIRECT, IN_KEYCHAIN, ProviderSecretError, ProviderSettings, Settings};

fn provider() -> ProviderSettings {
    let headers = [
        ("X-Team", "hunter2"),
        ("X-From", "${env:OUTSIDE}"),
        ("X-Empty", ""),
    ];
    ProviderSettings {
        id: "lab".to_owned(),
        name: "Lab".to_owned(),
        api: Api::OpenaiChat,
        base_url: Some("https://lab.example/v1".to_owned()),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        proxy: Some("http://ann:hunter3@proxy.example:3128".to_owned()),
        ..Settings::default().providers.remove(0)
    }
}

fn environment(name: &str) -> Option<String> {
    (name == "OUTSIDE").then(|| "from outside".to_owned())
}

#[tokio::test]
async fn headers_and_a_proxy_go_to_the_keychain_leave_a_reference_and_come_back() {
    let drawer = Drawer::new(State::Unlocked);
    let store = SecretStore::with(drawer.clone());
    let (kept, place) = provider().keep_values(&store).await.unwrap();
    assert_eq!(place, SecretPlace::Keychain);
    let written = format!("{} {kept:?}", serde_json::to_string(&kept).unwrap());
    assert!(
        !written.contains("hunter") && written.contains("X-Team"),
        "{written}"
    );
    assert!(!format!("{:?}", provider()).contains("hunter"));
    assert_eq!(kept.headers["X-Team"], IN_KEYCHAIN);
    assert_eq!(kept.proxy.as_deref(), Some(IN_KEYCHAIN));

    let whole = kept.clone().with_values(&store, environment).await.unwrap();
    assert_eq!(whole.headers["X-Team"], "hunter2");
    assert_eq!(whole.headers["X-From"], "from outside");
    assert_eq!(whole.headers["X-Empty"], "");
    assert_eq!(whole.proxy, provider().proxy);

    let missing = kept
        .clone()
        .with_values(&store, |_| None)
        .await
        .unwrap_err();
    assert!(
        missing.to_string().contains("OUTSIDE, which is not set"),
        "{missing}"
    );
    let mut fewer = kept.clone();
    fewer.headers.remove("X-Team");
    kept.clone()
        .forget_values(&store, Some(&fewer))
        .await
        .unwrap();
    let gone = kept
        .clone()
        .with_values(&store, environment)
        .await
        .unwrap_err();
    let field = "X-Team".to_owned();
    let provider = "Lab".to_owned();
    assert_eq!(gone, ProviderSecretError::Missing { provider, field });
    kept.forget_values(&store, None).await.unwrap();
    assert!(drawer.is_empty());
}

#[tokio::test]
async fn a_value_is_for_the_address_that_it_was_saved_for_and_no_proxy_is_no_secret() {
    let store = SecretStore::with(Drawer::new(State::Unlocked));
    let (kept, _) = provider().keep_values(&store).await.unwrap();
    let moved = ProviderSettings {
        base_url: Some("https://evil.example/v1".to_owned()),
        ..kept
    };
    let error = moved.with_values(&store, environment).await.unwrap_err();
    assert!(error.to_string().contains("another address"), "{error}");
    let direct = ProviderSettings {
        proxy: Some(DIRECT.to_owned()),
        ..provider()
    };
    let (kept, _) = direct.keep_values(&store).await.unwrap();
    assert_eq!(kept.proxy.as_deref(), Some(DIRECT));
}

#[test]
fn what_is_newly_to_come_from_the_environment_is_told_apart_from_what_stands() {
    let standing = provider();
    assert_eq!(standing.new_reference(Some(&standing)), None);
    assert_eq!(standing.new_reference(None).as_deref(), Some("X-From"));
    let mut other = standing.clone();
    other
        .headers
        .insert("X-From".to_owned(), "${env:OTHER}".to_owned());
    assert_eq!(
        other.new_reference(Some(&standing)).as_deref(),
        Some("X-From")
    );
}

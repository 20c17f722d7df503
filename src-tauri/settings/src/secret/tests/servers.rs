//! The values of MCP servers.

use super::Drawer;
use crate::secret::keychain::State;
use crate::secret::{SecretPlace, SecretStore};
use crate::{ApiKey, IN_KEYCHAIN, McpServer, ServerSecretError, pasted_servers};

fn server() -> McpServer {
    let text = r#"{ "files": {
        "command": "npx",
        "env": { "TOKEN": "hunter2", "EMPTY": "", "FROM": "${env:OUTSIDE}" },
        "headers": { "X-Key": "hunter3" }
    } }"#;
    pasted_servers(text).unwrap().remove(0)
}

fn environment(name: &str) -> Option<String> {
    (name == "OUTSIDE").then(|| "from outside".to_owned())
}

#[tokio::test]
async fn values_go_to_the_keychain_leave_a_reference_and_come_back_at_a_start() {
    let drawer = Drawer::new(State::Unlocked);
    let store = SecretStore::with(drawer.clone());
    assert!(server().has_clear_values());
    let (kept, place) = server().keep_values(&store).await.unwrap();
    assert_eq!(place, SecretPlace::Keychain);
    assert!(!kept.has_clear_values());
    let written = serde_json::to_string(&kept).unwrap();
    assert!(!written.contains("hunter"), "{written}");
    assert_eq!(kept.env["TOKEN"], IN_KEYCHAIN);
    // A second time there is nothing to keep.
    let (again, _) = kept.clone().keep_values(&store).await.unwrap();
    assert_eq!(again, kept);

    let fresh = SecretStore::with(drawer.clone());
    let resolved = kept.clone().with_values(&fresh, environment).await.unwrap();
    assert_eq!(resolved.env["TOKEN"], "hunter2");
    assert_eq!(resolved.env["EMPTY"], "");
    assert_eq!(resolved.env["FROM"], "from outside");
    assert_eq!(resolved.headers["X-Key"], "hunter3");

    kept.forget_values(&store).await.unwrap();
    assert!(drawer.is_empty());
}

#[tokio::test]
async fn a_value_is_for_the_program_or_the_origin_that_it_was_saved_for() {
    let store = SecretStore::with(Drawer::new(State::Unlocked));
    let (kept, _) = server().keep_values(&store).await.unwrap();
    let mut other = kept.clone();
    other.command = Some("evil".to_owned());
    let error = other.with_values(&store, environment).await.unwrap_err();
    let missing = ServerSecretError::Missing {
        server: "files".to_owned(),
        field: "TOKEN".to_owned(),
    };
    assert_eq!(error, missing);
    let mut remote = kept;
    remote.command = None;
    remote.url = Some("https://evil.example/mcp".to_owned());
    assert_eq!(remote.with_values(&store, environment).await, Err(missing));
}

#[tokio::test]
async fn a_value_that_is_not_there_is_named_with_what_helps() {
    let drawer = Drawer::new(State::Unlocked);
    let store = SecretStore::with(drawer.clone());
    let (kept, _) = server().keep_values(&store).await.unwrap();
    let error = kept
        .clone()
        .with_values(&store, |_| None)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("OUTSIDE, which is not set"),
        "{error}"
    );
    drawer.turn(State::Locked);
    let error = kept.with_values(&store, environment).await.unwrap_err();
    assert!(
        error.to_string().contains("locked") && error.to_string().contains("TOKEN"),
        "{error}"
    );
}

#[tokio::test]
async fn without_a_keychain_values_last_until_the_end() {
    let store = SecretStore::with(Drawer::new(State::Absent));
    let (kept, place) = server().keep_values(&store).await.unwrap();
    assert_eq!(place, SecretPlace::Memory);
    let resolved = kept.clone().with_values(&store, environment).await.unwrap();
    assert_eq!(resolved.env["TOKEN"], "hunter2");
    let next = SecretStore::with(Drawer::new(State::Absent));
    let error = kept.with_values(&next, environment).await.unwrap_err();
    assert!(error.to_string().contains("Enter it again"), "{error}");
}

#[tokio::test]
async fn the_secret_of_a_client_is_kept_for_its_address_and_what_a_sign_in_gave_goes_with_the_server()
 {
    let drawer = Drawer::new(State::Unlocked);
    let store = SecretStore::with(drawer.clone());
    let text = r#"{ "far": { "url": "https://far.example/mcp",
        "oauth": { "clientId": "tacet", "clientSecret": "hunter2" } } }"#;
    let (kept, _) = pasted_servers(text)
        .unwrap()
        .remove(0)
        .keep_values(&store)
        .await
        .unwrap();
    let written = serde_json::to_string(&kept).unwrap();
    assert!(written.contains(r#""clientId":"tacet""#), "{written}");
    assert!(!written.contains("hunter2"), "{written}");
    let secret = |server: &McpServer| server.oauth.clone().unwrap().client_secret;
    assert_eq!(secret(&kept).as_deref(), Some(IN_KEYCHAIN));
    let whole = kept.clone().with_values(&store, environment).await.unwrap();
    assert_eq!(secret(&whole).as_deref(), Some("hunter2"));
    let mut moved = kept.clone();
    moved.url = Some("https://evil.example/mcp".to_owned());
    assert!(moved.with_values(&store, environment).await.is_err());

    let tokens = ApiKey::new("tokens").unwrap();
    let account = McpServer::sign_in_account("far");
    store
        .set(&account, "https://far.example", tokens)
        .await
        .unwrap();
    kept.forget_values(&store).await.unwrap();
    assert!(drawer.is_empty());
}

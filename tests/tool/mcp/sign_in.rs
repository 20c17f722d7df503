//! Signing in to servers: OAuth against a sign-in server of the tests' own.

use super::{failed, owner, run, succeeded};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tacet_settings::OAuthClient;
use tacet_test_support::patience::{until, within};
use tacet_test_support::protected::{Conduct, Protected};
use tacet_tool::mcp::{Owner, Reach, ServerConfig, ServerState, Servers};
use tacet_tool::tool::Tool;

/// Somebody with a browser, and a server that wants to know who they are.
struct Person {
    far: Protected,
    servers: Servers,
    owner: Owner,
    /// The pages that were to be opened.
    pages: Arc<Mutex<Vec<String>>>,
}

impl Person {
    async fn new(conduct: Conduct) -> Self {
        Self::with(conduct, |_| OAuthClient::default()).await
    }

    async fn with(conduct: Conduct, client: impl FnOnce(&Protected) -> OAuthClient) -> Self {
        let far = Protected::start(conduct).await;
        let owner = owner();
        let config = config(&far, client(&far));
        Self {
            servers: Servers::new(owner.clone(), vec![config]),
            far,
            owner,
            pages: Arc::default(),
        }
    }

    /// The same in another session of the app.
    fn again(&self, config: ServerConfig) -> Servers {
        Servers::new(self.owner.clone(), vec![config])
    }

    async fn sign_in(&self) -> Result<(), String> {
        let pages = Arc::clone(&self.pages);
        let browser = move |page: &str| {
            pages.lock().unwrap().push(page.to_owned());
            let page = page.to_owned();
            // It follows where it is led, as every browser does.
            tokio::spawn(async move { reqwest::get(page).await.unwrap().text().await.unwrap() });
            Ok(())
        };
        within("the sign-in", self.servers.sign_in("far", &browser)).await
    }

    async fn refused(&self) -> String {
        let tools = within("the refusal", self.servers.tools("far")).await;
        tools.err().unwrap()
    }

    async fn tool(&self, name: &str) -> Arc<dyn Tool> {
        tool_of(&self.servers, name).await
    }

    fn state(&self) -> ServerState {
        self.servers.watch().borrow()[0].state.clone()
    }

    fn count(&self, asked: &str) -> usize {
        let all = self.far.asked();
        all.iter().filter(|it| it.starts_with(asked)).count()
    }
}

async fn tool_of(servers: &Servers, name: &str) -> Arc<dyn Tool> {
    let tools = within("the tools", servers.tools("far")).await.unwrap();
    let mut tools = tools.into_iter();
    tools.find(|tool| tool.spec().name == name).unwrap()
}

fn config(far: &Protected, oauth: OAuthClient) -> ServerConfig {
    let reach = Reach::Http {
        url: far.url().parse().unwrap(),
        headers: BTreeMap::new(),
    };
    ServerConfig {
        oauth,
        ..ServerConfig::new("far", reach)
    }
}

fn signed_in(state: &ServerState) -> bool {
    matches!(
        state,
        ServerState::Ready {
            signed_in: true,
            ..
        }
    )
}

fn is_needed(state: &ServerState) -> bool {
    matches!(state, ServerState::SignInNeeded { .. })
}

#[tokio::test]
async fn a_server_of_either_era_is_signed_in_to_in_the_browser_and_called_then() {
    for (stateless, points) in [(true, true), (false, true), (true, false), (false, false)] {
        let person = Person::new(Conduct {
            stateless,
            points,
            ..Conduct::default()
        })
        .await;
        let words = person.refused().await;
        assert!(words.contains("“far” wants you to sign in"), "{words}");
        assert!(words.contains("in the settings"), "{words}");
        assert!(is_needed(&person.state()), "{:?}", person.state());
        // It is not asked again and again meanwhile.
        let asked = person.far.asked().len();
        person.refused().await;
        assert_eq!(person.far.asked().len(), asked);

        person.sign_in().await.unwrap();
        assert!(signed_in(&person.state()), "{:?}", person.state());
        let tool = person.tool("read").await;
        assert_eq!(succeeded(&*tool).await, "allowed: tools:read");
        assert_eq!(person.count("POST /register"), 1);
        assert_eq!(person.count("GET /authorize tools:read"), 1);
        assert_eq!(person.count("POST /token authorization_code"), 1);
        let page = person.pages.lock().unwrap()[0].clone();
        assert!(
            page.starts_with(&format!("{}/authorize?", person.far.issuer())),
            "{page}"
        );
        assert!(page.contains("code_challenge_method=S256"), "{page}");
        assert!(
            page.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn what_a_sign_in_gave_is_renewed_unasked_and_good_in_the_next_session() {
    let person = Person::new(Conduct::default()).await;
    person.sign_in().await.unwrap();
    let tool = person.tool("read").await;
    person.far.revoke_access();
    assert_eq!(succeeded(&*tool).await, "allowed: tools:read");
    assert_eq!(person.count("POST /token refresh_token"), 1);

    let next = person.again(config(&person.far, OAuthClient::default()));
    let tool = tool_of(&next, "read").await;
    person.far.revoke_access();
    assert_eq!(succeeded(&*tool).await, "allowed: tools:read");
    assert_eq!(person.count("GET /authorize"), 1);
    assert!(signed_in(&next.watch().borrow()[0].state));
}

#[tokio::test]
async fn a_call_that_nobody_is_signed_in_for_any_more_says_so_and_what_to_do() {
    for stateless in [true, false] {
        let person = Person::new(Conduct {
            stateless,
            ..Conduct::default()
        })
        .await;
        person.sign_in().await.unwrap();
        let tool = person.tool("read").await;
        person.far.revoke_all();
        let words = failed(run(&*tool, json!({})).await);
        assert!(words.starts_with("The tool was not run."), "{words}");
        assert!(
            words.contains("“far” wants you to sign in. Do that in the settings"),
            "{words}"
        );
        until("the state", || is_needed(&person.state()).then_some(())).await;
        // Listing the tools once more says nothing else.
        let _ = person.servers.tools("far").await;
        assert!(is_needed(&person.state()));
        person.sign_in().await.unwrap();
        assert_eq!(succeeded(&*tool).await, "allowed: tools:read");
    }
}

#[tokio::test]
async fn a_call_that_needs_more_than_was_allowed_says_what_and_the_next_sign_in_asks_for_it_too() {
    let person = Person::new(Conduct::default()).await;
    person.sign_in().await.unwrap();
    let (read, write) = (person.tool("read").await, person.tool("write").await);
    let words = failed(run(&*write, json!({})).await);
    assert!(words.contains("more permissions (tools:write)"), "{words}");
    until("the state", || is_needed(&person.state()).then_some(())).await;
    // What was allowed goes on.
    assert_eq!(succeeded(&*read).await, "allowed: tools:read");
    person.sign_in().await.unwrap();
    assert_eq!(succeeded(&*write).await, "allowed: tools:write tools:read");
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_trusted_or_is_not_allowed_comes_to_nothing_and_says_why() {
    let usual = Conduct::default;
    for (conduct, reason) in [
        (
            Conduct {
                pkce: false,
                ..usual()
            },
            "PKCE",
        ),
        (
            Conduct {
                registers: false,
                ..usual()
            },
            "enter the client ID",
        ),
        (
            Conduct {
                claims: Some("http://127.0.0.1:1".to_owned()),
                ..usual()
            },
            "calls itself http://127.0.0.1:1, and is not trusted",
        ),
        (
            Conduct {
                issuer: Some("http://127.0.0.1:1".to_owned()),
                ..usual()
            },
            "did not come from its sign-in server",
        ),
        (
            Conduct {
                allows: false,
                ..usual()
            },
            "not allowed in the browser",
        ),
    ] {
        let person = Person::new(conduct).await;
        let words = person.sign_in().await.unwrap_err();
        assert!(words.contains("“far”") && words.contains(reason), "{words}");
        assert!(words.contains("Nothing was changed"), "{words}");
        let state = ServerState::SignInNeeded { words };
        assert_eq!(person.state(), state);
        assert_eq!(person.count("POST /token"), 0, "{reason}");
        person.refused().await;
    }
}

#[tokio::test]
async fn a_browser_that_does_not_open_ends_the_sign_in() {
    let person = Person::new(Conduct::default()).await;
    let broken = |_: &str| Err("the browser could not be opened".to_owned());
    let words = within("the end", person.servers.sign_in("far", &broken)).await;
    assert!(words.unwrap_err().contains("could not be opened"));
    assert!(is_needed(&person.state()));
}

#[tokio::test]
async fn a_client_that_was_registered_by_hand_signs_in_with_its_secret_and_renews_with_it() {
    let typed = |far: &Protected| OAuthClient {
        client_id: Some(far.register("hunter2hunter2")),
        client_secret: Some("hunter2hunter2".to_owned()),
        callback_port: None,
    };
    let person = Person::with(
        Conduct {
            registers: false,
            ..Conduct::default()
        },
        typed,
    )
    .await;
    person.sign_in().await.unwrap();
    // In another session the secret is that of the sign-in.
    let next = person.again(config(&person.far, OAuthClient::default()));
    let tool = tool_of(&next, "read").await;
    person.far.revoke_access();
    assert_eq!(succeeded(&*tool).await, "allowed: tools:read");
    assert_eq!(person.count("POST /token refresh_token"), 1);
    assert_eq!(person.count("POST /register"), 0);
}

#[tokio::test]
async fn c02_a_sign_in_that_is_cancelled_or_shut_down_ends_at_once_and_listens_no_more() {
    for shuts_down in [false, true] {
        let person = Person::new(Conduct::default()).await;
        person.refused().await;
        let (pages, servers) = (Arc::clone(&person.pages), person.servers.clone());
        let signing = tokio::spawn(async move {
            let nobody = |page: &str| {
                pages.lock().unwrap().push(page.to_owned());
                Ok(())
            };
            servers.sign_in("far", &nobody).await
        });
        let page = until("the page", || person.pages.lock().unwrap().first().cloned()).await;
        assert_eq!(person.state(), ServerState::SigningIn);
        if shuts_down {
            within("the end", person.servers.shut_down()).await;
        } else {
            person.servers.cancel_sign_in("far").unwrap();
            assert!(is_needed(&person.state()));
        }
        assert_eq!(within("the end", signing).await.unwrap(), Ok(()));
        // Whoever comes back from the browser now is not let in.
        let back = reqwest::get(page).await;
        assert!(back.is_err(), "{back:?}");
        assert_eq!(person.count("POST /token"), 0);
    }
}

#[tokio::test]
async fn whoever_signs_out_is_asked_again() {
    let person = Person::new(Conduct::default()).await;
    person.sign_in().await.unwrap();
    within("the end", person.servers.sign_out("far"))
        .await
        .unwrap();
    assert_eq!(person.state(), ServerState::Off);
    assert!(person.refused().await.contains("sign in"));
    assert_eq!(
        person
            .far
            .asked()
            .iter()
            .filter(|it| it.contains("/authorize"))
            .count(),
        1
    );
}

#[tokio::test]
async fn what_a_sign_in_gave_is_taken_back_when_the_person_signs_out() {
    for secret in [None, Some("hush")] {
        let conduct = Conduct {
            revokes: Some(true),
            ..Conduct::default()
        };
        let client = |far: &Protected| OAuthClient {
            client_id: secret.map(|secret| far.register(secret)),
            client_secret: secret.map(str::to_owned),
            ..OAuthClient::default()
        };
        let person = Person::with(conduct, client).await;
        person.sign_in().await.unwrap();
        assert!(person.far.has_tokens());
        let signed_out = within("the end", person.servers.sign_out("far")).await;
        assert_eq!(signed_out, Ok(()), "{secret:?}");
        assert!(!person.far.has_tokens(), "{secret:?}");
        assert_taken_back(&person);
    }
}

/// Each token was to be taken back, once, by the app under its own name.
fn assert_taken_back(person: &Person) {
    let agent = &person.owner.agent;
    for kind in ["refresh_token", "access_token"] {
        let asked = format!("POST /revoke {kind} {agent}");
        assert_eq!(person.count(&asked), 1, "{:?}", person.far.asked());
    }
}

#[tokio::test]
async fn whoever_signs_out_is_signed_out_although_nothing_is_taken_back_and_hears_of_it() {
    let conduct = Conduct {
        revokes: Some(false),
        ..Conduct::default()
    };
    let person = Person::new(conduct).await;
    person.sign_in().await.unwrap();
    let words = within("the end", person.servers.sign_out("far")).await;
    let words = words.unwrap_err();
    assert_taken_back(&person);
    assert!(words.starts_with("You are signed out"), "{words}");
    assert!(words.contains("HTTP 503"), "{words}");
    let secrets = person.far.secrets();
    assert!(secrets.iter().all(|it| !words.contains(it)), "{words}");
    assert_eq!(person.state(), ServerState::Off);
    assert!(person.refused().await.contains("sign in"));
    assert_eq!(person.count("GET /authorize"), 1);
}

#[tokio::test]
async fn what_a_sign_in_gave_goes_to_its_server_alone_and_is_shown_nowhere() {
    let person = Person::new(Conduct::default()).await;
    person.sign_in().await.unwrap();
    let secrets = person.far.secrets();
    assert!(secrets.len() >= 3, "{secrets:?}");
    let mut shown = format!("{:?} {:?}", person.owner, person.state());
    shown += &person.servers.log("far").unwrap();
    // A server of the same name at another origin is another server.
    let other = Protected::start(Conduct::default()).await;
    let moved = person.again(config(&other, OAuthClient::default()));
    let words = within("the refusal", moved.tools("far"))
        .await
        .err()
        .unwrap();
    assert!(words.contains("wants you to sign in"), "{words}");
    shown += &words;
    for secret in secrets {
        assert!(!shown.contains(&secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn a_server_whose_header_says_who_asks_is_not_signed_in_to() {
    let far = Protected::start(Conduct::default()).await;
    let headers = [(
        "authorization".to_owned(),
        "Bearer hunter2hunter2".to_owned(),
    )];
    let reach = Reach::Http {
        url: far.url().parse().unwrap(),
        headers: headers.into(),
    };
    let servers = Servers::new(owner(), vec![ServerConfig::new("far", reach)]);
    let words = within("the refusal", servers.tools("far"))
        .await
        .err()
        .unwrap();
    assert!(words.contains("does not accept the header"), "{words}");
    assert!(!words.contains("hunter2"), "{words}");
    let state = servers.watch().borrow()[0].state.clone();
    assert!(matches!(state, ServerState::Failed { .. }), "{state:?}");
}

//! Servers that break in the middle of something: nothing hangs, and the words name the server and
//! what helps.

use super::script::{ERAS, server};
use super::{Crooked, failed, run, succeeded};
use crate::zoo::{gone, marked};
use serde_json::json;
use std::time::{Duration, Instant};
use tacet_test_support::patience::{within, within_limit};
use tacet_tool::mcp::{Reach, ServerState};

/// What every failure has to say.
fn helps(words: &str) {
    assert!(words.contains("crooked"), "{words}");
    assert!(words.contains("settings"), "{words}");
}

#[tokio::test]
async fn a_server_that_dies_in_mid_call_is_named_with_its_last_words_and_starts_again() {
    for era in ERAS {
        let crooked = Crooked::new(&server(
            era,
            "call() { if [ -e died ]; then text again; else touch died; echo 'out of cheese' >&2; exit 3; fi; }",
        ));
        let tool = crooked.tool().await;
        let words = failed(run(&*tool, json!({})).await);
        helps(&words);
        assert!(words.contains("exit code 3"), "{words}");
        assert!(words.contains("out of cheese"), "{words}");
        assert_eq!(succeeded(&*tool).await, "again");
        assert_eq!(marked(&crooked.mark).len(), 1);
    }
}

#[tokio::test]
async fn a_result_that_is_no_json_fails_the_call() {
    for broken in [
        r#"{"jsonrpc":"2.0","id":'$id',"result":{"content":[{"type":"te"#,
        "{",
    ] {
        let own = format!("call() {{ say '{broken}'; }}");
        let crooked = Crooked::new(&server(ERAS[0], &own));
        let tool = crooked.tool().await;
        let words = failed(run(&*tool, json!({})).await);
        helps(&words);
        let log = crooked.servers.log("crooked").unwrap();
        assert!(log.contains("[no message: {"), "{log}");
    }
}

#[tokio::test]
async fn text_between_the_messages_is_logged_and_disturbs_nothing() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        "call() { say 'debug: called'; say ''; text fine; }",
    ));
    let tool = crooked.tool().await;
    assert_eq!(succeeded(&*tool).await, "fine");
    assert!(
        crooked
            .servers
            .log("crooked")
            .unwrap()
            .contains("debug: called")
    );
}

#[tokio::test]
async fn a_call_without_any_sign_of_life_ends_and_one_with_progress_goes_on() {
    let change = |config: &mut tacet_tool::mcp::ServerConfig| {
        config.idle_limit = Duration::from_millis(400);
    };
    let crooked = Crooked::with(&server(ERAS[0], "call() { :; }"), change);
    let words = failed(run(&*crooked.tool().await, json!({})).await);
    helps(&words);
    assert!(crooked.wire().contains("notifications/cancelled"));
    let crooked = Crooked::with(
        &server(
            ERAS[0],
            "call() { for step in 1 2 3 4; do progress $step; sleep 0.2; done; text done; }",
        ),
        change,
    );
    assert_eq!(succeeded(&*crooked.tool().await).await, "done");
}

#[tokio::test]
async fn a_server_that_does_not_start_is_named_and_leaves_nothing() {
    let dies = "sleep 300 & echo 'no token' >&2; exit 2";
    let refuses = server(ERAS[0], "initialize() { error -32000 'no seat'; }");
    let nonsense = server(ERAS[0], "initialize() { say '{'; exit 1; }");
    for (script, reason) in [
        (dies, "no token"),
        (&refuses, "no seat"),
        (&nonsense, "code 1"),
    ] {
        let crooked = Crooked::new(script);
        let tools = within("the answer", crooked.servers.tools("crooked")).await;
        let words = tools.err().unwrap();
        helps(&words);
        assert!(words.contains(reason), "{words}");
        assert_eq!(crooked.state(), ServerState::Failed { words });
        gone("a server that failed", &crooked.mark).await;
    }
    let crooked = Crooked::with("", |config| {
        let Reach::Process { command, .. } = &mut config.reach else {
            panic!("no process");
        };
        *command = "no-such-program".to_owned();
    });
    let words = crooked.servers.tools("crooked").await.err().unwrap();
    helps(&words);
    assert!(words.contains("no-such-program"), "{words}");
}

#[tokio::test]
async fn a_server_that_always_dies_is_not_started_for_ever() {
    let crooked = Crooked::new(&server(ERAS[0], "tools() { exit 1; }"));
    let failure = async {
        loop {
            let words = crooked.servers.tools("crooked").await.err().unwrap();
            helps(&words);
            if let ServerState::Failed { words } = crooked.state() {
                return words;
            }
        }
    };
    // It is started again three times, after half a second, one and two.
    let words = within_limit(Duration::from_secs(30), "the failure", failure).await;
    helps(&words);
}

#[tokio::test]
async fn what_is_secret_is_in_no_log_and_in_no_words() {
    let crooked = Crooked::with(
        &server(
            ERAS[0],
            r#"call() { echo "using $TOKEN" >&2; error -32000 "bad token $TOKEN"; }"#,
        ),
        |config| {
            let Reach::Process { env, .. } = &mut config.reach else {
                panic!("no process");
            };
            env.insert("TOKEN".to_owned(), "hunter2hunter2".to_owned());
        },
    );
    let words = failed(run(&*crooked.tool().await, json!({})).await);
    assert!(words.contains("bad token •••"), "{words}");
    let mut log = String::new();
    within("the log", async {
        while !log.contains("using") {
            log = crooked.servers.log("crooked").unwrap();
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn a_server_that_hangs_at_its_start_holds_up_one_turn_and_not_each() {
    let crooked = Crooked::with("exec sleep 300", |config| {
        config.start_wait = Duration::from_millis(300);
    });
    let begun = Instant::now();
    let words = crooked.servers.tools("crooked").await.err().unwrap();
    helps(&words);
    assert!(words.contains("still starting"), "{words}");
    assert!(begun.elapsed() >= Duration::from_millis(250));
    assert_eq!(crooked.state(), ServerState::Starting);
    let again = Instant::now();
    assert_eq!(crooked.servers.tools("crooked").await.err(), Some(words));
    assert!(again.elapsed() < Duration::from_millis(250));
}

#[tokio::test]
async fn a_server_that_cannot_list_its_tools_says_so_in_its_state_and_is_not_asked_each_time() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        "tools() { error -32603 'no index'; }\ncall() { text fine; }",
    ));
    for _ in 0..2 {
        let words = crooked.servers.tools("crooked").await.err().unwrap();
        helps(&words);
        assert!(words.contains("no index"), "{words}");
        assert_eq!(crooked.state(), ServerState::Failed { words });
    }
    assert_eq!(crooked.wire().matches("tools/list").count(), 1);
}

#[tokio::test]
async fn a_server_without_tools_has_none() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        r#"initialize() { result '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}'; }"#,
    ));
    assert!(crooked.tools().await.is_empty());
    assert!(!crooked.wire().contains("tools/list"));
}

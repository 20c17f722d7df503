//! The servers of the settings: when they start, how often, and what is known of them.

use super::script::{ERAS, server};
use super::{Crooked, config, owner, run, succeeded};
use crate::zoo::{gone, marked};
use serde_json::json;
use std::sync::Mutex;
use tacet_test_support::patience::{until, within};
use tacet_tool::mcp::{ServerState, Servers};
use tacet_tool::tool::{Annotations, Progress, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_server_of_either_era_starts_when_it_is_needed_lists_its_tools_and_is_called() {
    for era in ERAS {
        let crooked = Crooked::new(&server(
            era,
            "call() { progress 1; sleep 0.1; progress 2; text done; }",
        ));
        assert_eq!(crooked.state(), ServerState::Off);
        assert!(marked(&crooked.mark).is_empty());
        let tools = crooked.tools().await;
        let names: Vec<_> = tools.iter().map(|tool| tool.spec().name.clone()).collect();
        assert_eq!(names, ["first", "second"]);
        let annotations = Annotations {
            read_only: true,
            destructive: true,
            idempotent: false,
            open_world: false,
        };
        assert_eq!(tools[0].spec().annotations, annotations);
        let ready = ServerState::Ready {
            era,
            title: Some("crooked-sh".to_owned()),
            version: Some("1.2".to_owned()),
            signed_in: false,
        };
        assert_eq!(crooked.state(), ready);
        let seen = Mutex::new(Vec::new());
        let progress = |progress| seen.lock().unwrap().push(progress);
        let calling = call(
            &*tools[1],
            json!({ "a": 1 }),
            CancellationToken::new(),
            &progress,
        );
        let outcome = within("the result", calling).await;
        assert_eq!(outcome, ToolOutcome::text("done"));
        let step = Progress::Step {
            done: 1.0,
            total: Some(4.0),
            message: Some("step 1".to_owned()),
        };
        let first = seen.lock().unwrap().remove(0);
        assert_eq!(format!("{first:?}"), format!("{step:?}"), "{era:?}");
        let wire = crooked.wire();
        let called = wire
            .lines()
            .find(|line| line.contains("tools/call"))
            .unwrap();
        assert!(called.contains(r#""name":"second""#) && called.contains(r#""arguments":{"a":1}"#));
        assert_eq!(crooked.servers.eras().get("crooked"), Some(&era));
    }
}

#[tokio::test]
async fn the_era_is_asked_for_once() {
    for era in ERAS {
        let crooked = Crooked::new(&server(era, "call() { exit 0; }"));
        let probes = || crooked.wire().matches("tacet-discover").count();
        let tool = crooked.tool().await;
        assert_eq!(probes(), 1);
        run(&*tool, json!({})).await;
        crooked.tool().await;
        assert_eq!(probes(), 1);
        // It became a server of the other one: then it is asked again.
        let other = if era == ERAS[0] { ERAS[1] } else { ERAS[0] };
        let again = Crooked::new(&server(era, "call() { text fine; }"));
        again
            .servers
            .remember(&[("crooked".to_owned(), other)].into());
        again.tool().await;
        assert_eq!(again.servers.eras().get("crooked"), Some(&era));
    }
}

#[tokio::test]
async fn a_server_that_waits_for_its_greeting_is_greeted() {
    let crooked = Crooked::new(&server(ERAS[0], "discover() { :; }\ncall() { text fine; }"));
    assert_eq!(succeeded(&*crooked.tool().await).await, "fine");
}

#[tokio::test]
async fn a_server_that_answers_everything_with_something_is_greeted() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        "discover() { result '{}'; }\ncall() { text fine; }",
    ));
    assert_eq!(succeeded(&*crooked.tool().await).await, "fine");
}

#[tokio::test]
async fn two_conversations_share_a_server_and_their_calls_run_at_once() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        // Answers both once both are there.
        "call() { case $one in '') one=$id ;; *) text second; id=$one; text first ;; esac; }",
    ));
    let other = crooked.servers.clone();
    let (one, two) = tokio::join!(crooked.tool(), async {
        within("the tools", other.tools("crooked"))
            .await
            .unwrap()
            .remove(0)
    });
    let (one, two) = tokio::join!(succeeded(&*one), succeeded(&*two));
    let mut both = [one, two];
    both.sort();
    assert_eq!(both, ["first", "second"]);
    assert_eq!(marked(&crooked.mark).len(), 1);
}

#[tokio::test]
async fn a_list_of_200_tools_keeps_its_order_and_a_change_in_the_middle_is_for_the_next_turn() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        r#"
        tools() {
          if [ -e changed ]; then result "{\"tools\":[$(tool other)]}"; return; fi
          list=$(tool t0); number=1
          while [ $number -lt 200 ]; do list="$list,$(tool t$number)"; number=$((number + 1)); done
          result "{\"tools\":[$list]}"
        }
        call() { touch changed; say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'; text called; }
        "#,
    ));
    let tools = crooked.tools().await;
    let names: Vec<_> = tools.iter().map(|tool| tool.spec().name.clone()).collect();
    let expected: Vec<_> = (0..200).map(|number| format!("t{number}")).collect();
    assert_eq!(names, expected);
    assert_eq!(succeeded(&*tools[0]).await, "called");
    within("the other list", async {
        while crooked.tools().await[0].spec().name != "other" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(succeeded(&*tools[199]).await, "called");
}

#[tokio::test]
async fn a_list_without_an_end_is_cut() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        r#"tools() { number=$((number + 1)); result "{\"tools\":[$(tool t$number)],\"nextCursor\":\"more\"}"; }"#,
    ));
    assert_eq!(crooked.tools().await.len(), 100);
}

#[tokio::test]
async fn c16_a_server_that_is_taken_out_of_the_settings_or_turned_off_ends() {
    let crooked = Crooked::new(&server(ERAS[0], "call() { :; }"));
    let tool = crooked.tool().await;
    crooked.servers.configure(Vec::new());
    gone("a server that was taken out", &crooked.mark).await;
    assert!(crooked.servers.watch().borrow().is_empty());
    // Its tools are in some turn still.
    let outcome = run(&*tool, json!({})).await;
    assert!(matches!(outcome, ToolOutcome::Failed(_)), "{outcome:?}");
    assert!(marked(&crooked.mark).is_empty());

    let mut off = config("exit 1", crooked.folder.path().into(), &crooked.mark);
    off.disabled = true;
    crooked.servers.configure(vec![off]);
    let words = crooked.servers.tools("crooked").await.err().unwrap();
    assert!(words.contains("turned off"), "{words}");
    assert_eq!(crooked.state(), ServerState::Off);
}

#[tokio::test]
async fn settings_that_change_something_else_leave_a_server_alone() {
    let script = server(ERAS[0], "call() { text fine; }");
    let crooked = Crooked::new(&script);
    let tool = crooked.tool().await;
    let processes = marked(&crooked.mark);
    let same = config(&script, crooked.folder.path().into(), &crooked.mark);
    let mut other = config("exit 1", crooked.folder.path().into(), "other");
    other.name = "other".to_owned();
    crooked.servers.configure(vec![other, same]);
    assert_eq!(succeeded(&*tool).await, "fine");
    assert_eq!(marked(&crooked.mark), processes);
    let names: Vec<_> = crooked
        .servers
        .watch()
        .borrow()
        .iter()
        .map(|view| view.name.clone())
        .collect();
    assert_eq!(names, ["other", "crooked"]);
}

#[tokio::test]
async fn c16_with_the_last_holder_all_servers_end() {
    let crooked = Crooked::new(&server(ERAS[0], "setsid sleep 300 &\ncall() { :; }"));
    crooked.tool().await;
    until("both processes", || {
        (marked(&crooked.mark).len() == 2).then_some(())
    })
    .await;
    let Crooked { servers, mark, .. } = crooked;
    drop(servers);
    gone("the servers", &mark).await;
}

#[tokio::test]
async fn a_server_that_is_not_in_the_settings_is_said_to_be_missing() {
    let servers = Servers::new(owner(), Vec::new());
    assert!(servers.tools("x").await.err().unwrap().contains("“x”"));
    assert!(servers.restart("x").await.is_err() && servers.log("x").is_err());
}

#[tokio::test]
async fn resources_and_prompts_are_listed_read_and_filled_in() {
    let own = r#"
        call() { text done; }
    "#;
    for era in ERAS {
        let script = server(era, own)
            .replace(r#"{"tools":{"listChanged":true}}"#, r#"{"tools":{},"resources":{},"prompts":{}}"#)
            .replace(r#""capabilities":{"tools":{}}"#, r#""capabilities":{"tools":{},"resources":{},"prompts":{}}"#)
            .replace(
                "*'\"ping\"'*)",
                r#"*'"resources/list"'*) result '{"ttlMs":0,"cacheScope":"private","resources":[{"uri":"notes://a/ice.md","name":"ice","title":"Ice"},{"uri":"notes://b","name":"b"}]}' ;;
    *'"resources/read"'*'notes://b"'*) error -32002 'no such resource' ;;
    *'"resources/read"'*) result '{"ttlMs":0,"cacheScope":"private","contents":[{"uri":"notes://a/ice.md","mimeType":"text/markdown","text":"Cold."}]}' ;;
    *'"prompts/list"'*) result '{"ttlMs":0,"cacheScope":"private","prompts":[{"name":"sum","arguments":[{"name":"topic","required":true}]}]}' ;;
    *'"prompts/get"'*'"topic":"ice"'*) result '{"messages":[{"role":"user","content":{"type":"text","text":"Sum up ice."}}]}' ;;
    *'"ping"'*)"#,
            );
        let crooked = Crooked::new(&script);
        let offers = within("the offers", crooked.servers.offers("crooked"))
            .await
            .unwrap();
        assert_eq!(offers.problem, None, "{era:?}");
        let titles: Vec<_> = offers
            .resources
            .iter()
            .map(|it| it.title.as_str())
            .collect();
        assert_eq!(titles, ["Ice", "b"]);
        assert!(offers.prompts[0].arguments[0].required);
        let read = crooked.servers.read_resource("crooked", "notes://a/ice.md");
        let files = within("the resource", read).await.unwrap();
        assert_eq!(
            (files[0].name.as_str(), &*files[0].text),
            ("ice.md", "Cold.")
        );
        let absent = crooked.servers.read_resource("crooked", "notes://b");
        let words = within("the refusal", absent).await.unwrap_err();
        assert!(
            words.contains("crooked") && words.contains("no such resource"),
            "{words}"
        );
        let filled = [("topic".to_owned(), "ice".to_owned())].into();
        let prompt = crooked.servers.prompt("crooked", "sum", filled);
        assert_eq!(
            within("the prompt", prompt).await.unwrap().text,
            "Sum up ice."
        );
    }
}

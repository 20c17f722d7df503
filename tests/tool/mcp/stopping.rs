//! Stop, and what servers make of it.

use super::script::{ERAS, server};
use super::{Crooked, succeeded};
use crate::zoo::{gone, marked};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_test_support::patience::{until, within};
use tacet_tool::tool::{Tool, ToolConfirmation, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

/// How long a stopped call may take.
const LIMIT: Duration = Duration::from_millis(700);

/// Calls until the server has the call, and stops it then.
async fn stopped(crooked: &Crooked, tool: Arc<dyn Tool>) -> ToolConfirmation {
    let calls = || crooked.wire().matches("tools/call").count();
    let before = calls();
    stopped_once(tool, async {
        until("the call at the server", || {
            (calls() > before).then_some(())
        })
        .await;
    })
    .await
}

/// Calls, stops the call once it was `sent`, and says what the server did within the limit.
pub async fn stopped_once(tool: Arc<dyn Tool>, sent: impl Future<Output = ()>) -> ToolConfirmation {
    let stop = CancellationToken::new();
    let calling = tokio::spawn({
        let stop = stop.clone();
        async move { call(&*tool, json!({}), stop, &|_| {}).await }
    });
    sent.await;
    let asked = Instant::now();
    stop.cancel();
    let outcome = within("the call's end", calling).await.unwrap();
    assert!(asked.elapsed() < LIMIT, "{:?}", asked.elapsed());
    match outcome {
        ToolOutcome::Interrupted {
            partial,
            confirmation,
        } => {
            assert!(partial.is_empty());
            confirmation
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c16_a_stop_is_told_and_a_late_answer_is_dropped_and_the_server_goes_on() {
    for era in ERAS {
        // It answers the stopped call only when the next one comes.
        let crooked = Crooked::new(&server(
            era,
            r#"
            call() { case $first in '') first=$id ;; *) next=$id; id=$first; text late; id=$next; text next ;; esac; }
            "#,
        ));
        let tool = crooked.tool().await;
        let confirmation = stopped(&crooked, Arc::clone(&tool)).await;
        let silent = matches!(confirmation, ToolConfirmation::ToldAndSilent { .. });
        assert!(silent, "{era:?}: {confirmation:?}");
        let told = || {
            let wire = crooked.wire();
            let call = wire.lines().find(|line| line.contains("tools/call"))?;
            let call: serde_json::Value = serde_json::from_str(call).unwrap();
            let cancel = wire
                .lines()
                .find(|line| line.contains("notifications/cancelled"))?;
            let cancel: serde_json::Value = serde_json::from_str(cancel).unwrap();
            assert_eq!(cancel["params"]["requestId"], call["id"]);
            Some(())
        };
        until("the cancel on the wire", told).await;
        let processes = marked(&crooked.mark);
        assert_eq!(succeeded(&*tool).await, "next", "{era:?}");
        assert_eq!(marked(&crooked.mark), processes, "it was not killed");
    }
}

#[tokio::test]
async fn c16_a_server_that_says_that_it_stopped_is_confirmed() {
    let crooked = Crooked::new(&server(
        ERAS[0],
        r#"
        call() { called=$id; }
        cancelled() { id=$called; error -32800 'cancelled'; }
        "#,
    ));
    let confirmation = stopped(&crooked, crooked.tool().await).await;
    let confirmed = matches!(confirmation, ToolConfirmation::Confirmed { .. });
    assert!(confirmed, "{confirmation:?}");
}

#[tokio::test]
async fn c16_a_server_that_reads_nothing_any_more_holds_up_no_stop() {
    let crooked = Crooked::new(&server(ERAS[0], "call() { exec sleep 300; }"));
    let tool = crooked.tool().await;
    let first = stopped(&crooked, Arc::clone(&tool)).await;
    // The next is in a pipe that nobody reads: all that can be done for it here has been.
    let next = stopped_once(tool, async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    });
    for confirmation in [first, next.await] {
        let silent = matches!(confirmation, ToolConfirmation::ToldAndSilent { .. });
        assert!(silent, "{confirmation:?}");
    }
    // Others may use it, so that a stop does not end it; a person may.
    assert!(!marked(&crooked.mark).is_empty());
    within("the restart", crooked.servers.restart("crooked"))
        .await
        .unwrap();
    assert_eq!(marked(&crooked.mark).len(), 1);
}

#[tokio::test]
async fn c16_a_call_that_is_dropped_is_told_too() {
    let crooked = Crooked::new(&server(ERAS[0], "call() { :; }"));
    let tool = crooked.tool().await;
    {
        let calling = call(&*tool, json!({}), CancellationToken::new(), &|_| {});
        let at_the_server = until("the call at the server", || {
            crooked.wire().contains("tools/call").then_some(())
        });
        tokio::select! {
            outcome = calling => panic!("{outcome:?}"),
            () = at_the_server => {}
        }
    }
    until("the cancel on the wire", || {
        crooked
            .wire()
            .contains("notifications/cancelled")
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn c16_a_stop_while_a_server_starts_waits_for_nobody_and_its_end_leaves_nothing() {
    let crooked = Crooked::new("sleep 300 & exec sleep 300");
    let stop = CancellationToken::new();
    let tools = crooked.servers.tools("crooked");
    tokio::select! {
        tools = tools => panic!("{:?}", tools.map(|tools| tools.len())),
        () = until("its processes", || (marked(&crooked.mark).len() == 2).then_some(())) => {}
    }
    stop.cancel();
    let Crooked { servers, mark, .. } = crooked;
    drop(servers);
    gone("a server that is still connecting", &mark).await;
}

#[tokio::test]
async fn c16_floods_hold_up_neither_a_stop_nor_the_end() {
    let garbage = "call() { yes 'no message at all'; }";
    let progress = r#"call() { line=$(progress 1); yes "$line"; }"#;
    let messages = r#"call() { yes '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"flood"}}'; }"#;
    let errors = "call() { yes 'flood' >&2; }";
    for flood in [garbage, progress, messages, errors] {
        let crooked = Crooked::new(&server(ERAS[0], flood));
        let tool = crooked.tool().await;
        let confirmation = stopped(&crooked, tool).await;
        let silent = matches!(confirmation, ToolConfirmation::ToldAndSilent { .. });
        assert!(silent, "{flood}: {confirmation:?}");
        assert!(crooked.servers.log("crooked").unwrap().len() <= 64 * 1024);
        within("the end", crooked.servers.shut_down()).await;
        assert_eq!(marked(&crooked.mark), Vec::<String>::new(), "{flood}");
    }
}

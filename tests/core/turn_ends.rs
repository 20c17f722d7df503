//! The app's end in mid-stream: stop everything, quit, and being killed.

use crate::turn_desk::{Desk, answer_on_disk, question};
use crate::turn_watch::Watch;
use futures::future::join_all;
use std::time::{Duration, Instant};
use tacet_core::store::Store;
use tacet_core::{
    Cause, MessageState, Parameters, StartError, TurnOptions, Turns, UsageSource, now,
};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::{Frame, GatedServer, Script};
use tokio::runtime::{Builder, Runtime};

async fn twenty_streams(desk: &Desk) -> Vec<Watch> {
    desk.server
        .script(Script::frames([Frame::text("A heap")]).then_silence());
    let watches = join_all((0..20).map(|_| desk.ask("What is a moraine?"))).await;
    for watch in &watches {
        watch.receive(1).await;
    }
    assert_eq!(desk.server.open_connections(), 20);
    watches
}

#[tokio::test]
async fn c25_stop_everything_hangs_up_twenty_streams() {
    let desk = Desk::open().await;
    let watches = twenty_streams(&desk).await;
    let began = Instant::now();
    let stopped = desk.turns.stop_all(Cause::User, Some(now()));
    assert_eq!(within("all to stop", stopped).await, 20);
    until("all connections to be closed", || {
        (desk.server.open_connections() == 0).then_some(())
    })
    .await;
    for record in desk.server.records() {
        let hang_up = record.hang_up.expect("a hang-up in each exchange");
        let took = hang_up.at.duration_since(began);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    for watch in &watches {
        let end = watch.end().await;
        assert_eq!(end.cause, Some(Cause::User));
        assert!(end.receipt.is_some());
        assert_eq!(desk.answer(watch.turn).await.text(), "A heap");
    }
    assert_eq!(desk.turns.stop_all(Cause::User, None).await, 0);
}

async fn quit_with(cause: Cause) {
    let desk = Desk::open().await;
    let watches = twenty_streams(&desk).await;
    within("the turns to end", desk.turns.shut_down(cause)).await;
    // All is on disk when it returns: the process may end now.
    for watch in &watches {
        let row = answer_on_disk(desk.folder.path(), watch.turn).expect("a row");
        assert_eq!(row.state, MessageState::Interrupted);
        assert_eq!(row.cause, Some(cause));
        assert_eq!(row.text(), "A heap");
        assert_eq!(row.receipt.expect("a receipt").cause, cause);
        watch.end().await;
    }
    until("all connections to be closed", || {
        (desk.server.open_connections() == 0).then_some(())
    })
    .await;
    let late = desk.try_start(question("One more?")).await;
    assert!(matches!(late, Err(StartError::Quitting)), "{late:?}");
    assert_eq!(desk.server.chat_requests(), 20);
}

#[tokio::test]
async fn c06_quitting_in_mid_stream_leaves_the_text_on_disk() {
    quit_with(Cause::AppQuit).await;
}

#[tokio::test]
async fn c06_closing_the_window_in_mid_stream_leaves_the_text_on_disk() {
    quit_with(Cause::WindowClosed).await;
}

/// A runtime whose end is the end of the process: its tasks finish nothing.
fn process() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

#[tokio::test]
async fn c11_what_a_killed_process_had_received_is_there_at_the_next_launch() {
    let server = GatedServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let request = question("What is a moraine?");
    let killed = process();
    let store = Store::open(folder.path()).unwrap();
    let turns = Turns::new(store.clone(), TurnOptions::default());
    let provider = crate::turn_desk::chat_at(&server.base_url());
    let starting = {
        let (turns, request) = (turns.clone(), request.clone());
        let provider = std::future::ready(Ok(provider));
        killed.spawn(async move { turns.start(request, provider, Parameters::default()).await })
    };
    starting.await.unwrap().unwrap();
    let mut exchange = server.next_request().await;
    let mut received = String::new();
    // Twice, so that the second checkpoint adds to the first.
    for words in ["Ein Gletscher – ", "氷河"] {
        exchange.send_text_delta(words).await;
        received += words;
        let sent = Instant::now();
        until("a checkpoint", || {
            let row = answer_on_disk(folder.path(), request.turn_id)?;
            assert_eq!(row.state, MessageState::Streaming);
            (row.text() == received).then_some(())
        })
        .await;
        assert!(sent.elapsed() < Duration::from_secs(2), "a late checkpoint");
    }
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("search"), "{\"q")
        .await;
    until("the call on disk", || {
        let row = answer_on_disk(folder.path(), request.turn_id)?;
        (row.parts.len() == 2).then_some(())
    })
    .await;

    killed.shutdown_background();
    exchange.hung_up().await;
    drop((turns, store));

    let store = Store::open(folder.path()).unwrap();
    let mended = store.mend_after_crash(now()).await.unwrap();
    let row = store.answer_of(request.turn_id).await.unwrap().unwrap();
    assert_eq!(mended, [row.id]);
    assert_eq!(row.state, MessageState::Interrupted);
    assert_eq!(row.cause, Some(Cause::Crash));
    assert_eq!(row.text(), received);
    assert_eq!(
        row.usage.as_ref().expect("a row").source,
        UsageSource::Estimated
    );
    let desk = Desk {
        provider: crate::turn_desk::chat_at(&server.base_url()),
        turns: Turns::new(store.clone(), TurnOptions::default()),
        server,
        store,
        folder,
    };
    desk.converse_after(&row).await;
}

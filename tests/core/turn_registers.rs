//! A turn can be stopped from the first moment on: while its key is asked for and its client built,
//! while the disk does not answer, and while the turn before it ends (rules C01, C02, C09).

use crate::turn_desk::{Desk, on_disk, question};
use futures::FutureExt;
use rusqlite::Connection;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_core::store::FILE;
use tacet_core::{
    Cause, ConnectionEnd, ErrorCategory, MessageState, Parameters, Phase, Provider, ProviderError,
    StartError, StartTurn, StopOutcome, TurnStarted, now,
};
use tacet_test_support::patience::{until, within};

/// The limit of rule C09, and what a busy machine adds.
const LIMIT: Duration = Duration::from_millis(2_500);

/// The four ways in which a turn that is starting comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    StopEverything,
    StopTurn,
    Delete,
    Quit,
}

impl Way {
    const ALL: [Self; 4] = [
        Self::StopEverything,
        Self::StopTurn,
        Self::Delete,
        Self::Quit,
    ];

    fn cause(self) -> Cause {
        match self {
            Self::StopEverything | Self::StopTurn | Self::Delete => Cause::User,
            Self::Quit => Cause::AppQuit,
        }
    }

    /// Goes this way, which must not take longer than rule C09 allows.
    async fn go(self, desk: &Desk, request: &StartTurn) {
        let began = Instant::now();
        match self {
            Self::StopEverything => {
                assert_eq!(desk.turns.stop_all(Cause::User, Some(now())).await, 1);
            }
            Self::StopTurn => drop(desk.stop(request.turn_id).await),
            Self::Delete => {
                let conversation = request.conversation_id;
                desk.turns
                    .stop_conversation(conversation, Cause::User)
                    .await;
            }
            Self::Quit => desk.turns.shut_down(Cause::AppQuit).await,
        }
        let took = began.elapsed();
        assert!(took < LIMIT, "{self:?} took {took:?}");
    }
}

type Starting<'a> = futures::future::BoxFuture<'a, Result<TurnStarted, StartError>>;

/// A start at a provider that never gets ready: a keychain that waits for a password.
fn start_without_a_key<'a>(desk: &'a Desk, request: &StartTurn) -> Starting<'a> {
    let never = pending::<Result<Arc<dyn Provider>, ProviderError>>();
    desk.turns
        .start(request.clone(), never, Parameters::default())
        .boxed()
}

/// Another program that holds the database.
fn lock(desk: &Desk) -> Connection {
    let other = Connection::open(desk.folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

async fn nothing_runs(desk: &Desk) {
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn c01_every_stop_reaches_a_turn_whose_keychain_does_not_answer() {
    for way in Way::ALL {
        let desk = Desk::open().await;
        let request = question("What is a moraine?");
        let started = within("the start", start_without_a_key(&desk, &request)).await;
        let started = started.unwrap();
        assert!(started.user_message.is_some(), "the message is on disk");
        let watch = desk.watch(request.turn_id).await;
        assert_eq!(watch.phase(), Phase::BuildingContext);

        way.go(&desk, &request).await;

        let end = watch.end().await;
        assert_eq!(
            (end.state, end.cause),
            (MessageState::Interrupted, Some(way.cause()))
        );
        let receipt = end.receipt.expect("a receipt");
        assert_eq!(receipt.connection, ConnectionEnd::NeverOpened, "{way:?}");
        assert_eq!(end.usage, None, "nothing was asked");
        assert_eq!(desk.server.connections(), 0);
        if way != Way::Quit {
            nothing_runs(&desk).await;
            desk.converse_after(&desk.answer(request.turn_id).await)
                .await;
        }
    }
}

#[tokio::test]
async fn c01_a_turn_can_be_stopped_from_the_first_poll_of_its_start() {
    for way in Way::ALL {
        let desk = Desk::open().await;
        let request = question("What is a moraine?");
        let mut starting = start_without_a_key(&desk, &request);
        assert!(futures::poll!(&mut starting).is_pending());
        let (started, ()) = tokio::join!(starting, way.go(&desk, &request));
        assert!(!started.unwrap().already);
        nothing_runs(&desk).await;
        let answer = desk.answer(request.turn_id).await;
        assert_eq!(answer.state, MessageState::Interrupted, "{way:?}");
        assert_eq!(answer.cause, Some(way.cause()));
    }
}

#[tokio::test]
async fn c09_a_start_that_the_disk_holds_up_ends_in_time_and_writes_nothing_later() {
    for way in Way::ALL {
        let desk = Desk::open().await;
        let request = question("What is a moraine?");
        let other = lock(&desk);
        let mut starting = start_without_a_key(&desk, &request);
        assert!(futures::poll!(&mut starting).is_pending());

        let (started, ()) = tokio::join!(starting, way.go(&desk, &request));

        let error = started.expect_err("nothing was saved");
        match way {
            Way::Quit => assert!(matches!(error, StartError::Quitting), "{error}"),
            Way::StopEverything | Way::StopTurn | Way::Delete => {
                assert!(matches!(error, StartError::Stopped), "{error}");
                assert!(error.to_string().contains("composer"), "{error}");
            }
        }
        assert!(desk.turns.list().is_empty());
        other.execute_batch("COMMIT").unwrap();
        // Asked for after the write that was given up, and so answered after it.
        assert_eq!(desk.store.answer_of(request.turn_id).await.unwrap(), None);
        assert_eq!(on_disk(desk.folder.path()), []);
        assert_eq!(desk.server.connections(), 0);
    }
}

#[tokio::test]
async fn c04_a_start_that_is_stopped_while_the_disk_is_slow_keeps_the_message() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let other = lock(&desk);
    let mut starting = start_without_a_key(&desk, &request);
    assert!(futures::poll!(&mut starting).is_pending());
    let (started, outcome, ()) = tokio::join!(starting, desk.stop(request.turn_id), async {
        // The stop is under way; the disk answers in time.
        tokio::task::yield_now().await;
        other.execute_batch("COMMIT").unwrap();
    });
    let started = started.unwrap();
    let saved = desk.store.message(started.user_message.unwrap().id).await;
    assert_eq!(saved.unwrap().unwrap().text(), "What is a moraine?");
    assert!(
        matches!(outcome, StopOutcome::Stopped { receipt: Some(_) }),
        "{outcome:?}"
    );
    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.state, MessageState::Interrupted);
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_made_ready_ends_the_answer_and_keeps_the_message() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let error = ProviderError::new(ErrorCategory::Authentication, "The keychain is locked.");
    let refused = std::future::ready(Err(error.clone()));
    let starting = desk
        .turns
        .start(request.clone(), refused, Parameters::default());
    within("the start", starting).await.unwrap();
    nothing_runs(&desk).await;
    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.state, MessageState::Incomplete);
    assert_eq!(answer.error, Some(error));
    desk.converse_after(&answer).await;
}

//! Answers in the background, of the APIs that have them: how they begin, and how they break.

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use crate::wire_phases::api;
use std::sync::Arc;
use tacet_core::{Endpoint, Remote};
use tacet_test_support::server::{BrokenAnswer, Dialect, Exchange, Say};

/// A turn whose request has reached the server, in the background or not.
pub async fn asked(desk: &Desk, dialect: Dialect, background: bool) -> (Watch, Exchange) {
    let endpoint = Endpoint {
        background,
        ..Endpoint::new(desk.server.base_url_of(dialect), None)
    };
    let provider = Remote::new(api(dialect), &endpoint).unwrap();
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(Arc::new(provider), request).await.unwrap();
    let watch = desk.watch(turn).await;
    (watch, desk.server.next_request().await)
}

/// A turn of which the first word was received.
pub async fn begun(desk: &Desk, dialect: Dialect, background: bool) -> (Watch, Exchange) {
    let (watch, mut exchange) = asked(desk, dialect, background).await;
    exchange.say(&Say::text("The ice ")).await;
    watch.receive(1).await;
    (watch, exchange)
}

/// A background answer whose connection broke after its first words, and the request that picks it up.
pub async fn broken(desk: &Desk, dialect: Dialect) -> (Watch, BrokenAnswer, Exchange) {
    let (watch, exchange) = begun(desk, dialect, true).await;
    let answer = exchange.break_off();
    let again = desk.server.next_request().await;
    (watch, answer, again)
}

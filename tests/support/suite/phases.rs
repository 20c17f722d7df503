use crate::client::{answered, asking, client, piece, post};
use std::time::Instant;
use tacet_test_support::patience::within;
use tacet_test_support::server::{BlackHole, EVENT_STREAM, Gate, GatedServer};

#[tokio::test]
async fn a_hang_up_is_seen_while_the_server_writes_nothing() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let mut exchange = server.next_request().await;
    exchange.open_stream().await;
    exchange.send_text_delta("Hel").await;
    exchange.send_text_delta("lo").await;
    let mut body = answered(asking).await.bytes_stream();
    assert!(piece(&mut body).await.contains("Hel"));

    let dropped = Instant::now();
    drop(body);
    let hang_up = exchange.hung_up().await;

    assert!(hang_up.at >= dropped);
    assert!(hang_up.after_headers);
    assert_eq!(hang_up.chunks_written, 2);
    assert_eq!(exchange.record().hang_up, Some(hang_up));
    assert_eq!(exchange.record().chunks_after(hang_up.at), 0);
}

#[tokio::test]
async fn a_hang_up_is_seen_while_the_client_waits_for_headers() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let exchange = server.next_request().await;
    asking.abort();
    let hang_up = exchange.hung_up().await;
    assert!(!hang_up.after_headers);
    assert_eq!(hang_up.chunks_written, 0);
}

#[tokio::test]
async fn a_hang_up_is_seen_between_headers_and_first_byte() {
    let server = GatedServer::start().await;
    let asking = asking(&client(), &server);
    let mut exchange = server.next_request().await;
    exchange.send_headers(200, EVENT_STREAM).await;
    let response = answered(asking).await;
    drop(response);
    let hang_up = exchange.hung_up().await;
    assert!(hang_up.after_headers);
    assert_eq!(hang_up.bytes_written, 0);
}

#[tokio::test]
async fn a_connection_held_before_reading_shows_its_hang_up_with_the_request_unread() {
    let server = GatedServer::start().await;
    server.set_gate(Gate::BeforeReading);
    let asking = asking(&client(), &server);
    let connection = server.next_connection().await;
    assert!(!connection.is_hung_up());
    asking.abort();
    connection.hung_up().await;
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_connection_held_before_reading_goes_on_when_it_is_let() {
    let server = GatedServer::start().await;
    server.set_gate(Gate::BeforeReading);
    let asking = asking(&client(), &server);
    let connection = server.next_connection().await;
    connection.read();
    server.next_request().await.complete(1, 1).await;
    assert_eq!(answered(asking).await.status(), 200);
}

#[tokio::test]
async fn a_connection_held_before_accept_is_served_once_the_gate_opens() {
    let server = GatedServer::start().await;
    server.set_gate(Gate::BeforeAccept);
    let asking = asking(&client(), &server);
    tokio::task::yield_now().await;
    assert_eq!(server.connections(), 0);
    server.set_gate(Gate::Open);
    let mut exchange = server.next_request().await;
    exchange.open_stream().await;
    exchange.complete(1, 1).await;
    assert_eq!(answered(asking).await.status(), 200);
}

#[tokio::test]
async fn a_black_hole_keeps_a_client_connecting_and_shows_that_it_gave_up() {
    let black_hole = BlackHole::open();
    assert_eq!(black_hole.attempts(), 0);
    let asking = tokio::spawn(post(&client(), &black_hole.base_url()).send());
    black_hole.tried().await;
    assert!(!asking.is_finished());
    asking.abort();
    black_hole.abandoned().await;
}

#[tokio::test]
async fn several_exchanges_are_open_at_once_and_hang_up_one_by_one() {
    let server = GatedServer::start().await;
    let client = client();
    let first_asking = asking(&client, &server);
    let first = server.next_request().await;
    let second_asking = asking(&client, &server);
    let mut second = server.next_request().await;
    assert_ne!(first.request.connection, second.request.connection);

    first_asking.abort();
    first.hung_up().await;

    assert!(!second.is_hung_up());
    second.open_stream().await;
    second.send_text_delta("still here").await;
    second.complete(1, 1).await;
    let text = within("the body", answered(second_asking).await.text()).await;
    assert!(text.unwrap().contains("still here"));
}

#[tokio::test]
#[should_panic(expected = "the client to hang up")]
async fn a_client_that_stays_fails_the_wait_by_name() {
    let server = GatedServer::start().await;
    let _asking = asking(&client(), &server);
    let exchange = server.next_request().await;
    tokio::time::pause();
    exchange.hung_up().await;
}

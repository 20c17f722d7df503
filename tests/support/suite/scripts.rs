use crate::client::{answered, asking, client, piece};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::{Frame, GatedServer, ReasoningField, Script};

#[tokio::test]
async fn a_script_answers_every_request_and_counts_its_chunks() {
    let server = GatedServer::start().await;
    server.script(Script::text((0..50).map(|n| format!("w{n} "))));
    let client = client();
    for _ in 0..2 {
        let text = answered(asking(&client, &server)).await.text();
        let text = within("the body", text).await.unwrap();
        assert!(text.contains("w0 ") && text.contains("w49 "));
        assert!(text.contains("\"completion_tokens\":50"));
    }
    let records = server.records();
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record.chunks_at.len(), 53);
        assert!(record.ended_at.is_some());
        assert_eq!(record.hang_up, None);
        assert!(record.chunks_at.is_sorted());
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_paced_script_spreads_its_chunks_and_stops_at_the_hang_up() {
    let server = GatedServer::start().await;
    server.script(Script::text((0..100_000).map(|n| format!("w{n} "))).at(1_000));
    let mut body = answered(asking(&client(), &server)).await.bytes_stream();
    let mut received = 0;
    while received < 50 {
        received += piece(&mut body).await.matches("data: ").count();
    }
    drop(body);
    let record = until("the script to end", || {
        (server.open_connections() == 0)
            .then(|| server.records().remove(0))
            .filter(|record| record.hang_up.is_some())
    })
    .await;
    let first = record.chunks_at[0];
    let fiftieth = record.chunks_at[49];
    assert!(fiftieth.duration_since(first).as_millis() >= 40);
    let hang_up = record.hang_up.unwrap();
    assert!(hang_up.chunks_written >= 50 && hang_up.chunks_written < 100_000);
    assert_eq!(record.ended_at, None);
}

#[tokio::test]
async fn a_script_is_chosen_by_the_request_and_the_others_wait_for_the_test() {
    let server = GatedServer::start().await;
    let scripted = Script::frames([Frame::text("scripted"), Frame::Done]);
    server.script_with(move |request| {
        (request.header("x-scripted").is_some()).then(|| scripted.clone())
    });
    let client = client();
    let request = crate::client::post(&client, &server.base_url());
    let response = request.header("x-scripted", "yes").send().await.unwrap();
    assert!(response.text().await.unwrap().contains("scripted"));

    let asking = asking(&client, &server);
    let mut exchange = server.next_request().await;
    exchange.open_stream().await;
    exchange.send_text_delta("by hand").await;
    exchange.complete(1, 1).await;
    let text = answered(asking).await.text().await.unwrap();
    assert!(text.contains("by hand"));
}

#[tokio::test]
async fn a_script_may_fall_silent_until_the_client_goes() {
    let server = GatedServer::start().await;
    let field = ReasoningField::Reasoning;
    server.script(Script::reasoning_then_text(field, ["a"], ["b"]).then_silence());
    let mut body = answered(asking(&client(), &server)).await.bytes_stream();
    let mut text = String::new();
    while !text.contains("[DONE]") {
        text.push_str(&piece(&mut body).await);
    }
    assert!(text.contains("\"reasoning\":\"a\"") && text.contains("\"content\":\"b\""));
    assert_eq!(server.records()[0].ended_at, None);
    drop(body);
    until("the hang-up on record", || server.records()[0].hang_up).await;
}

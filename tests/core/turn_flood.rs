//! A server that sends more than a page can show: what is on its way to the page stays little, Stop
//! goes before the rest, and nothing is lost.

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use tacet_core::{Cause, Message, MessageState, TurnEvent, TurnEventKind, TurnId};
use tacet_test_support::patience::{GLANCE, until, within};
use tacet_test_support::server::{Say, Script};

/// Far more than may be on its way to a page.
const FLOOD: usize = 500_000;
/// More than may be on its way, and far less than the flood.
const LITTLE: usize = 64 * 1024;

/// A flood in pieces of 3 KB, and then silence.
fn flood() -> Script {
    let piece = "The ice is thick. ".repeat(170);
    let pieces = FLOOD / piece.len() + 1;
    Script::say(vec![Say::text(piece); pieces]).then_silence()
}

fn weight(events: &[TurnEvent]) -> usize {
    let json = events.iter().map(serde_json::to_string);
    json.map(|json| json.unwrap().len()).sum()
}

/// Waits until so much of the answer is received: it is on disk within a second.
async fn received(desk: &Desk, turn: TurnId, is_enough: impl Fn(&Message) -> bool) {
    within("the flood to be received", async {
        while !is_enough(&desk.answer(turn).await) {
            tokio::time::sleep(GLANCE).await;
        }
    })
    .await;
}

fn all(answer: &Message) -> bool {
    answer.text().len() >= FLOOD
}

#[tokio::test]
async fn c02_stop_overtakes_a_flood_that_a_page_does_not_take() {
    let desk = Desk::open().await;
    desk.server.script(flood());
    let request = question("Count for ever.");
    desk.start(request.clone()).await;
    let watch = Watch::attach_mute(&desk.turns, request.turn_id, desk.folder.path());
    let watch = watch.await.expect("a running turn");
    received(&desk, request.turn_id, all).await;
    let before = watch.events();
    assert!(weight(&before) < LITTLE, "{} bytes", weight(&before));

    desk.stop(watch.turn).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert!(end.behind);
    let events = watch.events();
    assert!(weight(&events) < LITTLE, "{} bytes", weight(&events));
    let stopping = |event: &TurnEvent| event.event == TurnEventKind::Stopping;
    let after = events.iter().skip_while(|event| !stopping(event));
    let text = |event: &TurnEvent| matches!(event.event, TurnEventKind::Appended { .. });
    assert!(!after.clone().any(text), "text came after the Stop");
    assert_eq!(after.count(), 2, "Stopping and the end");
    let answer = desk.answer(watch.turn).await;
    assert_eq!(answer.cause, Some(Cause::User));
    assert!(answer.text().len() > LITTLE && answer.text().starts_with(&watch.text()));
}

#[tokio::test]
async fn a_page_that_shows_what_it_gets_gets_the_whole_flood_without_a_gap() {
    let desk = Desk::open().await;
    desk.server.script(flood());
    let watch = desk.ask("Count for ever.").await;
    watch.receive(FLOOD).await;
    // Fewer events than pieces came: what gathers goes out together.
    let second = desk.watch(watch.turn).await;
    assert_eq!(second.text(), watch.text());
    desk.stop(watch.turn).await;
    watch.end().await;
}

#[tokio::test]
async fn c02_a_second_page_gets_what_has_gathered_and_one_that_never_answers_falls_behind() {
    let desk = Desk::open().await;
    desk.server.script(flood());
    let request = question("Count for ever.");
    desk.start(request.clone()).await;
    let mute = Watch::attach_mute(&desk.turns, request.turn_id, desk.folder.path());
    let mute = mute.await.expect("a running turn");
    received(&desk, request.turn_id, all).await;
    // It begins with what the first was told, and what follows comes to both.
    let second = desk.watch(request.turn_id).await;
    assert!(second.snapshot.message.text().len() < LITTLE);
    second.receive(FLOOD).await;
    // The first is told no more than its page can show before a Stop that is pressed there.
    let told = mute.text();
    assert!(second.text().starts_with(&told));
    let queued = weight(&mute.events());
    assert!(queued < 2 * LITTLE, "{queued} bytes were queued");

    // It sees what it was not told, and reads that.
    desk.stop(request.turn_id).await;
    second.end().await;
    let events = mute.events();
    let stopping = |event: &TurnEvent| event.event == TurnEventKind::Stopping;
    let at = events.iter().position(stopping).expect("the Stop");
    assert!(events[at].seq > events[at - 1].seq + 1, "it sees no gap");
}

#[tokio::test]
async fn a_flood_of_tool_calls_becomes_a_question_for_the_state() {
    let desk = Desk::open().await;
    let call = |at: usize| {
        let id = format!("call_{at}");
        [Say::tool(id, "search"), Say::arguments("{}")]
    };
    let calls: Vec<Say> = (0..2_000).flat_map(call).collect();
    desk.server.script(Script::say(calls).then_silence());
    let request = question("Search for ever.");
    desk.start(request.clone()).await;
    let mute = Watch::attach_mute(&desk.turns, request.turn_id, desk.folder.path());
    let mute = mute.await.expect("a running turn");
    received(&desk, request.turn_id, |answer| answer.parts.len() == 2_000).await;
    assert!(weight(&mute.events()) < LITTLE);
    let last = mute.events().last().expect("events").seq;
    desk.turns.acknowledge(mute.turn, mute.id.clone(), last);
    mute.rearranged().await;
    let second = desk.watch(request.turn_id).await;
    until("the calls to be there", || {
        (second.parts().len() == 2_000).then_some(())
    })
    .await;
    desk.stop(request.turn_id).await;
    second.end().await;
}

//! Hands the events of turns, and news, to the page.

use tacet_turn::{EventSink, News, NewsSink, TurnEvent, TurnEventKind};
use tauri::ipc::{Channel, InvokeResponseBody};

/// Tauri sends JSON of 8192 bytes and more by another way, which is not ordered with the rest
/// (tauri 2.12, `MAX_JSON_DIRECT_EXECUTE_THRESHOLD`).
const LONGEST: usize = 8000;

/// The page's end of a turn.
pub struct PageSink(pub Channel<InvokeResponseBody>);

impl EventSink for PageSink {
    fn send(&self, event: &TurnEvent) {
        let json = match serde_json::to_string(event) {
            Ok(json) if json.len() < LONGEST => json,
            // The page then asks for the whole state, or reads the finished message.
            Ok(_) | Err(_) => resync(event),
        };
        // A message to a page that is gone vanishes either way: the acknowledgements tell.
        drop(self.0.send(InvokeResponseBody::Json(json)));
    }
}

fn resync(event: &TurnEvent) -> String {
    let event = TurnEvent {
        turn_id: event.turn_id,
        seq: event.seq,
        acknowledge: event.acknowledge,
        event: TurnEventKind::Resync,
    };
    serde_json::to_string(&event).unwrap_or_default()
}

/// The page's end of the news. All but a conversation with much to say of itself are far below
/// [`LONGEST`].
pub struct PageNews(pub Channel<InvokeResponseBody>);

impl NewsSink for PageNews {
    fn send(&self, news: &News) {
        // News that a page misses stands in the conversation that it opens next.
        let json = match serde_json::to_string(news) {
            Ok(json) if json.len() >= LONGEST => {
                serde_json::to_string(&News::ConversationsChanged).unwrap_or(json)
            }
            Ok(json) => json,
            Err(_) => return,
        };
        drop(self.0.send(InvokeResponseBody::Json(json)));
    }
}

//! What a person is told of turns while there is no window (freedesktop.org's Desktop Notifications
//! Specification 1.2).

use crate::app::App;
use crate::lifecycle;
use futures::StreamExt;
use std::collections::HashMap;
use tacet_conversation::{Cause, MessageState};
use tacet_turn::{Attention, Happening};
use tauri::{AppHandle, Manager, Runtime};
use zbus::zvariant::Value;

/// The longest text of an error that is told, in characters; the window has all of it.
const LONGEST: usize = 200;

/// Tells it; a click opens the window at the conversation.
pub async fn tell<R: Runtime>(handle: &AppHandle<R>, attention: Attention) {
    let Attention {
        conversation_id,
        what,
    } = attention;
    let (Some(body), Some(app)) = (words(&what), handle.try_state::<App>()) else {
        return;
    };
    let conversation = app.store.conversation(conversation_id).await;
    let Ok(Some(conversation)) = conversation else {
        // It was deleted meanwhile, or cannot be read, which the window says.
        return;
    };
    // A desktop without notifications shows none.
    let body = escaped(&body);
    if let Ok(true) = app.tray.bus.show(&conversation.title, &body).await {
        lifecycle::show_conversation(handle, conversation_id);
    }
}

/// The connection to the session's bus, made for the first notification and kept for all.
#[derive(Default)]
pub struct SessionBus(tokio::sync::Mutex<Option<zbus::Connection>>);

impl SessionBus {
    /// Shows a notification until it is gone; says whether the person clicked it.
    async fn show(&self, summary: &str, body: &str) -> zbus::Result<bool> {
        let bus = self.connection().await?;
        let shown = show(&bus, summary, body).await;
        if shown.is_err() {
            // The bus may have been started anew.
            *self.0.lock().await = None;
        }
        shown
    }

    async fn connection(&self) -> zbus::Result<zbus::Connection> {
        let mut kept = self.0.lock().await;
        if let Some(bus) = &*kept {
            return Ok(bus.clone());
        }
        let bus = zbus::Connection::session().await?;
        Ok(kept.insert(bus).clone())
    }
}

async fn show(bus: &zbus::Connection, summary: &str, body: &str) -> zbus::Result<bool> {
    let desktop = NotificationsProxy::new(bus).await?;
    // Before it is shown, so that no click is missed.
    let mut clicks = desktop.receive_action_invoked().await?;
    let mut ends = desktop.receive_notification_closed().await?;
    let id = desktop
        .notify(
            "Tacet",
            0,
            "tacet",
            summary,
            body,
            &[CLICK, "Open"],
            HashMap::new(),
            -1,
        )
        .await?;
    loop {
        tokio::select! {
            biased;
            Some(click) = clicks.next() => {
                let click = click.args()?;
                if click.id == id && click.action == CLICK {
                    return Ok(true);
                }
            }
            Some(end) = ends.next() => {
                if end.args()?.id == id {
                    return Ok(false);
                }
            }
            else => return Ok(false),
        }
    }
}

/// What a click on the notification itself is called.
const CLICK: &str = "default";

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    /// `replaces` 0 replaces none, and an `expires` of -1 leaves the time to the desktop.
    #[allow(clippy::too_many_arguments)]
    async fn notify(
        &self,
        app: &str,
        replaces: u32,
        icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, &Value<'_>>,
        expires: i32,
    ) -> zbus::Result<u32>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action: String) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

/// What is said of it; nothing of what the person has done.
fn words(what: &Happening) -> Option<String> {
    match what {
        Happening::Ended {
            state,
            cause,
            error,
        } => match (state, cause) {
            (MessageState::Complete, _) => Some("The answer is finished.".to_owned()),
            (_, Some(Cause::User | Cause::Replaced | Cause::AppQuit | Cause::WindowClosed)) => None,
            (_, _) => Some(match error {
                Some(error) => format!("The answer ended early. {}", shortened(error)),
                None => "The answer ended early.".to_owned(),
            }),
        },
        Happening::WaitsForApproval { tool } => {
            Some(format!("It asks whether the tool {tool} may run."))
        }
        Happening::WaitsForReply { server } => {
            Some(format!("The server {server} asks you something."))
        }
        Happening::AtStepLimit(steps) => Some(format!(
            "It has made {steps} steps, and asks whether to go on."
        )),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Desktops take the text for markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_has_done_is_not_told_and_all_else_is() {
        let ended = |state, cause, error: Option<&str>| {
            words(&Happening::Ended {
                state,
                cause,
                error: error.map(str::to_owned),
            })
        };
        let stopped = ended(MessageState::Interrupted, Some(Cause::User), None);
        assert_eq!(stopped, None);
        let whole = ended(MessageState::Complete, None, None);
        assert_eq!(whole.as_deref(), Some("The answer is finished."));
        let error = "<b>".repeat(100);
        let failed = ended(
            MessageState::Incomplete,
            Some(Cause::ProviderError),
            Some(&error),
        );
        let failed = escaped(&failed.unwrap_or_default());
        assert!(failed.starts_with("The answer ended early. &lt;b&gt;"));
        assert!(failed.ends_with('…') && !failed.contains('<'), "{failed}");
    }
}

//! Large replies. Tauri gives a command's reply to the page as a script, which passes through the
//! window's thread and is run by the page's: with megabytes in it no button answers meanwhile. So a
//! large reply is a ticket, and the page fetches what it stands for from a scheme of the app's own,
//! as a plain GET, which needs no leave to be asked for before (a CORS preflight).
//!
//! What the page sends is a message, however large: the body of a POST to such a scheme is read on
//! the window's thread as well, and by a kilobyte at a time (wry 0.57, `linux-body`).

use crate::mutex::lock;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tauri::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use tauri::http::{Method, Request, Response, StatusCode};
use tauri::ipc::{Invoke, InvokeMessage, InvokeResponse, InvokeResponseBody, Response as Reply};
use tauri::plugin::{self, TauriPlugin};
use tauri::webview::{InvokeRequest, PageLoadEvent};
use tauri::{Manager, RunEvent, Runtime, Webview, WindowEvent};
use ts_rs::TS;

/// The scheme's name; it stands in the page's content security policy too.
pub const SCHEME: &str = "reply";

/// A reply of more bytes of JSON is a ticket.
pub const LARGE: usize = 64 * 1024;

/// How long a reply waits to be fetched.
const LIFETIME: Duration = Duration::from_secs(60);

/// The header of a call whose reply is to come whole, whatever its size.
const WHOLE: &str = "tacet-whole-reply";

/// Where the page is, which is who may read what it fetches. Windows has no schemes of an app's
/// own.
const PAGE: &str = if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

/// What the page gets in the place of a large reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Names the reply, once, and only to the window that it is for.
    pub reply_ticket: String,
}

/// The large replies that were not fetched yet.
#[derive(Clone, Debug, Default)]
pub struct Replies(Arc<Mutex<HashMap<String, Waiting>>>);

#[derive(Debug)]
struct Waiting {
    /// The label of the window that it is for.
    label: String,
    json: String,
}

impl Replies {
    /// Keeps a reply for a window. Gives it back where the system has no random numbers.
    fn keep(&self, label: &str, json: String) -> Result<Ticket, String> {
        let mut random = [0; 16];
        if getrandom::fill(&mut random).is_err() {
            return Err(json);
        }
        let reply_ticket = format!("{:032x}", u128::from_ne_bytes(random));
        let label = label.to_owned();
        self.waiting()
            .insert(reply_ticket.clone(), Waiting { label, json });
        Ok(Ticket { reply_ticket })
    }

    /// The reply that a ticket stands for, once, and for its own window only.
    #[must_use]
    pub fn take(&self, label: &str, ticket: &str) -> Option<String> {
        let mut waiting = self.waiting();
        if waiting.get(ticket)?.label != label {
            return None;
        }
        waiting.remove(ticket).map(|reply| reply.json)
    }

    /// Answers what a window fetches: `/TICKET` of [`SCHEME`].
    #[must_use]
    pub fn answer(&self, label: &str, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let ticket = request.uri().path().trim_start_matches('/');
        let found = (request.method() == Method::GET).then(|| self.take(label, ticket));
        let mut response = match found.flatten() {
            Some(json) => Response::new(json.into_bytes()),
            None => {
                let mut nothing = Response::new(Vec::new());
                *nothing.status_mut() = StatusCode::NOT_FOUND;
                nothing
            }
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_ORIGIN, PAGE),
            (CONTENT_TYPE, "application/json"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Nobody will fetch what a page of this window has not fetched yet.
    fn forget(&self, label: &str) {
        self.waiting().retain(|_, reply| reply.label != label);
    }

    /// Drops a reply once its time has passed.
    async fn expire(self, ticket: Ticket) {
        tokio::time::sleep(LIFETIME).await;
        self.waiting().remove(&ticket.reply_ticket);
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        lock(&self.0)
    }
}

/// Serves the scheme, away from the window's thread.
pub fn plugin<R: Runtime>() -> TauriPlugin<R> {
    let replies = Replies::default();
    let (served, loaded, closed) = (replies.clone(), replies.clone(), replies.clone());
    plugin::Builder::new("replies")
        .setup(move |app, _| {
            app.manage(replies);
            Ok(())
        })
        .register_asynchronous_uri_scheme_protocol(SCHEME, move |context, request, responder| {
            let (replies, label) = (served.clone(), context.webview_label().to_owned());
            tauri::async_runtime::spawn(async move {
                responder.respond(replies.answer(&label, &request));
            });
        })
        .on_page_load(move |webview, load| {
            if load.event() == PageLoadEvent::Started {
                loaded.forget(webview.label());
            }
        })
        .on_event(move |_, event| {
            if let RunEvent::WindowEvent {
                label,
                event: WindowEvent::Destroyed,
                ..
            } = event
            {
                closed.forget(label);
            }
        })
        .build()
}

/// The same commands, whose large replies are tickets. Needs [`plugin()`].
pub fn ticketed<R: Runtime>(
    commands: impl Fn(Invoke<R>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    move |invoke| {
        let Some(whole) = asking_for_all(&invoke.message) else {
            return commands(invoke);
        };
        let (webview, resolver) = (invoke.message.webview(), invoke.resolver);
        // Tauri shows a reply only to who made the call. So the call is made once more, from here.
        let respond = move |webview: Webview<R>, _, response, _, _| match response {
            InvokeResponse::Ok(InvokeResponseBody::Json(json)) => {
                resolver.resolve(Reply::new(ticket_for(&webview, json)));
            }
            InvokeResponse::Ok(body) => resolver.resolve(Reply::new(body)),
            InvokeResponse::Err(error) => resolver.invoke_error(error),
        };
        webview.on_message(whole, Box::new(respond));
        true
    }
}

/// The call as it is made from here; none where it asks for the whole reply already.
fn asking_for_all<R: Runtime>(message: &InvokeMessage<R>) -> Option<InvokeRequest> {
    if message.headers().contains_key(WHOLE) {
        return None;
    }
    let webview = message.webview_ref();
    let mut headers = message.headers().clone();
    headers.insert(WHOLE, HeaderValue::from_static(""));
    Some(InvokeRequest {
        cmd: message.command().to_owned(),
        // Read by nobody: the reply goes to the first call.
        callback: tauri::ipc::CallbackFn(0),
        error: tauri::ipc::CallbackFn(0),
        url: webview.url().ok()?,
        body: message.payload().clone(),
        headers,
        invoke_key: webview.app_handle().invoke_key().to_owned(),
    })
}

/// What goes to the page for a reply.
fn ticket_for<R: Runtime>(webview: &Webview<R>, json: String) -> String {
    if json.len() <= LARGE {
        return json;
    }
    let Some(replies) = webview.try_state::<Replies>() else {
        return json;
    };
    match replies.keep(webview.label(), json) {
        Ok(ticket) => {
            let shown = serde_json::to_string(&ticket).unwrap_or_default();
            tauri::async_runtime::spawn(replies.inner().clone().expire(ticket));
            shown
        }
        Err(json) => json,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Replies;

    #[test]
    fn what_a_page_has_not_fetched_goes_with_it() {
        let replies = Replies::default();
        let keep = |label| {
            let ticket = replies.keep(label, "{}".to_owned()).unwrap();
            ticket.reply_ticket
        };
        let (gone, other) = (keep("main"), keep("failure"));
        assert_eq!(gone.len(), 32);
        replies.forget("main");
        assert_eq!(replies.take("main", &gone), None);
        assert_eq!(replies.take("failure", &other).as_deref(), Some("{}"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_fetches_goes_after_a_minute() {
        let replies = Replies::default();
        let ticket = replies.keep("main", "{}".to_owned()).unwrap();
        let expiry = tokio::spawn(replies.clone().expire(ticket.clone()));
        tokio::time::sleep(super::LIFETIME / 2).await;
        assert!(replies.waiting().contains_key(&ticket.reply_ticket));
        expiry.await.unwrap();
        assert_eq!(replies.take("main", &ticket.reply_ticket), None);
    }
}

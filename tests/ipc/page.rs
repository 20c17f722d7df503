//! A page without a web view: it calls commands as the script of a page does, and hears channels.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tacet::app::App;
use tacet::ownership::Ownership;
use tacet::replies::{Replies, Ticket};
use tacet_core::{ConversationId, TurnId};
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;
use tauri::http::{HeaderMap, HeaderValue, Method, Request, Response};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// Who listens to which channel.
type Listeners = Arc<Mutex<HashMap<u32, mpsc::UnboundedSender<Value>>>>;

/// The page of the window `main`, the app behind it, and a server to ask.
pub struct Page {
    pub server: GatedServer,
    pub folder: TempDir,
    app: tauri::App<MockRuntime>,
    main: WebviewWindow<MockRuntime>,
    listeners: Listeners,
    channels: AtomicU32,
}

impl Page {
    /// Opens the app on a new data folder whose settings name the server.
    pub async fn open() -> Self {
        let server = GatedServer::start().await;
        let settings = server.settings(json!({"mine": [1, 2]}));
        Self::open_with(server, &settings.to_string()).await
    }

    /// The same with this text as the settings file.
    pub async fn open_with(server: GatedServer, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.json"), settings).unwrap();
        let listeners = Listeners::default();
        let hearing = Arc::clone(&listeners);
        let app = mock_builder()
            .plugin(tacet::replies::plugin())
            .invoke_handler(tacet::commands::handler())
            .channel_interceptor(move |_, channel, _, body| {
                let InvokeResponseBody::Json(json) = body else {
                    panic!("events are JSON");
                };
                if let Some(listener) = hearing.lock().unwrap().get(&channel.0) {
                    // A test may have heard enough.
                    drop(listener.send(serde_json::from_str(json).unwrap()));
                }
                true
            })
            .build(tacet::commands::context())
            .unwrap();
        let data_dir = folder.path().to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            App::open(&data_dir, None, Ownership::take(&data_dir).unwrap()).unwrap()
        });
        app.manage(opening.await.unwrap());
        Self {
            main: window(&app, "main"),
            app,
            server,
            folder,
            listeners,
            channels: AtomicU32::new(1),
        }
    }

    pub fn settings_file(&self) -> PathBuf {
        self.folder.path().join("settings.json")
    }

    /// Moves the data folder, and goes on where the app would start anew.
    pub fn relocate(&self, to: &Path) {
        self.app.state::<App>().relocate(to, |_| {}).unwrap();
    }

    /// Calls a command; the error is what the page's promise is rejected with. A large reply is
    /// fetched.
    pub async fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let reply = self.reply(command, arguments).await?;
        // A list of one text would do for a ticket as well.
        match serde_json::from_value::<Ticket>(reply.clone()) {
            Ok(ticket) if reply.is_object() => {
                let fetched = self.fetch("main", &ticket.reply_ticket);
                assert_eq!(fetched.status(), 200);
                Ok(serde_json::from_slice(fetched.body()).unwrap())
            }
            Ok(_) | Err(_) => Ok(reply),
        }
    }

    /// The reply itself, which may be a ticket.
    pub async fn reply(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        call(&self.main, command, arguments, HeaderMap::default()).await
    }

    /// The reply to a call that wants it whole, whatever its size.
    pub async fn whole_reply(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let mut headers = HeaderMap::default();
        headers.insert("tacet-whole-reply", HeaderValue::from_static(""));
        call(&self.main, command, arguments, headers).await
    }

    /// What a window is answered that fetches a reply.
    pub fn fetch(&self, label: &str, ticket: &str) -> Response<Vec<u8>> {
        self.request(label, Method::GET, ticket)
    }

    /// The same by another method.
    pub fn request(&self, label: &str, method: Method, ticket: &str) -> Response<Vec<u8>> {
        let uri = format!("{}://localhost/{ticket}", tacet::replies::SCHEME);
        let request = Request::builder().method(method).uri(uri);
        let replies = self.app.state::<Replies>();
        replies.answer(label, &request.body(Vec::new()).unwrap())
    }

    /// Calls a command from another window.
    pub async fn call_from(
        &self,
        label: &str,
        command: &str,
        arguments: Value,
    ) -> Result<Value, Value> {
        let other = self.app.get_webview_window(label);
        let other = other.unwrap_or_else(|| window(&self.app, label));
        call(&other, command, arguments, HeaderMap::default()).await
    }

    /// Attaches to a turn: its state, if it runs, and what is told of it from then on.
    pub async fn attach(&self, turn: TurnId) -> (Option<Value>, Events) {
        self.attach_from("main", turn).await
    }

    /// The same from that window.
    pub async fn attach_from(&self, label: &str, turn: TurnId) -> (Option<Value>, Events) {
        let (channel, events) = self.channel();
        let arguments = json!({"turnId": turn, "viewerId": format!("viewer-{channel}"),
            "events": format!("__CHANNEL__:{channel}")});
        let attached = self.call_from(label, "attach_turn", arguments);
        let state = attached.await.unwrap();
        (Some(state).filter(|state| !state.is_null()), events)
    }

    /// Listens to the news in a window.
    pub async fn news(&self, label: &str) -> Events {
        let (channel, events) = self.channel();
        let news = json!({"news": format!("__CHANNEL__:{channel}")});
        self.call_from(label, "watch_news", news).await.unwrap();
        events
    }

    fn channel(&self) -> (u32, Events) {
        let channel = self.channels.fetch_add(1, Ordering::Relaxed);
        let (sender, events) = mpsc::unbounded_channel();
        self.listeners.lock().unwrap().insert(channel, sender);
        (channel, Events(events))
    }

    /// The labels of the windows there are.
    pub fn windows(&self) -> Vec<String> {
        let mut labels: Vec<_> = self.app.webview_windows().into_keys().collect();
        labels.sort();
        labels
    }

    /// The address that a window shows.
    pub fn address(&self, label: &str) -> String {
        let window = self.app.get_webview_window(label).unwrap();
        window.url().unwrap().to_string()
    }
}

fn window(app: &tauri::App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, Default::default())
        .build()
        .unwrap()
}

async fn call(
    window: &WebviewWindow<MockRuntime>,
    command: &str,
    arguments: Value,
    headers: HeaderMap,
) -> Result<Value, Value> {
    let (reply, answer) = oneshot::channel();
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: window.url().unwrap(),
        body: InvokeBody::Json(arguments),
        headers,
        invoke_key: INVOKE_KEY.to_owned(),
    };
    let webview: &tauri::Webview<MockRuntime> = window.as_ref();
    let responder = Box::new(move |_, _, answer, _, _| drop(reply.send(answer)));
    webview.clone().on_message(request, responder);
    match within(command, answer).await.unwrap() {
        InvokeResponse::Ok(InvokeResponseBody::Json(json)) => {
            Ok(serde_json::from_str(&json).unwrap())
        }
        InvokeResponse::Ok(InvokeResponseBody::Raw(_)) => panic!("answers are JSON"),
        InvokeResponse::Err(error) => Err(error.0),
    }
}

/// What came over one channel.
pub struct Events(mpsc::UnboundedReceiver<Value>);

impl Events {
    /// All events up to and with the first of this type.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        while all
            .last()
            .is_none_or(|event| event["event"]["type"] != kind)
        {
            all.push(within(kind, self.0.recv()).await.unwrap());
        }
        all
    }

    /// The next piece of news.
    pub async fn next(&mut self) -> Value {
        within("news", self.0.recv()).await.unwrap()
    }

    /// Whether nothing has come since.
    pub fn is_silent(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

/// A first question, as the page sends it.
pub fn question(words: &str) -> (TurnId, Value) {
    let turn = TurnId::new();
    let request = json!({"turnId": turn, "conversationId": ConversationId::new(),
        "parentId": null, "text": words,
        "model": "gated/test-model"});
    (turn, json!({"request": request}))
}

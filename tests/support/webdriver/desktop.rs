//! What a desktop has beside windows: notifications, and a tray or none, on a bus of its own
//! (freedesktop.org's Desktop Notifications Specification, StatusNotifierItem and, for the menu,
//! Canonical's `com.canonical.dbusmenu`).

use super::bus::Bus;
use crate::patience::{GLANCE, until, within};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;
use zbus::message::Header;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedValue, Structure, Value};
use zbus::{Connection, connection, fdo, interface};

const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";

/// A notification that an application has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// By which it is clicked.
    pub id: u32,
    /// Its title.
    pub summary: String,
    /// Its text, in which `<`, `>` and `&` are escaped.
    pub body: String,
    /// The name on the bus of the connection that it came by.
    pub sender: String,
}

#[derive(Debug, Default)]
struct Seen {
    /// The bus names of the items in the tray.
    items: Vec<String>,
    notifications: Vec<Notification>,
}

type Shared = Arc<Mutex<Seen>>;

fn lock(seen: &Shared) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running desktop; dropping it ends it.
#[derive(Debug)]
pub struct Desktop {
    connection: Connection,
    seen: Shared,
    answering: Answering,
    bus: Bus,
}

/// Held by the tray while it answers.
type Answering = Arc<tokio::sync::Mutex<()>>;

impl Desktop {
    /// A desktop with a tray and notifications.
    ///
    /// # Panics
    /// When there is no bus to be had.
    pub async fn start() -> Self {
        Self::with(true).await
    }

    /// A desktop with notifications alone.
    ///
    /// # Panics
    /// When there is no bus to be had.
    pub async fn without_tray() -> Self {
        Self::with(false).await
    }

    async fn with(tray: bool) -> Self {
        let bus = match Bus::start() {
            Ok(bus) => bus,
            Err(error) => panic!("the bus does not start ({error}); apt-get install dbus"),
        };
        let seen = Shared::default();
        let answering = Answering::default();
        match serve(bus.address(), &seen, tray.then_some(&answering)).await {
            Ok(connection) => Self {
                connection,
                seen,
                answering,
                bus,
            },
            Err(error) => panic!("the desktop does not start: {error}"),
        }
    }

    /// The address of its bus.
    pub(super) fn address(&self) -> &str {
        self.bus.address()
    }

    /// How many items are in the tray.
    pub fn items(&self) -> usize {
        lock(&self.seen).items.len()
    }

    /// Has the tray take what it is offered, and answer once this is dropped.
    pub async fn hold_tray(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.answering).lock_owned().await
    }

    /// Waits until every item that was in the tray has left the bus.
    ///
    /// # Panics
    /// When one stays for the usual limit.
    pub async fn no_item(&self) {
        let left = async {
            let bus = fdo::DBusProxy::new(&self.connection).await?;
            let items = lock(&self.seen).items.clone();
            for item in items {
                let name = BusName::try_from(item)?;
                while bus.name_has_owner(name.as_ref()).await? {
                    tokio::time::sleep(GLANCE).await;
                }
            }
            zbus::Result::Ok(())
        };
        if let Err(error) = within("the tray to be empty", left).await {
            panic!("the bus does not answer: {error}");
        }
    }

    /// All notifications so far.
    pub fn notifications(&self) -> Vec<Notification> {
        lock(&self.seen).notifications.clone()
    }

    /// Waits for the notification after so many.
    ///
    /// # Panics
    /// When none comes within the usual limit.
    pub async fn notification(&self, after: usize) -> Notification {
        let next = || self.notifications().get(after).cloned();
        until("a notification", next).await
    }

    /// Clicks a notification.
    ///
    /// # Panics
    /// When the bus does not carry it.
    pub async fn click(&self, notification: &Notification) {
        let arguments = (notification.id, "default");
        let interface = "org.freedesktop.Notifications";
        let told = self.connection.emit_signal(
            None::<&str>,
            NOTIFICATIONS,
            interface,
            "ActionInvoked",
            &arguments,
        );
        if let Err(error) = told.await {
            panic!("the click is not carried: {error}");
        }
    }

    /// Clicks the item in the tray that was there first, once there is one.
    ///
    /// # Panics
    /// When there is none within the usual limit, or it does not answer.
    pub async fn activate(&self) {
        let item = self.item().await;
        let called = self.connection.call_method(
            Some(&*item),
            "/StatusNotifierItem",
            Some("org.kde.StatusNotifierItem"),
            "Activate",
            &(0, 0),
        );
        if let Err(error) = called.await {
            panic!("the item in the tray does not answer: {error}");
        }
    }

    /// Chooses an entry of its menu.
    ///
    /// # Panics
    /// When there is none of that name, or it does not answer.
    pub async fn choose(&self, label: &str) {
        let chosen = async {
            let item = self.item().await;
            let menu = Some("com.canonical.dbusmenu");
            let wanted = (0, -1, Vec::<String>::new());
            let layout = self
                .connection
                .call_method(Some(&*item), "/MenuBar", menu, "GetLayout", &wanted)
                .await?;
            let (_, (_, _, entries)): (u32, Entry) = layout.body().deserialize()?;
            let Some(entry) = entries.iter().find_map(|entry| named(entry, label)) else {
                panic!("the menu has no {label:?}: {entries:?}");
            };
            let event = (entry, "clicked", Value::from(0), 0_u32);
            self.connection
                .call_method(Some(&*item), "/MenuBar", menu, "Event", &event)
                .await
        };
        if let Err(error) = chosen.await {
            panic!("the menu in the tray does not answer: {error}");
        }
    }

    async fn item(&self) -> String {
        let first = || lock(&self.seen).items.first().cloned();
        until("an item in the tray", first).await
    }
}

/// An entry of a menu: its number, its properties, and the entries below it.
type Entry = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// The number of a menu's entry, where it is the one of that name.
fn named(entry: &OwnedValue, label: &str) -> Option<i32> {
    let entry = entry.downcast_ref::<Structure<'_>>().ok()?;
    let [id, properties, ..] = entry.fields() else {
        return None;
    };
    let properties: HashMap<String, OwnedValue> = properties.try_clone().ok()?.try_into().ok()?;
    let has_name = properties
        .get("label")
        .is_some_and(|value| value.downcast_ref::<&str>() == Ok(label));
    has_name.then(|| id.downcast_ref::<i32>().ok()).flatten()
}

/// Serves notifications, and a tray where one answers.
async fn serve(address: &str, seen: &Shared, tray: Option<&Answering>) -> zbus::Result<Connection> {
    let notifications = Notifications(Arc::clone(seen));
    let mut builder = connection::Builder::address(address)?
        .serve_at(NOTIFICATIONS, notifications)?
        .name("org.freedesktop.Notifications")?;
    if let Some(answering) = tray {
        let watcher = Watcher {
            seen: Arc::clone(seen),
            answering: Arc::clone(answering),
        };
        builder = builder
            .serve_at("/StatusNotifierWatcher", watcher)?
            .name("org.kde.StatusNotifierWatcher")?;
    }
    builder.build().await
}

struct Notifications(Shared);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
        #[zbus(header)] header: Header<'_>,
    ) -> u32 {
        let mut seen = lock(&self.0);
        let id = u32::try_from(seen.notifications.len() + 1).unwrap_or(u32::MAX);
        seen.notifications.push(Notification {
            id,
            summary,
            body,
            sender: header.sender().map(ToString::to_string).unwrap_or_default(),
        });
        id
    }
}

struct Watcher {
    seen: Shared,
    answering: Answering,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        item: String,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<()> {
        lock(&self.seen).items.push(item.clone());
        let _answering = self.answering.lock().await;
        Self::status_notifier_item_registered(&emitter, &item).await?;
        Ok(())
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        lock(&self.seen).items.clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(
        emitter: &SignalEmitter<'_>,
        item: &str,
    ) -> zbus::Result<()>;
}

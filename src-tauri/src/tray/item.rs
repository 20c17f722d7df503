//! The item in a Linux desktop's tray, over the session bus (freedesktop.org's StatusNotifierItem):
//! whether the desktop has a tray shows there.

use super::Choice;
use ksni::blocking::{Handle, TrayMethods};
use ksni::menu::{MenuItem, StandardItem};
use ksni::{Error, Icon, OfflineReason};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::image::Image;

type Act = Arc<dyn Fn(Choice) + Send + Sync>;

/// An item that is shown until this is dropped.
pub struct Item {
    handle: Handle<Presence>,
    online: Arc<AtomicBool>,
}

struct Presence {
    icon: Option<Icon>,
    act: Act,
    /// Whether the desktop shows it.
    online: Arc<AtomicBool>,
}

impl Item {
    /// Shows one; `act` is called with what the person chooses. It blocks until the desktop has
    /// answered.
    ///
    /// # Errors
    /// Where the desktop has no tray: in words for the person.
    pub fn show(
        icon: Option<Icon>,
        act: impl Fn(Choice) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let online = Arc::new(AtomicBool::new(true));
        let presence = Presence {
            icon,
            act: Arc::new(act),
            online: Arc::clone(&online),
        };
        let handle = presence.spawn().map_err(|error| match error {
            Error::Watcher(_) | Error::WontShow => "This desktop has no tray.".to_owned(),
            Error::Dbus(error) => format!("The session bus does not answer: {error}."),
            // The library's enum, which grows with its versions.
            other => format!("The tray does not answer: {other}."),
        })?;
        Ok(Self { handle, online })
    }

    /// Whether it can be seen.
    pub fn is_shown(&self) -> bool {
        !self.handle.is_closed() && self.online.load(Ordering::Relaxed)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Presence {
    fn choice(label: &str, choice: Choice) -> MenuItem<Self> {
        StandardItem {
            label: label.to_owned(),
            activate: Box::new(move |this: &mut Self| (this.act)(choice)),
            ..StandardItem::default()
        }
        .into()
    }
}

impl ksni::Tray for Presence {
    fn id(&self) -> String {
        "tacet".to_owned()
    }

    fn title(&self) -> String {
        "Tacet".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        self.icon.iter().cloned().collect()
    }

    fn activate(&mut self, _: i32, _: i32) {
        (self.act)(Choice::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        vec![
            Self::choice("Open Tacet", Choice::Open),
            Self::choice("Stop everything", Choice::StopEverything),
            MenuItem::Separator,
            Self::choice("Quit", Choice::Quit),
        ]
    }

    fn watcher_online(&self) {
        self.online.store(true, Ordering::Relaxed);
    }

    /// A window that nobody can open any more is shown.
    fn watcher_offline(&self, _: OfflineReason) -> bool {
        self.online.store(false, Ordering::Relaxed);
        (self.act)(Choice::Open);
        true
    }
}

/// An image in the form of the tray: 32 bits a pixel, the alpha first.
pub fn pixels(image: &Image<'_>) -> Icon {
    let rgba = image.rgba().chunks_exact(4);
    Icon {
        // No icon of ours has a side that does not fit.
        width: i32::try_from(image.width()).unwrap_or(i32::MAX),
        height: i32::try_from(image.height()).unwrap_or(i32::MAX),
        data: rgba.flat_map(|it| [it[3], it[0], it[1], it[2]]).collect(),
    }
}

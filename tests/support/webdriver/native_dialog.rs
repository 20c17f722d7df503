//! A dialog of the toolkit's own, which is no part of the page: it is found by its title, and gets keys
//! from the X server.
//!
//! The requests are those of the XTEST extension, version 2.2; a title is `WM_NAME` of the
//! Inter-Client Communication Conventions, section 4.1.2.1.

use super::app::App;
use crate::patience::within;
use std::error::Error;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// The symbol of the Return key (`X11/keysymdef.h`).
const RETURN: u32 = 0xff0d;

/// How often is looked for a dialog.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl App {
    /// Waits for a dialog of that title, and presses Return in it until it is gone.
    ///
    /// # Panics
    /// When it does not come, or does not go.
    pub async fn press_return_in(&self, title: &str) {
        let (x, screen) = match x11rb::connect(Some(self.display())) {
            Ok(connected) => connected,
            Err(error) => panic!("the screen {} does not answer: {error}", self.display()),
        };
        let root = x.setup().roots[screen].root;
        let pressed = async {
            let mut seen = false;
            loop {
                match find(&x, root, title).ok().flatten() {
                    Some(window) => {
                        seen = true;
                        // One that is not ready yet takes the next press.
                        let _ = press(&x, root, window);
                    }
                    None if seen => return,
                    None => {}
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        within(&format!("the dialog \"{title}\" to be answered"), pressed).await;
    }
}

/// The window on the screen that has this title.
fn find(x: &RustConnection, root: Window, title: &str) -> Result<Option<Window>, Box<dyn Error>> {
    for window in x.query_tree(root)?.reply()?.children {
        let name = AtomEnum::WM_NAME;
        let name = x
            .get_property(false, window, name, AtomEnum::ANY, 0, 256)?
            .reply()?;
        let mapped = x.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if mapped && name.value == title.as_bytes() {
            return Ok(Some(window));
        }
    }
    Ok(None)
}

/// Gives a window the focus, as a window manager does, and presses Return.
fn press(x: &RustConnection, root: Window, window: Window) -> Result<(), Box<dyn Error>> {
    let setup = x.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let map = x.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let width = usize::from(map.keysyms_per_keycode);
    let place = map
        .keysyms
        .chunks(width)
        .position(|it| it.contains(&RETURN));
    let code = first + u8::try_from(place.ok_or("no key is Return")?)?;
    x.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?
        .check()?;
    for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
        x.xtest_fake_input(kind, code, x11rb::CURRENT_TIME, root, 0, 0, 0)?
            .check()?;
    }
    Ok(())
}

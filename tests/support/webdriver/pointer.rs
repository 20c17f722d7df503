//! The screen's own pointer: its press takes the way of a person's, through the X server and the
//! toolkit, and begins at a moment that the caller knows. WebDriver's goes to the page directly.
//!
//! The requests are those of the XTEST extension, version 2.2.

use super::app::App;
use super::close_button::window_of;
use super::locator::Locator;
use serde_json::json;
use std::error::Error;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// That a motion is from where the pointer is (XTEST, "XTestFakeInput").
const RELATIVE: u8 = 1;
/// The left button.
const LEFT: u8 = 1;

/// The pointer of an application's screen.
pub struct Pointer {
    x: RustConnection,
    screen: usize,
    process: u32,
}

impl Pointer {
    /// The pointer of the application's screen.
    ///
    /// # Panics
    /// When the screen does not answer.
    #[must_use]
    pub fn of(app: &App) -> Self {
        match x11rb::connect(Some(app.display())) {
            Ok((x, screen)) => Self {
                x,
                screen,
                process: app.process().id(),
            },
            Err(error) => panic!("the screen {} does not answer: {error}", app.display()),
        }
    }

    /// Moves the pointer over the middle of an element of the page.
    ///
    /// # Panics
    /// When there is no such element or no window.
    pub async fn move_to(&self, app: &App, locator: &Locator) {
        let script = "const r = document.querySelector(arguments[0]).getBoundingClientRect();
            return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)]";
        let at = app.run(script, &[json!(locator.selector())]).await;
        let coordinate = |value: &serde_json::Value| i16::try_from(value.as_i64().unwrap_or(-1));
        let (Ok(x), Ok(y)) = (coordinate(&at[0]), coordinate(&at[1])) else {
            panic!("{locator} is not on the screen");
        };
        if let Err(error) = self.go(x, y) {
            panic!("the pointer does not move: {error}");
        }
    }

    /// Presses and releases the left button where the pointer is.
    ///
    /// # Panics
    /// When the screen does not answer.
    pub fn click(&self) {
        self.press();
        self.release();
    }

    /// Presses the left button where the pointer is, and holds it.
    ///
    /// # Panics
    /// When the screen does not answer.
    pub fn press(&self) {
        if let Err(error) = self.fake(BUTTON_PRESS_EVENT, LEFT, 0, 0) {
            panic!("the button cannot be pressed: {error}");
        }
    }

    /// Releases it.
    ///
    /// # Panics
    /// When the screen does not answer.
    pub fn release(&self) {
        if let Err(error) = self.fake(BUTTON_RELEASE_EVENT, LEFT, 0, 0) {
            panic!("the button cannot be released: {error}");
        }
    }

    /// Moves the pointer by so many pixels, as a hand does that has begun to drag.
    ///
    /// # Panics
    /// When the screen does not answer.
    pub fn nudge(&self, x: i16, y: i16) {
        let moved = self.fake(MOTION_NOTIFY_EVENT, RELATIVE, x, y);
        if let Err(error) = moved {
            panic!("the pointer does not move: {error}");
        }
    }

    /// To a place of the application's window.
    fn go(&self, x: i16, y: i16) -> Result<(), Box<dyn Error>> {
        let root = self.x.setup().roots[self.screen].root;
        let window = window_of(&self.x, root, self.process)?.ok_or("there is no window")?;
        let place = self.x.translate_coordinates(window, root, x, y)?.reply()?;
        self.fake(MOTION_NOTIFY_EVENT, 0, place.dst_x, place.dst_y)
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) -> Result<(), Box<dyn Error>> {
        let root = self.x.setup().roots[self.screen].root;
        self.x
            .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, root, x, y, 0)?
            .check()?;
        Ok(())
    }
}

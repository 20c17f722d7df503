//! Drives the real application in its real window: an X server of its own, a bus of its own, the
//! platform's WebDriver, and what WebDriver cannot do (closing the window as a user does, and
//! watching the processes).
//!
//! Every command panics with the driver's words when it fails, since a test has no other use for
//! the error; the application's output follows when the test ends in a panic.

mod app;
mod background;
mod bus;
mod close_button;
mod desktop;
mod display;
mod driver;
mod element;
mod key;
mod keychain;
mod launch;
mod locator;
mod native_dialog;
mod page;
mod pointer;
mod process;
mod repaints;
mod wayland;
mod windows;

pub use app::{App, WindowRect};
pub use desktop::{Desktop, Notification};
pub use display::Display;
pub use element::Element;
pub use key::{Key, chord};
pub use keychain::Keychain;
pub use launch::Launch;
pub use locator::{Locator, testid};
pub use page::COLLECT;
pub use pointer::Pointer;
pub use process::{AppProcess, counted, descendants};
pub use repaints::{Painted, Repaints};

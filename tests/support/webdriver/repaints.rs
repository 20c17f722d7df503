//! What the window paints anew, as the X server sees it (DAMAGE extension, version 1.1).

use super::app::App;
use super::close_button::window_of;
use crate::patience::{GLANCE, until, within_limit};
use std::error::Error;
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// The version of the extension whose requests are used here.
const VERSION: (u32, u32) = (1, 1);

/// A part of the window, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Painted {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// Watches an application's window from now on.
pub struct Repaints {
    x: RustConnection,
}

impl Repaints {
    /// Watches the window that the application has now.
    ///
    /// # Panics
    /// When the screen does not answer, or there is no window.
    #[must_use]
    pub fn of(app: &App) -> Self {
        match watch(app) {
            Ok(x) => Self { x },
            Err(error) => panic!("the window cannot be watched: {error}"),
        }
    }

    /// What was painted since the last look, piece by piece.
    ///
    /// # Panics
    /// When the screen does not answer.
    #[must_use]
    pub fn look(&self) -> Vec<Painted> {
        match self.events() {
            Ok(painted) => painted,
            Err(error) => panic!("the screen does not answer: {error}"),
        }
    }

    /// Waits until something was painted that `wanted` names.
    ///
    /// # Panics
    /// When it is not within the usual limit, with `what` in the message.
    pub async fn wait_for(&self, what: &str, wanted: impl Fn(&Painted) -> bool) {
        until(what, || self.look().iter().any(&wanted).then_some(())).await;
    }

    /// Waits until nothing was painted for `time`, and gives all that was painted since the last
    /// look.
    ///
    /// # Panics
    /// When that does not come within `limit`.
    pub async fn until_rest(&self, time: Duration, limit: Duration) -> Vec<Painted> {
        let mut painted = Vec::new();
        let mut last = Instant::now();
        within_limit(limit, "a window that is not painted", async {
            while last.elapsed() < time {
                let more = self.look();
                if !more.is_empty() {
                    last = Instant::now();
                    painted.extend(more);
                }
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await;
        painted
    }

    fn events(&self) -> Result<Vec<Painted>, Box<dyn Error>> {
        // All that was painted before this question was told before its answer.
        self.x.get_input_focus()?.reply()?;
        let mut painted = Vec::new();
        while let Some(event) = self.x.poll_for_event()? {
            if let Event::DamageNotify(damage) = event {
                let area = damage.area;
                painted.push(Painted {
                    x: area.x.into(),
                    y: area.y.into(),
                    width: area.width.into(),
                    height: area.height.into(),
                });
            }
        }
        Ok(painted)
    }
}

fn watch(app: &App) -> Result<RustConnection, Box<dyn Error>> {
    let (x, screen) = x11rb::connect(Some(app.display()))?;
    x.damage_query_version(VERSION.0, VERSION.1)?.reply()?;
    let root = x.setup().roots[screen].root;
    let window = window_of(&x, root, app.process().id())?.ok_or("there is no window")?;
    let id = x.generate_id()?;
    x.damage_create(id, window, ReportLevel::RAW_RECTANGLES)?
        .check()?;
    Ok(x)
}

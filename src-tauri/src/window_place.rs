//! Where a window opens: where it was, or beside the one that it is opened from, as far as that is on a
//! screen. A window beside the screens, or larger than they are, would put Stop out of reach.

use crate::windows::MAIN;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use tauri::window::Monitor;
use tauri::{
    LogicalPosition, LogicalSize, Manager, PhysicalPosition, PhysicalSize, Runtime, WebviewWindow,
};

/// A rectangle in pixels of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rect {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

/// What `tauri-plugin-window-state` saves of a window, as far as it is used here.
#[derive(Debug, Deserialize)]
struct Saved {
    width: u32,
    height: u32,
    x: i32,
    y: i32,
    prev_x: i32,
    prev_y: i32,
    maximized: bool,
}

/// Puts a window that was just made where `file` says that it was, and into the work area of the
/// screen that it is on. Without a file that says so it stays where it is, and fits as well.
///
/// # Errors
/// When the window system does not tell of its screens or the window.
pub fn restore<R: Runtime>(window: &WebviewWindow<R>, file: &Path) -> tauri::Result<()> {
    let saved = saved(file, window.label());
    let areas = areas(window)?;
    let wanted = match &saved {
        // Of a maximized window the place before that counts.
        Some(saved) if saved.maximized => rect(saved.prev_x, saved.prev_y, saved),
        Some(saved) => rect(saved.x, saved.y, saved),
        None => place_of(window)?,
    };
    let fitted = fit(wanted, least(window)?, &areas);
    if saved.is_some() || fitted != wanted {
        put(window, fitted)?;
    }
    if saved.is_some_and(|saved| saved.maximized) {
        window.maximize()?;
    }
    Ok(())
}

/// A window that opens beside another one is so many logical pixels further right and down.
const STEP: LogicalPosition<f64> = LogicalPosition::new(32.0, 32.0);

/// Puts a window that was just made beside another one, as large as that, so that both can be seen, and
/// into the work area of the screen that it is on. Beside one that fills its screen it has the size that
/// it is configured with.
///
/// # Errors
/// When the window system does not tell of its screens or the windows.
pub fn beside<R: Runtime>(
    window: &WebviewWindow<R>,
    other: &WebviewWindow<R>,
) -> tauri::Result<()> {
    let step = STEP.to_physical::<i32>(other.scale_factor()?);
    let from = place_of(other)?;
    let own = place_of(window)?;
    let size = if other.is_maximized()? { own } else { from };
    let wanted = Rect {
        x: from.x + i64::from(step.x),
        y: from.y + i64::from(step.y),
        ..size
    };
    put(window, fit(wanted, least(window)?, &areas(window)?))
}

fn areas<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<Vec<Rect>> {
    Ok(window.available_monitors()?.iter().map(work_area).collect())
}

fn place_of<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<Rect> {
    let (at, size) = (window.outer_position()?, window.inner_size()?);
    Ok(Rect {
        x: at.x.into(),
        y: at.y.into(),
        width: size.width.into(),
        height: size.height.into(),
    })
}

fn put<R: Runtime>(window: &WebviewWindow<R>, rect: Rect) -> tauri::Result<()> {
    let pixels = |value: i64| u32::try_from(value).unwrap_or_default();
    let place = |value: i64| i32::try_from(value).unwrap_or_default();
    window.set_size(PhysicalSize::new(pixels(rect.width), pixels(rect.height)))?;
    window.set_position(PhysicalPosition::new(place(rect.x), place(rect.y)))
}

fn saved(file: &Path, label: &str) -> Option<Saved> {
    // A file that is not right says nothing; the plugin writes it anew at the end.
    let text = std::fs::read(file).ok()?;
    let mut windows: HashMap<String, serde_json::Value> = serde_json::from_slice(&text).ok()?;
    serde_json::from_value(windows.remove(label)?).ok()
}

fn rect(x: i32, y: i32, saved: &Saved) -> Rect {
    Rect {
        x: x.into(),
        y: y.into(),
        width: saved.width.into(),
        height: saved.height.into(),
    }
}

fn work_area(monitor: &Monitor) -> Rect {
    let area = monitor.work_area();
    Rect {
        x: area.position.x.into(),
        y: area.position.y.into(),
        width: area.size.width.into(),
        height: area.size.height.into(),
    }
}

/// The smallest size that a window may have, as the first one is configured.
fn least<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<PhysicalSize<u32>> {
    let windows = &window.config().app.windows;
    let config = windows.iter().find(|one| one.label == MAIN);
    let side = |length: Option<f64>| length.unwrap_or_default();
    let (width, height) = config.map_or((0.0, 0.0), |one| {
        (side(one.min_width), side(one.min_height))
    });
    Ok(LogicalSize::new(width, height).to_physical(window.scale_factor()?))
}

/// The rectangle within the area that has most of it, or else within the first: no larger than it,
/// no smaller than `least`, and all of it inside.
fn fit(wanted: Rect, least: PhysicalSize<u32>, areas: &[Rect]) -> Rect {
    let shared = |area: &&Rect| {
        let side = |at: i64, length: i64, other: i64, its: i64| {
            ((at + length).min(other + its) - at.max(other)).max(0)
        };
        side(wanted.x, wanted.width, area.x, area.width)
            * side(wanted.y, wanted.height, area.y, area.height)
    };
    // Of equals the last is the greatest.
    let Some(area) = areas.iter().rev().max_by_key(shared) else {
        return wanted;
    };
    let width = wanted.width.max(least.width.into()).min(area.width);
    let height = wanted.height.max(least.height.into()).min(area.height);
    Rect {
        x: wanted.x.clamp(area.x, area.x + area.width - width),
        y: wanted.y.clamp(area.y, area.y + area.height - height),
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::{Rect, fit};
    use tauri::PhysicalSize;

    const LEAST: PhysicalSize<u32> = PhysicalSize::new(380, 480);
    const LEFT: Rect = of(0, 24, 1280, 776);
    const RIGHT: Rect = of(1280, 0, 1920, 1080);

    const fn of(x: i64, y: i64, width: i64, height: i64) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_window_is_put_onto_the_screen_that_has_most_of_it() {
        let screens = [LEFT, RIGHT];
        for (wanted, fitted) in [
            (of(100, 100, 800, 600), of(100, 100, 800, 600)),
            (of(1300, 400, 800, 600), of(1300, 400, 800, 600)),
            (of(900, 400, 500, 600), of(780, 200, 500, 600)),
            (of(1200, 400, 500, 600), of(1280, 400, 500, 600)),
            (of(5000, 5000, 800, 600), of(480, 200, 800, 600)),
            (of(-5000, -5000, 800, 600), of(0, 24, 800, 600)),
            (of(0, 0, 9000, 9000), of(1280, 0, 1920, 1080)),
            (of(3190, 1070, 10, 10), of(2820, 600, 380, 480)),
            (of(0, 0, u32::MAX as i64, 0), of(0, 24, 1280, 480)),
        ] {
            assert_eq!(fit(wanted, LEAST, &screens), fitted, "{wanted:?}");
        }
        let second_is_gone = fit(of(1300, 400, 800, 600), LEAST, &[LEFT]);
        assert_eq!(second_is_gone, of(480, 200, 800, 600));
    }
}

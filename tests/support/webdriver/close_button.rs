//! Closes the window the way its close button does, because WebDriver's own command kills the
//! application without asking it.
//!
//! The message is `WM_DELETE_WINDOW` of the Inter-Client Communication Conventions, section 4.2.8.1;
//! the window is found by `_NET_WM_PID` of the Extended Window Manager Hints.

use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, Window};
use x11rb::rust_connection::RustConnection;

/// Sends the message to the mapped window of process `id`, to the one at that place of the screen where
/// one is named; false when it has none.
pub(super) fn press(
    display: &str,
    id: u32,
    at: Option<(i64, i64)>,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let (x, screen) = x11rb::connect(Some(display))?;
    let root = x.setup().roots[screen].root;
    let mut meant = None;
    for window in windows_of(&x, root, id)? {
        let place = x.translate_coordinates(window, root, 0, 0)?.reply()?;
        let place = (place.dst_x.into(), place.dst_y.into());
        if at.is_none_or(|at| at == place) {
            meant = Some(window);
            break;
        }
    }
    let Some(window) = meant else {
        return Ok(false);
    };
    let protocols = atom(&x, b"WM_PROTOCOLS")?;
    let delete = atom(&x, b"WM_DELETE_WINDOW")?;
    let message = ClientMessageEvent::new(
        32,
        window,
        protocols,
        [delete, x11rb::CURRENT_TIME, 0, 0, 0],
    );
    x.send_event(false, window, EventMask::NO_EVENT, message)?
        .check()?;
    Ok(true)
}

/// How many mapped windows process `id` has.
pub(super) fn count(
    display: &str,
    id: u32,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let (x, screen) = x11rb::connect(Some(display))?;
    let root = x.setup().roots[screen].root;
    Ok(windows_of(&x, root, id)?.len())
}

/// The titles of its mapped windows, from the lowest up.
pub(super) fn titles(
    display: &str,
    id: u32,
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let (x, screen) = x11rb::connect(Some(display))?;
    let root = x.setup().roots[screen].root;
    let (name, utf8) = (atom(&x, b"_NET_WM_NAME")?, atom(&x, b"UTF8_STRING")?);
    let mut titles = Vec::new();
    for window in windows_of(&x, root, id)? {
        let title = x.get_property(false, window, name, utf8, 0, 256)?.reply()?;
        titles.push(String::from_utf8_lossy(&title.value).into_owned());
    }
    Ok(titles)
}

/// The first mapped window of process `id`.
pub(super) fn window_of(
    x: &RustConnection,
    root: Window,
    id: u32,
) -> Result<Option<Window>, ReplyOrIdError> {
    Ok(windows_of(x, root, id)?.into_iter().next())
}

/// Its mapped windows, from the lowest up.
fn windows_of(x: &RustConnection, root: Window, id: u32) -> Result<Vec<Window>, ReplyOrIdError> {
    let mut found = Vec::new();
    let pid = atom(x, b"_NET_WM_PID")?;
    let delete = atom(x, b"WM_DELETE_WINDOW")?;
    let protocols = atom(x, b"WM_PROTOCOLS")?;
    for window in x.query_tree(root)?.reply()?.children {
        let owner = numbers(x, window, pid, AtomEnum::CARDINAL)?;
        let knows_delete = numbers(x, window, protocols, AtomEnum::ATOM)?.contains(&delete);
        // The toolkit keeps unmapped windows of its own beside the one that a user sees.
        let mapped = x.get_window_attributes(window)?.reply()?.map_state
            == x11rb::protocol::xproto::MapState::VIEWABLE;
        if owner.contains(&id) && knows_delete && mapped {
            found.push(window);
        }
    }
    Ok(found)
}

fn atom(x: &RustConnection, name: &[u8]) -> Result<u32, ReplyOrIdError> {
    Ok(x.intern_atom(false, name)?.reply()?.atom)
}

fn numbers(
    x: &RustConnection,
    window: Window,
    property: u32,
    kind: AtomEnum,
) -> Result<Vec<u32>, ReplyOrIdError> {
    let reply = x
        .get_property(false, window, property, kind, 0, 32)?
        .reply()?;
    Ok(reply.value32().into_iter().flatten().collect())
}

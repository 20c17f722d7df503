//! Where the window may go: nowhere but to the app's own pages. Whatever else it showed would have
//! no Stop.

use tauri::webview::NewWindowResponse;
use tauri::{Manager, Runtime, Url, WebviewWindowBuilder};

/// The page that is shown where the conversations cannot be, from the root of the app's files.
pub const FAILURE_PAGE: &str = "failure.html";

/// Keeps a window on the app's own pages; no page opens another window.
#[must_use]
pub fn keep<'a, R: Runtime, M: Manager<R>>(
    window: WebviewWindowBuilder<'a, R, M>,
) -> WebviewWindowBuilder<'a, R, M> {
    window
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
}

/// The failure page's address, with the place in the app that `shown` names after its `#`, so that
/// the way back leads there.
#[cfg(target_os = "linux")]
#[must_use]
pub fn failure_page(shown: Option<&str>) -> String {
    let place = shown.and_then(|address| address.split_once('#'));
    let place = place.map_or("", |(_, place)| place);
    format!("tauri://localhost/{FAILURE_PAGE}#{place}")
}

/// Whether an address is that of a page of the app. The app's other files are none: a window that
/// showed a script or a picture would have no Stop either.
fn is_own_page(url: &Url) -> bool {
    // Windows has no schemes of an app's own, so that WebView2 sees the second form.
    let is_app = if cfg!(windows) {
        matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost")
    } else {
        url.scheme() == "tauri" && url.host_str() == Some("localhost")
    };
    let page = url.path().trim_start_matches('/');
    is_app && url.port().is_none() && ["", "index.html", FAILURE_PAGE].contains(&page)
}

#[cfg(all(test, not(windows)))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::is_own_page;
    use tauri::Url;

    #[test]
    fn the_apps_own_pages_may_be_shown_and_nothing_else() {
        for (address, allowed) in [
            ("tauri://localhost", true),
            ("tauri://localhost/", true),
            ("tauri://localhost/#0199-a-conversation", true),
            ("tauri://localhost/index.html", true),
            ("tauri://localhost/failure.html#0199-a-conversation", true),
            ("tauri://localhost/assets/index.js", false),
            ("tauri://localhost:80/", false),
            ("tauri://elsewhere/", false),
            ("http://tauri.localhost/", false),
            ("http://localhost:1420/", false),
            ("http://127.0.0.1:8080/", false),
            ("https://example.org/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,hello", false),
            ("blob:tauri://localhost/0199", false),
            ("about:blank", false),
            ("javascript:void 0", false),
        ] {
            assert_eq!(
                is_own_page(&Url::parse(address).unwrap()),
                allowed,
                "{address}"
            );
        }
    }
}

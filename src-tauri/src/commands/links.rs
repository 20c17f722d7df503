//! The one way out of the window: a link that the person opened.

use crate::view::CommandError;

/// Opens a link in the system's browser or mail program. Links come from models, so only what
/// cannot run anything by itself is let through.
#[tauri::command]
pub async fn open_link(url: String) -> Result<(), CommandError> {
    open_outside(&url)
}

/// The same for what the app itself was asked to open.
///
/// # Errors
/// When the address could run something, or nothing opens it: in words for the person.
pub fn open_outside(url: &str) -> Result<(), CommandError> {
    let url = check(url).map_err(CommandError::invalid)?;
    open::that_detached(url.as_str()).map_err(|error| {
        CommandError::invalid(format!(
            "The link could not be opened: {error}. Copy it from the tooltip instead."
        ))
    })
}

fn check(text: &str) -> Result<tauri::Url, String> {
    let url = tauri::Url::parse(text)
        .map_err(|_| "This is not a whole link, so it was not opened.".to_owned())?;
    match url.scheme() {
        "http" | "https" | "mailto" => Ok(url),
        other => Err(format!(
            "Links that begin with \"{other}:\" are not opened, since they can start programs. \
             Web and mail links are."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn web_and_mail_links_pass_and_nothing_else_does() {
        for good in [
            "https://example.org/a?b#c",
            "HTTP://example.org",
            "mailto:a@example.org",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            " javascript:alert(1)",
            "vbscript:x",
            "tauri://localhost/",
            "ssh://host",
            "smb://host/share",
            "/etc/passwd",
            "example.org",
            "--help",
            "",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}

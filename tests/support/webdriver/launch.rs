//! What an application under test is started with.

use super::app::App;
use super::desktop::Desktop;
use super::display::Display;
use super::keychain::Keychain;
use std::path::{Path, PathBuf};

/// The start of an application; nothing runs before [`Launch::start`].
#[derive(Debug, Clone)]
pub struct Launch {
    pub(super) binary: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// The address of a bus that was there before.
    pub(super) bus: Option<String>,
    pub(super) screen: (u32, u32),
    pub(super) wayland: bool,
    pub(super) outlives_its_page: bool,
    /// The program with its arguments that starts it.
    pub(super) through: Vec<String>,
}

impl Launch {
    /// Will start this executable on a screen of 1280 by 900 pixels.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self {
            binary: binary.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            bus: None,
            screen: (1280, 900),
            wayland: false,
            outlives_its_page: false,
            through: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a variable to the environment that is inherited from the test.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        let value = value.as_ref().to_string_lossy().into_owned();
        self.environment.push((name.to_owned(), value));
        self
    }

    /// Lets it use this keychain. Without one it has none.
    #[must_use]
    pub fn keychain(mut self, keychain: &Keychain) -> Self {
        self.bus = Some(keychain.address().to_owned());
        self
    }

    /// Lets it use the tray and the notifications of this desktop. Without one it has none.
    #[must_use]
    pub fn desktop(mut self, desktop: &Desktop) -> Self {
        self.bus = Some(desktop.address().to_owned());
        self
    }

    /// Sets the size of the screen, in pixels.
    #[must_use]
    pub fn screen(mut self, width: u32, height: u32) -> Self {
        self.screen = (width, height);
        self
    }

    /// Lets it show its window on a Wayland compositor in place of the X server. The pointer and
    /// the close button of the window are out of reach then.
    #[must_use]
    pub fn wayland(mut self) -> Self {
        self.wayland = true;
        self
    }

    /// Lets it live on where its page's process ends, or it starts itself anew: see
    /// [`App::reconnect`]. Else the driver ends it then.
    #[must_use]
    pub fn outlives_its_page(mut self) -> Self {
        self.outlives_its_page = true;
        self
    }

    /// Lets it, and the driver, read and write only what the files' permissions say, also where root
    /// runs the tests.
    #[must_use]
    pub fn without_root_powers(mut self) -> Self {
        if rustix::process::geteuid().is_root() {
            let drop = "--bounding-set=-dac_override,-dac_read_search";
            self.through = ["setpriv", drop, "--"].map(str::to_owned).to_vec();
        }
        // The driver would start it by itself.
        self.outlives_its_page = true;
        self
    }

    /// Puts a small disk at `at`, copies the files in `from` onto it, and fills it. Only the
    /// application and the driver see it.
    #[must_use]
    pub fn on_full_disk(mut self, at: &Path, from: &Path) -> Self {
        let script = "mount -t tmpfs -o size=600k tmpfs \"$1\" && cp \"$2\"/*.* \"$1\" \\
            && { cat /dev/zero > \"$1/filler\" 2> /dev/null; shift 2; exec \"$@\"; }";
        let mut through = vec!["unshare"];
        if !rustix::process::geteuid().is_root() {
            through.extend(["--user", "--map-root-user"]);
        }
        through.extend(["--mount", "sh", "-c", script, "sh"]);
        let folders = [at, from].map(|path| path.to_string_lossy().into_owned());
        self.through = through
            .into_iter()
            .map(str::to_owned)
            .chain(folders)
            .collect();
        self.outlives_its_page = true;
        self
    }

    /// Starts the application on a screen and a bus of its own, and waits for its page.
    ///
    /// # Panics
    /// When the driver or the application does not start.
    pub async fn start(self) -> App {
        let display = Display::start(self.screen.0, self.screen.1);
        App::start(self, display).await
    }
}

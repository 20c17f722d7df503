//! Who paints the page: the graphics card, or the processor by itself.
//!
//! WebKitGTK hands a page to OpenGL also where no card is there. The processor then plays the card,
//! and each frame is the whole window, copied twice: of two cores both are taken for some 15 ms
//! a frame, and the press of Stop waits for one of them. Without OpenGL only what changed is
//! painted, a frame takes a fraction, and the processes need 80 MB less.

use tacet_settings::HardwareAcceleration;

/// Decides for this process. To be called while it has one thread only, before there is a window:
/// the web view reads the environment, which threads must not change under each other. (Its own
/// setting for it ends the page's process under Wayland, seen with WebKitGTK 2.50.)
#[cfg(target_os = "linux")]
pub fn choose(wanted: HardwareAcceleration) {
    let off = match wanted {
        HardwareAcceleration::On => false,
        HardwareAcceleration::Auto => !has_graphics_card("/dev".as_ref()),
        HardwareAcceleration::Off => true,
    };
    if off {
        // Without it the page is painted all the same, only slower.
        drop(glib::setenv("WEBKIT_DISABLE_COMPOSITING_MODE", "1", true));
    }
}

/// The web views of other systems decide for themselves.
#[cfg(not(target_os = "linux"))]
pub fn choose(_wanted: HardwareAcceleration) {}

/// Whether a device that renders is among the system's: a card's render node, which one that only
/// shows pictures (`card0` of many virtual machines) does not have; NVIDIA's own driver; or the
/// host's card behind Windows' Linux.
#[cfg(target_os = "linux")]
#[must_use]
pub fn has_graphics_card(devices: &std::path::Path) -> bool {
    let renders = std::fs::read_dir(devices.join("dri")).is_ok_and(|nodes| {
        let mut names = nodes.flatten().map(|node| node.file_name());
        names.any(|name| name.to_string_lossy().starts_with("renderD"))
    });
    renders || devices.join("nvidia0").exists() || devices.join("dxg").exists()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::has_graphics_card;
    use std::fs::{create_dir, write};

    #[test]
    fn a_card_is_one_that_renders() {
        for (node, renders) in [
            ("dri/renderD128", true),
            ("dri/card0", false),
            ("nvidia0", true),
            ("dxg", true),
            ("tty0", false),
        ] {
            let devices = tempfile::tempdir().unwrap();
            create_dir(devices.path().join("dri")).unwrap();
            write(devices.path().join(node), "").unwrap();
            assert_eq!(has_graphics_card(devices.path()), renders, "{node}");
        }
        assert!(!has_graphics_card("/nowhere".as_ref()));
    }
}

//! What runs beside a test.

use std::process::Child;

/// A program that is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Background(pub(super) Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

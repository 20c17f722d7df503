//! Mutexes whose content is good whatever becomes of who holds them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The content of a mutex, whatever became of who held it before.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here is left half changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

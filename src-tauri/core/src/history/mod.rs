//! Repair of a history for a wire, so that the next request is valid after every kind of stop
//! (rules C19 to C21).

mod continuation;
mod note;
mod repair;
mod step;

pub use continuation::{Continuation, GO_ON, prepare};
pub use repair::{CallIds, EMPTY_RESULT, NO_RESULT, Rules, TURN_ENDED, repair};
pub use step::{Step, steps};

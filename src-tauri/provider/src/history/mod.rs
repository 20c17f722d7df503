//! Repair of a history for a wire, so that the next request is valid after every kind of stop
//! (rules C19 to C21).

mod change;
mod continuation;
mod name;
mod note;
mod repair;
mod step;

pub use change::{Repair, RepairChange};
pub use continuation::{Continuation, GO_ON, prepare};
pub use name::CallIds;
pub use repair::{
    EMPTY_RESULT, NO_RESULT, ReasoningPlace, Rules, TURN_ENDED, WEB_IMAGES, preview, repair,
};
pub use step::{Step, steps};

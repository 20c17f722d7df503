//! Repair of a history for a wire, so that the next request is valid after every kind of stop
//! (rules C19 to C21).

mod binding;
mod change;
mod continuation;
mod name;
mod note;
mod preview;
mod repair;
mod result;
mod rules;
mod step;
mod written;

pub use change::{Repair, RepairChange};
pub use continuation::{GO_ON, prepare};
pub use name::CallIds;
pub(crate) use name::{function_name, unique};
pub use preview::{Preview, preview};
pub use repair::{EMPTY_RESULT, NO_RESULT, TURN_ENDED, repair};
pub(crate) use result::pictures;
pub use rules::{AnswerImages, Continuation, RESULT_BYTES, ReasoningPlace, Rules, WEB_IMAGES};
pub use step::{Step, steps};
pub(crate) use step::{instructions, sealed_list};
pub use written::Written;
pub(crate) use written::{Block, Listed, Writer, join};

//! Calls of a server's own tools, as they came, while their results have not.

use serde_json::Value;

/// The calls that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<Value>);

impl Waiting {
    /// A call is whole.
    pub(crate) fn called(&mut self, call: Value) {
        self.0.push(call);
    }

    /// A result came: gives the first call that `is_answered` by it. A result that belongs to none
    /// would be refused if it went back.
    pub(crate) fn answered(&mut self, is_answered: impl FnMut(&Value) -> bool) -> Option<Value> {
        let place = self.0.iter().position(is_answered)?;
        Some(self.0.remove(place))
    }

    /// Those whose results do not come any more.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.0)
    }
}

//! What the optional fields of requests met at a server, to be remembered beyond one run.

/// A field that a server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedField {
    /// Its name.
    pub field: String,
    /// The only model that it is refused for, where the refusal spoke of the model.
    pub model: Option<String>,
}

impl RefusedField {
    /// Whether it is refused for that model.
    #[must_use]
    pub fn concerns(&self, model: &str) -> bool {
        self.model.as_deref().is_none_or(|only| only == model)
    }
}

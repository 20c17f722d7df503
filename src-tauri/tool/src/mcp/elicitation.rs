//! Questions of a server to the person, while it works on a call.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A form that a server wants filled in. Dropping it declines.
#[derive(Debug)]
pub struct Elicitation {
    /// The server that asks.
    pub server: String,
    /// What it asks, in its own words, which are not ours.
    pub message: String,
    /// What it wants: a JSON Schema of an object whose properties are text, numbers, choices or
    /// yes and no.
    pub schema: Value,
    /// The question is void: it was taken back, its call was stopped, or the server is gone. A
    /// form that shows it closes.
    pub withdrawn: CancellationToken,
    answer: oneshot::Sender<ElicitationAnswer>,
}

/// What the person makes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum ElicitationAnswer {
    /// Filled in: an object. What it leaves out and the schema has a default for is that default.
    Accept(Value),
    /// The person would not say.
    Decline,
    /// The person closed the form without an answer.
    Cancel,
}

impl Elicitation {
    /// Answers. Returns whether anybody still wanted to know.
    pub fn answer(self, answer: ElicitationAnswer) -> bool {
        let answer = match answer {
            ElicitationAnswer::Accept(values) => {
                ElicitationAnswer::Accept(with_defaults(&self.schema, values))
            }
            ElicitationAnswer::Decline => ElicitationAnswer::Decline,
            ElicitationAnswer::Cancel => ElicitationAnswer::Cancel,
        };
        !self.withdrawn.is_cancelled() && self.answer.send(answer).is_ok()
    }
}

/// The defaults of a form are the client's to fill in (SEP-1034).
fn with_defaults(schema: &Value, mut values: Value) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    if let (Some(properties), Some(values)) = (properties, values.as_object_mut()) {
        for (name, property) in properties {
            if let Some(default) = property
                .get("default")
                .filter(|_| !values.contains_key(name))
            {
                values.insert(name.clone(), default.clone());
            }
        }
    }
    values
}

/// Where questions go.
pub type ElicitationSender = mpsc::UnboundedSender<Elicitation>;

/// A question under way. Dropping it withdraws it.
pub struct Asked {
    answer: oneshot::Receiver<ElicitationAnswer>,
    _withdraws: DropGuard,
}

/// Puts a question to the person.
pub fn ask(to: &ElicitationSender, server: &str, message: String, schema: Value) -> Asked {
    let (sender, answer) = oneshot::channel();
    let withdrawn = CancellationToken::new();
    let question = Elicitation {
        server: server.to_owned(),
        message,
        schema,
        withdrawn: withdrawn.clone(),
        answer: sender,
    };
    // Where nobody listens the question is dropped, and so declined.
    let _ = to.send(question);
    Asked {
        answer,
        _withdraws: withdrawn.drop_guard(),
    }
}

impl Asked {
    pub async fn answer(mut self) -> ElicitationAnswer {
        let answer = (&mut self.answer).await;
        answer.unwrap_or(ElicitationAnswer::Decline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_form_leaves_out_has_its_default() {
        let schema = json!({ "properties": {
            "name": { "type": "string", "default": "Ann" },
            "age": { "type": "integer", "default": 30 },
            "mail": { "type": "string" },
        } });
        let filled = with_defaults(&schema, json!({ "age": 7 }));
        assert_eq!(filled, json!({ "age": 7, "name": "Ann" }));
    }
}

//! The tools that a request offers to the model, in a form that every wire takes.

use crate::history::{CallIds, function_name, unique};
use crate::tool_limits::ToolLimits;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// A tool as the model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    name: String,
    description: String,
    input_schema: Map<String, Value>,
}

impl ToolDefinition {
    /// A tool. `input_schema` is a JSON Schema of an object; whatever else it is, the tool takes an
    /// object of any fields: OpenAI and Anthropic refuse every other type, and OpenAI an object
    /// without `properties`. The name is made one that all wires take; those of several tools are
    /// told apart by [`ToolDefinition::all`].
    #[must_use]
    pub fn new(name: &str, description: impl Into<String>, input_schema: Value) -> Self {
        let mut input_schema = match input_schema {
            Value::Object(schema) if schema.get("type").is_none_or(|it| it == "object") => schema,
            _ => Map::new(),
        };
        input_schema.insert("type".to_owned(), json!("object"));
        input_schema
            .entry("properties")
            .or_insert_with(|| json!({}));
        Self {
            name: function_name(name),
            description: description.into(),
            input_schema,
        }
    }

    /// The same tools in the same order, no two by one name: what was cut off or replaced may have
    /// been all that told them apart. A name that is free stays, so that one tool more changes no
    /// other's name (rule C27).
    #[must_use]
    pub fn all(tools: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut names = HashSet::new();
        let told_apart = |mut tool: Self| {
            tool.name = unique(&tool.name, CallIds::Plain, &mut names);
            tool
        };
        tools.into_iter().map(told_apart).collect()
    }

    /// Its name on the wire, by which the model calls it: 1 to 64 letters, digits, `_` and `-`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does, for the model.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What it takes: a JSON Schema of an object, with `properties`.
    #[must_use]
    pub fn input_schema(&self) -> &Map<String, Value> {
        &self.input_schema
    }

    /// As Chat Completions and Ollama take it (OpenAI's reference, "Create chat completion", `tools`;
    /// Ollama's, "Chat request (with tools)").
    pub(crate) fn as_function(&self, limits: ToolLimits) -> Value {
        json!({"type": "function", "function": {
            "name": self.name, "description": self.description,
            "parameters": limits.schema(&self.input_schema),
        }})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_one_that_every_wire_takes_and_no_two_are_the_same() {
        let long = "x".repeat(80);
        let names = ["files.read", "files/read", &long, &long, "", "läs", "3d"];
        let tools = names.map(|name| ToolDefinition::new(name, "", json!({})));
        let tools = ToolDefinition::all(tools);
        let names: Vec<&str> = tools.iter().map(ToolDefinition::name).collect();
        let cut = "x".repeat(64);
        let second = format!("{}_2", "x".repeat(62));
        let expected = [
            "files_read",
            "files_read_2",
            &cut,
            &second,
            "unnamed",
            "l_s",
            "_3d",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_schema_is_that_of_an_object_with_properties_whatever_was_given() {
        let taken = |given: Value| Value::Object(ToolDefinition::new("a", "", given).input_schema);
        let any = json!({"type": "object", "properties": {}});
        for given in [json!(null), json!({}), json!([]), json!({"type": "string"})] {
            assert_eq!(taken(given.clone()), any, "{given}");
        }
        let whole = json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}]}},
            "required": ["a"]});
        assert_eq!(taken(whole.clone()), whole);
    }
}

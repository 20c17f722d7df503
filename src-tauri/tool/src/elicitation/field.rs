//! A form as a server describes it: the few kinds of fields that the protocol has.
//!
//! Facts are of the specification's `PrimitiveSchemaDefinition` (2025-11-25, the same in
//! 2026-07-28): text with a format, numbers, yes and no, one or several of a list, each list with
//! or without titles.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// How many fields a form may have, and how many entries a list.
const MOST: usize = 200;

/// The fields of a form, in the server's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Form(pub(super) Vec<FormField>);

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FormField {
    /// By which the server calls it.
    pub name: String,
    /// For people; the name where the server gives no title.
    pub title: String,
    /// More about it, for people.
    pub description: Option<String>,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What goes into it.
    pub input: FieldInput,
}

/// What goes into a field, and what stands there before anybody typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum FieldInput {
    /// Text.
    Text {
        /// What kind of text.
        format: Option<TextFormat>,
        /// The fewest characters.
        #[ts(type = "number | null")]
        min_length: Option<u64>,
        /// The most characters.
        #[ts(type = "number | null")]
        max_length: Option<u64>,
        /// What stands there.
        default: String,
    },
    /// A number.
    Number {
        /// Whether it has no fraction.
        whole: bool,
        /// The least.
        minimum: Option<f64>,
        /// The greatest.
        maximum: Option<f64>,
        /// What stands there, as text.
        default: String,
    },
    /// Yes or no.
    Flag {
        /// Whether it is yes.
        default: bool,
    },
    /// One of a list.
    Choice {
        /// The list.
        options: Vec<FieldOption>,
        /// The value that is chosen.
        default: Option<String>,
    },
    /// Several of a list.
    Choices {
        /// The list.
        options: Vec<FieldOption>,
        /// The fewest.
        #[ts(type = "number | null")]
        min_items: Option<u64>,
        /// The most.
        #[ts(type = "number | null")]
        max_items: Option<u64>,
        /// The values that are chosen.
        default: Vec<String>,
    },
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldOption {
    /// What the server is told.
    pub value: String,
    /// For people.
    pub title: String,
}

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum TextFormat {
    /// An e-mail address.
    Email,
    /// A whole address, such as `https://example.org`.
    Uri,
    /// A day, as `2026-01-31`.
    Date,
    /// A moment, as `2026-01-31T12:00:00Z`.
    DateTime,
}

impl Form {
    /// The form of a schema; nothing where it has a field of another kind, or too many.
    #[must_use]
    pub fn of_schema(schema: &Value) -> Option<Self> {
        let properties = schema.get("properties")?.as_object()?;
        if properties.len() > MOST {
            return None;
        }
        let required: Vec<&str> = match schema.get("required") {
            Some(names) => names.as_array()?.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        };
        let fields = properties.iter().map(|(name, property)| {
            let property = property.as_object()?;
            Some(FormField {
                name: name.clone(),
                title: words(property, "title").unwrap_or_else(|| name.clone()),
                description: words(property, "description"),
                required: required.contains(&name.as_str()),
                input: input(property)?,
            })
        });
        fields.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[FormField] {
        &self.0
    }
}

fn input(property: &Map<String, Value>) -> Option<FieldInput> {
    let default = property.get("default");
    match property.get("type")?.as_str()? {
        "string" => match options(property)? {
            Some(options) => {
                let default = default.and_then(Value::as_str).map(str::to_owned);
                let default = default.filter(|it| options.iter().any(|one| one.value == *it));
                Some(FieldInput::Choice { options, default })
            }
            None => Some(FieldInput::Text {
                format: property.get("format").and_then(format),
                min_length: property.get("minLength").and_then(Value::as_u64),
                max_length: property.get("maxLength").and_then(Value::as_u64),
                default: default.and_then(Value::as_str).unwrap_or("").to_owned(),
            }),
        },
        kind @ ("number" | "integer") => Some(FieldInput::Number {
            whole: kind == "integer",
            minimum: property.get("minimum").and_then(Value::as_f64),
            maximum: property.get("maximum").and_then(Value::as_f64),
            default: default
                .filter(|it| it.is_number())
                .map_or_else(String::new, Value::to_string),
        }),
        "boolean" => Some(FieldInput::Flag {
            default: default.and_then(Value::as_bool).unwrap_or(false),
        }),
        "array" => {
            let options = options(property.get("items")?.as_object()?)??;
            let chosen = default.and_then(Value::as_array).into_iter().flatten();
            let chosen = chosen.filter_map(Value::as_str).map(str::to_owned);
            let known = |it: &String| options.iter().any(|one| one.value == *it);
            Some(FieldInput::Choices {
                default: chosen.filter(known).collect(),
                min_items: property.get("minItems").and_then(Value::as_u64),
                max_items: property.get("maxItems").and_then(Value::as_u64),
                options,
            })
        }
        _ => None,
    }
}

/// A list in one of its four forms; `Some(None)` where there is none, and nothing where it cannot
/// be one.
fn options(property: &Map<String, Value>) -> Option<Option<Vec<FieldOption>>> {
    let titled = property.get("oneOf").or_else(|| property.get("anyOf"));
    let options: Option<Vec<FieldOption>> = if let Some(titled) = titled {
        let titled = titled.as_array()?.iter().map(|one| {
            let value = one.get("const")?.as_str()?.to_owned();
            let title = one.get("title").and_then(Value::as_str);
            Some(FieldOption {
                title: title.unwrap_or(&value).to_owned(),
                value,
            })
        });
        titled.collect()
    } else if let Some(values) = property.get("enum") {
        // The names beside it are those of the protocol until 2025-06-18.
        let names = property.get("enumNames").and_then(Value::as_array);
        let values = values.as_array()?.iter().enumerate().map(|(place, value)| {
            let value = value.as_str()?.to_owned();
            let title = names.and_then(|names| names.get(place)?.as_str());
            Some(FieldOption {
                title: title.unwrap_or(&value).to_owned(),
                value,
            })
        });
        values.collect()
    } else {
        return Some(None);
    };
    let options = options.filter(|list| !list.is_empty() && list.len() <= MOST)?;
    Some(Some(options))
}

/// Kinds of text that the protocol does not have are text.
fn format(format: &Value) -> Option<TextFormat> {
    match format.as_str()? {
        "email" => Some(TextFormat::Email),
        "uri" => Some(TextFormat::Uri),
        "date" => Some(TextFormat::Date),
        "date-time" => Some(TextFormat::DateTime),
        _ => None,
    }
}

fn words(property: &Map<String, Value>, name: &str) -> Option<String> {
    let words = property.get(name)?.as_str()?.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn option(value: &str, title: &str) -> FieldOption {
        FieldOption {
            value: value.to_owned(),
            title: title.to_owned(),
        }
    }

    #[test]
    fn each_kind_of_field_is_read_in_the_order_of_the_server() {
        let schema = json!({
            "type": "object",
            "required": ["name", "size"],
            "properties": {
                "name": {"type": "string", "title": "Your name", "description": "As written.",
                         "minLength": 2, "maxLength": 9, "default": "Ann"},
                "mail": {"type": "string", "format": "email"},
                "age": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                "share": {"type": "number", "default": 0.5},
                "sure": {"type": "boolean", "default": true},
                "size": {"type": "string", "enum": ["s", "l"], "default": "l"},
                "old": {"type": "string", "enum": ["a", "b"], "enumNames": ["A!", "B!"]},
                "colour": {"type": "string", "oneOf": [{"const": "#f00", "title": "Red"}]},
                "days": {"type": "array", "minItems": 1, "maxItems": 2, "default": ["mo"],
                         "items": {"type": "string", "enum": ["mo", "tu"]}},
                "pets": {"type": "array", "items": {"anyOf": [{"const": "c", "title": "Cat"}]}},
            },
        });
        let form = Form::of_schema(&schema).unwrap();
        let names: Vec<_> = form.fields().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "name", "mail", "age", "share", "sure", "size", "old", "colour", "days", "pets"
            ]
        );
        let first = &form.fields()[0];
        assert_eq!(
            (first.title.as_str(), first.description.as_deref()),
            ("Your name", Some("As written."))
        );
        let required: Vec<_> = form.fields().iter().map(|field| field.required).collect();
        assert_eq!(required.iter().filter(|it| **it).count(), 2);
        let inputs: Vec<_> = form.fields().iter().map(|field| &field.input).collect();
        let expected = [
            FieldInput::Text {
                format: None,
                min_length: Some(2),
                max_length: Some(9),
                default: "Ann".to_owned(),
            },
            FieldInput::Text {
                format: Some(TextFormat::Email),
                min_length: None,
                max_length: None,
                default: String::new(),
            },
            FieldInput::Number {
                whole: true,
                minimum: Some(1.0),
                maximum: Some(9.0),
                default: "3".to_owned(),
            },
            FieldInput::Number {
                whole: false,
                minimum: None,
                maximum: None,
                default: "0.5".to_owned(),
            },
            FieldInput::Flag { default: true },
            FieldInput::Choice {
                options: vec![option("s", "s"), option("l", "l")],
                default: Some("l".to_owned()),
            },
            FieldInput::Choice {
                options: vec![option("a", "A!"), option("b", "B!")],
                default: None,
            },
            FieldInput::Choice {
                options: vec![option("#f00", "Red")],
                default: None,
            },
            FieldInput::Choices {
                options: vec![option("mo", "mo"), option("tu", "tu")],
                min_items: Some(1),
                max_items: Some(2),
                default: vec!["mo".to_owned()],
            },
            FieldInput::Choices {
                options: vec![option("c", "Cat")],
                min_items: None,
                max_items: None,
                default: Vec::new(),
            },
        ];
        assert_eq!(inputs, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_plain_form_is_none_and_an_empty_one_is_one() {
        let of = |properties: Value| Form::of_schema(&json!({ "properties": properties }));
        assert_eq!(of(json!({})), Some(Form::default()));
        for strange in [
            json!({"a": {"type": "object"}}),
            json!({"a": {"type": "array", "items": {"type": "string"}}}),
            json!({"a": {"type": "string", "enum": []}}),
            json!({"a": {"type": "string", "enum": [1]}}),
            json!({"a": {}}),
            json!({"a": 7}),
        ] {
            assert_eq!(of(strange.clone()), None, "{strange}");
        }
        let many = (0..=MOST).map(|it| (it.to_string(), json!({"type": "boolean"})));
        assert_eq!(of(Value::Object(many.collect())), None);
        assert_eq!(Form::of_schema(&json!(7)), None);
    }
}

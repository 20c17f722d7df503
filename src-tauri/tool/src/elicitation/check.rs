//! What a person filled in, held against the form.

use super::field::{FieldInput, FieldOption, Form, FormField, TextFormat};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeMap;
use std::fmt::Display;
use ts_rs::TS;

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum FieldValue {
    /// Text, a number as it was typed, or the value that is chosen.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// The values that are chosen.
    Choices(Vec<String>),
}

/// What is to be mended in a field, for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldProblem {
    /// The field.
    pub name: String,
    /// What is wrong, and what would be right.
    pub words: String,
}

impl Form {
    /// What goes to the server: each field that is filled in, as its schema wants it.
    ///
    /// # Errors
    /// What the person has to mend.
    pub fn check(&self, values: &BTreeMap<String, FieldValue>) -> Result<Value, Vec<FieldProblem>> {
        let (mut filled, mut problems) = (Map::new(), Vec::new());
        for field in &self.0 {
            match field.check(values.get(&field.name)) {
                Ok(Some(value)) => drop(filled.insert(field.name.clone(), value)),
                Ok(None) if field.required => problems.push(FieldProblem {
                    name: field.name.clone(),
                    words: field.missing().to_owned(),
                }),
                Ok(None) => {}
                Err(words) => problems.push(FieldProblem {
                    name: field.name.clone(),
                    words,
                }),
            }
        }
        if problems.is_empty() {
            Ok(Value::Object(filled))
        } else {
            Err(problems)
        }
    }

    /// What stands in the form before anybody typed. Defaults are the client's to fill in
    /// (SEP-1034).
    #[must_use]
    pub fn defaults(&self) -> BTreeMap<String, FieldValue> {
        let values = self.0.iter().filter_map(|field| {
            let value = match &field.input {
                FieldInput::Text { default, .. } | FieldInput::Number { default, .. } => {
                    FieldValue::Text(default.clone())
                }
                FieldInput::Flag { default } => FieldValue::Flag(*default),
                FieldInput::Choice { default, .. } => FieldValue::Text(default.clone()?),
                FieldInput::Choices { default, .. } => FieldValue::Choices(default.clone()),
            };
            Some((field.name.clone(), value))
        });
        values.collect()
    }
}

impl FormField {
    /// The value as the server wants it; nothing where the field is empty.
    fn check(&self, value: Option<&FieldValue>) -> Result<Option<Value>, String> {
        match (&self.input, value) {
            (FieldInput::Text { .. }, Some(FieldValue::Text(text))) if text.is_empty() => Ok(None),
            (
                FieldInput::Text {
                    format,
                    min_length,
                    max_length,
                    ..
                },
                Some(FieldValue::Text(text)),
            ) => {
                let bounds = (*min_length, *max_length);
                check_bounds(count(text.chars()), bounds, "Use", " characters")?;
                check_format(text, *format)?;
                Ok(Some(json!(text)))
            }
            (FieldInput::Number { .. }, Some(FieldValue::Text(text))) if text.trim().is_empty() => {
                Ok(None)
            }
            (
                FieldInput::Number {
                    whole,
                    minimum,
                    maximum,
                    ..
                },
                Some(FieldValue::Text(text)),
            ) => number(text.trim(), *whole, *minimum, *maximum).map(Some),
            (FieldInput::Flag { .. }, Some(FieldValue::Flag(flag))) => Ok(Some(json!(flag))),
            (FieldInput::Choice { options, .. }, Some(FieldValue::Text(chosen))) => {
                if chosen.is_empty() && !offers(options, chosen) {
                    return Ok(None);
                }
                check_choice(options, chosen)?;
                Ok(Some(json!(chosen)))
            }
            (
                FieldInput::Choices {
                    options,
                    min_items,
                    max_items,
                    ..
                },
                Some(FieldValue::Choices(chosen)),
            ) => {
                if chosen.is_empty() && !self.required {
                    return Ok(None);
                }
                chosen
                    .iter()
                    .try_for_each(|one| check_choice(options, one))?;
                check_bounds(count(chosen), (*min_items, *max_items), "Choose", "")?;
                Ok(Some(json!(chosen)))
            }
            (_, None) => Ok(None),
            (_, Some(_)) => Err("This field takes another kind of value.".to_owned()),
        }
    }

    fn missing(&self) -> &'static str {
        match self.input {
            FieldInput::Text { .. } | FieldInput::Number { .. } => "Fill in this field.",
            FieldInput::Flag { .. } | FieldInput::Choice { .. } | FieldInput::Choices { .. } => {
                "Choose one."
            }
        }
    }
}

fn count(items: impl IntoIterator) -> u64 {
    u64::try_from(items.into_iter().count()).unwrap_or(u64::MAX)
}

/// Whether a value is within its bounds; `verb` and `unit` stand around them in the words.
fn check_bounds<N: PartialOrd + Display>(
    value: N,
    (min, max): (Option<N>, Option<N>),
    verb: &str,
    unit: &str,
) -> Result<(), String> {
    match (min, max) {
        (Some(min), _) if value < min => Err(format!("{verb} at least {min}{unit}.")),
        (_, Some(max)) if value > max => Err(format!("{verb} at most {max}{unit}.")),
        _ => Ok(()),
    }
}

fn check_format(text: &str, format: Option<TextFormat>) -> Result<(), String> {
    let Some(format) = format else {
        return Ok(());
    };
    let (name, words) = match format {
        TextFormat::Email => (
            "email",
            "Enter an e-mail address, such as name@example.org.",
        ),
        TextFormat::Uri => ("uri", "Enter a whole address, such as https://example.org."),
        TextFormat::Date => (
            "date",
            "Enter a date as year-month-day, such as 2026-01-31.",
        ),
        TextFormat::DateTime => (
            "date-time",
            "Enter a date and time with its zone, such as 2026-01-31T12:00:00Z.",
        ),
    };
    let schema = json!({ "type": "string", "format": name });
    let built = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema);
    let fits = built.is_ok_and(|validator| validator.is_valid(&json!(text)));
    if fits { Ok(()) } else { Err(words.to_owned()) }
}

fn number(
    text: &str,
    whole: bool,
    minimum: Option<f64>,
    maximum: Option<f64>,
) -> Result<Value, String> {
    let wrong = || {
        let words = if whole {
            "Enter a whole number, such as 12."
        } else {
            "Enter a number, such as 1.5."
        };
        words.to_owned()
    };
    let number: Number = if whole {
        text.parse::<i64>().map_err(|_| wrong())?.into()
    } else {
        let number = text.parse::<f64>().map_err(|_| wrong())?;
        Number::from_f64(number).ok_or_else(wrong)?
    };
    let size = number.as_f64().ok_or_else(wrong)?;
    check_bounds(size, (minimum, maximum), "Enter", "")?;
    Ok(Value::Number(number))
}

fn offers(options: &[FieldOption], value: &str) -> bool {
    options.iter().any(|option| option.value == value)
}

fn check_choice(options: &[FieldOption], value: &str) -> Result<(), String> {
    if offers(options, value) {
        Ok(())
    } else {
        Err("Choose one of the list.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn form(property: Value, required: bool) -> Form {
        let required = if required { json!(["it"]) } else { json!([]) };
        let schema = json!({"properties": {"it": property}, "required": required});
        Form::of_schema(&schema).unwrap()
    }

    fn check(property: &Value, required: bool, value: FieldValue) -> Result<Value, String> {
        let values = BTreeMap::from([("it".to_owned(), value)]);
        let checked = form(property.clone(), required).check(&values);
        checked.map_err(|mut problems| {
            assert_eq!(problems.len(), 1);
            problems.remove(0).words
        })
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    #[test]
    fn text_has_its_length_in_characters_and_its_format() {
        let short = json!({"type": "string", "minLength": 2, "maxLength": 3});
        assert_eq!(check(&short, true, text("äöü")).unwrap()["it"], "äöü");
        assert!(
            check(&short, true, text("ä"))
                .unwrap_err()
                .contains("at least 2")
        );
        assert!(
            check(&short, true, text("äöüß"))
                .unwrap_err()
                .contains("at most 3")
        );
        for (format, good, bad) in [
            ("email", "ann@example.org", "ann at example.org"),
            ("uri", "https://example.org/a", "example.org"),
            ("date", "2028-02-29", "2026-02-29"),
            ("date-time", "2026-01-31T12:00:00Z", "2026-01-31 12:00"),
        ] {
            let field = json!({"type": "string", "format": format});
            assert_eq!(check(&field, true, text(good)).unwrap()["it"], good);
            assert!(check(&field, true, text(bad)).is_err(), "{format}: {bad}");
        }
    }

    #[test]
    fn numbers_are_numbers_within_their_bounds() {
        let whole = json!({"type": "integer", "minimum": 1, "maximum": 10});
        assert_eq!(check(&whole, true, text(" 7 ")).unwrap(), json!({"it": 7}));
        for (typed, words) in [
            ("7.5", "whole number"),
            ("seven", "whole number"),
            ("0", "at least 1"),
            ("11", "at most 10"),
        ] {
            let problem = check(&whole, true, text(typed)).unwrap_err();
            assert!(problem.contains(words), "{typed}: {problem}");
        }
        let any = json!({"type": "number"});
        assert_eq!(check(&any, true, text("-1.5e3")).unwrap()["it"], -1500.0);
        for typed in ["NaN", "inf", "1e999", "1,5"] {
            assert!(check(&any, true, text(typed)).is_err(), "{typed}");
        }
    }

    #[test]
    fn what_is_chosen_is_of_the_list_and_as_many_as_asked_for() {
        let one = json!({"type": "string", "enum": ["a", "b"]});
        assert_eq!(check(&one, true, text("b")).unwrap()["it"], "b");
        assert!(check(&one, true, text("c")).is_err());
        let some = json!({"type": "array", "minItems": 1, "maxItems": 2,
                          "items": {"type": "string", "enum": ["a", "b", "c"]}});
        let chosen = |names: &[&str]| {
            FieldValue::Choices(names.iter().map(|name| (*name).to_owned()).collect())
        };
        let both = check(&some, true, chosen(&["a", "c"])).unwrap();
        assert_eq!(both["it"], json!(["a", "c"]));
        assert!(
            check(&some, true, chosen(&[]))
                .unwrap_err()
                .contains("at least 1")
        );
        let three = check(&some, true, chosen(&["a", "b", "c"]));
        assert!(three.unwrap_err().contains("at most 2"));
        assert!(check(&some, true, chosen(&["x"])).is_err());
    }

    #[test]
    fn an_empty_field_is_left_out_and_missed_where_it_is_required() {
        for (field, empty) in [
            (json!({"type": "string", "minLength": 3}), text("")),
            (json!({"type": "integer"}), text("  ")),
            (json!({"type": "string", "enum": ["a"]}), text("")),
        ] {
            let left_out = check(&field, false, empty.clone());
            assert_eq!(left_out.unwrap(), json!({}), "{field}");
            assert!(check(&field, true, empty).is_err(), "{field}");
        }
        let named = form(json!({"type": "string"}), true).check(&BTreeMap::new());
        assert_eq!(named.unwrap_err()[0].name, "it");
        let flag = json!({"type": "boolean"});
        assert!(check(&flag, true, text("yes")).is_err());
        assert_eq!(
            check(&flag, true, FieldValue::Flag(false)).unwrap()["it"],
            false
        );
    }

    #[test]
    fn a_form_that_nobody_touches_says_its_defaults_and_what_is_cleared_is_left_out() {
        let schema = json!({"properties": {
            "name": {"type": "string", "default": "Ann"},
            "age": {"type": "integer", "default": 30},
            "mail": {"type": "string"},
            "kind": {"type": "string", "enum": ["a", "b"], "default": "b"},
            "sure": {"type": "boolean", "default": true},
        }});
        let form = Form::of_schema(&schema).unwrap();
        let mut values = form.defaults();
        let expected = json!({"name": "Ann", "age": 30, "kind": "b", "sure": true});
        assert_eq!(form.check(&values).unwrap(), expected);
        values.insert("name".to_owned(), text(""));
        let expected = json!({"age": 30, "kind": "b", "sure": true});
        assert_eq!(form.check(&values).unwrap(), expected);
    }
}

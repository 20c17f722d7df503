//! Arguments against the schema of their tool.

use jsonschema::PatternOptions;
use serde_json::Value;

/// How many misfits are told at once.
const TOLD: usize = 5;
/// How long each may be, in characters: it may quote what the model sent.
const LONGEST: usize = 300;
/// How often a pattern may try again before what it is asked about does not fit.
const BACKTRACKS: usize = 50_000;

/// Checks `arguments`. Nothing that the schema refers to elsewhere is fetched.
///
/// # Errors
/// Says to the model what does not fit, or that the schema itself is unusable.
pub fn check(schema: &Value, arguments: &Value) -> Result<(), String> {
    // Others wrote the schema: no pattern of theirs may take long.
    let patterns = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS);
    let built = jsonschema::options()
        .with_pattern_options(patterns)
        .build(schema);
    let validator = built.map_err(|error| {
        let error = shorten(&error.to_string());
        format!("The tool was not run: its own schema cannot be used ({error}).")
    })?;
    let mut misfits = validator.iter_errors(arguments).map(|misfit| {
        let place = misfit.instance_path().to_string();
        let place = if place.is_empty() {
            "the arguments"
        } else {
            &place
        };
        format!("- {place}: {}", shorten(&misfit.to_string()))
    });
    let told: Vec<String> = misfits.by_ref().take(TOLD).collect();
    if told.is_empty() {
        return Ok(());
    }
    let more = match misfits.count() {
        0 => String::new(),
        more => format!("\n- and {more} more"),
    };
    Err(format!(
        "The tool was not run, because its arguments do not fit its schema:\n{}{more}",
        told.join("\n")
    ))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_that_do_not_fit_are_told_with_their_place() {
        let schema = json!({
            "type": "object",
            "properties": { "path": { "type": "string" }, "lines": { "type": "integer" } },
            "required": ["path"],
            "additionalProperties": false,
        });
        assert_eq!(check(&schema, &json!({ "path": "a" })), Ok(()));
        let misfit = check(&schema, &json!({ "path": 7, "lines": "x" })).unwrap_err();
        assert!(
            misfit.contains("/path") && misfit.contains("/lines"),
            "{misfit}"
        );
        let misfit = check(&schema, &json!({})).unwrap_err();
        assert!(
            misfit.contains("\"path\" is a required property"),
            "{misfit}"
        );
        assert!(check(&schema, &json!("text")).is_err());
    }

    #[test]
    fn a_schema_that_is_none_or_points_elsewhere_is_said_to_be_unusable() {
        for schema in [
            json!({ "type": 7 }),
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "$ref": "file:///etc/passwd" }),
        ] {
            let misfit = check(&schema, &json!({})).unwrap_err();
            assert!(misfit.contains("its own schema"), "{misfit}");
        }
    }

    #[test]
    fn a_misfit_of_a_large_argument_is_short() {
        let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
        let misfit = check(&schema, &json!({ "n": "x".repeat(1_000_000) })).unwrap_err();
        assert!(misfit.len() < 1000, "{}", misfit.len());
    }

    #[test]
    fn a_schema_that_leads_in_circles_or_has_an_endless_pattern_ends() {
        for schema in [
            json!({ "$ref": "#" }),
            json!({ "allOf": [{ "$ref": "#" }] }),
            json!({ "anyOf": [{ "$ref": "#" }, { "type": "object" }] }),
            json!({ "$ref": "#/$defs/a", "$defs": {
                "a": { "$ref": "#/$defs/b" }, "b": { "allOf": [{ "$ref": "#/$defs/a" }] },
            } }),
            json!({ "$dynamicRef": "#x", "$dynamicAnchor": "x" }),
            json!({ "not": { "$ref": "#" } }),
        ] {
            // Whatever it says: it says something.
            let _ = check(&schema, &json!({ "a": 1 }));
        }
        let endless = json!({ "properties": { "a": { "pattern": "^(a|aa)+(?=b)$" } } });
        let begun = std::time::Instant::now();
        assert!(check(&endless, &json!({ "a": "a".repeat(5_000) })).is_err());
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}

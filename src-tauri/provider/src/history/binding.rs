//! What sealed reasoning is bound to beside its model: the instructions and the tools of the request
//! that it answered (Anthropic's "Thinking", for Claude 5 and later). An issuer's name says it, so
//! that seals under other instructions or tools are known for what they are.

use super::name::fnv;
use crate::ToolDefinition;

/// What stands between the parts of an issuer's name.
const THEN: char = '\n';

/// The name of an issuer whose seals are bound to these instructions and, where they are known, to
/// these tools.
pub(super) fn bound(issuer: &str, instructions: &str, tools: Option<&[ToolDefinition]>) -> String {
    let digest = |bytes: &[u8]| fnv(bytes.iter().copied());
    let mut name = format!(
        "{issuer}{THEN}{:016x}",
        digest(instructions.trim().as_bytes())
    );
    if let Some(tools) = tools {
        let tools = tools.iter();
        let told = tools.map(|it| (it.name(), it.description(), it.input_schema()));
        let told = told.collect::<Vec<_>>();
        let bytes = serde_json::to_vec(&told).unwrap_or_default();
        name += &format!("{THEN}{:016x}", digest(&bytes));
    }
    name
}

/// Whether what one issuer sealed is sealed for the other, as far as both say what they are bound to.
pub(super) fn agree(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let rest = long.strip_prefix(short);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(THEN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn c27_a_seal_agrees_with_the_instructions_and_tools_that_it_was_made_under() {
        let tool = |name| ToolDefinition::new(name, "", json!({ "type": "object" }));
        let (one, two) = ([tool("one")], [tool("two")]);
        let sealed = bound("a", "Be brief.", Some(&one));
        assert!(agree(&sealed, &bound("a", " Be brief.\n", Some(&one))));
        assert!(agree(&sealed, &bound("a", "Be brief.", None)));
        assert!(agree(&sealed, "a") && agree("a", &sealed));
        assert!(!agree(&sealed, &bound("a", "Be long.", Some(&one))));
        assert!(!agree(&sealed, &bound("a", "Be long.", None)));
        assert!(!agree(&sealed, &bound("a", "Be brief.", Some(&two))));
        assert!(!agree(&sealed, "b") && !agree("a", "ab"));
    }
}

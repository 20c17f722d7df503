//! What sealed reasoning is bound to beside its model: the instructions and the tools of the request
//! that it answered (Anthropic's "Thinking", for Claude 5 and later). An issuer's name says it, so
//! that seals under other instructions or tools are known for what they are.

use super::name::fnv;
use crate::ToolList;

/// What stands between the parts of an issuer's name.
const THEN: char = '\n';

/// The name of an issuer whose seals are bound to these instructions and, where they are known, to
/// these tools.
pub(super) fn bound(issuer: &str, instructions: &str, tools: Option<&ToolList>) -> String {
    let digest = |bytes: &[u8]| fnv(bytes.iter().copied());
    let mut name = format!(
        "{issuer}{THEN}{:016x}",
        digest(instructions.trim().as_bytes())
    );
    if let Some(tools) = tools {
        name += &format!("{THEN}{:016x}", tools.digest(digest));
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
    use crate::ToolDefinition;
    use serde_json::json;

    #[test]
    fn c27_a_seal_agrees_with_the_instructions_and_tools_that_it_was_made_under() {
        let tool = |name| ToolDefinition::new(name, "", json!({ "type": "object" }));
        let (one, two) = ([tool("one")].into(), [tool("two")].into());
        let sealed = bound("a", "Be brief.", Some(&one));
        assert!(agree(&sealed, &bound("a", " Be brief.\n", Some(&one))));
        assert!(agree(&sealed, &bound("a", "Be brief.", None)));
        assert!(agree(&sealed, "a") && agree("a", &sealed));
        assert!(!agree(&sealed, &bound("a", "Be long.", Some(&one))));
        assert!(!agree(&sealed, &bound("a", "Be long.", None)));
        assert!(!agree(&sealed, &bound("a", "Be brief.", Some(&two))));
        assert!(!agree(&sealed, "b") && !agree("a", "ab"));
    }

    #[test]
    fn c27_a_seal_that_is_on_disk_is_known_by_the_same_name_in_each_request() {
        let tools = ToolList::from([ToolDefinition::new("one", "", json!({}))]);
        for _ in 0..2 {
            assert_eq!(
                bound("a", "Be brief.", Some(&tools)),
                "a\n82218ced4e7eff32\n75ca0e94b4a5cd73"
            );
        }
    }
}

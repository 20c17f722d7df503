//! A tool's call: under an id and a name that a wire takes, with whole arguments and one result.

use super::{EMPTY_RESULT, NO_RESULT, Repairing, is_ours};
use crate::history::change::RepairChange;
use crate::history::name::{function_name, unique};
use crate::history::result;
use crate::without_halves;
use tacet_conversation::{MessageId, ToolCall, ToolResult};

impl Repairing<'_> {
    /// A call and its result as a wire can take them.
    pub(super) fn call(
        &mut self,
        message: MessageId,
        call: &ToolCall,
        found: Option<(usize, &ToolResult)>,
    ) -> (ToolCall, ToolResult) {
        let tool = call.name.clone();
        let call_id = unique(&call.call_id, self.rules.call_ids, &mut self.seen.ids);
        if call_id != call.call_id {
            let (from, to) = (call.call_id.clone(), call_id.clone());
            self.changed(message, RepairChange::CallIdRewritten { from, to });
        }
        let name = function_name(&call.name);
        if name != call.name {
            let (from, to) = (call.name.clone(), name.clone());
            self.changed(message, RepairChange::NameRewritten { from, to });
        }
        let arguments = arguments(&call.arguments);
        if arguments != call.arguments && !call.arguments.trim().is_empty() {
            let tool = tool.clone();
            self.changed(message, RepairChange::ArgumentsWrapped { tool });
        }
        let (text, contents) = match found {
            None => (NO_RESULT.to_owned(), Vec::new()),
            Some((place, result)) => {
                let refused = self.seen.refused.contains(&(message, place));
                result::told(result, self.rules, refused || result.left_out)
            }
        };
        let found = found.map(|(_, result)| result);
        if found.is_some_and(|result| result.text == text) {
            // It stands as it is on disk.
        } else if text == NO_RESULT {
            let text = text.clone();
            self.changed(message, RepairChange::ResultAdded { tool, text });
        } else if text == EMPTY_RESULT {
            let text = text.clone();
            self.changed(message, RepairChange::ResultFilled { tool, text });
        }
        let result = ToolResult {
            call_id: call_id.clone(),
            text,
            contents,
            state: found.map_or(call.state, |result| result.state),
            left_out: false,
        };
        let seal = call.seal.clone();
        let call = ToolCall {
            call_id,
            name,
            arguments,
            state: call.state,
            seal: seal.filter(|seal| is_ours(Some(seal), self.rules)),
        };
        (call, result)
    }
}

/// Arguments as a JSON object. A call without parameters may come without a character; what is
/// not a whole object was cut off, and travels as a string inside one (rule C20).
fn arguments(raw: &str) -> String {
    if raw.trim().is_empty() {
        return "{}".to_owned();
    }
    let is_object = |json: &str| {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).is_ok()
    };
    if is_object(raw) {
        return raw.to_owned();
    }
    // Halves of characters are no cut.
    let mended = without_halves(raw).filter(|json| is_object(json));
    mended.unwrap_or_else(|| serde_json::json!({ "INVALID_JSON": raw }).to_string())
}

//! What of a request the transport has to know before it is encoded.

use crate::ModelRequest;
use tacet_conversation::Part;

/// The longest history that is encoded where it is asked for, in bytes of its parts: less than a
/// millisecond's work.
pub(super) const INLINE_LIMIT: usize = 64 * 1024;

/// Whether a history takes so long to repair and to encode that a Stop would wait for it.
pub(super) fn is_long(request: &ModelRequest) -> bool {
    let mut left = INLINE_LIMIT;
    for part in request.parts() {
        match left.checked_sub(part.size()) {
            Some(rest) => left = rest,
            None => return true,
        }
    }
    false
}

/// Whether sealed reasoning may be among what a request sends.
pub(super) fn holds_seals(request: &ModelRequest) -> bool {
    let sealed = |part: &Part| match part {
        Part::Reasoning(reasoning) => reasoning.seal.is_some(),
        Part::ToolCall(call) => call.seal.is_some(),
        Part::Attachment(file) => file.seal.is_some(),
        Part::ServerTool(tool) => tool.seal.is_some(),
        Part::Citations { citations } => citations.iter().any(|it| it.seal.is_some()),
        Part::Text { .. } | Part::ToolResult(_) => false,
    };
    let mut parts = request.parts();
    !request.without_seals && parts.any(sealed)
}

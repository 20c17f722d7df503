//! What of a request the transport has to know before it is encoded.

use crate::ModelRequest;
use crate::history::Rules;
use tacet_conversation::Part;

/// The most that is encoded where it is asked for, in bytes of its parts: less than a
/// millisecond's work.
pub(super) const INLINE_LIMIT: usize = 64 * 1024;

/// Whether what a request adds to those before it in its turn takes so long to repair and to encode
/// that a Stop would wait for it.
pub(super) fn is_long(request: &ModelRequest, rules: &Rules) -> bool {
    match request.written.pieces(request, rules) {
        Some(written) => {
            let pieces = request.so_far.iter().flat_map(|it| &it.pieces()[written..]);
            is_more(pieces.flat_map(|piece| piece.iter()))
        }
        None => is_more(request.parts()),
    }
}

/// Whether parts are more than is encoded where it is asked for.
fn is_more<'a>(mut parts: impl Iterator<Item = &'a Part>) -> bool {
    let mut left = Some(INLINE_LIMIT);
    parts.any(|part| {
        left = left.and_then(|left| left.checked_sub(part.size()));
        left.is_none()
    })
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

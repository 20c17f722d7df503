//! Files: those that travel, and words in the place of those that do not.

use super::{Repairing, is_ours};
use crate::history::change::RepairChange;
use crate::history::rules::{AnswerImages, Rules};
use tacet_conversation::{Attachment, Message, MessageId, Part};

impl Repairing<'_> {
    /// Whether a file that a model made travels: whole, of a type that is taken, and, where that is
    /// demanded, the server's own.
    pub(super) fn is_sent(&self, file: &Attachment) -> bool {
        let is_known = match self.rules.answer_images {
            AnswerImages::None => false,
            AnswerImages::Sealed => is_ours(file.seal.as_ref(), self.rules),
            AnswerImages::Any => true,
        };
        is_known
            && file.base64
            && !file.left_out
            && !file.cut_off
            && self.rules.images.contains(&file.media_type())
    }

    /// A file that travels, with the type that its bytes are of and the mark that is the server's own.
    pub(super) fn made(&self, file: &Attachment) -> Attachment {
        let seal = file.seal.clone();
        Attachment {
            media_type: file.media_type().to_owned(),
            seal: seal.filter(|seal| is_ours(Some(seal), self.rules)),
            ..file.clone()
        }
    }
}

/// The files that an answer failed because of, by message and place. Sent again they would have each
/// later request refused as well.
pub(in crate::history) fn refused_files(
    answer: &Message,
) -> impl Iterator<Item = (MessageId, usize)> {
    let files = answer.error.iter().flat_map(|error| &error.files);
    files.map(|file| (file.message_id, file.part))
}

/// Gives a file the media type that its bytes are of, and puts words in the place of one that does
/// not travel; says why not.
pub(super) fn settle_file(part: &mut Part, refused: bool, rules: &Rules) -> Option<RepairChange> {
    let Part::Attachment(file) = part else {
        return None;
    };
    let name = file.name.clone();
    if file.left_out || refused {
        let text = format!("[The user attached the file {name}, which could not be sent.]");
        *part = Part::Text { text };
        return Some(RepairChange::FileLeftOut { name });
    }
    let media_type = file.media_type().to_owned();
    let sendable = match media_type.as_str() {
        _ if !file.base64 => true,
        "application/pdf" => rules.documents,
        media_type => rules.images.contains(&media_type),
    };
    if sendable {
        file.media_type = media_type;
        return None;
    }
    let text = format!("[The user attached the file {name}, which this model cannot read.]");
    *part = Part::Text { text };
    Some(RepairChange::FileReplaced { name })
}

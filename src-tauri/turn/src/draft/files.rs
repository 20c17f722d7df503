//! Files that the model makes, such as images: a sketch of one gives way to what comes later.

use super::{Change, Draft};
use tacet_conversation::{Attachment, Part, Phase, media};
use tacet_provider::GeneratedFile;

impl Draft {
    pub(super) fn take_file(&mut self, file: GeneratedFile, changes: &mut Vec<Change>) {
        self.close_seam(changes);
        self.enter(Phase::Text, changes);
        let known = self.files.iter().find(|(id, _)| *id == file.id);
        let known = known.map(|(_, index)| *index);
        let media_type = file.media_type();
        let number = match known {
            Some(index) => self.files_before(index),
            None => self.files_before(self.parts().len()),
        } + 1;
        let made = Attachment {
            name: format!("image-{number}.{}", media::extension_of(media_type)),
            media_type: media_type.to_owned(),
            text: file.data.into(),
            base64: true,
            // Until the whole one comes in its place.
            cut_off: !file.is_final,
            seal: file.seal,
            ..Attachment::default()
        };
        match known {
            Some(index) => self.content.replace_file(index, made, changes),
            None => {
                let index = self.add(Part::Attachment(made), changes);
                self.files.push((file.id, index));
            }
        }
    }

    /// How many files stand before this place.
    fn files_before(&self, index: usize) -> usize {
        let parts = self.parts()[..index].iter();
        parts
            .filter(|part| matches!(part, Part::Attachment(_)))
            .count()
    }
}

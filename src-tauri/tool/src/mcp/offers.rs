//! What a server offers to people and not to models: resources to attach, and prompts to begin with.

use super::connection::Connection;
use super::pages::Pages;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResult, JsonObject, Prompt,
    ReadResourceRequestParams, Resource, ResourceContents, Role,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tacet_conversation::{Attachment, media};
use ts_rs::TS;

/// How many resources and prompts of one server are listed at most, and how many pages.
const MOST: usize = 500;
const PAGES: usize = 50;
/// The largest resource that is attached, in bytes as it came.
const LARGEST: usize = 10 * 1024 * 1024;

/// What one server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerOffers {
    /// The server.
    pub server: String,
    /// What can be attached.
    pub resources: Vec<ServerResource>,
    /// What can be begun with.
    pub prompts: Vec<ServerPrompt>,
    /// Why nothing, or not all of it, is known, for people.
    pub problem: Option<String>,
}

/// Something with an address that a server can give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerResource {
    /// Its address.
    pub uri: String,
    /// For people.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
}

/// A text that a server writes, by what is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerPrompt {
    /// By which the server calls it.
    pub name: String,
    /// For people.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// What is to be filled in.
    pub arguments: Vec<PromptField>,
}

/// What is to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PromptField {
    /// By which the server calls it.
    pub name: String,
    /// For people.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Whether it has to be filled in.
    pub required: bool,
}

/// What a prompt gives: words for the composer, and files with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PromptText {
    /// The words.
    pub text: String,
    /// The files.
    pub files: Vec<Attachment>,
}

impl Connection {
    /// What the server offers. Of what it cannot list the reason is said.
    pub(super) async fn offers(&self) -> ServerOffers {
        let info = self.info();
        let can = info.as_ref().map(|info| &info.capabilities);
        let mut offers = ServerOffers {
            server: self.shared.server.clone(),
            ..ServerOffers::default()
        };
        if can.is_none_or(|can| can.resources.is_some()) {
            match self.within_limit(self.list_resources()).await {
                Ok(resources) => offers.resources = resources,
                Err(reason) => offers.problem = Some(self.problem("resources", &reason)),
            }
        }
        if can.is_none_or(|can| can.prompts.is_some()) {
            match self.within_limit(self.list_prompts()).await {
                Ok(prompts) => offers.prompts = prompts,
                Err(reason) => offers.problem = Some(self.problem("prompts", &reason)),
            }
        }
        offers
    }

    fn problem(&self, what: &str, reason: &str) -> String {
        let server = &self.shared.server;
        let words = format!(
            "The {what} of the server “{server}” could not be listed: {reason}. Restart it in the settings, or try again."
        );
        self.shared.log.hide(words)
    }

    async fn list_resources(&self) -> Result<Vec<ServerResource>, String> {
        let mut all = Vec::new();
        let mut pages = Pages::new(PAGES);
        while let Some(page) = pages.next() {
            let page = self.peer.list_resources(Some(page)).await;
            let page = page.map_err(|error| self.refusal(&error))?;
            all.extend(page.resources.into_iter().map(resource));
            pages.go_on(page.next_cursor.filter(|_| all.len() < MOST));
        }
        all.truncate(MOST);
        Ok(all)
    }

    async fn list_prompts(&self) -> Result<Vec<ServerPrompt>, String> {
        let mut all = Vec::new();
        let mut pages = Pages::new(PAGES);
        while let Some(page) = pages.next() {
            let page = self.peer.list_prompts(Some(page)).await;
            let page = page.map_err(|error| self.refusal(&error))?;
            all.extend(page.prompts.into_iter().map(prompt));
            pages.go_on(page.next_cursor.filter(|_| all.len() < MOST));
        }
        all.truncate(MOST);
        Ok(all)
    }

    /// What stands at an address, as files to attach.
    pub(super) async fn read(&self, uri: &str) -> Result<Vec<Attachment>, String> {
        let reading = async {
            let params = ReadResourceRequestParams::new(uri);
            let read = self.peer.read_resource(params).await;
            read.map_err(|error| self.refusal(&error))
        };
        let failed = |reason: &str| {
            let server = &self.shared.server;
            let words = format!(
                "{uri} of the server “{server}” could not be read: {reason}. Nothing was attached."
            );
            self.shared.log.hide(words)
        };
        let read = self.within_limit(reading).await.map_err(|it| failed(&it))?;
        let files = read.contents.into_iter().map(file);
        let files: Option<Vec<Attachment>> = files.collect();
        match files {
            Some(files) if files.is_empty() => Err(failed("there is nothing there")),
            Some(files) if !files.iter().all(is_sendable) => Err(failed(
                "it is no text, and no image or PDF file that a model could be sent",
            )),
            Some(files) => Ok(files),
            None => Err(failed(
                "it is larger than 10 MB, or of no kind that is known",
            )),
        }
    }

    /// What a prompt gives for what was filled in.
    pub(super) async fn prompt(
        &self,
        name: &str,
        filled: BTreeMap<String, String>,
    ) -> Result<PromptText, String> {
        let arguments: JsonObject = filled
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.into()))
            .collect();
        let asking = async {
            let mut params = GetPromptRequestParams::new(name);
            if !arguments.is_empty() {
                params = params.with_arguments(arguments);
            }
            let given = self.peer.get_prompt(params).await;
            given.map_err(|error| self.refusal(&error))
        };
        let given = self.within_limit(asking).await.map_err(|reason| {
            let server = &self.shared.server;
            let words = format!(
                "The prompt {name} of the server “{server}” could not be used: {reason}. Nothing was changed."
            );
            self.shared.log.hide(words)
        })?;
        Ok(text(given))
    }
}

fn resource(resource: Resource) -> ServerResource {
    ServerResource {
        title: resource.title.unwrap_or(resource.name),
        uri: resource.uri,
        description: resource.description,
    }
}

fn prompt(prompt: Prompt) -> ServerPrompt {
    let arguments = prompt.arguments.unwrap_or_default().into_iter();
    ServerPrompt {
        title: prompt.title.unwrap_or_else(|| prompt.name.clone()),
        name: prompt.name,
        description: prompt.description,
        arguments: arguments
            .map(|argument| PromptField {
                title: argument.title.unwrap_or_else(|| argument.name.clone()),
                name: argument.name,
                description: argument.description,
                required: argument.required.unwrap_or(false),
            })
            .collect(),
    }
}

/// The end of an address, as the name of a file.
fn name_of(uri: &str) -> String {
    let end = uri.trim_end_matches('/').rsplit('/').next();
    let end = end.unwrap_or_default().split(['?', '#']).next();
    let name = end.unwrap_or_default();
    if name.is_empty() { "resource" } else { name }.to_owned()
}

/// Contents as a file; nothing where they are too large, or of a kind that is not known.
fn file(contents: ResourceContents) -> Option<Attachment> {
    let (uri, media_type, body, is_text) = match contents {
        ResourceContents::TextResourceContents {
            uri,
            mime_type,
            text,
            ..
        } => (uri, mime_type, text, true),
        ResourceContents::BlobResourceContents {
            uri,
            mime_type,
            blob,
            ..
        } => (uri, mime_type, blob, false),
        _ => return None,
    };
    if body.len() > LARGEST {
        return None;
    }
    let usual = if is_text {
        "text/plain"
    } else {
        "application/octet-stream"
    };
    Some(Attachment {
        name: name_of(&uri),
        media_type: media_type.unwrap_or_else(|| usual.to_owned()),
        text: body.into(),
        base64: !is_text,
        ..Attachment::default()
    })
}

/// Whether a model could be sent it.
fn is_sendable(file: &Attachment) -> bool {
    !file.base64 || media::is_sendable(file.media_type())
}

/// The messages of a prompt as one text for the person to send. What the server has the model say is
/// said to be so.
fn text(given: GetPromptResult) -> PromptText {
    let mut made = PromptText::default();
    for message in given.messages {
        let said = match message.content {
            ContentBlock::Text(text) => text.text,
            ContentBlock::Image(image) => {
                let extension = image.mime_type.rsplit('/').next().unwrap_or("bin");
                let name = format!("picture-{}.{extension}", made.files.len() + 1);
                made.files.push(Attachment {
                    name,
                    media_type: image.mime_type,
                    text: image.data.into(),
                    base64: true,
                    ..Attachment::default()
                });
                continue;
            }
            ContentBlock::Resource(embedded) => {
                made.files.extend(file(embedded.resource));
                continue;
            }
            ContentBlock::ResourceLink(link) => link.uri,
            _ => continue,
        };
        if !made.text.is_empty() {
            made.text += "\n\n";
        }
        if message.role == Role::Assistant {
            made.text += "Assistant: ";
        }
        made.text += &said;
    }
    // Of what no model takes the names alone would stay.
    made.files.retain(is_sendable);
    made
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_called_by_the_end_of_its_address() {
        for (uri, name) in [
            ("file:///home/ann/notes.txt", "notes.txt"),
            ("demo://resource/static/1?a=b", "1"),
            ("https://example.org/", "example.org"),
            ("", "resource"),
        ] {
            assert_eq!(name_of(uri), name, "{uri}");
        }
    }

    #[test]
    fn the_messages_of_a_prompt_are_one_text_with_its_files() {
        let given = json!({"messages": [
            {"role": "user", "content": {"type": "text", "text": "Look at this."}},
            {"role": "user", "content": {"type": "resource", "resource":
                {"uri": "demo://a/notes.md", "mimeType": "text/markdown", "text": "# Ice"}}},
            {"role": "assistant", "content": {"type": "text", "text": "I see ice."}},
        ]});
        let made = text(serde_json::from_value(given).unwrap());
        assert_eq!(made.text, "Look at this.\n\nAssistant: I see ice.");
        assert_eq!(made.files[0].name, "notes.md");
        assert_eq!(&*made.files[0].text, "# Ice");
    }
}

//! What a server says of its tools and gives as results, as our nouns.

use crate::tool::{Annotations, ResultContent, ToolOutcome, ToolSpec};
use rmcp::model::{CallToolResult, ContentBlock, Resource, ResourceContents, Tool};
use serde_json::Value;

/// A tool as it is offered. What a server does not say counts as the worst, as the specification
/// has it.
pub fn spec(tool: Tool) -> ToolSpec {
    let said = tool.annotations.unwrap_or_default();
    let title = tool.title.or(said.title);
    ToolSpec {
        title: title.unwrap_or_else(|| tool.name.to_string()),
        name: tool.name.into_owned(),
        description: tool.description.unwrap_or_default().into_owned(),
        input_schema: Value::Object((*tool.input_schema).clone()),
        annotations: Annotations {
            read_only: said.read_only_hint.unwrap_or(false),
            destructive: said.destructive_hint.unwrap_or(true),
            idempotent: said.idempotent_hint.unwrap_or(false),
            open_world: said.open_world_hint.unwrap_or(true),
        },
    }
}

/// A result as it came, in its order.
pub fn outcome(result: CallToolResult) -> ToolOutcome {
    let mut contents: Vec<ResultContent> = result.content.into_iter().map(content).collect();
    if let Some(value) = result.structured_content {
        // Servers send it as text as well, for clients that know no structure.
        let same = |content: &ResultContent| match content {
            ResultContent::Text { text } => {
                serde_json::from_str::<Value>(text).is_ok_and(|said| said == value)
            }
            ResultContent::Image { .. }
            | ResultContent::Audio { .. }
            | ResultContent::Resource { .. }
            | ResultContent::Structured { .. } => false,
        };
        contents.retain(|content| !same(content));
        contents.push(ResultContent::Structured { value });
    }
    if result.is_error == Some(true) {
        ToolOutcome::Failed(contents)
    } else {
        ToolOutcome::Succeeded(contents)
    }
}

fn content(block: ContentBlock) -> ResultContent {
    match block {
        ContentBlock::Text(text) => ResultContent::Text { text: text.text },
        ContentBlock::Image(image) => ResultContent::Image {
            media_type: image.mime_type,
            data: image.data.into(),
        },
        ContentBlock::Audio(audio) => ResultContent::Audio {
            media_type: audio.mime_type,
            data: audio.data.into(),
        },
        ContentBlock::ResourceLink(link) => resource_link(link),
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents {
                uri,
                mime_type,
                text,
                ..
            } => ResultContent::Resource {
                uri,
                media_type: mime_type,
                text: Some(text),
                data: None,
            },
            ResourceContents::BlobResourceContents {
                uri,
                mime_type,
                blob,
                ..
            } => ResultContent::Resource {
                uri,
                media_type: mime_type,
                text: None,
                data: Some(blob.into()),
            },
            other => unknown(&other),
        },
        other => unknown(&other),
    }
}

fn resource_link(link: Resource) -> ResultContent {
    ResultContent::Resource {
        uri: link.uri,
        media_type: link.mime_type,
        text: None,
        data: None,
    }
}

/// What later versions of the protocol may bring.
fn unknown(block: &impl serde::Serialize) -> ResultContent {
    ResultContent::Structured {
        value: serde_json::to_value(block).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_of_content_is_kept_and_a_structure_is_kept_once() {
        let result = json!({
            "content": [
                { "type": "text", "text": "{\"a\": 1}" },
                { "type": "text", "text": "one" },
                { "type": "image", "data": "AA==", "mimeType": "image/png" },
                { "type": "audio", "data": "AA==", "mimeType": "audio/wav" },
                { "type": "resource", "resource": { "uri": "a:b", "text": "x" } },
                { "type": "resource_link", "uri": "a:c", "name": "c" },
            ],
            "structuredContent": { "a": 1 },
            "isError": true,
        });
        let ToolOutcome::Failed(contents) = outcome(serde_json::from_value(result).unwrap()) else {
            panic!("no failure");
        };
        let resource = |uri: &str, text: Option<&str>| ResultContent::Resource {
            uri: uri.to_owned(),
            media_type: None,
            text: text.map(str::to_owned),
            data: None,
        };
        assert_eq!(
            contents,
            [
                ResultContent::text("one"),
                ResultContent::Image {
                    media_type: "image/png".to_owned(),
                    data: "AA==".into()
                },
                ResultContent::Audio {
                    media_type: "audio/wav".to_owned(),
                    data: "AA==".into()
                },
                resource("a:b", Some("x")),
                resource("a:c", None),
                ResultContent::Structured {
                    value: json!({ "a": 1 })
                },
            ]
        );
    }

    #[test]
    fn a_tool_that_says_nothing_of_itself_counts_as_the_worst() {
        let tool = json!({ "name": "wipe", "inputSchema": { "type": "object" } });
        let spec = spec(serde_json::from_value(tool).unwrap());
        assert_eq!((spec.name.as_str(), spec.title.as_str()), ("wipe", "wipe"));
        let worst = Annotations {
            read_only: false,
            destructive: true,
            idempotent: false,
            open_world: true,
        };
        assert_eq!(spec.annotations, worst);
    }
}

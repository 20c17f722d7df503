//! The tools of a request, written out once for all requests that offer the same ones: a turn has
//! many requests, and what an app offers may be hundreds of tools.

use crate::{ToolDefinition, WireApi};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Tools in the order in which the model is told of them. Clones are the same list, and what one
/// request has made of it the next one takes as it is.
#[derive(Clone, Debug, Default)]
pub struct ToolList(Arc<Listed>);

#[derive(Debug, Default)]
struct Listed {
    tools: Vec<ToolDefinition>,
    /// Each tool in the JSON of an API, once it was asked for.
    written: [OnceLock<Vec<Box<RawValue>>>; WireApi::ALL.len()],
    digest: OnceLock<u64>,
}

/// A tool that the model may call, as a request has it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Offered<'a> {
    /// The client's own.
    Own(&'a RawValue),
    /// The server's.
    Hosted(Value),
}

impl ToolList {
    /// The tools in the JSON of `api`, each as `write` says; that is the same for every request.
    pub(crate) fn written(
        &self,
        api: WireApi,
        write: impl Fn(&ToolDefinition) -> Value,
    ) -> &[Box<RawValue>] {
        let all = || {
            let written = self.0.tools.iter().map(write);
            // Any value is JSON: this has no error.
            let written = written.filter_map(|tool| to_raw_value(&tool).ok());
            written.collect()
        };
        self.0.written[api as usize].get_or_init(all)
    }

    /// The same as a request has them, with the server's own tools behind them.
    pub(crate) fn offered(
        &self,
        api: WireApi,
        write: impl Fn(&ToolDefinition) -> Value,
        hosted: impl IntoIterator<Item = Value>,
    ) -> Vec<Offered<'_>> {
        let own = self.written(api, write).iter();
        own.map(|tool| Offered::Own(tool))
            .chain(hosted.into_iter().map(Offered::Hosted))
            .collect()
    }

    /// A digest of names, descriptions and schemas, as `digest` makes it.
    pub(crate) fn digest(&self, digest: impl FnOnce(&[u8]) -> u64) -> u64 {
        *self.0.digest.get_or_init(|| {
            let tools = self.0.tools.iter();
            let told = tools.map(|it| (it.name(), it.description(), it.input_schema()));
            let bytes = serde_json::to_vec(&told.collect::<Vec<_>>());
            digest(&bytes.unwrap_or_default())
        })
    }
}

impl Deref for ToolList {
    type Target = [ToolDefinition];

    fn deref(&self) -> &[ToolDefinition] {
        &self.0.tools
    }
}

impl From<Vec<ToolDefinition>> for ToolList {
    fn from(tools: Vec<ToolDefinition>) -> Self {
        Self(Arc::new(Listed {
            tools,
            ..Listed::default()
        }))
    }
}

impl<const N: usize> From<[ToolDefinition; N]> for ToolList {
    fn from(tools: [ToolDefinition; N]) -> Self {
        Vec::from(tools).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::cell::Cell;

    #[test]
    fn c27_tools_are_written_once_for_an_api_and_alike_for_all_requests_of_a_turn() {
        let tool = |name| ToolDefinition::new(name, "", json!({ "type": "object" }));
        let list = ToolList::from([tool("one"), tool("two")]);
        let times = Cell::new(0);
        let named = |suffix: &'static str| {
            let times = &times;
            move |tool: &ToolDefinition| {
                times.set(times.get() + 1);
                json!(format!("{}{suffix}", tool.name()))
            }
        };
        let of = |list: &ToolList, api, suffix| -> Vec<String> {
            let written = list.written(api, named(suffix)).iter();
            written.map(|tool| tool.get().to_owned()).collect()
        };
        for api in WireApi::ALL {
            times.set(0);
            assert_eq!(of(&list, api, "!"), [r#""one!""#, r#""two!""#]);
            assert_eq!(of(&list.clone(), api, "?"), [r#""one!""#, r#""two!""#]);
            assert_eq!(times.get(), 2, "{api:?}");
        }
    }
}

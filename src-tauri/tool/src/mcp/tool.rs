//! A tool of a server, as every other tool is.

use super::call::call;
use super::server::Server;
use crate::tool::{Calling, OnProgress, Tool, ToolSpec};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub struct ServerTool {
    server: Arc<Server>,
    spec: ToolSpec,
}

impl ServerTool {
    pub fn new(server: Arc<Server>, spec: ToolSpec) -> Self {
        Self { server, spec }
    }
}

impl Tool for ServerTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn run<'a>(
        &'a self,
        arguments: Value,
        stop: CancellationToken,
        progress: OnProgress<'a>,
    ) -> Calling<'a> {
        Box::pin(call(
            &self.server,
            &self.spec.name,
            arguments,
            stop,
            progress,
        ))
    }
}

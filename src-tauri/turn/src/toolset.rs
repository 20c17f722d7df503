//! The tools that a turn offers to the model, and who knows what of them may run.

use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use tacet_conversation::ToolChoice;
use tacet_provider::{ToolDefinition, ToolList};
use tacet_tool::approval::{Card, Decision, Permissions, ToolId, decide};
use tacet_tool::tool::Tool;

/// A tool, and the server that it is of.
#[derive(Clone)]
pub struct OfferedTool {
    /// The server's name; empty for the app's own tools
    /// ([`ToolId::BUILT_IN`](tacet_tool::approval::ToolId::BUILT_IN)).
    pub server: String,
    /// The tool.
    pub tool: Arc<dyn Tool>,
}

impl OfferedTool {
    /// Whether a conversation that uses these tools uses this one.
    fn is_among(&self, chosen: &[ToolChoice]) -> bool {
        let server = ToolId::server_setting(&self.server);
        let tool = &self.tool.spec().name;
        chosen.iter().any(|choice| choice.includes(server, tool))
    }

    /// Whether a call with these arguments may run.
    pub(crate) fn decide(&self, arguments: &Value, permissions: &Permissions) -> Decision {
        let action = self.tool.action(arguments);
        decide(
            &self.server,
            self.tool.spec(),
            arguments,
            &action,
            permissions,
        )
    }
}

/// For how long a person allows what is on a card, beyond one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In this conversation.
    Conversation,
    /// Until it is taken back.
    Always,
}

/// Where it is kept what may run in a conversation. Asked anew for each call: a permission that was
/// taken back in the meantime is none.
pub trait PermissionBook: Send + Sync {
    /// What may run now.
    fn permissions(&self) -> Permissions;

    /// A person has allowed what is on the card for more than one call; `false` where that cannot
    /// be allowed.
    fn allow(&self, card: &Card, standing: Standing) -> bool;
}

/// Nothing may run unasked, and nothing is remembered.
struct NobodyAllowed;

impl PermissionBook for NobodyAllowed {
    fn permissions(&self) -> Permissions {
        Permissions::default()
    }

    fn allow(&self, _: &Card, _: Standing) -> bool {
        false
    }
}

/// The tools of one turn, fixed when it begins (rule C27).
#[derive(Clone)]
pub struct Toolset {
    tools: Arc<[OfferedTool]>,
    /// The same in the same order, as the model is told of them.
    definitions: ToolList,
    book: Arc<dyn PermissionBook>,
    step_limit: u32,
}

impl Toolset {
    /// How many steps a turn has at most where nothing else is said.
    pub const STEPS: u32 = 50;

    /// These tools in this order, allowed by `book`. After `step_limit` steps (at least one) the
    /// person is asked whether the turn shall go on.
    #[must_use]
    pub fn new(tools: Vec<OfferedTool>, book: Arc<dyn PermissionBook>, step_limit: u32) -> Self {
        let definitions = tools.iter().map(|offered| {
            let spec = offered.tool.spec();
            ToolDefinition::new(
                &spec.name,
                spec.description.clone(),
                spec.input_schema.clone(),
            )
        });
        Self {
            definitions: ToolDefinition::all(definitions).into(),
            tools: tools.into(),
            book,
            step_limit: step_limit.max(1),
        }
    }

    /// Those of them that are chosen, in the same order.
    #[must_use]
    pub fn only(self, chosen: &[ToolChoice]) -> Self {
        let tools = self.tools.iter().filter(|offered| offered.is_among(chosen));
        Self::new(tools.cloned().collect(), self.book, self.step_limit)
    }

    /// What the model is told of them.
    #[must_use]
    pub fn definitions(&self) -> &ToolList {
        &self.definitions
    }

    pub(crate) fn book(&self) -> &Arc<dyn PermissionBook> {
        &self.book
    }

    pub(crate) fn step_limit(&self) -> u32 {
        self.step_limit
    }

    /// The tool that the model calls so.
    pub(crate) fn find(&self, name: &str) -> Option<&OfferedTool> {
        let place = self.definitions.iter().position(|it| it.name() == name)?;
        self.tools.get(place)
    }
}

impl Default for Toolset {
    /// No tools.
    fn default() -> Self {
        Self::new(Vec::new(), Arc::new(NobodyAllowed), Self::STEPS)
    }
}

impl fmt::Debug for Toolset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.definitions.iter().map(ToolDefinition::name);
        out.debug_list().entries(names).finish()
    }
}

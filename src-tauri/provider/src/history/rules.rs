//! What a wire demands of a history, as data.

use super::binding;
use super::name::CallIds;
use crate::{ModelRequest, ToolList};

/// The images that OpenAI and Anthropic take (their references, "Images and vision" and "Vision").
pub const WEB_IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// How much of a tool's result travels where nobody said otherwise, in bytes of text.
pub const RESULT_BYTES: usize = 64 * 1024;

/// How a wire continues an answer that ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// The person asks for it, in a message after the answer.
    Ask,
    /// The answer stands last, and the model continues it.
    Prefill,
    /// The same, for an API that refuses white space at its end.
    TrimmedPrefill,
}

/// What a wire demands beyond what all demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// User messages that follow each other are made one: the roles must alternate.
    pub join_users: bool,
    /// No user message may directly follow a tool's result.
    pub answer_after_tools: bool,
    /// Whose seals can be sent back: sealed reasoning and sealed calls of this issuer travel as
    /// they are. All other reasoning stays on disk, and all other calls lose their seal.
    pub issuer: Option<String>,
    /// Whether that issuer binds sealed reasoning to the instructions and tools of its request (rule
    /// C27): under others it stays on disk.
    pub binds: bool,
    /// Where reasoning may stand in a step for it to travel.
    pub reasoning: ReasoningPlace,
    /// The field in which the server demands reasoning back that has no seal. What came in that
    /// field travels, a part that was cut off too (rule C20).
    pub reasoning_field: Option<&'static str>,
    /// What the id of a call may look like.
    pub call_ids: CallIds,
    /// The media types of the images that travel; one that a server cannot read would have it
    /// refuse every request from then on.
    pub images: &'static [&'static str],
    /// PDF files travel.
    pub documents: bool,
    /// Which images that a model made travel.
    pub answer_images: AnswerImages,
    /// How an answer that ended early is continued.
    pub continuation: Continuation,
    /// How much of a tool's result travels, in bytes of text.
    pub result_bytes: usize,
    /// The media types of the images that travel in a tool's result; of others there are words.
    pub result_images: &'static [&'static str],
    /// The largest of these, in characters of base64.
    pub result_image_size: usize,
}

/// Which images that a model made may stand in its answers; of the others a note tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerImages {
    /// None.
    None,
    /// Those that this issuer sealed.
    Sealed,
    /// All of the types that travel.
    Any,
}

/// Where reasoning has to stand in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasoningPlace {
    /// Before something that it led to.
    Leads,
    /// In a step that says something, at any place.
    Beside,
    /// Anywhere.
    Anywhere,
}

impl Rules {
    /// What all wires demand, and nothing else.
    pub const COMMON: Self = Self {
        join_users: false,
        answer_after_tools: false,
        issuer: None,
        binds: false,
        reasoning: ReasoningPlace::Leads,
        reasoning_field: None,
        call_ids: CallIds::Any,
        images: &[],
        documents: false,
        answer_images: AnswerImages::None,
        continuation: Continuation::Ask,
        result_bytes: RESULT_BYTES,
        result_images: &[],
        result_image_size: 0,
    };

    /// The same for this very request.
    pub(super) fn of(self, request: &ModelRequest) -> Self {
        let rules = self.bound_to(&request.instructions, Some(&request.tools));
        let limit = request.parameters.result_bytes;
        Self {
            issuer: rules.issuer.filter(|_| !request.without_seals),
            result_bytes: limit.unwrap_or(rules.result_bytes),
            ..rules
        }
    }

    /// The same for a request with these instructions, and with these tools where they are known.
    #[must_use]
    pub fn bound_to(self, instructions: &str, tools: Option<&ToolList>) -> Self {
        let name = |issuer: String| match self.binds {
            true => binding::bound(&issuer, instructions, tools),
            false => issuer,
        };
        Self {
            issuer: self.issuer.map(name),
            ..self
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::COMMON
    }
}

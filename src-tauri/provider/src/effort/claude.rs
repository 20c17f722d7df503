//! Claude's thinking: `thinking` and `output_config` of the Messages API (Anthropic's "Thinking",
//! "Effort", and "What's new" of each model).

use super::{Level, by_name, efforts_of, nearest};
use serde_json::{Value, json};
use tacet_conversation::Effort;

/// A generation of Claude, by a model's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    /// Such as `opus`; empty where the name has none.
    family: String,
    version: (u32, u32),
}

/// How a model is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It cannot.
    None,
    /// With a budget of tokens, where it is asked to.
    Budget,
    /// As much as it finds right at an effort, where it is asked to.
    Asked,
    /// The same unasked, with its text only where that is asked for.
    Unasked,
}

/// What a request says of thinking.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thinking {
    pub(crate) thinking: Option<Value>,
    pub(crate) output_config: Option<Value>,
}

const LEVELS: &[Level] = &[
    (Effort::Off, "off"),
    (Effort::Low, "low"),
    (Effort::Medium, "medium"),
    (Effort::High, "high"),
    (Effort::Most, "max"),
];

/// The smallest budget that the API takes, in tokens.
const LEAST_BUDGET: u32 = 1_024;

impl Generation {
    /// `None` for what is no Claude, as the models of gateways.
    pub(crate) fn of(model: &str) -> Option<Self> {
        by_name(model, |name| {
            let rest = name.strip_prefix("claude-")?;
            let (mut family, mut numbers) = (String::new(), Vec::new());
            for word in rest.split(['-', '@', ':', '.']) {
                match word.parse::<u32>() {
                    // A longer one is a date.
                    Ok(number) if word.len() <= 2 => numbers.push(number),
                    Ok(_) => break,
                    Err(_) if family.is_empty() => word.clone_into(&mut family),
                    Err(_) => {}
                }
            }
            let version = (*numbers.first()?, numbers.get(1).copied().unwrap_or(0));
            Some(Self { family, version })
        })
    }

    pub(crate) fn takes_temperature(&self) -> bool {
        self.version < (4, 7)
    }

    fn manner(&self) -> Manner {
        match self.version {
            version if version < (3, 7) => Manner::None,
            version if version < (4, 6) => Manner::Budget,
            version if version < (5, 0) => Manner::Asked,
            _ => Manner::Unasked,
        }
    }

    /// What keeps one from thinking that does so unasked; `None` where nothing does.
    fn off(&self) -> Option<Value> {
        match (self.family.as_str(), self.version) {
            ("fable" | "mythos", _) => None,
            ("opus", version) if version >= (5, 5) => None,
            // It still thinks between the calls of tools.
            ("sonnet", version) if version >= (5, 5) => Some(json!({ "type": "between_tools" })),
            _ => Some(json!({ "type": "disabled" })),
        }
    }
}

/// Whether a model's thinking is bound to the instructions, tools and messages before it: that of those
/// from 5 on.
pub(crate) fn binds(model: &str) -> bool {
    Generation::of(model).is_some_and(|it| it.version >= (5, 0))
}

/// Whether a model sends summaries of what it thought: those from 4 on ("Summarized thinking").
pub(crate) fn summarizes(model: &str) -> bool {
    Generation::of(model).is_some_and(|it| it.version >= (4, 0))
}

/// What a model can be asked; `None` where it is not known.
pub(super) fn efforts(model: &str) -> Option<Vec<Effort>> {
    let generation = Generation::of(model)?;
    let levels = match generation.manner() {
        Manner::None => &[],
        Manner::Unasked if generation.off().is_none() => &LEVELS[1..],
        Manner::Budget | Manner::Asked | Manner::Unasked => LEVELS,
    };
    Some(efforts_of(levels))
}

/// What a request to `model` says, for an answer of at most `most` tokens. Models of gateways are
/// asked as those that most of them follow.
pub(crate) fn thinking(model: &str, effort: Option<Effort>, most: u32) -> Thinking {
    let generation = Generation::of(model);
    let manner = generation
        .as_ref()
        .map_or(Manner::Budget, Generation::manner);
    let adaptive = || json!({ "type": "adaptive", "display": "summarized" });
    let (thinking, output_config) = match (manner, effort) {
        (Manner::None, _)
        | (Manner::Budget | Manner::Asked, None)
        | (Manner::Asked, Some(Effort::Off)) => (None, None),
        (Manner::Budget, Some(Effort::Off)) => {
            let unknown = generation.is_none();
            (unknown.then(|| json!({ "type": "disabled" })), None)
        }
        (Manner::Budget, Some(effort)) => {
            let enabled = |tokens| json!({ "type": "enabled", "budget_tokens": tokens });
            (budget(effort, most).map(enabled), None)
        }
        (Manner::Unasked, None) => (Some(adaptive()), None),
        (Manner::Unasked, Some(Effort::Off)) => {
            match generation.as_ref().and_then(Generation::off) {
                Some(off) => (Some(off), None),
                None => (Some(adaptive()), config(Effort::Low)),
            }
        }
        (Manner::Asked | Manner::Unasked, Some(effort)) => (Some(adaptive()), config(effort)),
    };
    Thinking {
        thinking,
        output_config,
    }
}

fn config(effort: Effort) -> Option<Value> {
    nearest(&LEVELS[1..], effort).map(|word| json!({ "effort": word }))
}

/// How many tokens a model may think; they are part of what an answer may have, and words are to
/// follow. `None` where that leaves too few.
fn budget(effort: Effort, most: u32) -> Option<u32> {
    let wanted = match effort {
        Effort::Off => return None,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 16_384,
        Effort::Most => u32::MAX,
    };
    let room = most / 4 * 3;
    Some(wanted.min(room)).filter(|tokens| *tokens >= LEAST_BUDGET)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn generations_are_read_from_names_old_and_new_also_behind_routers() {
        let version = |model| Generation::of(model).map(|it| (it.family, it.version));
        for (model, family, expected) in [
            ("claude-3-5-haiku-latest", "haiku", (3, 5)),
            (
                "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                "sonnet",
                (3, 7),
            ),
            ("claude-opus-4-20250514", "opus", (4, 0)),
            ("anthropic/claude-sonnet-4.5", "sonnet", (4, 5)),
            ("Claude-Haiku-5-5", "haiku", (5, 5)),
            ("claude-fable-5", "fable", (5, 0)),
        ] {
            let expected = Some((family.to_owned(), expected));
            assert_eq!(version(model), expected, "{model}");
        }
        assert_eq!(version("glm-5.1"), None);
        assert_eq!(version("claude-next"), None);
    }

    #[test]
    fn a_budget_leaves_room_for_words_and_is_left_out_where_it_cannot() {
        let tokens = |effort, most| {
            let asked = thinking("claude-sonnet-4-5", Some(effort), most);
            assert_eq!(asked.output_config, None);
            asked
                .thinking
                .map(|asked| asked["budget_tokens"].as_u64().unwrap())
        };
        assert_eq!(tokens(Effort::Low, 32_000), Some(2_048));
        assert_eq!(tokens(Effort::Most, 32_000), Some(24_000));
        assert_eq!(tokens(Effort::High, 4_000), Some(3_000));
        assert_eq!(tokens(Effort::Low, 1_000), None);
        assert_eq!(tokens(Effort::Off, 32_000), None);
    }

    #[test]
    fn claude_5_is_asked_for_its_text_and_kept_from_thinking_where_it_can_be() {
        let plain = thinking("claude-sonnet-5", None, 32_000);
        let adaptive = json!({"type": "adaptive", "display": "summarized"});
        assert_eq!(plain.thinking, Some(adaptive.clone()));
        assert_eq!(plain.output_config, None);
        let much = thinking("claude-sonnet-5", Some(Effort::Most), 32_000);
        assert_eq!(much.thinking, Some(adaptive));
        assert_eq!(much.output_config, Some(json!({"effort": "max"})));
        let off = |model| thinking(model, Some(Effort::Off), 32_000);
        assert_eq!(
            off("claude-opus-5").thinking,
            Some(json!({"type": "disabled"}))
        );
        let between = Some(json!({"type": "between_tools"}));
        assert_eq!(off("claude-sonnet-5-5").thinking, between);
        assert_eq!(
            off("claude-opus-5-5").output_config,
            Some(json!({"effort": "low"}))
        );
        assert_eq!(off("claude-opus-4-6"), Thinking::default());
    }
}

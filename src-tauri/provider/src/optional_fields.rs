//! Optional fields that a server may not know: asked for until it refuses them, once. And fields
//! that it may demand: left out until it refuses that, once, which is entered under the field's
//! name with a dash before it.

use crate::{Parameters, effort};
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tacet_conversation::RefusedField;

/// Is told what is worth remembering beyond this run.
type Keep = Box<dyn Fn(&RefusedField) + Send + Sync>;

/// What the optional fields of one provider met.
#[derive(Default)]
pub(crate) struct OptionalFields {
    refused: Mutex<Vec<Refused>>,
    keep: OnceLock<Keep>,
    /// The models in whose answers reasoning has a closing tag and no opening one.
    unopened: Mutex<Vec<String>>,
}

struct Refused {
    what: RefusedField,
    /// A request without the field was taken, so that it was the field and nothing else.
    proven: bool,
}

impl fmt::Debug for OptionalFields {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = self.refused();
        let refused = refused.iter().map(|refused| &refused.what);
        out.debug_list().entries(refused).finish()
    }
}

/// The field that says how freely a model chooses its words, in the name that all APIs have for it.
pub(crate) const TEMPERATURE: &str = "temperature";

/// Fields that each model of a server takes or refuses for itself.
const BY_MODEL: &[&str] = &[
    TEMPERATURE,
    "display",
    "output_config",
    "reasoning",
    "reasoning.effort",
    "reasoning.summary",
    "reasoning_effort",
    "think",
    "thinking",
    "thinkingConfig",
    "thinking_level",
    "thinking_summaries",
];

/// What refusals call fields, where that is not their name alone, in small letters (Ollama's
/// `does not support thinking`, Google's `Thinking level is not supported for this model`).
const CALLED: &[(&str, &[&str])] = &[
    ("think", &["think", "support thinking"]),
    (
        "thinkingConfig",
        &[
            "thinkingconfig",
            "thinking_config",
            "thinkinglevel",
            "thinkingbudget",
            "thinking level",
            "thinking budget",
            "thinking is not supported",
        ],
    ),
    (
        "thinking_level",
        &[
            "thinking_level",
            "thinking level",
            "thinking is not supported",
        ],
    ),
    (
        "thinking_summaries",
        &[
            "thinking_summaries",
            "thinking summaries",
            "thinking is not supported",
        ],
    ),
];

/// Words of servers that take a field and not its value: the person is told, and may change it.
const OUT_OF_RANGE: &[&str] = &[
    "less than or equal",
    "greater than or equal",
    "between",
    "out of range",
    "too high",
    "too low",
    "must be at most",
    "must be at least",
];

/// How a refusal begins to say where in the messages something is wrong: no field beside them is
/// meant then.
const IN_MESSAGES: &[&str] = &["messages.", "messages[", "input[", "contents["];

/// Words of servers that refuse fields without naming them (pydantic, serde, Go's decoder, ajv).
const UNKNOWN_FIELD: &[&str] = &[
    "additional propert",
    "extra fields",
    "extra inputs",
    "extra_forbidden",
    "unexpected field",
    "unexpected keyword",
    "unknown field",
    "unknown parameter",
    "unrecognized",
];

impl OptionalFields {
    /// Begins with what was refused in earlier runs; `keep` is told what else proves to be. Only
    /// the first call counts.
    pub(crate) fn remember(
        &self,
        known: Vec<RefusedField>,
        keep: impl Fn(&RefusedField) + Send + Sync + 'static,
    ) {
        if self.keep.set(Box::new(keep)).is_ok() {
            let known = known.into_iter().map(|what| Refused { what, proven: true });
            self.refused().extend(known);
        }
    }

    /// Those of `fields` that the server has not refused for this model.
    pub(crate) fn wanted(&self, model: &str, fields: &[&'static str]) -> Vec<&'static str> {
        let refused = self.refused();
        let known = |field: &&&'static str| {
            !refused
                .iter()
                .any(|Refused { what, .. }| what.concerns(model) && what.field == **field)
        };
        fields.iter().filter(known).copied().collect()
    }

    /// What of `parameters` this model takes here, and the fields of it that it may refuse; `effort`
    /// is the one that says how much to reason, where one would.
    pub(crate) fn settle(
        &self,
        model: &str,
        parameters: &Parameters,
        effort: Option<&'static str>,
    ) -> (Parameters, Vec<&'static str>) {
        let mut parameters = parameters.clone();
        let may = effort::takes_temperature(model);
        parameters.temperature = parameters.temperature.filter(|_| may);
        let temperature = parameters.temperature.map(|_| TEMPERATURE);
        let asked: Vec<&'static str> = effort.into_iter().chain(temperature).collect();
        let wanted = self.wanted(model, &asked);
        if effort.is_none_or(|field| !wanted.contains(&field)) {
            parameters.effort = None;
        }
        if !wanted.contains(&TEMPERATURE) {
            parameters.temperature = None;
        }
        (parameters, wanted)
    }

    /// Remembers a refusal of fields that were asked for; `asked` has the most useful one first.
    /// Returns those that are refused, so that the request is worth repeating without them; none
    /// where the refusal is about something else. A refusal that names none of them drops all but
    /// the first, and the next one that too.
    pub(crate) fn learn(
        &self,
        model: &str,
        status: u16,
        text: &[u8],
        asked: &[&'static str],
    ) -> Vec<&'static str> {
        if !matches!(status, 400 | 422) {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(text).to_lowercase();
        let (left_out, asked): (Vec<_>, Vec<_>) =
            asked.iter().partition(|field| field.starts_with('-'));
        let mut fields: Vec<&'static str> = asked.clone();
        let of_messages = IN_MESSAGES.iter().any(|place| text.contains(place));
        fields.retain(|field| !of_messages && refuses(&text, field));
        if fields.len() > 1 {
            // A refusal of a field inside the first one names that as well.
            fields.retain(|field| Some(field) != asked.first());
        }
        let demanded = left_out
            .into_iter()
            .filter(|field| names(&text, &field[1..]));
        fields.extend(demanded);
        if let (true, Some((first, others))) = (fields.is_empty(), asked.split_first())
            && UNKNOWN_FIELD.iter().any(|words| text.contains(words))
        {
            fields = others.to_vec();
            // What a person has set is left out only where it is named.
            fields.retain(|field| *field != TEMPERATURE);
            if others.is_empty() {
                fields.push(first);
            }
        }
        let speaks_of_model = text.contains("this model");
        self.refused().extend(fields.iter().map(|field| {
            let only = speaks_of_model || BY_MODEL.contains(field);
            Refused {
                what: RefusedField {
                    field: (*field).to_owned(),
                    model: only.then(|| model.to_owned()),
                },
                proven: false,
            }
        }));
        fields
    }

    /// A request for this model was refused with these fields and taken without them: that is
    /// worth remembering. One that would not have had them proves nothing.
    pub(crate) fn prove(&self, model: &str, left_out: &[&'static str]) {
        let mut proven = Vec::new();
        for refused in self.refused().iter_mut() {
            let field = refused.what.field.as_str();
            if !refused.proven && left_out.contains(&field) && refused.what.concerns(model) {
                refused.proven = true;
                proven.push(refused.what.clone());
            }
        }
        if let Some(keep) = self.keep.get() {
            proven.iter().for_each(keep);
        }
    }

    /// Whether the last answer of this model left the tag out that opens reasoning.
    pub(crate) fn leaves_tag_out(&self, model: &str) -> bool {
        self.unopened().iter().any(|known| known == model)
    }

    /// Notes whether an answer did.
    pub(crate) fn note_tag_left_out(&self, model: &str, left_out: bool) {
        let mut unopened = self.unopened();
        unopened.retain(|known| known != model);
        if left_out {
            unopened.push(model.to_owned());
        }
    }

    fn unopened(&self) -> MutexGuard<'_, Vec<String>> {
        self.unopened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, Vec<Refused>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a refusal is one of this field, and not only of its value.
fn refuses(text: &str, field: &str) -> bool {
    let called = CALLED.iter().find(|(known, _)| *known == field);
    let named = match called {
        Some((_, words)) => words.iter().any(|word| names(text, word)),
        None => names(text, field),
    };
    let of_value = field == TEMPERATURE && OUT_OF_RANGE.iter().any(|words| text.contains(words));
    named && !of_value
}

/// Whether a text names a field, and not only a longer word that begins like it.
fn names(text: &str, field: &str) -> bool {
    let part_of_word = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(field).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + field.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

//! What crosses the border to the page, beside the types of `tacet-core`.

use serde::{Deserialize, Serialize};
use tacet_core::secret::SecretPlace;
use tacet_core::settings::{Api, Theme};
use tacet_core::{Conversation, Message, ModelRef, RunningTurn, StopEffect};
use ts_rs::TS;

/// All that the page needs for its first picture.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrap {
    /// The app's version.
    pub version: String,
    /// All conversations, the newest first.
    pub conversations: Vec<Conversation>,
    /// The turns that run, to attach to.
    pub running: Vec<RunningTurn>,
    /// The settings, and what can be chosen.
    pub settings: SettingsView,
    /// What the person should know now: a settings file that could not be read, answers that the
    /// last run left unfinished.
    pub notices: Vec<Notice>,
}

/// Something that the person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// What happened, what is safe, and what to do.
    pub text: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something does not work until the person acts.
    Warning,
}

/// The settings as the page shows them. No key is in here.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// The model that new conversations ask.
    pub default_model: ModelRef,
    /// The providers in the order of the file.
    pub providers: Vec<ProviderView>,
    /// All models of all providers.
    pub models: Vec<ModelOption>,
    /// The colours.
    pub theme: Theme,
    /// Where keys are kept.
    pub key_place: SecretPlace,
    /// The data folder's path.
    pub data_dir: String,
    /// Why the settings file could not be read; while this is there, nothing can be saved.
    pub problem: Option<String>,
}

/// One provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderView {
    /// Its id: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its protocol.
    pub api: Api,
    /// Its address, as its documentation calls it; absent for the embedded one.
    pub base_url: Option<String>,
    /// The models that the settings list.
    pub models: Vec<String>,
    /// The environment variable that holds its key, where the person named one.
    pub api_key_env: Option<String>,
    /// Whether there is a key, and where it comes from.
    pub key: KeyView,
    /// What Stop does there (rule C24).
    pub stop_effect: StopEffect,
    /// Why it cannot be used; absent when nothing is known to be wrong.
    pub problem: Option<String>,
}

/// Whether there is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum KeyView {
    /// None: local servers need none.
    None,
    /// Typed in the settings.
    Stored,
    /// From the environment variable.
    Environment,
}

/// One model that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelOption {
    /// `PROVIDER/MODEL`.
    pub model: ModelRef,
    /// Its name for people.
    pub name: String,
    /// Its provider's name for people.
    pub provider_name: String,
    /// What Stop does there (rule C24).
    pub stop_effect: StopEffect,
}

/// A conversation with all its messages, in the order of their making.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    /// The conversation.
    pub conversation: Conversation,
    /// All messages of the tree.
    pub messages: Vec<Message>,
}

/// A provider as the person typed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderDraft {
    /// Its id; a provider with the same id is replaced.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its protocol.
    pub api: Api,
    /// Its address; absent for the embedded one.
    pub base_url: Option<String>,
    /// The models to offer.
    pub models: Vec<String>,
    /// The environment variable that holds its key.
    pub api_key_env: Option<String>,
}

/// What the test of a provider found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderTest {
    /// Whether it can be used.
    pub ok: bool,
    /// What is wrong and what to do, or what was found.
    pub message: String,
    /// The models that the server lists.
    pub models: Vec<String>,
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandError {
    /// What the page may act on.
    pub code: ErrorCode,
    /// What happened, what is safe, and what to do.
    pub message: String,
}

/// What the page may act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The thing is gone: the list should be read again.
    NotFound,
    /// The input is not right: it is kept, and the message says what to change.
    Invalid,
    /// The disk or the database failed.
    Storage,
}

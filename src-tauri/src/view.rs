//! What crosses the border to the page, beside the types of `tacet-core`.

mod tools;

pub use tools::{TakenUpTask, ToolEntry, ToolGroup, ToolServerDraft, ToolServerView, ToolsView};

use crate::drafts::Unsent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use tacet_conversation::{
    Conversation, ConversationSettings, Effort, Message, MessageId, ModelRef, StopEffect,
};
use tacet_provider::{
    Ability, WireApi, asked_at, discovery::Found, is_in_clear, is_this_computer, origin,
    pasted_key, preset::Preset, stop_effect_of,
};
use tacet_settings::{
    Api, Assistant, ConversationDefaults, HostedTool, OnStop, PromptTemplate, ProviderSettings,
    Theme, Titles, secret::SecretPlace,
};
use tacet_store::{Grouping, UnsavedAnswer, UsageTotal};
use tacet_turn::RunningTurn;
use ts_rs::TS;

/// All that the page needs for its first picture.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrap {
    /// The app's version.
    pub version: String,
    /// The conversations that are listed first.
    pub conversations: Vec<Conversation>,
    /// Whether there are more.
    pub more: bool,
    /// The turns that run, to attach to.
    pub running: Vec<RunningTurn>,
    /// The settings, and what can be chosen.
    pub settings: SettingsView,
    /// The providers that can be added with a word.
    pub presets: Vec<PresetView>,
    /// Why nothing can be sent or saved, where nothing can.
    pub read_only: Option<String>,
    /// What was typed in an earlier run and not sent.
    pub unsent: Unsent,
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
    /// What new conversations start with beside that.
    pub conversation: ConversationDefaults,
    /// What they can start with under a name, in the order in which it is shown.
    pub assistants: Vec<Assistant>,
    /// The id of the assistant that they start with; absent for none, also where there is none of
    /// that id.
    pub default_assistant: Option<String>,
    /// Texts that the composer inserts by `/`.
    pub prompts: Vec<PromptTemplate>,
    /// Where the titles of new conversations come from: `first-words`, `model` or `PROVIDER/MODEL`.
    pub titles: Titles,
    /// How long a server may take to its first word, in seconds; absent for no limit.
    pub first_word_timeout_seconds: Option<u32>,
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

/// Whether the app keeps going in the tray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrayView {
    /// What the person chose.
    pub keep: bool,
    /// Why it cannot, in words for the person; the close button then ends the app.
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
    /// How to speak to it.
    pub api: Api,
    /// Its address as the settings have it.
    pub base_url: Option<String>,
    /// The address that is asked, the settings' own or the official one; absent for the embedded
    /// one.
    pub address: Option<String>,
    /// The models that the settings list.
    pub models: Vec<String>,
    /// The environment variable that holds its key, where the person named one.
    pub api_key_env: Option<String>,
    /// The names of the headers that each request carries.
    pub headers: Vec<String>,
    /// Whether it has a proxy of its own.
    pub has_proxy: bool,
    /// What Stop does with its connection.
    pub on_stop: OnStop,
    /// The file of certificates that are trusted beside the system's.
    pub ca_certificate: Option<String>,
    /// Whether it answers in the background.
    pub background: bool,
    /// Its own tools that its models may use.
    pub hosted_tools: Vec<HostedTool>,
    /// Whether its token counter is asked after a stop.
    pub count_on_stop: bool,
    /// Whether its model runs on this computer, so that nobody bills for it.
    pub local: bool,
    /// Whether it may be asked over `http` on another machine.
    pub allow_unencrypted: bool,
    /// Whether there is a key, and where it comes from.
    pub key: KeyView,
    /// The origin that the saved key is for, and the only one that it is sent to; absent where
    /// none is saved, or that is not known.
    pub key_origin: Option<String>,
    /// What Stop does there (rule C24).
    pub stop_effect: StopEffect,
    /// Why it cannot be used; absent when nothing is known to be wrong.
    pub problem: Option<String>,
}

impl From<&ProviderSettings> for ProviderView {
    /// With no key and no problem: the settings know of neither.
    fn from(provider: &ProviderSettings) -> Self {
        Self {
            id: provider.id.clone(),
            name: provider.name.clone(),
            api: provider.api,
            base_url: provider.base_url.clone(),
            address: provider.address().map(str::to_owned),
            models: provider.models.clone(),
            api_key_env: provider.api_key_env.clone(),
            headers: provider.headers.keys().cloned().collect(),
            has_proxy: provider.proxy.is_some(),
            on_stop: provider.on_stop,
            ca_certificate: provider.ca_certificate.clone(),
            background: provider.background,
            hosted_tools: provider.hosted_tools.clone(),
            count_on_stop: provider.count_on_stop,
            local: provider.local,
            allow_unencrypted: provider.allow_unencrypted,
            key: KeyView::None,
            key_origin: None,
            stop_effect: stop_effect_of(provider),
            problem: None,
        }
    }
}

/// A provider that can be added with a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PresetView {
    /// Its name for people.
    pub name: String,
    /// How to speak to it.
    pub api: Api,
    /// Its address. A part in capitals is the person's own.
    pub base_url: String,
    /// The environment variable that its own tools read the key from.
    pub api_key_env: Option<String>,
    /// The page on which keys are made; absent where no key is needed.
    pub keys_page: Option<String>,
    /// What Stop does there (rule C24).
    pub stop_effect: StopEffect,
    /// Whether its model runs on this computer.
    pub local: bool,
    /// Whether it is to answer in the background, so that Stop cancels the answer there.
    pub background: bool,
}

impl From<&Preset> for PresetView {
    fn from(preset: &Preset) -> Self {
        Self {
            name: preset.name.to_owned(),
            api: preset.api,
            base_url: preset.base_url.to_owned(),
            api_key_env: preset.api_key_env.map(str::to_owned),
            keys_page: preset.keys_page.map(str::to_owned),
            stop_effect: preset.stop_effect(),
            local: preset.is_local(),
            background: preset.background,
        }
    }
}

/// A server on this computer that the settings do not name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FoundServer {
    /// Its name for people, after its usual port.
    pub name: String,
    /// How to speak to it.
    pub api: Api,
    /// Its address.
    pub base_url: String,
    /// Its models, in its order.
    pub models: Vec<FoundModel>,
}

/// A model of a server on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FoundModel {
    /// Its name in requests.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// How many tokens request and answer may have together, where the server says so.
    #[ts(type = "number | null")]
    pub context_tokens: Option<u64>,
    /// What it can do; absent where the server does not say.
    pub abilities: Option<Vec<Ability>>,
}

impl From<Found> for FoundServer {
    fn from(found: Found) -> Self {
        let models = found.models.into_iter().map(|model| FoundModel {
            name: model.name.unwrap_or_else(|| model.id.clone()),
            id: model.id,
            context_tokens: model.context_tokens,
            abilities: model.abilities,
        });
        Self {
            name: found.candidate.name,
            api: found.candidate.api,
            base_url: found.candidate.base_url,
            models: models.collect(),
        }
    }
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
    /// In the system's keychain, which is locked.
    Locked,
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
    /// How many tokens request and answer may have together, where the server says so.
    #[ts(type = "number | null")]
    pub context_tokens: Option<u64>,
    /// What it can do; absent where the server does not say.
    pub abilities: Option<Vec<Ability>>,
    /// How much it can be asked to reason, from the least to the most; none where that cannot be
    /// set.
    pub efforts: Vec<Effort>,
    /// Whether it takes a temperature.
    pub takes_temperature: bool,
    /// Whether the person wants it first.
    pub favourite: bool,
}

/// A conversation with the end of the branch that it shows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    /// The conversation.
    pub conversation: Conversation,
    /// How it is answered.
    pub settings: ConversationSettings,
    /// Whether its settings or its tags are damaged on the disk, so that it has the defaults and none.
    pub damaged: bool,
    /// The model that its settings name, which the picker may not list now; absent where its
    /// provider is not in the app's settings.
    pub model_option: Option<ModelOption>,
    /// The messages that were read.
    #[serde(flatten)]
    pub page: BranchView,
}

/// Messages of one branch that follow each other, the first nearest to the root.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BranchView {
    /// The messages. Where the first has a parent, the branch has messages before these.
    pub messages: Vec<Message>,
    /// For each message that has siblings all of them and itself, in the order of their creation.
    pub siblings: HashMap<MessageId, Vec<MessageId>>,
    /// Those whose end is not saved yet; [`News::Saved`](tacet_turn::News::Saved) tells when it is.
    pub unsaved: Vec<UnsavedAnswer>,
    /// Those of which something is damaged on the disk, so that only the rest is here.
    pub damaged_messages: Vec<MessageId>,
}

/// Which messages of a branch to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum BranchEnd {
    /// Those before this message.
    Before(MessageId),
    /// Those before a message, back to another one at least.
    Between {
        /// The message below them.
        before: MessageId,
        /// The one that is to be among them.
        through: MessageId,
    },
    /// The newest below this message, back to it at least.
    Through(MessageId),
}

/// A provider as the person typed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderDraft {
    /// Its id; a provider with the same id is replaced.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// How to speak to it.
    pub api: Api,
    /// Its address; absent for the official one of its API.
    pub base_url: Option<String>,
    /// The models to offer.
    pub models: Vec<String>,
    /// The environment variable that holds its key.
    pub api_key_env: Option<String>,
    /// The headers that each request carries; null leaves the value that is saved.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// The proxy to ask it through; null leaves the one that is saved, and an empty one is none of
    /// its own.
    pub proxy: Option<String>,
    /// What Stop does with its connection.
    pub on_stop: OnStop,
    /// A file of certificates that are trusted beside the system's.
    pub ca_certificate: Option<String>,
    /// Whether it answers in the background; for OpenAI Responses and Gemini Interactions only.
    pub background: bool,
    /// Its own tools that its models may use.
    pub hosted_tools: Vec<HostedTool>,
    /// Whether its token counter is asked after a stop.
    pub count_on_stop: bool,
    /// Whether its model runs on this computer, so that nobody bills for it.
    pub local: bool,
    /// Whether it may be asked over `http` on another machine.
    pub allow_unencrypted: bool,
}

/// What an address means, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AddressView {
    /// Where questions go; absent where it is not the address of a server.
    pub asked: Option<String>,
    /// Whom a key would be shown to: scheme, host and port.
    pub origin: Option<String>,
    /// Whether that is this computer.
    pub is_here: bool,
    /// Whether what is sent there can be read on its way: `http` to another machine.
    pub is_in_clear: bool,
    /// The key that it has inside, which is saved in another place.
    pub key: Option<String>,
    /// The same address without that key.
    pub without_key: Option<String>,
}

impl AddressView {
    /// Of what was typed, or else of the official address of the API.
    pub fn of(api: Api, typed: &str) -> Self {
        let typed = typed.trim();
        let written = match typed {
            "" => api.official_address().unwrap_or_default(),
            typed => typed,
        };
        let (key, without_key) = pasted_key(written)
            .map(|found| (found.key, found.address))
            .unzip();
        Self {
            key,
            without_key,
            asked: WireApi::of(api).and_then(|wire| asked_at(wire, written, "MODEL")),
            origin: origin(written),
            is_here: is_this_computer(written),
            is_in_clear: is_in_clear(written),
        }
    }
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
    /// Another form of the address, at which the server does answer.
    pub suggestion: Option<String>,
}

/// What the answers of all conversations took together.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UsageTotals {
    /// What they are summed up by.
    pub grouping: Grouping,
    /// The sums, the group of the newest request first.
    pub groups: Vec<UsageTotal>,
    /// The date of the prices that come with Tacet, as 2025-11-30.
    pub price_table_date: String,
    /// The public list of prices that was read last.
    pub price_list: Option<PriceListView>,
    /// Where the person said that such a list is; absent where they did not.
    pub price_list_source: Option<String>,
}

/// A public list of prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PriceListView {
    /// Its date, or that on which it was read where it has none, as 2025-11-30.
    pub date: String,
    /// How many models it prices.
    pub models: usize,
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

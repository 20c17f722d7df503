//! What the settings may say. Each rule is checked inside of the parser's visit to the value, so
//! that the parser knows the line.

use super::{Api, HostedTool, OnStop, ProviderSettings, reference};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use tacet_conversation::ModelRef;
use url::Url;

/// What stands for no proxy, also where the environment names one.
pub const DIRECT: &str = "none";
/// The headers that make a request what it is.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-conversation-id",
];

/// The format that this program reads.
pub(super) const VERSION: u32 = 1;

pub(super) fn version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    known_version(from, VERSION, "the settings")
}

/// The version of a file, which has to be the one that this program reads.
pub(super) fn known_version<'de, D: Deserializer<'de>>(
    from: D,
    known: u32,
    what: &str,
) -> Result<u32, D::Error> {
    let rule = |number| {
        let refused = format!(
            "this Tacet reads version {known} of {what}, and the file is of version {number}"
        );
        (number == u64::from(known)).then_some(known).ok_or(refused)
    };
    from.deserialize_u32(Number(rule))
}

pub(super) fn connect_timeout<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=600, "seconds", from)
}

pub(super) fn timeout<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(crate::TIMEOUT_SECONDS, "seconds", from)
}

pub(super) fn timeout_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    number_or_null(from, |number| {
        let whole = (number.fract() == 0.0 && (1.0..=86_400.0).contains(&number)).then_some(number);
        // Within the range of the type, as was just seen.
        whole.map(|number| number as u32).ok_or_else(|| {
            format!(
                "{number} is out of range: write a whole number from 1 to 86400 seconds, or null"
            )
        })
    })
}

pub(super) fn answer_megabytes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=1_000, "megabytes", from)
}

pub(super) fn steps<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=1_000, "steps", from)
}

pub(super) fn result_kilobytes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=10_000, "kilobytes", from)
}

pub(super) fn idle_minutes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=1_440, "minutes", from)
}

pub(super) fn model<'de, D: Deserializer<'de>>(from: D) -> Result<ModelRef, D::Error> {
    from.deserialize_str(Text(str::parse))
}

pub(super) fn models<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ModelRef>, D::Error> {
    let models = Vec::<Model>::deserialize(from)?;
    Ok(models.into_iter().map(|Model(model)| model).collect())
}

pub(super) fn drained_tokens<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=100_000, "tokens", from)
}

pub(super) fn drained_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(1..=600, "seconds", from)
}

pub(super) fn providers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<ProviderSettings>, D::Error> {
    from.deserialize_seq(Providers)
}

/// A text that a rule takes or refuses in words.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    from: D,
    rule: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    from.deserialize_str(Text(rule))
}

/// A number that a rule takes or refuses in words, or `null`.
pub(super) fn number_or_null<'de, D: Deserializer<'de>, T>(
    from: D,
    rule: impl FnOnce(f64) -> Result<T, String>,
) -> Result<Option<T>, D::Error> {
    from.deserialize_any(NumberOrNull(rule))
}

struct NumberOrNull<F>(F);

impl<T, F: FnOnce(f64) -> Result<T, String>> Visitor<'_> for NumberOrNull<F> {
    type Value = Option<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        (self.0)(number).map(Some).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        // What a number of this size loses is out of every range.
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        self.visit_f64(number as f64)
    }
}

fn within<'de, D: Deserializer<'de>>(
    range: RangeInclusive<u32>,
    unit: &str,
    from: D,
) -> Result<u32, D::Error> {
    let (first, last) = (*range.start(), *range.end());
    let rule = |number| {
        u32::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                format!("{number} is out of range: write a number from {first} to {last} {unit}")
            })
    };
    from.deserialize_u32(Number(rule))
}

/// A list of texts, each of which a rule takes or refuses in words.
pub(super) fn texts<'de, D: Deserializer<'de>>(
    from: D,
    rule: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<String>, D::Error> {
    let what = "a list of texts in quotation marks";
    each(from, what, |_, text: String| rule(&text).map(|()| text))
}

/// A whole number that a rule takes or refuses in words.
struct Number<F>(F);

impl<T, F: FnOnce(u64) -> Result<T, String>> Visitor<'_> for Number<F> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a whole number that is not negative")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        (self.0)(number).map_err(E::custom)
    }
}

/// A text that a rule takes or refuses in words.
struct Text<F>(F);

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text in quotation marks")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

struct Model(ModelRef);

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        model(from).map(Self)
    }
}

pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Id::deserialize(from).map(|Id(id)| id)
}

/// A list, each item of which a rule takes, beside those before it, or refuses in words.
pub(super) fn each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
    what: &'static str,
    rule: impl Fn(&[T], T) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(Each {
        what,
        rule,
        item: PhantomData,
    })
}

struct Each<T, F> {
    what: &'static str,
    rule: F,
    item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: Fn(&[T], T) -> Result<T, String>> Visitor<'de> for Each<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.what)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(next) = items.next_element()? {
            let next = (self.rule)(&all, next).map_err(A::Error::custom)?;
            all.push(next);
        }
        Ok(all)
    }
}

struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let rule = |text: &str| {
            if !text.is_empty() && text.chars().all(fits) {
                return Ok(Self(text.to_owned()));
            }
            Err(format!(
                "\"{text}\" cannot be an id: use letters, digits, -, _ and ."
            ))
        };
        from.deserialize_str(Text(rule))
    }
}

struct Address(String);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let rule = |text: &str| match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Self(text.to_owned()))
            }
            Ok(_) | Err(_) => Err(format!(
                "\"{text}\" is not an address: write http:// or https:// and the server's name"
            )),
        };
        from.deserialize_str(Text(rule))
    }
}

/// Whether a person may set a header of that name.
///
/// # Errors
/// What is wrong with it, in words that name it.
pub(super) fn header_name(name: &str) -> Result<(), String> {
    // A token of RFC 9110, section 5.6.2.
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(fits) {
        return Err(format!(
            "\"{name}\" cannot be the name of a header: use letters, digits and -"
        ));
    }
    if RESERVED.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(format!(
            "the header \"{name}\" is set by Tacet itself: leave it out"
        ));
    }
    Ok(())
}

/// Whether this can be a proxy. What is refused is not repeated: it may hold a password.
///
/// # Errors
/// What to write instead.
pub(super) fn proxy(text: &str) -> Result<(), String> {
    let is_address = || {
        Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    if text == DIRECT || reference::is_reference(text) || is_address() {
        return Ok(());
    }
    Err(format!(
        "the proxy is not an address: write http:// and its name and port, or \"{DIRECT}\" for no \
         proxy"
    ))
}

struct FilePath(String);

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let rule = |text: &str| match text.trim() {
            "" => Err("the path of the certificates is empty: name a file, or leave it out".into()),
            path => Ok(Self(path.to_owned())),
        };
        from.deserialize_str(Text(rule))
    }
}

/// A provider as it stands in the file.
#[derive(Deserialize)]
struct WrittenProvider {
    id: Id,
    name: Option<String>,
    api: Api,
    base_url: Option<Address>,
    #[serde(default)]
    models: Vec<String>,
    api_key_env: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    proxy: Option<String>,
    #[serde(default)]
    on_stop: OnStop,
    ca_certificate: Option<FilePath>,
    #[serde(default)]
    background: bool,
    #[serde(default)]
    hosted_tools: Vec<HostedTool>,
    #[serde(default)]
    count_on_stop: bool,
    #[serde(default)]
    local: bool,
    #[serde(default)]
    allow_unencrypted: bool,
}

struct Providers;

impl<'de> Visitor<'de> for Providers {
    type Value = Vec<ProviderSettings>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of providers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(next) = items.next_element_seed(NextProvider(&all))? {
            all.push(next);
        }
        Ok(all)
    }
}

/// The next provider after those that the file lists before it.
struct NextProvider<'a>(&'a [ProviderSettings]);

impl<'de> DeserializeSeed<'de> for NextProvider<'_> {
    type Value = ProviderSettings;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<ProviderSettings, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for NextProvider<'_> {
    type Value = ProviderSettings;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a provider in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<ProviderSettings, A::Error> {
        let written = WrittenProvider::deserialize(MapAccessDeserializer::new(fields))?;
        let Id(id) = written.id;
        if self.0.iter().any(|provider| provider.id == id) {
            return Err(A::Error::custom(format!(
                "a second provider has the id \"{id}\""
            )));
        }
        if written.api.needs_address() && written.base_url.is_none() {
            return Err(A::Error::custom(format!(
                "the provider \"{id}\" needs a base_url"
            )));
        }
        if written.background && !written.api.has_background() {
            return Err(A::Error::custom(format!(
                "the provider \"{id}\" cannot answer in the background: only openai-responses and \
                 gemini-interactions can"
            )));
        }
        let api = written.api;
        if written.count_on_stop && !api.counts_tokens() {
            return Err(A::Error::custom(format!(
                "the provider \"{id}\" cannot have count_on_stop: only anthropic, gemini, gemini-interactions and openai-responses count tokens for nothing"
            )));
        }
        let missing = written
            .hosted_tools
            .iter()
            .find(|it| !it.is_offered_by(api));
        if let Some(tool) = missing {
            return Err(A::Error::custom(format!(
                "the provider \"{id}\" cannot have \"{}\" among its hosted_tools: its API has no such tool",
                tool.name()
            )));
        }
        let provider = ProviderSettings {
            name: written.name.unwrap_or_else(|| id.clone()),
            id,
            api: written.api,
            base_url: written.base_url.map(|Address(text)| text),
            models: written.models,
            api_key_env: written.api_key_env,
            headers: written.headers,
            proxy: written.proxy,
            on_stop: written.on_stop,
            ca_certificate: written.ca_certificate.map(|FilePath(path)| path),
            background: written.background,
            hosted_tools: written.hosted_tools,
            count_on_stop: written.count_on_stop,
            local: written.local,
            allow_unencrypted: written.allow_unencrypted,
        };
        provider.check_values().map_err(|reason| {
            A::Error::custom(format!("of the provider \"{}\", {reason}", provider.id))
        })?;
        Ok(provider)
    }
}

//! What is known about the hosts of the providers, as one table.
//!
//! The effect of a hang-up is after OpenRouter's public list of providers that support stream
//! cancellation, where nothing else is said; a host that is not listed is unknown.

use super::http::KeyHeader;
use super::later::UsageRecords;
use crate::history::CallIds;
use reqwest::Url;
use std::net::IpAddr;
use tacet_conversation::StopEffect;

/// A host, with all its subdomains.
struct Host {
    domain: &'static str,
    stop_effect: StopEffect,
    /// Newer models there refuse `max_tokens` and want `max_completion_tokens`.
    completion_limit: bool,
    /// It refuses a user's message directly after a tool's result.
    answer_after_tools: bool,
    /// It takes ids of calls only in a shape of its own.
    call_ids: CallIds,
    /// It takes PDF files as parts of a message.
    documents: bool,
    /// It takes images back that a model made.
    answer_images: bool,
    /// Its own header for the key.
    key: Option<KeyHeader>,
    /// It keeps a record of each call, with the true figures.
    records: Option<UsageRecords>,
}

const fn host(domain: &'static str, stop_effect: StopEffect) -> Host {
    Host {
        domain,
        stop_effect,
        completion_limit: false,
        answer_after_tools: false,
        call_ids: CallIds::Any,
        documents: false,
        answer_images: false,
        key: None,
        records: None,
    }
}

const fn openai(domain: &'static str) -> Host {
    Host {
        domain,
        stop_effect: StopEffect::Stops,
        completion_limit: true,
        answer_after_tools: false,
        call_ids: CallIds::Any,
        documents: true,
        answer_images: false,
        key: None,
        records: None,
    }
}

const fn azure(domain: &'static str) -> Host {
    Host {
        key: Some(KeyHeader::Plain("api-key")),
        ..openai(domain)
    }
}

const fn mistral(domain: &'static str) -> Host {
    Host {
        domain,
        stop_effect: StopEffect::GoesOn,
        completion_limit: false,
        answer_after_tools: true,
        call_ids: CallIds::Nine,
        documents: false,
        answer_images: false,
        key: None,
        records: None,
    }
}

const HOSTS: &[Host] = &[
    openai("api.openai.com"),
    azure("openai.azure.com"),
    azure("services.ai.azure.com"),
    host("api.anthropic.com", StopEffect::Stops),
    // Google's documents: an abort is the client's alone, and the answer is billed.
    host("generativelanguage.googleapis.com", StopEffect::GoesOn),
    // Vertex AI, in all of its regions.
    host("googleapis.com", StopEffect::GoesOn),
    host("api.deepseek.com", StopEffect::Stops),
    host("api.fireworks.ai", StopEffect::Stops),
    host("api.together.xyz", StopEffect::Stops),
    host("api.together.ai", StopEffect::Stops),
    host("api.cohere.com", StopEffect::Stops),
    host("api.cohere.ai", StopEffect::Stops),
    host("api.deepinfra.com", StopEffect::Stops),
    host("api.novita.ai", StopEffect::Stops),
    host("api.x.ai", StopEffect::Stops),
    Host {
        documents: true,
        answer_images: true,
        records: Some(UsageRecords::OPENROUTER),
        ..host("openrouter.ai", StopEffect::Unknown)
    },
    host("api.groq.com", StopEffect::GoesOn),
    mistral("api.mistral.ai"),
    // That list is about an API of its that has ended since.
    host("api.perplexity.ai", StopEffect::Unknown),
    host("ollama.com", StopEffect::Unknown),
    host("huggingface.co", StopEffect::GoesOn),
    // Alibaba's Model Studio, with Qwen.
    host("dashscope-intl.aliyuncs.com", StopEffect::GoesOn),
    host("dashscope.aliyuncs.com", StopEffect::GoesOn),
    host("dashscope-us.aliyuncs.com", StopEffect::GoesOn),
    host("maas.aliyuncs.com", StopEffect::GoesOn),
    // Amazon Bedrock: names below it are given to services of Amazon's own.
    host("api.aws", StopEffect::GoesOn),
    host("api.moonshot.ai", StopEffect::Unknown),
    host("api.z.ai", StopEffect::Unknown),
    host("api.cerebras.ai", StopEffect::Unknown),
    host("integrate.api.nvidia.com", StopEffect::Unknown),
    host("api.replicate.com", StopEffect::GoesOn),
];

fn find(url: &Url) -> Option<&'static Host> {
    let name = url.host_str()?;
    HOSTS.iter().find(|host| is_within(name, host.domain))
}

/// Whether a host is this domain, or one below it.
pub(crate) fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether the address is this machine's own: `127.0.0.0/8` and `::1`, also as IPv6 writes the
/// former, the names that never leave it (RFC 6761, section 6.3), and the unspecified addresses,
/// which servers print when they listen everywhere and systems take for themselves.
pub(crate) fn is_this_computer(url: &Url) -> bool {
    let Some(name) = url.host_str() else {
        return false;
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// What a hang-up does at this address (rule C24). On this computer that is known only where the
/// model is known to run here (`local`): a proxy may lead to a service that bills.
pub(crate) fn stop_effect(url: &Url, local: bool) -> StopEffect {
    if is_this_computer(url) && local {
        return StopEffect::Local;
    }
    find(url).map_or(StopEffect::Unknown, |host| host.stop_effect)
}

/// Whether this is one of the services in the table, and not a server of somebody's own.
pub(crate) fn is_listed(url: &Url) -> bool {
    find(url).is_some()
}

/// Whether this address takes PDF files as parts of a message.
pub(crate) fn documents(url: &Url) -> bool {
    find(url).is_some_and(|host| host.documents)
}

/// Whether this address takes images back that a model made.
pub(crate) fn answer_images(url: &Url) -> bool {
    find(url).is_some_and(|host| host.answer_images)
}

/// What ids of calls this address takes.
pub(crate) fn call_ids(url: &Url) -> CallIds {
    find(url).map_or(CallIds::Any, |host| host.call_ids)
}

/// How this address wants the key, where it is not the way of its API. Azure takes a key only
/// under a name of its own (its reference of the REST API, "Authentication").
pub(crate) fn key_header(url: &Url) -> Option<KeyHeader> {
    find(url).and_then(|host| host.key)
}

/// Where this address keeps a record of each call.
pub(crate) fn records(url: &Url) -> Option<UsageRecords> {
    find(url).and_then(|host| host.records)
}

/// Whether this address takes the limit of tokens as `max_completion_tokens`.
pub(crate) fn completion_limit(url: &Url) -> bool {
    find(url).is_some_and(|host| host.completion_limit)
}

/// Whether this address is OpenAI's or Azure's, whose models of any name may reason unseen.
pub(crate) fn names_reasoning_models(url: &Url) -> bool {
    // It is for the models that reason that the limit got another name.
    completion_limit(url)
}

/// Whether this address wants an answer between a tool's result and the user's next message.
pub(crate) fn answer_after_tools(url: &Url) -> bool {
    find(url).is_some_and(|host| host.answer_after_tools)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn effect(url: &str) -> StopEffect {
        stop_effect(&Url::parse(url).unwrap(), true)
    }

    #[test]
    fn c24_each_known_host_says_what_a_hang_up_does_there() {
        assert_eq!(effect("https://api.openai.com/v1"), StopEffect::Stops);
        assert_eq!(
            effect("https://mine.openai.azure.com/v1"),
            StopEffect::Stops
        );
        assert_eq!(effect("https://api.anthropic.com"), StopEffect::Stops);
        assert_eq!(
            effect("https://generativelanguage.googleapis.com/v1beta"),
            StopEffect::GoesOn
        );
        assert_eq!(effect("https://api.groq.com/openai/v1"), StopEffect::GoesOn);
        assert_eq!(
            effect("https://router.huggingface.co/v1"),
            StopEffect::GoesOn
        );
        assert_eq!(effect("http://127.0.0.1:8080/v1"), StopEffect::Local);
        assert_eq!(effect("http://[::1]:8080/v1"), StopEffect::Local);
        assert_eq!(effect("http://localhost:11434/v1"), StopEffect::Local);
        assert_eq!(effect("http://192.168.1.5/v1"), StopEffect::Unknown);
    }

    #[test]
    fn c24_a_proxy_on_this_computer_may_bill() {
        let proxy = Url::parse("http://127.0.0.1:4000/v1").unwrap();
        assert_eq!(stop_effect(&proxy, false), StopEffect::Unknown);
    }

    #[test]
    fn each_way_to_write_this_computer_is_this_computer_and_nothing_that_looks_like_it() {
        let is_here = |host: &str| {
            let url = Url::parse(&format!("http://{host}:8080/v1")).unwrap();
            is_this_computer(&url)
        };
        for host in [
            "localhost",
            "LocalHost.",
            "tacet.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:0.0.0.0]",
        ] {
            assert!(is_here(host), "{host}");
        }
        for host in [
            "localhost.example",
            "notlocalhost",
            "128.0.0.1",
            "10.0.0.1",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "127.0.0.1.example",
        ] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn a_host_that_only_ends_like_a_known_one_is_unknown() {
        assert_eq!(effect("https://evilapi.openai.com/"), StopEffect::Unknown);
        assert_eq!(
            effect("https://api.openai.com.evil.org/"),
            StopEffect::Unknown
        );
    }
}

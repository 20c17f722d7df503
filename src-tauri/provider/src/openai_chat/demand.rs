//! Who wants the reasoning of earlier answers back, in `reasoning_content`.

use super::super::host::is_within;
use reqwest::Url;

/// The field of that name.
pub(super) const REASONING_CONTENT: &str = "reasoning_content";
/// No field, but that it was left out, in the word by which a server that wants it refuses that.
pub(super) const WITHOUT_REASONING: &str = "-reasoning_content";

/// Whether this address is known to want it back, or to refuse it, for that model; `None` where
/// that is not known, and shows in what the server says. DeepSeek's guide "Thinking mode" and
/// Moonshot's "Use Kimi thinking models" refuse a request without it, and DeepSeek's guide of the
/// reasoning model (R1) one with it.
pub(super) fn known(url: &Url, model: &str) -> Option<bool> {
    const WANTED: &[(&str, &[&str])] = &[
        ("api.deepseek.com", &["deepseek-v4"]),
        ("moonshot.ai", &["kimi-k2", "kimi-k3", "kimi-thinking"]),
        ("moonshot.cn", &["kimi-k2", "kimi-k3", "kimi-thinking"]),
        ("aliyuncs.com", &["qwen3", "qwq", "qwen-plus", "qwen-max"]),
    ];
    let model = model.to_ascii_lowercase();
    if ["deepseek-reasoner", "deepseek-r1"]
        .iter()
        .any(|name| model.contains(name))
    {
        return Some(false);
    }
    let host = url.host_str()?;
    let wanted = WANTED.iter().find(|(domain, _)| is_within(host, domain));
    let (_, models) = wanted?;
    models
        .iter()
        .any(|name| model.contains(name))
        .then_some(true)
}

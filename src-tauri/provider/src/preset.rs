//! The providers that a person most likely wants to add, as one table: where each is, how it is
//! spoken to, and where its keys are made.
//!
//! After each provider's own documentation, read in November 2026. What Stop does there follows
//! from the API and the address; it is not repeated here.

use super::stop_effect_at;
use tacet_conversation::StopEffect;
use tacet_settings::Api;

/// A provider to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name for people.
    pub name: &'static str,
    /// How to speak to it.
    pub api: Api,
    /// Its address. A part in capitals is the person's own.
    pub base_url: &'static str,
    /// The environment variable that its own tools read the key from; none where no key is needed.
    pub api_key_env: Option<&'static str>,
    /// The page on which keys are made; none where no key is needed.
    pub keys_page: Option<&'static str>,
}

impl Preset {
    /// Whether it is a server whose model runs on this computer, so that nobody bills for it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.keys_page.is_none()
    }

    /// What a hang-up does there (rule C24).
    #[must_use]
    pub fn stop_effect(&self) -> StopEffect {
        stop_effect_at(self.base_url, self.is_local())
    }
}

const fn cloud(
    name: &'static str,
    base_url: &'static str,
    api_key_env: &'static str,
    keys_page: &'static str,
) -> Preset {
    Preset {
        name,
        api: Api::OpenaiChat,
        base_url,
        api_key_env: Some(api_key_env),
        keys_page: Some(keys_page),
    }
}

/// A server of the person's own, on its usual port.
const fn local(name: &'static str, base_url: &'static str) -> Preset {
    Preset {
        name,
        api: Api::OpenaiChat,
        base_url,
        api_key_env: None,
        keys_page: None,
    }
}

/// All of them, in the order in which they are offered.
pub const PRESETS: &[Preset] = &[
    Preset {
        api: Api::OpenaiResponses,
        ..cloud(
            "OpenAI",
            "https://api.openai.com/v1",
            "OPENAI_API_KEY",
            "https://platform.openai.com/api-keys",
        )
    },
    Preset {
        api: Api::Anthropic,
        ..cloud(
            "Anthropic",
            "https://api.anthropic.com",
            "ANTHROPIC_API_KEY",
            "https://console.anthropic.com/settings/keys",
        )
    },
    Preset {
        api: Api::Gemini,
        ..cloud(
            "Gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "GEMINI_API_KEY",
            "https://aistudio.google.com/apikey",
        )
    },
    Preset {
        api: Api::Ollama,
        ..local("Ollama", "http://127.0.0.1:11434")
    },
    cloud(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "https://openrouter.ai/settings/keys",
    ),
    cloud(
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "https://console.groq.com/keys",
    ),
    cloud(
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "https://console.mistral.ai/api-keys",
    ),
    cloud(
        "DeepSeek",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        "https://platform.deepseek.com/api_keys",
    ),
    cloud(
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "https://console.x.ai",
    ),
    cloud(
        "Together",
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        "https://api.together.ai/settings/api-keys",
    ),
    cloud(
        "Azure",
        "https://YOUR-RESOURCE.openai.azure.com/openai/v1",
        "AZURE_OPENAI_API_KEY",
        "https://portal.azure.com",
    ),
    local("LM Studio", "http://127.0.0.1:1234/v1"),
    local("llama.cpp", "http://127.0.0.1:8080/v1"),
    local("vLLM", "http://127.0.0.1:8000/v1"),
    local("Jan", "http://127.0.0.1:1337/v1"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn effect(name: &str) -> StopEffect {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        preset.stop_effect()
    }

    #[test]
    fn each_is_at_the_official_address_of_its_api_where_that_has_one() {
        for preset in PRESETS {
            let official = preset.api.official_address().unwrap_or(preset.base_url);
            assert_eq!(preset.base_url, official, "{}", preset.name);
        }
    }

    #[test]
    fn c24_what_stop_does_there_is_known_but_for_the_hosts_of_many_providers() {
        for preset in PRESETS {
            let expected = preset.name == "OpenRouter";
            let unknown = preset.stop_effect() == StopEffect::Unknown;
            assert_eq!(unknown, expected, "{}", preset.name);
        }
        assert_eq!(effect("Groq"), StopEffect::GoesOn);
        assert_eq!(effect("Azure"), StopEffect::Stops);
        assert_eq!(effect("Jan"), StopEffect::Local);
    }

    #[test]
    fn who_needs_a_key_says_where_it_is_made_and_the_others_are_on_this_machine() {
        for preset in PRESETS {
            let local = preset.stop_effect() == StopEffect::Local;
            assert_eq!(preset.keys_page.is_none(), local, "{}", preset.name);
            assert_eq!(preset.api_key_env.is_none(), local, "{}", preset.name);
        }
    }
}

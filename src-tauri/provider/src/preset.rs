//! The providers that a person most likely wants to add, as one table: where each is, how it is
//! spoken to, and where its keys are made.
//!
//! After each provider's own documentation, or that of a client package of many (the AI SDK, LiteLLM),
//! read in November 2026. What Stop does there follows
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
    /// Whether it is to answer in the background, so that Stop cancels the answer there.
    pub background: bool,
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
        if self.background {
            return StopEffect::Cancels;
        }
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
        background: false,
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
        background: false,
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
    // In the foreground a hang-up ends nothing at Google, by either API.
    Preset {
        api: Api::GeminiInteractions,
        background: true,
        ..cloud(
            "Gemini Interactions",
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
    cloud(
        "Moonshot",
        "https://api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        "https://platform.kimi.ai/console/api-keys",
    ),
    cloud(
        "Z.ai",
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        "https://z.ai/manage-apikey/apikey-list",
    ),
    // Each workspace has an address of its own, in its region (Model Studio's "OpenAI compatible"); this
    // is Singapore's.
    cloud(
        "Qwen",
        "https://YOUR-WORKSPACE.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        "https://modelstudio.console.alibabacloud.com",
    ),
    cloud(
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        "https://cloud.cerebras.ai",
    ),
    cloud(
        "Fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        "https://app.fireworks.ai/settings/users/api-keys",
    ),
    // Its Chat Completions ended in September 2026 ("Migrate from Sonar to the Agent API").
    Preset {
        api: Api::OpenaiResponses,
        ..cloud(
            "Perplexity",
            "https://api.perplexity.ai/v1",
            "PERPLEXITY_API_KEY",
            "https://www.perplexity.ai/account/api/keys",
        )
    },
    cloud(
        "Nvidia",
        "https://integrate.api.nvidia.com/v1",
        "NVIDIA_API_KEY",
        "https://build.nvidia.com/settings/api-keys",
    ),
    cloud(
        "Hugging Face",
        "https://router.huggingface.co/v1",
        "HF_TOKEN",
        "https://huggingface.co/settings/tokens",
    ),
    // By a key ("express mode"), which is for no project and no region.
    Preset {
        api: Api::Gemini,
        ..cloud(
            "Vertex AI",
            "https://aiplatform.googleapis.com/v1/publishers/google",
            "GOOGLE_API_KEY",
            "https://console.cloud.google.com/apis/credentials",
        )
    },
    // By a key, at the endpoint that speaks OpenAI's API.
    cloud(
        "Amazon Bedrock",
        "https://bedrock-mantle.YOUR-REGION.api.aws/v1",
        "AWS_BEARER_TOKEN_BEDROCK",
        "https://console.aws.amazon.com/bedrock/home#/api-keys",
    ),
    local("LM Studio", "http://127.0.0.1:1234/v1"),
    local("llama.cpp", "http://127.0.0.1:8080/v1"),
    local("vLLM", "http://127.0.0.1:8000/v1"),
    local("SGLang", "http://127.0.0.1:30000/v1"),
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
    fn the_first_of_each_api_is_at_its_official_address_where_that_has_one() {
        for preset in PRESETS {
            let first = PRESETS.iter().find(|first| first.api == preset.api);
            let official = preset.api.official_address();
            let expected = official.unwrap_or(first.unwrap().base_url);
            assert_eq!(first.unwrap().base_url, expected, "{}", preset.name);
        }
    }

    #[test]
    fn each_is_called_otherwise_and_is_at_another_address_or_of_another_api() {
        for (place, preset) in PRESETS.iter().enumerate() {
            let others = &PRESETS[..place];
            let at = |it: &Preset| (it.api, it.base_url);
            let same = others
                .iter()
                .find(|other| other.name == preset.name || at(other) == at(preset));
            assert_eq!(same, None, "{}", preset.name);
        }
    }

    #[test]
    fn c24_what_stop_does_there_is_known_but_where_nobody_says_it() {
        // A host of many providers, and those of which no list says anything.
        let silent = [
            "OpenRouter",
            "Moonshot",
            "Z.ai",
            "Cerebras",
            "Perplexity",
            "Nvidia",
        ];
        for preset in PRESETS {
            let expected = silent.contains(&preset.name);
            let unknown = preset.stop_effect() == StopEffect::Unknown;
            assert_eq!(unknown, expected, "{}", preset.name);
        }
        assert_eq!(effect("Gemini"), StopEffect::GoesOn);
        assert_eq!(effect("Gemini Interactions"), StopEffect::Cancels);
        assert_eq!(effect("Groq"), StopEffect::GoesOn);
        assert_eq!(effect("Azure"), StopEffect::Stops);
        assert_eq!(effect("Fireworks"), StopEffect::Stops);
        for goes_on in ["Qwen", "Hugging Face", "Vertex AI", "Amazon Bedrock"] {
            assert_eq!(effect(goes_on), StopEffect::GoesOn, "{goes_on}");
        }
        for here in ["Jan", "LM Studio", "vLLM", "SGLang"] {
            assert_eq!(effect(here), StopEffect::Local, "{here}");
        }
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

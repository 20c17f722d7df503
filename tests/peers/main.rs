//! Tacet's providers against servers that Tacet's authors did not write: an answer, a stop that
//! the server notices, and a conversation that goes on afterwards. `cargo xtask peers` starts the
//! servers and runs this.

use futures::StreamExt;
use futures::stream;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tacet_core::history::GO_ON;
use tacet_core::{
    Answer, Change, Endpoint, Generation, Goal, Message, MessageState, ModelRequest, Parameters,
    Remote, Role, UsageSource, WireApi,
};

/// Tokens of an answer that is waited for: little for a small machine.
const SHORT: u32 = 40;
/// Tokens of an answer that is stopped in the middle.
const LONG: u32 = 1_000;

type Outcome<T> = Result<T, String>;

/// How long a server may take to notice a hang-up: llama.cpp does at its next write.
const NOTICE: Duration = Duration::from_secs(5);

/// A foreign server: where it is, what it speaks, and how it says that a client is gone.
struct Peer {
    name: &'static str,
    host: String,
    model: &'static str,
    apis: &'static [Spoken],
    notices: Notice,
}

/// An API that a server speaks.
struct Spoken {
    api: WireApi,
    /// What follows the host in its address.
    path: &'static str,
    /// Whether it counts tokens; one that says zero for everything does not.
    counts: bool,
}

const fn counted(api: WireApi, path: &'static str) -> Spoken {
    Spoken {
        api,
        path,
        counts: true,
    }
}

#[derive(Clone, Copy)]
enum Notice {
    /// llama.cpp's server: its one slot is idle.
    IdleSlot,
    /// aimock: its count of responses whose client has gone grows.
    DestroyedResponses,
}

const LLAMA: &[Spoken] = &[
    counted(WireApi::OpenaiChat, "/v1"),
    counted(WireApi::OpenaiResponses, "/v1"),
    counted(WireApi::Anthropic, ""),
];

const AIMOCK: &[Spoken] = &[
    counted(WireApi::OpenaiChat, "/v1"),
    counted(WireApi::OpenaiResponses, "/v1"),
    counted(WireApi::Anthropic, ""),
    counted(WireApi::Gemini, "/v1beta"),
    Spoken {
        api: WireApi::Ollama,
        path: "",
        counts: false,
    },
];

impl Peer {
    async fn try_all(&self) -> Outcome<()> {
        for Spoken { api, path, counts } in self.apis {
            let endpoint = Endpoint::new(format!("{}{path}", self.host), None);
            let provider = Remote::new(*api, &endpoint).map_err(|error| error.to_string())?;
            let tried = self.try_api(Arc::new(provider), *counts).await;
            let told = tried.map_err(|error| format!("{} by {api:?}: {error}", self.name))?;
            println!("{} by {api:?}: {told}", self.name);
        }
        Ok(())
    }

    async fn try_api(&self, provider: Arc<Remote>, counts: bool) -> Outcome<String> {
        let question = Message::from_user("What is a moraine?");
        let whole = self.ask(&provider, vec![question.clone()], None).await;
        require(whole.state == MessageState::Complete, "an answer", &whole)?;
        require(!whole.text().is_empty(), "text", &whole)?;
        let reported = whole.usage.source == UsageSource::Reported;
        require(reported || !counts, "reported usage", &whole)?;

        let before = self.gone().await?;
        let stopped = self.ask(&provider, vec![question.clone()], Some(1)).await;
        let interrupted = stopped.state == MessageState::Interrupted;
        require(interrupted, "a stopped answer", &stopped)?;
        require(!stopped.text().is_empty(), "what was received", &stopped)?;
        self.wait_until_noticed(before).await?;

        let answer = Message {
            role: Role::Assistant,
            state: stopped.state,
            cause: stopped.cause,
            parts: stopped.parts,
            ..question.clone()
        };
        let go_on = ModelRequest {
            goal: Goal::Continue,
            ..self.request(vec![question.clone(), answer.clone()], SHORT)
        };
        let prefilled = !String::from_utf8_lossy(&provider.body(&go_on)).contains(GO_ON);
        let rest = run(&provider, go_on, None).await;
        require(
            rest.state == MessageState::Complete,
            "a continuation",
            &rest,
        )?;

        let again = Message::from_user("Once more: what is a moraine?");
        let next = self
            .ask(&provider, vec![question, answer, again], None)
            .await;
        require(next.state == MessageState::Complete, "a next answer", &next)?;
        Ok(format!(
            "answered ({:?} tokens), stopped and noticed, went on ({}), answered again",
            whole.usage.output_tokens,
            if prefilled { "prefill" } else { "asked to" },
        ))
    }

    fn request(&self, history: Vec<Message>, max_output_tokens: u32) -> ModelRequest {
        ModelRequest {
            parameters: Parameters {
                max_output_tokens: Some(max_output_tokens),
                ..Parameters::default()
            },
            ..ModelRequest::new(self.model, history)
        }
    }

    /// Asks, and stops after so many pieces of text.
    async fn ask(
        &self,
        provider: &Arc<Remote>,
        history: Vec<Message>,
        stop_after: Option<u32>,
    ) -> Answer {
        let length = if stop_after.is_some() { LONG } else { SHORT };
        run(provider, self.request(history, length), stop_after).await
    }
    /// How many clients the server has seen go; 1 for an idle slot.
    async fn gone(&self) -> Outcome<u64> {
        match self.notices {
            Notice::IdleSlot => {
                let slots = get(&format!("{}/slots", self.host)).await?;
                Ok(u64::from(slots.contains("\"is_processing\":false")))
            }
            Notice::DestroyedResponses => {
                let metrics = get(&format!("{}/metrics", self.host)).await?;
                let counts = metrics
                    .lines()
                    .filter(|line| line.contains("status=\"destroyed\""))
                    .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
                Ok(counts.sum())
            }
        }
    }

    async fn wait_until_noticed(&self, before: u64) -> Outcome<()> {
        let looks = async {
            loop {
                let gone = self.gone().await?;
                let noticed = match self.notices {
                    Notice::IdleSlot => gone == 1,
                    Notice::DestroyedResponses => gone > before,
                };
                if noticed {
                    return Ok(());
                }
                // Foreign servers tell nobody: they have to be asked.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(NOTICE, looks)
            .await
            .map_err(|_| format!("the stop was not noticed within {NOTICE:?}"))?
    }
}

/// Runs a request, and stops it after so many pieces of text.
async fn run(provider: &Arc<Remote>, request: ModelRequest, stop_after: Option<u32>) -> Answer {
    let mut generation = Generation::start(Arc::clone(provider) as _, request);
    let mut pieces = 0;
    while let Some(change) = generation.next().await {
        if let Change::Appended { .. } = change {
            pieces += 1;
            if Some(pieces) == stop_after {
                generation.stop();
            }
        }
    }
    generation.into_answer()
}

fn require(holds: bool, what: &str, answer: &Answer) -> Outcome<()> {
    if holds {
        Ok(())
    } else {
        Err(format!("no {what}: {answer:?}"))
    }
}

async fn get(url: &str) -> Outcome<String> {
    let said = |error: reqwest::Error| error.to_string();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(said)?;
    let response = client.get(url).send().await.map_err(said)?;
    response.text().await.map_err(said)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(llama), Some(aimock)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: peers LLAMA_CPP_ADDRESS AIMOCK_ADDRESS");
        return ExitCode::from(2);
    };
    let peers = [
        Peer {
            name: "llama.cpp's server",
            host: llama,
            model: "smollm2",
            apis: LLAMA,
            notices: Notice::IdleSlot,
        },
        Peer {
            name: "aimock",
            host: aimock,
            model: "gpt-4o",
            apis: AIMOCK,
            notices: Notice::DestroyedResponses,
        },
    ];
    let failed: Vec<String> = stream::iter(&peers)
        .filter_map(|peer| async { peer.try_all().await.err() })
        .collect()
        .await;
    for error in &failed {
        eprintln!("{error}");
    }
    ExitCode::from(u8::from(!failed.is_empty()))
}

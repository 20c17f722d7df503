//! The embedded model without the app: asks it a question, or measures how fast it is and how
//! fast it stops.

use futures::StreamExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, io, path::Path};
use tacet_conversation::{
    ConnectionEnd, ConversationId, Message, MessageId, MessageState, Part, Phase, Role, Usage,
};
use tacet_local::{Embedded, MODEL_ID, WORKER_ARGUMENT, find_model, own_executable, worker_main};
use tacet_provider::{BoxModelStream, ModelEvent, ModelRequest, Parameters, Provider};

const USAGE: &str = "usage: tacet-local ask QUESTION | tacet-local bench [RUNS]";
const IDLE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == WORKER_ARGUMENT)
    {
        return worker_main();
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["ask", question] => run(ask(question)),
        ["bench"] => run(bench(20)),
        ["bench", runs] => match runs.parse() {
            Ok(0) => Err(USAGE.into()),
            Ok(runs) => run(bench(runs)),
            Err(_) => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Done = Result<(), Box<dyn std::error::Error>>;

fn run(work: impl Future<Output = Done>) -> Done {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn provider() -> Result<Embedded, Box<dyn std::error::Error>> {
    let model = find_model(None, Path::new("."))
        .ok_or("There is no model file. `cargo xtask run` fetches it, or set TACET_MODEL_FILE.")?;
    Ok(Embedded::new(own_executable()?, &model, IDLE))
}

fn request(question: &str, parameters: Parameters) -> ModelRequest {
    let message = Message {
        id: MessageId::new(),
        conversation_id: ConversationId::new(),
        parent_id: None,
        turn_id: None,
        role: Role::User,
        state: MessageState::Complete,
        cause: None,
        model: None,
        parts: vec![Part::Text {
            text: question.to_owned(),
        }],
        finish_reason: None,
        usage: None,
        failed_attempts: Vec::new(),
        requests: Vec::new(),
        receipt: None,
        error: None,
        created_at: 0,
        ended_at: None,
    };
    ModelRequest {
        parameters,
        ..ModelRequest::new(MODEL_ID, [message])
    }
}

async fn ask(question: &str) -> Done {
    let provider = provider()?;
    let mut stream = provider.stream(request(question, Parameters::default()));
    let mut out = io::stdout();
    while let Some(events) = stream.next().await {
        for event in events? {
            if let ModelEvent::Text(text) = event {
                io::Write::write_all(&mut out, text.as_bytes())?;
                io::Write::flush(&mut out)?;
            }
        }
    }
    println!();
    Ok(())
}

/// Long enough that reading it takes seconds; the number makes each one unknown to the cache.
fn long_question(run: usize) -> String {
    format!(
        "Text {run}. Sum it up. {}",
        "The tide comes in and goes out again. ".repeat(220)
    )
}

async fn bench(runs: usize) -> Done {
    speed().await?;
    println!("time from stop to the worker's confirmation, {runs} runs each, ms:");
    for (name, phase) in [
        ("loading the model", Phase::LoadingModel),
        ("reading the prompt", Phase::ReadingPrompt),
        ("writing", Phase::Text),
    ] {
        let (mut times, mut killed) = (Vec::new(), 0);
        let mut same = provider()?;
        for run in 0..runs {
            if phase == Phase::LoadingModel {
                same = provider()?;
            }
            let question = match phase {
                Phase::Text => format!("{run}: write a long story."),
                _ => long_question(run),
            };
            let mut stream = same.stream(request(&question, Parameters::default()));
            reach(&mut stream, phase).await?;
            // Into the phase, not to its first moment: each run a little deeper.
            let depth = Duration::from_millis(10 + 180 * run as u64 / runs as u64);
            let _ =
                tokio::time::timeout(depth, async { while stream.next().await.is_some() {} }).await;
            let pressed = Instant::now();
            let closed = stream.close().await;
            times.push(pressed.elapsed().as_secs_f64() * 1e3);
            killed += usize::from(closed.connection == ConnectionEnd::WorkerKilled);
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "  {name:20} median {:6.1}   p95 {:6.1}   most {:6.1}   killed {killed}",
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
    Ok(())
}

/// Tokens a second, of the prompt and of the answer.
async fn speed() -> Done {
    let provider = provider()?;
    let short = Parameters {
        max_output_tokens: Some(1),
        ..Parameters::default()
    };
    // The first answer loads the model.
    finish(provider.stream(request("Hi", short.clone()))).await?;
    let begun = Instant::now();
    let usage = finish(provider.stream(request(&long_question(0), short))).await?;
    report("prompt", usage.input_tokens, begun.elapsed());
    let long = Parameters {
        temperature: Some(0.0),
        max_output_tokens: Some(128),
        ..Parameters::default()
    };
    let mut stream = provider.stream(request("Write a long story about a lighthouse.", long));
    reach(&mut stream, Phase::Text).await?;
    let begun = Instant::now();
    let usage = finish(stream).await?;
    report("answer", usage.output_tokens, begun.elapsed());
    Ok(())
}

fn report(what: &str, tokens: Option<u64>, time: Duration) {
    let tokens = tokens.unwrap_or_default();
    let rate = tokens as f64 / time.as_secs_f64();
    println!("{what}: {tokens} tokens in {time:.2?}, {rate:.1} tokens/s");
}

/// Reads the stream until it says that it is in `phase`.
async fn reach(stream: &mut BoxModelStream, phase: Phase) -> Done {
    while let Some(events) = stream.next().await {
        if events?.contains(&ModelEvent::Phase(phase)) {
            return Ok(());
        }
    }
    Err("the answer ended too early".into())
}

/// Reads the stream to its end for its figures.
async fn finish(mut stream: BoxModelStream) -> Result<Usage, Box<dyn std::error::Error>> {
    let mut last = Usage::unknown();
    while let Some(events) = stream.next().await {
        for event in events? {
            if let ModelEvent::Usage(usage) = event {
                last = usage;
            }
        }
    }
    Ok(last)
}

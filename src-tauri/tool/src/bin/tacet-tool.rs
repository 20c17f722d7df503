//! A tool under its supervisor without the app: runs a program until it ends, and says what came
//! of it. An end of this process, however it comes, is one of all that the program started.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|first| first == tacet_tool::process::SUPERVISOR_ARGUMENT) {
        return tacet_tool::process::supervisor_main();
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("There is a supervisor on Linux only.");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn run() -> Result<(), Box<dyn std::error::Error>> {
    use tacet_tool::process::{Supervised, ToolCommand};
    let mut words = std::env::args_os().skip(1);
    let command = ToolCommand {
        program: words
            .next()
            .ok_or("usage: tacet-tool PROGRAM [ARGUMENT...]")?,
        args: words.collect(),
        env: std::collections::BTreeMap::new(),
        withheld: Vec::new(),
        folder: std::env::current_dir()?,
    };
    let mut tool = Supervised::spawn(&std::env::current_exe()?, &command).await?;
    let (stdout, stderr) = (tool.stdout.take(), tool.stderr.take());
    let out = tokio::spawn(async move {
        if let Some(mut stdout) = stdout {
            let _ = tokio::io::copy(&mut stdout, &mut tokio::io::stdout()).await;
        }
    });
    let errors = tokio::spawn(async move {
        if let Some(mut stderr) = stderr {
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::stderr()).await;
        }
    });
    let exit = tool.exited().await;
    let ended = tool.end().await;
    let _ = tokio::join!(out, errors);
    eprintln!("{exit:?}, {ended:?}");
    Ok(())
}

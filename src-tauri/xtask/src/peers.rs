//! Tacet's providers and its MCP client against servers that were written elsewhere, on this
//! machine.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::model;
use crate::project::Project;
use crate::step::{self, NPM};
use crate::target::{SELECTION, Target};

/// llama.cpp's own server, in a Python package; the version that was tried.
const LLAMA: &str = "xllamacpp==2026.10.11549";
/// A mock of many providers, in an npm package; the version that was tried.
const AIMOCK: &str = "@copilotkit/aimock@1.43.0";
/// The MCP server that has all of the protocol, in an npm package; the version that was tried.
const EVERYTHING: &str = "@modelcontextprotocol/server-everything@2026.8.31";
/// The protocol's own tests of clients, in an npm package; the version that was tried.
const CONFORMANCE: &str = "@modelcontextprotocol/conformance@0.1.16";
/// Its scenarios that are not run, by the beginning of their names, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "auth/2025-03-26-oauth-endpoint-fallback",
        "Tacet sends nobody's browser to addresses that a server does not name",
    ),
    (
        "auth/2025-03-26-oauth-metadata-backcompat",
        "its sign-in server calls itself otherwise than it is called, which no later version allows",
    ),
    (
        "auth/client-credentials",
        "it is for programs that sign in without a person",
    ),
    (
        "auth/cross-app-access",
        "it is for companies that sign their people in",
    ),
];
/// What begins its list of scenarios for clients.
const CLIENT_SCENARIOS: &str = "Client scenarios";
/// The major version of Node that it is written for; a shim has it run on the two before.
const CONFORMANCE_NODE: u32 = 22;
/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// `cargo xtask peers`: fetches the servers once, starts them and tries the providers on them.
pub fn run(project: &Project) -> Result<(), Failure> {
    let model = model::provide(project)?;
    let place = project.peers();
    let python = provide_llama(&place)?;
    provide_npm(&place)?;
    let target = Target::take(project)?;

    step::headline("Servers");
    let tests = project.root().join("tests/peers");
    let (llama, aimock, everything) = (free_port()?, free_port()?, free_port()?);
    let mut command = step::command(&python, &place);
    command.arg(tests.join("llama.py")).arg(&model);
    command.arg(llama.to_string());
    let _llama = Server::start(&mut command, llama, &place.join("llama.log"))?;
    let mut command = step::command("node", &place);
    command
        .arg("node_modules/@copilotkit/aimock/dist/cli.js")
        .args(["--port", &aimock.to_string(), "--metrics", "--fixtures"])
        .arg(tests.join("aimock.json"));
    let _aimock = Server::start(&mut command, aimock, &place.join("aimock.log"))?;

    let program_of_everything =
        place.join("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    let mut command = step::command("node", &place);
    command
        .arg(&program_of_everything)
        .arg("streamableHttp")
        .env("PORT", everything.to_string());
    let log = place.join("everything.log");
    let _everything = Server::start(&mut command, everything, &log)?;

    step::headline("Providers");
    let address = |port: u16| format!("http://127.0.0.1:{port}");
    // Selected as the tests are: alone it would compile the dependencies with fewer features.
    let mut cargo = target.cargo("build");
    let built = [
        "--example",
        "peers",
        "--example",
        "tool-peers",
        "--example",
        "tool-conformance",
        "--bin",
        "tacet-tool",
    ];
    step::run(cargo.args(SELECTION).args(built))?;
    let programs = target.directory().join("debug");
    let program = programs.join("examples/peers");
    step::run(step::command(program, project.root()).args([address(llama), address(aimock)]))?;

    step::headline("MCP servers");
    let program = programs.join("examples/tool-peers");
    step::run(
        step::command(program, project.root())
            .arg(programs.join("tacet-tool"))
            .arg(program_of_everything)
            .arg(format!("{}/mcp", address(everything))),
    )?;
    conform(project, &place, &programs.join("examples/tool-conformance"))
}

/// Runs all of the protocol's own tests on the MCP client, but those whose reason is in the table.
fn conform(project: &Project, place: &Path, client: &Path) -> Result<(), Failure> {
    step::headline("Conformance of the MCP client");
    let node = step::output(step::command("node", place).arg("--version"));
    let major = node.as_deref().and_then(|version| {
        let version = version.trim().trim_start_matches('v');
        version.split('.').next()?.parse::<u32>().ok()
    });
    let suite = || {
        let mut command = step::command("node", place);
        if major.is_some_and(|major| major < CONFORMANCE_NODE) {
            let shim = project.root().join("tests/peers/node20.mjs");
            command.arg("--import").arg(shim);
        }
        command.arg("node_modules/@modelcontextprotocol/conformance/dist/index.js");
        command
    };
    let list = step::output(suite().arg("list"));
    let list = list.ok_or_else(|| Failure::new("The suite does not list its scenarios."))?;
    let scenarios: Vec<&str> = list
        .lines()
        .skip_while(|line| !line.starts_with(CLIENT_SCENARIOS))
        .filter_map(|line| line.trim_start().strip_prefix("- ")?.split(' ').next())
        .collect();
    if scenarios.is_empty() {
        return Err(Failure::new("The suite has no scenarios for clients."));
    }
    for scenario in scenarios {
        let left_out = LEFT_OUT.iter().find(|(name, _)| scenario.starts_with(name));
        if let Some((_, reason)) = left_out {
            println!("{scenario}: left out, since {reason}.");
            continue;
        }
        let mut command = suite();
        command
            .args(["client", "--scenario", scenario, "--command"])
            .arg(client);
        step::run(&mut command)?;
    }
    Ok(())
}

/// The Python of an environment with llama.cpp's server in it.
fn provide_llama(place: &Path) -> Result<PathBuf, Failure> {
    let environment = place.join("python");
    let python = environment.join("bin/python");
    let installed =
        step::output(step::command(&python, Path::new("/")).args(["-m", "pip", "freeze"]));
    if installed.is_some_and(|list| list.lines().any(|line| line == LLAMA)) {
        return Ok(python);
    }
    step::headline("llama.cpp's server: fetched once");
    fs::create_dir_all(place).map_err(Failure::at(place))?;
    step::run(
        step::command("python3", place)
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    step::run(step::command(&python, place).args(["-m", "pip", "install", "--quiet", LLAMA]))?;
    Ok(python)
}

/// The servers in npm packages. They are installed together: npm takes away what it is not asked
/// for.
fn provide_npm(place: &Path) -> Result<(), Failure> {
    let installed = |package: &str| {
        let (name, version) = package.rsplit_once('@').unwrap_or((package, ""));
        let description = place.join("node_modules").join(name).join("package.json");
        let described = fs::read_to_string(description);
        described.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\"")))
    };
    if [AIMOCK, EVERYTHING, CONFORMANCE].into_iter().all(installed) {
        return Ok(());
    }
    step::headline("aimock, the MCP server and the tests of MCP clients: fetched once");
    fs::create_dir_all(place).map_err(Failure::at(place))?;
    step::run(step::command(NPM, place).args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--prefix",
        ".",
        AIMOCK,
        EVERYTHING,
        CONFORMANCE,
    ]))
}

fn free_port() -> Result<u16, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::new(format!("No free port on this machine: {error}.")))
}

/// A server that ends with this value.
struct Server(Child);

impl Server {
    /// Starts a server that writes what it says into `log`, and waits until it listens.
    fn start(command: &mut Command, port: u16, log: &Path) -> Result<Self, Failure> {
        let shown = step::show(command);
        println!("$ {shown} > {}", log.display());
        let file = File::create(log).map_err(Failure::at(log))?;
        let errors = file.try_clone().map_err(Failure::at(log))?;
        let child = command
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| Failure::new(format!("`{shown}` could not be started: {error}.")))?;
        let mut server = Self(child);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Ok(Some(status)) = server.0.try_wait() {
                return Err(Failure::new(format!("`{shown}` ended with {status}.")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(Failure::new(format!("`{shown}` does not listen.")));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself needs no kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

//! Tacet's providers against servers that were written elsewhere, on this machine.

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
/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// `cargo xtask peers`: fetches the servers once, starts them and tries the providers on them.
pub fn run(project: &Project) -> Result<(), Failure> {
    let model = model::provide(project)?;
    let place = project.peers();
    let python = provide_llama(&place)?;
    provide_aimock(&place)?;
    let target = Target::take(project)?;

    step::headline("Servers");
    let tests = project.root().join("tests/peers");
    let (llama, aimock) = (free_port()?, free_port()?);
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

    step::headline("Providers");
    let address = |port: u16| format!("http://127.0.0.1:{port}");
    // Selected as the tests are: alone it would compile the dependencies with fewer features.
    let mut cargo = target.cargo("build");
    step::run(cargo.args(SELECTION).args(["--example", "peers"]))?;
    let program = target.directory().join("debug/examples/peers");
    step::run(step::command(program, project.root()).args([address(llama), address(aimock)]))
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

fn provide_aimock(place: &Path) -> Result<(), Failure> {
    let described = fs::read_to_string(place.join("node_modules/@copilotkit/aimock/package.json"));
    let version = AIMOCK.rsplit('@').next().unwrap_or_default();
    if described.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\""))) {
        return Ok(());
    }
    step::headline("aimock: fetched once");
    fs::create_dir_all(place).map_err(Failure::at(place))?;
    step::run(step::command(NPM, place).args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--prefix",
        ".",
        AIMOCK,
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

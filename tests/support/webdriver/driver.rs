//! The driver process and the plain HTTP in which it takes commands (W3C WebDriver).

use super::bus;
use crate::patience::{GLANCE, within};
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A command may include the start of the application on a busy machine.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// A running driver with the bus that belongs to it; dropping it ends both and what they started.
#[derive(Debug)]
pub(super) struct Driver {
    session_leader: Child,
    address: String,
    http: reqwest::Client,
}

impl Driver {
    /// Starts the driver with this environment, on the bus at this address or one of its own; it
    /// and the application write to `log`, which can be read. With a `target` it drives the application that listens
    /// there, and starts none.
    pub(super) async fn start(
        environment: &[(String, String)],
        bus: Option<&str>,
        target: Option<&str>,
        log: &File,
    ) -> Self {
        let address = match free_address() {
            Ok(address) => address,
            Err(error) => panic!("no free port for the driver: {error}"),
        };
        let (host, port) = address.split_once(':').unwrap_or_default();
        let mut arguments = vec![format!("--host={host}"), format!("--port={port}")];
        if let Some(target) = target {
            arguments.push(format!("--target={target}"));
            arguments.push("--replace-on-new-session".to_owned());
        }
        let spawned = spawn(
            &[],
            "WebKitWebDriver".as_ref(),
            &arguments,
            environment,
            bus,
            log,
        );
        let session_leader = match spawned {
            Ok(child) => child,
            Err(error) => panic!(
                "the driver does not start ({error}); apt-get install dbus webkit2gtk-driver"
            ),
        };
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(COMMAND_LIMIT)
            .build();
        let http = match http {
            Ok(http) => http,
            Err(error) => panic!("no HTTP client for the driver: {error}"),
        };
        let mut driver = Self {
            session_leader,
            address,
            http,
        };
        within("the driver to be ready", async {
            while driver.command(Method::GET, "/status", None).await.is_err() {
                if let Ok(Some(status)) = driver.session_leader.try_wait() {
                    let said = said(log);
                    panic!("the driver ended before it was ready ({status}): {said}");
                }
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await;
        driver
    }

    /// The process below which the application will be found.
    pub(super) fn process(&self) -> u32 {
        self.session_leader.id()
    }

    /// Sends one command and gives the `value` of the answer.
    ///
    /// # Errors
    /// The driver's words, or that it did not answer.
    pub(super) async fn command(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, String> {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.http.request(method.clone(), url);
        if method == Method::POST {
            request = request.json(&body.unwrap_or_else(|| json!({})));
        }
        let answered = async { request.send().await?.json::<Value>().await };
        let mut answer = answered.await.map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!(
                "{error}: {}",
                value["message"].as_str().unwrap_or_default()
            )),
            None => Ok(value),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end(&mut self.session_leader);
    }
}

/// Starts a program, by another one where `through` names it, as the leader of a process group and
/// on the bus at this address or one of its own.
pub(super) fn spawn(
    through: &[String],
    program: &OsStr,
    arguments: &[String],
    environment: &[(String, String)],
    bus: Option<&str>,
    log: &File,
) -> io::Result<Child> {
    let configuration = bus::configuration()?;
    let own_bus = ["dbus-run-session", &configuration, "--"];
    let own_bus = bus.is_none().then_some(own_bus).into_iter().flatten();
    let through = own_bus.chain(through.iter().map(String::as_str));
    let mut words = through.map(OsStr::new).chain([program]);
    let mut command = Command::new(words.next().unwrap_or(program));
    command.args(words);
    if let Some(address) = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
    }
    command
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?)
        .process_group(0)
        .spawn()
}

/// What was written to a log, by programs that have ended.
fn said(mut log: &File) -> String {
    let mut said = String::new();
    let read = log.rewind().and_then(|()| log.read_to_string(&mut said));
    match read {
        Ok(_) => said,
        Err(error) => format!("what it wrote cannot be read: {error}"),
    }
}

/// Ends a process group and waits for its leader.
pub(super) fn end(leader: &mut Child) {
    let id = i32::try_from(leader.id()).ok();
    if let Some(group) = id.and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = leader.wait();
}

pub(super) fn free_address() -> io::Result<String> {
    // The driver cannot choose a port itself; the gap until it binds is short and local.
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

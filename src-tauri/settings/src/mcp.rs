//! MCP servers as `settings.json` names them, in the shape of other clients.

use crate::OAuthClient;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use ts_rs::TS;
use url::{Host, Url};

/// The name that stands for the app's own tools where a server is named.
pub const OWN_TOOLS: &str = "tacet";
/// The longest name of a server, in characters.
const LONGEST_NAME: usize = 64;

/// A server that gives tools: a program or an address. Its `Debug` shows no value of `env` and
/// `headers`, which may be secret.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct McpServer {
    /// By which people and messages call it. It is the key in the file.
    #[serde(skip)]
    pub name: String,
    /// The program: a path, or a name that is looked up in `PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Variables of its environment beside the app's own. A value may be `${keychain}`, for one
    /// that is kept there, or `${env:NAME}`, for one of the app's own environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The folder that it runs in; by default the person's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The address, for a server that is reached by Streamable HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Headers of each request to it; their values as those of `env`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How Tacet is known where people sign in to it, for an address whose sign-in server registers
    /// no client by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth: Option<OAuthClient>,
    /// Whether it is turned off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Whether it may be spoken to on another machine over `http`, where all can be read on the
    /// way; by default not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_unencrypted: bool,
}

impl fmt::Debug for McpServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("McpServer")
            .field("name", &self.name)
            .field("command", &self.command)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

impl McpServer {
    /// Whether it can be used.
    ///
    /// # Errors
    /// What is wrong with it, in words that name it.
    pub fn check(&self) -> Result<(), String> {
        let name = &self.name;
        check_name(name)?;
        let wrong = |what: &str| Err(format!("the server \"{name}\" {what}"));
        match (&self.command, &self.url) {
            (Some(_), Some(_)) => {
                return wrong("has both a command and a url: leave one of them out");
            }
            (None, None) => {
                return wrong(
                    "has neither a command nor a url: write the one that its maker names",
                );
            }
            (Some(command), None) if command.trim().is_empty() => {
                return wrong("has an empty command");
            }
            (Some(_), None) if self.oauth.is_some() => {
                return wrong("has oauth with a command: only an address is signed in to");
            }
            (Some(_), None) => {}
            (None, Some(url)) => {
                let Some(parsed) = Url::parse(url).ok().filter(is_web) else {
                    return wrong(
                        "has a url that is no address: write https:// and the server's name",
                    );
                };
                if parsed.scheme() == "http" && !is_here(&parsed) && !self.allow_unencrypted {
                    return wrong(
                        "is on another machine and not encrypted: write https://, or allow it \
                         with \"allow_unencrypted\": true",
                    );
                }
            }
        }
        if let Some(Err(reason)) = self.oauth.as_ref().map(OAuthClient::check) {
            return wrong(reason);
        }
        let unfit = |name: &String| name.is_empty() || name.contains(['=', '\0']);
        if self.env.keys().any(unfit) {
            return wrong("has a variable without a usable name in env");
        }
        Ok(())
    }
}

/// A server as it stands in the file. Other clients' fields are theirs.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    transport: Option<String>,
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cwd: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    oauth: Option<OAuthClient>,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    allow_unencrypted: bool,
}

impl Written {
    /// What is wrong with it, in words that name it.
    fn checked(self, name: &str) -> Result<McpServer, String> {
        if self.transport.as_deref() == Some("sse") {
            return Err(format!(
                "the server \"{name}\" is of the old transport \"sse\", which Tacet does not \
                 speak: ask its maker for the address of Streamable HTTP"
            ));
        }
        let server = McpServer {
            name: name.to_owned(),
            command: self.command,
            args: self.args,
            env: self.env,
            cwd: self.cwd,
            url: self.url,
            headers: self.headers,
            oauth: self.oauth,
            disabled: self.disabled,
            allow_unencrypted: self.allow_unencrypted,
        };
        server.check()?;
        Ok(server)
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Whether an address is on this computer.
pub fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a server may be called so.
fn check_name(name: &str) -> Result<(), String> {
    if name == OWN_TOOLS {
        return Err(format!(
            "no server can be called \"{OWN_TOOLS}\", which is the name of the app's own tools"
        ));
    }
    let fits = !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.contains('/')
        && !name.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(format!(
            "{name:?} cannot be a server's name: use 1 to {LONGEST_NAME} characters without /"
        ))
    }
}

pub(super) fn serialize<S: Serializer>(servers: &[McpServer], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(servers.len()))?;
    for server in servers {
        map.serialize_entry(&server.name, server)?;
    }
    map.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<McpServer>, D::Error> {
    from.deserialize_map(Servers)
}

struct Servers;

impl<'de> Visitor<'de> for Servers {
    type Value = Vec<McpServer>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("servers by their names, in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut servers: Vec<McpServer> = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            check_name(&name).map_err(A::Error::custom)?;
            if servers.iter().any(|server| server.name == name) {
                return Err(A::Error::custom(format!(
                    "a second server is called \"{name}\""
                )));
            }
            servers.push(entries.next_value_seed(Named(&name))?);
        }
        Ok(servers)
    }
}

/// The server of that name.
struct Named<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = McpServer;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<McpServer, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = McpServer;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a server in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<McpServer, A::Error> {
        let written = Written::deserialize(MapAccessDeserializer::new(fields))?;
        written.checked(self.0).map_err(A::Error::custom)
    }
}

/// What another client keeps its servers in.
#[derive(Deserialize)]
struct Pasted(#[serde(deserialize_with = "deserialize")] Vec<McpServer>);

/// Reads servers that a person pasted from another client's settings or from a server's own
/// documentation: an object with `mcpServers` (or `servers`), or the servers themselves by name.
///
/// # Errors
/// Says on which line of what was pasted the mistake is. Nothing that was pasted is repeated but
/// names.
pub fn pasted_servers(text: &str) -> Result<Vec<McpServer>, String> {
    let said = |error: serde_json::Error| {
        let reason = super::error::reason(&error);
        // It would repeat the value, which may be secret.
        let expected = reason.strip_prefix("invalid type: ");
        let expected = expected.and_then(|reason| reason.rsplit_once(", expected "));
        let reason = expected.map_or_else(
            || reason.clone(),
            |(_, expected)| format!("something is of another kind: expected {expected}"),
        );
        let line = error.line();
        format!("Line {line} of what was pasted: {reason}.")
    };
    let text = text.trim().trim_end_matches(',');
    // Documentation often shows the inside of the braces alone.
    let braced = if text.starts_with('{') {
        text.to_owned()
    } else {
        format!("{{{text}}}")
    };
    let whole: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&braced).map_err(said)?;
    let inside = ["mcpServers", "servers"]
        .into_iter()
        .find(|key| whole.contains_key(*key));
    match inside {
        // Read again as text, so that the line is known.
        Some("mcpServers") => Ok(serde_json::from_str::<InMcpServers>(&braced)
            .map_err(said)?
            .servers),
        Some(_) => Ok(serde_json::from_str::<InServers>(&braced)
            .map_err(said)?
            .servers),
        None if whole.contains_key("command") || whole.contains_key("url") => Err(
            "What was pasted is one server without its name: write \"NAME\": in front of it."
                .to_owned(),
        ),
        None => serde_json::from_str::<Pasted>(&braced)
            .map(|Pasted(servers)| servers)
            .map_err(said),
    }
}

#[derive(Deserialize)]
struct InMcpServers {
    #[serde(rename = "mcpServers", deserialize_with = "deserialize")]
    servers: Vec<McpServer>,
}

#[derive(Deserialize)]
struct InServers {
    #[serde(deserialize_with = "deserialize")]
    servers: Vec<McpServer>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SERVERS: &str = r#"{
        "files": { "command": "npx", "args": ["-y", "files"], "env": { "TOKEN": "hunter2" }, "icon": "x" },
        "far": { "type": "http", "url": "https://example.com/mcp", "headers": { "Authorization": "Bearer hunter2" },
                 "oauth": { "clientId": "tacet", "clientSecret": "hunter2", "callbackPort": 8123 } }
    }"#;

    #[test]
    fn servers_are_read_in_each_shape_that_other_clients_have() {
        let inside = SERVERS.trim().strip_prefix('{').unwrap();
        let inside = inside.strip_suffix('}').unwrap();
        for text in [
            SERVERS.to_owned(),
            format!("{{\"mcpServers\": {SERVERS}}}"),
            format!("\"mcpServers\": {SERVERS},"),
            format!("{{\"servers\": {SERVERS}, \"inputs\": []}}"),
            inside.to_owned(),
        ] {
            let servers = pasted_servers(&text).unwrap();
            let names: Vec<_> = servers.iter().map(|server| server.name.as_str()).collect();
            assert_eq!(names, ["files", "far"], "{text}");
            assert_eq!(servers[0].command.as_deref(), Some("npx"));
            assert_eq!(servers[0].args, ["-y", "files"]);
            assert_eq!(servers[1].url.as_deref(), Some("https://example.com/mcp"));
            let client = servers[1].oauth.clone().unwrap();
            assert_eq!(client.client_id.as_deref(), Some("tacet"));
            assert_eq!(client.callback_port, Some(8123));
        }
    }

    #[test]
    fn what_is_wrong_with_a_server_is_said_with_its_name_and_its_line() {
        for (server, reason) in [
            (r#""a": {}"#, "neither a command nor a url"),
            (
                r#""a": { "command": "x", "url": "https://x.example" }"#,
                "both",
            ),
            (r#""a": { "command": " " }"#, "empty command"),
            (r#""a": { "url": "example.com" }"#, "no address"),
            (r#""a": { "url": "http://example.com" }"#, "not encrypted"),
            (
                r#""a": { "type": "sse", "url": "https://x.example/sse" }"#,
                "sse",
            ),
            (
                r#""a": { "command": "x", "env": { "A=B": "c" } }"#,
                "usable name",
            ),
            (r#""a": { "command": "x", "args": "y" }"#, "sequence"),
            (
                r#""a": { "command": "x", "oauth": { "clientId": "y" } }"#,
                "only an address",
            ),
            (
                r#""a": { "url": "https://x.example", "oauth": { "clientSecret": "y" } }"#,
                "without the clientId",
            ),
            (
                r#""a": { "url": "https://x.example", "oauth": { "clientId": " " } }"#,
                "empty clientId",
            ),
            (
                r#""a": { "url": "https://x.example", "oauth": { "callbackPort": 0 } }"#,
                "callbackPort 0",
            ),
            (r#""tacet": { "command": "x" }"#, "own tools"),
            (r#""a/b": { "command": "x" }"#, "cannot be a server's name"),
            (r#""": { "command": "x" }"#, "cannot be a server's name"),
            (
                r#""a": { "command": "x" }, "a": { "command": "y" }"#,
                "second server",
            ),
        ] {
            let words = pasted_servers(&format!("{{\n\"mcpServers\": {{\n{server}\n}}\n}}"));
            let words = words.unwrap_err();
            assert!(words.contains(reason), "{server}: {words}");
            assert!(
                words.starts_with("Line 3") || words.starts_with("Line 4"),
                "{words}"
            );
        }
        let unnamed = pasted_servers(r#"{ "command": "x" }"#).unwrap_err();
        assert!(unnamed.contains("without its name"), "{unnamed}");
        assert!(pasted_servers("nonsense").is_err() && pasted_servers("[]").is_err());
        let secret =
            pasted_servers(r#"{ "a": { "command": "x", "env": "hunter2" } }"#).unwrap_err();
        assert!(
            secret.contains("expected a map") && !secret.contains("hunter2"),
            "{secret}"
        );
        let here = r#"{ "a": { "url": "http://127.0.0.1:3000/mcp" } }"#;
        assert!(pasted_servers(here).is_ok());
    }

    #[test]
    fn what_is_secret_of_a_server_is_in_no_debug() {
        let servers = pasted_servers(SERVERS).unwrap();
        let shown = format!("{servers:?} {:?}", servers[1].oauth);
        assert!(
            shown.contains("TOKEN") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}

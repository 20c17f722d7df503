//! What tools may do and how much of it.

use super::mcp::OWN_TOOLS;
use super::rules;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;
use ts_rs::TS;

/// Standing permissions and limits of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ToolSettings {
    /// Tools that run without asking, each as `SERVER/TOOL`; the app's own as `tacet/TOOL`.
    #[serde(deserialize_with = "tool_names")]
    pub always: Vec<String>,
    /// Programs that commands may run without asking, by their names alone.
    #[serde(deserialize_with = "programs")]
    pub programs: Vec<String>,
    /// Servers whose tools run without asking where they only read and reach nothing outside this
    /// computer; `tacet` for the app's own.
    pub read_only: Vec<String>,
    /// How many steps a turn may have, from 1 to 1,000, before it asks whether to go on; by
    /// default 50.
    #[serde(deserialize_with = "rules::steps")]
    pub step_limit: u32,
    /// How much text of a result the model is given, from 1 to 10,000 KB; by default 64.
    #[serde(deserialize_with = "rules::result_kilobytes")]
    pub result_kilobytes: u32,
    /// How long a server may work on a call without a sign of life, from 1 to 86,400 s; by default
    /// 600.
    #[serde(deserialize_with = "rules::timeout")]
    pub idle_timeout_seconds: u32,
    /// Whether pages may be fetched from addresses of the own network; by default not.
    pub private_addresses: bool,
}

impl Default for ToolSettings {
    fn default() -> Self {
        Self {
            always: Vec::new(),
            programs: Vec::new(),
            read_only: Vec::new(),
            step_limit: 50,
            result_kilobytes: 64,
            idle_timeout_seconds: 600,
            private_addresses: false,
        }
    }
}

fn tool_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    rules::texts(from, |name| match name.split_once('/') {
        Some((server, tool)) if !server.is_empty() && !tool.is_empty() => Ok(()),
        Some(_) | None => Err(format!(
            "\"{name}\" names no tool: write SERVER/TOOL, or {OWN_TOOLS}/TOOL for one of the app's own"
        )),
    })
}

fn programs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    rules::texts(from, |name| {
        if !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '/') {
            return Ok(());
        }
        Err(format!(
            "\"{name}\" is no program's name: write it without its folder and its arguments"
        ))
    })
}

pub(super) fn folders<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    rules::texts(from, |folder| {
        if Path::new(folder).is_absolute() {
            return Ok(());
        }
        Err(format!("\"{folder}\" is not the whole path of a folder"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{FILE, SettingsFile};
    use std::fs;

    fn written(text: &str) -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        let file = SettingsFile::open(folder.path());
        (folder, file)
    }

    #[test]
    fn what_tools_may_do_is_read_and_a_change_keeps_what_tacet_does_not_know() {
        let (_folder, file) = written(
            r#"{
              "mcpServers": { "b": { "command": "x", "icon": "y", "autoApprove": ["z"] }, "a": { "url": "https://x.example" } },
              "folders": ["/home/ann/work"],
              "tools": { "always": ["b/get"], "programs": ["cargo"], "read_only": ["tacet"], "step_limit": 7, "later": 1 }
            }"#,
        );
        assert_eq!(file.problem(), None);
        let settings = file.settings();
        let names: Vec<_> = settings
            .mcp_servers
            .iter()
            .map(|server| server.name.as_str())
            .collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(settings.folders, ["/home/ann/work"]);
        let tools = &settings.tools;
        assert_eq!((tools.step_limit, tools.result_kilobytes), (7, 64));
        file.change(|settings| {
            settings.mcp_servers[0].disabled = true;
            settings.mcp_servers.pop();
            settings.tools.always.clear();
        })
        .unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        for kept in [
            "\"icon\": \"y\"",
            "autoApprove",
            "\"later\": 1",
            "\"disabled\": true",
        ] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert!(
            !text.contains("x.example") && !text.contains("b/get"),
            "{text}"
        );
    }

    #[test]
    fn what_tools_cannot_be_told_is_refused_with_its_line() {
        for (text, reason) in [
            (r#""folders": ["work"]"#, "whole path"),
            (r#""tools": { "always": ["get"] }"#, "SERVER/TOOL"),
            (
                r#""tools": { "programs": ["cargo test"] }"#,
                "program's name",
            ),
            (r#""tools": { "programs": ["/bin/sh"] }"#, "program's name"),
            (r#""tools": { "step_limit": 0 }"#, "from 1 to 1000 steps"),
            (r#""tools": { "result_kilobytes": 10001 }"#, "kilobytes"),
            (
                r#""mcpServers": { "a": {} }"#,
                "neither a command nor a url",
            ),
            (r#""mcpServers": []"#, "servers by their names"),
        ] {
            let (_folder, file) = written(&format!("{{\n{text}\n}}"));
            let problem = file.problem().unwrap().to_string();
            assert!(
                problem.contains(reason) && problem.contains("line 2"),
                "{problem}"
            );
            assert_eq!(file.settings().tools, ToolSettings::default());
        }
    }
}

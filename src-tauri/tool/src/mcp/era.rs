//! The two eras of MCP, and which of them a server is of.

use rmcp::model::ProtocolVersion;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// By a handshake, `initialize`; versions until 2025-11-25.
    Handshake,
    /// Each request says what it needs; versions from 2026-07-28.
    Stateless,
}

impl Era {
    pub(super) fn of(version: &ProtocolVersion) -> Self {
        if version.has_initialize() {
            Self::Handshake
        } else {
            Self::Stateless
        }
    }
}

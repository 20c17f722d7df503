//! The error that crosses to the page: `{code, message}`, with a code only where the page acts
//! on it.

use crate::view::{CommandError, ErrorCode};
use tacet_settings::{SettingsError, secret::SecretError};
use tacet_store::StoreError;
use tacet_turn::StartError;

impl CommandError {
    /// The input is not right.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::Invalid,
            message: message.into(),
        }
    }

    /// The disk or the database failed.
    pub fn storage(message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::Storage,
            message: message.into(),
        }
    }

    /// The conversation is gone.
    pub fn gone() -> Self {
        Self {
            code: ErrorCode::NotFound,
            message: "This conversation does not exist any more.".to_owned(),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::OnlyBranch) {
            return Self::invalid(error.to_string());
        }
        Self::storage(error.to_string())
    }
}

impl From<SecretError> for CommandError {
    fn from(error: SecretError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => error.into(),
            StartError::Quitting
            | StartError::Invalid(_)
            | StartError::Settings(_)
            | StartError::Stopped
            | StartError::Unconfirmed => Self::invalid(error.to_string()),
        }
    }
}

//! The provider of the embedded model.

use crate::conversation;
use crate::exchange::Exchange;
use crate::model::ModelFile;
use crate::stream::EmbeddedStream;
use crate::workplace::Workplace;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};
use tacet_conversation::StopEffect;
use tacet_provider::{BoxModelStream, ModelRequest, Provider, history::Rules};

/// Answers with a model on this machine, in a worker process that is started when it is needed
/// and ended when it has been idle. One request is answered at a time; others queue.
///
/// Streams need a tokio runtime with I/O and time. Dropping the provider kills the worker.
pub struct Embedded {
    workplace: Arc<Workplace>,
    model_file: Arc<Path>,
}

impl Embedded {
    /// A provider for the model in `model`. `executable` is what becomes the worker, usually
    /// [`own_executable`]; after `idle` without a request the worker is ended and its memory
    /// given back. Nothing is started yet.
    #[must_use]
    pub fn new(executable: PathBuf, model: &ModelFile, idle: Duration) -> Self {
        Self {
            workplace: Arc::new(Workplace::new(executable, idle)),
            model_file: model.path.as_path().into(),
        }
    }

    /// The worker's process id, while there is a worker.
    #[must_use]
    pub fn worker_id(&self) -> Option<u32> {
        self.workplace.worker_id()
    }
}

impl Provider for Embedded {
    fn stream(&self, request: ModelRequest) -> BoxModelStream {
        Box::pin(EmbeddedStream::new(Exchange {
            workplace: Arc::clone(&self.workplace),
            model_file: Arc::clone(&self.model_file),
            request,
        }))
    }

    fn stop_effect(&self) -> StopEffect {
        StopEffect::Local
    }

    fn rules(&self, _model: &str) -> Rules {
        conversation::RULES
    }
}

/// The running executable. On Linux by a name that stays right when the file is replaced, as an
/// update does: the worker then still speaks this version's protocol.
///
/// # Errors
/// When the system does not say.
pub fn own_executable() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        env::current_exe()
    }
}

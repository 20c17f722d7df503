//! The embedded model: a worker process over llama.cpp, and the provider that talks to it.
//!
//! The engine runs in a process of its own, which is the same executable started again with
//! [`WORKER_ARGUMENT`]: a crash of the engine never takes the app, and when the worker ends, its
//! memory is given back. [`Embedded`] is the provider; the worker's side is [`worker_main`].
//!
//! # The processor's instructions
//!
//! llama.cpp is compiled for AVX2, FMA, F16C and BMI2 on x86-64 (`.cargo/config.toml` says so to
//! its build), whatever machine builds it: a package that was built on a newer processor runs on
//! every one since about 2013. The worker checks for these at its start and answers with a
//! sentence where one is missing; only the worker ever executes such code. On other
//! architectures it is the baseline. Choosing among variants at run time would need llama.cpp as
//! a set of shared libraries beside the executable.
//!
//! # Memory
//!
//! The context has the length that the model was trained for, for SmolLM2 8192 tokens: 180 MB
//! beside the model's 98 MB, until the worker has been idle for a while.

mod conversation;
mod exchange;
mod model;
mod process;
mod protocol;
mod provider;
mod stream;
mod worker;
mod workplace;

pub use model::{
    CONTEXT_LENGTH, MODEL_FILE_NAME, MODEL_FILE_VARIABLE, MODEL_ID, MODEL_NAME, ModelFile,
    PROVIDER_NAME, find_model,
};
pub use provider::{Embedded, own_executable};
pub use worker::worker_main;

/// The first argument of the executable that makes it a worker.
pub const WORKER_ARGUMENT: &str = "local-worker";

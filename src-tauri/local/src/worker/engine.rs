//! The loaded model, and what it remembers of the last turn.

use super::context::{BATCH, Context, ReadError, Threads};
use super::processor;
use super::stop::StopSwitch;
use crate::protocol::Outcome;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

/// llama.cpp's global state; it lives as long as the process.
static BACKEND: OnceLock<LlamaBackend> = OnceLock::new();

/// A loaded model with its context.
pub struct Engine {
    file: String,
    pub(super) context: Context,
    /// The tokens that the context holds.
    held: Vec<LlamaToken>,
    pub(super) stop: &'static StopSwitch,
}

impl Engine {
    /// Loads a model's file.
    pub fn load(file: &str, stop: &'static StopSwitch) -> Result<Self, Outcome> {
        let missing = processor::missing();
        if !missing.is_empty() {
            return Err(Outcome::Failed(format!(
                "This computer's processor lacks {}, which the built-in model needs. Nothing else \
                 is affected: choose a model of another provider.",
                missing.join(", ")
            )));
        }
        if !Path::new(file).is_file() {
            return Err(Outcome::Failed(format!(
                "The model's file {file} is not there. The conversation is safe: put the file \
                 back, or choose another model."
            )));
        }
        let parameters = LlamaModelParams::default().with_progress_callback(|_| !stop.is_set());
        let model = LlamaModel::load_from_file(backend()?, file, &parameters);
        if stop.is_set() {
            return Err(Outcome::Stopped);
        }
        let model = model.map_err(|error| {
            Outcome::Failed(format!(
                "The model's file {file} could not be loaded ({error}). The conversation is safe: \
                 the file may be damaged, fetch it again or choose another model."
            ))
        })?;
        let length = model.n_ctx_train();
        let context = Context::new(model, length, threads(), stop).ok_or_else(|| {
            Outcome::Failed(
                "There is not enough memory for the built-in model. The conversation is safe: \
                 close other programs and send again."
                    .to_owned(),
            )
        })?;
        Ok(Self {
            file: file.to_owned(),
            context,
            held: Vec::new(),
            stop,
        })
    }

    /// Whether it was loaded from this file.
    pub fn holds(&self, file: &str) -> bool {
        self.file == file
    }

    /// How many tokens the context holds.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Forgets what does not begin like `prompt`, and says how many tokens are kept. The last
    /// token of a prompt is always read anew, since the answer follows from reading it.
    pub(super) fn keep_common(&mut self, prompt: &[LlamaToken]) -> usize {
        let common = self.held.iter().zip(prompt).take_while(|(a, b)| a == b);
        let kept = common.count().min(prompt.len().saturating_sub(1));
        let kept = if self.context.keep(kept) { kept } else { 0 };
        self.held.truncate(kept);
        kept
    }

    /// Reads tokens after those that are held. Stops in the midst of it when told to.
    pub(super) fn read(&mut self, tokens: &[LlamaToken]) -> Result<(), Outcome> {
        for batch in tokens.chunks(BATCH) {
            if self.stop.is_set() {
                return Err(Outcome::Stopped);
            }
            self.held.extend_from_slice(batch);
            if let Err(error) = self.context.read(batch) {
                self.held.truncate(self.context.held());
                return Err(match error {
                    ReadError::Stopped => Outcome::Stopped,
                    ReadError::Failed(code) => Outcome::Failed(format!(
                        "The built-in model could not read on (llama_decode: {code}). The \
                         conversation is safe: send again."
                    )),
                });
            }
        }
        Ok(())
    }
}

fn backend() -> Result<&'static LlamaBackend, Outcome> {
    if let Some(backend) = BACKEND.get() {
        return Ok(backend);
    }
    // SAFETY: the callback is a function of this program and needs no data.
    unsafe { sys::llama_log_set(Some(print_errors), std::ptr::null_mut()) };
    let backend = LlamaBackend::init()
        .map_err(|error| Outcome::Failed(format!("llama.cpp could not be started: {error}.")))?;
    Ok(BACKEND.get_or_init(|| backend))
}

/// Lets only errors through, to standard error, whose end the app shows after a crash.
unsafe extern "C" fn print_errors(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if level == sys::GGML_LOG_LEVEL_ERROR && !text.is_null() {
        // SAFETY: llama.cpp passes a C string that lives as long as the call.
        let text = unsafe { CStr::from_ptr(text) };
        eprint!("{}", text.to_string_lossy());
    }
}

/// One thread a core to read, because the sibling threads of a core share the units that the
/// engine keeps busy. To write, one core less: llama.cpp's threads wait for each other hundreds
/// of times a token, spinning, and where another program takes the core of one of them, all wait
/// for a time slice. With two threads on two busy cores 2 tokens a second were seen, with one 32.
/// The core that is left also draws the window in which the answer appears.
fn threads() -> Threads {
    let available = thread::available_parallelism().map_or(1, usize::from);
    let cores = available.min(num_cpus::get_physical()).max(1);
    Threads {
        reading: cores,
        writing: cores.saturating_sub(1).max(1),
    }
}

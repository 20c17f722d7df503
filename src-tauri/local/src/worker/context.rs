//! The engine's working memory over one model: llama.cpp's context with the abort callback, for
//! which llama-cpp-2 has no word, and with threads that live as long as the context.

use super::stop::StopSwitch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::slice;

/// Tokens that are computed together. Of what is computed at a Stop, so many are lost at most.
pub const BATCH: usize = 256;

/// What `llama_decode` returns when the abort callback ended it.
const ABORTED: c_int = 2;

/// Why tokens were not read.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The order to stop came.
    Stopped,
    /// llama.cpp's code for what went wrong.
    Failed(c_int),
}

/// How many threads compute.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// While a prompt is read.
    pub reading: usize,
    /// While an answer is written.
    pub writing: usize,
}

/// A context with one sequence of tokens.
pub struct Context {
    raw: NonNull<sys::llama_context>,
    threads: NonNull<sys::ggml_threadpool>,
    /// Behind `raw`, so it goes after it: fields are dropped after `drop` has run.
    model: LlamaModel,
}

impl Context {
    /// A context of `length` tokens. Nothing when the memory for it is not there.
    pub fn new(
        model: LlamaModel,
        length: u32,
        threads: Threads,
        stop: &'static StopSwitch,
    ) -> Option<Self> {
        let reading = c_int::try_from(threads.reading).ok()?;
        let writing = c_int::try_from(threads.writing).ok()?;
        // SAFETY: takes no pointers.
        let mut parameters = unsafe { sys::llama_context_default_params() };
        parameters.n_ctx = length;
        parameters.n_batch = BATCH as u32;
        parameters.n_ubatch = BATCH as u32;
        parameters.n_outputs_max = 1;
        parameters.n_threads = writing;
        parameters.n_threads_batch = reading;
        parameters.abort_callback = Some(is_stopped);
        parameters.abort_callback_data = std::ptr::from_ref(stop).cast_mut().cast::<c_void>();
        // SAFETY: the model is alive and no other context is being made of it; the callback's
        // data is static, and the callback only reads it as what it is.
        let raw = NonNull::new(unsafe { sys::llama_init_from_model(pointer(&model), parameters) })?;
        // SAFETY: takes no pointers.
        let mut thread_parameters =
            unsafe { sys::ggml_threadpool_params_default(reading.max(writing)) };
        // SAFETY: the parameters are a local that is only read.
        let Some(threads) =
            NonNull::new(unsafe { sys::ggml_threadpool_new(&raw mut thread_parameters) })
        else {
            // SAFETY: `raw` was made above and nothing else has it.
            unsafe { sys::llama_free(raw.as_ptr()) };
            return None;
        };
        // SAFETY: both are alive; the pool is freed after the context, in `drop`.
        unsafe {
            sys::llama_attach_threadpool(raw.as_ptr(), threads.as_ptr(), std::ptr::null_mut());
        }
        Some(Self {
            raw,
            threads,
            model,
        })
    }

    /// The model.
    pub fn model(&self) -> &LlamaModel {
        &self.model
    }

    /// How many tokens fit.
    pub fn length(&self) -> usize {
        // SAFETY: the context is alive.
        unsafe { sys::llama_n_ctx(self.raw.as_ptr()) as usize }
    }

    /// Reads tokens after those that it holds; at most [`BATCH`]. What follows the last of them
    /// is then in [`Self::logits`]. After an error some or none of them are held.
    pub fn read(&mut self, tokens: &[LlamaToken]) -> Result<(), ReadError> {
        // SAFETY: `LlamaToken` is transparent over `llama_token`; llama.cpp takes a mutable
        // pointer and only reads, and the batch does not outlive the slice.
        let result = unsafe {
            let batch = sys::llama_batch_get_one(
                tokens.as_ptr().cast::<sys::llama_token>().cast_mut(),
                tokens.len() as c_int,
            );
            sys::llama_decode(self.raw.as_ptr(), batch)
        };
        match result {
            0 => Ok(()),
            ABORTED => Err(ReadError::Stopped),
            code => Err(ReadError::Failed(code)),
        }
    }

    /// How many tokens it holds.
    pub fn held(&self) -> usize {
        // SAFETY: the context is alive, and its memory with it.
        let last =
            unsafe { sys::llama_memory_seq_pos_max(sys::llama_get_memory(self.raw.as_ptr()), 0) };
        usize::try_from(last + 1).unwrap_or_default()
    }

    /// Forgets all but the first `kept` tokens. False when the model's kind of memory cannot
    /// forget a part; then it holds nothing.
    pub fn keep(&mut self, kept: usize) -> bool {
        let kept = sys::llama_pos::try_from(kept).unwrap_or(sys::llama_pos::MAX);
        // SAFETY: the context is alive, and its memory with it.
        unsafe {
            let memory = sys::llama_get_memory(self.raw.as_ptr());
            let done = sys::llama_memory_seq_rm(memory, 0, kept, -1);
            if !done {
                sys::llama_memory_clear(memory, true);
            }
            done
        }
    }

    /// For each token of the vocabulary how likely it follows, after a successful `read`.
    pub fn logits(&mut self) -> &[f32] {
        let count = usize::try_from(self.model.n_vocab()).unwrap_or_default();
        // SAFETY: after a decode whose last token asked for logits, -1 is that token's row of
        // `n_vocab` floats, which stays until the next decode; `self` is borrowed until then.
        unsafe {
            let row = sys::llama_get_logits_ith(self.raw.as_ptr(), -1);
            if row.is_null() {
                return &[];
            }
            slice::from_raw_parts(row, count)
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are freed once; the context goes before the
        // threads that it uses and, with the field, before the model.
        unsafe {
            sys::llama_free(self.raw.as_ptr());
            sys::ggml_threadpool_free(self.threads.as_ptr());
        }
    }
}

/// llama.cpp's pointer to the model, which llama-cpp-2 keeps to itself.
fn pointer(model: &LlamaModel) -> *mut sys::llama_model {
    const {
        assert!(size_of::<LlamaModel>() == size_of::<*mut sys::llama_model>());
        assert!(align_of::<LlamaModel>() == align_of::<*mut sys::llama_model>());
    }
    // SAFETY: in llama-cpp-2 0.1.160, which Cargo.toml pins, `LlamaModel` is
    // `#[repr(transparent)]` over `Ptr`, and that over `NonNull<llama_model>`.
    unsafe { *std::ptr::from_ref(model).cast::<*mut sys::llama_model>() }
}

/// The abort callback: llama.cpp asks between any two operations of its graph.
unsafe extern "C" fn is_stopped(stop: *mut c_void) -> bool {
    // SAFETY: the pointer was made in `Context::new` from a `&'static StopSwitch`.
    unsafe { &*stop.cast::<StopSwitch>() }.is_set()
}

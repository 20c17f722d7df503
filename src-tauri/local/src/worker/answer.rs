//! Writes one answer: the prompt is read, then token after token is chosen, and every step may
//! be the last.

use super::decoder::Decoder;
use super::engine::Engine;
use super::prompt;
use crate::protocol::{Count, Outcome, Report, Sampling, Task};
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

/// What SmolLM2's authors recommend for it.
const TEMPERATURE: f32 = 0.2;
const TOP_P: f32 = 0.9;
/// llama.cpp's usual bound on the candidates.
const TOP_K: i32 = 40;
/// `LLAMA_DEFAULT_SEED`: llama.cpp chooses one.
const ANY_SEED: u32 = u32::MAX;
/// Keeps a small model from repeating itself: llama.cpp's usual span, and a mild factor.
const PENALTY_SPAN: i32 = 64;
const PENALTY: f32 = 1.1;

impl Engine {
    /// Answers the task's conversation, reporting as it goes. The last report, with what this
    /// returns, is the caller's.
    pub fn answer(&mut self, task: &Task, report: &mut impl FnMut(&Report)) -> (Outcome, Count) {
        let mut count = Count::default();
        let outcome = match self.write(task, &mut count, report) {
            Ok(outcome) | Err(outcome) => outcome,
        };
        (outcome, count)
    }

    fn write(
        &mut self,
        task: &Task,
        count: &mut Count,
        report: &mut impl FnMut(&Report),
    ) -> Result<Outcome, Outcome> {
        report(&Report::Reading);
        let limit = self.context.length();
        let prompt = prompt::tokens(self.context.model(), &task.conversation, limit, self.stop)?;
        let kept = self.keep_common(&prompt);
        let read = self.read(&prompt[kept..]);
        count.prompt = self.held() as u64;
        count.cached = kept as u64;
        read?;

        let mut sampler = sampler(task.sampling, self.context.model().n_vocab());
        let mut decoder = Decoder::new();
        loop {
            if self.stop.is_set() {
                return Ok(Outcome::Stopped);
            }
            if task
                .sampling
                .max_tokens
                .is_some_and(|most| count.generated >= u64::from(most))
            {
                return Ok(Outcome::Length);
            }
            let token = choose(&mut sampler, self.context.logits()).ok_or_else(|| {
                Outcome::Failed(
                    "The built-in model gave no next token. The conversation is safe: send again."
                        .to_owned(),
                )
            })?;
            count.generated += 1;
            let vocabulary = self.context.model().vocab();
            if vocabulary.is_eog(token) {
                return Ok(Outcome::Whole);
            }
            let text = decoder.push(&vocabulary.token_to_piece(token, false, None));
            if !text.is_empty() {
                report(&Report::Text {
                    text,
                    count: *count,
                });
            }
            if self.held() == limit {
                return Ok(Outcome::Length);
            }
            self.read(&[token])?;
        }
    }
}

fn sampler(sampling: Sampling, vocabulary: i32) -> LlamaSampler {
    let penalties = LlamaSampler::penalties(vocabulary, PENALTY_SPAN, PENALTY, 0.0, 0.0);
    let temperature = sampling.temperature.unwrap_or(TEMPERATURE);
    let steps = if temperature > 0.0 {
        vec![
            penalties,
            LlamaSampler::top_k(TOP_K),
            LlamaSampler::top_p(TOP_P, 1),
            LlamaSampler::temp(temperature),
            LlamaSampler::dist(sampling.seed.unwrap_or(ANY_SEED)),
        ]
    } else {
        vec![penalties, LlamaSampler::greedy()]
    };
    LlamaSampler::chain(steps, true)
}

fn choose(sampler: &mut LlamaSampler, logits: &[f32]) -> Option<LlamaToken> {
    let candidates = (0..)
        .zip(logits)
        .map(|(id, &logit)| LlamaTokenData::new(LlamaToken(id), logit, 0.0));
    let mut candidates = LlamaTokenDataArray::from_iter(candidates, false);
    sampler.apply(&mut candidates);
    let token = candidates.selected_token()?;
    sampler.accept(token);
    Some(token)
}

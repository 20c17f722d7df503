//! What is done about an answer's usage after its turn: an estimate is often all that can be said
//! at once, and there are ways to know better a little later.

use super::news::{News, NewsFeed};
use crate::drained_stream::DrainedFigures;
use std::sync::Arc;
use tacet_conversation::{
    ConversationId, Cost, Message, MessageId, Part, TextTally, TokenRange, Usage, UsageSource,
    family,
};
use tacet_provider::{
    Provider, UsageLookup,
    price::{Counted, Quote, cost_of, count},
    tokenizer,
};
use tacet_store::Store;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// What reading a stopped answer on came to.
pub(super) enum Drained {
    NotTried,
    /// Nothing is known any better.
    Nothing,
    Figures(Box<DrainedFigures>),
}

/// An answer whose usage may become better known.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) conversation_id: ConversationId,
    pub(super) message_id: MessageId,
    pub(super) model: String,
}

/// Looks for better figures.
pub(super) struct Settlement {
    pub(super) store: Store,
    pub(super) feed: NewsFeed,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) subject: Subject,
    /// What a continuation repeated: received, and not among its parts.
    pub(super) repeated: String,
    /// How many characters of its parts stood there before its last request, whose figures these
    /// are.
    pub(super) begun: usize,
}

impl Settlement {
    /// Looks for better figures than `usage`, with which the turn ended, until there are final
    /// ones or nothing is left to try, at most until `quit`; writes what it finds and tells it.
    /// `drained` is what reading the answer on came to, where it was. What cannot be had leaves the
    /// figures as they are.
    pub(super) async fn settle(self, usage: &Usage, drained: Drained, quit: &CancellationToken) {
        let mut source = usage.source;
        match drained {
            Drained::Figures(figures) => {
                source = figures.usage.source;
                self.replace(figures.usage, Some(figures.answer)).await;
            }
            Drained::Nothing => {}
            Drained::NotTried => {
                quit.run_until_cancelled(self.refine(usage)).await;
            }
        }
        if source != UsageSource::Reported {
            quit.run_until_cancelled(self.count_there(usage)).await;
        }
        if source != UsageSource::Reported
            && let Some(id) = &usage.generation_id
            && let Some(lookup) = self.provider.usage_lookup(id)
        {
            // On disk first: what a quit cuts off goes on at the next launch. Where it cannot be
            // written, the lookup ends with this run.
            let host = lookup.host.clone();
            let id = self.subject.message_id;
            drop(self.store.await_record(id, host).await);
            quit.run_until_cancelled(self.look_up(&lookup)).await;
        }
    }

    /// Has the provider count what was received, where it has not said how much the answer took and the
    /// person wants that.
    async fn count_there(&self, usage: &Usage) {
        if usage.output_known_as() == UsageSource::Estimated
            && let Some(counter) = self.provider.token_counter(&self.subject.model)
            && let Some(received) = self.received().await
            && let Some(tokens) = counter(received).await
        {
            let counted = usage.counted(tokens, "the provider's token counter".to_owned());
            let exactly = TokenRange {
                low: tokens,
                about: tokens,
                high: tokens,
            };
            self.replace(counted, Some(exactly)).await;
        }
    }

    /// Does what there was no time for when the turn ended: counts what was received by the
    /// tokenizer of the model's family, where it is here, and the request, where that was not
    /// counted yet.
    async fn refine(&self, usage: &Usage) {
        if usage.output_known_as() == UsageSource::Estimated
            && let Some(tokenizer) = family::of(&self.subject.model).tokenizer()
            && let Some(received) = self.received().await
            && let Some(tokens) = tokenizer::count(tokenizer, received).await
        {
            let recounted = usage.recounted(tokens, tokenizer.method());
            self.replace(recounted, Some(tokens)).await;
        } else if usage.source != UsageSource::Unknown
            && usage.cost.is_none()
            && let Quote::Priced(_) = self.provider.quote(&self.subject.model)
        {
            self.replace(usage.clone(), None).await;
        }
    }

    /// The text that came of the last request: the answer's without what it began with and what
    /// tools said, and what that repeated.
    async fn received(&self) -> Option<String> {
        let answer = self.store.message(self.subject.message_id).await.ok()??;
        let (mut text, mut before) = (self.repeated.clone(), self.begun);
        let text = spawn_blocking(move || {
            for part in &answer.parts {
                let body = part.body();
                let begins = body.char_indices().nth(before);
                before -= body[..begins.map_or(body.len(), |(at, _)| at)]
                    .chars()
                    .count();
                if let (Some((at, _)), true) = (begins, part.is_written()) {
                    text += &body[at..];
                }
            }
            text
        });
        text.await.ok()
    }

    /// Asks the provider for its record of the call.
    pub(super) async fn look_up(&self, lookup: &UsageLookup) {
        for wait in lookup.waits {
            tokio::time::sleep(*wait).await;
            if let Some(figures) = (lookup.attempt)().await {
                self.replace(figures, None).await;
                return;
            }
        }
    }

    /// Writes figures and tells them. `answer` is how many tokens the answer is, where that was
    /// counted.
    async fn replace(&self, mut figures: Usage, answer: Option<TokenRange>) {
        if figures.source != UsageSource::Reported || figures.cost.is_none() {
            figures.cost = self.cost(&figures, answer).await.or(figures.cost);
        }
        // In a conversation that was deleted meanwhile, and on a disk that fails, the old stand.
        let settled = self
            .store
            .settle_usage(self.subject.message_id, figures)
            .await;
        if let Ok(Some(usage)) = settled {
            self.feed.tell(&News::UsageSettled {
                conversation_id: self.subject.conversation_id,
                message_id: self.subject.message_id,
                usage: Box::new(usage),
            });
        }
    }

    /// What the figures cost. The conversation may be long, so it is counted on a thread that may
    /// block.
    async fn cost(&self, figures: &Usage, answer: Option<TokenRange>) -> Option<Cost> {
        let quote = self.provider.quote(&self.subject.model);
        let mut branch = self.store.branch(self.subject.message_id).await.ok()?;
        let whole = branch.pop()?;
        branch.extend(before(whole, self.begun));
        let received = match answer {
            Some(_) => String::new(),
            None => self.received().await?,
        };
        let model = self.subject.model.clone();
        let id = self.subject.conversation_id;
        let settings = self.store.conversation_settings(id).await.ok()?;
        let instructions = settings.unwrap_or_default().instructions;
        let is_open = figures.at_least;
        let counted = spawn_blocking(move || Counted {
            request: count(&instructions, &branch, &model, || true),
            answer: answer.unwrap_or_else(|| TextTally::of(&received).tokens(family::of(&model))),
            is_open,
        });
        cost_of(figures, &quote, &counted.await.ok()?)
    }
}

/// What of an answer of several steps stood there before its last request, and was sent with it.
fn before(mut answer: Message, characters: usize) -> Option<Message> {
    let mut left = characters;
    let length = answer.parts.iter().position(|part| {
        let length = part.body().chars().count();
        let is_after = left < length || left == 0;
        left = left.saturating_sub(length);
        is_after
    });
    answer.parts.truncate(length.unwrap_or(answer.parts.len()));
    let has_results = |part: &Part| matches!(part, Part::ToolResult(_));
    answer.parts.iter().any(has_results).then_some(answer)
}

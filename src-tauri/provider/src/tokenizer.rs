//! Counting by a tokenizer that is here.
//!
//! Loading o200k takes 0.2 s and 45 MB. So there is one for all who count: it is loaded by the
//! first, and let go with the last. They count one after the other, on a thread that may block.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tacet_conversation::{TokenRange, family::Tokenizer};
use tiktoken_rs::CoreBPE;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

/// The most bytes that are cut at once: some texts, such as one letter a million times, take a
/// tokenizer a time that grows with the square of their length. A cut costs a token at most.
const PIECE: usize = 8 * 1024;
/// Tokens around the text and the calls of an answer, which no text shows.
const ENDS: u64 = 10;

static O200K: LazyLock<Arc<Counter>> =
    LazyLock::new(|| Arc::new(Counter::new(|| tiktoken_rs::o200k_base().ok())));

/// How many tokens a text is; `None` when the tokenizer cannot be used. Dropping the future ends
/// the count.
pub async fn count(tokenizer: Tokenizer, text: String) -> Option<TokenRange> {
    let counter = match tokenizer {
        Tokenizer::O200k => &*O200K,
    };
    Arc::clone(counter).count(text).await
}

type Load = Box<dyn Fn() -> Option<CoreBPE> + Send + Sync>;

/// Those who count by one tokenizer.
struct Counter {
    load: Load,
    one_at_a_time: Arc<Semaphore>,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Who counts or waits to.
    users: usize,
    /// There once the first of them has loaded it; absent inside where it cannot be had.
    loaded: Option<Option<Arc<CoreBPE>>>,
}

/// A place among those who count, which keeps the tokenizer for all of them.
struct Lease(Arc<Counter>);

impl Counter {
    fn new(load: impl Fn() -> Option<CoreBPE> + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            one_at_a_time: Arc::new(Semaphore::new(1)),
            shared: Mutex::default(),
        }
    }

    async fn count(self: Arc<Self>, text: String) -> Option<TokenRange> {
        let turn = Arc::clone(&self.one_at_a_time);
        let lease = Lease::of(self);
        let turn = turn.acquire_owned().await.ok()?;
        let (reply, counted) = oneshot::channel();
        // Only the reply is waited for: whoever does not want it any more does not wait either.
        drop(spawn_blocking(move || {
            let tokens = lease.tokenizer().and_then(|tokenizer| {
                let wanted = || !reply.is_closed();
                count_with(&tokenizer, &text, wanted)
            });
            drop((lease, turn));
            let _ = reply.send(tokens);
        }));
        counted.await.ok()?
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn of(counter: Arc<Counter>) -> Self {
        counter.shared().users += 1;
        Self(counter)
    }

    /// The tokenizer. Those who count do so one after the other, so that nobody loads it twice.
    fn tokenizer(&self) -> Option<Arc<CoreBPE>> {
        if let Some(loaded) = &self.0.shared().loaded {
            return loaded.clone();
        }
        let loaded = (self.0.load)().map(Arc::new);
        self.0.shared().loaded = Some(loaded.clone());
        loaded
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut shared = self.0.shared();
        shared.users -= 1;
        if shared.users == 0 {
            shared.loaded = None;
        }
    }
}

/// Counts piece by piece, as long as somebody wants to know.
fn count_with(tokenizer: &CoreBPE, text: &str, wanted: impl Fn() -> bool) -> Option<TokenRange> {
    let (mut tokens, mut cuts) = (0_u64, 0);
    let mut rest = text;
    while !rest.is_empty() {
        if !wanted() {
            return None;
        }
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        tokens += tokenizer.encode_ordinary(piece).len() as u64;
        cuts += u64::from(!after.is_empty());
        rest = after;
    }
    Some(TokenRange {
        low: tokens.saturating_sub(cuts),
        about: tokens,
        high: tokens + tokens / 20 + ENDS,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The counter of production, which says how often it loads.
    fn counter() -> (Arc<Counter>, Arc<AtomicUsize>) {
        let loads = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&loads);
        let load = move || {
            seen.fetch_add(1, Ordering::SeqCst);
            (O200K.load)()
        };
        (Arc::new(Counter::new(load)), loads)
    }

    #[tokio::test]
    async fn o200k_counts_as_openai_does_also_what_is_long_or_split() {
        let count = async |text: &str| {
            super::count(Tokenizer::O200k, text.to_owned())
                .await
                .unwrap()
        };
        assert_eq!(count("hello world").await.about, 2);
        assert_eq!(count("氷河").await.about, 3);
        assert_eq!(count("").await.low, 0);
        let long = count(&"a".repeat(PIECE * 4)).await;
        assert_eq!((long.low, long.about), (4 * 1024 - 3, 4 * 1024));
    }

    #[tokio::test]
    async fn twenty_who_count_at_once_load_one_tokenizer_which_goes_with_the_last() {
        let (counter, loads) = counter();
        let texts = (0..20).map(|at| "ice ".repeat(at + 1));
        let counts = texts.map(|text| Arc::clone(&counter).count(text));
        let counts = join_all(counts).await;
        assert!(counts.iter().all(Option::is_some), "{counts:?}");
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert_eq!(counter.shared().users, 0);
        assert!(counter.shared().loaded.is_none());
    }

    #[tokio::test]
    async fn who_does_not_want_to_know_any_more_holds_nobody_up() {
        let (counter, loads) = counter();
        let turn = Arc::clone(&counter.one_at_a_time);
        let turn = turn.acquire_owned().await.unwrap();
        let mut waiting = Box::pin(Arc::clone(&counter).count("ice".to_owned()));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert_eq!(counter.shared().users, 1);
        drop(waiting);
        assert_eq!(counter.shared().users, 0);
        drop(turn);
        let mut counting = Box::pin(Arc::clone(&counter).count("ice ".repeat(1_000_000)));
        assert!(futures::poll!(&mut counting).is_pending());
        drop(counting);
        assert_eq!(
            Arc::clone(&counter)
                .count("ice".to_owned())
                .await
                .unwrap()
                .about,
            1
        );
        assert!(loads.load(Ordering::SeqCst) >= 1);
    }

    #[tokio::test]
    async fn a_tokenizer_that_cannot_be_had_gives_no_count() {
        let counter = Arc::new(Counter::new(|| None));
        assert_eq!(counter.count("ice".to_owned()).await, None);
    }
}

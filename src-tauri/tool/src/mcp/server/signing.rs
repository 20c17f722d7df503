//! Signing in to a server, and out of it.

use super::super::ServerState;
use super::super::config::Reach;
use super::super::sign_in::{Challenge, OpenPage, Tokens, revoke, sign_in};
use super::{Phase, Server, Work, ready};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Server {
    /// It cannot be used before somebody signs in.
    pub(super) fn needs_sign_in(&self, run: u64, challenge: Challenge) {
        let mut work = self.lock();
        if work.run == run {
            let words = self.challenge_words(&challenge);
            work.challenge = Some(challenge);
            let phase = Phase::Failed(words.clone());
            self.publish(&work, phase, ServerState::SignInNeeded { words });
        }
    }

    /// It runs, and refused something because somebody has to sign in first.
    pub(super) fn wants_sign_in(&self, run: u64, challenge: Challenge) {
        let mut work = self.lock();
        if work.run == run {
            let words = self.challenge_words(&challenge);
            work.challenge = Some(challenge);
            if work.signing.is_none() {
                self.show(&work, ServerState::SignInNeeded { words });
            }
        }
    }

    /// Has the person sign in, and starts the server with that. A sign-in that is under way ends for
    /// it.
    ///
    /// # Errors
    /// Says why it came to nothing. One that was cancelled is no error.
    pub async fn sign_in(self: &Arc<Self>, open: OpenPage<'_>) -> Result<(), String> {
        let name = &self.config.name;
        if let Some(words) = self.unusable() {
            return Err(words);
        }
        let stop = CancellationToken::new();
        let challenge = {
            let mut work = self.lock();
            if work.retired {
                return Ok(());
            }
            if let Some(before) = work.signing.replace(stop.clone()) {
                before.cancel();
            }
            self.show(&work, ServerState::SigningIn);
            work.challenge.clone()
        };
        let signing = sign_in(&self.config, &self.start, challenge.as_ref(), open);
        let done = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            done = signing => done,
        };
        {
            let mut work = self.lock();
            if stop.is_cancelled() {
                return Ok(());
            }
            work.signing = None;
            if let Err(reason) = done {
                let words = format!(
                    "Signing in to the server “{name}” did not work: {reason}. Nothing was changed. Try again, or check the server in the settings."
                );
                let words = self.log.hide(words);
                self.show(
                    &work,
                    ServerState::SignInNeeded {
                        words: words.clone(),
                    },
                );
                return Err(words);
            }
        }
        self.end().await;
        self.connection().await.map(drop)
    }

    /// Ends the sign-in that is under way, if one is. Nothing of it is kept.
    pub fn cancel_sign_in(&self) {
        let mut work = self.lock();
        if let Some(signing) = work.signing.take() {
            signing.cancel();
            let phase = self.phase.borrow().clone();
            let state = match (&work.challenge, phase) {
                (Some(challenge), _) => ServerState::SignInNeeded {
                    words: self.challenge_words(challenge),
                },
                (None, Phase::Off) => ServerState::Off,
                (None, Phase::Starting) => ServerState::Starting,
                (None, Phase::Ready(connection)) => ready(&connection),
                (None, Phase::Failed(words)) => ServerState::Failed { words },
            };
            self.show(&work, state);
        }
    }

    /// Forgets who has signed in, ends the server, and has the sign-in server take back what it gave,
    /// where it does that.
    ///
    /// # Errors
    /// When the keychain refuses: then somebody is signed in still. When the sign-in server does:
    /// then nobody is, and what it gave may be good elsewhere.
    pub async fn sign_out(&self) -> Result<(), String> {
        self.end().await;
        let name = &self.config.name;
        let mut given = None;
        if let Reach::Http { url, .. } = &self.config.reach {
            let tokens = Tokens::of(&self.config, &self.start, url);
            // What cannot be read cannot be given back; it is forgotten all the same.
            given = tokens.given().await.ok().flatten().zip(Some(url));
            tokens.forget().await.map_err(|error| {
                format!("You are still signed in to the server “{name}”. {error}")
            })?;
        }
        {
            let work = self.lock();
            self.publish(&work, Phase::Off, ServerState::Off);
        }
        let Some((given, url)) = given else {
            return Ok(());
        };
        let revoked = revoke(&self.config, &self.start, url, given).await;
        revoked.map_err(|reason| {
            let words = format!(
                "You are signed out of the server “{name}” here, and nothing of it is kept. Its sign-in server was asked to take back what it gave, and may not have done so: {reason}. You can take it back in your account there."
            );
            self.log.hide(words)
        })
    }

    fn show(&self, work: &Work, state: ServerState) {
        if !work.retired {
            self.board.set(&self.config.name, state);
        }
    }

    fn challenge_words(&self, challenge: &Challenge) -> String {
        self.log.hide(challenge.words(&self.config.name))
    }
}

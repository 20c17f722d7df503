//! A provider over HTTP, whichever API it speaks.

use super::WireApi;
use super::decode::Decoder;
use super::http::Http;
use super::later::{UsageLookup, UsageRecords};
use super::stream::WireStream;
use super::wire::Wire;
use super::{
    BoxModelStream, Endpoint, ModelRequest, OnStop, Provider, RefusedField, TokenCounter, host,
    unshown,
};
use crate::history::Rules;
use crate::price::{Prices, Quote};
use std::sync::Arc;
use tacet_conversation::{Effort, PriceOrigin, ProviderError, StopEffect};

/// A provider at one address. Made once and shared: its connections are kept for the next
/// request. Clones are the same provider.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(super) wire: Arc<dyn Wire>,
    on_stop: OnStop,
    /// Whether its token counter is asked after a stop.
    pub(super) counts: bool,
    pub(super) prices: Arc<Prices>,
    /// Where the address keeps a record of each call.
    pub(super) records: Option<UsageRecords>,
}

impl Remote {
    /// A provider at `endpoint` that speaks `api`. Nothing is sent.
    ///
    /// # Errors
    /// When the address, the key or the certificate cannot be used, or the system has no
    /// certificates: in words that say what to do.
    pub fn new(api: WireApi, endpoint: &Endpoint) -> Result<Self, ProviderError> {
        let http = Http::new(api, endpoint)?;
        Ok(Self {
            prices: Arc::default(),
            records: endpoint
                .usage_records
                .or_else(|| host::records(http.base())),
            wire: api.connect(endpoint, http),
            on_stop: endpoint.on_stop,
            counts: endpoint.count_on_stop,
        })
    }

    /// The body that this request would be sent with, as JSON: for a look at it beforehand.
    #[must_use]
    pub fn body(&self, request: &ModelRequest) -> Vec<u8> {
        self.wire.outgoing(request).body.to_vec()
    }

    /// A decoder of one answer of `model`, without a socket.
    #[must_use]
    pub fn decoder(&self, model: &str) -> Decoder {
        self.wire.decoder(model)
    }

    /// The same with the prices that others share; without them it knows those that come with
    /// Tacet, and what its own list of models says.
    #[must_use]
    pub fn with_prices(mut self, prices: Arc<Prices>) -> Self {
        self.prices = prices;
        self
    }

    /// The same with what its server refused in earlier runs: optional fields that are not asked
    /// for again. `keep` is told of each that proves to be refused in this run; it is called where
    /// answers are read, so it must not block. To be called once, before the first request.
    #[must_use]
    pub fn with_refused_fields(
        self,
        known: Vec<RefusedField>,
        keep: impl Fn(&RefusedField) + Send + Sync + 'static,
    ) -> Self {
        self.wire.optional_fields().remember(known, keep);
        self
    }
}

impl Provider for Remote {
    fn stream(&self, request: ModelRequest) -> BoxModelStream {
        Box::pin(WireStream::new(Arc::clone(&self.wire), request))
    }

    fn stop_effect(&self) -> StopEffect {
        self.wire.stop_effect()
    }

    fn on_stop(&self) -> OnStop {
        self.on_stop
    }

    /// What the person says counts also for an address of this computer: what answers there may
    /// lead to one that bills.
    fn quote(&self, model: &str) -> Quote {
        let price = self.prices.find(self.wire.http().base(), model);
        let own = price
            .as_ref()
            .is_some_and(|tag| tag.origin == PriceOrigin::OwnTable);
        // Ollama's own server leads models of these names to its service.
        let leads_away = model.ends_with("-cloud") || model.ends_with(":cloud");
        match (self.stop_effect(), price) {
            (StopEffect::Local, None) if leads_away => Quote::Unknown,
            (StopEffect::Local, _) if !own => Quote::OnThisComputer,
            (_, Some(price)) => Quote::Priced(price),
            (_, None) => Quote::Unknown,
        }
    }

    fn hides_reasoning(&self, model: &str, effort: Option<Effort>) -> bool {
        unshown::may_be(model, effort).unwrap_or_else(|| self.wire.is_opaque())
    }

    fn usage_lookup(&self, answer_id: &str) -> Option<UsageLookup> {
        self.lookup(answer_id)
    }

    fn token_counter(&self, model: &str) -> Option<TokenCounter> {
        self.counter(model)
    }

    fn rules(&self, model: &str) -> Rules {
        self.wire.rules(model)
    }
}

//! A thread for the model server alone: as the server sees a hang-up at once in the world, it must
//! not wait here until the client's threads have nothing else to do.

use tacet_test_support::server::GatedServer;
use tokio::runtime::{Builder, Runtime};

/// Where a server runs, for as long as this lives.
pub struct ServerPlace(Option<Runtime>);

impl ServerPlace {
    pub fn new() -> Self {
        let mut thread = Builder::new_multi_thread();
        let thread = thread.worker_threads(1).enable_all();
        Self(Some(thread.build().unwrap()))
    }

    /// Starts a server there.
    pub async fn start(&self) -> GatedServer {
        let place = self.0.as_ref().unwrap();
        place.spawn(GatedServer::start()).await.unwrap()
    }
}

impl Drop for ServerPlace {
    fn drop(&mut self) {
        // A runtime may not be waited for inside of another one.
        self.0.take().unwrap().shutdown_background();
    }
}

//! A server behind TLS for what only happens there: several HTTP/2 streams on one connection, one
//! of which is reset while its neighbours go on.
//!
//! It offers `h2` before `http/1.1`. A client that takes `http/1.1` is passed on to a
//! [`GatedServer`] of its own, whose watch sees its hang-ups.

mod certificate;
mod http2;
mod tunnel;

pub use http2::{Http2Exchange, StreamEnd, StreamEndKind};
pub use tunnel::Tunnel;

use super::{Dialect, GatedServer};
use crate::patience::within;
use certificate::Certified;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

/// A running server. Dropping it closes every connection.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    authority: NamedTempFile,
    exchanges: Mutex<mpsc::UnboundedReceiver<Http2Exchange>>,
    connections: Arc<AtomicUsize>,
    plain: GatedServer,
    runtime: Option<Runtime>,
}

impl TlsServer {
    /// Starts a server on a free port of 127.0.0.1, with a certificate for `localhost` and
    /// `127.0.0.1` from an authority of its own.
    ///
    /// # Panics
    /// When no port, no thread, no certificate or no file is to be had.
    pub async fn start() -> Self {
        Self::start_as(&["localhost", "127.0.0.1"]).await
    }

    /// As [`TlsServer::start`] with a certificate for these names.
    ///
    /// # Panics
    /// As [`TlsServer::start`].
    pub async fn start_as(names: &[&str]) -> Self {
        let certified = match Certified::for_names(names) {
            Ok(certified) => certified,
            Err(error) => panic!("no certificate for the TLS server: {error}"),
        };
        let runtime = super::runtime("tls-server");
        let plain = GatedServer::start().await;
        let (sender, exchanges) = mpsc::unbounded_channel();
        let (address_sender, address) = oneshot::channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let door = Door {
            acceptor: certified.acceptor,
            plain: plain.address(),
            exchanges: sender,
            connections: Arc::clone(&connections),
        };
        runtime.spawn(async move {
            if let Ok(listener) = TcpListener::bind("127.0.0.1:0").await
                && let Ok(address) = listener.local_addr()
                && address_sender.send(address).is_ok()
            {
                door.keep(listener).await;
            }
        });
        let Ok(address) = within("the TLS server to listen", address).await else {
            panic!("the TLS server found no free port");
        };
        Self {
            address,
            authority: certified.authority,
            exchanges: Mutex::new(exchanges),
            connections,
            plain,
            runtime: Some(runtime),
        }
    }

    /// The base URL to configure for this API, as its provider's documentation writes it:
    /// `https://localhost:PORT/v1` and so on.
    pub fn base_url_of(&self, dialect: Dialect) -> String {
        format!(
            "https://localhost:{}{}",
            self.address.port(),
            dialect.base_path()
        )
    }

    /// Starts a proxy that leads `host` to this server.
    ///
    /// # Panics
    /// When no port or no thread is to be had.
    pub async fn tunnel_from(&self, host: &str) -> Tunnel {
        Tunnel::start(host, self.address).await
    }

    /// A PEM file with the certificate of the authority, which a client must trust. It goes with
    /// the server.
    pub fn ca_pem(&self) -> &Path {
        self.authority.path()
    }

    /// Waits for the next HTTP/2 request whose body has been read to its end.
    ///
    /// # Panics
    /// When none comes within the usual limit.
    pub async fn next_request(&self) -> Http2Exchange {
        let what = format!(
            "an HTTP/2 request to the TLS server ({} connections so far)",
            self.connections()
        );
        match within(&what, async { self.exchanges.lock().await.recv().await }).await {
            Some(exchange) => exchange,
            None => panic!("the TLS server has shut down"),
        }
    }

    /// How many connections chose HTTP/2 so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The server that answers clients that chose HTTP/1.1.
    pub fn plain(&self) -> &GatedServer {
        &self.plain
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What it takes to let a client in.
#[derive(Clone)]
struct Door {
    acceptor: TlsAcceptor,
    plain: SocketAddr,
    exchanges: mpsc::UnboundedSender<Http2Exchange>,
    connections: Arc<AtomicUsize>,
}

impl Door {
    async fn keep(self, listener: TcpListener) {
        loop {
            let Ok((socket, _)) = listener.accept().await else {
                continue;
            };
            // Nagle's algorithm would hold small frames back.
            let _ = socket.set_nodelay(true);
            let door = self.clone();
            tokio::spawn(async move { door.let_in(socket).await });
        }
    }

    async fn let_in(self, socket: TcpStream) {
        // A client that does not trust the authority ends here, as its test expects.
        let Ok(mut stream) = self.acceptor.accept(socket).await else {
            return;
        };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            let number = self.connections.fetch_add(1, Ordering::SeqCst);
            http2::serve(stream, number, self.exchanges).await;
        } else if let Ok(mut plain) = TcpStream::connect(self.plain).await {
            let _ = plain.set_nodelay(true);
            // Either side's end is passed on to the other, which is all that matters here.
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut plain).await;
        }
    }
}

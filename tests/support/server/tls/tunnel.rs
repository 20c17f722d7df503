//! A proxy that leads one well-known host to a server of the tests' own, so that the app is tested
//! with the address that people have in their settings and no byte leaves the machine.

use crate::patience::within;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// A running proxy for `CONNECT` (RFC 9110, section 9.3.6). Dropping it closes every tunnel.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    runtime: Option<Runtime>,
}

impl Tunnel {
    /// Starts one on a free port of 127.0.0.1 that leads `host:443` to `target`, and refuses every
    /// other place.
    ///
    /// # Panics
    /// When no port or no thread is to be had.
    pub(super) async fn start(host: &str, target: SocketAddr) -> Self {
        let runtime = super::super::runtime("tunnel");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let entrance = Entrance {
            place: format!("{host}:443"),
            target,
            asked: Arc::clone(&asked),
        };
        let (address_sender, address) = oneshot::channel();
        runtime.spawn(async move {
            if let Ok(listener) = TcpListener::bind("127.0.0.1:0").await
                && let Ok(address) = listener.local_addr()
                && address_sender.send(address).is_ok()
            {
                while let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(entrance.clone().lead(socket));
                }
            }
        });
        let Ok(address) = within("the tunnel to listen", address).await else {
            panic!("the tunnel found no free port");
        };
        Self {
            address,
            asked,
            runtime: Some(runtime),
        }
    }

    /// The address to name in `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The places that were asked for so far, as `HOST:PORT`, refused ones included.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Clone)]
struct Entrance {
    place: String,
    target: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Entrance {
    /// Reads one request and leads its connection to the target. What fails here, the client sees
    /// as a connection that is closed.
    async fn lead(self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let mut socket = BufReader::new(socket);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match socket.read_line(&mut line).await {
                Ok(1..) if !line.trim().is_empty() => lines.push(line),
                Ok(1..) => break,
                Ok(0) | Err(_) => return,
            }
        }
        let first = lines.first().map(String::as_str).unwrap_or_default();
        let place = match first.split(' ').collect::<Vec<_>>()[..] {
            ["CONNECT", place, _] => place.to_owned(),
            _ => first.trim().to_owned(),
        };
        let is_known = place == self.place;
        (self.asked.lock())
            .unwrap_or_else(PoisonError::into_inner)
            .push(place);
        if !is_known {
            let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
            return;
        }
        let Ok(mut target) = TcpStream::connect(self.target).await else {
            return;
        };
        let _ = target.set_nodelay(true);
        if socket.write_all(b"HTTP/1.1 200 \r\n\r\n").await.is_ok() {
            // Either side's end is passed on to the other.
            let _ = copy_bidirectional(&mut socket, &mut target).await;
        }
    }
}

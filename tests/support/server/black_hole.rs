//! An address on which connecting never ends, for the phase before there is a connection.
//!
//! Linux drops a SYN when the accept queue is full. A queue of length 0 is full with one entry, so
//! one connection of our own closes the door, and the kernel's socket table shows who still knocks.

use super::Dialect;
use crate::patience::until;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use tokio::net::{TcpListener, TcpSocket};

/// `SYN_SENT` in the fourth column of `/proc/net/tcp`.
const SYN_SENT: &str = "02";

/// A listener that never accepts and whose queue is full.
#[derive(Debug)]
pub struct BlackHole {
    address: SocketAddr,
    _listener: TcpListener,
    _stopper: TcpStream,
}

impl BlackHole {
    /// Opens one on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When no port is to be had.
    pub fn open() -> Self {
        let opened = || -> std::io::Result<Self> {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
            let listener = socket.listen(0)?;
            let address = listener.local_addr()?;
            Ok(Self {
                address,
                _listener: listener,
                _stopper: TcpStream::connect(address)?,
            })
        };
        match opened() {
            Ok(black_hole) => black_hole,
            Err(error) => panic!("no black hole to be had: {error}"),
        }
    }

    /// The address to configure as an OpenAI-compatible base URL.
    pub fn base_url(&self) -> String {
        self.base_url_of(Dialect::OpenaiChat)
    }

    /// The base URL to configure for this API.
    pub fn base_url_of(&self, dialect: Dialect) -> String {
        format!("http://{}{}", self.address, dialect.base_path())
    }

    /// Waits until somebody tries to connect.
    ///
    /// # Panics
    /// When nobody does within the usual limit.
    pub async fn tried(&self) {
        until("a client to try the black hole", || {
            (self.attempts() > 0).then_some(())
        })
        .await;
    }

    /// Waits until nobody tries to connect any more.
    ///
    /// # Panics
    /// When somebody still does after the usual limit.
    pub async fn abandoned(&self) {
        until("the clients to give up on the black hole", || {
            (self.attempts() == 0).then_some(())
        })
        .await;
    }

    /// How many sockets of this machine are trying to connect right now.
    pub fn attempts(&self) -> usize {
        let port = format!(":{:04X}", self.address.port());
        let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let knocking = table.lines().filter(|line| {
            let mut columns = line.split_whitespace().skip(2);
            columns.next().is_some_and(|remote| remote.ends_with(&port))
                && columns.next() == Some(SYN_SENT)
        });
        knocking.count()
    }
}

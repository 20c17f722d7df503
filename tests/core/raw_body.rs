//! A server that answers with bytes as they are, head and body, in pieces of any size: for answers
//! that no well-built server sends.

use std::io;
use tacet_test_support::patience::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does after the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It closes the connection, as `Connection: close` announces.
    Close,
    /// It waits for the client to hang up.
    Wait,
}

/// A server of one answer.
pub struct RawServer {
    pub address: String,
    serving: JoinHandle<io::Result<()>>,
}

impl RawServer {
    /// Answers the first request with `answer` in pieces of so many bytes, and then does that.
    pub async fn answering(answer: Vec<u8>, piece: usize, after: After) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            read_request(&mut stream).await?;
            for piece in answer.chunks(piece) {
                stream.write_all(piece).await?;
                // The client reads what there is before more of it comes.
                tokio::task::yield_now().await;
            }
            if after == After::Close {
                stream.shutdown().await?;
            }
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            Ok(())
        });
        Self { address, serving }
    }

    /// Waits until the client has hung up.
    pub async fn hung_up(self) {
        let end = within("the client to hang up", self.serving).await;
        // A client that closes with bytes unread resets the connection.
        let _closed_or_reset = end.unwrap();
    }
}

async fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|length| length.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return Ok(());
            }
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

//! Asks a Postgres socket whether it takes connections: the first packet of the protocol, no more.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// What the socket said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A session was offered.
    Ready,
    /// A server is there but refuses: starting up, shutting down, or full.
    Busy,
    /// No server.
    Nobody,
}

const PATIENCE: Duration = Duration::from_secs(2);

/// One attempt to connect to `socket` as `postgres`.
pub(super) async fn ask(socket: &Path) -> Answer {
    match timeout(PATIENCE, greet(socket)).await {
        Ok(Ok(b'R')) => Answer::Ready,
        Ok(Ok(_)) | Err(_) => Answer::Busy,
        Ok(Err(_)) => Answer::Nobody,
    }
}

/// Sends a startup packet and returns the kind of the first message of the answer.
async fn greet(socket: &Path) -> std::io::Result<u8> {
    const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&startup_packet()).await?;
    let kind = stream.read_u8().await?;
    // Postgres logs a session that just vanishes.
    let _ = stream.write_all(&TERMINATE).await;
    Ok(kind)
}

/// Length, protocol 3.0, then pairs of words, each ending in a zero byte.
fn startup_packet() -> Vec<u8> {
    const WORDS: &[u8] = b"user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(8 + WORDS.len()).unwrap_or(0);
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend(196_608_u32.to_be_bytes());
    packet.extend(WORDS);
    packet
}

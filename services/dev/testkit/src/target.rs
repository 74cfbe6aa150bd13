//! Something to watch: a site on this machine that answers as the test says, and counts who asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A site that is there until it is dropped.
pub struct Target {
    url: String,
    status: Arc<AtomicU16>,
    hits: Arc<AtomicUsize>,
    server: AbortHandle,
}

impl Target {
    /// A site that answers 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (status, hits) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
        let (answering, counting) = (Arc::clone(&status), Arc::clone(&hits));
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answering, counting) = (Arc::clone(&answering), Arc::clone(&counting));
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut chunk = [0; 1024];
                    while !request.ends_with(b"\r\n\r\n") {
                        match stream.read(&mut chunk).await {
                            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
                            _ => return,
                        }
                    }
                    counting.fetch_add(1, Relaxed);
                    let status = answering.load(Relaxed);
                    let answer = format!(
                        "HTTP/1.1 {status} Test\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                    );
                    // A client that hung up was counted all the same.
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self {
            url,
            status,
            hits,
            server: server.abort_handle(),
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers with `status` from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Relaxed);
    }

    /// How often it was asked.
    pub fn hits(&self) -> usize {
        self.hits.load(Relaxed)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.server.abort();
    }
}

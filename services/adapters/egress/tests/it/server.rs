//! A TCP server that does exactly what a test says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// Runs until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Hands every connection to `serve`.
    pub async fn start<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self::start_on("127.0.0.1:0", serve).await
    }

    pub async fn start_on<F, S>(address: &str, serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// Answers every request with `answer` and closes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::answering_on("127.0.0.1:0", answer).await
    }

    pub async fn answering_on(address: &str, answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start_on(address, move |stream, seen| {
            respond(stream, seen, answer.clone())
        })
        .await
    }

    /// Answers the first request with the first of `answers`, and so on; the last one stays.
    pub async fn answering_in_turn(answers: Vec<String>) -> Self {
        Self::start(move |stream, seen| {
            let turn = seen.lock().unwrap().len().min(answers.len() - 1);
            respond(stream, seen, answers[turn].clone().into_bytes())
        })
        .await
    }

    /// Writes `beginning` as answer and then nothing more, keeping the connection open.
    pub async fn stalling_after(beginning: &str) -> Self {
        let beginning = beginning.to_owned();
        Self::start(move |mut stream, _| {
            let beginning = beginning.clone();
            async move {
                read_head(&mut stream).await;
                stream.write_all(beginning.as_bytes()).await.unwrap();
                hold(stream).await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond<S>(mut stream: S, seen: Arc<Mutex<Vec<String>>>, answer: Vec<u8>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let head = read_head(&mut stream).await;
    seen.lock().unwrap().push(head);
    // The client may have had enough already.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// Reads to the end of the request's headers.
pub async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => head.extend_from_slice(&buffer[..length]),
        }
    }
    String::from_utf8(head).unwrap()
}

/// Keeps a connection open until the client closes it.
pub async fn hold<S: AsyncRead + Unpin>(mut stream: S) {
    let mut buffer = [0; 1024];
    while stream
        .read(&mut buffer)
        .await
        .is_ok_and(|length| length > 0)
    {}
}

/// Closes a connection with RST instead of FIN.
pub fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

/// Sends one byte at a time, as long as the client listens.
pub async fn drip<S: AsyncWrite + Unpin>(stream: &mut S) {
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

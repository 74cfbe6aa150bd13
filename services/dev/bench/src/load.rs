//! The client: blocking sockets, one thread a connection, requests that were written down beforehand. It
//! costs the machine as little as a client can.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::report::percentile;

/// What is asked of whom, and what came of it.
pub struct Plan {
    pub name: String,
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    pub rounds: Vec<Round>,
}

/// One round of a plan.
pub struct Round {
    pub per_second: f64,
    pub p50_us: f64,
    pub p95_us: f64,
    pub p99_us: f64,
}

impl Plan {
    pub fn new(name: &str, address: SocketAddr, requests: Vec<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            address,
            requests: Arc::new(requests),
            rounds: Vec::new(),
        }
    }

    /// Asks without counting: connections, prepared statements, what a backend keeps of each tenant.
    pub fn warm_up(&self, connections: usize, time: Duration) -> anyhow::Result<()> {
        self.run(connections, time).map(drop)
    }

    pub fn round(&mut self, connections: usize, time: Duration) -> anyhow::Result<()> {
        let round = self.run(connections, time)?;
        self.rounds.push(round);
        Ok(())
    }

    fn run(&self, connections: usize, time: Duration) -> anyhow::Result<Round> {
        let started = Instant::now();
        let threads: Vec<_> = (0..connections)
            .map(|seed| {
                let (address, requests) = (self.address, Arc::clone(&self.requests));
                std::thread::spawn(move || ask(address, &requests, seed, time))
            })
            .collect();
        let mut times = Vec::new();
        for thread in threads {
            let asked = thread
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?;
            times.extend(asked.with_context(|| self.name.clone())?);
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(Round {
            per_second: times.len() as f64 / seconds,
            p50_us: percentile(&times, 0.5),
            p95_us: percentile(&times, 0.95),
            p99_us: percentile(&times, 0.99),
        })
    }
}

/// Asks for `time` on one connection, organisations in no order. Answers the time of each, in microseconds.
fn ask(
    address: SocketAddr,
    requests: &[Vec<u8>],
    seed: usize,
    time: Duration,
) -> anyhow::Result<Vec<f64>> {
    let mut stream = connect(address)?;
    let mut times = Vec::new();
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut random = seed as u64 * 7919 + 1;
    let end = Instant::now() + time;
    while Instant::now() < end {
        // Knuth's MMIX generator: no order that a cache could like.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let request = requests
            .get((random >> 33) as usize % requests.len().max(1))
            .context("no requests")?;
        let asked = Instant::now();
        stream.write_all(request)?;
        read_ok(&mut stream, &mut buffer)?;
        times.push(asked.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

/// Reads one answer and fails unless it is a 200.
fn read_ok(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    read_answer(stream, buffer)?;
    let head = buffer.get(..buffer.len().min(400)).unwrap_or_default();
    anyhow::ensure!(
        buffer.starts_with(b"HTTP/1.1 200"),
        "answered {}",
        String::from_utf8_lossy(head)
    );
    Ok(())
}

/// Reads one answer with a Content-Length, whatever it says.
pub fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    buffer.clear();
    let mut chunk = [0; 16 * 1024];
    let mut whole = None;
    loop {
        let n = stream.read(&mut chunk)?;
        anyhow::ensure!(n > 0, "the connection ended");
        buffer.extend_from_slice(chunk.get(..n).unwrap_or_default());
        if whole.is_none() {
            whole = expected_length(buffer)?;
        }
        if whole.is_some_and(|length| buffer.len() >= length) {
            return Ok(());
        }
    }
}

/// Headers and body together, once the headers are there.
fn expected_length(buffer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("no Content-Length")?.parse()?;
    Ok(Some(end + 4 + length))
}

/// Asks every request once, in order, on one connection.
pub fn ask_each(address: SocketAddr, requests: &[Vec<u8>]) -> anyhow::Result<()> {
    let mut stream = connect(address)?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    for request in requests {
        stream.write_all(request)?;
        read_ok(&mut stream, &mut buffer)?;
    }
    Ok(())
}

pub fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    Ok(stream)
}

/// A POST of `json` to `path` on `host`.
pub fn post(host: &str, path: &str, json: &str) -> Vec<u8> {
    let length = json.len();
    format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}")
        .into_bytes()
}

/// A GET of `path` on `host`, with headers that each end in CRLF.
pub fn get(host: &str, path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n").into_bytes()
}

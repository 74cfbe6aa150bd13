//! Listens where nothing may ever connect.

use std::{io::ErrorKind, net::TcpListener};

/// Counts connections on the loopback addresses that the spellings of the corpus lead to.
pub struct Canary {
    pub port: u16,
    listeners: Vec<TcpListener>,
}

impl Canary {
    /// Listens on one port of 127.0.0.1, 127.127.127.127 and `::1`.
    pub fn listen() -> Self {
        // The port is free on the first address; another process may hold it on the others.
        for _ in 0..100 {
            let first = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = first.local_addr().unwrap().port();
            let others = [format!("127.127.127.127:{port}"), format!("[::1]:{port}")];
            let others: Result<Vec<_>, _> = others.iter().map(TcpListener::bind).collect();
            if let Ok(mut listeners) = others {
                listeners.push(first);
                for listener in &listeners {
                    listener.set_nonblocking(true).unwrap();
                }
                return Self { port, listeners };
            }
        }
        panic!("no port was free on every loopback address");
    }

    /// How many connections were made since the last call.
    ///
    /// On loopback a connection stands in the listener's queue before `connect` returns, so after a
    /// probe has ended nothing can be missed.
    pub fn heard(&self) -> usize {
        let mut heard = 0;
        for listener in &self.listeners {
            loop {
                match listener.accept() {
                    Ok(_) => heard += 1,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        heard
    }
}

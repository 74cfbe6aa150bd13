//! A wire between the pool and Postgres that hears what is said and lets answers through one by one: what
//! travels in one flight is counted, not timed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use db::DbConfig;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Semaphore;

use crate::stage::until;

/// Answers nobody counts.
const PLENTY: usize = 1_000_000;

#[derive(Clone)]
pub struct Wire {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Semaphore>,
    /// Questions that were not answered yet.
    open: Arc<AtomicUsize>,
}

impl Wire {
    /// A wire, and the setting that makes a pool of one connection use it.
    pub async fn tap() -> (Self, impl FnOnce(DbConfig) -> DbConfig) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let wire = Self {
            heard: Arc::default(),
            answers: Arc::new(Semaphore::new(PLENTY)),
            // Signing in is answered without a question.
            open: Arc::new(AtomicUsize::new(1)),
        };
        let tapped = wire.clone();
        let change = move |config: DbConfig| {
            let url = config.url.expose_secret();
            let (address, folder) = url.split_once("?host=").expect("a socket's folder");
            let upstream = format!("{folder}/.s.PGSQL.5432");
            let address = address.replace("@/", &format!("@127.0.0.1:{port}/"));
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&upstream).await.expect("the server");
                    tapped.connect(client, server);
                }
            });
            DbConfig {
                url: address.into(),
                max_connections: 1,
                ..config
            }
        };
        (wire, change)
    }

    fn connect(&self, client: TcpStream, server: UnixStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let (heard, open) = (Arc::clone(&self.heard), Arc::clone(&self.open));
        tokio::spawn(async move {
            let mut prepared = HashMap::new();
            let mut tagged = false;
            while let Some(message) = read(&mut from_client, tagged).await {
                if let Some(said) = said(&message, &mut prepared).filter(|_| tagged) {
                    heard.lock().expect("a list").push(said);
                }
                // A simple query and a Sync are answered by one ReadyForQuery each. The first message of
                // all has no tag.
                if tagged && matches!(message.first(), Some(b'Q' | b'S')) {
                    open.fetch_add(1, Relaxed);
                }
                tagged = true;
                if to_server.write_all(&message).await.is_err() {
                    return;
                }
            }
        });
        let (answers, open) = (Arc::clone(&self.answers), Arc::clone(&self.open));
        tokio::spawn(async move {
            let mut answer = Vec::new();
            while let Some(message) = read(&mut from_server, true).await {
                answer.extend_from_slice(&message);
                if message.first() == Some(&b'Z') {
                    answers.acquire().await.expect("a permit").forget();
                    if to_client.write_all(&answer).await.is_err() {
                        return;
                    }
                    open.fetch_sub(1, Relaxed);
                    answer.clear();
                } else if message.first() == Some(&b'R') {
                    // Signing in goes back and forth before the first answer is whole.
                    let _ = to_client.write_all(&answer).await;
                    answer.clear();
                }
            }
        });
    }

    /// Holds back every answer from now on, and forgets what was heard. A COMMIT that nobody waited for is
    /// let through before.
    pub async fn hold(&self) {
        until("the wire is silent", async || {
            let heard = self.heard.lock().expect("a list");
            heard.last().is_some_and(|last| last == "COMMIT") && self.open.load(Relaxed) == 0
        })
        .await;
        self.answers.forget_permits(PLENTY);
        self.heard.lock().expect("a list").clear();
    }

    /// Lets `count` answers through.
    pub fn answer(&self, count: usize) {
        self.answers.add_permits(count);
    }

    /// Lets every answer through again.
    pub fn release(&self) {
        self.answers.add_permits(PLENTY);
    }

    /// Waits until exactly these statements were heard, each by its beginning.
    pub async fn hears(&self, expected: &[&str]) {
        until(&format!("{expected:?} on the wire"), async || {
            self.heard.lock().expect("a list").len() >= expected.len()
        })
        .await;
        let heard = self.heard.lock().expect("a list").clone();
        let same = heard.len() == expected.len()
            && heard
                .iter()
                .zip(expected)
                .all(|(is, begins)| is.starts_with(begins));
        assert!(same, "expected {expected:?}, heard {heard:?}");
    }
}

/// One message, whole.
async fn read(from: &mut (impl AsyncReadExt + Unpin), tagged: bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if tagged { 5 } else { 4 }];
    from.read_exact(&mut message).await.ok()?;
    let (_, length) = message.split_last_chunk::<4>()?;
    let body = usize::try_from(u32::from_be_bytes(*length))
        .ok()?
        .checked_sub(4)?;
    let start = message.len();
    message.resize(start + body, 0);
    from.read_exact(message.get_mut(start..)?).await.ok()?;
    Some(message)
}

/// The text of a simple query, or of the prepared statement that is bound. Parsing is heard as such.
fn said(message: &[u8], prepared: &mut HashMap<String, String>) -> Option<String> {
    let (tag, rest) = message.split_first()?;
    let mut texts = rest.get(4..)?.split(|byte| *byte == 0);
    let mut text = || Some(String::from_utf8_lossy(texts.next()?).into_owned());
    match tag {
        b'Q' => text(),
        b'P' => {
            let (name, sql) = (text()?, text()?);
            prepared.insert(name, sql.clone());
            Some(format!("prepare {sql}"))
        }
        b'B' => {
            let (_portal, name) = (text()?, text()?);
            prepared.get(&name).cloned()
        }
        _ => None,
    }
}

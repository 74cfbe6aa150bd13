//! LISTEN on a connection of its own: hints from other processes.

use std::future::poll_fn;

use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};

use crate::DbError;
use crate::pool::{self, Wire};

/// A notification of Postgres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The channel it was sent on.
    pub channel: String,
    /// Its text.
    pub payload: String,
}

/// A connection that listens. It does not reconnect: when [`Listener::next`] answers `None`, hints may
/// have been lost, and whoever listens connects again and reads the state anew.
pub struct Listener {
    _client: Client,
    notifications: mpsc::Receiver<Notification>,
}

/// Notifications that wait for a slow listener; a fuller queue ends the connection, and with it the
/// pretence that nothing was lost.
const WAITING: usize = 4096;

impl Listener {
    /// Listens on `channel`, a plain lower-case word.
    pub async fn connect(url: &SecretString, channel: &'static str) -> Result<Self, DbError> {
        let (config, wire) = pool::parse(url)?;
        let (sender, notifications) = mpsc::channel(WAITING);
        let client = match wire {
            Wire::Plain => {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(drive(connection, sender));
                client
            }
            Wire::Tls(tls) => {
                let (client, connection) = config.connect(tls).await?;
                tokio::spawn(drive(connection, sender));
                client
            }
        };
        client.batch_execute(&format!("LISTEN {channel}")).await?;
        Ok(Self {
            _client: client,
            notifications,
        })
    }

    /// The next notification, or `None` when the connection has ended.
    pub async fn next(&mut self) -> Option<Notification> {
        self.notifications.recv().await
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, sender: mpsc::Sender<Notification>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: TlsStream + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notification(note)) => {
                let notification = Notification {
                    channel: note.channel().to_owned(),
                    payload: note.payload().to_owned(),
                };
                if sender.try_send(notification).is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %error, "the listening connection ended");
                return;
            }
        }
    }
}

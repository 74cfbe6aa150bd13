//! Hints over Redis pub/sub: a connection of its own listens, a managed one speaks.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use secrecy::{ExposeSecret, SecretString};

use super::BusError;
use super::link::Failure;

const CHANNEL: &str = "signalbox";
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Link {
    client: redis::Client,
    /// Made when the first hint leaves; it reconnects by itself.
    speaker: Option<ConnectionManager>,
}

pub(super) struct Ear(Pin<Box<dyn Stream<Item = redis::Msg> + Send>>);

impl Ear {
    pub async fn next(&mut self) -> Option<String> {
        let message = self.0.next().await?;
        // What is not text is not ours; an empty payload is read as a loss.
        Some(message.get_payload().unwrap_or_default())
    }
}

impl Link {
    pub fn new(url: &SecretString) -> Result<Self, BusError> {
        let client = redis::Client::open(url.expose_secret()).map_err(|_| BusError::Url)?;
        Ok(Self {
            client,
            speaker: None,
        })
    }

    pub async fn listen(&self) -> Result<Ear, Failure> {
        let connected = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(CHANNEL).await?;
            Ok::<_, redis::RedisError>(connection)
        };
        let connection = tokio::time::timeout(PATIENCE, connected).await??;
        Ok(Ear(Box::pin(connection.into_on_message())))
    }

    pub async fn send(&mut self, payloads: &[String]) -> Result<(), Failure> {
        if self.speaker.is_none() {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(1)
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE));
            let manager = ConnectionManager::new_with_config(self.client.clone(), config).await?;
            self.speaker = Some(manager);
        }
        let Some(speaker) = &mut self.speaker else {
            return Ok(());
        };
        let mut pipe = redis::pipe();
        for payload in payloads {
            pipe.publish(CHANNEL, payload).ignore();
        }
        pipe.query_async::<()>(speaker).await?;
        Ok(())
    }
}

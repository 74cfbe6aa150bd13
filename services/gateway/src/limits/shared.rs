//! Buckets that all copies share, in Redis: the same algorithm, in one script.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{RedisError, Script};
use secrecy::{ExposeSecret, SecretString};

use super::Limit;
use super::buckets::Taken;

/// How long an answer may take: a request waits for it.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a Redis that failed is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// Takes an attempt, where the bucket has room for one. By the clock of Redis: copies' may differ.
const TAKE: &str = "
    local now = redis.call('TIME')
    now = now[1] * 1000000 + now[2]
    local used = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') - now, 0)
    local after = used + ARGV[1]
    if after > tonumber(ARGV[2]) then return {used, 0} end
    redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
    return {after, 1}";

/// A Redis that counts.
pub(super) struct SharedBuckets {
    connection: ConnectionManager,
    script: Script,
    away_until: Mutex<Option<Instant>>,
}

impl SharedBuckets {
    /// Connects when it is first asked. Must be made where tokio runs. Errors: not a URL of Redis.
    pub(super) fn new(url: &SecretString) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let client = redis::Client::open(url.expose_secret())?;
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            script: Script::new(TAKE),
            away_until: Mutex::default(),
        })
    }

    /// Takes one attempt of whoever `subject` stands for. `None` where nobody answers in time.
    pub(super) async fn take(&self, subject: &[u8; 16], limit: Limit) -> Option<Taken> {
        if self.is_away() {
            return None;
        }
        let key = [b"signalbox:", limit.name.as_bytes(), b":", subject].concat();
        let mut script = self.script.prepare_invoke();
        script
            .key(key)
            .arg(limit.interval_us())
            .arg(limit.window_us());
        let mut connection = self.connection.clone();
        let asked = script.invoke_async::<(i64, bool)>(&mut connection);
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(taken)) => Ok(taken),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it takes too long".to_owned()),
        };
        self.note(answer.as_ref().err());
        answer.ok()
    }

    fn is_away(&self) -> bool {
        let until = self
            .away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Remembers how it went, and tells of a change.
    fn note(&self, failure: Option<&String>) {
        let mut until = self
            .away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match (failure, *until) {
            (Some(error), None) => {
                tracing::warn!(%error, "Redis does not count requests: each process allows its part")
            }
            (None, Some(_)) => tracing::info!("Redis counts requests again"),
            _ => {}
        }
        *until = failure.map(|_| Instant::now() + LEFT_ALONE);
    }
}

//! Error reports to Sentry: off without a DSN, and scrubbed before they leave.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::ExposeSecret;
use sentry::integrations::tracing::{ErrorLayer, SpanLayer};
use sentry::protocol::Event;
use sentry::types::Dsn;
use sentry::{ClientInitGuard, ClientOptions, TransportFactory};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use super::mask;
use crate::config::SentrySetting;

/// Reports, if there are any. Dropping it sends what waits.
pub struct Reports(Option<ClientInitGuard>);

impl Reports {
    /// Starts reporting, where a DSN is configured.
    pub fn start(setting: Option<&SentrySetting>) -> anyhow::Result<Self> {
        Self::start_with(setting, None)
    }

    /// The same with a transport of the caller's, for tests.
    pub fn start_with(
        setting: Option<&SentrySetting>,
        transport: Option<Arc<dyn TransportFactory>>,
    ) -> anyhow::Result<Self> {
        let Some(setting) = setting else {
            return Ok(Self(None));
        };
        // The library panics on a malformed DSN; it is a fault of configuration like any other.
        let dsn = setting.dsn.expose_secret();
        dsn.parse::<Dsn>()
            .ok()
            .context("SIGNALBOX_SENTRY_DSN is not a DSN of Sentry")?;
        let mut options = ClientOptions::new()
            .dsn(dsn)
            .environment(setting.environment.clone())
            .maybe_release(sentry::release_name!())
            .traces_sample_rate(setting.trace_rate)
            .send_default_pii(false)
            .shutdown_timeout(Duration::from_secs(3))
            .before_send(|event| Some(scrub(event)));
        options.transport = transport.or(options.transport);
        Ok(Self(Some(sentry::init(options))))
    }

    /// Waits until what is to be sent has left, for at most `patience`. Answers whether it has.
    pub fn flush(&self, patience: Duration) -> bool {
        self.0
            .as_ref()
            .is_none_or(|client| client.flush(Some(patience)))
    }

    /// Errors of the log become reports, and spans the traces of the share that is traced.
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        self.0.as_ref().map(|_| {
            let errors = ErrorLayer::new().with_filter(LevelFilter::ERROR);
            errors.and_then(SpanLayer::new().with_filter(LevelFilter::INFO))
        })
    }
}

/// `event` without anything that looks like a secret. One that cannot be scrubbed is replaced by a note.
pub fn scrub(event: Event<'static>) -> Event<'static> {
    let id = event.event_id;
    let scrubbed = serde_json::to_value(&event).and_then(|mut value| {
        mask::mask_json(&mut value);
        serde_json::from_value(value)
    });
    scrubbed.unwrap_or_else(|_| Event {
        event_id: id,
        message: Some("an event that could not be scrubbed was left out".to_owned()),
        ..Event::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_does_not_leave_in_an_event() {
        const SECRET: &str = "kR7xQ2vB9mN4pL6sT8wY1zA3cE5gJ0hUiOdFqWnXbVy";
        let mut event = Event {
            message: Some(format!("login failed for password={SECRET}")),
            ..Event::default()
        };
        event.extra.insert("api_key".into(), SECRET.into());
        event
            .tags
            .insert("cookie".into(), format!("session={SECRET}"));
        event.exception.values.push(sentry::protocol::Exception {
            ty: "Error".into(),
            value: Some(format!("postgresql://app:{SECRET}@db/x")),
            ..Default::default()
        });
        event.breadcrumbs.values.push(sentry::protocol::Breadcrumb {
            message: Some(format!("Authorization: Bearer {SECRET}")),
            ..Default::default()
        });
        let sent = serde_json::to_string(&scrub(event)).expect("an event");
        assert!(!sent.contains(SECRET), "{sent}");
        assert!(sent.contains("login failed"), "the rest is kept: {sent}");
    }
}

//! `signalbox doctor --live`: a mail that really leaves, and an event that really goes to Sentry.

use std::time::Duration;

use kernel::clock::{Clock, SystemClock};
use kernel::email::EmailAddress;
use kernel::rng::{self, SystemEntropy};
use mail::Message;
use sentry::Level as Severity;

use crate::config::{Config, MailSetting};
use crate::operator::database::{Finding, Level, tell};
use crate::{telemetry, wiring};

/// How long Sentry may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends both, and prints what came of it. Errors when one of them failed.
pub async fn run(config: &Config, to: &EmailAddress, as_json: bool) -> anyhow::Result<()> {
    let findings = [mail(config, to).await, event(config).await];
    tell(&findings, as_json)
}

async fn mail(config: &Config, to: &EmailAddress) -> Finding {
    if matches!(config.mail, MailSetting::Off) {
        return Finding::bad(
            "mail",
            Level::Note,
            "mail is switched off on purpose",
            "set SIGNALBOX_SMTP_URL where people are to register",
        );
    }
    let now = SystemClock.now();
    let message = Message {
        id: rng::uuid_v7(now, &SystemEntropy),
        to: to.as_str().to_owned(),
        subject: "A test mail of Signalbox".to_owned(),
        text: format!("Sent by `signalbox doctor --live` at {now}. Nothing needs to be done.\n"),
        html: format!(
            "<p>Sent by <code>signalbox doctor --live</code> at {now}. Nothing needs to be done.</p>"
        ),
    };
    let sent = match wiring::mailer(config, wiring::MAIL_TIMEOUT) {
        Ok(Some(mailer)) => mailer.send(&message).await.map_err(|e| e.to_string()),
        Ok(None) => Err("there is no mail server".to_owned()),
        Err(error) => Err(format!("{error:#}")),
    };
    match sent {
        Ok(()) => Finding::ok(
            "mail",
            format!(
                "the server took a mail to {}: see that it arrives, and not as spam",
                to.as_str()
            ),
        ),
        Err(why) => Finding::bad(
            "mail",
            Level::Action,
            why,
            "check SIGNALBOX_SMTP_URL and SIGNALBOX_MAIL_FROM: deploy/runbooks/smtp-down.md",
        ),
    }
}

async fn event(config: &Config) -> Finding {
    let Some(setting) = &config.sentry else {
        return Finding::bad(
            "sentry",
            Level::Note,
            "errors are reported nowhere",
            "set SIGNALBOX_SENTRY_DSN where somebody should be told of them",
        );
    };
    let reports = match telemetry::Reports::start(Some(setting)) {
        Ok(reports) => reports,
        Err(error) => {
            return Finding::bad(
                "sentry",
                Level::Action,
                format!("{error:#}"),
                "copy the DSN from the project's settings",
            );
        }
    };
    let id = sentry::capture_message("A test event of `signalbox doctor --live`", Severity::Info);
    // The library waits in its own thread; this one would stand still meanwhile.
    let left = tokio::task::spawn_blocking(move || reports.flush(PATIENCE)).await;
    if left.unwrap_or(false) {
        Finding::ok(
            "sentry",
            format!("the event {id} has left: only the project shows whether it was taken"),
        )
    } else {
        Finding::bad(
            "sentry",
            Level::Action,
            format!(
                "the event {id} did not leave within {} s",
                PATIENCE.as_secs()
            ),
            "check that this machine reaches the host of SIGNALBOX_SENTRY_DSN",
        )
    }
}

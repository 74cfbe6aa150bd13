//! What the process says of itself: logs to stdout, metrics on the internal listener, errors to Sentry.
//!
//! Whatever leaves here passes the mask first.

pub mod mask;
mod reports;

use std::io::{self, IsTerminal, Write};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::Config;

pub use reports::{Reports, scrub};

/// Bounds of the duration histograms, in seconds: from a cached read to a hanging neighbour.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Starts Sentry (where configured) and the log. Keep the answer until the process ends: dropping it
/// sends what waits.
pub fn start(config: &Config) -> anyhow::Result<Reports> {
    start_on(config, Stream::Out)
}

/// The same with the log on stderr: for commands whose answer is what stdout is for.
pub fn start_beside_answer(config: &Config) -> anyhow::Result<Reports> {
    start_on(config, Stream::Err)
}

fn start_on(config: &Config, stream: Stream) -> anyhow::Result<Reports> {
    let reports = Reports::start(config.sentry.as_ref())?;
    let filter = EnvFilter::try_new(&config.log)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(Masked(stream));
    let layer = if config.log_text {
        layer
            .with_target(false)
            .with_ansi(stream.is_terminal())
            .boxed()
    } else {
        layer
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed()
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .with(reports.layer())
        .try_init()?;
    Ok(reports)
}

/// Collects the process' metrics, for the internal listener to print.
pub fn collect_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?)
}

/// Where the log goes.
#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }
}

/// Writes lines with everything masked that looks like a secret.
struct Masked(Stream);

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self.0)
    }
}

/// One line of the log. The formatter hands it over whole.
struct Line(Stream);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let masked = mask::mask(&text);
        match self.0 {
            Stream::Out => io::stdout().lock().write_all(masked.as_bytes())?,
            Stream::Err => io::stderr().lock().write_all(masked.as_bytes())?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {
            Stream::Out => io::stdout().lock().flush(),
            Stream::Err => io::stderr().lock().flush(),
        }
    }
}

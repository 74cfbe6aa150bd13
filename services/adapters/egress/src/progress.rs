//! How far a probe has come: the phase it is in and what the phases took.
//!
//! Owns the clock of one check. It lives outside the future that works, so that it can still be
//! read when that future was dropped because the time was up.

use crate::{
    failure::{Failure, Limit},
    reason::ReasonCode,
    result::Timings,
};
use hyper::StatusCode;
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What a probe is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Queue,
    Dns,
    Connect,
    Tls,
    Exchange,
}

/// The state of one check.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    limit: Duration,
    phase: Phase,
    phase_started: Instant,
    waited: Duration,
    /// The phases of this hop.
    pub(crate) timings: Timings,
    /// The status of this hop's answer.
    pub(crate) status: Option<StatusCode>,
    /// Every address connected to, over all hops.
    pub(crate) addresses: Vec<IpAddr>,
    /// The bytes of this hop's exchange.
    pub(crate) marks: Marks,
}

impl Progress {
    pub(crate) fn start(limit: Duration) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            limit,
            phase: Phase::Queue,
            phase_started: now,
            waited: Duration::ZERO,
            timings: Timings::default(),
            status: None,
            addresses: Vec::new(),
            marks: Marks::new(now),
        }
    }

    /// Begins a hop: what the hop before measured is forgotten, the total runs on.
    pub(crate) fn begin_hop(&mut self) {
        self.timings = Timings::default();
        self.status = None;
        self.enter(Phase::Queue);
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.phase_started = Instant::now();
        self.marks = Marks::new(self.phase_started);
    }

    /// Ends the phase that was entered last and keeps what it took.
    pub(crate) fn leave(&mut self) {
        let took = self.phase_started.elapsed();
        match self.phase {
            Phase::Queue => self.waited += took,
            Phase::Dns => self.timings.dns_us = Some(microseconds(took)),
            Phase::Connect => self.timings.connect_us = Some(microseconds(took)),
            Phase::Tls => self.timings.tls_us = Some(microseconds(took)),
            Phase::Exchange => {
                let moments = self.read_marks();
                self.timings.receive_us = moments
                    .received
                    .map(|received| microseconds(took.saturating_sub(received)));
            }
        }
    }

    /// How long an attempt may take that shares the remaining time with others.
    pub(crate) fn share_of_remaining(&self, attempts: usize) -> Duration {
        let remaining = self.limit.saturating_sub(self.started.elapsed());
        remaining / u32::try_from(attempts.max(1)).unwrap_or(u32::MAX)
    }

    /// The duration of the check without the time spent waiting for other checks.
    pub(crate) fn duration_us(&self) -> u32 {
        microseconds(self.started.elapsed().saturating_sub(self.waited))
    }

    /// Keeps the marks of an exchange, finished or not.
    pub(crate) fn read_marks(&mut self) -> Moments {
        let moments = self.marks.read();
        self.timings.send_us = moments.sent.map(microseconds);
        self.timings.wait_us = moments.received.map(|received| {
            microseconds(received - moments.sent.unwrap_or_default().min(received))
        });
        moments
    }

    /// The failure of a check whose time ran out here.
    ///
    /// A check that spent a good part of its time waiting for other checks of the host had less
    /// than its user asked for; calling the target down for that would blame it for our queue.
    pub(crate) fn overdue(&mut self) -> Failure {
        if self.phase == Phase::Queue || self.waited * 10 > self.limit {
            return Failure::missed();
        }
        let within = Limit(self.limit);
        let (reason, message) = match self.phase {
            Phase::Queue | Phase::Dns => (
                ReasonCode::DnsTimeout,
                format!("The host name could not be looked up within {within}."),
            ),
            Phase::Connect => (
                ReasonCode::ConnectTimeout,
                format!("The server did not accept a connection within {within}."),
            ),
            Phase::Tls => (
                ReasonCode::TlsFailure,
                format!("The server did not agree on a secure connection within {within}."),
            ),
            Phase::Exchange => self.overdue_exchange(&within),
        };
        Failure::new(reason, message)
    }

    fn overdue_exchange(&mut self, within: &Limit) -> (ReasonCode, String) {
        let moments = self.read_marks();
        if moments.received.is_some() {
            let message = format!("The server began to answer but did not finish within {within}.");
            (ReasonCode::BodyTimeout, message)
        } else if moments.sent.is_some() {
            let message =
                format!("The server took the request but did not begin to answer within {within}.");
            (ReasonCode::FirstByteTimeout, message)
        } else {
            (
                ReasonCode::SendFailed,
                format!("The request could not be sent within {within}."),
            )
        }
    }
}

/// When the bytes of one exchange moved, in nanoseconds since it began; 0 is "not yet".
///
/// Written by the stream the HTTP client reads and writes, read beside it. Atomic only so that the
/// future may move between threads.
#[derive(Debug)]
pub(crate) struct Marks {
    origin: Instant,
    sent: AtomicU64,
    received: AtomicU64,
}

/// The marks as durations since the exchange began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) sent: Option<Duration>,
    pub(crate) received: Option<Duration>,
}

impl Marks {
    fn new(origin: Instant) -> Self {
        Self {
            origin,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        }
    }

    /// Notes that all written bytes were handed to the network.
    pub(crate) fn mark_sent(&self) {
        self.sent.store(self.now(), Ordering::Relaxed);
    }

    /// Notes the first byte of the answer; later ones change nothing.
    pub(crate) fn mark_received(&self) {
        if self.received.load(Ordering::Relaxed) == 0 {
            self.received.store(self.now(), Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos())
            .unwrap_or(u64::MAX)
            .max(1)
    }

    pub(crate) fn read(&self) -> Moments {
        let at = |mark: &AtomicU64| match mark.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        };
        Moments {
            sent: at(&self.sent),
            received: at(&self.received),
        }
    }
}

fn microseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

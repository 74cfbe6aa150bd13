//! How a probe fails, with the sentence a person reads.
//!
//! Owns the wording, so that it has one voice. Sentences never name an address that a host name
//! led to: for a refused target that would describe our network to a stranger.

use crate::{expected::ExpectedCodes, reason::ReasonCode, target::TargetError};
use hyper::StatusCode;
use std::{borrow::Cow, fmt, io, time::Duration};

/// Why a probe did not end in an expected answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: ReasonCode,
    pub(crate) message: Cow<'static, str>,
}

impl Failure {
    pub(crate) fn new(reason: ReasonCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    pub(crate) fn into_parts(self) -> (ReasonCode, Cow<'static, str>) {
        (self.reason, self.message)
    }

    pub(crate) fn blocked(host: &str, literal: bool) -> Self {
        let message = if literal {
            format!("{host} is not a public address; such addresses are not contacted.")
        } else {
            format!("The name {host} leads to no public address; others are not contacted.")
        };
        Self::new(ReasonCode::BlockedTarget, message)
    }

    pub(crate) fn status(status: StatusCode, expected: &ExpectedCodes) -> Self {
        let message = format!(
            "The server answered {}; {expected} was expected.",
            Answered(status)
        );
        Self::new(ReasonCode::Status, message)
    }

    pub(crate) fn redirect_limit(limit: u8) -> Self {
        let message = format!("The server redirected more than {limit} times.");
        Self::new(ReasonCode::RedirectLimit, message)
    }

    pub(crate) fn redirect_without_location(status: StatusCode) -> Self {
        let message = format!(
            "The server answered {} without saying where to.",
            Answered(status)
        );
        Self::new(ReasonCode::RedirectInvalid, message)
    }

    pub(crate) fn redirect_invalid(error: &TargetError) -> Self {
        let message = format!(
            "The server redirected to an address that cannot be followed: a redirect {error}."
        );
        Self::new(ReasonCode::RedirectInvalid, message)
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            ReasonCode::Internal,
            "The check could not be carried out because of a fault on our side.",
        )
    }

    pub(crate) fn missed() -> Self {
        Self::new(
            ReasonCode::Missed,
            "The check could not be carried out in time because other checks of the same host \
             were still running.",
        )
    }

    /// A failed TCP connection. Errors that arise on this machine before anything was sent are ours.
    pub(crate) fn connect(error: &io::Error, port: u16) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => Self::new(
                ReasonCode::ConnectRefused,
                format!("The server refused the connection on port {port}."),
            ),
            Kind::ConnectionReset | Kind::ConnectionAborted => Self::reset(),
            Kind::TimedOut => Self::new(
                ReasonCode::ConnectTimeout,
                format!("The server did not accept a connection on port {port}."),
            ),
            Kind::HostUnreachable => Self::new(
                ReasonCode::ConnectFailed,
                "The server's machine could not be reached.",
            ),
            Kind::NetworkUnreachable => Self::new(
                ReasonCode::Internal,
                "There is no network route from here to the server's address.",
            ),
            // No free port, no free descriptor, a local firewall.
            _ => Self::internal(),
        }
    }

    pub(crate) fn reset() -> Self {
        Self::new(
            ReasonCode::ConnectReset,
            "The server broke off the connection before its answer was complete.",
        )
    }
}

/// The sentence for an expected answer.
pub(crate) fn answered(status: StatusCode) -> String {
    format!("The server answered {}.", Answered(status))
}

/// A status code with its standard phrase where it has one.
struct Answered(StatusCode);

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.canonical_reason() {
            Some(phrase) => write!(f, "{} {phrase}", self.0.as_u16()),
            None => write!(f, "{}", self.0.as_u16()),
        }
    }
}

/// A time limit as people write it: `10 s`, `1.5 s`, `200 ms`.
pub(crate) struct Limit(pub(crate) Duration);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{} s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Limit, answered};
    use crate::reason::ReasonCode;
    use hyper::StatusCode;
    use std::{io, time::Duration};

    #[test]
    fn sentences_name_the_answer_and_what_was_expected() {
        let expected = "200-299,301".parse().unwrap();
        assert_eq!(
            Failure::status(StatusCode::SERVICE_UNAVAILABLE, &expected).message,
            "The server answered 503 Service Unavailable; 200-299,301 was expected."
        );
        let odd = StatusCode::from_u16(599).unwrap();
        assert_eq!(
            Failure::status(odd, &expected).message,
            "The server answered 599; 200-299,301 was expected."
        );
        assert_eq!(answered(StatusCode::OK), "The server answered 200 OK.");
    }

    #[test]
    fn limits_read_as_people_write_them() {
        for (milliseconds, text) in [
            (200, "200 ms"),
            (1_000, "1 s"),
            (1_500, "1.5 s"),
            (10_000, "10 s"),
        ] {
            assert_eq!(Limit(Duration::from_millis(milliseconds)).to_string(), text);
        }
    }

    #[test]
    fn faults_of_this_machine_are_not_the_targets() {
        use io::ErrorKind as Kind;
        for (kind, reason) in [
            (Kind::ConnectionRefused, ReasonCode::ConnectRefused),
            (Kind::ConnectionReset, ReasonCode::ConnectReset),
            (Kind::TimedOut, ReasonCode::ConnectTimeout),
            (Kind::HostUnreachable, ReasonCode::ConnectFailed),
            (Kind::NetworkUnreachable, ReasonCode::Internal),
            (Kind::AddrNotAvailable, ReasonCode::Internal),
            (Kind::PermissionDenied, ReasonCode::Internal),
        ] {
            assert_eq!(
                Failure::connect(&kind.into(), 80).reason,
                reason,
                "{kind:?}"
            );
        }
        let too_many_files = io::Error::from_raw_os_error(24);
        assert_eq!(
            Failure::connect(&too_many_files, 80).reason,
            ReasonCode::Internal
        );
    }
}

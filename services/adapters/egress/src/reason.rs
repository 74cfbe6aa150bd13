//! The closed list of reasons a check's result can have, and the outcome each stands for. Pure.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a check says about its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The target answered as expected.
    Up,
    /// The target did not answer as expected.
    Down,
    /// The check says nothing about the target: it was refused, missed, or failed on our side.
    Unknown,
}

impl Outcome {
    /// The stable text form: `up`, `down` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a known reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known reason code")]
pub struct UnknownReason;

/// Writes the enum, its list, its text form and its meaning from one table.
macro_rules! reasons {
    ($($variant:ident $text:literal $outcome:ident $meaning:literal,)*) => {
        /// Why a check ended as it did. Closed: stored, shown and documented by its text form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ReasonCode {
            $(#[doc = $meaning] #[serde(rename = $text)] $variant,)*
        }

        impl ReasonCode {
            /// Every reason code, in the order of a check's phases.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable text form, for example `connect_refused`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The outcome this reason stands for; each reason has exactly one.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)* }
            }

            /// One sentence for the documentation.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

reasons! {
    Ok "ok" Up "The target answered as expected.",
    Status "status" Down "The server answered with a status code that is not among the expected ones.",
    DnsNxdomain "dns_nxdomain" Down "The host name does not exist in DNS.",
    DnsFailure "dns_failure" Down "The host name could not be looked up, or has no address.",
    DnsTimeout "dns_timeout" Down "DNS did not answer in time.",
    ConnectRefused "connect_refused" Down "The server refused the connection; usually nothing listens on that port.",
    ConnectTimeout "connect_timeout" Down "The server did not accept a connection in time.",
    ConnectReset "connect_reset" Down "The server broke off the connection before it answered.",
    ConnectFailed "connect_failed" Down "The connection could not be made for another reason of the network.",
    TlsExpired "tls_expired" Down "The server's certificate has expired or is not valid yet.",
    TlsName "tls_name" Down "The server's certificate was issued for other names.",
    TlsChain "tls_chain" Down "The server's certificate was not issued by a trusted authority, or its chain is incomplete.",
    TlsFailure "tls_failure" Down "No secure connection could be agreed on with the server.",
    SendFailed "send_failed" Down "The request could not be sent.",
    FirstByteTimeout "first_byte_timeout" Down "The server took the request but did not begin to answer in time.",
    BodyTimeout "body_timeout" Down "The server began to answer but did not finish in time.",
    Protocol "protocol" Down "The server's answer was not complete and valid HTTP.",
    RedirectLimit "redirect_limit" Down "The server redirected too many times.",
    RedirectInvalid "redirect_invalid" Down "The server redirected to an address that cannot be followed.",
    BlockedTarget "blocked_target" Unknown "The target, or an address it leads to, is not public; such addresses are not contacted.",
    Missed "missed" Unknown "The check was not carried out in its time.",
    Internal "internal" Unknown "The check failed because of a fault on our side.",
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReasonCode {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, ReasonCode};

    #[test]
    fn the_list_is_closed_and_its_texts_are_stable() {
        let texts: Vec<_> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(
            texts.join(" "),
            "ok status dns_nxdomain dns_failure dns_timeout connect_refused connect_timeout \
             connect_reset connect_failed tls_expired tls_name tls_chain tls_failure send_failed \
             first_byte_timeout body_timeout protocol redirect_limit redirect_invalid \
             blocked_target missed internal"
        );
    }

    #[test]
    fn every_code_reads_back_from_its_text_and_its_json() {
        for code in ReasonCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ReasonCode>(&json).unwrap(), *code);
        }
        assert!("tls".parse::<ReasonCode>().is_err());
    }

    #[test]
    fn only_our_own_reasons_are_unknown() {
        let unknown: Vec<_> = ReasonCode::ALL
            .iter()
            .filter(|code| code.outcome() == Outcome::Unknown)
            .collect();
        assert_eq!(
            unknown,
            [
                &ReasonCode::BlockedTarget,
                &ReasonCode::Missed,
                &ReasonCode::Internal
            ]
        );
        assert_eq!(ReasonCode::Ok.outcome(), Outcome::Up);
    }
}

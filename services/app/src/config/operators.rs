//! What is said of the operators' listener.

use std::net::SocketAddr;

use ::operators::Approval;
use jiff::SignedDuration;

use super::read::Reader;
use super::settings as s;
use super::{Command, Config};

impl Config {
    pub(super) fn operator_listen(command: Command, r: &mut Reader<'_>) -> Option<SocketAddr> {
        let fallback = (command == Command::Dev && !r.is_set(&s::OPERATOR_LISTEN))
            .then(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        fallback.or_else(|| r.parsed(&s::OPERATOR_LISTEN))
    }

    pub(super) fn operator_host(r: &mut Reader<'_>) -> Option<String> {
        let host = r.optional(&s::OPERATOR_HOST);
        host.map(|host| host.to_lowercase())
    }

    /// A listener that other machines reach needs a name that they reach it by.
    pub(super) fn check_operators(&self, r: &mut Reader<'_>) {
        let near = |listen: SocketAddr| listen.ip().is_loopback();
        let reachable = self.operator_host.is_some() || self.operator_listen.is_none_or(near);
        r.check(
            &s::OPERATOR_HOST,
            reachable,
            "the host by which operators come, where SIGNALBOX_OPERATOR_LISTEN is no loopback address",
        );
        let bare = |host: &str| !host.is_empty() && !host.contains(['/', ':', '@', ' ']);
        r.check(
            &s::OPERATOR_HOST,
            self.operator_host.as_deref().is_none_or(bare),
            "a host without scheme and port",
        );
    }

    /// Long enough to be noticed; on a laptop as short as one likes.
    pub(super) fn recovery_wait(command: Command, r: &mut Reader<'_>) -> SignedDuration {
        let hours = r.parsed(&s::RECOVERY_WAIT).unwrap_or(72);
        let least = if command == Command::Dev { 0 } else { 24 };
        let fits = (least..=720).contains(&hours);
        r.check(&s::RECOVERY_WAIT, fits, &format!("{least} to 720 hours"));
        SignedDuration::from_hours(hours)
    }

    pub(super) fn operator_approval(r: &mut Reader<'_>) -> Approval {
        let asked = r.one_of(&s::OPERATOR_APPROVAL, &["off", "destructive"]);
        match asked.as_str() {
            "destructive" => Approval::Destructive,
            _ => Approval::Off,
        }
    }
}

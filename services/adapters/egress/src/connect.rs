//! The guarded connector: looks up, filters, and connects to exactly what it checked.
//!
//! Owns the only place where an outgoing connection to a customer's address is opened. Every hop of
//! every request comes through here, so there is nothing to remember elsewhere. No proxy is ever
//! used: it would look the name up again, unfiltered.

use crate::{
    failure::Failure,
    policy::TargetPolicy,
    progress::{Phase, Progress},
    reason::ReasonCode,
    resolve::Resolver,
    target::Target,
    tls,
};
use std::net::{IpAddr, SocketAddr};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Opens connections to targets the policy allows.
pub(crate) struct Connector {
    pub(crate) policy: TargetPolicy,
    pub(crate) resolver: Resolver,
    pub(crate) tls: TlsConnector,
}

/// A connection to a target, encrypted where its scheme says so.
pub(crate) enum Connection {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Connector {
    /// Connects to `target`, noting phases and the address reached in `progress`.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        progress: &mut Progress,
    ) -> Result<Connection, Failure> {
        progress.enter(Phase::Dns);
        let addresses = self.resolver.addresses(target, &self.policy).await?;
        progress.leave();

        progress.enter(Phase::Connect);
        let (stream, address) = connect_first(&addresses, target.port(), progress).await?;
        progress.leave();
        progress.addresses.push(address);
        if !target.encrypted() {
            return Ok(Connection::Plain(stream));
        }

        let name = tls::server_name(target)?;
        progress.enter(Phase::Tls);
        let connected = self.tls.connect(name, stream).await;
        let stream = connected.map_err(|error| tls::failure(&error, target))?;
        progress.leave();
        Ok(Connection::Encrypted(Box::new(stream)))
    }
}

/// Tries the checked `addresses` one after the other.
///
/// Each attempt gets an equal share of the time that is left, so that a dead first address does not
/// hide a living second one.
async fn connect_first(
    addresses: &[IpAddr],
    port: u16,
    progress: &Progress,
) -> Result<(TcpStream, IpAddr), Failure> {
    let mut worst = None;
    for (index, address) in addresses.iter().enumerate() {
        let attempts_left = addresses.len() - index;
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        // The last attempt is ended by the deadline of the whole check.
        let connected = if attempts_left == 1 {
            connecting.await
        } else {
            match timeout(progress.share_of_remaining(attempts_left), connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            }
        };
        match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok((stream, *address)),
            Err(error) => worst = Some(more_telling(worst, Failure::connect(&error, port))),
        }
    }
    Err(worst.unwrap_or_else(Failure::internal))
}

/// Of two failed attempts the one that says something about the target: a machine without IPv6
/// fails at every IPv6 address, which is no news about the server.
fn more_telling(previous: Option<Failure>, failure: Failure) -> Failure {
    match previous {
        Some(previous) if failure.reason == ReasonCode::Internal => previous,
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::more_telling;
    use crate::{failure::Failure, reason::ReasonCode};
    use std::io::ErrorKind;

    #[test]
    fn a_failure_of_this_machine_does_not_hide_what_the_server_did() {
        let refused = || Failure::connect(&ErrorKind::ConnectionRefused.into(), 80);
        let no_route = || Failure::connect(&ErrorKind::NetworkUnreachable.into(), 80);
        for (first, second) in [(refused(), no_route()), (no_route(), refused())] {
            let told = more_telling(Some(first), second);
            assert_eq!(told.reason, ReasonCode::ConnectRefused);
        }
        assert_eq!(more_telling(None, no_route()).reason, ReasonCode::Internal);
    }
}

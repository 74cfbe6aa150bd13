//! TLS for outgoing connections: the trusted roots, and what a failed handshake means.
//!
//! Owns the one client configuration. The crypto provider is named explicitly, so nothing depends on
//! a global installed at start.

use crate::{failure::Failure, reason::ReasonCode, target::Target};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use std::{io, sync::Arc};

/// Makes the configuration every connection shares: the web's roots and `extra_roots`.
///
/// Sessions are not resumed: each check measures a whole handshake and sees the certificate that is
/// served now.
pub(crate) fn client_config(
    extra_roots: Vec<CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for root in extra_roots {
        roots.add(root)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The name the server's certificate must carry.
pub(crate) fn server_name(target: &Target) -> Result<ServerName<'static>, Failure> {
    if let Some(address) = target.literal_address() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let name = target.name().unwrap_or_default();
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Failure::new(
            ReasonCode::TlsName,
            format!("No certificate can be issued for the name {name}."),
        )
    })
}

/// What a failed handshake says.
pub(crate) fn failure(error: &io::Error, target: &Target) -> Failure {
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(error)) => certificate_failure(error, target),
        Some(error) => tls_failure(fault(error)),
        None => tls_failure("it broke off the handshake"),
    }
}

/// The failure of an established connection, where it is one of TLS: a server that wants a
/// certificate from us, for example, says so only after its half of the handshake.
pub(crate) fn broken(error: &io::Error) -> Option<Failure> {
    tls_error(error).map(|error| tls_failure(fault(error)))
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn fault(error: &rustls::Error) -> &'static str {
    use rustls::{AlertDescription as Alert, Error};
    match error {
        Error::InvalidMessage(_) => "it does not speak TLS on this port",
        Error::AlertReceived(Alert::CertificateRequired) => {
            "it wants a certificate from the client"
        }
        Error::AlertReceived(_) => "it refused the handshake",
        Error::PeerIncompatible(_) => {
            "it offers no TLS version or cipher that is still considered safe"
        }
        _ => "its part of the handshake is not valid",
    }
}

fn tls_failure(why: &str) -> Failure {
    Failure::new(
        ReasonCode::TlsFailure,
        format!("No secure connection could be agreed on with the server: {why}."),
    )
}

fn certificate_failure(error: &CertificateError, target: &Target) -> Failure {
    use CertificateError as Fault;
    match error {
        Fault::Expired | Fault::ExpiredContext { .. } => Failure::new(
            ReasonCode::TlsExpired,
            "The server's certificate has expired.",
        ),
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => Failure::new(
            ReasonCode::TlsExpired,
            "The server's certificate is not valid yet.",
        ),
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => Failure::new(
            ReasonCode::TlsName,
            format!(
                "The server's certificate was not issued for {}.",
                target.host()
            ),
        ),
        Fault::UnknownIssuer => Failure::new(
            ReasonCode::TlsChain,
            "The server's certificate was not issued by a trusted authority, or the server does \
             not send the whole chain.",
        ),
        Fault::Revoked => Failure::new(
            ReasonCode::TlsChain,
            "The server's certificate was revoked.",
        ),
        _ => Failure::new(
            ReasonCode::TlsChain,
            "The server's certificate could not be verified.",
        ),
    }
}

//! Access tokens of programs: JWT, HS256, ten minutes. Written and read by one format only.
//!
//! The header is compared byte for byte with that of a live key, so there is no algorithm to choose, no
//! key to name and no address to fetch one from.

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac;
use jiff::{SignedDuration, Timestamp};
use kernel::id::{SessionId, TenantId, UserId};
use serde::{Deserialize, Serialize};

use super::Keys;

/// How long an access token lives, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 600;

/// Seconds by which the clocks of two copies may differ, for a token that is not valid yet.
const EARLY_SECONDS: i64 = 5;

/// A longer text is not one of ours, whatever it says.
const MAX_BYTES: usize = 2048;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    iss: String,
    aud: TenantId,
    tid: TenantId,
    /// Whose token it is.
    pub sub: UserId,
    /// The session it belongs to.
    pub sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Why an access token was refused. For the log: whoever sent it learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three parts of base64url, or too long.
    #[error("it is not a token")]
    Malformed,
    /// The header is not that of a live key.
    #[error("its header is not one of ours")]
    Header,
    /// The signature does not fit.
    #[error("its signature is wrong")]
    Signature,
    /// The claims are not ours.
    #[error("its claims are not ours")]
    Claims,
    /// Made for another tenant or by another deployment.
    #[error("it was made for somebody else")]
    Audience,
    /// Expired, or not valid yet.
    #[error("it is not valid at this time")]
    Time,
}

impl Keys {
    /// Signs an access token for a program's `session` of `user`. It lives [`ACCESS_TOKEN_SECONDS`].
    pub fn sign_access_token(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> String {
        let claims = AccessClaims {
            iss: self.issuer().to_owned(),
            aud: tenant,
            tid: tenant,
            sub: user,
            sid: session,
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: now.as_second().saturating_add(ACCESS_TOKEN_SECONDS),
        };
        // Ids, numbers and a text of our own: serialising them cannot fail.
        let payload = serde_json::to_vec(&claims).unwrap_or_default();
        let Some(key) = self.tokens().first() else {
            return String::new();
        };
        let mut token = key.header.clone();
        token.push('.');
        BASE64URL_NOPAD.encode_append(&payload, &mut token);
        let mut mac = key.mac.clone();
        mac.update(token.as_bytes());
        token.push('.');
        BASE64URL_NOPAD.encode_append(&mac.finalize().into_bytes(), &mut token);
        token
    }

    /// Reads an access token that was made for `tenant` and is valid at `now`. Whether its session still
    /// stands, only the session's row says.
    pub fn verify_access_token(
        &self,
        token: &str,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<AccessClaims, TokenFault> {
        if token.len() > MAX_BYTES {
            return Err(TokenFault::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
        let key = self
            .tokens()
            .iter()
            .find(|key| key.header == header)
            .ok_or(TokenFault::Header)?;
        let signature = decode(signature)?;
        let mut mac = key.mac.clone();
        mac.update(signed.as_bytes());
        mac.verify_slice(&signature)
            .map_err(|_| TokenFault::Signature)?;
        let claims: AccessClaims =
            serde_json::from_slice(&decode(payload)?).map_err(|_| TokenFault::Claims)?;
        if claims.iss != self.issuer() || claims.aud != tenant || claims.tid != tenant {
            return Err(TokenFault::Audience);
        }
        let early = now.saturating_add(SignedDuration::from_secs(EARLY_SECONDS));
        let early = early.map_or(i64::MAX, Timestamp::as_second);
        if claims.exp <= now.as_second() || claims.nbf > early {
            return Err(TokenFault::Time);
        }
        Ok(claims)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    BASE64URL_NOPAD
        .decode(part.as_bytes())
        .map_err(|_| TokenFault::Malformed)
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;

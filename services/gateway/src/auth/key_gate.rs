//! What the row of an API key says: whether it is one, and what its program may do. It is at most what its
//! maker may do at this moment, and never what only a person may.

use std::net::IpAddr;

use db::{DbError, Row, Sql, sql};
use jiff::Timestamp;
use kernel::id::{ApiKeyId, SessionId, UserId};
use kernel::roles::{Permission, Permissions, Role};
use subtle::ConstantTimeEq;

use super::ProgramKey;
use super::gate::{Ask, Caller, Refusal, Standing, is_elsewhere};

pub(super) const READ_KEY: Sql = sql!(
    "SELECT user_id, secret_hash, scopes, user_state, role, per_minute, networks,
            COALESCE(last_used_at, created_at - interval '1 day') AS last_used_at, expires_at, revoked_at
       FROM api_keys
      WHERE id = $1"
);

/// A key's row.
pub(super) struct KeyRow {
    pub(super) maker: UserId,
    pub(super) secret_hash: Vec<u8>,
    pub(super) scopes: Permissions,
    pub(super) active: bool,
    pub(super) role: Role,
    pub(super) per_minute: Option<u32>,
    pub(super) last_used_at: Timestamp,
    pub(super) elsewhere: bool,
    pub(super) expires_at: Timestamp,
    pub(super) revoked: bool,
}

impl KeyRow {
    pub(super) fn read(row: &Row, address: Option<IpAddr>) -> Result<Self, DbError> {
        let scopes: Vec<&str> = row.get("scopes")?;
        let per_minute: Option<i32> = row.get("per_minute")?;
        Ok(Self {
            maker: row.id("user_id")?,
            secret_hash: row.get("secret_hash")?,
            // One that there is no more allows nothing.
            scopes: scopes.into_iter().filter_map(Permission::parse).collect(),
            active: row.get::<&str>("user_state")? == "active",
            role: Role::parse(row.get("role")?).ok_or(DbError::Corrupt {
                table: "api_keys",
                column: "role",
            })?,
            per_minute: per_minute.and_then(|it| u32::try_from(it).ok()),
            last_used_at: row.get("last_used_at")?,
            elsewhere: is_elsewhere(row, address)?,
            expires_at: row.get("expires_at")?,
            revoked: row.get::<Option<Timestamp>>("revoked_at")?.is_some(),
        })
    }

    pub(super) fn judge(&self, key: &ProgramKey, ask: Ask, now: Timestamp) -> Standing {
        let proven = bool::from(key.hash().ct_eq(self.secret_hash.as_slice()));
        if !proven || self.revoked || !self.active || self.expires_at <= now {
            return Err(Refusal::Unauthenticated);
        }
        if self.elsewhere {
            return Err(Refusal::Elsewhere);
        }
        if ask.person || ask.recent || ask.leaving {
            return Err(Refusal::NotThePerson);
        }
        let allowed = self.scopes.and(Permissions::of(self.role));
        if let Some(permission) = ask.permission
            && !allowed.contains(permission)
        {
            return Err(Refusal::OutOfScope(permission));
        }
        let id = ApiKeyId::from(key.id);
        Ok(Caller {
            user: self.maker,
            session: SessionId::from(key.id),
            role: self.role,
            allowed,
            key: Some(id),
            operator: None,
            owing: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::rng::SystemEntropy;
    use kernel::roles::{
        AuditRead, EndpointsRead, EndpointsWrite, Leaving, Myself, Policy, Recent, SignedIn,
    };
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn key() -> ProgramKey {
        ProgramKey::generate(Uuid::from_u128(7), &SystemEntropy)
    }

    /// A good key of a manager's that reads endpoints and the audit log.
    fn row(key: &ProgramKey) -> KeyRow {
        let scopes = [Permission::EndpointsRead, Permission::AuditRead];
        KeyRow {
            maker: Uuid::from_u128(2).into(),
            secret_hash: key.hash().to_vec(),
            scopes: scopes.into_iter().collect(),
            active: true,
            role: Role::Manager,
            per_minute: None,
            last_used_at: at(-1_000),
            elsewhere: false,
            expires_at: at(1),
            revoked: false,
        }
    }

    fn asked<P: Policy>(row: &KeyRow, key: &ProgramKey) -> Result<(), Refusal> {
        row.judge(key, Ask::of::<P>(true), at(0)).map(drop)
    }

    #[test]
    fn a_key_does_what_both_its_scopes_and_its_makers_role_allow() {
        let key = key();
        let row = row(&key);
        let caller = row.judge(&key, Ask::of::<SignedIn>(false), at(0));
        let allowed = caller.map(|it| it.allowed.iter().collect::<Vec<_>>());
        assert_eq!(allowed, Ok(vec![Permission::EndpointsRead]));
        assert_eq!(asked::<EndpointsRead>(&row, &key), Ok(()));
        let beyond = |permission| Err(Refusal::OutOfScope(permission));
        assert_eq!(
            asked::<EndpointsWrite>(&row, &key),
            beyond(Permission::EndpointsWrite),
            "the role allows it, the scopes do not"
        );
        assert_eq!(
            asked::<AuditRead>(&row, &key),
            beyond(Permission::AuditRead),
            "the scopes allow it, the role does not"
        );
    }

    #[test]
    fn a_key_is_nobody() {
        let key = key();
        let row = row(&key);
        let person = Err(Refusal::NotThePerson);
        assert_eq!(asked::<Myself>(&row, &key), person);
        assert_eq!(asked::<Recent<EndpointsRead>>(&row, &key), person);
        assert_eq!(asked::<Leaving>(&row, &key), person);
    }

    #[test]
    fn whatever_is_wrong_with_a_key_looks_the_same() {
        let (good, other) = (key(), key());
        let mut rows = [(); 4].map(|()| row(&good));
        rows[0].revoked = true;
        rows[1].active = false;
        rows[2].expires_at = at(0);
        rows[3].secret_hash.clear();
        for row in &rows {
            let judged = row.judge(&good, Ask::default(), at(0)).map(drop);
            assert_eq!(judged, Err(Refusal::Unauthenticated));
        }
        let judged = row(&good).judge(&other, Ask::default(), at(0)).map(drop);
        assert_eq!(judged, Err(Refusal::Unauthenticated));
    }
}

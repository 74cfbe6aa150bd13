//! The gate of a transaction: the row of the session, or of the API key, decides whether it opens, on every
//! request.

use std::net::IpAddr;
use std::sync::Arc;

use db::{DbError, Gate, Row, Sql, sql};
use jiff::{SignedDuration, Timestamp};
use kernel::event::Actor;
use kernel::id::{ApiKeyId, OperatorId, SessionId, UserId};
use kernel::network::{self, Network};
use kernel::roles::{Permission, Permissions, Policy, RECENT, Role};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::ProgramKey;
use super::credential::Proof;
use super::key_gate::{KeyRow, READ_KEY};
use super::seen::SEEN_EVERY;
use crate::context::RequestContext;

const READ_SESSION: Sql = sql!(
    "SELECT user_id, kind, operator_id, secret_hash, user_state, role,
            COALESCE(authenticated_at, created_at) AS authenticated_at,
            COALESCE(last_seen_at, created_at) AS last_seen_at, idle_s, networks,
            second_factor_required AND NOT second_factor AS owing, expires_at, revoked_at
       FROM sessions
      WHERE id = $1"
);

/// Who is calling, as the row of the session or of the key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person; whoever made the key.
    pub user: UserId,
    /// The session they came by. That of a key is its own id, which no session has.
    pub session: SessionId,
    /// Their standing; of a program with a key, its maker's, which says nothing of what the program may do.
    pub role: Role,
    /// Somebody of the platform who looks at what the person sees.
    pub operator: Option<OperatorId>,
    /// All that they may do: of what the role allows, what a key is for.
    pub allowed: Permissions,
    /// The key, where it is a program with one.
    pub key: Option<ApiKeyId>,
    /// Whether they owe the second factor that their organisation asks for. Until then they may set one up,
    /// and little else.
    pub owing: bool,
}

impl Caller {
    fn actor(self) -> Actor {
        match (self.operator, self.key) {
            (Some(operator), _) => Actor::Operator(operator),
            (None, Some(key)) => Actor::Key(key),
            (None, None) => Actor::User(self.user),
        }
    }
}

/// Why the gate stayed shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No such session, or not by this proof, or over.
    Unauthenticated,
    /// Signed in, but the role does not allow this.
    Forbidden(Permission),
    /// A key that is not for this, or whose maker may not do it.
    OutOfScope(Permission),
    /// Signed in, but not recently enough for this.
    Stale,
    /// Signed in, but not as the person whose account it is.
    NotThePerson,
    /// Somebody of the platform, who only looks.
    Support,
    /// From where the organisation lets nobody in.
    Elsewhere,
    /// Signed in, without the second factor that the organisation asks for.
    Owing,
}

/// What a request asks of whoever sends it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ask {
    /// See [`Policy::PERMISSION`].
    pub(crate) permission: Option<Permission>,
    /// See [`Policy::RECENT`].
    pub(crate) recent: bool,
    /// See [`Policy::PERSON`].
    pub(crate) person: bool,
    /// See [`Policy::LEAVING`].
    pub(crate) leaving: bool,
    /// See [`Policy::OWING`].
    pub(crate) owing: bool,
    /// Whether it tells that somebody is there. What a socket asks on its own does not.
    pub(crate) sign_of_life: bool,
    /// Whether the proof was compared already. A socket that is open stays so when its cookie gets another
    /// secret.
    pub(crate) proven: bool,
    /// Whether it may change something, and does not only end the session.
    pub(crate) write: bool,
}

impl Ask {
    /// What `P` asks for, of a request that may change something or not.
    pub(crate) const fn of<P: Policy>(write: bool) -> Self {
        Self {
            permission: P::PERMISSION,
            recent: P::RECENT,
            person: P::PERSON,
            write: write && !P::LEAVING,
            leaving: P::LEAVING,
            owing: P::OWING,
            sign_of_life: true,
            proven: false,
        }
    }

    /// The same, of whoever has been let in before.
    pub(crate) const fn again(self) -> Self {
        Self {
            proven: true,
            ..self
        }
    }

    /// Asks for nothing but `permission`.
    pub(crate) const fn to(permission: Permission) -> Self {
        Self {
            permission: Some(permission),
            recent: false,
            person: false,
            leaving: false,
            owing: false,
            sign_of_life: false,
            proven: false,
            write: false,
        }
    }
}

/// What the gate found out.
pub(crate) type Standing = Result<Caller, Refusal>;

/// A gate that the request's proof opens for whoever may do what is asked for. What it finds out is kept
/// in `context`.
pub(crate) fn gate(context: Arc<RequestContext>, ask: Ask) -> Gate {
    if let Some(Proof::Key(key)) = context.proof() {
        let key = key.clone();
        return key_gate(context, key, ask);
    }
    // Without a proof it looks for a session that nobody has, and stays shut.
    let session = context.proof().map_or(Uuid::nil(), |p| p.session().uuid());
    let now = context.gateway.now();
    Gate::new(READ_SESSION, session, move |row| {
        let standing = match (row, context.proof()) {
            (Some(row), Some(proof)) => {
                let row = SessionRow::read(row, context.address)?;
                let standing = row.judge(proof, ask, now);
                if standing.is_ok() && ask.sign_of_life && !context.unattended {
                    context.note_seen(proof.session(), row.last_seen_at, now);
                }
                standing
            }
            _ => Err(Refusal::Unauthenticated),
        };
        context.set_standing(standing);
        Ok(standing.ok().map(Caller::actor))
    })
}

/// The same for a program's key.
fn key_gate(context: Arc<RequestContext>, key: ProgramKey, ask: Ask) -> Gate {
    let now = context.gateway.now();
    Gate::new(READ_KEY, key.id, move |row| {
        let standing = match row {
            Some(row) => {
                let row = KeyRow::read(row, context.address)?;
                let standing = row.judge(&key, ask, now);
                if standing.is_ok() {
                    context.gateway.api_limiter().learn(&key, row.per_minute);
                    if ask.sign_of_life {
                        context.note_used(key.id.into(), row.last_used_at, now);
                    }
                }
                standing
            }
            None => Err(Refusal::Unauthenticated),
        };
        context.set_standing(standing);
        Ok(standing.ok().map(Caller::actor))
    })
}

/// Whether the row names networks, and `address` is of none of them. One that cannot be read holds nobody.
pub(super) fn is_elsewhere(row: &Row, address: Option<IpAddr>) -> Result<bool, DbError> {
    let named: Option<Vec<&str>> = row.get("networks")?;
    Ok(named.is_some_and(|named| {
        let networks: Vec<Network> = named.into_iter().filter_map(Network::parse).collect();
        !network::any_contains(&networks, address)
    }))
}

/// How a session is proven, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A person's, by cookie.
    Browser,
    /// A person's program, by access token.
    Program,
    /// Somebody of the platform in a person's place, by cookie.
    Support,
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "browser" => Self::Browser,
            "program" => Self::Program,
            "support" => Self::Support,
            _ => return None,
        })
    }
}

/// A session's row.
struct SessionRow {
    user: UserId,
    kind: Kind,
    operator: Option<OperatorId>,
    secret_hash: Vec<u8>,
    active: bool,
    role: Role,
    authenticated_at: Timestamp,
    last_seen_at: Timestamp,
    idle: SignedDuration,
    elsewhere: bool,
    owing: bool,
    expires_at: Timestamp,
    revoked: bool,
}

impl SessionRow {
    fn read(row: &Row, address: Option<IpAddr>) -> Result<Self, DbError> {
        let (kind, role): (&str, &str) = (row.get("kind")?, row.get("role")?);
        let operator: Option<Uuid> = row.get("operator_id")?;
        let role = match operator {
            // Whatever the person becomes meanwhile.
            Some(_) => Some(Role::Viewer),
            None => Role::parse(role),
        };
        Ok(Self {
            user: row.id("user_id")?,
            kind: Kind::parse(kind).ok_or(DbError::Corrupt {
                table: "sessions",
                column: "kind",
            })?,
            operator: operator.map(OperatorId::from),
            secret_hash: row.get("secret_hash")?,
            active: row.get::<&str>("user_state")? == "active",
            role: role.ok_or(DbError::Corrupt {
                table: "sessions",
                column: "role",
            })?,
            authenticated_at: row.get("authenticated_at")?,
            last_seen_at: row.get("last_seen_at")?,
            idle: SignedDuration::from_secs(row.get::<i32>("idle_s")?.into()),
            elsewhere: is_elsewhere(row, address)?,
            owing: row.get("owing")?,
            expires_at: row.get("expires_at")?,
            revoked: row.get::<Option<Timestamp>>("revoked_at")?.is_some(),
        })
    }

    fn judge(&self, proof: &Proof, ask: Ask, now: Timestamp) -> Standing {
        let proven = ask.proven
            || match proof {
                Proof::Cookie(cookie) => {
                    let same = cookie.secret.hash().ct_eq(self.secret_hash.as_slice());
                    self.kind != Kind::Program && bool::from(same)
                }
                Proof::Bearer(claims) => self.kind == Kind::Program && claims.sub == self.user,
                // A key has a gate of its own.
                Proof::Key(_) => false,
            };
        if !proven || self.revoked || !self.active || self.expires_at <= now || self.is_idle(now) {
            return Err(Refusal::Unauthenticated);
        }
        if self.elsewhere && !ask.leaving {
            return Err(Refusal::Elsewhere);
        }
        if self.owing && !ask.owing {
            return Err(Refusal::Owing);
        }
        if ask.person && self.kind == Kind::Support {
            return Err(Refusal::NotThePerson);
        }
        if self.kind == Kind::Support && ask.write {
            return Err(Refusal::Support);
        }
        if let Some(permission) = ask.permission
            && !self.role.allows(permission)
        {
            return Err(Refusal::Forbidden(permission));
        }
        if ask.recent
            && self
                .authenticated_at
                .saturating_add(RECENT)
                .is_ok_and(|end| end <= now)
        {
            return Err(Refusal::Stale);
        }
        Ok(Caller {
            user: self.user,
            session: proof.session(),
            role: self.role,
            operator: self.operator,
            allowed: Permissions::of(self.role),
            key: None,
            owing: self.owing,
        })
    }
}

impl SessionRow {
    /// Whether nobody has been there for longer than the organisation allows. When somebody was is known to
    /// the minute, in whose favour it is counted. A program's refresh token has a limit of its own.
    fn is_idle(&self, now: Timestamp) -> bool {
        let over = self.last_seen_at.saturating_add(self.idle + SEEN_EVERY);
        self.kind != Kind::Program && over.is_ok_and(|over| over <= now)
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;

//! Facts: what happened, who did it, and what the audit log keeps of it.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::id::{ApiKeyId, OperatorId, UserId};

/// Who is acting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has proven who they are.
    Anonymous,
    /// A person of this organisation.
    User(UserId),
    /// Somebody of the platform, with the organisation's consent.
    Operator(OperatorId),
    /// A program of this organisation, by its key.
    Key(ApiKeyId),
    /// The platform's own work, by the name of the job.
    Worker(&'static str),
}

impl Actor {
    /// Every kind that is stored.
    pub const KINDS: [&str; 5] = ["anonymous", "user", "key", "operator", "worker"];

    /// The kind that is stored.
    pub const fn kind(self) -> &'static str {
        match self {
            Actor::Anonymous => "anonymous",
            Actor::User(_) => "user",
            Actor::Operator(_) => "operator",
            Actor::Key(_) => "key",
            Actor::Worker(_) => "worker",
        }
    }

    /// The user, where it is one.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Actor::User(id) => Some(id),
            Actor::Anonymous | Actor::Key(_) | Actor::Operator(_) | Actor::Worker(_) => None,
        }
    }

    /// The id of whoever it is, a person of this organisation or of the platform, or a key, whose row names the
    /// person who made it.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Actor::User(id) => Some(id.uuid()),
            Actor::Operator(id) => Some(id.uuid()),
            Actor::Key(id) => Some(id.uuid()),
            Actor::Anonymous | Actor::Worker(_) => None,
        }
    }
}

/// Who is acting, from where, in which request: what every audit row needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// From where, if it came over the network.
    pub address: Option<IpAddr>,
    /// In which request or run of a job.
    pub request_id: Uuid,
}

/// What an audit row says of a change.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What it was done to, `endpoint`.
    pub target_kind: &'static str,
    /// Its id.
    pub target_id: Uuid,
    /// The fields that changed, as they were; `None` for something new.
    pub before: Option<Value>,
    /// The fields that changed, as they are now; `None` for something gone.
    pub after: Option<Value>,
}

/// A fact about one organisation. Recording one writes the event, its audit row and the pointer that
/// brings it to its subscribers, in the business transaction.
///
/// The payload is additive: a new meaning is a new `VERSION`. It never holds a secret.
pub trait Event: Serialize + Send + Sync {
    /// `<noun>.<past participle>`, and the audit row's action.
    const KIND: &'static str;
    /// Version of the payload's meaning.
    const VERSION: i16 = 1;

    /// What the audit row keeps.
    fn audit(&self) -> Audit;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_is_of_a_listed_kind() {
        let id = Uuid::nil();
        let actors = [
            Actor::Anonymous,
            Actor::User(id.into()),
            Actor::Key(id.into()),
            Actor::Operator(id.into()),
            Actor::Worker("job"),
        ];
        assert_eq!(actors.map(Actor::kind), Actor::KINDS);
    }
}

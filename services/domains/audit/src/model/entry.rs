//! A row of the log, and the members that its hash covers.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::canonical::{Hash, write_object};

/// Who did what to what, from where, and what it looked like before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What: the kind of the event.
    pub action: String,
    /// What sort of actor.
    pub actor_kind: String,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which request or run of a job.
    pub request_id: Uuid,
    /// What sort of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target_id: Uuid,
    /// What changed, as it was.
    pub before: Option<Value>,
    /// What changed, as it is now.
    pub after: Option<Value>,
}

/// A row with its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedEntry {
    /// The row.
    pub entry: Entry,
    /// Its place, from 1 without gaps.
    pub seq: i64,
    /// Over the hash before it and itself. None where somebody took it away.
    pub hash: Option<Hash>,
}

impl Entry {
    /// Everything its hash covers when it stands at `seq`.
    pub fn members(&self, seq: i64) -> Map<String, Value> {
        let members = json!({
            "id": self.id,
            "seq": seq,
            // As precise as the database keeps it.
            "at": format!("{:.6}", self.at),
            "action": self.action,
            "actor_kind": self.actor_kind,
            "actor_id": self.actor_id,
            "address": self.address,
            "request_id": self.request_id,
            "target_kind": self.target_kind,
            "target_id": self.target_id,
            "before": self.before,
            "after": self.after,
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

impl SealedEntry {
    /// The row as a line of JSON: all that its hash covers, and the hash.
    pub fn to_line(&self) -> String {
        let mut members = self.entry.members(self.seq);
        let hash = self.hash.map(|hash| hash.to_string());
        members.insert("hash".to_owned(), Value::from(hash));
        let mut line = String::new();
        write_object(&mut line, &members);
        line.push('\n');
        line
    }
}

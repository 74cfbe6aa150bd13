//! Another secret key: what a replaced one sealed for people is sealed anew.

use db::{DbError, TenantTx};
use gateway::{Keys, Sealed};
use kernel::id::UserId;
use uuid::Uuid;

use super::{codes, identities};
use crate::store::resealing::{self as rows, Column};

/// People at a time.
const PAGE: i64 = 500;

/// What became of the secrets of some people.
#[derive(Debug, Default)]
pub struct Resealed {
    /// Those people, with their addresses; none when all were seen.
    pub people: Vec<(UserId, String)>,
    /// Secrets that were sealed anew.
    pub sealed: u64,
    /// Secrets that no key of the list opens.
    pub unreadable: u64,
}

/// Seals anew, under the present key, what replaced ones sealed for the next people after `after`. It may be
/// done twice, and ended at any time.
pub async fn reseal(
    tx: &TenantTx,
    keys: &Keys,
    after: Option<UserId>,
) -> Result<Resealed, DbError> {
    let after = after.map_or(Uuid::nil(), UserId::uuid);
    let people = rows::list_people(tx, after, PAGE).await?;
    let ids: Vec<Uuid> = people.iter().map(|(person, _)| person.uuid()).collect();
    let mut done = Resealed {
        people,
        ..Resealed::default()
    };
    let seed = |id| codes::place(UserId::from(id));
    column(tx, keys, rows::SEEDS, &ids, seed, &mut done).await?;
    column(tx, keys, rows::TOKENS, &ids, identities::place, &mut done).await?;
    Ok(done)
}

async fn column(
    tx: &TenantTx,
    keys: &Keys,
    column: Column,
    people: &[Uuid],
    place: impl Fn(Uuid) -> Vec<u8>,
    done: &mut Resealed,
) -> Result<(), DbError> {
    let (mut ids, mut anew) = (Vec::new(), Vec::new());
    for (id, sealed) in rows::lock(tx, column, people).await? {
        match keys.reseal(&place(id), &Sealed::stored(sealed), tx.entropy()) {
            Ok(Some(sealed)) => {
                ids.push(id);
                anew.push(sealed.bytes().to_vec());
            }
            Ok(None) => {}
            Err(gateway::Unreadable) => done.unreadable += 1,
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    done.sealed += ids.len() as u64;
    rows::keep(tx, column, &ids, &anew).await
}

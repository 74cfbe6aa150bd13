//! One worker: a connection that takes tenants, one after the other, until the run has ended.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use db::SchemaName;
use db::owner::OwnerConnection;
use tokio::time::sleep;
use uuid::Uuid;

use super::engine::{Inner, Progress, in_transaction, new_id};
use super::ledger::{self, Outcome, Plan, Taken};
use super::migrate_schema;
use super::rings::Next;
use super::schema::{self, boxed};
use crate::TenancyError;

/// How long a worker waits for the others of its ring before it looks again.
const WAIT: Duration = Duration::from_millis(50);
/// How long it stays away, time after time, when it loses its connection and nothing comes of the next.
const COMEBACKS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// What a worker does next.
enum Step {
    Migrate(Taken),
    Wait,
    Over,
}

/// Works until the run has ended. Errors: the database is away for good, or refuses the ledger.
pub(super) async fn work(inner: Arc<Inner>, run: Uuid) -> Result<(), TenancyError> {
    let mut comebacks = COMEBACKS.iter();
    loop {
        let mut attempts = 0;
        let error = match shift(&inner, run, &mut attempts).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if attempts > 0 {
            comebacks = COMEBACKS.iter();
        }
        let passing = matches!(&error, TenancyError::Db(db) if db.is_transient());
        let Some(pause) = comebacks.next().filter(|_| passing) else {
            return Err(error);
        };
        tracing::warn!(%error, "a worker lost its connection and comes back");
        sleep(*pause).await;
    }
}

/// One connection's time at work. What it leaves open when it breaks is settled by whoever looks next.
async fn shift(inner: &Inner, run: Uuid, attempts: &mut u32) -> Result<(), TenancyError> {
    let owner = super::connect(&inner.owner).await?;
    let worker = new_id().to_string();
    ledger::sign_on(&owner, &worker).await?;
    loop {
        // Lost in a crash of the server, a claim is one that never was; what it led to commits after it.
        match in_transaction(&owner, next(inner, &owner, run, &worker), true).await? {
            Step::Migrate(taken) => {
                attempt(inner, &owner, &taken).await?;
                *attempts += 1;
            }
            Step::Wait => sleep(WAIT).await,
            Step::Over => return Ok(()),
        }
    }
}

async fn next(
    inner: &Inner,
    owner: &OwnerConnection,
    id: Uuid,
    worker: &str,
) -> Result<Step, TenancyError> {
    let run = ledger::find_run(owner, id).await?;
    if run.state != "running" {
        return Ok(Step::Over);
    }
    ledger::settle_dead(owner, id, worker).await?;
    let counts = ledger::count(owner, id).await?;
    inner.progress.send_replace(Progress {
        planned: counts.planned,
        done: counts.done,
        failed: counts.failed,
    });
    // Whoever tries the failed again expects failures.
    let next = if run.retry {
        counts.ring.map_or(Next::Over, Next::Take)
    } else {
        inner.options.halting.next(&counts)
    };
    match next {
        Next::Take(ring) => {
            let taken = ledger::take(owner, id, ring, worker).await?;
            Ok(taken.map_or(Step::Wait, Step::Migrate))
        }
        Next::Halt(reason) => {
            tracing::error!(reason, "the run is halted");
            ledger::end_run(owner, id, "halted", Some(&reason)).await?;
            Ok(Step::Over)
        }
        Next::Over => conclude(inner, owner, &run).await,
    }
}

/// Ends the run, unless there is something to do after all. One worker at a time: another may have planned
/// latecomers since this one counted, and whoever ends the run then leaves them behind.
async fn conclude(
    inner: &Inner,
    owner: &OwnerConnection,
    run: &ledger::Run,
) -> Result<Step, TenancyError> {
    if !ledger::lock_running(owner, run.id).await? {
        return Ok(Step::Over);
    }
    let counts = ledger::count(owner, run.id).await?;
    if counts.ring.is_some() || (!run.retry && add_latecomers(inner, owner, run.id).await?) {
        return Ok(Step::Wait);
    }
    let state = if counts.failed > 0 {
        "incomplete"
    } else {
        "done"
    };
    ledger::end_run(owner, run.id, state, None).await?;
    Ok(Step::Over)
}

/// Plans whoever has come to be behind since the run began: a schema that an older build made ready, a
/// tenant that was imported.
async fn add_latecomers(
    inner: &Inner,
    owner: &OwnerConnection,
    run: Uuid,
) -> Result<bool, TenancyError> {
    let plan = Plan {
        run,
        target: inner.chain.target(),
        canaries: &[],
        in_rings: false,
        failed_only: false,
    };
    Ok(ledger::plan(owner, plan).await? > 0)
}

/// Migrates a tenant and ends the attempt in the same transaction: the ledger says done where, and only
/// where, it is. A tenant that refuses is noted and is no error.
async fn attempt(
    inner: &Inner,
    owner: &OwnerConnection,
    taken: &Taken,
) -> Result<(), TenancyError> {
    let Some(name) = &taken.schema else {
        ledger::end(owner, taken, Outcome::Gone, None).await?;
        return Ok(());
    };
    let work = || boxed(migrate_taken(inner, owner, taken, name));
    let gave_way = || {
        boxed(async {
            ledger::note_gave_way(owner, taken).await?;
            Ok(())
        })
    };
    let pace = inner.options.pace;
    match schema::in_transaction(owner, name.as_str(), pace, work, gave_way).await {
        Ok(()) | Err(TenancyError::TakenOver) => Ok(()),
        Err(error) => {
            let outcome = match error {
                TenancyError::Locked { .. } => Outcome::Locked,
                _ => Outcome::Failed,
            };
            let text = described(&error);
            // Where the connection is lost, this fails as well: the attempt stays open, and is settled.
            ledger::end(owner, taken, outcome, Some(&text)).await?;
            tracing::error!(schema = %name, error = text, "not migrated");
            Ok(())
        }
    }
}

/// One try: migration, version and the attempt's end, inside the transaction that is open.
async fn migrate_taken(
    inner: &Inner,
    owner: &OwnerConnection,
    taken: &Taken,
    name: &SchemaName,
) -> Result<(), TenancyError> {
    // Locked first and not last: whoever changes a tenant locks its row before it touches its tables.
    let there = owner
        .query(
            "SELECT t.id FROM platform.tenants t
              WHERE t.id = $1 AND t.state <> 'deleted' FOR NO KEY UPDATE",
            &[&taken.tenant],
        )
        .await?;
    let outcome = if there.is_empty() {
        Outcome::Gone
    } else {
        migrate_schema(owner, &inner.chain, name).await?;
        Outcome::Done
    };
    if ledger::end(owner, taken, outcome, None).await? {
        Ok(())
    } else {
        Err(TenancyError::TakenOver)
    }
}

/// An error with everything below it, each text once.
fn described(error: &TenancyError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let below = error.to_string();
        if !text.contains(&below) {
            text.push_str(": ");
            text.push_str(&below);
        }
        source = error.source();
    }
    text
}

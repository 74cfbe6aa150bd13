//! Questions to the server as a whole: its limits, who keeps it waiting, what it keeps for others.

use db::owner::OwnerConnection;
use db::{DbError, Row};

use super::{Finding, Level, Thresholds, all_or, bytes};

/// The only row of a question that always has one.
async fn one(
    owner: &OwnerConnection,
    sql: &str,
    params: &[&(dyn db::ToSql + Sync)],
) -> Result<Row, DbError> {
    let rows = owner.query(sql, params).await?;
    rows.into_iter().next().ok_or(DbError::Missing)
}

pub(super) async fn locks(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Finding, DbError> {
    let row = one(
        owner,
        "SELECT current_setting('max_locks_per_transaction')::bigint AS locks",
        &[],
    )
    .await?;
    let locks: i64 = row.get("locks")?;
    let what = format!("max_locks_per_transaction is {locks}");
    Ok(if locks >= limits.locks {
        Finding::ok("locks", what)
    } else {
        Finding::bad(
            "locks",
            Level::Action,
            what,
            format!(
                "set it to {} or more in postgresql.conf and restart Postgres",
                limits.locks
            ),
        )
    })
}

pub(super) async fn connections(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Finding, DbError> {
    let row = one(
        owner,
        "SELECT (SELECT coalesce(sum(numbackends), 0)::bigint FROM pg_stat_database) AS used,
                current_setting('max_connections')::bigint
                - current_setting('superuser_reserved_connections')::bigint AS max",
        &[],
    )
    .await?;
    let (used, max): (i64, i64) = (row.get("used")?, row.get("max")?);
    let what = format!("{used} of {max} connections are in use");
    let full = used.saturating_mul(100) >= max.saturating_mul(limits.connections_percent);
    Ok(if full {
        Finding::bad(
            "connections",
            Level::Action,
            what,
            "lower SIGNALBOX_DB_MAX_CONNECTIONS or the number of copies, or raise max_connections; \
             SELECT application_name, count(*) FROM pg_stat_activity GROUP BY 1 says who has them",
        )
    } else {
        Finding::ok("connections", what)
    })
}

/// Whether this login sees what others run: without it, the age of their transactions is hidden.
pub(super) async fn sight(owner: &OwnerConnection) -> Result<Finding, DbError> {
    let row = one(
        owner,
        "SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS sees",
        &[],
    )
    .await?;
    Ok(if row.get("sees")? {
        Finding::ok("sight", "the owner login sees every session")
    } else {
        Finding::bad(
            "sight",
            Level::Action,
            "the owner login does not see the sessions of others",
            "run deploy/postgres/bootstrap.sql again as a superuser: it grants pg_read_all_stats",
        )
    })
}

pub(super) async fn xid_age(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Finding, DbError> {
    let row = one(
        owner,
        "SELECT datname::text AS name, age(datfrozenxid)::bigint AS age
           FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 1",
        &[],
    )
    .await?;
    let (name, age): (String, i64) = (row.get("name")?, row.get("age")?);
    let what = format!("the oldest unfrozen row is {age} transactions old, in database {name}");
    Ok(if age >= limits.xid_age {
        Finding::bad(
            "xid_age",
            Level::Action,
            what,
            "end old transactions and drop dead replication slots, then VACUUM (FREEZE) that database: \
             deploy/runbooks/xid-age.md",
        )
    } else {
        Finding::ok("xid_age", what)
    })
}

/// Open and prepared ones that keep vacuum from cleaning.
pub(super) async fn transactions(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let seconds = limits.transaction.as_secs_f64();
    let rows = owner
        .query(
            "SELECT format('%s of %s (%s, pid %s)', state, usename,
                           coalesce(nullif(application_name, ''), 'no name'), pid) AS what,
                    format('SELECT pg_terminate_backend(%s)', pid) AS advice,
                    extract(epoch FROM clock_timestamp() - xact_start)::bigint AS age
               FROM pg_stat_activity
              WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                AND xact_start < clock_timestamp() - make_interval(secs => $1::float8)
              UNION ALL
             SELECT format('prepared transaction %s of %s', gid, owner),
                    format('ROLLBACK PREPARED %L', gid),
                    extract(epoch FROM clock_timestamp() - prepared)::bigint
               FROM pg_prepared_xacts
              WHERE prepared < clock_timestamp() - make_interval(secs => $1::float8)
              ORDER BY age DESC",
            &[&seconds],
        )
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let (what, advice): (String, String) = (row.get("what")?, row.get("advice")?);
        let age: i64 = row.get("age")?;
        found.push(Finding::bad(
            "transactions",
            Level::Action,
            format!("open for {age} s: {what}"),
            format!("find out what it waits for; {advice} ends it"),
        ));
    }
    Ok(all_or(
        "transactions",
        "no transaction has been open for long",
        found,
    ))
}

pub(super) async fn archive(owner: &OwnerConnection) -> Result<Vec<Finding>, DbError> {
    let row = one(
        owner,
        "SELECT current_setting('archive_mode') AS mode, last_archived_wal AS last,
                coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
                last_failed_wal AS failed, failed_count::bigint AS failures
           FROM pg_stat_archiver",
        &[],
    )
    .await?;
    let mode: String = row.get("mode")?;
    if mode == "off" {
        return Ok(vec![Finding::bad(
            "archive",
            Level::Note,
            "WAL is not archived",
            "a restore can only go back to the last backup: archive WAL where minutes matter",
        )]);
    }
    if row.get("failing")? {
        let failed: Option<String> = row.get("failed")?;
        let failures: i64 = row.get("failures")?;
        return Ok(vec![Finding::bad(
            "archive",
            Level::Action,
            format!(
                "archiving fails at {}, {failures} time(s) so far",
                failed.unwrap_or_default()
            ),
            "mend archive_command; until then pg_wal grows until the disk is full: deploy/runbooks/disk-filling.md",
        )]);
    }
    let last: Option<String> = row.get("last")?;
    let last = last.unwrap_or_else(|| "nothing yet".to_owned());
    Ok(vec![Finding::ok(
        "archive",
        format!("WAL is archived, last {last}"),
    )])
}

pub(super) async fn slots(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let rows = owner
        .query(
            "SELECT slot_name::text AS name, active,
                    coalesce(pg_wal_lsn_diff(
                        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                             ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint AS kept
               FROM pg_replication_slots
              ORDER BY kept DESC",
            &[],
        )
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let (name, kept): (String, i64) = (row.get("name")?, row.get("kept")?);
        if !row.get::<bool>("active")? && kept >= limits.slot_bytes {
            found.push(Finding::bad(
                "slots",
                Level::Action,
                format!(
                    "nobody reads the replication slot {name}, which keeps {} of WAL",
                    bytes(kept)
                ),
                format!("bring its reader back, or SELECT pg_drop_replication_slot('{name}')"),
            ));
        }
    }
    let sound = format!(
        "{} replication slot(s), none of them left behind",
        rows.len()
    );
    Ok(all_or("slots", &sound, found))
}

//! Workers and processes that end in the middle of it.

use std::pin::pin;

use tenancy::migrate::{Options, Start};

use super::*;

/// The sessions that stand before the gate.
const WAITING: &str = "SELECT l.pid FROM pg_locks l JOIN pg_stat_activity s USING (pid)
    WHERE l.locktype = 'advisory' AND NOT l.granted AND s.datname = current_database()";

#[tokio::test]
async fn a_worker_whose_connection_is_cut_comes_back_and_the_schema_is_migrated_once() {
    let stage = Stage::with(12).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    let engine = stage.engine_of(gated(), patient());
    let cut = async {
        stage
            .until(&format!("SELECT count(*) = 1 FROM ({WAITING}) w"))
            .await;
        gate.batch(&format!(
            "SELECT pg_terminate_backend(pid) FROM ({WAITING}) w"
        ))
        .await
        .expect("they are cut");
        let given_up =
            "SELECT count(*) = 1 FROM platform.migration_attempts WHERE outcome = 'abandoned'";
        stage.until(given_up).await;
        gate.batch("SELECT pg_advisory_unlock_all()")
            .await
            .expect("the gate opens");
    };
    let (report, ()) = tokio::join!(start(&engine, Start::Run), cut);
    assert_eq!(came_to(&report), ("done", 12, 0));
    assert_eq!(report.planned, 12);
    let attempts = "SELECT count(*) FROM platform.migration_attempts";
    assert_eq!(stage.number(attempts).await, 13);
    stage.are_alike(0..12).await;
}

#[tokio::test]
async fn a_tenant_over_which_three_workers_die_has_failed() {
    let stage = Stage::with(2).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    let engine = stage.engine_of(gated(), patient());
    let cut = async {
        for deaths in 1..=3 {
            stage
                .until(&format!("SELECT count(*) = 1 FROM ({WAITING}) w"))
                .await;
            gate.batch(&format!(
                "SELECT pg_terminate_backend(pid) FROM ({WAITING}) w"
            ))
            .await
            .expect("they are cut");
            stage
                .until(&format!(
                    "SELECT count(*) = {deaths} FROM platform.migration_attempts WHERE ended_at IS NOT NULL"
                ))
                .await;
        }
    };
    let (report, ()) = tokio::join!(start(&engine, Start::Run), cut);
    assert_eq!(came_to(&report), ("halted", 0, 1), "it was the canary");
    assert_eq!(report.waiting, 1);
}

#[tokio::test]
async fn a_process_killed_at_any_moment_leaves_each_schema_whole_and_a_resume_goes_on() {
    let stage = Stage::with(60).await;
    stage.poison(&[30]).await;
    let options = Options {
        halting: tolerating(1),
        ..brisk()
    };
    for done in [0, 1, 5, 20, 45] {
        let engine = stage.engine(options.clone());
        let far_enough = async {
            stage
                .until(&format!(
                    "SELECT count(*) >= {done} AND count(*) FILTER (WHERE started_at IS NOT NULL) > 0
                       FROM platform.migration_attempts
                      WHERE outcome = 'done' OR {done} = 0"
                ))
                .await;
        };
        let how = if done == 0 { Start::Run } else { Start::Resume };
        let mut run = pin!(engine.start(how));
        // Dropped in the middle, with every connection it has: to the server that is a kill.
        tokio::select! {
            _ = &mut run => {}
            () = far_enough => {}
        }
    }
    let halves = "SELECT count(*) FROM platform.tenants t
         WHERE slug LIKE 'team-%' AND slug <> 'team-30' AND (schema_version = 1) <>
               (to_regclass(schema_name || '.notes') IS NOT NULL)";
    assert_eq!(stage.number(halves).await, 0, "before or after, never half");

    let engine = stage.engine(options.clone());
    let report = start(&engine, Start::Resume).await;
    assert_eq!(came_to(&report), ("incomplete", 59, 1));
    stage.are_alike((0..60).filter(|n| *n != 30)).await;
    let twice = "SELECT count(*) FROM (SELECT FROM platform.migration_attempts
         WHERE outcome = 'done' GROUP BY tenant_id HAVING count(*) > 1) AS it";
    assert_eq!(stage.number(twice).await, 0);
}

#[tokio::test]
async fn a_resume_waits_for_a_worker_that_is_alive() {
    let stage = Stage::with(2).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    let first = stage.engine_of(gated(), patient());
    let second = stage.engine_of(
        gated(),
        Options {
            workers: 1,
            ..patient()
        },
    );
    let open = async {
        stage
            .until(&format!("SELECT count(*) = 1 FROM ({WAITING}) w"))
            .await;
        // The second has looked, and has left the first its tenant.
        stage
            .until(
                "SELECT count(DISTINCT l.pid) = 5 FROM pg_locks l JOIN pg_stat_activity s USING (pid)
                  WHERE l.locktype = 'advisory' AND l.granted AND s.datname = current_database()
                    AND s.usename = 'signalbox_owner'",
            )
            .await;
        gate.batch("SELECT pg_advisory_unlock_all()")
            .await
            .expect("the gate opens");
    };
    let (one, two, ()) = tokio::join!(
        start(&first, Start::Run),
        async {
            stage
                .until("SELECT count(*) = 1 FROM platform.migration_runs")
                .await;
            start(&second, Start::Resume).await
        },
        open
    );
    assert_eq!(one.id, two.id);
    let attempts = "SELECT count(*) FROM platform.migration_attempts";
    assert_eq!(stage.number(attempts).await, 2, "nobody was taken for dead");
}

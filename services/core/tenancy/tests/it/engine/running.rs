//! Runs in which nothing goes wrong: rings, sharing, latecomers, nothing to do.

use tenancy::TenancyError;
use tenancy::migrate::{self, Options, Preview, Start};

use super::*;

#[tokio::test]
async fn each_ring_begins_when_the_one_before_it_has_ended() {
    let stage = Stage::with(200).await;
    let engine = stage.engine(brisk());
    let preview = engine.preview(Start::Run).await.expect("a preview");
    assert_eq!(preview.rings, [1, 1, 18, 180]);
    assert_eq!(
        stage
            .number("SELECT count(*) FROM platform.migration_runs")
            .await,
        0,
        "a preview changes nothing"
    );

    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("done", 200, 0));
    assert_eq!(stage.at_version(1).await, 200);
    stage.are_alike(0..200).await;
    let progress = *engine.progress().borrow();
    assert_eq!((progress.planned, progress.done), (200, 200));
    let too_early = "SELECT count(*) FROM platform.migration_attempts early
          JOIN platform.migration_attempts late ON late.ring > early.ring
         WHERE late.started_at < early.ended_at";
    assert_eq!(stage.number(too_early).await, 0);
    let summed = "SELECT planned_count + done_count + failed_count FROM platform.migration_runs";
    assert_eq!(stage.number(summed).await, 400);
}

#[tokio::test]
async fn those_who_are_named_go_first_and_ready_schemas_last() {
    let stage = Stage::with(5).await;
    stage
        .run("UPDATE platform.tenants SET state = 'pooled', slug = NULL, name = NULL WHERE slug = 'team-0'")
        .await;
    let canaries = vec!["team-3".to_owned(), "team-4".to_owned()];
    let engine = stage.engine(Options {
        canaries,
        ..brisk()
    });
    let preview = engine.preview(Start::Run).await.expect("a preview");
    assert_eq!(preview.rings, [2, 0, 0, 3]);
    start(&engine, Start::Run).await;
    let rows = stage
        .owner
        .query(
            "SELECT t.schema_name FROM platform.migration_attempts a
               JOIN platform.tenants t ON t.id = a.tenant_id ORDER BY a.place",
            &[],
        )
        .await
        .expect("attempts");
    let order: Vec<String> = rows
        .iter()
        .map(|row| row.get("schema_name").expect("a name"))
        .collect();
    assert_eq!(order, [3, 4, 1, 2, 0].map(schema));

    let engine = stage.engine(Options {
        canaries: vec!["nobody".to_owned()],
        ..brisk()
    });
    let refused = engine
        .preview(Start::Run)
        .await
        .expect_err("nobody is called so");
    assert!(matches!(refused, TenancyError::UnknownTenant(slug) if slug == "nobody"));
}

#[tokio::test]
async fn two_runs_at_once_are_one_and_do_each_schema_once() {
    let stage = Stage::with(60).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    let options = Options {
        workers: 2,
        ..patient()
    };
    let (one, two) = (
        stage.engine_of(gated(), options.clone()),
        stage.engine_of(gated(), options),
    );
    let both_are_at_work = async {
        // Each worker holds the lock of its name; the gate is held by another login.
        stage
            .until(
                "SELECT count(DISTINCT l.pid) = 4 FROM pg_locks l JOIN pg_stat_activity s USING (pid)
                  WHERE l.locktype = 'advisory' AND l.granted AND s.datname = current_database()
                    AND s.usename = 'signalbox_owner'",
            )
            .await;
        gate.batch("SELECT pg_advisory_unlock_all()")
            .await
            .expect("the gate opens");
    };
    let (one, two, ()) = tokio::join!(
        start(&one, Start::Run),
        start(&two, Start::Run),
        both_are_at_work
    );
    assert_eq!(one.id, two.id);
    assert_eq!(came_to(&one), ("done", 60, 0));
    assert_eq!(came_to(&two), ("done", 60, 0));
    let attempts = "SELECT count(*) * 1000 + max(attempt) FROM platform.migration_attempts";
    assert_eq!(
        stage.number(attempts).await,
        60_001,
        "one attempt for each of them"
    );
    stage.are_alike(0..60).await;
}

#[tokio::test]
async fn whoever_comes_during_a_run_is_taken_along_and_whoever_goes_is_not_missed() {
    let stage = Stage::with(3).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    let engine = stage.engine_of(gated(), patient());
    let meanwhile = async {
        stage
            .until(
                "SELECT count(*) = 1 FROM platform.migration_attempts WHERE started_at IS NOT NULL",
            )
            .await;
        stage.add(3, 5).await;
        stage
            .run("DELETE FROM platform.tenants WHERE slug = 'team-2'")
            .await;
        gate.batch("SELECT pg_advisory_unlock_all()")
            .await
            .expect("the gate opens");
    };
    let (report, ()) = tokio::join!(start(&engine, Start::Run), meanwhile);
    assert_eq!(came_to(&report), ("done", 4, 0));
    let gone = "SELECT count(*) FROM platform.migration_attempts WHERE outcome = 'gone'";
    assert_eq!(stage.number(gone).await, 1);
    stage.are_alike([0, 1, 3, 4].into_iter()).await;
}

#[tokio::test]
async fn where_nobody_is_behind_nothing_is_begun() {
    let stage = Stage::with(0).await;
    let engine = stage.engine(brisk());
    for how in [Start::Run, Start::Resume, Start::Retry] {
        assert!(engine.start(how).await.expect("an answer").is_none());
    }
    assert_eq!(
        engine.preview(Start::Run).await.expect("a preview"),
        Preview::default()
    );
    let status = migrate::status(&stage.owner).await.expect("a status");
    assert!(status.run.is_none());
    assert_eq!(status.versions, [(tenancy::TEMPLATE_VERSION, 3)]);
    assert_eq!(
        migrate::count_platform_pending(&stage.owner)
            .await
            .expect("a count"),
        0
    );
}

#[tokio::test]
async fn without_a_ledger_it_says_what_to_do() {
    let stage = Stage::with(1).await;
    stage
        .run("DROP TABLE platform.migration_attempts, platform.migration_runs")
        .await;
    let refused = stage.engine(brisk()).start(Start::Resume).await;
    assert!(matches!(
        refused.expect_err("no ledger"),
        TenancyError::NotMigrated
    ));
}

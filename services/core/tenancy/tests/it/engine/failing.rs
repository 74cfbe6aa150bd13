//! Tenants that cannot be migrated: what goes on without them, and what stops.

use tenancy::TenancyError;
use tenancy::migrate::{Halting, Options, Start};

use super::*;

/// Numbers of the tenants that the newest run has begun with, in order.
async fn touched(stage: &Stage) -> Vec<i64> {
    let rows = stage
        .owner
        .query(
            "SELECT DISTINCT right(a.tenant_id::text, 12)::bigint AS number
               FROM platform.migration_attempts a
              WHERE a.started_at IS NOT NULL AND a.run_id =
                    (SELECT id FROM platform.migration_runs ORDER BY started_at DESC LIMIT 1)
              ORDER BY 1",
            &[],
        )
        .await
        .expect("attempts");
    rows.iter()
        .map(|row| row.get("number").expect("a number"))
        .collect()
}

#[tokio::test]
async fn three_of_three_hundred_fail_and_a_retry_touches_those_three() {
    let stage = Stage::with(300).await;
    let poisoned = [7, 42, 199];
    stage.poison(&poisoned).await;
    let engine = stage.engine(brisk());
    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("incomplete", 297, 3));
    let slugs: Vec<_> = report
        .failures
        .iter()
        .map(|it| it.slug.as_deref())
        .collect();
    assert_eq!(slugs, [Some("team-7"), Some("team-42"), Some("team-199")]);
    let error = report.failures.first().and_then(|it| it.error.clone());
    let error = error.expect("a reason");
    assert!(error.contains("\"notes\" already exists"), "{error}");
    assert_eq!(stage.at_version(0).await, 3, "they are as they were");
    stage
        .are_alike((0..300).filter(|n| !poisoned.contains(n)))
        .await;

    stage.heal(&[42, 199]).await;
    let report = start(&engine, Start::Retry).await;
    assert_eq!(came_to(&report), ("incomplete", 2, 1));
    assert_eq!(touched(&stage).await, [7, 42, 199]);

    stage.heal(&[7]).await;
    let report = start(&engine, Start::Retry).await;
    assert_eq!(came_to(&report), ("done", 1, 0));
    assert_eq!(touched(&stage).await, [7]);
    assert!(engine.start(Start::Retry).await.expect("a run").is_none());
    stage.are_alike(0..300).await;
}

#[tokio::test]
async fn a_canary_that_fails_halts_with_all_others_untouched() {
    let stage = Stage::with(20).await;
    stage.poison(&[5]).await;
    let options = Options {
        canaries: vec!["team-5".to_owned()],
        ..brisk()
    };
    let engine = stage.engine(options);
    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("halted", 0, 1));
    assert!(report.halted_because.is_some());
    assert_eq!(touched(&stage).await, [5]);
    assert_eq!(stage.at_version(0).await, 20);

    let refused = engine.start(Start::Run).await.expect_err("it is halted");
    assert!(matches!(refused, TenancyError::Halted(_)), "{refused}");

    // A person has looked: the others go on, and what failed stays for a retry.
    let report = start(&engine, Start::Resume).await;
    assert_eq!(came_to(&report), ("incomplete", 19, 1));
    stage.heal(&[5]).await;
    assert_eq!(came_to(&start(&engine, Start::Retry).await), ("done", 1, 0));
    stage.are_alike(0..20).await;
}

#[tokio::test]
async fn more_than_one_in_a_hundred_halts_until_somebody_has_looked() {
    let stage = Stage::with(400).await;
    stage.poison(&[11, 12, 13, 14, 15, 16]).await;
    let options = Options {
        workers: 1,
        ..brisk()
    };
    let engine = stage.engine(options);
    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("halted", 11, 4));
    assert_eq!(report.waiting, 385);
    assert_eq!(stage.at_version(1).await, 11);

    let retried = start(&engine, Start::Retry).await;
    assert_eq!(came_to(&retried), ("incomplete", 0, 4));
    assert_eq!(
        touched(&stage).await,
        [11, 12, 13, 14],
        "not those whose turn had not come"
    );

    let report = start(&engine, Start::Resume).await;
    assert_eq!(
        came_to(&report),
        ("incomplete", 394, 6),
        "what had been seen is not counted again"
    );
    let runs = "SELECT count(*) FROM platform.migration_runs";
    assert_eq!(stage.number(runs).await, 2, "the same run went on");
}

#[tokio::test]
async fn in_a_small_house_one_failure_is_too_many_unless_somebody_says_how_many_are_not() {
    let stage = Stage::with(20).await;
    stage.poison(&[7]).await;
    let options = |halting| Options {
        workers: 1,
        halting,
        ..brisk()
    };
    let report = start(&stage.engine(options(Halting::default())), Start::Run).await;
    assert_eq!(came_to(&report), ("halted", 7, 1));
    assert_eq!(report.waiting, 12);

    stage.heal(&[7]).await;
    stage.poison(&[15]).await;
    let report = start(&stage.engine(options(tolerating(1))), Start::Resume).await;
    assert_eq!(came_to(&report), ("incomplete", 18, 2));
}

#[tokio::test]
async fn a_retry_and_a_run_do_not_get_in_each_others_way() {
    let stage = Stage::with(3).await;
    stage
        .run(
            "INSERT INTO platform.migration_runs (id, kind, target_version)
             VALUES ('00000000-0000-7000-8000-000000000000', 'retry', 1)",
        )
        .await;
    let engine = stage.engine(brisk());
    for how in [Start::Run, Start::Retry] {
        let refused = engine.start(how).await.expect_err("a retry goes on");
        assert!(matches!(refused, TenancyError::UnderWay(_)), "{refused}");
    }
    // Its process is gone: it is brought to its end, and the way is free.
    let report = start(&engine, Start::Resume).await;
    assert_eq!(came_to(&report), ("done", 0, 0));
    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("done", 3, 0));
}

//! A migration beside people who are at work in the schema.

use tenancy::migrate::{Options, Start};

use super::*;

/// A second migration that needs the table for itself.
fn colours() -> Chain {
    notes()
        .with(
            "V2__colours",
            "ALTER TABLE notes ADD COLUMN colour text NOT NULL DEFAULT 'red'",
        )
        .expect("a chain")
}

#[tokio::test]
async fn behind_a_long_reader_others_read_on_and_the_migration_comes_when_it_can() {
    let stage = Stage::with(3).await;
    start(&stage.engine(brisk()), Start::Run).await;
    let table = format!("{}.notes", schema(0));
    let long = stage.test.superuser().await;
    long.batch(&format!("BEGIN; SELECT count(*) FROM {table}"))
        .await
        .expect("a long reader");
    let engine = stage.engine_of(colours(), brisk());
    let meanwhile = async {
        let gave_way = |times| {
            format!(
                "SELECT count(*) = 1 FROM platform.migration_attempts
                  WHERE gave_way_count >= {times} AND ended_at IS NULL"
            )
        };
        stage.until(&gave_way(1)).await;
        let reader = stage.test.superuser().await;
        // Whoever comes while the migration waits for the long reader stands in line behind it, until it
        // gives way. Without that each of these would stay for ever.
        for times in 2..5 {
            reader
                .query(&format!("SELECT count(*) FROM {table}"), &[])
                .await
                .expect("a reader");
            stage.until(&gave_way(times)).await;
        }
        long.batch("COMMIT").await.expect("the long reader ends");
    };
    let (report, ()) = tokio::join!(start(&engine, Start::Run), meanwhile);
    assert_eq!(came_to(&report), ("done", 3, 0));
    let gave_way =
        "SELECT max(gave_way_count) FROM platform.migration_attempts WHERE outcome = 'done'";
    assert!(stage.number(gave_way).await >= 4);
}

#[tokio::test]
async fn a_tenant_that_never_lets_go_is_left_behind_and_named() {
    let stage = Stage::with(3).await;
    start(&stage.engine(brisk()), Start::Run).await;
    let long = stage.test.superuser().await;
    long.batch(&format!(
        "BEGIN; LOCK TABLE {}.notes IN ACCESS SHARE MODE",
        schema(1)
    ))
    .await
    .expect("a long reader");
    let options = Options {
        pace: Pace {
            tries: 3,
            ..brisk().pace
        },
        halting: tolerating(1),
        ..brisk()
    };
    let engine = stage.engine_of(colours(), options);
    let report = start(&engine, Start::Run).await;
    assert_eq!(came_to(&report), ("incomplete", 2, 1));
    let failure = report.failures.first().expect("a failure");
    assert_eq!(
        (failure.slug.as_deref(), &*failure.outcome, failure.gave_way),
        (Some("team-1"), "locked", 3)
    );
    long.batch("COMMIT").await.expect("the long reader ends");
    let report = start(&engine, Start::Retry).await;
    assert_eq!(came_to(&report), ("done", 1, 0));
}

#[tokio::test]
async fn whoever_changes_a_tenant_is_waited_for() {
    let stage = Stage::with(1).await;
    let other = stage.test.superuser().await;
    other
        .batch("BEGIN; UPDATE platform.tenants SET name = 'New' WHERE slug = 'team-0'")
        .await
        .expect("a change");
    let engine = stage.engine(brisk());
    let meanwhile = async {
        stage
            .until("SELECT count(*) = 1 FROM platform.migration_attempts WHERE gave_way_count > 0")
            .await;
        other.batch("COMMIT").await.expect("the change is made");
    };
    let (report, ()) = tokio::join!(start(&engine, Start::Run), meanwhile);
    assert_eq!(came_to(&report), ("done", 1, 0));
    assert_eq!(stage.at_version(1).await, 1);
}

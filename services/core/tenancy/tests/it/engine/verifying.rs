//! The fingerprint of every schema, and the report of those that have drifted.

use tenancy::describe::{Kind, What};
use tenancy::migrate::{Drift, Models, Start, Verified, troubles, verify, verify_due};

use super::*;

async fn look(stage: &Stage, chain: &Chain) -> (Verified, Vec<Drift>) {
    let mut drifted = Vec::new();
    let verified = verify(&stage.owner, chain, |drift| drifted.push(drift)).await;
    (verified.expect("a look at all of them"), drifted)
}

/// What differs, as table, kind, name and how.
fn told(drift: &Drift) -> Vec<(&str, &str, &str, What)> {
    let differences = drift.differences.iter();
    differences
        .map(|it| {
            let part = &it.part;
            (&*part.table, part.kind.as_str(), &*part.name, it.what)
        })
        .collect()
}

#[tokio::test]
async fn schemas_of_either_version_are_as_their_version_says() {
    let stage = Stage::with(120).await;
    stage.poison(&[50]).await;
    start(&stage.engine(brisk()), Start::Run).await;
    stage.heal(&[50]).await;
    let two = notes()
        .with("V2__colours", "ALTER TABLE notes ADD COLUMN colour text")
        .expect("a chain");
    // Those that testkit made stand at version 2 of another chain.
    stage
        .run("UPDATE platform.tenants SET schema_version = 3 WHERE state = 'pooled'")
        .await;
    stage
        .run(&format!(
            "ALTER TABLE {0}.notes ADD COLUMN colour text;
             UPDATE platform.tenants SET schema_version = 2 WHERE schema_name = '{0}'",
            schema(3)
        ))
        .await;
    let (verified, drifted) = look(&stage, &two).await;
    assert!(drifted.is_empty(), "{drifted:?}");
    assert_eq!((verified.checked, verified.drifted), (120, 0));
    assert_eq!(
        verified.newer, 3,
        "a build cannot judge what it does not know"
    );
    let versions: Vec<i32> = verified.fingerprints.keys().copied().collect();
    assert_eq!(versions, [0, 1, 2]);
    let fingerprints: BTreeSet<&String> = verified.fingerprints.values().collect();
    assert_eq!(fingerprints.len(), 3, "each version has its own");
    let scratch = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%'";
    assert_eq!(stage.number(scratch).await, 123, "nothing is left behind");
}

#[tokio::test]
async fn what_somebody_did_by_hand_is_named() {
    let stage = Stage::with(0).await;
    let acme = stage.test.tenant("acme").await;
    let globex = stage.test.tenant("globex").await;
    let chain = Chain::embedded();
    let (verified, drifted) = look(&stage, &chain).await;
    assert_eq!((verified.checked, drifted.len()), (3, 0), "{drifted:?}");

    let planted = format!(
        "ALTER TABLE {0}.users ADD COLUMN nickname text;
         ALTER TABLE {0}.users ALTER COLUMN email DROP NOT NULL;
         ALTER TABLE {0}.sessions DROP COLUMN user_agent;
         ALTER TABLE {0}.results DROP CONSTRAINT results_outcome_check;
         DROP INDEX {0}.endpoints_url_key;
         CREATE TABLE {0}.leftovers (id uuid CONSTRAINT leftovers_pkey PRIMARY KEY);
         DROP TABLE {0}.auth_log;
         CREATE VIEW {0}.everybody AS SELECT id FROM {0}.users;
         ALTER TABLE {0}.mails ADD CONSTRAINT mails_id_fkey FOREIGN KEY (id) REFERENCES {1}.mails (id)",
        acme.schema(),
        globex.schema()
    );
    stage.run(&planted).await;
    let (verified, drifted) = look(&stage, &chain).await;
    assert_eq!(verified.drifted, 1);
    let [drift] = &drifted[..] else {
        panic!("one has drifted: {drifted:?}");
    };
    assert_eq!(drift.slug.as_deref(), Some("acme"));
    assert_ne!(
        drift.fingerprint.as_ref(),
        verified.fingerprints.get(&drift.version)
    );
    assert_eq!(
        told(drift),
        [
            ("", "view", "everybody", What::Unexpected),
            ("auth_log", "table", "auth_log", What::Missing),
            ("endpoints", "index", "endpoints_url_key", What::Missing),
            ("leftovers", "table", "leftovers", What::Unexpected),
            ("mails", "constraint", "mails_id_fkey", What::Unexpected),
            (
                "results",
                "constraint",
                "results_outcome_check",
                What::Missing
            ),
            ("sessions", "column", "user_agent", What::Missing),
            ("users", "column", "email", What::Different),
            ("users", "column", "nickname", What::Unexpected),
        ]
    );
    let email = drift
        .differences
        .iter()
        .find(|it| it.part.name == "email" && it.part.kind == Kind::Column)
        .expect("the column");
    assert_eq!(email.expected.as_deref(), Some("email text NOT NULL"));
    assert_eq!(email.found.as_deref(), Some("email text"));
}

#[tokio::test]
async fn a_version_that_lies_and_a_schema_that_is_gone_are_drift() {
    let stage = Stage::with(2).await;
    stage.run(&format!("DROP SCHEMA {}", schema(1))).await;
    stage
        .run("UPDATE platform.tenants SET schema_version = 1 WHERE slug = 'team-0'")
        .await;
    let (_, drifted) = look(&stage, &notes()).await;
    let [lies, gone] = &drifted[..] else {
        panic!("both have drifted: {drifted:?}");
    };
    assert_eq!(told(lies), [("notes", "table", "notes", What::Missing)]);
    assert_eq!(
        (gone.slug.as_deref(), &gone.fingerprint),
        (Some("team-1"), &None)
    );
}

#[tokio::test]
async fn a_migration_that_goes_on_is_no_drift() {
    let stage = Stage::with(3).await;
    let gate = stage.test.superuser().await;
    gate.batch(GATE).await.expect("the gate is shut");
    // Its version is written, its table is made, and none of it is committed.
    let slow = with_sql(
        "CREATE TABLE notes (id uuid CONSTRAINT notes_pkey PRIMARY KEY);
         SELECT pg_advisory_xact_lock_shared(4711)",
    );
    let engine = stage.engine_of(slow.clone(), patient());
    let other = stage.test.owner().await;
    let looked = async {
        stage
            .until(
                "SELECT count(*) = 1 FROM platform.migration_attempts WHERE started_at IS NOT NULL",
            )
            .await;
        let verified = verify(&other, &slow, |drift| panic!("{drift:?}")).await;
        gate.batch("SELECT pg_advisory_unlock_all()")
            .await
            .expect("the gate opens");
        verified.expect("a look at all of them")
    };
    let (report, verified) = tokio::join!(start(&engine, Start::Run), looked);
    assert_eq!(came_to(&report), ("done", 3, 0));
    assert_eq!(verified.checked, 3);
    let (verified, drifted) = look(&stage, &slow).await;
    assert!(drifted.is_empty(), "{drifted:?}");
    assert_eq!(verified.newer, 3);
}

#[tokio::test]
async fn every_schema_is_compared_once_a_day_and_what_drifted_is_counted_until_it_is_mended() {
    let stage = Stage::with(60).await;
    start(&stage.engine(brisk()), Start::Run).await;
    // Those that testkit made are of another chain.
    stage
        .run("UPDATE platform.tenants SET compared_at = clock_timestamp() WHERE state = 'pooled'")
        .await;
    stage
        .run(&format!(
            "ALTER TABLE {}.notes ADD COLUMN stray text",
            schema(7)
        ))
        .await;
    let mut models = Models::new(notes());
    let mut found = Vec::new();
    for expected in [50, 10, 0] {
        let on_drift = |drift: Drift| found.push(drift.schema.as_str().to_owned());
        let looked = verify_due(&stage.owner, &mut models, on_drift).await;
        assert_eq!(looked.expect("a look").checked, expected);
    }
    assert_eq!(found, [schema(7)]);
    assert_eq!(troubles(&stage.owner).await.expect("numbers").drifted, 1);

    let yesterday = "UPDATE platform.tenants SET compared_at = compared_at - interval '25 hours'
                      WHERE state <> 'pooled'";
    stage.run(yesterday).await;
    stage
        .run(&format!(
            "ALTER TABLE {}.notes DROP COLUMN stray",
            schema(7)
        ))
        .await;
    for _ in 0..2 {
        let looked = verify_due(&stage.owner, &mut models, |drift| panic!("{drift:?}")).await;
        looked.expect("a look");
    }
    assert_eq!(troubles(&stage.owner).await.expect("numbers").drifted, 0);
}

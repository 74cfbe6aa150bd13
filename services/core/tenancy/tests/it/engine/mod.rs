//! The migration engine over many small tenants, whose chain of migrations the tests make up.

mod failing;
mod giving_way;
mod killed;
mod running;
mod verifying;

use std::collections::BTreeSet;
use std::time::Duration;

use db::SchemaName;
use db::owner::OwnerConnection;
use tenancy::describe::describe;
use tenancy::migrate::{Chain, Engine, Halting, Options, Pace, RunReport, Start};
use testkit::TestDb;

/// An advisory lock that a migration waits for, where a test wants it to stand still.
const GATE: &str = "SELECT pg_advisory_lock(4711)";

/// A database with tenants that have an empty schema at version 0, oldest first.
struct Stage {
    test: TestDb,
    owner: OwnerConnection,
}

impl Stage {
    async fn with(tenants: u32) -> Self {
        let test = TestDb::start().await;
        let owner = test.owner().await;
        let stage = Self { test, owner };
        stage.add(0, tenants).await;
        stage
    }

    /// Adds tenants number `first` to `last`, the last excluded.
    async fn add(&self, first: u32, last: u32) {
        let mut sql = String::new();
        for n in first..last {
            let (schema, id) = (schema(n), id(n));
            sql.push_str(&format!(
                "CREATE SCHEMA {schema};
                 INSERT INTO platform.tenants (id, schema_name, state, slug, name, schema_version, created_at)
                 VALUES ('{id}', '{schema}', 'active', 'team-{n}', 'Team', 0,
                         timestamptz '2026-01-01' + {n} * interval '1 minute');"
            ));
        }
        self.run(&sql).await;
    }

    async fn run(&self, sql: &str) {
        self.owner.batch(sql).await.expect(sql);
    }

    /// Makes tenants whose migration will fail: the table is there already.
    async fn poison(&self, tenants: &[u32]) {
        for n in tenants {
            self.run(&format!("CREATE TABLE {}.notes (x int)", schema(*n)))
                .await;
        }
    }

    async fn heal(&self, tenants: &[u32]) {
        for n in tenants {
            self.run(&format!("DROP TABLE {}.notes", schema(*n))).await;
        }
    }

    fn engine(&self, options: Options) -> Engine {
        self.engine_of(notes(), options)
    }

    fn engine_of(&self, chain: Chain, options: Options) -> Engine {
        Engine::new(self.test.url("signalbox_owner"), chain, options)
    }

    async fn number(&self, sql: &str) -> i64 {
        let sql = format!("SELECT ({sql})::bigint AS number");
        let rows = self.owner.query(&sql, &[]).await.expect(&sql);
        let row = rows.first().expect("a row");
        row.get("number").expect("a number")
    }

    /// Waits for a condition, which is asked of the database.
    async fn until(&self, condition: &str) {
        // Not the owner's: its connection may be in use, and its sessions are counted.
        let superuser = self.test.superuser().await;
        let sql = format!("SELECT ({condition}) AS holds");
        for _ in 0..6_000 {
            let rows = superuser.query(&sql, &[]).await.expect(&sql);
            let row = rows.first().expect("a row");
            if row.get("holds").expect("a condition") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never came true: {condition}");
    }

    /// How many tenants of the tests' stand at `version`.
    async fn at_version(&self, version: i32) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM platform.tenants WHERE slug LIKE 'team-%' AND schema_version = {version}"
        ))
        .await
    }

    /// Whether `count` tenants have one and the same schema, that of version 1.
    async fn are_alike(&self, tenants: impl Iterator<Item = u32>) {
        let mut shapes = BTreeSet::new();
        for n in tenants {
            let name = SchemaName::parse(&schema(n)).expect("a name");
            shapes.insert(describe(&self.owner, &name).await.expect("a description"));
        }
        assert_eq!(shapes.len(), 1, "{shapes:?}");
        assert!(shapes.iter().all(|shape| shape.contains("TABLE notes")));
    }
}

/// The name of the schema of tenant `n`: its number in letters.
fn schema(n: u32) -> String {
    let letters: String = format!("{n:026}")
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect();
    format!("t_{letters}")
}

fn id(n: u32) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

/// One migration that makes one table.
fn notes() -> Chain {
    with_sql("CREATE TABLE notes (id uuid CONSTRAINT notes_pkey PRIMARY KEY)")
}

/// The same, but first it waits until the gate is open.
fn gated() -> Chain {
    with_sql(
        "SELECT pg_advisory_xact_lock_shared(4711);
         CREATE TABLE notes (id uuid CONSTRAINT notes_pkey PRIMARY KEY)",
    )
}

fn with_sql(sql: &str) -> Chain {
    Chain::empty("").with("V1__notes", sql).expect("a chain")
}

/// Options under which nobody waits longer than need be.
fn brisk() -> Options {
    Options {
        pace: Pace {
            lock_timeout_ms: 50,
            tries: 1_000,
            between_tries: Duration::from_millis(5),
        },
        ..Options::default()
    }
}

/// Options under which a migration stands still at a gate until it is opened.
fn patient() -> Options {
    Options {
        pace: Pace {
            lock_timeout_ms: 0,
            ..brisk().pace
        },
        ..Options::default()
    }
}

/// So many may fail, whatever their share is.
fn tolerating(tolerated: u32) -> Halting {
    Halting {
        tolerated: Some(tolerated),
        ..Halting::default()
    }
}

async fn start(engine: &Engine, how: Start) -> RunReport {
    let report = engine.start(how).await.expect("a run");
    report.expect("something to do")
}

/// Done, failed.
fn came_to(report: &RunReport) -> (&str, u32, u32) {
    (&report.state, report.done, report.failed)
}

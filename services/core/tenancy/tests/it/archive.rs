//! Archives: out of one server, into another, and out again; and everything that is refused.

mod cloning;
mod refusing;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use db::SchemaName;
use db::owner::OwnerConnection;
use tenancy::archive::{self, About, Arrival, Imported, Manifest};
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::{TEMPLATE_VERSION, migrate};
use testkit::TestDb;

/// Everything that is awkward in a text format.
const AWKWARD: &str = r"E'tab\tnew\nline\\back\\.\r\u00e9\U0001F600 ''quote'' \\N'";

fn hash(address: &str) -> [u8; 32] {
    let mut hash = [7; 32];
    for (to, from) in hash.iter_mut().zip(address.bytes()) {
        *to = from;
    }
    hash
}

pub(crate) fn mandate() -> &'static Mandate {
    static MANDATE: Mandate = Mandate {
        actor: OperatorActor::Worker,
        reason: None,
    };
    &MANDATE
}

fn arrival<'a>(test: &'a TestDb, slug: Option<&'a str>) -> Arrival<'a> {
    Arrival {
        slug,
        base_host: "localhost",
        pulse: test.db.pulse(),
        mandate: mandate(),
        hash_address: &hash,
        copy: false,
        rehearsal: false,
    }
}

/// A tenant `slug` with people, endpoints, mail, sessions, and rows in the platform.
async fn furnished(test: &TestDb, slug: &str) -> SchemaName {
    let tenant = test.tenant(slug).await;
    let schema = tenant.schema().clone();
    furnish(&test.owner().await, &schema).await;
    schema
}

pub(crate) async fn furnish(owner: &OwnerConnection, schema: &SchemaName) {
    let rows = format!(
        "SET search_path = {schema};
         INSERT INTO users (id, email, password_hash, role, state, created_at)
         SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Person' || n || '@canary.example',
                'hash ' || n, CASE n WHEN 1 THEN 'owner' ELSE 'member' END, 'active', '2026-01-01'
           FROM generate_series(1, 3) AS n;
         INSERT INTO sessions (id, user_id, kind, secret_hash, user_state, role, user_agent, address, created_at, expires_at)
         SELECT id, id, 'browser', '\\x00ff5c0a', 'active', role, 'canary browser', '192.0.2.77', '2026-01-01', '2027-01-01'
           FROM users;
         INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
         SELECT decode(md5(id::text), 'hex'), id, '2026-01-01', '2027-01-01' FROM sessions;
         INSERT INTO one_time_tokens (token_hash, user_id, purpose, created_at, expires_at)
         SELECT decode(md5(id::text), 'hex'), id, 'verify_email', '2026-01-01', '2027-01-01' FROM users;
         INSERT INTO endpoints (id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms, state,
                                state_changed_at, last_result, created_at, updated_at)
         SELECT id, {AWKWARD} || id, 'http', 'https://canary.example/?token=' || id, 'GET', '200-299', 60, 5000, 'up',
                '2026-01-01', '{{\"message\": \"canary\"}}', '2026-01-01', '2026-01-01' FROM users;
         INSERT INTO results (id, endpoint_id, checked_at, outcome, reason_code, message, duration_us)
         SELECT gen_random_uuid(), id, '2026-01-01', 'up', 'ok', 'canary answered', n
           FROM endpoints, generate_series(1, 2000) AS n;
         INSERT INTO result_hours (endpoint_id, hour, up_count, down_count, unknown_count, latency_buckets)
         SELECT id, '2026-01-01', 1, 0, 0, '{{1,2,3}}' FROM endpoints;
         INSERT INTO mails (id, template, recipient, params, secret, created_at)
         SELECT id, 'verify_email', email, jsonb_build_object('text', {AWKWARD}), 'canary secret', '2026-01-01' FROM users;
         INSERT INTO audit_log (id, at, action, actor_kind, address, request_id, target_kind, target_id, before, after)
         SELECT id, '2026-01-01', 'endpoint_created', 'user', '2001:db8::77', id, 'endpoint', id, NULL,
                '{{\"name\": \"canary\"}}' FROM endpoints;
         INSERT INTO auth_log (id, at, outcome, user_id, address, user_agent, request_id)
         SELECT id, '2026-01-01', 'ok', id, '192.0.2.77', 'canary browser', id FROM users;
         INSERT INTO events (id, kind, version, payload, occurred_at)
         SELECT id, 'endpoint_created', 1, '{{\"name\": \"canary\"}}', '2026-01-01' FROM endpoints;
         INSERT INTO idempotency_keys (key_hash, body_hash, status, answer, created_at)
         VALUES ('\\x01', '\\x02', 201, '{{\"email\": \"canary\"}}', '2026-01-01');
         INSERT INTO quotas (key, used, max) VALUES ('endpoints', 3, 10);
         INSERT INTO platform.check_schedule (endpoint_id, interval_ms, next_due_at)
         SELECT id, 60000, '2026-11-20' FROM endpoints;
         INSERT INTO platform.work (id, kind, ref, due_at)
         SELECT gen_random_uuid(), 'send_mail', id, '2026-11-20' FROM mails;
         INSERT INTO platform.address_hashes (address_hash, tenant_id, user_id)
         SELECT decode(repeat(md5(u.email), 2), 'hex'), t.id, u.id
           FROM users u, platform.tenants t WHERE t.schema_name = '{schema}';
         RESET search_path"
    );
    owner.batch(&rows).await.expect("rows");
}

async fn export(owner: &OwnerConnection, slug: &str, to: &Path) -> Manifest {
    let file = File::create(to).expect("a file");
    let (manifest, file) = archive::export(owner, slug, file).await.expect("an export");
    file.sync_all().expect("it is written");
    manifest
}

async fn import(
    owner: &OwnerConnection,
    from: &Path,
    arrival: Arrival<'_>,
) -> Result<Imported, archive::ArchiveError> {
    archive::import(owner, File::open(from).expect("the file"), arrival).await
}

pub(crate) async fn count(owner: &OwnerConnection, what: &str) -> i64 {
    let rows = owner
        .query(&format!("SELECT count(*) AS rows FROM {what}"), &[])
        .await;
    let rows = rows.expect(what);
    rows.first().expect("a row").get("rows").expect("a count")
}

#[tokio::test]
async fn a_tenant_that_moved_to_another_server_is_the_same_there() {
    let (here, there) = (TestDb::start().await, TestDb::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.tar.gz");
    furnished(&here, "acme").await;
    let first = export(&here.owner().await, "acme", &path).await;
    let verified = archive::verify(File::open(&path).expect("the file")).expect("a whole archive");
    assert_eq!(verified, first);
    let results = first.sums.iter().find(|it| it.table == "results");
    assert_eq!(results.expect("the results").rows, 6000);
    assert!(
        first.sums.iter().any(|it| it.bytes > 500_000),
        "{:?}",
        first.sums
    );

    let owner = there.owner().await;
    let arrived = import(&owner, &path, arrival(&there, None))
        .await
        .expect("an import");
    assert!(!arrived.copy);
    assert_eq!(arrived.host, "acme.localhost");
    let second = archive::fingerprint(&owner, "acme")
        .await
        .expect("a fingerprint");
    assert_eq!(second.sums, first.sums);
    let third = export(&owner, "acme", &folder.path().join("again.tar.gz")).await;
    assert_eq!(third.sums, first.sums);

    // Whoever signs in there is found by address and host, under the tenant's own role.
    let host = "acme.localhost";
    let found = there
        .db
        .read_platform(async |tx| tx.find_tenant_by_host(host).await)
        .await;
    let tenant = found.expect("an answer").expect("the tenant");
    assert_eq!(
        (tenant.slug(), tenant.schema_version()),
        ("acme", TEMPLATE_VERSION)
    );
    const USERS: db::Sql = db::sql!("SELECT count(*) AS people FROM users");
    let people = there.db.read(&tenant, testkit::worker(), None, async |tx| {
        tx.query_one(USERS, &[]).await?.get::<i64>("people")
    });
    assert_eq!(people.await.expect("its role reads"), 3);
    let hashes = "platform.address_hashes WHERE get_byte(address_hash, 0) = ascii('p')";
    assert_eq!(
        count(&owner, hashes).await,
        3,
        "keyed by the house it came to"
    );
    assert_eq!(count(&owner, "platform.check_schedule").await, 3);
    let acts = "platform.operator_audit WHERE action = 'tenant.imported' AND subject = 'acme'";
    assert_eq!(count(&owner, acts).await, 1);
    assert_eq!(
        count(&owner, "platform.work WHERE tenant IS NOT NULL").await,
        3
    );
}

#[tokio::test]
async fn tar_and_gzip_read_an_archive() {
    let test = TestDb::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.tar.gz");
    furnished(&test, "acme").await;
    export(&test.owner().await, "acme", &path).await;
    let listed = std::process::Command::new("tar")
        .arg("-tzf")
        .arg(&path)
        .output();
    let listed = listed.expect("tar runs");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(names.starts_with("about.json\n"), "{names}");
    assert!(names.contains("\ndata/users/000001.copy\n"), "{names}");
    assert!(names.ends_with("\nmanifest.json\n"), "{names}");
    let tested = std::process::Command::new("gzip")
        .arg("-t")
        .arg(&path)
        .output();
    let tested = tested.expect("gzip runs");
    assert!(
        tested.status.success(),
        "{}",
        String::from_utf8_lossy(&tested.stderr)
    );
}

#[tokio::test]
async fn a_second_one_on_the_same_server_lets_nobody_in_and_sends_nothing_twice() {
    let test = TestDb::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.tar.gz");
    furnished(&test, "acme").await;
    let owner = test.owner().await;
    export(&owner, "acme", &path).await;
    let arrived = import(&owner, &path, arrival(&test, Some("acme-restored")))
        .await
        .expect("a copy");
    assert!(arrived.copy);
    let schema: String = owner
        .query(
            "SELECT schema_name FROM platform.tenants WHERE id = $1",
            &[&arrived.id],
        )
        .await
        .expect("the row")[0]
        .get("schema_name")
        .expect("its schema");
    for table in [
        "sessions",
        "refresh_tokens",
        "one_time_tokens",
        "idempotency_keys",
    ] {
        assert_eq!(
            count(&owner, &format!("{schema}.{table}")).await,
            0,
            "{table}"
        );
    }
    assert_eq!(count(&owner, &format!("{schema}.users")).await, 3);
    let queued = format!("{schema}.mails WHERE state = 'queued' OR secret IS NOT NULL");
    assert_eq!(count(&owner, &queued).await, 0);
    assert_eq!(
        count(&owner, &format!("platform.work WHERE tenant = '{schema}'")).await,
        0
    );
    assert_eq!(
        count(
            &owner,
            &format!("platform.check_schedule WHERE tenant = '{schema}'")
        )
        .await,
        3
    );
}

const V1: &str = include_str!("../../../../../tenant-templates/V1__identity.sql");
const V2: &str = include_str!("../../../../../tenant-templates/V2__endpoints.sql");

#[tokio::test]
async fn an_older_archive_is_migrated_forward() {
    let test = TestDb::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.tar.gz");
    let owner = test.owner().await;
    let schema = test.tenant("acme").await.schema().clone();
    // A tenant as the first two migrations left it.
    let older = format!(
        "DO $$ DECLARE name text; BEGIN
             FOR name IN SELECT tablename FROM pg_tables
                          WHERE schemaname = '{schema}' AND tablename <> 'refinery_schema_history' LOOP
                 EXECUTE format('DROP TABLE {schema}.%I CASCADE', name);
             END LOOP;
         END $$;
         SET search_path = {schema};
         {V1}
         {V2}
         DELETE FROM refinery_schema_history WHERE version > 2;
         UPDATE platform.tenants SET schema_version = 2 WHERE schema_name = '{schema}'"
    );
    owner.batch(&older).await.expect("an older schema");
    furnish(&owner, &schema).await;
    let there = TestDb::start().await;
    let exported = export(&owner, "acme", &path).await;
    assert_eq!(exported.about.schema_version, 2);
    let owner = there.owner().await;
    import(&owner, &path, arrival(&there, None))
        .await
        .expect("an import");
    let arrived = archive::fingerprint(&owner, "acme")
        .await
        .expect("a fingerprint");
    assert_eq!(arrived.about.schema_version, TEMPLATE_VERSION);
    let kept = ["endpoints", "results", "result_hours", "mails", "events"];
    let same = |sum: &&_| arrived.sums.contains(sum);
    let same: Vec<_> = exported.sums.iter().filter(same).collect();
    for table in kept {
        assert!(
            same.iter().any(|sum| sum.table == table),
            "{table}: {same:?}"
        );
    }
    let versions = migrate::count_by_version(&owner).await.expect("a count");
    assert!(
        versions
            .iter()
            .all(|(version, _)| *version == TEMPLATE_VERSION)
    );
    assert_eq!(arrived.about.tables.len(), exported.about.tables.len() + 6);
}

#[tokio::test]
async fn an_export_sees_one_moment_and_holds_its_tables_still() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let schema = furnished(&test, "acme").await;
    // A file that takes nothing until it is let: the export has begun and cannot end.
    let (gate, wait) = std::sync::mpsc::channel::<()>();
    struct Slow(std::sync::mpsc::Receiver<()>, Vec<u8>);
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // More than the pipeline can hold.
    let grow = format!(
        "INSERT INTO {schema}.events (id, kind, version, payload, occurred_at)
         SELECT gen_random_uuid(), 'x', 1, jsonb_build_object('x', repeat(md5(n::text), 4000)), '2026-01-01'
           FROM generate_series(1, 120) AS n"
    );
    owner.batch(&grow).await.expect("rows");
    let exporting = test.owner().await;
    let export = tokio::spawn(async move {
        let (manifest, _) = archive::export(&exporting, "acme", Slow(wait, Vec::new())).await?;
        Ok::<Manifest, archive::ArchiveError>(manifest)
    });
    // It copies: its moment is fixed, and its locks are its transaction's.
    let copying = "SELECT count(*) AS n FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY %'";
    loop {
        let rows = owner.query(copying, &[]).await.expect("the sessions");
        if rows[0].get::<i64>("n").expect("a count") > 0 {
            break;
        }
    }
    owner
        .batch(&format!("DELETE FROM {schema}.mails"))
        .await
        .expect("a change meanwhile");
    let rewritten =
        format!("SET lock_timeout = 50; ALTER TABLE {schema}.users ALTER state TYPE varchar(20)");
    owner
        .batch(&rewritten)
        .await
        .expect_err("the table is held");
    drop(gate);
    let manifest = export.await.expect("it ends").expect("an export");
    let rows = |table: &str| {
        let sum = manifest.sums.iter().find(|it| it.table == table);
        sum.expect("the table").rows
    };
    assert_eq!((rows("users"), rows("results")), (3, 6000));
}

fn about_of(path: &Path) -> About {
    archive::verify(File::open(path).expect("the file"))
        .expect("whole")
        .about
}

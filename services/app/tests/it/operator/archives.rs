//! `signalbox tenant export|verify-archive|import|clone`, and that what arrives works.

use std::fs;

use jiff::SignedDuration;
use serde_json::json;
use testkit::{Target, TestApp, sign_in};

use super::signalbox;

#[actix_web::test]
async fn an_organisation_that_arrives_from_an_archive_works() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let target = Target::start().await;
    acme.create_endpoint(target.url()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.tar.gz");
    let file = file.to_str().expect("a path");

    let tried = ["tenant", "export", "acme", "--to", file, "--dry-run"];
    signalbox(&app, &tried).await.is(0);
    assert!(!fs::exists(file).expect("an answer"), "nothing is written");
    let export = ["tenant", "export", "acme", "--to", file, "--json"];
    let manifest = signalbox(&app, &export).await.is(0).json();
    assert_eq!(manifest["about"]["tenant"]["slug"], "acme");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(file).expect("it").permissions());
    assert_eq!(mode & 0o777, 0o600);
    signalbox(&app, &export).await.is(3);
    let verified = signalbox(&app, &["tenant", "verify-archive", file, "--json"])
        .await
        .is(0);
    assert_eq!(verified.json(), manifest);

    let import = ["tenant", "import", file, "--json", "--slug", "acme-two"];
    let rehearsed = signalbox(&app, &[&import[..], &["--dry-run"]].concat())
        .await
        .is(0)
        .json();
    assert_eq!(rehearsed["copy"], true, "its tenant is here");
    app.visitor("acme-two.localhost")
        .get("/api/v1/organization")
        .await
        .is(404);
    let arrived = signalbox(&app, &import).await.is(0).json();
    assert_eq!(arrived["host"], "acme-two.localhost");
    app.forget_hosts();

    // Nobody is signed in there; the owner signs in, sees the endpoint, and it is checked.
    let visitor = app.visitor("acme-two.localhost");
    let owner = sign_in(&visitor, "owner@acme.example").await;
    let list = owner.get("/api/v1/endpoints").await.is(200).json();
    assert_eq!(list["items"].as_array().expect("items").len(), 1);
    app.advance(SignedDuration::from_mins(10));
    assert_eq!(app.run_checks().await, 2, "one in each");
    // Both workspaces are found by the address.
    let search = json!({ "email": "owner@acme.example" });
    app.root()
        .post_json("/api/v1/auth/find-workspaces", &search)
        .await
        .is(202);
    app.run_jobs().await;
    let mail = app.newest_mail("owner@acme.example").expect("a mail");
    assert!(mail.text.contains("acme-two.localhost"), "{}", mail.text);

    // A second time the name is taken; another archive is refused.
    let taken = signalbox(&app, &import).await.is(3).json();
    assert_eq!(taken["error"], "slug_taken");
    let mut bytes = fs::read(file).expect("the archive");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).expect("a broken archive");
    let broken = signalbox(&app, &["tenant", "verify-archive", file, "--json"])
        .await
        .is(3)
        .json();
    assert_eq!(broken["error"], "corrupt");
    let broken = ["tenant", "import", file, "--json", "--slug", "acme-three"];
    assert_eq!(
        signalbox(&app, &broken).await.is(3).json()["error"],
        "corrupt"
    );
    let nobody = ["tenant", "export", "nobody", "--to", file, "--json"];
    signalbox(&app, &nobody).await.is(3);
    fs::remove_file(file).expect("it goes");
    assert_eq!(
        signalbox(&app, &nobody).await.is(4).json()["error"],
        "not_found"
    );
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        0,
        "nothing half-written"
    );

    let acts = "SELECT actor || ' ' || action || ' ' || subject AS line FROM platform.operator_audit ORDER BY at, id";
    let rows = app
        .db
        .superuser()
        .await
        .query(acts, &[])
        .await
        .expect("the acts");
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row.get("line").expect("a line"))
        .collect();
    assert_eq!(
        lines,
        [
            "cli:ada tenant.exported acme",
            "cli:ada tenant.imported acme-two"
        ]
    );
}

#[actix_web::test]
async fn a_clone_is_a_second_organisation_and_a_masked_one_lets_nobody_in() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let clone = ["tenant", "clone", "acme", "--json", "--as"];
    signalbox(&app, &[&clone[..], &["acme-two", "--dry-run"]].concat())
        .await
        .is(0);
    let made = signalbox(&app, &[&clone[..], &["acme-two"]].concat())
        .await
        .is(0)
        .json();
    assert_eq!(made["host"], "acme-two.localhost");
    sign_in(&app.visitor("acme-two.localhost"), "owner@acme.example").await;

    signalbox(&app, &[&clone[..], &["acme-masked", "--mask"]].concat())
        .await
        .is(0);
    let refused = json!({ "email": "owner@acme.example", "password": testkit::PASSWORD });
    let masked = app.visitor("acme-masked.localhost");
    masked
        .post_json("/api/v1/auth/session", &refused)
        .await
        .is(401);
    let card = masked.get("/api/v1/organization").await.is(200).json();
    assert_eq!(card["name"], "Masked organization");
    signalbox(&app, &[&clone[..], &["acme-two"]].concat())
        .await
        .is(3);
}

#[actix_web::test]
async fn two_that_change_places_change_all_of_them_and_back() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.tenant.id();
    let more = format!(
        "INSERT INTO platform.hosts (host, tenant_id, canonical, created_at, kind, proof, verified_at)
         VALUES ('status.acme.example', '{id}', false, '2026-01-01', 'custom', 'proof', '2026-01-01');
         INSERT INTO platform.hosts (host, tenant_id, canonical, created_at, redirects_until)
         VALUES ('old.localhost', '{id}', false, '2026-01-01', '2027-01-01')"
    );
    app.db
        .superuser()
        .await
        .batch(&more)
        .await
        .expect("more addresses");
    let clone = ["tenant", "clone", "acme", "--as", "acme-two"];
    signalbox(&app, &clone).await.is(0);
    let places = async || -> Vec<String> {
        let sql = format!(
            "SELECT concat_ws(' ', CASE WHEN t.id = '{id}' THEN 'first' ELSE 'second' END, t.slug, h.host, h.canonical) AS line
               FROM platform.tenants t JOIN platform.hosts h ON h.tenant_id = t.id ORDER BY 1"
        );
        let rows = app
            .db
            .superuser()
            .await
            .query(&sql, &[])
            .await
            .expect("rows");
        rows.iter()
            .map(|row| row.get("line").expect("a line"))
            .collect()
    };
    let before = places().await;
    let swap = ["tenant", "swap", "acme", "acme-two"];
    signalbox(&app, &swap).await.is(3);
    signalbox(&app, &[&swap[..], &["--dry-run"]].concat())
        .await
        .is(0);
    assert_eq!(places().await, before);
    let confirmed = [&swap[..], &["--confirm", "acme"]].concat();
    signalbox(&app, &confirmed).await.is(0);
    assert_eq!(
        places().await,
        [
            "first acme-two acme-two.localhost t",
            "second acme acme.localhost t",
            "second acme old.localhost f",
            "second acme status.acme.example f",
        ]
    );
    app.forget_hosts();
    acme.owner().get("/api/v1/me").await.is(401);
    sign_in(acme.visitor(), "owner@acme.example").await;
    signalbox(&app, &confirmed).await.is(0);
    assert_eq!(places().await, before);
    app.forget_hosts();
    acme.owner().get("/api/v1/me").await.is(200);
    let same = ["tenant", "swap", "acme", "acme", "--confirm", "acme"];
    signalbox(&app, &same).await.is(3);
    let nobody = ["tenant", "swap", "acme", "nobody", "--confirm", "acme"];
    signalbox(&app, &nobody).await.is(4);
    let acts = "SELECT count(*) AS n FROM platform.operator_audit WHERE action = 'tenant.swapped'";
    let rows = app
        .db
        .superuser()
        .await
        .query(acts, &[])
        .await
        .expect("the acts");
    assert_eq!(rows[0].get::<i64>("n").expect("a count"), 4);
}

//! Rule 3 on this repository and on wrong ones.

use checks::wrappers;

use crate::{blames, clean, house, tree};

#[test]
fn wrapped_libraries_stay_in_their_homes() {
    clean(wrappers::offences(house()));
}

#[test]
fn only_operators_act_as_the_owner_login() {
    clean(wrappers::owner_offences(house()));
}

#[test]
fn a_manifest_with_somebody_elses_library_is_named() {
    let libraries = [
        "tokio-postgres",
        "tokio-postgres-rustls",
        "deadpool",
        "deadpool-postgres",
        "postgres-types",
        "refinery",
        "refinery-core",
        "lettre",
        "hyper",
        "hyper-util",
        "hickory-resolver",
        "reqwest",
    ];
    for library in libraries {
        let body = format!(
            "[package]\nname = \"signalbox-jobs\"\n[dependencies]\n{library}.workspace = true"
        );
        let repo = tree(&[("services/core/jobs/Cargo.toml", body)]);
        blames(
            wrappers::offences(&repo),
            &[&format!(
                "services/core/jobs/Cargo.toml: {library} belongs to"
            )],
        );
    }
}

#[test]
fn homes_and_tests_may_name_what_is_theirs() {
    let manifest = |section: &str, name: &str| format!("[{section}]\n{name}.workspace = true");
    let repo = tree(&[
        (
            "services/core/db/Cargo.toml",
            manifest("dependencies", "tokio-postgres"),
        ),
        (
            "services/core/tenancy/Cargo.toml",
            manifest("dependencies", "refinery-core"),
        ),
        (
            "services/adapters/mail/Cargo.toml",
            manifest("dependencies", "lettre"),
        ),
        (
            "services/adapters/egress/Cargo.toml",
            manifest("dependencies", "hyper"),
        ),
        (
            "services/dev/testkit/Cargo.toml",
            manifest("dependencies", "reqwest"),
        ),
        (
            "services/app/Cargo.toml",
            manifest("dev-dependencies", "hyper"),
        ),
        (
            "services/core/db/src/pool.rs",
            "use tokio_postgres::Client;".to_owned(),
        ),
        (
            "services/app/tests/it/main.rs",
            "use reqwest::Client;".to_owned(),
        ),
    ]);
    clean(wrappers::offences(&repo));
}

#[test]
fn tests_do_not_open_the_way_around_a_wall() {
    let repo = tree(&[
        (
            "services/app/Cargo.toml",
            "[dev-dependencies]\ntokio-postgres.workspace = true",
        ),
        (
            "services/dev/testkit/src/lib.rs",
            "use deadpool_postgres::Pool;",
        ),
    ]);
    let offenders = [
        "services/app/Cargo.toml: tokio-postgres belongs",
        "services/dev/testkit/src/lib.rs:1: `deadpool_postgres`",
    ];
    blames(wrappers::offences(&repo), &offenders);
}

#[test]
fn a_library_reached_through_a_re_export_is_named() {
    let source = "use db::tokio_postgres;\nfn f() { db::deadpool_postgres::Pool::new(); }\n// lettre::x\nlet hyper = 1;";
    let repo = tree(&[("services/gateway/src/x.rs", source)]);
    let offenders = [
        "services/gateway/src/x.rs:1: `tokio_postgres`",
        "services/gateway/src/x.rs:2: `deadpool_postgres`",
    ];
    blames(wrappers::offences(&repo), &offenders);
}

#[test]
fn the_owner_login_in_a_request_is_named() {
    for source in [
        "use db::owner;",
        "use tenancy::{Directory, migrate};",
        "fn f() { tenancy::bootstrap::run(url) }",
        "use db::{Db, owner::Connection};",
        "fn f() { db::owner::connect() }",
    ] {
        let repo = tree(&[
            ("services/gateway/src/x.rs", source),
            ("services/app/src/serve.rs", source),
            ("services/app/src/development.rs", source),
        ]);
        let offenders = [
            "services/app/src/development.rs:1",
            "services/app/src/serve.rs:1",
            "services/gateway/src/x.rs:1",
        ];
        blames(wrappers::owner_offences(&repo), &offenders);
    }
}

#[test]
fn the_owner_login_of_operators_is_fine() {
    let source = "use db::owner::Connection;";
    let repo = tree(&[
        ("services/core/tenancy/src/filler.rs", source),
        ("services/app/src/dev.rs", source),
        ("services/app/src/operator/tenant.rs", source),
        ("services/dev/testkit/src/lib.rs", source),
        (
            "services/domains/identity/src/roles.rs",
            "fn owner(role: Role) {}",
        ),
    ]);
    clean(wrappers::owner_offences(&repo));
}

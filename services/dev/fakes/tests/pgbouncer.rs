//! The private PgBouncer: one that is too old is named, and not started.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use fakes::{PgBouncerError, PgBouncerOptions, PrivatePgBouncer};

#[tokio::test]
async fn one_that_loses_statements_is_refused_by_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("pgbouncer");
    fs::write(&program, "#!/bin/sh\necho PgBouncer 1.18.0\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let options = PgBouncerOptions {
        program: Some(program),
        ..PgBouncerOptions::new(folder.path(), "somebody")
    };
    let refused = PrivatePgBouncer::start(options).await.unwrap_err();
    assert!(
        matches!(refused, PgBouncerError::TooOld { .. }),
        "{refused}"
    );
    let text = refused.to_string();
    assert!(text.contains("1.21") && text.contains("1.18.0"), "{text}");
}

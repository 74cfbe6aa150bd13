//! Rule 5 on this repository and on wrong ones.

use checks::sizes;

use crate::{blames, clean, house, tree};

#[test]
fn files_fit() {
    clean(sizes::long_files(house()));
}

#[test]
fn functions_fit() {
    clean(sizes::long_functions(house()));
}

#[test]
fn a_long_file_is_named_with_its_length() {
    let (fits, long) = ("\n".repeat(400), "\n".repeat(401));
    let repo = tree(&[
        ("services/core/db/src/pool.rs", &fits),
        ("services/core/db/src/tx.rs", &long),
        ("services/console/src/App.tsx", &long),
        ("scripts/dev", &long),
        ("migrations/V1__all.sql", &long),
    ]);
    let offenders = [
        "migrations/V1__all.sql: 401 lines, at most 400",
        "scripts/dev: 401 lines",
        "services/console/src/App.tsx: 401 lines",
        "services/core/db/src/tx.rs: 401 lines",
    ];
    blames(sizes::long_files(&repo), &offenders);
}

#[test]
fn tests_may_be_longer_and_generated_files_as_long_as_they_are() {
    let (long, test) = ("\n".repeat(601), "\n".repeat(600));
    let repo = tree(&[
        ("services/console/src/api/client.gen.ts", &long),
        ("tenant-templates/schema.sql", &long),
        ("services/console/package-lock.json", &long),
        ("services/app/tests/it/identity/login.rs", &test),
        ("services/console/src/shell.test.ts", &long),
    ]);
    blames(
        sizes::long_files(&repo),
        &["services/console/src/shell.test.ts: 601 lines, at most 600"],
    );
}

#[test]
fn a_long_function_is_named_with_its_length() {
    let long = "    f();\n".repeat(59);
    let fits = "    f();\n".repeat(58);
    let source = format!(
        "/// Documented.\n#[inline]\nfn fits() {{\n{fits}}}\nfn long(\n) {{\n{fits}}}\n\
         impl X {{\nfn method() {{\n{long}}}\n}}\ntrait T {{\nfn default() {{\n{long}}}\n}}"
    );
    let repo = tree(&[("services/core/db/src/tx.rs", source)]);
    let offenders = [
        "services/core/db/src/tx.rs:125: fn method has 61 lines, at most 60",
        "services/core/db/src/tx.rs:188: fn default has 61 lines",
        "services/core/db/src/tx.rs:63: fn long has 61 lines",
    ];
    blames(sizes::long_functions(&repo), &offenders);
}

#[test]
fn functions_of_tests_have_twice_the_room() {
    let body = "    f();\n".repeat(118);
    let marked = format!(
        "#[cfg(test)]\nmod tests {{\nfn setup() {{\n{body}}}\n}}\n#[actix_web::test]\nasync fn t() {{\n{body}}}"
    );
    let long = format!("fn story() {{\n{body}    f();\n}}");
    let gated = format!("#[cfg(not(test))]\nfn shipped() {{\n{body}}}");
    let repo = tree(&[
        ("services/core/db/src/a.rs", &marked),
        ("services/core/db/src/b.rs", &gated),
        ("services/app/tests/it/main.rs", &long),
    ]);
    let offenders = [
        "services/app/tests/it/main.rs:1: fn story has 121 lines, at most 120",
        "services/core/db/src/b.rs:2: fn shipped has 120 lines, at most 60",
    ];
    blames(sizes::long_functions(&repo), &offenders);
}

//! Rule 7 on this repository and on wrong ones.

use checks::text;

use crate::{blames, clean, house, tree};

const DOC: &str = "//! Owns a thing, no other.\n";

#[test]
fn rust_files_are_finished_and_documented() {
    clean(text::rust_offences(house()));
}

#[test]
fn no_line_names_a_machine_or_puts_work_off() {
    clean(text::line_offences(house()));
}

#[test]
fn lock_file_and_line_endings_are_portable() {
    clean(text::repository_offences(house()));
}

#[test]
fn unfinished_rust_is_named() {
    let cases = [
        ("#[allow(dead_code)] fn f() {}", "use #[expect("),
        ("#![allow(dead_code)]", "use #[expect("),
        (
            "#[cfg_attr(test, allow(dead_code))] fn f() {}",
            "use #[expect(",
        ),
        (
            "macro_rules! m { () => { #[allow(dead_code)] fn f() {} } }",
            "use #[expect(",
        ),
        ("#[test] #[ignore = \"slow\"] fn f() {}", "an ignored test"),
        ("#[cfg_attr(windows, ignore)] fn f() {}", "an ignored test"),
        ("fn f() { todo!() }", "finish it"),
        ("fn f() { unimplemented!(\"later\") }", "finish it"),
    ];
    for (source, message) in cases {
        let repo = tree(&[("services/core/db/src/x.rs", format!("{DOC}{source}"))]);
        blames(
            text::rust_offences(&repo),
            &[&format!("services/core/db/src/x.rs:2: {message}")],
        );
    }
}

#[test]
fn words_in_comments_strings_and_names_are_fine() {
    let source = "// #[allow(x)], todo!()\nfn allow(ignore: u8) { f(\"#[ignore] todo!()\"); permissions[allow]; }\n#[expect(lint, reason = \"r\")]\nfn todo() {}";
    clean(text::rust_offences(&tree(&[(
        "services/core/db/src/x.rs",
        format!("{DOC}{source}"),
    )])));
}

#[test]
fn a_module_without_a_document_is_named() {
    for source in [
        "",
        "use x;",
        "// Owns a thing, no other.",
        "//! db",
        "use x;\n//! Owns a thing, no other.",
    ] {
        let repo = tree(&[("services/core/db/src/x.rs", source)]);
        blames(
            text::rust_offences(&repo),
            &["services/core/db/src/x.rs:1: begins with `//!`"],
        );
    }
}

#[test]
fn a_file_that_is_not_rust_is_named() {
    let repo = tree(&[("services/core/db/src/x.rs", "fn f( {")]);
    blames(
        text::rust_offences(&repo),
        &["services/core/db/src/x.rs: is not Rust"],
    );
}

#[test]
fn work_put_off_is_named() {
    let later = concat!("TO", "DO");
    let repo = tree(&[
        ("services/core/db/src/x.rs", format!("x\n// {later}: y")),
        (
            "deploy/compose.yaml",
            format!("# {}(me)", concat!("FIX", "ME")),
        ),
        (
            "services/app/src/breached.rs",
            format!("MY{later}LIST todo"),
        ),
    ]);
    blames(
        text::line_offences(&repo),
        &[
            "deploy/compose.yaml:1: do it",
            "services/core/db/src/x.rs:2: do it",
        ],
    );
}

#[test]
fn a_skipped_browser_test_is_named() {
    let repo = tree(&[
        (
            "services/console/src/shell.test.tsx",
            "describe.only('x', f)",
        ),
        (
            "services/console/tests/story.spec.ts",
            "\ntest.skip('x', f)",
        ),
        ("services/console/src/shell.tsx", "items.skip(3)"),
    ]);
    let offenders = [
        "services/console/src/shell.test.tsx:1: a skipped",
        "services/console/tests/story.spec.ts:2: a skipped",
    ];
    blames(text::line_offences(&repo), &offenders);
}

#[test]
fn a_path_of_one_machine_is_named() {
    let home = concat!("/ho", "me/");
    let copy = concat!("/wo", "rk/");
    for line in [
        format!("cd {home}ann/x"),
        format!("path=\"{copy}x\""),
        format!("{}.cargo", concat!("/ro", "ot/")),
    ] {
        let repo = tree(&[("scripts/dev", line)]);
        blames(
            text::line_offences(&repo),
            &["scripts/dev:1: a path of one machine"],
        );
    }
    let fine = [
        format!("GET /api/v1{copy}x"),
        format!("https://example.com{home}x"),
        format!("{home} is empty"),
    ];
    for line in fine {
        clean(text::line_offences(&tree(&[("scripts/dev", line)])));
    }
}

#[test]
fn a_registry_host_in_a_lock_file_is_named() {
    let npm = "{\n  \"resolved\": \"https://npm.example/x.tgz\",\n  \"integrity\": \"y\"\n}";
    let repo = tree(&[("services/console/package-lock.json", npm)]);
    blames(
        text::line_offences(&repo),
        &["services/console/package-lock.json:2: lock files"],
    );

    let cargo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"git+https://x\"";
    let repo = tree(&[
        ("Cargo.lock", cargo),
        (".gitattributes", "* text=auto\n*.sql text eol=lf\n"),
    ]);
    blames(
        text::repository_offences(&repo),
        &["Cargo.lock:2: packages come from crates.io"],
    );
}

#[test]
fn sql_with_the_line_endings_of_a_machine_is_named() {
    for attributes in ["", "*.sql text\n", "# *.sql text eol=lf"] {
        let repo = tree(&[(".gitattributes", attributes)]);
        blames(text::repository_offences(&repo), &[".gitattributes: lacks"]);
    }
}

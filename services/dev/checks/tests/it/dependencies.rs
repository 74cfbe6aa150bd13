//! Rule 8 on this repository and on wrong ones.

use checks::dependencies::{EXCEPTIONS, Package, load, offences};

use crate::{blames, clean, root};

#[test]
fn every_dependency_is_allowed() {
    let packages = load(&root()).expect("cargo knows the graph");
    assert!(packages.len() > 100, "the graph is whole");
    clean(offences(&packages, &EXCEPTIONS));
}

#[test]
fn a_second_tls_stack_is_named() {
    for name in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"] {
        let packages = [package(name, Some("MIT"))];
        blames(
            offences(&packages, &[]),
            &[&format!("{name} 1.0.0: is banned")],
        );
    }
}

#[test]
fn a_licence_outside_the_list_is_named() {
    let cases = [
        (None, "states no licence"),
        (
            Some("GPL-3.0-or-later"),
            "licence `GPL-3.0-or-later` is not allowed",
        ),
        (
            Some("MIT AND MPL-2.0"),
            "licence `MIT AND MPL-2.0` is not allowed",
        ),
        (
            Some("Apache-2.0 WITH Classpath-exception-2.0"),
            "licence `Apache-2.0 WITH",
        ),
        (
            Some("see LICENSE file"),
            "licence `see LICENSE file` is not an SPDX expression",
        ),
    ];
    for (license, message) in cases {
        blames(
            offences(&[package("x", license)], &[]),
            &[&format!("x 1.0.0: {message}")],
        );
    }
}

#[test]
fn one_allowed_alternative_is_enough() {
    for license in [
        "MIT",
        "GPL-2.0-only OR MIT",
        "MIT/Apache-2.0",
        "(MIT OR GPL-2.0-only) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        clean(offences(&[package("x", Some(license))], &[]));
    }
}

#[test]
fn an_exception_holds_for_one_package_and_not_longer_than_needed() {
    let exception = ("x", "MPL-2.0", "a reason");
    let (mpl, mit) = (Some("MPL-2.0"), Some("MIT"));
    clean(offences(&[package("x", mpl)], &[exception]));
    blames(
        offences(&[package("x", mpl), package("y", mpl)], &[exception]),
        &["y 1.0.0: licence"],
    );
    blames(
        offences(&[package("x", mit)], &[exception]),
        &["x: needs no exception"],
    );
    blames(offences(&[], &[exception]), &["x: needs no exception"]);
}

fn package(name: &str, license: Option<&str>) -> Package {
    Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        license: license.map(str::to_owned),
    }
}

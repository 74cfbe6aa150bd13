//! Rule 8: what the house is built from: no OpenSSL, no aws-lc, and only licences we can ship.
//!
//! Looks at the whole resolved graph with all features on every platform, tests included.

use std::path::Path;

use cargo_metadata::{CargoOpt, MetadataCommand};
use spdx::{Expression, LicenseReq, ParseMode};

use crate::Offence;

/// One package of the resolved graph.
#[derive(Debug, Clone)]
pub struct Package {
    /// Name on crates.io.
    pub name: String,
    /// Resolved version.
    pub version: String,
    /// Its licence expression, if its manifest has one.
    pub license: Option<String>,
}

/// One TLS stack (rustls) with one provider (ring): a second one means two sets of bugs to watch
/// and a C toolchain to have.
const BANNED: [&str; 6] = [
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
    "aws-lc-fips-sys",
];

/// Licences that ask for nothing but their own text.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// One licence allowed to one package: package, licence, why that is fine.
type Exception = (&'static str, &'static str, &'static str);

const PASSKEYS: &str =
    "checks passkeys: a copyleft that ends at its own files, which we do not change";

/// Packages under another licence.
pub const EXCEPTIONS: [Exception; 7] = [
    ("crypto-glue", "MPL-2.0", PASSKEYS),
    ("webauthn-rs", "MPL-2.0", PASSKEYS),
    ("webauthn-rs-core", "MPL-2.0", PASSKEYS),
    ("webauthn-rs-proto", "MPL-2.0", PASSKEYS),
    ("webauthn-attestation-ca", "MPL-2.0", PASSKEYS),
    (
        "webpki-roots",
        "CDLA-Permissive-2.0",
        "a list of root certificates: data under a permissive data licence",
    ),
    (
        "webpki-root-certs",
        "CDLA-Permissive-2.0",
        "the same list, for systems that keep none of their own",
    ),
];

/// Reads the resolved graph of the workspace at `root`.
pub fn load(root: &Path) -> Result<Vec<Package>, cargo_metadata::Error> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()?;
    let packages = metadata.packages.into_iter().map(|package| Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        license: package.license,
    });
    Ok(packages.collect())
}

/// Every banned package, and every package whose licence is missing, unreadable or not allowed.
/// An exception that nothing needs is one too.
pub fn offences(packages: &[Package], exceptions: &[Exception]) -> Vec<Offence> {
    let mut found = Vec::new();
    for package in packages {
        let label = format!("{} {}", package.name, package.version);
        if BANNED.contains(&package.name.as_str()) {
            found.push(Offence::of(
                &label,
                "is banned: rustls with ring is the one TLS stack",
            ));
        }
        if let Some(reason) = refusal(package, exceptions) {
            found.push(Offence::of(&label, reason));
        }
    }
    for (name, license, _) in exceptions {
        let needed = packages
            .iter()
            .any(|package| package.name == *name && refusal(package, &[]).is_some());
        if !needed {
            found.push(Offence::of(
                name,
                format!("needs no exception for {license}"),
            ));
        }
    }
    found
}

fn refusal(package: &Package, exceptions: &[Exception]) -> Option<String> {
    let Some(license) = &package.license else {
        return Some("states no licence".to_owned());
    };
    // Lax reads the old `MIT/Apache-2.0` as OR, as Cargo always meant it.
    let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
        return Some(format!("licence `{license}` is not an SPDX expression"));
    };
    let excepted = exceptions
        .iter()
        .filter(|it| it.0 == package.name)
        .map(|it| it.1);
    let accepted: Vec<&str> = ALLOWED.into_iter().chain(excepted).collect();
    let allowed = |wanted: &LicenseReq| accepted.contains(&wanted.to_string().as_str());
    (!expression.evaluate(allowed)).then(|| format!("licence `{license}` is not allowed"))
}

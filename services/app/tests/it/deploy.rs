//! What `deploy/` promises: every path, setting and subcommand it names exists, and the units are sound.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use app::config::{SETTINGS, env_example};
use regex::Regex;
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn deploy(file: &str) -> String {
    let path = root().join("deploy").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn words<'a>(text: &'a str, pattern: &str) -> BTreeSet<&'a str> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|word| word.as_str())
        .collect()
}

const SUBCOMMANDS: [&str; 5] = ["serve", "work", "migrate", "doctor", "backup"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "writing the reference is asked for by the environment"
)]
fn the_reference_of_settings_is_made_from_the_table() {
    let path = root().join("deploy/.env.example");
    if std::env::var_os("SIGNALBOX_ACCEPT").is_some() {
        std::fs::write(&path, env_example()).expect("the reference is written");
    }
    assert_eq!(
        deploy(".env.example"),
        env_example(),
        "run again with SIGNALBOX_ACCEPT=1"
    );
}

#[test]
fn every_setting_that_is_named_exists() {
    // Passwords of the compose file's own database, which no process of ours reads.
    let of_compose = ["SIGNALBOX_APP_PASSWORD", "SIGNALBOX_OWNER_PASSWORD"];
    let known: BTreeSet<&str> = SETTINGS
        .iter()
        .map(|setting| setting.name)
        .chain(of_compose)
        .collect();
    for file in [
        "compose.yaml",
        "Dockerfile",
        "README.md",
        "systemd/signalbox-serve.service",
        "systemd/signalbox-work.service",
        "systemd/signalbox-backup.service",
        "postgres/passwords.sh",
    ] {
        let text = deploy(file);
        let unknown: Vec<_> = words(&text, r"\b(SIGNALBOX_[A-Z_]*[A-Z])\b")
            .difference(&known)
            .copied()
            .collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}");
    }
}

#[test]
fn every_path_of_the_checkout_that_is_named_exists() {
    let mut named = BTreeSet::new();
    let dockerfile = deploy("Dockerfile");
    for line in dockerfile
        .lines()
        .filter(|line| line.starts_with("COPY") && !line.contains("--from="))
    {
        let sources = line.split_whitespace().skip(1);
        let sources: Vec<&str> = sources.collect();
        let (_, sources) = sources.split_last().expect("a destination");
        named.extend(sources.iter().map(|path| (*path).to_owned()));
    }
    let compose = deploy("compose.yaml");
    named.extend(
        words(&compose, r"- \./([\w./-]+):/")
            .iter()
            .map(|path| format!("deploy/{path}")),
    );
    let readme = deploy("README.md");
    named.extend(
        words(&readme, r"(?m)^\| `([\w./-]+)`")
            .iter()
            .map(|path| format!("deploy/{path}")),
    );
    assert!(named.len() > 12, "the patterns find the paths: {named:?}");
    for path in named {
        assert!(
            root().join(&path).exists(),
            "{path} is named and does not exist"
        );
    }
}

#[test]
fn the_compose_file_is_sound() {
    let text = deploy("compose.yaml");
    let documents = YamlLoader::load_from_str(&text).expect("YAML");
    let Some(Yaml::Hash(services)) = documents.first().map(|file| &file["services"]) else {
        panic!("no services");
    };
    let names: BTreeSet<&str> = services.keys().filter_map(Yaml::as_str).collect();
    assert!(names.is_superset(&BTreeSet::from([
        "serve", "work", "migrate", "postgres", "redis", "mail", "proxy"
    ])));
    for (name, service) in services {
        let name = name.as_str().unwrap_or_default();
        let needs = match &service["depends_on"] {
            Yaml::Hash(needs) => needs.keys().filter_map(Yaml::as_str).collect(),
            Yaml::Array(needs) => needs.iter().filter_map(Yaml::as_str).collect(),
            _ => Vec::new(),
        };
        for need in needs {
            assert!(
                names.contains(need),
                "{name} depends on {need}, which is not there"
            );
        }
        if ["serve", "work", "migrate", "migrate-tenants"].contains(&name) {
            let command = service["command"][0].as_str().expect("a subcommand");
            assert!(
                SUBCOMMANDS.contains(&command),
                "{name} runs `signalbox {command}`"
            );
        }
    }
    // serve must not hold the owner's login.
    assert!(
        !text
            .split("\n  serve:")
            .nth(1)
            .and_then(|s| s.split("\n\n").next())
            .expect("serve")
            .contains("OWNER")
    );
    assert!(deploy("Caddyfile").contains("reverse_proxy serve:8080"));
}

#[test]
fn the_units_are_verified_by_systemd() {
    // A copy whose program exists here, as the verifier asks for it.
    let folder = std::env::temp_dir().join(format!("signalbox-units-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    // The timer is looked at with its service beside it.
    for unit in [
        "signalbox-serve.service",
        "signalbox-work.service",
        "signalbox-backup.service",
        "signalbox-backup.timer",
    ] {
        let text = deploy(&format!("systemd/{unit}"));
        let command = words(&text, r"ExecStart=/usr/bin/signalbox (\w+)");
        assert!(command.iter().all(|command| SUBCOMMANDS.contains(command)));
        assert_eq!(command.len(), usize::from(unit.ends_with(".service")));
        let path = folder.join(unit);
        std::fs::write(&path, text.replace("/usr/bin/signalbox", "/bin/true")).expect("a copy");
        let verified = Command::new("systemd-analyze")
            .arg("verify")
            .arg(&path)
            .output();
        let Ok(verified) = verified else {
            println!("systemd-analyze is not installed: {unit} was not verified");
            continue;
        };
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(
            verified.status.success() && !said.contains(unit),
            "{unit}: {said}"
        );
    }
    std::fs::remove_dir_all(&folder).expect("the copies go");
}

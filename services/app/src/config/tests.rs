//! The table as it is read: what is needed, what is refused, what is told.

use std::collections::HashMap;

use super::*;

const KEY: &str = "tangerine plinth oboe mortar velvet quay";

struct Table(HashMap<&'static str, &'static str>);

impl Source for Table {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }

    fn file(&self, path: &std::path::Path) -> std::io::Result<String> {
        match path.to_str() {
            Some("/run/secrets/key") => Ok(format!("{KEY}\n")),
            _ => Err(std::io::Error::other("not there")),
        }
    }
}

fn read(command: Command, table: &[(&'static str, &'static str)]) -> Result<Config, ConfigErrors> {
    Config::read(command, &Table(table.iter().copied().collect()))
}

const SERVING: [(&str, &str); 4] = [
    ("SIGNALBOX_BASE_DOMAIN", "signalbox.example"),
    (
        "SIGNALBOX_DATABASE_URL",
        "postgresql://signalbox_app@db/signalbox",
    ),
    ("SIGNALBOX_SECRET_KEY_FILE", "/run/secrets/key"),
    ("SIGNALBOX_SMTP_URL", "off"),
];

#[test]
fn dev_needs_nothing() {
    let config = read(Command::Dev, &[]).expect("the defaults hold");
    assert_eq!(config.base_url(), "http://localhost:8080");
    assert_eq!(config.target_networks.len(), 2);
    let config = read(Command::Dev, &[("SIGNALBOX_LISTEN", "127.0.0.1:9000")]).expect("a port");
    assert_eq!(config.base_url(), "http://localhost:9000");
}

#[test]
fn an_empty_list_of_target_networks_closes_dev_too() {
    let config = read(Command::Dev, &[("SIGNALBOX_ALLOW_TARGET_NETWORKS", "")]).expect("closed");
    assert!(config.target_networks.is_empty());
}

#[test]
fn a_recovery_waits_for_a_day_at_least_where_it_is_meant() {
    let with = |command, hours| {
        let table = [&SERVING[..], &[("SIGNALBOX_RECOVERY_WAIT_HOURS", hours)]].concat();
        read(command, &table).map(|it| it.recovery_wait.as_hours())
    };
    assert_eq!(
        read(Command::Serve, &SERVING)
            .expect("whole")
            .recovery_wait
            .as_hours(),
        72
    );
    assert_eq!(with(Command::Serve, "24").expect("a day"), 24);
    assert_eq!(with(Command::Dev, "0").expect("a laptop"), 0);
    for (command, hours) in [
        (Command::Serve, "0"),
        (Command::Serve, "23"),
        (Command::Operate, "1"),
        (Command::Serve, "721"),
        (Command::Dev, "-1"),
    ] {
        let told = with(command, hours).expect_err(hours).to_string();
        assert!(told.contains("SIGNALBOX_RECOVERY_WAIT_HOURS"), "{told}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let errors = read(
        Command::Serve,
        &[
            ("SIGNALBOX_LISTEN", "nowhere"),
            ("SIGNALBOX_SECRET_KEY", "short"),
            ("SIGNALBOX_LOG_FORMAT", "xml"),
        ],
    )
    .expect_err("faults");
    let text = errors.to_string();
    for name in [
        "LISTEN",
        "BASE_DOMAIN",
        "DATABASE_URL",
        "SECRET_KEY",
        "SMTP_URL",
        "LOG_FORMAT",
    ] {
        assert!(
            text.contains(&format!("SIGNALBOX_{name}: ")),
            "{name} is missing in {text}"
        );
    }
    assert!(!text.contains("short"), "a secret is repeated in {text}");
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let config = read(Command::Serve, &SERVING).expect("a configuration");
    assert_eq!(config.secret_key.expect("a key").expose_secret().len(), 40);
    assert_eq!(config.base_domain, "signalbox.example");
    assert!(matches!(config.mail, MailSetting::Off));
}

/// The faults of a serving house with one more setting.
fn faults(name: &'static str, value: &'static str) -> String {
    let mut table = SERVING.to_vec();
    table.retain(|(set, _)| !set.starts_with(name));
    table.push((name, value));
    read(Command::Serve, &table)
        .err()
        .map(|errors| errors.to_string())
        .unwrap_or_default()
}

#[test]
fn a_placeholder_is_no_secret() {
    let said = faults(
        "SIGNALBOX_SECRET_KEY",
        "changeme-changeme-changeme-changeme",
    );
    assert!(
        said.contains("SIGNALBOX_SECRET_KEY: expected a secret made at random"),
        "{said}"
    );
    assert!(said.contains("openssl rand -base64 48"), "{said}");
    assert!(!said.contains("changeme"), "a secret is repeated in {said}");
}

#[test]
fn people_come_by_https_or_not_at_all() {
    for wrong in ["http://signalbox.example", "https://signalbox.example"] {
        let said = faults("SIGNALBOX_BASE_DOMAIN", wrong);
        assert!(
            said.contains("SIGNALBOX_BASE_DOMAIN: expected a host"),
            "{said}"
        );
    }
    let config = read(Command::Serve, &SERVING).expect("a configuration");
    assert_eq!(config.base_url(), "https://signalbox.example");
}

#[test]
fn other_origins_are_named_one_by_one() {
    let said = faults(
        "SIGNALBOX_CORS_ORIGINS",
        "https://app.example.com, https://*.example.com, *, http://plain.example.com",
    );
    assert_eq!(
        said.matches("SIGNALBOX_CORS_ORIGINS: ").count(),
        3,
        "{said}"
    );
    assert!(
        said.contains("A wildcard would let any page read"),
        "{said}"
    );
    let said = faults("SIGNALBOX_CORS_ORIGINS", "https://app.example.com");
    assert_eq!(said, "");
}

#[test]
fn dev_refuses_a_network() {
    let errors = read(Command::Dev, &[("SIGNALBOX_LISTEN", "0.0.0.0:8080")]).expect_err("refused");
    assert!(errors.to_string().contains("loopback"), "{errors}");
}

#[test]
fn the_reference_lists_every_setting_once() {
    let text = env_example();
    for setting in SETTINGS {
        let lines = text.lines().filter(|line| {
            line.trim_start_matches('#')
                .starts_with(&format!("{}=", setting.name))
        });
        assert_eq!(lines.count(), 1, "{}", setting.name);
    }
}

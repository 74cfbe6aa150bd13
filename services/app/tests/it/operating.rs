//! What operators are told: alerts and dashboards over series that exist, a runbook for each alert, commands
//! that can be read, paths and settings that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use yaml_rust2::YamlLoader;

use crate::kinds::sources;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(root().join(folder))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(ending))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    found.sort_unstable();
    found
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// Every series that the code emits, with its labels. A histogram's are those that the exporter makes of it.
fn series() -> BTreeMap<String, BTreeSet<String>> {
    let emitted = pattern(
        r#"metrics::(counter|gauge|histogram)!\(\s*"([a-z_]+)"((?:[^;]*?"[a-z_]+" => [^,)]+,?)*)"#,
    );
    let label = pattern(r#""([a-z_]+)" =>"#);
    // What the collector adds, and its own word on whether there was an answer.
    let of_collector = ["job", "instance", "le"].map(str::to_owned);
    let mut all = BTreeMap::from([("up".to_owned(), BTreeSet::from(of_collector.clone()))]);
    for text in sources() {
        for found in emitted.captures_iter(&text) {
            let mut labels: BTreeSet<String> = label
                .captures_iter(&found[3])
                .map(|label| label[1].to_owned())
                .collect();
            labels.extend(of_collector.clone());
            let endings: &[&str] = match &found[1] {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            for ending in endings {
                let known: &mut BTreeSet<String> =
                    all.entry(format!("{}{ending}", &found[2])).or_default();
                known.extend(labels.clone());
            }
        }
    }
    assert!(
        all.len() > 20,
        "the pattern finds the series: {:?}",
        all.keys()
    );
    all
}

/// What an expression names that is not emitted, series and labels.
fn unknown(expression: &str, series: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let grouping = pattern(r"\bby \(([^)]*)\)");
    let selection = pattern(r"([a-z_]+)\{([^}]*)\}");
    let name = pattern(r"[a-z_][a-z_0-9]*\(?");
    let text = pattern(r#""[^"]*"|\[[^\]]*\]"#);
    let bare = text.replace_all(expression, "");
    let mut wrong = Vec::new();
    let mut labels: BTreeSet<String> = BTreeSet::new();
    for found in grouping.captures_iter(&bare) {
        labels.extend(found[1].split(',').map(|label| label.trim().to_owned()));
    }
    for found in selection.captures_iter(&bare) {
        for label in name.find_iter(&found[2]) {
            let known = series
                .get(&found[1])
                .is_some_and(|it| it.contains(label.as_str()));
            if !known {
                wrong.push(format!("{}{{{}}}", &found[1], label.as_str()));
            }
        }
    }
    let plain = pattern(r"\{[^}]*\}").replace_all(&bare, "").into_owned();
    let plain = grouping.replace_all(&plain, "").into_owned();
    let words = ["unless", "and", "or", "on", "sum", "max", "min", "count"];
    let named: Vec<&str> = name
        .find_iter(&plain)
        .map(|it| it.as_str())
        .filter(|it| !it.ends_with('(') && !words.contains(it))
        .collect();
    assert!(!named.is_empty(), "no series in {expression}");
    wrong.extend(
        named
            .iter()
            .filter(|it| !series.contains_key(**it))
            .map(|it| (*it).to_owned()),
    );
    for label in labels {
        let known = named
            .iter()
            .any(|it| series.get(*it).is_some_and(|of| of.contains(&label)));
        if !known {
            wrong.push(format!("by ({label})"));
        }
    }
    wrong
}

/// Name, expression, runbook and summary of every alert.
fn alerts() -> Vec<[String; 4]> {
    let mut all = Vec::new();
    for file in files("deploy/alerts", ".yaml") {
        let documents = YamlLoader::load_from_str(&read(&file)).expect("YAML");
        for group in documents[0]["groups"].as_vec().expect("groups") {
            for rule in group["rules"].as_vec().expect("rules") {
                let text = |value: &yaml_rust2::Yaml| value.as_str().unwrap_or_default().to_owned();
                let notes = &rule["annotations"];
                all.push([
                    text(&rule["alert"]),
                    text(&rule["expr"]),
                    text(&notes["runbook"]),
                    text(&notes["summary"]),
                ]);
                let severity = rule["labels"]["severity"].as_str();
                assert!(matches!(severity, Some("page" | "ticket")), "{rule:?}");
            }
        }
    }
    all
}

#[test]
fn alerts_watch_series_that_exist_and_name_their_runbook() {
    let (series, alerts) = (series(), alerts());
    assert!(alerts.len() > 10);
    let names: BTreeSet<&String> = alerts.iter().map(|[name, ..]| name).collect();
    assert_eq!(names.len(), alerts.len(), "two alerts have one name");
    for [name, expression, runbook, summary] in &alerts {
        assert_eq!(
            unknown(expression, &series),
            <[&str; 0]>::default(),
            "{name}"
        );
        assert!(!summary.is_empty(), "{name} says nothing");
        assert!(
            runbook.starts_with("deploy/runbooks/") && root().join(runbook).is_file(),
            "{name} names {runbook:?}"
        );
        assert!(
            read(runbook).contains(&format!("`{name}`")),
            "{runbook} does not know {name}"
        );
    }
}

#[test]
fn an_expression_over_what_nobody_emits_is_found() {
    let series = series();
    for (expression, wrong) in [
        ("max(requests_lost_total) > 0", "requests_lost_total"),
        (
            r#"rate(mails_total{colour="red"}[5m]) > 1"#,
            "mails_total{colour}",
        ),
        ("sum by (tenant) (rate(checks_total[5m]))", "by (tenant)"),
        ("rate(check_lag_seconds[5m])", "check_lag_seconds"),
    ] {
        assert_eq!(unknown(expression, &series), [wrong], "{expression}");
    }
}

#[test]
fn dashboards_show_series_that_exist() {
    let series = series();
    for file in files("deploy/dashboards", ".json") {
        let board: serde_json::Value = serde_json::from_str(&read(&file)).expect("JSON");
        let panels = board["panels"].as_array().expect("panels");
        assert!(panels.len() > 5, "{file}");
        for panel in panels {
            let targets = panel["targets"].as_array().expect("targets");
            assert!(!targets.is_empty(), "{}", panel["title"]);
            for target in targets {
                let expression = target["expr"].as_str().expect("an expression");
                assert_eq!(
                    unknown(expression, &series),
                    <[&str; 0]>::default(),
                    "{}",
                    panel["title"]
                );
            }
        }
    }
}

#[test]
fn every_runbook_is_in_the_index_and_says_all_it_has_to() {
    let index = read("deploy/runbooks/README.md");
    for file in files("deploy/runbooks", ".md") {
        let name = file.rsplit('/').next().expect("a name");
        if name == "README.md" {
            continue;
        }
        assert!(
            index.contains(&format!("]({name})")),
            "{name} is not in the index"
        );
        let text = read(&file);
        let mut rest = text.as_str();
        for heading in ["Signal", "Check", "Action", "Proof", "Rollback"] {
            let (_, after) = rest
                .split_once(&format!("\n## {heading}\n\n"))
                .unwrap_or_else(|| panic!("{name} lacks {heading}, or has it in another place"));
            let said = after.split("\n## ").next().unwrap_or_default().trim();
            assert!(said.len() > 10, "{name} says nothing under {heading}");
            rest = after;
        }
        assert!(
            text.lines().count() <= 60,
            "{name} is too long to be read at night"
        );
    }
}

fn guides() -> Vec<String> {
    let mut all = files("deploy/runbooks", ".md");
    all.extend(["deploy/README.md", "deploy/UPGRADING.md"].map(str::to_owned));
    all
}

/// The words of a command as a shell would see them, placeholders filled in.
fn words(command: &str) -> Vec<String> {
    let fill = [
        ("<id>", "01900000-0000-7000-8000-000000000001"),
        ("<your address>", "you@example.com"),
        ("ADDRESS", "you@example.com"),
    ];
    let mut text = command.to_owned();
    for (placeholder, value) in fill {
        text = text.replace(placeholder, value);
    }
    let text = pattern(r"<[a-z-]+>")
        .replace_all(&text, "acme")
        .into_owned();
    pattern(r#""([^"]*)"|(\S+)"#)
        .captures_iter(&text)
        .filter_map(|found| found.get(1).or(found.get(2)))
        .map(|word| word.as_str().to_owned())
        .collect()
}

#[test]
fn every_command_in_the_guides_can_be_read_by_the_program() {
    let command = pattern(r"`signalbox ([^`|]+)`");
    let mut tried = BTreeSet::new();
    for file in guides() {
        for found in command.captures_iter(&read(&file)) {
            if !tried.insert(found[1].to_owned()) {
                continue;
            }
            // Everything before it is parsed; then it prints its help instead of acting.
            let output = Command::new(env!("CARGO_BIN_EXE_signalbox"))
                .args(words(&found[1]))
                .arg("--help")
                .env_clear()
                .output()
                .expect("the program runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{file}: signalbox {}: {said}",
                &found[1]
            );
        }
    }
    assert!(
        tried.len() > 20,
        "the pattern finds the commands: {tried:?}"
    );
}

#[test]
fn every_file_and_setting_in_the_guides_exists() {
    let link = pattern(r"\]\(([\w./-]+)\)");
    let path = pattern(r"`((?:deploy|scripts|services|tenant-templates|migrations)/[\w./-]*)");
    let setting = pattern(r"\b(SIGNALBOX_[A-Z_]*[A-Z])\b");
    let settings: BTreeSet<&str> = app::config::SETTINGS.iter().map(|it| it.name).collect();
    // Passwords of the compose file's own database, and what only the tests read.
    let others = [
        "SIGNALBOX_APP_PASSWORD",
        "SIGNALBOX_OWNER_PASSWORD",
        "SIGNALBOX_TEST_CITUS_URL",
    ];
    for file in guides() {
        let text = read(&file);
        let folder = file.rsplit_once('/').expect("a folder").0;
        for found in link.captures_iter(&text) {
            let target = root().join(folder).join(&found[1]);
            assert!(target.exists(), "{file} leads to {}", &found[1]);
        }
        for found in path.captures_iter(&text) {
            assert!(
                root().join(&found[1]).exists(),
                "{file} names {}",
                &found[1]
            );
        }
        for found in setting.captures_iter(&text) {
            let name = &found[1];
            assert!(
                settings.contains(name) || others.contains(&name),
                "{file} names {name}"
            );
        }
    }
}

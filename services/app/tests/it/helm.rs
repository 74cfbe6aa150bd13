//! The Helm chart, as far as that can be known without Helm and a cluster: the few constructs that its
//! templates use are filled in with the defaults, and what comes of them is looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};
use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/signalbox")
}

fn read(file: &str) -> String {
    let path = chart().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(text: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Hash(members) => members
            .iter()
            .map(|(name, value)| (name.as_str().expect("a name").to_owned(), json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Boolean(truth) => (*truth).into(),
        other => panic!("{other:?} is not expected in a chart"),
    }
}

fn values() -> Value {
    json(&parse(&read("values.yaml"))[0])
}

/// `template` with the values filled in. Whatever else Helm could do is not understood, and fails.
fn render(template: &str, values: &Value) -> Vec<Value> {
    let pattern = |text: &str| Regex::new(text).expect("a pattern");
    let at = |path: &str| {
        let pointer = path.replace('.', "/");
        values
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("there is no value {path}"))
            .clone()
    };
    let each =
        pattern(r"(?s)\{\{- range \$name, \$value := \.Values(\.[\w.]+) \}\}(.*?)\{\{- end \}\}");
    let text = each.replace_all(template, |found: &Captures<'_>| {
        let members = at(&found[1]);
        let lines = members
            .as_object()
            .expect("a map")
            .iter()
            .map(|(name, value)| {
                found[2]
                    .replace("{{ $name }}", name)
                    .replace("{{ $value | quote }}", &value.to_string())
            });
        lines
            .map(|line| line.trim_end().to_owned())
            .collect::<String>()
    });
    let when = pattern(r"(?s)\{\{- if \.Values(\.[\w.]+) \}\}(.*?)\{\{- end \}\}");
    let text = when.replace_all(&text, |found: &Captures<'_>| {
        let on = at(&found[1]).as_bool().expect("a truth");
        if on {
            found[2].to_owned()
        } else {
            String::new()
        }
    });
    let whole = pattern(r"\{\{ toJson \.Values(\.[\w.]+) \}\}");
    let text = whole.replace_all(&text, |found: &Captures<'_>| at(&found[1]).to_string());
    let plain = pattern(r"\{\{ \.Values(\.[\w.]+) \}\}");
    let text = plain.replace_all(&text, |found: &Captures<'_>| match at(&found[1]) {
        Value::String(text) => text,
        other => other.to_string(),
    });
    let text = text
        .replace("{{ .Release.Name }}", "house")
        .replace("{{ .Release.Revision }}", "1");
    assert!(!text.contains("{{"), "not understood:\n{text}");
    parse(&text).iter().map(json).collect()
}

/// Every object of the chart with its defaults.
fn objects() -> Vec<Value> {
    let values = values();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(chart().join("templates")).expect("templates") {
        let name = entry.expect("an entry").file_name();
        let file = format!("templates/{}", name.to_string_lossy());
        all.extend(render(&read(&file), &values));
    }
    all
}

fn of_kind(kind: &str) -> Vec<Value> {
    let mut found = objects();
    found.retain(|object| object["kind"] == kind);
    found
}

fn container(object: &Value) -> Value {
    object["spec"]["template"]["spec"]["containers"][0].clone()
}

/// Secrets that a container reads.
fn secrets(container: &Value) -> Vec<String> {
    let sources = container["envFrom"].as_array().expect("sources");
    sources
        .iter()
        .filter_map(|source| source["secretRef"]["name"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn the_chart_holds_what_an_installation_is_made_of() {
    let mut kinds: Vec<String> = objects()
        .iter()
        .map(|object| {
            let kind = object["kind"].as_str().expect("a kind");
            assert!(object["apiVersion"].is_string() && object["metadata"]["name"].is_string());
            kind.to_owned()
        })
        .collect();
    kinds.sort_unstable();
    let expected = [
        "ConfigMap",
        "Deployment",
        "Deployment",
        "Ingress",
        "Job",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PodDisruptionBudget",
        "Service",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn each_process_runs_its_command_with_no_more_secrets_and_rights_than_it_needs() {
    let mut commands = BTreeSet::new();
    let mut all = of_kind("Deployment");
    all.extend(of_kind("Job"));
    for object in &all {
        let (container, pod) = (container(object), &object["spec"]["template"]["spec"]);
        let command = container["args"][0].as_str().expect("a command").to_owned();
        let secrets = secrets(&container);
        let expected: &[&str] = match command.as_str() {
            "serve" => &["signalbox"],
            "work" => &["signalbox", "signalbox-owner"],
            "migrate" => &["signalbox-owner"],
            other => panic!("signalbox {other}"),
        };
        assert_eq!(secrets, expected, "{command}");
        assert_eq!(pod["securityContext"]["runAsUser"], 10001, "{command}");
        let rights = &container["securityContext"];
        assert_eq!(rights["readOnlyRootFilesystem"], true);
        assert_eq!(rights["allowPrivilegeEscalation"], false);
        assert_eq!(
            object["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"],
            command
        );
        commands.insert(command);
    }
    assert_eq!(commands.len(), 3);
    let dockerfile = chart().join("../../Dockerfile");
    let dockerfile = std::fs::read_to_string(dockerfile).expect("the image");
    assert!(dockerfile.contains("--uid 10001"));
    let jobs = of_kind("Job");
    let (platform, organizations) = (&jobs[0], &jobs[1]);
    assert_eq!(
        platform["metadata"]["annotations"]["helm.sh/hook"],
        "pre-install,pre-upgrade"
    );
    let args = |job: &Value| container(job)["args"].clone();
    assert_eq!(args(platform), json!(["migrate", "run", "--platform-only"]));
    // One organisation that cannot be migrated fails this job, and no upgrade.
    assert_eq!(args(organizations), json!(["migrate", "run"]));
    assert_eq!(organizations["metadata"]["annotations"], Value::Null);
    assert_eq!(organizations["spec"]["backoffLimit"], 0);
}

#[test]
fn every_selector_finds_its_pods_and_every_port_is_there() {
    let pods: Vec<Value> = of_kind("Deployment")
        .iter()
        .map(|it| it["spec"]["template"]["metadata"]["labels"].clone())
        .collect();
    let mut selectors: Vec<Value> = of_kind("Service")
        .iter()
        .map(|it| it["spec"]["selector"].clone())
        .collect();
    for kind in ["Deployment", "PodDisruptionBudget"] {
        let of_this = of_kind(kind);
        selectors.extend(
            of_this
                .iter()
                .map(|it| it["spec"]["selector"]["matchLabels"].clone()),
        );
    }
    for selector in &selectors {
        assert!(pods.contains(selector), "{selector} finds nothing");
    }
    for deployment in of_kind("Deployment") {
        let container = container(&deployment);
        let ports = container["ports"].as_array().expect("ports");
        let named = |port: &Value| ports.iter().any(|it| it["name"] == *port);
        for probe in ["readinessProbe", "livenessProbe"] {
            let Some(get) = container[probe]["httpGet"].as_object() else {
                assert_eq!(
                    (probe, &container["name"]),
                    ("readinessProbe", &"work".into())
                );
                continue;
            };
            assert!(named(&get["port"]), "{probe}");
            let path = get["path"].as_str().expect("a path");
            assert!(
                ["/health", "/health/ready", "/health/detailed"].contains(&path),
                "{path}"
            );
        }
    }
    let ingress = &of_kind("Ingress")[0];
    let hosts: Vec<&str> = ingress["spec"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|rule| rule["host"].as_str())
        .collect();
    assert_eq!(hosts, ["signalbox.example", "*.signalbox.example"]);
    let service = &of_kind("Service")[0]["metadata"]["name"];
    let backend = &ingress["spec"]["rules"][1]["http"]["paths"][0]["backend"];
    assert_eq!(backend["service"]["name"], *service);
}

#[test]
fn every_setting_of_the_chart_exists() {
    let known: BTreeSet<&str> = app::config::SETTINGS.iter().map(|it| it.name).collect();
    let named = Regex::new(r"\b(SIGNALBOX_[A-Z_]*[A-Z])\b").expect("a pattern");
    let mut texts = vec![read("values.yaml")];
    for name in ["settings.yaml", "network.yaml"] {
        texts.push(read(&format!("templates/{name}")));
    }
    let mut found = 0;
    for text in &texts {
        for setting in named.find_iter(text) {
            assert!(known.contains(setting.as_str()), "{}", setting.as_str());
            found += 1;
        }
    }
    assert!(found > 8);
    let data = of_kind("ConfigMap")[0]["data"].clone();
    assert_eq!(
        data["SIGNALBOX_MAIL_FROM"],
        "Signalbox <no-reply@signalbox.example>"
    );
    for (name, value) in data.as_object().expect("settings") {
        assert!(value.is_string(), "{name} is text");
        let secret = app::config::SETTINGS
            .iter()
            .any(|it| it.name == name && it.secret);
        assert!(!secret, "{name} belongs into a Secret");
    }
}

/// Keys of the defaults and of the schema, level by level, are the same.
#[test]
fn the_schema_describes_every_value() {
    let schema: Value = serde_json::from_str(&read("values.schema.json")).expect("JSON");
    fn compare(schema: &Value, root: &Value, values: &Value, path: &str) {
        let schema = match schema["$ref"].as_str() {
            Some(link) => root
                .pointer(link.trim_start_matches('#'))
                .expect("a definition"),
            None => schema,
        };
        let Some(described) = schema["properties"].as_object() else {
            return;
        };
        assert_eq!(schema["additionalProperties"], false, "{path}");
        let values = values.as_object().expect("an object");
        let (have, known): (BTreeSet<_>, BTreeSet<_>) =
            (values.keys().collect(), described.keys().collect());
        assert_eq!(have, known, "{path}");
        for (name, value) in values {
            compare(&described[name], root, value, &format!("{path}.{name}"));
        }
    }
    compare(&schema, &schema, &values(), "");
}

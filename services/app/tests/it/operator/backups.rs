//! `signalbox backup` and `signalbox tenant restore`: a server that replicates, a real base backup, and restores.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use db::{Db, DbConfig, NewTenant};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tenancy::TEMPLATE_VERSION;
use testkit::LoneServer;

const KEY: &str = "a secret key for tests, and for nothing but tests";

/// A server of which a base backup can be made, with an organisation in it.
struct Server {
    postgres: LoneServer,
    environment: Vec<(String, String)>,
}

impl Server {
    async fn start() -> Self {
        let postgres = LoneServer::start(2).await;
        let url = |user: &str| postgres.url(user).expose_secret().to_owned();
        let environment = [
            ("SIGNALBOX_BASE_DOMAIN", "localhost".to_owned()),
            ("SIGNALBOX_DATABASE_URL", url("signalbox_app")),
            ("SIGNALBOX_OWNER_DATABASE_URL", url("signalbox_owner")),
            ("SIGNALBOX_BACKUP_DATABASE_URL", url("postgres")),
            ("SIGNALBOX_SECRET_KEY", KEY.to_owned()),
            ("SIGNALBOX_SMTP_URL", "off".to_owned()),
            ("USER", "ada".to_owned()),
            ("PATH", "/usr/bin:/bin".to_owned()),
        ];
        let server = Self {
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            postgres,
        };
        server.furnish().await;
        server
    }

    /// An organisation with people.
    async fn furnish(&self) {
        let url = self.postgres.url("signalbox_app");
        let db = Db::connect(&DbConfig::new(url)).await.expect("the app");
        let new = NewTenant {
            name: "Acme",
            slug: "acme",
            host: "acme.localhost",
        };
        let claimed = db
            .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
            .await;
        let tenant = claimed.expect("a claim").expect("a ready schema");
        let people = format!(
            "INSERT INTO {}.users (id, email, password_hash, role, created_at)
             SELECT gen_random_uuid(), 'person-' || n || '@acme.example', 'x', 'member', '2026-01-01'
               FROM generate_series(1, 500) AS n",
            tenant.schema()
        );
        self.postgres
            .connect("postgres")
            .await
            .batch(&people)
            .await
            .expect("people");
    }

    async fn number(&self, what: &str) -> i64 {
        let sql = format!("SELECT count(*) AS rows FROM {what}");
        let rows = self
            .postgres
            .connect("postgres")
            .await
            .query(&sql, &[])
            .await
            .expect(what);
        rows[0].get("rows").expect("a count")
    }

    fn set(&mut self, name: &str, value: impl AsRef<Path>) {
        let value = value.as_ref().to_str().expect("text").to_owned();
        self.environment.push((name.to_owned(), value));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.postgres.path(name)
    }

    /// Runs a program with the server's settings.
    async fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.envs(self.environment.iter().cloned());
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        ran.expect("a thread").expect("the program runs")
    }

    async fn signalbox(&self, arguments: &[&str], code: i32) -> Value {
        let program = Path::new(env!("CARGO_BIN_EXE_signalbox"));
        let output = self.run(program, &[arguments, &["--json"]].concat()).await;
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{out}{err}");
        let error = json!({ "said": err });
        out.lines()
            .last()
            .map_or(error, |line| serde_json::from_str(line).expect("JSON"))
    }

    /// Why `arguments` fail.
    async fn refusal(&self, arguments: &[&str]) -> String {
        let said = self.signalbox(arguments, 1).await;
        said["said"].as_str().expect("words").to_owned()
    }

    /// Makes a backup and answers its folder.
    async fn backup(&self, more: &[&str]) -> (PathBuf, Value) {
        let to = self.path("backups");
        let run = ["backup", "run", "--to", to.to_str().expect("text")];
        let made = self.signalbox(&[&run[..], more].concat(), 0).await;
        (to.join(made["name"].as_str().expect("a name")), made)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Changes the description of a backup.
fn redescribe(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("backup.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).expect("it")).expect("JSON");
    change(&mut record);
    fs::write(&path, record.to_string()).expect("it is written");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn flip(path: &Path, place: impl FnOnce(usize) -> usize) {
    let mut bytes = fs::read(path).expect("the file");
    let place = place(bytes.len());
    bytes[place] ^= 16;
    fs::write(path, bytes).expect("it is written");
}

/// Changes one byte of one table's file inside the archive of the data folder.
fn tamper(base: &Path) {
    let bytes = fs::read(base).expect("the archive");
    let mut from = tar::Archive::new(MultiGzDecoder::new(bytes.as_slice()));
    let mut to = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut changed = false;
    for entry in from.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let mut header = entry.header().clone();
        let path = entry.path().expect("a path").into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        if !changed && path.starts_with("base") && content.len() >= 8192 {
            content[5000] ^= 1;
            changed = true;
        }
        to.append_data(&mut header, &path, content.as_slice())
            .expect("an entry");
    }
    assert!(changed);
    let gzip = to.into_inner().expect("a tar").finish().expect("a gzip");
    fs::write(base, gzip).expect("it is written");
}

#[actix_web::test]
async fn a_backup_is_believed_when_its_restore_passed_and_not_with_one_byte_changed() {
    let server = Server::start().await;
    let (folder, made) = server.backup(&["--verify"]).await;
    assert_eq!(
        (&made["verified"], &made["encrypted"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        names(&folder),
        [
            "backup.json",
            "backup_manifest",
            "base.tar.gz",
            "pg_wal.tar.gz"
        ]
    );
    let mode = fs::metadata(&folder).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(
        server
            .number("platform.backups WHERE verified_at >= made_at")
            .await,
        1
    );
    let acts = "platform.operator_audit WHERE action = 'backup.made' AND actor = 'cli:ada'";
    assert_eq!(server.number(acts).await, 1);
    let listed = server
        .signalbox(
            &[
                "backup",
                "list",
                folder.parent().expect("it").to_str().expect("text"),
            ],
            0,
        )
        .await;
    assert_eq!(listed["name"], made["name"]);

    let verify = ["backup", "verify", folder.to_str().expect("text")];
    assert_eq!(server.signalbox(&verify, 0).await["verified"], true);
    let measured = fs::read_to_string(folder.join("backup.json")).expect("it");
    assert!(
        measured.contains("\"table\": \"users\""),
        "an organisation is compared: {measured}"
    );

    // What it says of the restore is wrong: rows, or an organisation that is not there.
    let whole = fs::read(folder.join("backup.json")).expect("it");
    redescribe(&folder, |record| {
        record["measured"]["platform"][0][1] = json!(77)
    });
    let said = server.refusal(&verify).await;
    assert!(said.contains("has not its 77 rows"), "{said}");
    fs::write(folder.join("backup.json"), &whole).expect("as it was");
    redescribe(&folder, |record| {
        record["measured"]["samples"][0]["sums"][0]["sha256"] = json!("00");
    });
    let said = server.refusal(&verify).await;
    assert!(said.contains("differs"), "{said}");
    fs::write(folder.join("backup.json"), &whole).expect("as it was");

    // One byte, anywhere.
    for (file, place) in [
        ("base.tar.gz", 3),
        ("base.tar.gz", 2),
        ("pg_wal.tar.gz", 2),
        ("backup_manifest", 2),
    ] {
        let path = folder.join(file);
        let bytes = fs::read(&path).expect("the file");
        flip(&path, |length| length / place);
        let said = server.refusal(&verify).await;
        assert!(
            said.contains(&format!("{file} is not what was written")),
            "{said}"
        );
        fs::write(&path, bytes).expect("as it was");
    }
    // One byte of a table, and the description made to fit by somebody with time on their hands.
    let base = folder.join("base.tar.gz");
    let bytes = fs::read(&base).expect("the file");
    tamper(&base);
    let output = Command::new("sha256sum")
        .arg(&base)
        .output()
        .expect("sha256sum");
    let (sum, size) = (
        text(&output.stdout)[..64].to_owned(),
        fs::metadata(&base).expect("it").len(),
    );
    redescribe(&folder, |record| {
        let files = record["files"].as_array_mut().expect("files");
        let entry = files
            .iter_mut()
            .find(|it| it["name"] == "base.tar.gz")
            .expect("the file");
        (entry["sha256"], entry["bytes"]) = (json!(sum), json!(size));
    });
    let said = server.refusal(&verify).await;
    assert!(
        said.contains("pg_verifybackup failed") && said.contains("checksum mismatch"),
        "{said}"
    );
    fs::write(&base, bytes).expect("as it was");
    fs::write(folder.join("backup.json"), &whole).expect("as it was");
    server.signalbox(&verify, 0).await;

    fs::remove_file(folder.join("pg_wal.tar.gz")).expect("it goes");
    let said = server.refusal(&verify).await;
    assert!(said.contains("pg_wal.tar.gz is missing"), "{said}");
}

#[actix_web::test]
async fn the_scripts_do_what_they_say() {
    let mut server = Server::start().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (backup, restore) = (root.join("scripts/backup"), root.join("scripts/restore"));
    let bin = Path::new(env!("CARGO_BIN_EXE_signalbox"))
        .parent()
        .expect("a folder");
    server.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    for (script, usage) in [
        (&backup, "Usage: scripts/backup FOLDER"),
        (&restore, "Usage: scripts/restore SLUG"),
    ] {
        let said = server.run(script, &["--help"]).await;
        assert!(
            said.status.success() && text(&said.stdout).starts_with(usage),
            "{said:?}"
        );
    }
    let to = server.path("backups");
    let to = to.to_str().expect("text");
    let made = server.run(&backup, &[to, "--verify", "--json"]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    assert_eq!(made["verified"], true);
    let listed = server.run(&backup, &["--list", to]).await;
    assert!(
        text(&listed.stdout).starts_with("signalbox-2"),
        "{listed:?}"
    );
    let folder = format!("{to}/{}", made["name"].as_str().expect("a name"));
    let verified = server.run(&backup, &["--verify", &folder]).await;
    assert!(
        text(&verified.stdout).contains("can be restored"),
        "{verified:?}"
    );
    let restored = server
        .run(&restore, &["acme", "--from", &folder, "--confirm", "acme"])
        .await;
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    assert!(
        text(&restored.stdout).starts_with("acme-restored on acme-restored.localhost"),
        "{restored:?}"
    );
    assert_eq!(
        server
            .number("platform.tenants WHERE slug = 'acme-restored'")
            .await,
        1
    );
}

#[actix_web::test]
async fn an_organisation_comes_back_out_of_a_backup_beside_what_is_there() {
    let server = Server::start().await;
    let (folder, _) = server.backup(&[]).await;
    let lost = "DO $$ BEGIN EXECUTE (SELECT format('DELETE FROM %I.users', schema_name)
                  FROM platform.tenants WHERE slug = 'acme'); END $$";
    server
        .postgres
        .connect("postgres")
        .await
        .batch(lost)
        .await
        .expect("an accident");
    let from = folder.to_str().expect("text");
    let restore = ["tenant", "restore", "acme", "--from", from];
    server.signalbox(&restore, 3).await;
    server
        .signalbox(&[&restore[..], &["--confirm", "other"]].concat(), 3)
        .await;
    let tried = [&restore[..], &["--dry-run"]].concat();
    server.signalbox(&tried, 0).await;
    assert_eq!(
        server
            .number("platform.tenants WHERE slug = 'acme-restored'")
            .await,
        0
    );
    let confirmed = [&restore[..], &["--confirm", "acme"]].concat();
    let done = server.signalbox(&confirmed, 0).await;
    assert_eq!(done["host"], "acme-restored.localhost");
    let people = "platform.address_hashes a JOIN platform.tenants t ON t.id = a.tenant_id WHERE t.slug = 'acme-restored'";
    assert_eq!(server.number(people).await, 500);
    // Said again, it is there already; whoever is not in the backup cannot come out of it.
    assert_eq!(server.signalbox(&confirmed, 3).await["error"], "slug_taken");
    let nobody = [
        "tenant",
        "restore",
        "nobody",
        "--from",
        from,
        "--confirm",
        "nobody",
    ];
    assert_eq!(server.signalbox(&nobody, 4).await["error"], "not_found");
}

#[actix_web::test]
async fn an_encrypted_backup_is_nothing_without_the_key_and_goes_elsewhere_as_it_is() {
    let mut server = Server::start().await;
    let home = TempDir::new().expect("a folder");
    let gpg = |arguments: &[&str]| {
        let ran = Command::new("gpg")
            .args(arguments)
            .env("GNUPGHOME", home.path())
            .output();
        let ran = ran.expect("gpg runs");
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        ran.stdout
    };
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).expect("private");
    gpg(&[
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "backup@signalbox.example",
        "rsa2048",
        "encr",
        "never",
    ]);
    let key = server.path("key.asc");
    fs::write(
        &key,
        gpg(&["--armor", "--export", "backup@signalbox.example"]),
    )
    .expect("the key");
    let (sender, sent) = (server.path("send"), server.path("sent"));
    let script = format!("#!/bin/sh\nls \"$1\" > '{}'\n", sent.display());
    fs::write(&sender, script).expect("a program");
    fs::set_permissions(&sender, fs::Permissions::from_mode(0o700)).expect("it may run");
    server.set("SIGNALBOX_BACKUP_RECIPIENT_KEY", &key);
    server.set("SIGNALBOX_BACKUP_OFFSITE_COMMAND", &sender);

    // A key that is none: nothing is left, least of all the database as anybody can read it.
    server.set("SIGNALBOX_BACKUP_RECIPIENT_KEY", &sender);
    let to = server.path("backups");
    let said = server
        .refusal(&["backup", "run", "--to", to.to_str().expect("text")])
        .await;
    assert!(said.contains("gpg"), "{said}");
    assert_eq!(names(&to), [".lock"]);
    server.set("SIGNALBOX_BACKUP_RECIPIENT_KEY", &key);

    let (folder, made) = server.backup(&["--verify"]).await;
    assert_eq!(
        (&made["verified"], &made["encrypted"]),
        (&json!(true), &json!(true))
    );
    let files = [
        "backup.json",
        "backup_manifest.gpg",
        "base.tar.gz.gpg",
        "pg_wal.tar.gz.gpg",
    ];
    assert_eq!(names(&folder), files);
    assert_eq!(
        fs::read_to_string(&sent).expect("what was sent"),
        files.join("\n") + "\n"
    );
    let verify = ["backup", "verify", folder.to_str().expect("text")];
    let stranger = TempDir::new().expect("a folder");
    server.set("GNUPGHOME", stranger.path());
    let said = server.refusal(&verify).await;
    assert!(said.contains("gpg failed"), "{said}");
    server.set("GNUPGHOME", home.path());
    assert_eq!(server.signalbox(&verify, 0).await["verified"], true);

    // A program that fails is told, and the backup stays.
    fs::write(&sender, "#!/bin/sh\necho no room >&2\nexit 7\n").expect("another program");
    let to = server.path("backups");
    // Names are made of seconds.
    redescribe(&folder, |record| {
        record["name"] = json!("signalbox-20200101T000000Z")
    });
    fs::rename(&folder, to.join("signalbox-20200101T000000Z")).expect("an older one");
    let said = server
        .refusal(&["backup", "run", "--to", to.to_str().expect("text")])
        .await;
    assert!(
        said.contains("not taken elsewhere") && said.contains("no room"),
        "{said}"
    );
    let backups = names(&to)
        .into_iter()
        .filter(|it| it.starts_with("signalbox-"));
    assert_eq!(backups.count(), 2);
    for home in [home.path(), stranger.path()] {
        // The agent that gpg starts outlives it.
        let stop = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", home)
            .status();
        assert!(stop.expect("gpgconf runs").success());
    }
}

#[actix_web::test]
async fn old_backups_go_and_the_newest_never() {
    let server = Server::start().await;
    let (first, _) = server.backup(&[]).await;
    let to = first.parent().expect("the folder").to_path_buf();
    let age = |from: &Path, name: &str, made_at: &str| {
        let folder = to.join(name);
        fs::create_dir(&folder).expect("a folder");
        for file in names(from) {
            fs::copy(from.join(&file), folder.join(&file)).expect("a copy");
        }
        redescribe(&folder, |record| {
            record["name"] = json!(name);
            record["made_at"] = json!(made_at);
        });
    };
    age(&first, "signalbox-20200101T000000Z", "2020-01-01T00:00:00Z");
    age(&first, "signalbox-20200102T000000Z", "2020-01-02T00:00:00Z");
    fs::remove_dir_all(&first).expect("the new one goes");
    // What is no backup is left alone, what a killed run left is not.
    fs::create_dir(to.join("signalbox-something-else")).expect("a folder");
    fs::create_dir(to.join(".signalbox-20200103T000000Z.draft")).expect("a folder");
    let (last, _) = server.backup(&[]).await;
    let last = last
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    assert_eq!(
        names(&to),
        [".lock", last.as_str(), "signalbox-something-else"]
    );
}

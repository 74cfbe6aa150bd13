//! The private Postgres on every installation of this machine: the system's and the npm package's.
//! Run as root, the server runs as an unprivileged account, and some tests run once more as that.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fakes::{Installation, PostgresError, PostgresOptions, PrivatePostgres};
use tempfile::TempDir;

/// Where scripts/postgres-binaries links what it fetched.
fn unpacked() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../.dev/postgres-18")]
}

fn installations() -> Vec<Installation> {
    let found = Installation::all(&unpacked());
    assert!(!found.is_empty(), "no Postgres: run scripts/setup-test");
    found
}

/// A folder that the server's account can enter.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("fakes-")
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn options(data_dir: &Path, installation: &Installation) -> PostgresOptions {
    PostgresOptions {
        durable: false,
        bin_dir: Some(installation.bin_dir.clone()),
        ..PostgresOptions::new(data_dir)
    }
}

/// The first column of the first row, by the simple query protocol; `None` where no server answers.
fn ask(socket_dir: &Path, sql: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket_dir.join(".s.PGSQL.5432")).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let words = b"user\0postgres\0database\0postgres\0\0";
    stream
        .write_all(
            &[
                &(8 + words.len() as u32).to_be_bytes()[..],
                &196_608_u32.to_be_bytes(),
                words,
            ]
            .concat(),
        )
        .ok()?;
    stream
        .write_all(
            &[
                b"Q",
                &(5 + sql.len() as u32).to_be_bytes()[..],
                sql.as_bytes(),
                b"\0",
            ]
            .concat(),
        )
        .ok()?;
    let mut kind = [0; 1];
    let (mut value, mut queries) = (None, 0);
    while queries < 2 {
        stream.read_exact(&mut kind).ok()?;
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        stream.read_exact(&mut body).ok()?;
        match kind[0] {
            b'D' => value = value.or(Some(String::from_utf8_lossy(&body[6..]).into_owned())),
            b'E' if queries == 0 => return None, // starting up or stopping
            b'E' => panic!("{sql}: {}", String::from_utf8_lossy(&body)),
            b'Z' => queries += 1,
            _ => {}
        }
    }
    value.or(Some(String::new()))
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn as_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Runs one of the tests below in a process of its own, from a copy that anyone may run.
fn in_another_process(test: &str, argument: &Path, account: Option<u32>) -> Child {
    let program = argument.join("test-program");
    // A copy made here would be open for writing in any child that another thread starts meanwhile,
    // and a program that is open for writing does not start.
    let copy = [std::env::current_exe().unwrap(), program.clone()];
    assert!(Command::new("cp").args(copy).status().unwrap().success());
    let mut command = Command::new(&program);
    command
        .args(["--exact", test, "--nocapture"])
        .current_dir(argument);
    if let Some(id) = account {
        command.uid(id).gid(id);
    }
    command.stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::test]
async fn it_answers_keeps_its_data_over_a_restart_and_listens_on_no_network() {
    for installation in installations() {
        let folder = folder();
        let data_dir = folder.path().join("postgres");
        let server = PrivatePostgres::start(options(&data_dir, &installation))
            .await
            .unwrap();
        assert_eq!(server.version(), installation.version);
        assert_eq!(
            ask(server.socket_dir(), "SHOW server_version_num")
                .unwrap()
                .len(),
            6
        );
        assert_eq!(
            ask(server.socket_dir(), "SHOW listen_addresses").unwrap(),
            ""
        );
        assert_eq!(ask(server.socket_dir(), "SHOW fsync").unwrap(), "off");
        assert_eq!(
            fs::metadata(server.socket_dir()).unwrap().mode() & 0o777,
            0o700
        );
        ask(
            server.socket_dir(),
            "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here')",
        );
        let socket_dir = server.socket_dir().to_owned();
        server.stop().await;
        assert_eq!(ask(&socket_dir, "SELECT 1"), None);

        let durable = PostgresOptions {
            durable: true,
            ..options(&data_dir, &installation)
        };
        let server = PrivatePostgres::start(durable).await.unwrap();
        assert_eq!(
            ask(server.socket_dir(), "SELECT word FROM kept").unwrap(),
            "still here"
        );
        assert_eq!(ask(server.socket_dir(), "SHOW fsync").unwrap(), "on");
    }
}

#[tokio::test]
async fn a_second_user_of_the_folder_is_told_who_has_it() {
    let folder = folder();
    let first = PrivatePostgres::start(options(folder.path(), &installations()[0]))
        .await
        .unwrap();
    let refused = PrivatePostgres::start(options(folder.path(), &installations()[0]))
        .await
        .unwrap_err();
    let holder = std::process::id().to_string();
    assert!(
        matches!(&refused, PostgresError::InUse { holder: named, .. } if *named == holder),
        "{refused}"
    );
    assert_eq!(ask(first.socket_dir(), "SELECT 1").unwrap(), "1");
}

#[tokio::test]
async fn the_mark_of_a_server_that_is_gone_does_not_prevent_a_start() {
    let folder = folder();
    let installation = installations().remove(0);
    PrivatePostgres::start(options(folder.path(), &installation))
        .await
        .unwrap()
        .stop()
        .await;
    // The machine went down, and another program of the same account got the server's number.
    let mut other = Command::new("sleep");
    other.arg("60").stdout(Stdio::null()).stderr(Stdio::null());
    if as_root() {
        other.uid(65_534).gid(65_534);
    }
    let mut other = other.spawn().unwrap();
    let mark = folder.path().join("cluster/postmaster.pid");
    fs::write(&mark, format!("{}\n", other.id())).unwrap();
    let server = PrivatePostgres::start(options(folder.path(), &installation))
        .await
        .unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(ask(server.socket_dir(), "SELECT 1").unwrap(), "1");
}

#[tokio::test]
async fn half_a_cluster_is_thrown_away_and_made_anew() {
    let folder = folder();
    let draft = folder.path().join("cluster.new");
    fs::create_dir(&draft).unwrap();
    fs::write(draft.join("PG_VERSION"), "15\n").unwrap();
    let server = PrivatePostgres::start(options(folder.path(), &installations()[0]))
        .await
        .unwrap();
    assert_eq!(ask(server.socket_dir(), "SELECT 1").unwrap(), "1");
    assert!(!draft.exists());
}

#[tokio::test]
async fn a_folder_belongs_to_the_version_that_made_it() {
    let all = installations();
    let [first, second, ..] = &all[..] else {
        eprintln!("skipped: only one version of Postgres is here");
        return;
    };
    let folder = folder();
    PrivatePostgres::start(options(folder.path(), second))
        .await
        .unwrap()
        .stop()
        .await;

    let refused = PrivatePostgres::start(options(folder.path(), first))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, PostgresError::WrongVersion { major, .. } if major == second.major),
        "{refused}"
    );

    let unnamed = PostgresOptions {
        bin_dir: None,
        unpacked: unpacked(),
        ..options(folder.path(), first)
    };
    let server = PrivatePostgres::start(unnamed).await.unwrap();
    assert_eq!(server.bin_dir(), second.bin_dir);
}

#[tokio::test]
async fn a_folder_too_deep_for_a_socket_gets_its_socket_elsewhere() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(60)).join("e".repeat(60));
    let server = PrivatePostgres::start(options(&deep, &installations()[0]))
        .await
        .unwrap();
    let socket_dir = server.socket_dir().to_owned();
    assert!(
        socket_dir.as_os_str().len() < 40,
        "{}",
        socket_dir.display()
    );
    assert_eq!(ask(&socket_dir, "SELECT 1").unwrap(), "1");
    server.stop().await;
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn a_folder_without_usable_programs_is_named_in_the_refusal() {
    let folder = folder();
    let options = PostgresOptions {
        bin_dir: Some(folder.path().join("nothing-here")),
        ..PostgresOptions::new(folder.path())
    };
    let refused = PrivatePostgres::start(options)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("nothing-here"), "{refused}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = folder();
    let mut options = options(folder.path(), &installations()[0]);
    options.settings = vec!["shared_buffers=nonsense".to_owned()];
    let refused = PrivatePostgres::start(options)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("nonsense"), "{refused}");
}

#[tokio::test]
async fn a_temporary_server_takes_its_folder_with_it() {
    let bin_dir = installations().remove(0).bin_dir;
    let server = PrivatePostgres::temporary(Some(bin_dir), Vec::new())
        .await
        .unwrap();
    let data_dir = server.data_dir().to_owned();
    assert_eq!(ask(server.socket_dir(), "SELECT 1").unwrap(), "1");
    drop(server);
    assert!(!data_dir.exists());
}

#[test]
fn a_server_does_not_outlive_a_process_that_is_killed() {
    let folder = folder();
    let mut owner = in_another_process("starts_a_server_here_and_waits", folder.path(), None);
    let socket_dir = folder.path().join("postgres/run");
    eventually("it answers", || ask(&socket_dir, "SELECT 1").is_some());
    owner.kill().unwrap();
    owner.wait().unwrap();
    let mark = folder.path().join("postgres/cluster/postmaster.pid");
    eventually("it is gone", || !mark.exists());
}

/// The other processes in the group of `pid`.
#[cfg(target_os = "linux")]
fn processes_beside(pid: &str) -> Vec<String> {
    let group = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(stat.rsplit(") ").next()?.split(' ').nth(2)?.to_owned())
    };
    let all = fs::read_dir("/proc").unwrap();
    let all = all.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ours = group(pid);
    all.filter(|other| other != pid && group(other) == ours)
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_left_behind_is_stopped_and_replaced() {
    let folder = folder();
    let mut owner = in_another_process("starts_a_server_here_and_waits", folder.path(), None);
    let data_dir = folder.path().join("postgres");
    eventually("it answers", || {
        ask(&data_dir.join("run"), "SELECT 1").is_some()
    });
    let pid = |mark: &Path| {
        fs::read_to_string(mark)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    let left_behind = pid(&data_dir.join("cluster/postmaster.pid"));
    // Without its guards, which share its process group, nobody stops it when the owner is killed.
    // On a busy machine, what helped it to start may still be on its way out.
    eventually("only its two guards are left", || {
        processes_beside(&left_behind).len() == 2
    });
    let mut victims = processes_beside(&left_behind);
    victims.push(owner.id().to_string());
    Command::new("kill")
        .arg("-KILL")
        .args(victims)
        .status()
        .unwrap();
    owner.wait().unwrap();
    assert!(Path::new(&format!("/proc/{left_behind}")).exists());

    let server = PrivatePostgres::start(options(&data_dir, &installations()[0]))
        .await
        .unwrap();
    assert_ne!(pid(&data_dir.join("cluster/postmaster.pid")), left_behind);
    assert_eq!(ask(server.socket_dir(), "SELECT 1").unwrap(), "1");
}

#[tokio::test]
async fn roots_server_runs_as_somebody_else_even_where_only_root_can_go() {
    if !as_root() {
        return;
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let asked = closed.join("postgres");
    let server = PrivatePostgres::start(options(&asked, &installations()[0]))
        .await
        .unwrap();
    let used = server.data_dir().to_owned();
    assert!(!used.starts_with(folder.path()), "{}", used.display());
    assert_ne!(fs::metadata(used.join("cluster")).unwrap().uid(), 0);
    assert_eq!(ask(server.socket_dir(), "SELECT 1").unwrap(), "1");
    server.stop().await;
    fs::remove_dir_all(used).unwrap();
}

#[test]
fn an_unprivileged_account_runs_it_as_itself() {
    if !as_root() {
        return; // then all the other tests have shown it
    }
    let folder = folder();
    std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
    let mut owner = in_another_process(
        "starts_a_server_here_and_waits",
        folder.path(),
        Some(65_534),
    );
    eventually("it answers", || {
        ask(&folder.path().join("postgres/run"), "SELECT 1").is_some()
    });
    assert_eq!(
        fs::metadata(folder.path().join("postgres/lock"))
            .unwrap()
            .uid(),
        65_534
    );
    owner.kill().unwrap();
    owner.wait().unwrap();
    let mark = folder.path().join("postgres/cluster/postmaster.pid");
    eventually("it is gone", || !mark.exists());
}

/// The part of other tests that needs a process of its own: they start this program in their folder.
#[tokio::test]
async fn starts_a_server_here_and_waits() {
    let here = std::env::current_dir().unwrap();
    if !here.join("test-program").exists() {
        return;
    }
    let data_dir = here.join("postgres");
    let _server = PrivatePostgres::start(options(&data_dir, &installations()[0]))
        .await
        .unwrap();
    std::future::pending::<()>().await;
}

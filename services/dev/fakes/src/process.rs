//! A server process that cannot outlive the one that started it. Must not know which server.
//!
//! The server runs under a few lines of shell that hold the read end of a pipe; the write end, the
//! lifeline, is held here. However this process ends, the kernel closes the lifeline, and the shell
//! then asks the server to stop. Nothing of this needs `unsafe`, and it works where a parent-death
//! signal would not: that one fires when a *thread* ends.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// `$1` is a folder to remove at the end (or empty), `$2` the signal that ends the server, the rest its
/// command line.
const GUARD: &str = r#"
leftover=$1; signal=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _; kill -s "$signal" "$server"; } <&3 >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait "$server"; code=$?
kill "$guard" 2>/dev/null
[ -z "$leftover" ] || rm -rf -- "$leftover"
exit "$code"
"#;

/// How long a server may take to stop in good order before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// What both Postgres ("fast") and Redis end at.
pub(crate) const INTERRUPT: &str = "INT";

/// Who a program runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub uid: u32,
    pub gid: u32,
}

/// What to run, and how.
pub(crate) struct Program<'a> {
    pub path: &'a Path,
    pub arguments: Vec<String>,
    pub folder: &'a Path,
    pub account: Option<Account>,
    pub log: File,
    /// What the server takes as: stop now, in good order.
    pub signal: &'static str,
    /// Removed when the server has ended, whatever became of this process.
    pub leftover: Option<&'a Path>,
}

/// A running server; it is stopped by `stop`, by dropping this, or by the death of this process.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Guarded {
    pub(crate) fn spawn(program: Program<'_>) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", GUARD, "guard"])
            .arg(program.leftover.unwrap_or(Path::new("")))
            .arg(program.signal)
            .arg(program.path)
            .args(program.arguments)
            .current_dir(program.folder)
            .stdin(Stdio::piped())
            .stdout(program.log.try_clone()?)
            .stderr(program.log)
            // Ctrl-C in a terminal reaches the whole foreground group: the server must see it
            // only after this process has finished with it.
            .process_group(0);
        if let Some(account) = program.account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut child = command.spawn()?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline })
    }

    /// The exit status, once the server has ended.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops the server in good order; kills it when that takes too long.
    pub(crate) async fn stop(&mut self) {
        self.lifeline = None;
        let deadline = Instant::now() + PATIENCE;
        while self.exited().is_none() {
            if Instant::now() > deadline {
                return self.kill();
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn stop_blocking(&mut self) {
        self.lifeline = None;
        let deadline = Instant::now() + PATIENCE;
        while self.exited().is_none() {
            if Instant::now() > deadline {
                return self.kill();
            }
            std::thread::sleep(POLL);
        }
    }

    fn kill(&mut self) {
        // The guard leads its own group, and the server is in it.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop_blocking();
    }
}

/// Where the shell finds `program` on the search path of this process.
pub(crate) fn on_path(program: &str) -> Option<std::path::PathBuf> {
    let found = Command::new("/bin/sh")
        .args(["-c", "command -v -- \"$1\"", "which", program])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    let path = path.trim();
    (found.status.success() && path.starts_with('/')).then(|| path.into())
}

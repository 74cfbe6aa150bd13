//! A Redis of one's own for tests: a Unix socket in a temporary folder, nothing kept.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::process::{Guarded, INTERRUPT, Program, on_path};

const PATIENCE: Duration = Duration::from_secs(10);

/// A running server; dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct PrivateRedis {
    server: Guarded,
    folder: PathBuf,
    program: PathBuf,
}

impl PrivateRedis {
    /// Starts `redis-server` (or `valkey-server`) from the search path.
    pub async fn start() -> io::Result<Self> {
        let program = on_path("redis-server")
            .or_else(|| on_path("valkey-server"))
            .ok_or_else(|| {
                let text =
                    "no redis-server on the search path: install your system's redis package";
                io::Error::new(io::ErrorKind::NotFound, text)
            })?;
        let folder = tempfile::Builder::new()
            .prefix("sbx-redis-")
            .tempdir()?
            .keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let server = spawn(&program, &folder)?;
        let mut started = Self {
            server,
            folder,
            program,
        };
        started.wait_until_ready().await?;
        Ok(started)
    }

    /// Where to connect; stays the same over [`restart`](Self::restart).
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Stops the server, to see what its absence does; `restart` brings it back, empty.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Starts the server again after [`stop`](Self::stop), under the same address.
    pub async fn restart(&mut self) -> io::Result<()> {
        self.server.stop().await;
        fs::create_dir_all(&self.folder)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        self.server = spawn(&self.program, &self.folder)?;
        self.wait_until_ready().await
    }

    /// Forgets everything, as a restart does, and keeps its connections.
    pub async fn forget(&self) -> io::Result<()> {
        ask(&self.socket(), b"FLUSHALL\r\n", b"+OK").await
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    async fn wait_until_ready(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while ping(&self.socket()).await.is_err() {
            if self.server.exited().is_some() || Instant::now() > deadline {
                return Err(io::Error::other("redis-server did not start"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

fn spawn(program: &std::path::Path, folder: &std::path::Path) -> io::Result<Guarded> {
    let socket = folder.join("redis.sock").display().to_string();
    let arguments = [
        "--port",
        "0",
        "--unixsocket",
        &socket,
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
    ];
    Guarded::spawn(Program {
        path: program,
        arguments: arguments.map(str::to_owned).into(),
        folder,
        account: None,
        log: File::create(folder.join("server.log"))?,
        signal: INTERRUPT,
        leftover: Some(folder),
    })
}

async fn ping(socket: &std::path::Path) -> io::Result<()> {
    ask(socket, b"PING\r\n", b"+PONG").await
}

async fn ask(socket: &std::path::Path, command: &[u8], expected: &[u8]) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(command).await?;
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).await?;
    if answer == expected {
        Ok(())
    } else {
        Err(io::Error::other("not a Redis"))
    }
}

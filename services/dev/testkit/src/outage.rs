//! A Postgres of one test's own, which can go away and come back, and a wire to one, which can go silent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use db::owner::OwnerConnection;
use fakes::{PostgresOptions, PrivatePostgres};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::database::test_bin_dir;

/// A server with an empty platform. Gone, folder and all, when this is dropped.
pub struct FragilePostgres {
    folder: PathBuf,
    options: PostgresOptions,
    server: Option<PrivatePostgres>,
}

impl FragilePostgres {
    /// Starts it. One at a time in a process.
    pub async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("sbx-fragile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = PostgresOptions {
            durable: false,
            bin_dir: test_bin_dir(),
            ..PostgresOptions::new(folder.join("postgres"))
        };
        let mut postgres = Self {
            folder,
            options,
            server: None,
        };
        postgres.come_back().await;
        tenancy::bootstrap::run(&postgres.url("postgres"))
            .await
            .expect("the bootstrap runs");
        let owner = OwnerConnection::connect(&postgres.url("signalbox_owner"))
            .await
            .expect("the owner connects");
        tenancy::migrate::run_platform(&owner)
            .await
            .expect("the platform migrates");
        postgres
    }

    /// Stops the server; every connection is cut.
    pub async fn go_away(&mut self) {
        self.server.take().expect("it runs").stop().await;
    }

    /// Starts the server again over the same data, where it was.
    pub async fn come_back(&mut self) {
        let started = PrivatePostgres::start(self.options.clone()).await;
        self.server = Some(started.expect("a Postgres"));
    }

    /// The URL of a login, while the server runs.
    pub fn url(&self, user: &str) -> SecretString {
        let server = self.server.as_ref().expect("it runs");
        server.connection_url_to(user, "postgres").into()
    }
}

impl Drop for FragilePostgres {
    fn drop(&mut self) {
        drop(self.server.take());
        // What cannot be removed is in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A wire to a Postgres. While it is silent, nothing that either end says arrives, and nobody hangs up.
pub struct SilentWire {
    url: String,
    flows: watch::Sender<bool>,
    knocks: Arc<AtomicUsize>,
}

impl SilentWire {
    /// A wire to the server behind `url`, which names its socket's folder.
    pub async fn to(url: &SecretString) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (address, folder) = url.expose_secret().split_once("?host=").expect("a folder");
        let socket = Path::new(folder).join(".s.PGSQL.5432");
        let (flows, flowing) = watch::channel(true);
        let knocks = Arc::<AtomicUsize>::default();
        let knocked = Arc::clone(&knocks);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                knocked.fetch_add(1, Relaxed);
                let server = UnixStream::connect(&socket).await.expect("the server");
                let (heard, said) = client.into_split();
                let (answered, asked) = server.into_split();
                tokio::spawn(carry(heard, asked, flowing.clone()));
                tokio::spawn(carry(answered, said, flowing.clone()));
            }
        });
        Self {
            url: address.replace("@/", &format!("@127.0.0.1:{port}/")),
            flows,
            knocks,
        }
    }

    /// The way to the server over this wire.
    pub fn url(&self) -> SecretString {
        self.url.clone().into()
    }

    /// Goes silent, or carries again, what was said meanwhile included.
    pub fn set_silent(&self, silent: bool) {
        self.flows.send_replace(!silent);
    }

    /// How many connections were begun.
    pub fn knocks(&self) -> usize {
        self.knocks.load(Relaxed)
    }
}

/// Carries what `from` says, until an end hangs up or the wire is gone.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut flowing: watch::Receiver<bool>,
) {
    let mut said = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut said).await {
        let carried = flowing.wait_for(|flows| *flows).await.is_ok();
        if !carried || to.write_all(&said[..length]).await.is_err() {
            return;
        }
    }
}

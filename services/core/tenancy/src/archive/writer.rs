//! Writing the file: tar, compression and disk are blocking work, on a thread of their own.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::seal::Sealing;
use super::{About, ArchiveError, Manifest};

/// Pieces that may wait for the disk: together with their size the bound of what an export holds.
const WAITING: usize = 4;

/// The file being written.
pub(super) struct Writer<W> {
    entries: mpsc::Sender<(String, Vec<u8>)>,
    thread: JoinHandle<Result<W, ArchiveError>>,
}

impl<W: Write + Send + 'static> Writer<W> {
    pub(super) fn start(to: W) -> Self {
        let (entries, waiting) = mpsc::channel(WAITING);
        let thread = tokio::task::spawn_blocking(move || write(to, waiting));
        Self { entries, thread }
    }

    pub(super) async fn about(&self, about: &About) -> Result<(), ArchiveError> {
        self.entry("about.json".into(), json(about)?).await
    }

    /// The `number`th piece of `table`.
    pub(super) async fn part(
        &self,
        table: &str,
        number: u32,
        piece: Vec<u8>,
    ) -> Result<(), ArchiveError> {
        self.entry(part_name(table, number), piece).await
    }

    /// Ends the file.
    pub(super) async fn finish(self, manifest: &Manifest) -> Result<W, ArchiveError> {
        self.entry("manifest.json".into(), json(manifest)?).await?;
        drop(self.entries);
        joined(self.thread).await
    }

    async fn entry(&self, name: String, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        // The thread ends early only when it has failed; `finish` or this says why.
        self.entries.send((name, bytes)).await.map_err(|_| {
            ArchiveError::Io(std::io::Error::other(
                "the disk took no more of the archive",
            ))
        })
    }
}

async fn joined<T>(thread: JoinHandle<Result<T, ArchiveError>>) -> Result<T, ArchiveError> {
    thread
        .await
        .map_err(|error| ArchiveError::Io(std::io::Error::other(error)))?
}

/// The name of a piece in the archive.
pub(super) fn part_name(table: &str, number: u32) -> String {
    format!("data/{table}/{number:06}.copy")
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ArchiveError> {
    Ok(serde_json::to_vec_pretty(value).map_err(std::io::Error::from)?)
}

fn write<W: Write>(
    to: W,
    mut entries: mpsc::Receiver<(String, Vec<u8>)>,
) -> Result<W, ArchiveError> {
    // Nothing of the machine or the hour gets into the header.
    let gzip = GzBuilder::new()
        .operating_system(255)
        .write(Sealing::new(to), Compression::default());
    let mut tar = Builder::new(gzip);
    let mut ended = false;
    while let Some((name, bytes)) = entries.blocking_recv() {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        ended = name == "manifest.json";
        tar.append_data(&mut header, name, bytes.as_slice())?;
    }
    if !ended {
        return Err(ArchiveError::corrupt("the export was given up"));
    }
    Ok(tar.into_inner()?.finish()?.finish()?)
}

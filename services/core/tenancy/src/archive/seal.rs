//! The last bytes of an archive: SHA-256 of all bytes before them, as a gzip member of its own without content.
//!
//! The checksums inside gzip cover what was compressed, not how: a changed byte can decompress to the same
//! rows. This covers the file.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use super::ArchiveError;

/// A gzip header with one extra field of 32 bytes, called SB.
const BEFORE: [u8; 16] = [
    0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 36, 0, b'S', b'B', 32, 0,
];
/// An empty block, and the checksum and length of nothing.
const AFTER: [u8; 10] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const LENGTH: usize = BEFORE.len() + 32 + AFTER.len();

fn seal(hash: Sha256) -> Vec<u8> {
    [&BEFORE[..], &hash.finalize()[..], &AFTER[..]].concat()
}

/// Passes bytes on and remembers what they add up to.
pub(super) struct Sealing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
        }
    }

    /// Writes the seal. Nothing can follow.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.inner.write_all(&seal(self.hash))?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Passes bytes on, all but the seal at their end.
pub(super) struct Unsealing<R> {
    inner: R,
    hash: Sha256,
    /// What was read and not passed on: at the end, the seal.
    held: Vec<u8>,
}

impl<R: Read> Unsealing<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            held: Vec::new(),
        }
    }

    /// Reads to the end and compares.
    pub(super) fn finish(mut self) -> Result<(), ArchiveError> {
        io::copy(&mut self, &mut io::sink())?;
        if self.held == seal(self.hash) {
            Ok(())
        } else {
            Err(ArchiveError::corrupt(
                "its seal does not match: it was cut off, or a byte of it has changed",
            ))
        }
    }
}

impl<R: Read> Read for Unsealing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut more = [0; 8192];
        while self.held.len() <= LENGTH {
            let read = match self.inner.read(&mut more) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                return Ok(0);
            }
            self.held
                .extend_from_slice(more.get(..read).unwrap_or_default());
        }
        let count = buffer.len().min(self.held.len() - LENGTH);
        for (to, from) in buffer.iter_mut().zip(self.held.drain(..count)) {
            *to = from;
        }
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

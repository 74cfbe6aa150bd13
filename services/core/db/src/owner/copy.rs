//! Rows in bulk, through COPY: out of a query and into a table, never held in memory as a whole.

use std::io::Cursor;
use std::pin::Pin;

use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::{CopyInSink, CopyOutStream};

use super::OwnerConnection;
use crate::DbError;

/// Rows on their way out, in the text format of COPY.
pub struct CopyOut(Pin<Box<CopyOutStream>>);

impl CopyOut {
    /// Appends the next piece to `buffer`; `false` where there is none. A piece never ends inside a row.
    pub async fn append_to(&mut self, buffer: &mut Vec<u8>) -> Result<bool, DbError> {
        let piece = self.0.try_next().await?;
        if let Some(piece) = &piece {
            buffer.extend_from_slice(piece);
        }
        Ok(piece.is_some())
    }
}

/// Rows on their way in. Dropped before [`finish`](Self::finish), the statement fails and nothing of it stays.
pub struct CopyIn(Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>);

impl CopyIn {
    /// Sends the next piece; where it ends does not matter.
    pub async fn send(&mut self, piece: Vec<u8>) -> Result<(), DbError> {
        Ok(self.0.send(Cursor::new(piece)).await?)
    }

    /// Ends the statement. Answers how many rows went in.
    pub async fn finish(mut self) -> Result<u64, DbError> {
        Ok(self.0.as_mut().finish().await?)
    }
}

impl OwnerConnection {
    /// Begins a `COPY … TO STDOUT`.
    pub async fn copy_out(&self, text: &str) -> Result<CopyOut, DbError> {
        Ok(CopyOut(Box::pin(self.client.copy_out(text).await?)))
    }

    /// Begins a `COPY … FROM STDIN`.
    pub async fn copy_in(&self, text: &str) -> Result<CopyIn, DbError> {
        Ok(CopyIn(Box::pin(self.client.copy_in(text).await?)))
    }
}

//! A row of an answer, read by column name.

use tokio_postgres::types::FromSql;
use uuid::Uuid;

use crate::DbError;

/// One row. Reading a column that is not there, or as another type, is an error and never a panic.
#[derive(Debug)]
pub struct Row(pub(crate) tokio_postgres::Row);

impl Row {
    /// The value of `column`.
    pub fn get<'a, T: FromSql<'a>>(&'a self, column: &str) -> Result<T, DbError> {
        self.0.try_get(column).map_err(|source| DbError::Column {
            column: column.to_owned(),
            source,
        })
    }

    /// The value of `column` as an id.
    pub fn id<I: From<Uuid>>(&self, column: &str) -> Result<I, DbError> {
        self.get::<Uuid>(column).map(I::from)
    }
}

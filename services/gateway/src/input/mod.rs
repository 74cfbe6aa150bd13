//! Input from outside, as extractors: read strictly, refused with a pointer, never echoed.
//!
//! Structure first (one fault, the first), then the rules (all faults at once). Business rules are not
//! here: a domain parses what comes out of here into its own values.

mod body;
mod conditional;
mod fault;
mod key;
mod path;
mod query;
mod strict;

pub use body::ValidJson;
pub use conditional::{IfMatch, etag};
pub use key::IdempotencyKey;
pub(crate) use key::{Attempt, body_hash};
pub use path::PathId;
pub use query::ValidQuery;

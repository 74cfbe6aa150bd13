//! registration

mod slug;

pub use slug::{Slug, SlugFault};

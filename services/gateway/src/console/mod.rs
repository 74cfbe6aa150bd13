//! The console's built files, as they were found at start: nothing else can be served from a folder.

mod assets;
mod page;
mod reports;

pub(crate) use assets::Console;
pub(crate) use page::{in_words, serve, wants_page};
pub(crate) use reports::routes;

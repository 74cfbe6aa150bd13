//! The rules of the repository, as functions from a picture of it to the places that break them.
//!
//! Owns what the architecture asks of every file, manifest, dependency and statement, so that no
//! reviewer has to remember it. Rules are pure: [`Repository::load`] reads the tree once, and a
//! tree written down in a test is judged the same way. Nothing here repairs what it finds, and no
//! other crate depends on this one.

pub mod catalog;
pub mod dependencies;
pub mod descriptions;
pub mod layers;
pub mod manifests;
pub mod migrations;
pub mod names;
mod offence;
pub mod ranks;
mod repository;
mod rust_source;
pub mod security_map;
pub mod sizes;
pub mod sql_lexer;
pub mod statements;
pub mod text;
pub mod top_level;
pub mod wrappers;

pub use offence::Offence;
pub use repository::{Dependency, Manifest, Repository, SourceFile, Unreadable};
pub use rust_source::{RustSource, Token};

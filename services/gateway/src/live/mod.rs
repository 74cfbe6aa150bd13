//! Live updates: sockets, rooms, and a short memory, so that a page learns at once what has changed.
//!
//! Messages are hints (what changed, by id), never content: the page reads again by the API, under its own
//! permissions.

mod hub;
mod protocol;
mod room;
mod socket;

pub use hub::Hub;
pub use room::RoomRule;
pub(crate) use socket::open_live;

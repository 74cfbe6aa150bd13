//! Who is asking: session cookies, access tokens, and the gate that asks the session's row.
//!
//! Nothing here decides what a person may do: roles and permissions are `kernel::roles`, the row is the
//! truth about a session, and both are asked in the flight of the first statement.

mod cookie;
pub(crate) mod credential;
pub(crate) mod csrf;
pub(crate) mod gate;
mod jwt;
mod key_gate;
mod keys;
mod program_key;
pub(crate) mod refusal;
mod sealing;
pub(crate) mod seen;

pub(crate) use cookie::SessionCookie;
pub use cookie::SessionSecret;
pub(crate) use cookie::{sent_device, set_device};
pub use gate::Caller;
pub use jwt::{ACCESS_TOKEN_SECONDS, AccessClaims, TokenFault};
pub(crate) use keys::network_of;
pub use keys::{Keys, WeakSecret};
pub use program_key::ProgramKey;
pub use sealing::{Sealed, Unreadable};

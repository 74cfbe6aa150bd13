//! The only way Signalbox opens a connection to an address a customer chose.
//!
//! Owns: the list of addresses that may be contacted, the connector that resolves a name, filters
//! every address, and connects to exactly what it checked, and the timed HTTP probe on top of it.
//! Must not: know tenants, endpoints or storage, read the environment, or offer any way around the
//! filter. Outcomes are facts about the target; what follows from them is decided elsewhere.

mod address;
mod call;
mod connect;
mod exchange;
mod expected;
mod failure;
mod host_slots;
mod method;
mod policy;
mod probe;
mod progress;
mod reason;
mod redirect;
mod resolve;
mod result;
mod target;
mod tls;
mod txt;
mod watched;

pub use address::is_public;
pub use call::{Call, CallError, Reply};
pub use expected::{ExpectedCodes, ExpectedCodesError};
pub use method::{HttpMethod, UnknownMethod};
pub use policy::TargetPolicy;
pub use probe::{HttpProbe, Prober, ProberOptions, SetupError, USER_AGENT};
pub use reason::{Outcome, ReasonCode, UnknownReason};
pub use result::{ProbeResult, Timings};
pub use target::{MAX_URL_LENGTH, Target, TargetError};
pub use txt::TxtLookup;

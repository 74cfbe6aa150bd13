//! Names of the closed lists, as they stand in JSON and in the description of the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::figures;
use crate::model::health::State;
use crate::model::settings;
use crate::service::list;

/// An enum on the wire with the names that the model's values have. The compiler sees to it that no
/// value is without a name. `tt`, not `literal`: utoipa reads the name from the token itself.
macro_rules! mirrors {
    ($($(#[$doc:meta])* $name:ident of $model:path { $($variant:ident = $text:tt),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        pub enum $name {
            $(#[serde(rename = $text)] $variant,)+
        }

        impl From<$model> for $name {
            fn from(value: $model) -> Self {
                type Model = $model;
                match value { $(Model::$variant => Self::$variant,)+ }
            }
        }

        impl From<$name> for $model {
            fn from(value: $name) -> Self {
                type Model = $model;
                match value { $($name::$variant => Model::$variant,)+ }
            }
        }
    )+};
}

mirrors! {
    /// How an endpoint is.
    EndpointState of State {
        Up = "up",
        Down = "down",
        Pending = "pending",
        Paused = "paused",
        Unknown = "unknown",
    }

    /// What sort of check it is.
    Kind of settings::Kind { Http = "http" }

    /// The method of a check's request.
    Method of egress::HttpMethod {
        Get = "GET",
        Head = "HEAD",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
        Options = "OPTIONS",
    }

    /// What a check says about its target.
    Outcome of egress::Outcome { Up = "up", Down = "down", Unknown = "unknown" }

    /// Why a check ended as it did.
    ReasonCode of egress::ReasonCode {
        Ok = "ok",
        Status = "status",
        DnsNxdomain = "dns_nxdomain",
        DnsFailure = "dns_failure",
        DnsTimeout = "dns_timeout",
        ConnectRefused = "connect_refused",
        ConnectTimeout = "connect_timeout",
        ConnectReset = "connect_reset",
        ConnectFailed = "connect_failed",
        TlsExpired = "tls_expired",
        TlsName = "tls_name",
        TlsChain = "tls_chain",
        TlsFailure = "tls_failure",
        SendFailed = "send_failed",
        FirstByteTimeout = "first_byte_timeout",
        BodyTimeout = "body_timeout",
        Protocol = "protocol",
        RedirectLimit = "redirect_limit",
        RedirectInvalid = "redirect_invalid",
        BlockedTarget = "blocked_target",
        Missed = "missed",
        Internal = "internal",
    }

    /// How far back to look.
    Window of figures::Window { Day = "24h", Week = "7d", Month = "30d", Quarter = "90d" }

    /// What the results of a step come to.
    BarState of figures::BarState { Up = "up", Down = "down", Unknown = "unknown", None = "none" }
}

/// The order of a list; `-` for the last first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Sort {
    #[default]
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDescending,
    #[serde(rename = "state")]
    State,
    #[serde(rename = "-state")]
    StateDescending,
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

impl From<Sort> for list::Sort {
    fn from(sort: Sort) -> Self {
        use list::SortKey::{CreatedAt, Name, State};
        let (by, descending) = match sort {
            Sort::Name => (Name, false),
            Sort::NameDescending => (Name, true),
            Sort::State => (State, false),
            Sort::StateDescending => (State, true),
            Sort::CreatedAt => (CreatedAt, false),
            Sort::CreatedAtDescending => (CreatedAt, true),
        };
        Self { by, descending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name on the wire, as text.
    fn name(value: impl Serialize) -> String {
        serde_json::to_string(&value)
            .expect("a name")
            .trim_matches('"')
            .to_owned()
    }

    #[test]
    fn what_is_sent_and_what_is_stored_have_the_same_names() {
        for reason in egress::ReasonCode::ALL {
            assert_eq!(name(ReasonCode::from(*reason)), reason.as_str());
        }
        for state in State::ALL {
            assert_eq!(name(EndpointState::from(state)), state.as_str());
        }
        for method in egress::HttpMethod::ALL {
            assert_eq!(name(Method::from(method)), method.as_str());
        }
        assert_eq!(name(Kind::Http), settings::Kind::Http.as_str());
        assert_eq!(name(Outcome::Unknown), egress::Outcome::Unknown.as_str());
    }
}

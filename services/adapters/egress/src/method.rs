//! The HTTP methods a probe may use. Pure.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The method of a probe's request. Text form in upper case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads the page.
    #[default]
    Get,
    /// Reads the headers only.
    Head,
    /// Sends an empty body.
    Post,
    /// Sends an empty body.
    Put,
    /// Sends an empty body.
    Patch,
    /// Deletes.
    Delete,
    /// Asks what is allowed.
    Options,
}

/// The text is not one of the methods a probe may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")]
pub struct UnknownMethod;

impl HttpMethod {
    /// Every method, in the order they are documented.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// The method as it stands in a request, for example `GET`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether a request with this method states the length of its (empty) body: servers answer
    /// 411 where it is missing (RFC 9110 section 8.6).
    pub(crate) const fn states_length(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl From<HttpMethod> for hyper::Method {
    fn from(method: HttpMethod) -> Self {
        match method {
            HttpMethod::Get => Self::GET,
            HttpMethod::Head => Self::HEAD,
            HttpMethod::Post => Self::POST,
            HttpMethod::Put => Self::PUT,
            HttpMethod::Patch => Self::PATCH,
            HttpMethod::Delete => Self::DELETE,
            HttpMethod::Options => Self::OPTIONS,
        }
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HttpMethod {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(UnknownMethod)
    }
}

#[cfg(test)]
mod tests {
    use super::HttpMethod;

    #[test]
    fn every_method_reads_back_from_its_text_and_its_json() {
        for method in HttpMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
            assert_eq!(hyper::Method::from(method).as_str(), method.as_str());
            let json = serde_json::to_string(&method).unwrap();
            assert_eq!(json, format!("\"{method}\""));
            assert_eq!(serde_json::from_str::<HttpMethod>(&json).unwrap(), method);
        }
    }

    #[test]
    fn other_methods_are_refused() {
        for text in ["get", "CONNECT", "TRACE", "", "GET ", "G\r\nET"] {
            assert!(text.parse::<HttpMethod>().is_err(), "{text:?}");
        }
    }
}

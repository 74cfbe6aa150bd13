//! A client of the house: one host, one set of cookies, and answers that a test reads like sentences.

use std::net::SocketAddr;

use reqwest::header::{HOST, HeaderMap, HeaderValue, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Whoever sends requests to one host.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    address: SocketAddr,
    host: String,
    cookie: Option<String>,
    page_token: Option<String>,
    bearer: Option<String>,
    forwarded_for: Option<String>,
}

impl Visitor {
    /// Nobody in particular, on `host`.
    pub fn new(client: Client, address: SocketAddr, host: &str) -> Self {
        Self {
            client,
            address,
            host: host.to_owned(),
            cookie: None,
            page_token: None,
            bearer: None,
            forwarded_for: None,
        }
    }

    /// The same as seen from `address`, where the house trusts whoever is in front of it.
    pub fn from(&self, address: &str) -> Self {
        Self {
            forwarded_for: Some(address.to_owned()),
            ..self.clone()
        }
    }

    /// From where it is seen.
    pub fn forwarded_for(&self) -> Option<&str> {
        self.forwarded_for.as_deref()
    }

    /// The browser that got this answer to signing in: with the session's cookie, and its page's token.
    #[track_caller]
    pub fn signed_in(&self, answer: &Answer) -> Self {
        Self {
            page_token: answer.page_token(),
            ..self.with_cookie(&answer.cookie().expect("a cookie"))
        }
    }

    /// The same with the session of `other`.
    pub fn as_signed_in(&self, other: &Visitor) -> Self {
        Self {
            cookie: other.cookie.clone(),
            page_token: other.page_token.clone(),
            bearer: other.bearer.clone(),
            ..self.clone()
        }
    }

    /// The same with a session's cookie, `session=…`.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self {
            cookie: Some(cookie.to_owned()),
            page_token: None,
            bearer: None,
            ..self.clone()
        }
    }

    /// The same with an access token.
    pub fn with_bearer(&self, token: &str) -> Self {
        Self {
            bearer: Some(token.to_owned()),
            page_token: None,
            cookie: None,
            ..self.clone()
        }
    }

    /// The same on another host, credentials kept.
    pub fn on(&self, host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ..self.clone()
        }
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The session's cookie.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// What its page sends with every write.
    pub fn page_token(&self) -> Option<&str> {
        self.page_token.as_deref()
    }

    /// Where the house listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request to build on, as a page of this host would send it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url).header(HOST, &self.host);
        if let Some(cookie) = &self.cookie {
            request = request
                .header("cookie", cookie)
                .header("sec-fetch-site", "same-origin");
        }
        if let Some(token) = &self.page_token {
            request = request.header("x-csrf-token", token);
        }
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(address) = &self.forwarded_for {
            request = request.header("x-forwarded-for", address);
        }
        request
    }

    /// GET.
    pub async fn get(&self, path: impl AsRef<str>) -> Answer {
        Answer::of(self.request(Method::GET, path.as_ref())).await
    }

    /// DELETE.
    pub async fn delete(&self, path: impl AsRef<str>) -> Answer {
        Answer::of(self.request(Method::DELETE, path.as_ref())).await
    }

    /// POST without a body.
    pub async fn post(&self, path: impl AsRef<str>) -> Answer {
        Answer::of(self.request(Method::POST, path.as_ref())).await
    }

    /// POST with a body.
    pub async fn post_json(&self, path: impl AsRef<str>, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path.as_ref()).json(body)).await
    }

    /// PUT, or PATCH, with a body and perhaps `If-Match`.
    pub async fn send_json(
        &self,
        method: Method,
        path: impl AsRef<str>,
        if_match: Option<&str>,
        body: &Value,
    ) -> Answer {
        let mut request = self.request(method, path.as_ref()).json(body);
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        Answer::of(request).await
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Sends `request` and reads the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.expect("a body"),
        }
    }

    /// Fails unless the status is `status`.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Fails unless this is a problem of `status` and `code`.
    #[track_caller]
    pub fn is_problem(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.json()["code"], code, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        answer
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The cookie that was set, `session=…`, without its attributes.
    pub fn cookie(&self) -> Option<String> {
        self.cookies().next().map(str::to_owned)
    }

    /// The cookie of this name that was set, `device=…`, without its attributes.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let named = |set: &&str| set.split_once('=').is_some_and(|(key, _)| key == name);
        self.cookies().find(named).map(str::to_owned)
    }

    /// The token that a page of this session sends with its writes.
    pub fn page_token(&self) -> Option<String> {
        let token = |set: &'_ str| {
            let set = set.strip_prefix("__Host-").unwrap_or(set);
            let set = set.strip_prefix("operator-").unwrap_or(set);
            set.strip_prefix("csrf=").map(str::to_owned)
        };
        self.cookies().find_map(token)
    }

    fn cookies(&self) -> impl Iterator<Item = &str> {
        let all = self.headers.get_all(SET_COOKIE).into_iter();
        all.filter_map(|set| set.to_str().ok()?.split(';').next())
    }
}

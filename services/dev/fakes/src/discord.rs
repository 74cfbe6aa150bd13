//! A Discord on loopback: people who agree at once, tokens that run out when a test says so.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a request that cannot be read fails the test that sent it"
)]

mod request;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use request::{Request, query_of};

/// The id of the application that it knows.
pub const CLIENT_ID: &str = "1234567890";
/// Its secret.
pub const CLIENT_SECRET: &str = "a secret of the fake Discord";

/// Whoever agrees next.
#[derive(Clone, Debug)]
pub struct Person {
    /// `/users/@me`.
    pub profile: Value,
    /// `/users/@me/guilds`.
    pub guilds: Value,
}

impl Person {
    /// Somebody with a proven address and no servers.
    pub fn new(id: &str, username: &str, email: &str) -> Self {
        Self {
            profile: json!({ "id": id, "username": username, "email": email, "verified": true }),
            guilds: json!([]),
        }
    }
}

struct Agreed {
    person: Person,
    challenge: String,
    redirect_uri: String,
    scope: String,
}

#[derive(Default)]
struct State {
    next: Option<Person>,
    codes: HashMap<String, Agreed>,
    access: HashMap<String, Person>,
    refresh: HashMap<String, Person>,
    issued: usize,
    paths: Vec<String>,
    broken: bool,
}

/// Runs until it is dropped.
pub struct FakeDiscord {
    url: String,
    state: Arc<Mutex<State>>,
    task: AbortHandle,
}

impl FakeDiscord {
    /// A Discord where nobody is signed in yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&served);
                tokio::spawn(async move {
                    if let Some(mut request) = Request::read(stream).await {
                        let (status, body) = state.lock().unwrap().answer(&request);
                        request.reply(status, &body).await;
                    }
                });
            }
        });
        Self {
            url,
            state,
            task: task.abort_handle(),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on `person` is signed in there.
    pub fn sign_in(&self, person: Person) {
        self.state.lock().unwrap().next = Some(person);
    }

    /// What a browser does at `authorize_url` whose owner agrees: where it is sent back to.
    pub fn agree(&self, authorize_url: &str) -> String {
        let query = authorize_url.split_once('?').unwrap().1;
        self.state.lock().unwrap().agree(query)
    }

    /// No token works any more.
    pub fn forget_tokens(&self) {
        let mut state = self.state.lock().unwrap();
        state.access.clear();
        state.refresh.clear();
    }

    /// Access tokens work no more, refresh tokens do.
    pub fn expire_access(&self) {
        self.state.lock().unwrap().access.clear();
    }

    /// Answers 500, or no longer.
    pub fn set_broken(&self, broken: bool) {
        self.state.lock().unwrap().broken = broken;
    }

    /// The paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        self.state.lock().unwrap().paths.clone()
    }

    /// How many refresh tokens work.
    pub fn refresh_tokens(&self) -> usize {
        self.state.lock().unwrap().refresh.len()
    }
}

impl Drop for FakeDiscord {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn new_secret(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{kind}-{}", self.issued)
    }

    fn agree(&mut self, query: &str) -> String {
        let asked = query_of(query);
        let code = self.new_secret("code");
        let back = format!(
            "{}?code={code}&state={}",
            asked["redirect_uri"], asked["state"]
        );
        let agreed = Agreed {
            person: self.next.clone().unwrap(),
            challenge: asked.get("code_challenge").cloned().unwrap_or_default(),
            redirect_uri: asked["redirect_uri"].clone(),
            scope: asked["scope"].clone(),
        };
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["code_challenge_method"], "S256");
        self.codes.insert(code, agreed);
        back
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        self.paths.push(request.path.clone());
        if self.broken {
            return (500, json!({ "message": "broken" }));
        }
        match request.path.as_str() {
            "/oauth2/authorize" => (302, json!({ "location": self.agree(&request.query) })),
            "/api/oauth2/token" => self.token(request),
            "/api/oauth2/token/revoke" => {
                self.refresh.remove(&request.form()["token"]);
                (200, json!({}))
            }
            "/api/v10/users/@me" => self.of_bearer(request, |person| person.profile.clone()),
            "/api/v10/users/@me/guilds" => self.of_bearer(request, |person| person.guilds.clone()),
            _ => (404, json!({ "message": "404: Not Found" })),
        }
    }

    fn of_bearer(&self, request: &Request, what: impl Fn(&Person) -> Value) -> (u16, Value) {
        let token = request.authorization.strip_prefix("Bearer ");
        match token.and_then(|token| self.access.get(token)) {
            Some(person) => (200, what(person)),
            None => (401, json!({ "message": "401: Unauthorized" })),
        }
    }

    fn token(&mut self, request: &Request) -> (u16, Value) {
        let basic = data_encoding::BASE64.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}").as_bytes());
        if request.authorization != format!("Basic {basic}") {
            return (401, json!({ "error": "invalid_client" }));
        }
        let form = request.form();
        let refused = (400, json!({ "error": "invalid_grant" }));
        let (person, scope) = if form["grant_type"] == "refresh_token" {
            match self.refresh.remove(&form["refresh_token"]) {
                Some(person) => (person, "identify email guilds".to_owned()),
                None => return refused,
            }
        } else {
            // A code is good once, whoever shows it.
            let Some(agreed) = self.codes.remove(&form["code"]) else {
                return refused;
            };
            let verifier = form.get("code_verifier").cloned().unwrap_or_default();
            let shown = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
            if shown != agreed.challenge || form["redirect_uri"] != agreed.redirect_uri {
                return refused;
            }
            (agreed.person, agreed.scope)
        };
        let (access, refresh) = (self.new_secret("access"), self.new_secret("refresh"));
        self.access.insert(access.clone(), person.clone());
        self.refresh.insert(refresh.clone(), person);
        let granted = json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer",
            "expires_in": 604_800, "scope": scope,
        });
        (200, granted)
    }
}

//! Secrets planted in everything about accounts, by the real programs with the loudest log there is: they stand
//! in no log, no answer, no report to Sentry and no row.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use kernel::clock::{Clock, SystemClock};
use passwords::totp::Seed;
use reqwest::{Client, Method};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, Visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::rows::{run, texts};

const PASSWORD: &str = "canary plinth oboe tangerine 7q";
const EMAIL: &str = "owner@planted.example";

/// Somebody who takes reports as Sentry does.
struct Sentry {
    address: SocketAddr,
    taken: Arc<Mutex<String>>,
}

impl Sentry {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let taken = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                        kept.lock().expect("nobody panics").push_str(&text);
                        let done = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                        let _ = stream.write_all(done).await;
                    }
                });
            }
        });
        Self { address, taken }
    }

    fn taken(&self) -> String {
        self.taken.lock().expect("nobody panics").clone()
    }
}

/// A real program of `app`'s house, whose log is in a file. It ends with this.
struct Program {
    log: PathBuf,
    _child: Child,
}

impl Program {
    fn start(app: &TestApp, sentry: &Sentry, folder: &Path, role: &str) -> Self {
        let (serving, owner) = (app.db.url("signalbox_app"), app.db.url("signalbox_owner"));
        let log = folder.join(format!("{role}.log"));
        let file = std::fs::File::create(&log).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .arg(role)
            .env_clear()
            .env("SIGNALBOX_BASE_DOMAIN", "localhost")
            .env("SIGNALBOX_LISTEN", "127.0.0.1:0")
            .env("SIGNALBOX_INTERNAL_LISTEN", "127.0.0.1:0")
            .env("SIGNALBOX_DATABASE_URL", serving.expose_secret())
            .env("SIGNALBOX_OWNER_DATABASE_URL", owner.expose_secret())
            .env(
                "SIGNALBOX_SECRET_KEY",
                "planted secret key of this house, planted for this test",
            )
            .env("SIGNALBOX_SMTP_URL", app.mail.url())
            .env(
                "SIGNALBOX_SENTRY_DSN",
                format!("http://public@{}/1", sentry.address),
            )
            .env("SIGNALBOX_SENTRY_TRACE_RATE", "1")
            .env("SIGNALBOX_LOG", "trace")
            .env("SIGNALBOX_POOL_SIZE", "1")
            .env("SIGNALBOX_LIMIT_LOGIN_FAILURES_PER_HOUR", "0")
            .env("SIGNALBOX_LIMIT_SENSITIVE_PER_HOUR", "0")
            .env("SIGNALBOX_LIMIT_ANONYMOUS_PER_MINUTE", "0")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("the program runs");
        Self { log, _child: child }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("its log")).into_owned()
    }

    /// Where it listens, once it says so.
    async fn address(&self) -> SocketAddr {
        let listening = async |line: &str| -> Option<SocketAddr> {
            let said: Value = serde_json::from_str(line).ok()?;
            (said["message"] == "listening").then_some(())?;
            said["address"].as_str()?.parse().ok()
        };
        until("it listens", async || {
            for line in self.said().lines() {
                if let Some(address) = listening(line).await {
                    return Some(address);
                }
            }
            None
        })
        .await
    }
}

/// Waits for what has to come.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: it never happened");
}

/// What was planted so far, and the answers that were got. An answer may hold the secrets that it gives out.
#[derive(Default)]
struct Harvest {
    secrets: Vec<(String, String)>,
    answers: Vec<(String, String, Vec<String>)>,
}

impl Harvest {
    fn plant(&mut self, name: &str, secret: &str) {
        assert!(
            secret.len() >= 16,
            "{name} is too short to be told from chance"
        );
        self.secrets.push((name.to_owned(), secret.to_owned()));
    }

    fn keep(&mut self, name: &str, answer: Answer, given: &[&str]) -> Answer {
        let text = format!("{:?}\n{}", answer.headers, answer.text);
        let given = given.iter().map(|secret| (*secret).to_owned()).collect();
        self.answers.push((name.to_owned(), text, given));
        answer
    }

    /// Fails where a secret stands in `text`: as it is, or as the database writes bytes.
    fn assert_absent(&self, place: &str, text: &str, but: &[String]) {
        for (name, secret) in &self.secrets {
            if but.contains(secret) {
                continue;
            }
            let hex = HEXLOWER.encode(secret.as_bytes());
            let decoded = BASE64URL_NOPAD
                .decode(secret.as_bytes())
                .unwrap_or_default();
            let bytes = HEXLOWER.encode(&decoded);
            let found = text.contains(secret.as_str())
                || text.contains(&hex)
                || (bytes.len() >= 32 && text.contains(&bytes));
            if found {
                let at = text.find(secret.as_str()).unwrap_or(0);
                let around: String = text
                    .get(at.saturating_sub(200)..)
                    .unwrap_or(text)
                    .chars()
                    .take(400)
                    .collect();
                panic!("the {name} stands in {place}: …{around}…");
            }
        }
    }
}

async fn post(visitor: &Visitor, path: &str, body: &Value) -> Answer {
    visitor
        .post_json(format!("/api/v1/auth/{path}"), body)
        .await
}

/// From registration to a verified account, with every way to go wrong on it.
async fn come_in(harvest: &mut Harvest, app: &TestApp, root: &Visitor, acme: &Visitor) {
    harvest.plant("password", PASSWORD);
    let form = json!({
        "organization_name": "Planted", "slug": "planted", "email": EMAIL,
        "password": PASSWORD, "password_confirm": PASSWORD,
    });
    let mut mismatch = form.clone();
    mismatch["password_confirm"] = json!("plantedmismatch of another one");
    harvest.plant("mistyped password", "plantedmismatch of another one");
    harvest.keep(
        "mismatch",
        post(root, "register", &mismatch).await.is(400),
        &[],
    );
    let mut unknown = form.clone();
    unknown["passwort"] = json!("plantedunknown member of a body");
    harvest.plant(
        "password in an unknown member",
        "plantedunknown member of a body",
    );
    harvest.keep(
        "unknown member",
        post(root, "register", &unknown).await.is(400),
        &[],
    );
    harvest.keep("register", post(root, "register", &form).await.is(201), &[]);
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    harvest.keep(
        "unverified",
        post(acme, "session", &right).await.is(403),
        &[],
    );
    let link = until("the mail comes", async || {
        let mail = app.newest_mail(EMAIL)?.text;
        let (_, token) = mail.split_once("#token=")?;
        token.split_whitespace().next().map(str::to_owned)
    })
    .await;
    harvest.plant("token of the mailed link", &link);
    let token = json!({ "token": link });
    harvest.keep(
        "verify",
        post(acme, "verify-email", &token).await.is(200),
        &[],
    );
    harvest.keep(
        "verify again",
        post(acme, "verify-email", &token).await,
        &[],
    );
    harvest.keep(
        "resend",
        post(acme, "resend-verification", &json!({ "email": EMAIL }))
            .await
            .is(202),
        &[],
    );
    let broken =
        format!("{{\"email\": \"{EMAIL}\", \"password\": \"plantedbroken body that never ends");
    harvest.plant(
        "password in a broken body",
        "plantedbroken body that never ends",
    );
    let request = acme
        .request(Method::POST, "/api/v1/auth/session")
        .header("content-type", "application/json")
        .body(broken);
    harvest.keep("broken body", Answer::of(request).await.is(400), &[]);
}

/// Browsers and programs, with proofs that are good, stale, stolen and made up.
async fn sign_in_and_out(harvest: &mut Harvest, acme: &Visitor) {
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    for (email, wrong) in [
        (EMAIL, "plantedwrong password of somebody"),
        ("nobody@planted.example", "plantedstray password of nobody"),
    ] {
        harvest.plant("wrong password", wrong);
        let body = json!({ "email": email, "password": wrong });
        harvest.keep(
            "wrong password",
            post(acme, "session", &body).await.is(401),
            &[],
        );
        harvest.keep(
            "wrong password",
            post(acme, "token", &body).await.is(401),
            &[],
        );
    }
    let answer = post(acme, "session", &right).await.is(200);
    let browser = acme.signed_in(&answer);
    let cookie = answer.cookie().expect("a cookie");
    let secret = cookie.split_once('=').expect("a value").1.to_owned();
    let page = browser.page_token().expect("a token").to_owned();
    harvest.plant("cookie", &secret);
    harvest.plant("page's token", &page);
    harvest.keep("session", answer, &[&secret, &page]);
    let wrong = json!({ "password": "plantedagain wrong password" });
    harvest.plant("wrong password, asked again", "plantedagain wrong password");
    harvest.keep(
        "reauthenticate",
        post(&browser, "reauthenticate", &wrong).await,
        &[],
    );
    let again = post(&browser, "reauthenticate", &json!({ "password": PASSWORD })).await;
    let renewed = again
        .cookie()
        .and_then(|it| it.split_once('=').map(|it| it.1.to_owned()));
    harvest.keep(
        "reauthenticate",
        again,
        &[&renewed.unwrap_or_default(), &page],
    );
    let tokens = post(acme, "token", &right).await.is(200);
    let given = tokens.json();
    let member = |name: &str| given[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (member("access_token"), member("refresh_token"));
    harvest.plant("access token", &access);
    harvest.plant("refresh token", &refresh);
    harvest.keep("token", tokens, &[&access, &refresh]);
    let program = acme.with_bearer(&access);
    harvest.keep("me", program.get("/api/v1/me").await.is(200), &[]);
    harvest.keep("audit", browser.get("/api/v1/audit").await, &[]);
    let body = json!({ "refresh_token": refresh });
    let next = post(acme, "token/refresh", &body).await.is(200);
    let next_tokens = next.json();
    let (access, child) = (
        next_tokens["access_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
        next_tokens["refresh_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
    );
    harvest.plant("next access token", &access);
    harvest.plant("next refresh token", &child);
    harvest.keep("refresh", next, &[&access, &child]);
    post(acme, "token/refresh", &json!({ "refresh_token": child }))
        .await
        .is(200);
    // Both hold it: theft.
    harvest.keep(
        "stolen",
        post(acme, "token/refresh", &body).await.is(401),
        &[],
    );
    let made_up = "plantedforgedplantedforgedplantedforged0123";
    harvest.plant("forged proof", made_up);
    for visitor in [
        acme.with_bearer(made_up),
        acme.with_cookie(&format!("session={made_up}")),
        acme.with_bearer(&format!("eyJhbGciOiJub25lIn0.{made_up}.{made_up}")),
    ] {
        harvest.keep("forged proof", visitor.get("/api/v1/me").await.is(401), &[]);
    }
    harvest.keep("logout", post(&browser, "logout", &json!({})).await, &[]);
    harvest.keep("after", browser.get("/api/v1/me").await.is(401), &[]);
}

/// Switches one-time codes on: the seed is shown once, the recovery codes as well.
async fn ask_for_codes(harvest: &mut Harvest, acme: &Visitor) {
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    let answer = post(acme, "session", &right).await.is(200);
    let browser = acme.signed_in(&answer);
    let made = browser.post("/api/v1/me/totp").await.is(200);
    let seed = made.json()["secret"].as_str().expect("a seed").to_owned();
    let bytes = BASE32_NOPAD.decode(seed.as_bytes()).expect("base32");
    harvest.plant("seed of one-time codes", &seed);
    harvest.plant(
        "seed, as the database writes bytes",
        &HEXLOWER.encode(&bytes),
    );
    harvest.keep("start codes", made, &[&seed]);
    let code = Seed::parse(&seed).expect("a seed").code(SystemClock.now());
    let path = "/api/v1/me/totp/confirm";
    let confirmed = browser.post_json(path, &json!({ "code": code })).await;
    let confirmed = confirmed.is(200);
    let codes = confirmed.json()["recovery_codes"].as_array().cloned();
    let codes: Vec<String> = codes
        .unwrap_or_default()
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    assert_eq!(codes.len(), 10);
    for code in &codes {
        harvest
            .secrets
            .push(("recovery code".to_owned(), code.clone()));
    }
    let given: Vec<&str> = codes.iter().map(String::as_str).collect();
    harvest.keep("confirm codes", confirmed, &given);
    harvest.keep(
        "security",
        browser.get("/api/v1/me/security").await.is(200),
        &[],
    );
    harvest.keep(
        "export",
        browser.get("/api/v1/me/export").await.is(200),
        &[],
    );
    harvest.keep("no code", post(acme, "session", &right).await.is(401), &[]);
    let mut by_recovery = right.clone();
    by_recovery["totp_code"] = json!(codes[0]);
    let answer = post(acme, "session", &by_recovery).await.is(200);
    let browser = acme.signed_in(&answer);
    let gone = browser.delete("/api/v1/me/totp").await;
    harvest.keep("remove codes", gone.is(204), &[]);
}

/// Every operation that takes a body, with a planted text wherever it takes text: whatever comes to be.
async fn everything_else(harvest: &mut Harvest, root: &Visitor, acme: &Visitor) {
    let text = "plantedeverywhere in whatever takes a text";
    harvest.plant("text in a secret's member", text);
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let schemas = &document["components"]["schemas"];
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = body.as_str().and_then(|it| it.rsplit('/').next()) else {
                continue;
            };
            let members = schemas[name]["properties"].as_object();
            let secret = |name: &&String| {
                ["password", "token", "code", "secret"]
                    .iter()
                    .any(|it| name.contains(it))
                    && !name.contains("expected_codes")
            };
            let filled: Value = members
                .into_iter()
                .flat_map(|it| it.keys())
                .filter(secret)
                .map(|name| (name.clone(), json!(text)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let visitor = if operation["x-host"] == "root" {
                root
            } else {
                acme
            };
            let path = path.replace("{id}", &uuid::Uuid::nil().to_string());
            let method: Method = method.to_uppercase().parse().expect("a method");
            let answer = Answer::of(visitor.request(method, &path).json(&filled)).await;
            assert!(answer.status >= 202, "{path}: {}", answer.text);
            harvest.keep(&path, answer, &[]);
        }
    }
}

#[actix_web::test]
async fn planted_secrets_are_nowhere_to_be_found() {
    let app = TestApp::start().await;
    app.db.fill(1).await;
    let sentry = Sentry::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let serve = Program::start(&app, &sentry, folder.path(), "serve");
    let work = Program::start(&app, &sentry, folder.path(), "work");
    let address = serve.address().await;
    let client = Client::builder().no_proxy().build().expect("a client");
    let root = Visitor::new(client.clone(), address, "localhost");
    let acme = Visitor::new(client, address, "planted.localhost");

    let mut harvest = Harvest::default();
    harvest.plant(
        "key of the house",
        "planted secret key of this house, planted for this test",
    );
    come_in(&mut harvest, &app, &root, &acme).await;
    sign_in_and_out(&mut harvest, &acme).await;
    ask_for_codes(&mut harvest, &acme).await;
    everything_else(&mut harvest, &root, &acme).await;

    // Something breaks with secrets in its hands: a report to Sentry.
    let schema = crate::rows::schema(&app, "planted").await;
    let damaged = "plantedhash that no library can read";
    harvest.plant("damaged hash", damaged);
    let damage = format!(
        "CREATE TABLE public.kept AS SELECT id, password_hash FROM {schema}.users;
         UPDATE {schema}.users SET password_hash = '{damaged}'"
    );
    run(&app, &damage).await;
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    let broken = post(&acme, "session", &right).await.is(500);
    harvest.keep("broken", broken, &[]);
    let mend = format!(
        "UPDATE {schema}.users u SET password_hash = k.password_hash FROM public.kept k WHERE k.id = u.id;
         DROP TABLE public.kept"
    );
    run(&app, &mend).await;
    until("the report comes", async || {
        sentry.taken().contains("\"type\":\"event\"").then_some(())
    })
    .await;
    // The mail that was asked for again has left, and with it its secret.
    let waits = format!("SELECT count(*) FROM {schema}.mails WHERE secret IS NOT NULL");
    until("the mail is sent", async || {
        (texts(&app, &waits).await == ["0"]).then_some(())
    })
    .await;

    for (name, text, given) in &harvest.answers {
        harvest.assert_absent(&format!("the answer to {name}"), text, given);
    }
    for program in [&serve, &work] {
        let said = program.said();
        assert!(
            said.contains("\"level\":\"TRACE\""),
            "the log is as loud as it gets"
        );
        harvest.assert_absent("a log", &said, &[]);
    }
    let taken = sentry.taken();
    assert!(
        taken.contains("\"transaction\""),
        "traces are reported as well"
    );
    harvest.assert_absent("a report to Sentry", &taken, &[]);
    let tables = format!(
        "SELECT schemaname || '.' || tablename FROM pg_tables
          WHERE schemaname IN ('platform', '{schema}') AND tablename <> 'refinery_schema_history'"
    );
    let tables = texts(&app, &tables).await;
    assert!(tables.len() > 25, "{tables:?}");
    for table in tables {
        let rows = texts(&app, &format!("SELECT t::text FROM {table} AS t")).await;
        harvest.assert_absent(&table, &rows.join("\n"), &[]);
    }
}

#[test]
fn a_secret_that_stands_somewhere_would_be_found() {
    let token = "kR7xQ2vB9mN4pL6sT8wY1zA3cE5gJ0hUiOdFqWnXbVw";
    let mut harvest = Harvest::default();
    harvest.plant("token", token);
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).expect("a token");
    for text in [
        format!("token={token}"),
        format!("(\\x{})", HEXLOWER.encode(token.as_bytes())),
        format!("(\\x{})", HEXLOWER.encode(&bytes)),
    ] {
        let found = std::panic::catch_unwind(|| harvest.assert_absent("a place", &text, &[]));
        assert!(found.is_err(), "{text}");
    }
    harvest.assert_absent("a place", token, &[token.to_owned()]);
}

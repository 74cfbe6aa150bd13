//! Organisations to rotate over: each with an owner who is signed in and maybe endpoints, which are paused
//! so that nothing but the requests is measured.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Instant;

use anyhow::Context;
use db::{NewTenant, Sql, sql};
use kernel::event::{Actor, Origin};
use passwords::{Cost, Password, PasswordHash, Passwords};
use serde_json::json;
use uuid::Uuid;

use crate::house::BenchHouse;
use crate::load;

const PASSWORD: &str = "correct horse battery staple 9";

/// What a person at the console asks for.
const TOUR: [&str; 4] = [
    "/api/v1/me",
    "/api/v1/endpoints?q=Site",
    "/api/v1/endpoints/summary?window=24h",
    "/api/v1/endpoints",
];

const ADD_OWNER: Sql = sql!(
    "INSERT INTO users (id, email, password_hash, role, state, created_at, verified_at)
     VALUES ($1, 'owner@bench.example', $2, 'owner', 'active', $3, $3)"
);
const ADD_QUOTA: Sql = sql!("INSERT INTO quotas (key, max) VALUES ('endpoints', 3)");

/// Organisations that are there.
#[derive(Default)]
pub struct Organisations {
    /// For each, the request for its list of endpoints.
    pub lists: Vec<Vec<u8>>,
    /// For each, requests that together touch most of its tables.
    pub tours: Vec<Vec<Vec<u8>>>,
    /// Microseconds that claiming a ready schema took, each.
    pub claims_us: Vec<f64>,
}

impl Organisations {
    /// Makes those with the numbers of `range`, each with so many endpoints.
    pub async fn add(
        &mut self,
        house: &BenchHouse,
        range: Range<usize>,
        endpoints: usize,
    ) -> anyhow::Result<()> {
        house.fill(u32::try_from(range.len())?).await?;
        // As cheap as a hash can be: signing in is not what is measured.
        let entropy = house.house.db.pulse().entropy.clone();
        let passwords = Passwords::new(Cost::LEAST, NonZeroUsize::MIN, entropy)?;
        let hash = passwords.hash(&Password::new(PASSWORD)).await?;
        for n in range {
            let host = format!("bench-{n}.localhost");
            self.claims_us.push(claim(house, n, &hash).await?);
            let headers = format!("cookie: {}\r\n", sign_in(house, &host, endpoints).await?);
            let request = |path| load::get(&host, path, &headers);
            self.lists.push(request("/api/v1/endpoints"));
            self.tours.push(TOUR.map(request).to_vec());
        }
        Ok(())
    }
}

/// Claims a ready schema, and adds the owner. Answers the microseconds of the claim.
async fn claim(house: &BenchHouse, n: usize, hash: &PasswordHash) -> anyhow::Result<f64> {
    let slug = format!("bench-{n}");
    let host = format!("{slug}.localhost");
    let new = NewTenant {
        name: "Bench",
        slug: &slug,
        host: &host,
    };
    let db = &house.house.db;
    let began = Instant::now();
    let tenant = db
        .write_platform(async |tx| tx.claim_tenant(new, tenancy::TEMPLATE_VERSION).await)
        .await?;
    let took = began.elapsed();
    let tenant = tenant.context("no schema is ready")?;
    db.write(&tenant, bench(), None, async |tx| {
        let id: Uuid = tx.new_id();
        tx.execute(ADD_OWNER, &[&id, &hash.as_str(), &tx.now()])
            .await?;
        tx.execute(ADD_QUOTA, &[]).await
    })
    .await?;
    Ok(took.as_secs_f64() * 1e6)
}

fn bench() -> Origin {
    Origin {
        actor: Actor::Worker("bench"),
        address: None,
        request_id: Uuid::nil(),
    }
}

/// Signs in and adds paused endpoints. Answers the cookie.
async fn sign_in(house: &BenchHouse, host: &str, endpoints: usize) -> anyhow::Result<String> {
    let credentials = json!({"email": "owner@bench.example", "password": PASSWORD});
    let answer = post(house, host, "/api/v1/auth/session", "", &credentials).await?;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie
        .and_then(|set| set.split(';').next())
        .context("no cookie")?
        .to_owned();
    let token = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: csrf="));
    let token = token
        .and_then(|set| set.split(';').next())
        .context("no token")?;
    let signed =
        format!("cookie: {cookie}\r\nsec-fetch-site: same-origin\r\nx-csrf-token: {token}\r\n");
    for n in 0..endpoints {
        let settings =
            json!({"name": format!("Site {n}"), "url": format!("http://127.0.0.1:9/{n}")});
        let made = post(house, host, "/api/v1/endpoints", &signed, &settings).await?;
        let place = made
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        let place = place.context("no Location")?.trim().to_owned();
        post(
            house,
            host,
            &format!("{place}/pause"),
            &signed,
            &serde_json::Value::Null,
        )
        .await?;
    }
    Ok(cookie)
}

/// POSTs and answers the whole answer as text; fails unless it is a success.
pub async fn post(
    house: &BenchHouse,
    host: &str,
    path: &str,
    headers: &str,
    body: &serde_json::Value,
) -> anyhow::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(house.address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    anyhow::ensure!(answer.starts_with("HTTP/1.1 2"), "{path} answered {answer}");
    Ok(answer)
}

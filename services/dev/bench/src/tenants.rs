//! Organisations to rotate over: each with an owner who is signed in and three endpoints, which are paused
//! so that nothing but the requests is measured.

use std::num::NonZeroUsize;

use anyhow::Context;
use db::{DbError, NewTenant, Sql, sql};
use kernel::event::{Actor, Origin};
use passwords::{Cost, Password, Passwords};
use serde_json::json;
use uuid::Uuid;

use crate::house::BenchHouse;
use crate::load;

const PASSWORD: &str = "correct horse battery staple 9";

const ADD_OWNER: Sql = sql!(
    "INSERT INTO users (id, email, password_hash, role, state, created_at, verified_at)
     VALUES ($1, 'owner@bench.example', $2, 'owner', 'active', $3, $3)"
);
const ADD_QUOTA: Sql = sql!("INSERT INTO quotas (key, max) VALUES ('endpoints', 3)");

/// Makes `count` organisations and answers, for each, the request for its list of endpoints.
pub async fn make(house: &BenchHouse, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    house.fill(u32::try_from(count)?).await?;
    // As cheap as a hash can be: signing in is not what is measured.
    let entropy = house.house.db.pulse().entropy.clone();
    let passwords = Passwords::new(Cost::LEAST, NonZeroUsize::MIN, entropy)?;
    let hash = passwords.hash(&Password::new(PASSWORD)).await?;
    let mut requests = Vec::with_capacity(count);
    for n in 0..count {
        let slug = format!("bench-{n}");
        let host = format!("{slug}.localhost");
        let new = NewTenant {
            name: "Bench",
            slug: &slug,
            host: &host,
        };
        house
            .house
            .db
            .write_platform(async |tx| {
                let tenant = tx.claim_tenant(new, tenancy::TEMPLATE_VERSION).await?;
                let tenant = tenant.ok_or(DbError::Missing)?;
                tx.enter(&tenant, bench(), async |tx| {
                    let id: Uuid = tx.new_id();
                    tx.execute(ADD_OWNER, &[&id, &hash.as_str(), &tx.now()])
                        .await?;
                    tx.execute(ADD_QUOTA, &[]).await
                })
                .await
            })
            .await?;
        let cookie = sign_in(house, &host).await?;
        requests.push(load::get(
            &host,
            "/api/v1/endpoints",
            &format!("cookie: {cookie}\r\n"),
        ));
    }
    Ok(requests)
}

fn bench() -> Origin {
    Origin {
        actor: Actor::Worker("bench"),
        address: None,
        request_id: Uuid::nil(),
    }
}

/// Signs in and adds three endpoints. Answers the cookie.
async fn sign_in(house: &BenchHouse, host: &str) -> anyhow::Result<String> {
    let credentials = json!({"email": "owner@bench.example", "password": PASSWORD});
    let answer = post(house, host, "/api/v1/auth/session", "", &credentials).await?;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie
        .and_then(|set| set.split(';').next())
        .context("no cookie")?
        .to_owned();
    let signed = format!("cookie: {cookie}\r\nsec-fetch-site: same-origin\r\n");
    for n in 0..3 {
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

//! A flood of sign-ins that are all wrong, each by another account, so that every one is hashed for or turned
//! away: what those who are signed in feel of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde_json::json;

use crate::growth::HOT;
use crate::load::{self, Plan};
use crate::report::median;
use crate::{CONNECTIONS, ROUND};

const ROUNDS: usize = 3;
/// Connections that sign in as fast as they are answered.
const FLOODING: usize = 64;

/// What the lists of the busy ones took, and what became of the flood.
pub struct Flooded {
    pub calm_p99_us: f64,
    pub p99_us: f64,
    pub compared_per_second: f64,
    pub refused_per_second: f64,
}

#[derive(Default)]
struct Told {
    over: AtomicBool,
    compared: AtomicU64,
    refused: AtomicU64,
}

pub fn measure(address: SocketAddr, lists: &[Vec<u8>]) -> anyhow::Result<Flooded> {
    let requests: Vec<_> = lists.iter().take(HOT).cloned().collect();
    let p99 = |plan: &Plan| median(plan.rounds.iter().map(|round| round.p99_us));
    let mut calm = Plan::new("the busy ones", address, requests.clone());
    let mut flooded = Plan::new("the busy ones, flooded", address, requests);
    calm.warm_up(CONNECTIONS, ROUND)?;
    for _ in 0..ROUNDS {
        calm.round(CONNECTIONS, ROUND)?;
    }
    let told = Arc::new(Told::default());
    let flood: Vec<_> = (0..FLOODING)
        .map(|seed| {
            let told = Arc::clone(&told);
            std::thread::spawn(move || sign_in(address, seed, &told))
        })
        .collect();
    flooded.warm_up(CONNECTIONS, ROUND)?;
    let count = || {
        (
            told.compared.load(Relaxed) as f64,
            told.refused.load(Relaxed) as f64,
        )
    };
    let (began, before) = (Instant::now(), count());
    for _ in 0..ROUNDS {
        flooded.round(CONNECTIONS, ROUND)?;
    }
    let (seconds, after) = (began.elapsed().as_secs_f64(), count());
    told.over.store(true, Relaxed);
    for thread in flood {
        thread
            .join()
            .map_err(|_| anyhow::anyhow!("a client panicked"))??;
    }
    Ok(Flooded {
        calm_p99_us: p99(&calm),
        p99_us: p99(&flooded),
        compared_per_second: (after.0 - before.0) / seconds,
        refused_per_second: (after.1 - before.1) / seconds,
    })
}

/// Signs in with another wrong account each time until it is over.
fn sign_in(address: SocketAddr, seed: usize, told: &Told) -> anyhow::Result<()> {
    use std::io::Write;
    let mut stream = load::connect(address)?;
    let mut buffer = Vec::new();
    for n in 0_u64.. {
        if told.over.load(Relaxed) {
            break;
        }
        let host = format!("bench-{}.localhost", n % HOT as u64);
        let account = json!({"email": format!("nobody-{seed}-{n}@bench.example"), "password": "not the password 9"});
        stream.write_all(&load::post(
            &host,
            "/api/v1/auth/session",
            &account.to_string(),
        ))?;
        load::read_answer(&mut stream, &mut buffer)?;
        let counter = match buffer.get(9..12) {
            Some(b"401") => &told.compared,
            Some(b"503" | b"429") => &told.refused,
            _ => anyhow::bail!("answered {}", String::from_utf8_lossy(&buffer)),
        };
        counter.fetch_add(1, Relaxed);
    }
    Ok(())
}

//! Registration, one at a time: the whole of it, and without the hash that is slow on purpose.

use std::time::Instant;

use serde_json::json;

use crate::house::BenchHouse;
use crate::tenants::post;

const COUNT: u32 = 60;
const PASSWORD: &str = "correct horse battery staple 9";

/// One registration.
pub struct Registered {
    pub whole_us: f64,
    pub hash_us: f64,
}

pub async fn measure(house: &BenchHouse) -> anyhow::Result<Vec<Registered>> {
    house.fill(COUNT).await?;
    let mut times = Vec::new();
    for n in 0..COUNT {
        let form = json!({
            "organization_name": format!("Registered {n}"), "email": format!("owner@registered-{n}.example"),
            "password": PASSWORD, "password_confirm": PASSWORD,
        });
        let hashed = hash_seconds(house);
        let began = Instant::now();
        post(house, "localhost", "/api/v1/auth/register", "", &form).await?;
        times.push(Registered {
            whole_us: began.elapsed().as_secs_f64() * 1e6,
            hash_us: (hash_seconds(house) - hashed) * 1e6,
        });
    }
    Ok(times)
}

/// Seconds this process has hashed passwords for, by its own metric.
fn hash_seconds(house: &BenchHouse) -> f64 {
    let metrics = house.metrics.render();
    let sums = metrics
        .lines()
        .filter(|line| line.starts_with("password_hash_seconds_sum"));
    sums.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

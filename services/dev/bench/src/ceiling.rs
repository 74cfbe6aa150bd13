//! The ceiling: what actix, the driver and Postgres can do together with nothing of ours between them.

use std::net::SocketAddr;

use actix_web::{App, HttpResponse, HttpServer, web};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::NoTls;

use crate::house::BenchHouse;
use crate::load::{self, Plan};

pub struct Ceiling {
    address: SocketAddr,
}

impl Ceiling {
    pub fn plan(&self) -> Plan {
        let requests = vec![load::get("localhost", "/ceiling", "")];
        let name = "ceiling: one prepared one-row query as JSON";
        Plan::new(name, self.address, requests)
    }
}

/// As many workers and connections as the house has.
pub async fn start(house: &BenchHouse) -> anyhow::Result<Ceiling> {
    let config: tokio_postgres::Config = house.app_url().parse()?;
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config, NoTls, manager);
    let pool = Pool::builder(manager).max_size(10).build()?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(pool.clone()))
            .route("/ceiling", web::get().to(answer))
    });
    let server = server.disable_signals().bind(("127.0.0.1", 0))?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| anyhow::anyhow!("no address"))?;
    tokio::spawn(server.run());
    Ok(Ceiling { address })
}

async fn answer(pool: web::Data<Pool>) -> HttpResponse {
    let row = async {
        let client = pool.get().await.ok()?;
        let text = "SELECT id::text AS id, slug FROM platform.tenants WHERE slug = $1";
        let statement = client.prepare_cached(text).await.ok()?;
        client.query_one(&statement, &[&"bench-0"]).await.ok()
    };
    match row.await {
        Some(row) => HttpResponse::Ok().json(serde_json::json!({
            "id": row.get::<_, String>("id"),
            "slug": row.get::<_, String>("slug"),
        })),
        None => HttpResponse::InternalServerError().finish(),
    }
}

//! The whole front by HTTP, without a database: root host, unknown hosts, input, headers, the console.
//! What needs a tenant is tested where there is one, in `app`.

mod console;
mod frame;
mod input;

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Json;
use actix_web::{HttpResponse, get, patch, post};
use async_trait::async_trait;
use db::{DbError, Pulse, TenantRef};
use jiff::Timestamp;
use kernel::clock::ManualClock;
use kernel::id::EndpointId;
use kernel::rng::SystemEntropy;
use kernel::roles::SignedIn;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    ApiLimits, ApiResult, Check, CheckState, Gateway, GatewayConfig, HostDirectory, IdempotencyKey,
    IfMatch, Keys, PathId, Problems, Readiness, Root, Tenant, ValidJson, ValidQuery, Visitor,
};

/// A directory without tenants.
struct Nobody;

#[async_trait]
impl HostDirectory for Nobody {
    async fn find(&self, _: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        Ok(None)
    }
}

struct Well;

#[async_trait]
impl Readiness for Well {
    async fn checks(&self) -> Vec<Check> {
        vec![Check {
            name: "database",
            state: CheckState::Ok,
        }]
    }
}

#[derive(Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    #[validate(length(min = 1, max = 20))]
    text: String,
}

#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Paging {
    #[validate(range(min = 1, max = 200))]
    limit: Option<u32>,
}

#[utoipa::path(request_body = Note, responses((status = 200, body = Note), Problems))]
#[post("/notes")]
async fn add_note(key: IdempotencyKey, ValidJson(note): ValidJson<Note>) -> Json<Note> {
    let _ = key;
    Json(note)
}

#[utoipa::path(params(Paging), responses((status = 200), Problems))]
#[get("/notes")]
async fn list_notes(ValidQuery(paging): ValidQuery<Paging>) -> String {
    format!("{:?}", paging.limit)
}

#[utoipa::path(params(("id" = EndpointId, Path)), responses((status = 200), Problems))]
#[get("/notes/{id}")]
async fn show_note(PathId(id): PathId<EndpointId>) -> String {
    id.to_string()
}

#[utoipa::path(params(("id" = EndpointId, Path)), responses((status = 200), Problems))]
#[patch("/notes/{id}")]
async fn change_note(id: PathId<EndpointId>, tag: IfMatch) -> ApiResult<String> {
    let _ = id;
    Ok(format!("{:?}", tag.required()?))
}

#[utoipa::path(responses((status = 200), Problems))]
#[get("/panic")]
async fn fall_over() -> HttpResponse {
    panic!("a secret of the inside")
}

#[utoipa::path(responses((status = 200), Problems))]
#[post("/tenant")]
async fn tenant_only(tenant: Tenant<SignedIn>) -> String {
    tenant.url()
}

#[utoipa::path(responses((status = 200), Problems))]
#[post("/visitor")]
async fn visitor_only(visitor: Visitor) -> String {
    visitor.url()
}

#[utoipa::path(responses((status = 200), Problems))]
#[post("/root")]
async fn root_only(root: Root) -> String {
    root.domain().to_owned()
}

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(add_note)
        .service(list_notes)
        .service(show_note)
        .service(change_note)
        .service(fall_over)
        .service(tenant_only)
        .service(visitor_only)
        .service(root_only);
}

fn config() -> GatewayConfig {
    let master = SecretString::from("m".repeat(32));
    let keys = Keys::derive("https://signalbox.example", &master, &[]).expect("long enough");
    let base = "https://signalbox.example".parse().expect("a URL");
    GatewayConfig {
        api_limits: ApiLimits {
            anonymous_per_minute: None,
            session_per_minute: None,
            key_per_minute: None,
            copies: 1,
        },
        ..GatewayConfig::new(base, keys)
    }
}

fn gateway(config: GatewayConfig) -> Gateway {
    let start = Timestamp::from_second(1_800_000_000).expect("in range");
    let pulse = Pulse {
        clock: Arc::new(ManualClock::at(start)),
        entropy: Arc::new(SystemEntropy),
    };
    Gateway::assemble(
        config,
        None,
        pulse,
        Arc::new(Nobody),
        Arc::new(Well),
        vec![],
    )
    .expect("the settings fit")
}

/// What came back, read whole.
struct Reply {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Status and code of a problem document, after looking at what every one must have.
    fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.body
        );
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        assert_eq!(document["type"], "about:blank");
        assert!(
            document["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        let code = document["code"].as_str().expect("a code").to_owned();
        (self.status.as_u16(), code)
    }

    fn pointers(&self) -> Vec<String> {
        let document = self.json();
        let errors = document["errors"].as_array().expect("a list");
        let pointer = |error: &Value| error["pointer"].as_str().expect("text").to_owned();
        errors.iter().map(pointer).collect()
    }

    /// Headers but those that differ each time.
    fn shape(&self) -> String {
        let mut lines: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "etag"))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        lines.sort();
        format!("{}\n{}", self.status.as_u16(), lines.join("\n"))
    }
}

fn request(method: Method, path: &str) -> TestRequest {
    TestRequest::default()
        .method(method)
        .uri(path)
        .insert_header(("host", "signalbox.example"))
        .peer_addr("192.0.2.7:4000".parse().expect("an address"))
}

fn get_of(path: &str) -> TestRequest {
    request(Method::GET, path)
}

fn post_of(path: &str, body: impl Into<actix_web::web::Bytes>) -> TestRequest {
    request(Method::POST, path)
        .insert_header(("content-type", "application/json"))
        .set_payload(body)
}

/// Sends one request through a gateway of its own.
async fn send(request: TestRequest) -> Reply {
    send_to(&gateway(config()), request).await
}

async fn send_to(gateway: &Gateway, request: TestRequest) -> Reply {
    let app = init_service(gateway.app(routes, |_| {})).await;
    let answered = app.call(request.to_request()).await;
    let response = match answered {
        Ok(response) => ServiceResponse::into_parts(response).1,
        // As the server does it.
        Err(error) => error.error_response().map_into_boxed_body(),
    };
    read(response).await
}

async fn read(response: HttpResponse<BoxBody>) -> Reply {
    let status = response.status();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().expect("text").to_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let bytes = actix_web::body::to_bytes(response.into_body())
        .await
        .expect("a body");
    Reply {
        status,
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

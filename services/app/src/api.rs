//! The API as a whole: every domain's operations, and their description.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, get};
use gateway::Gateway;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Registers the operations of all domains below `/api/v1`.
pub fn operations(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    registration::routes(config);
    identity::routes(config);
    endpoints::routes(config);
    audit::routes(config);
    config.service(show_openapi);
}

/// The description of every operation: `openapi/signalbox.v1.json`.
pub fn document() -> OpenApi {
    Gateway::describe(operations)
}

/// The description of every operation of operators: `openapi/operator.v1.json`.
pub fn operator_document() -> OpenApi {
    Gateway::describe_operators(::operators::routes)
}

/// The description as it is checked in: of the operators' API, or of everybody's.
pub fn printed(operator: bool) -> anyhow::Result<String> {
    let document = if operator {
        operator_document()
    } else {
        document()
    };
    // By way of a value, whose members are sorted: extensions come in another order each time.
    let sorted = serde_json::to_value(document)?;
    Ok(serde_json::to_string_pretty(&sorted)?)
}

/// The description as it is served: made once.
struct Served(String);

/// Describes this API.
#[utoipa::path(
    tag = "api",
    responses((status = 200, description = "The OpenAPI 3.1 description.", body = Object)),
    extensions(("x-host" = json!("any")))
)]
#[get("/openapi.json")]
async fn show_openapi(served: Data<Served>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(served.0.clone())
}

/// Adds the explorer, and what [`show_openapi`] answers.
pub fn explorer(config: &mut ServiceConfig) {
    let document = document();
    // A description is text, numbers and maps: it cannot fail to be written.
    let served = Served(document.to_json().unwrap_or_default());
    config.app_data(Data::new(served));
    config.service(web::redirect("/api/docs", "/api/docs/"));
    config.service(
        SwaggerUi::new("/api/docs/{_:.*}")
            .config(Config::from("/api/v1/openapi.json").try_it_out_enabled(true)),
    );
}

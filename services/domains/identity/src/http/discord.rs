//! Signing in with Discord: start and callback on the root host, the exchange on the organisation's.

use std::borrow::Cow;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use gateway::{ApiResult, Problems, Root, ValidJson, ValidQuery, Visitor};

use super::dto::identities::{CameBack, HandedOver, StartDiscord};
use super::dto::{SessionView, device};
use super::let_in::let_in;
use crate::model::{AGREEING, SecretToken};
use crate::service::{Identity, Return, Turned, Wish};

/// The page of the console that ends the way, on either host.
const PAGE: &str = "/discord";

const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-discord" } else { "discord" }
}

fn cookie(root: &Root, browser: &SecretToken) -> Cookie<'static> {
    let https = root.https();
    Cookie::build(cookie_name(https), browser.expose().to_owned())
        .path("/")
        .secure(https)
        .http_only(true)
        // Discord's redirect comes from another site; Lax lets it through, as a navigation.
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(AGREEING.as_secs()))
        .finish()
}

fn browser_of(request: &HttpRequest, root: &Root) -> Option<SecretToken> {
    SecretToken::parse(request.cookie(cookie_name(root.https()))?.value())
}

fn see_other(place: String) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::SeeOther();
    answer
        .insert_header((LOCATION, place))
        .insert_header((CACHE_CONTROL, "no-store"));
    answer
}

/// Sends a browser to Discord, to sign in to the organisation on `host` or to link an account there.
///
/// Errors: `discord_off` (404), `unknown_host` (404).
#[utoipa::path(
    tag = "identity",
    params(StartDiscord),
    responses(
        (status = 303, description = "To Discord."),
        Problems
    ),
    extensions(("x-host" = json!("root")))
)]
#[get("/auth/discord/start")]
pub async fn start_discord(
    request: HttpRequest,
    root: Root,
    identity: Data<Identity>,
    ValidQuery(query): ValidQuery<StartDiscord>,
) -> ApiResult<HttpResponse> {
    let (host, page, next) = query.parts()?;
    let tenant = root.find_organization(&host).await?;
    // A second window goes on with what the first one got.
    let browser = browser_of(&request, &root).unwrap_or_else(SecretToken::of_system);
    let cookie = cookie(&root, &browser);
    let wish = Wish {
        tenant,
        page,
        browser,
        next,
    };
    let place = identity.start_discord(&root, wish).await?;
    Ok(see_other(place).cookie(cookie).finish())
}

/// Takes a browser back from Discord, and sends it to its organisation's page with a code that works once,
/// for 60 seconds; or with the reason why there is none.
#[utoipa::path(
    tag = "identity",
    params(CameBack),
    responses(
        (status = 303, description = "To the organisation's page, `#code=…` or `#error=…`."),
        Problems
    ),
    extensions(("x-host" = json!("root")))
)]
#[get("/auth/discord/callback")]
pub async fn finish_discord(
    request: HttpRequest,
    root: Root,
    identity: Data<Identity>,
    ValidQuery(query): ValidQuery<CameBack>,
) -> ApiResult<HttpResponse> {
    let lost = || {
        let place = root.url_of(root.domain());
        Ok(see_other(fragment(
            &place,
            &[("error", Turned::InvalidState.as_str())],
        ))
        .finish())
    };
    let Some((state, host)) = query.state() else {
        return lost();
    };
    let Ok(tenant) = root.find_organization(host).await else {
        return lost();
    };
    let page = root.url_of(tenant.host());
    let back = Return {
        tenant,
        state,
        browser: browser_of(&request, &root),
        code: query.code.clone(),
        issuer: query.iss.clone(),
    };
    let place = match identity.return_discord(&root, back).await? {
        Ok(handed) => {
            let next = handed.next.as_deref().map(Cow::from).unwrap_or_default();
            fragment(&page, &[("code", handed.code.expose()), ("next", &next)])
        }
        Err(turned) => fragment(&page, &[("error", turned.as_str())]),
    };
    Ok(see_other(place).finish())
}

/// In the fragment: no server sees it, and no `Referer` holds it.
fn fragment(origin: &str, pairs: &[(&str, &str)]) -> String {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query = filled.fold(String::new(), |mut all, (name, value)| {
        if !all.is_empty() {
            all.push('&');
        }
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        all.push_str(name);
        all.push('=');
        all.push_str(&value);
        all
    });
    format!("{origin}{PAGE}#{query}")
}

/// Signs a browser in by the code that came back from Discord. An account that was never linked is, where
/// its address is proven here and at Discord.
///
/// Errors: `invalid_hand_over` (401), `second_factor_required` (401), `invalid_code` (401), `no_account`
/// (403), `email_unverified` (403), `has_identity` (409), `discord_off` (404), `rate_limited` (429).
#[utoipa::path(
    tag = "identity",
    request_body = HandedOver,
    responses(
        (status = 200, body = SessionView, headers(("Set-Cookie" = String, description = "The session."))),
        Problems
    ),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/discord/exchange")]
pub async fn exchange_discord(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<HandedOver>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    let session = identity
        .sign_in_by_discord(&visitor, &body.0.try_into()?, &device)
        .await?;
    Ok(let_in(&visitor, session))
}

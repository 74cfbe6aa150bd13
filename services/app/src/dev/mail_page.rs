//! `/dev/mail`: the mail that was caught, for a person and as JSON.

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};
use fakes::smtp::MailReader;
use serde_json::json;

/// Mail is shown in a frame that runs no script; its links open in a new tab.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem;background:#f6f4ee;color:#17201c}
h1{font-size:1.4rem}article{background:#fffdf8;border:1px solid #d9d5c8;border-radius:5px;padding:1rem;margin:1rem 0}
h2{font-size:1rem;margin:0}p{margin:.2rem 0;color:#5b625c}iframe{width:100%;height:26rem;border:0;background:#fff;margin-top:.6rem}pre{white-space:pre-wrap}
@media(prefers-color-scheme:dark){body{background:#111816;color:#ebe8de}article{background:#18211e;border-color:#2b3531}p{color:#9fa69e}a{color:#7cc4c4}}";

/// Adds both routes. They answer on any host.
pub fn routes(config: &mut ServiceConfig, mail: &MailReader) {
    config
        .app_data(web::Data::new(mail.clone()))
        .route("/dev/mail", web::get().to(page))
        .route("/dev/mail/messages", web::get().to(messages));
}

async fn messages(mail: web::Data<MailReader>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "items": mail.messages() }))
}

async fn page(mail: web::Data<MailReader>) -> HttpResponse {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Caught mail</title><style>{STYLE}</style><h1>Caught mail</h1>\
         <p>Newest first. Nothing leaves this machine. <a href=/dev/mail>Look again</a></p>"
    );
    let messages = mail.messages();
    if messages.is_empty() {
        html.push_str("<article><p>No mail yet. Register an organisation, and its first mail arrives here.</p></article>");
    }
    for message in messages {
        let body = match &message.html {
            Some(body) => format!(
                "<iframe title='The mail' sandbox='allow-popups allow-popups-to-escape-sandbox' srcdoc=\"{}\"></iframe>",
                escape(&format!("<base target=_blank>{body}"))
            ),
            None => format!("<pre>{}</pre>", escape(&message.text)),
        };
        html.push_str(&format!(
            "<article><h2>{}</h2><p>to {} · {}</p>{body}</article>",
            escape(&message.subject),
            escape(&message.to),
            message.sent_at
        ));
    }
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(html)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

//! `Tenant::write_once`: an attempt with a name happens once, and its answer can be asked for again.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use db::{DbError, Sql, TenantTx, sql};
use kernel::roles::Policy;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Gateway;
use crate::context::RequestContext;
use crate::input::IdempotencyKey;
use crate::input::{Attempt, body_hash};
use crate::problem::{ApiError, ApiResult};
use crate::tenant::Tenant;
use crate::visitor::Root;

/// Claims the name. A second transaction with the same name waits here for the first one to end.
const CLAIM: Sql = sql!(
    "INSERT INTO idempotency_keys (key_hash, body_hash, status, answer, created_at)
     VALUES ($1, $2, 0, 'null', $3)
     ON CONFLICT (key_hash) DO NOTHING"
);

const KEEP: Sql = sql!("UPDATE idempotency_keys SET status = $2, answer = $3 WHERE key_hash = $1");

const FIND: Sql =
    sql!("SELECT body_hash, status, answer FROM idempotency_keys WHERE key_hash = $1");

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer of a write, in a form that can be stored and given again.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: StatusCode,
    stored: Stored,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    body: Value,
    location: Option<String>,
    etag: Option<String>,
}

impl Answer {
    /// An answer with a JSON body.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status,
            stored: Stored {
                // Views hold texts, numbers and lists of them: serialising them cannot fail.
                body: serde_json::to_value(body).unwrap_or_default(),
                location: None,
                etag: None,
            },
        }
    }

    /// 201 with a JSON body and where the new thing is found.
    pub fn created(location: String, body: &impl Serialize) -> Self {
        let mut answer = Self::json(StatusCode::CREATED, body);
        answer.stored.location = Some(location);
        answer
    }

    /// The same with an entity tag, made by [`crate::etag`].
    #[must_use]
    pub fn with_etag(mut self, etag: &HeaderValue) -> Self {
        self.stored.etag = etag.to_str().ok().map(str::to_owned);
        self
    }

    fn respond(&self, replayed: bool) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in [(LOCATION, &self.stored.location), (ETAG, &self.stored.etag)] {
            if let Some(value) = value {
                response.insert_header((name, value.as_str()));
            }
        }
        if replayed {
            response.insert_header((REPLAYED, "true"));
        }
        response.insert_header((CONTENT_TYPE, "application/json"));
        response.body(self.stored.body.to_string())
    }
}

/// A named attempt as it is stored, for a domain that keeps its answers in `platform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAttempt {
    /// Keyed hash of who, which operation and which key.
    pub key_hash: [u8; 32],
    /// Hash of the body that came with it.
    pub body_hash: [u8; 32],
}

/// 422: the same key with another body.
pub fn key_reused() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request. Use a new key.",
    )
}

fn named(
    gateway: &Gateway,
    context: &RequestContext,
    attempt: &Attempt,
    who: &[u8],
) -> NamedAttempt {
    let scope = [who, attempt.operation.as_bytes(), attempt.key.as_bytes()];
    NamedAttempt {
        key_hash: gateway.config().keys.idempotency_hash(&scope),
        body_hash: body_hash(context),
    }
}

impl Root {
    /// The attempt that `key` names on the root host, if it names one. Read it after the body.
    pub fn attempt(&self, key: &IdempotencyKey) -> Option<NamedAttempt> {
        let context = self.context();
        let attempt = key.attempt()?;
        Some(named(&context.gateway, context, attempt, b""))
    }
}

impl<P: Policy> Tenant<P> {
    /// [`Tenant::write`], at most once for each name: with the same key and the same body, the first
    /// answer is given again (`Idempotency-Replayed: true`). Without a key it is a plain write. Only an
    /// answer is kept; what was refused can be tried again.
    ///
    /// Errors: 422 `idempotency_key_reused` for the same key with another body.
    pub async fn write_once<E>(
        &self,
        key: &IdempotencyKey,
        work: impl AsyncFnOnce(&TenantTx) -> Result<Answer, E>,
    ) -> ApiResult<HttpResponse>
    where
        E: From<DbError> + Into<ApiError>,
    {
        let Some(attempt) = key.attempt() else {
            let answer = self.write(work).await.map_err(Into::into)?;
            return Ok(answer.respond(false));
        };
        let context = self.context();
        let outcome = self
            .write(async |tx| {
                let who = tx.actor().id().ok_or(DbError::Refused)?;
                let name = named(&context.gateway, context, attempt, who.as_bytes());
                if !claim(tx, name).await? {
                    return Ok(Outcome::Found(find(tx, name).await?));
                }
                let answer = work(tx).await.map_err(Failure::Work)?;
                keep(tx, name, &answer).await?;
                Ok(Outcome::Done(answer))
            })
            .await;
        match outcome {
            Ok(Outcome::Done(answer)) => Ok(answer.respond(false)),
            Ok(Outcome::Found(Some(answer))) => Ok(answer.respond(true)),
            Ok(Outcome::Found(None)) => Err(key_reused()),
            Err(Failure::Db(error)) => Err(error.into()),
            Err(Failure::Work(error)) => Err(error.into()),
        }
    }
}

enum Outcome {
    Done(Answer),
    /// Of an earlier attempt; `None` where its body was another one.
    Found(Option<Answer>),
}

/// Keeps the domain's own error apart from the database's around it.
enum Failure<E> {
    Db(DbError),
    Work(E),
}

impl<E> From<DbError> for Failure<E> {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

async fn claim(tx: &TenantTx, name: NamedAttempt) -> Result<bool, DbError> {
    let (key, body) = (name.key_hash.as_slice(), name.body_hash.as_slice());
    let claimed = tx.execute(CLAIM, &[&key, &body, &tx.now()]).await?;
    Ok(claimed == 1)
}

async fn keep(tx: &TenantTx, name: NamedAttempt, answer: &Answer) -> Result<(), DbError> {
    let corrupt = || impossible("answer");
    let stored = serde_json::to_value(&answer.stored).map_err(|_| corrupt())?;
    let status = i16::try_from(answer.status.as_u16()).map_err(|_| corrupt())?;
    let key = name.key_hash.as_slice();
    tx.execute(KEEP, &[&key, &status, &stored]).await.map(drop)
}

async fn find(tx: &TenantTx, name: NamedAttempt) -> Result<Option<Answer>, DbError> {
    let row = tx.query_one(FIND, &[&name.key_hash.as_slice()]).await?;
    if row.get::<&[u8]>("body_hash")? != name.body_hash {
        return Ok(None);
    }
    let status = u16::try_from(row.get::<i16>("status")?).map_err(|_| impossible("status"))?;
    Ok(Some(Answer {
        status: StatusCode::from_u16(status).map_err(|_| impossible("status"))?,
        stored: serde_json::from_value(row.get("answer")?).map_err(|_| impossible("answer"))?,
    }))
}

fn impossible(column: &'static str) -> DbError {
    DbError::Corrupt {
        table: "idempotency_keys",
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stored_answer_is_given_again_as_it_was() {
        let etag = crate::etag(1);
        let answer =
            Answer::created("/api/v1/endpoints/1".into(), &json!({"id": 1})).with_etag(&etag);
        let stored = serde_json::to_value(&answer.stored).expect("JSON");
        let again = Answer {
            status: answer.status,
            stored: serde_json::from_value(stored).expect("JSON"),
        };
        assert_eq!(again, answer);
        let response = again.respond(true);
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers().get("etag"), Some(&etag));
        assert_eq!(
            response.headers().get("location").expect("it is there"),
            "/api/v1/endpoints/1"
        );
        assert_eq!(
            response
                .headers()
                .get("idempotency-replayed")
                .expect("it is there"),
            "true"
        );
    }
}

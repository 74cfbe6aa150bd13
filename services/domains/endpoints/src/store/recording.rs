//! Writing results: the result, the endpoint's state and the hour's counts, for any number of endpoints
//! of one tenant in one statement.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::EndpointId;
use uuid::Uuid;

use crate::model::check::CheckResult;
use crate::model::health::Health;
use crate::model::histogram;

/// A result, and how the endpoint is after it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Whose.
    pub endpoint: EndpointId,
    /// Its id in `results`.
    pub id: Uuid,
    /// The result.
    pub result: CheckResult,
    /// What came of it.
    pub health: Health,
}

// Whoever records holds the schedule's row of each endpoint, or the lock of the endpoint's own row, so
// that no two write the same hour at once. An endpoint may be in one batch once. `bucket` and `success`
// count the same whether the element is there or not: subscripts extend the array.
const RECORD: Sql = sql!(
    "WITH checked AS (
         SELECT id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us,
                hour, bucket, state, state_changed_at, streak, streak_at, last_result,
                (outcome = 'up')::integer AS success,
                (outcome = 'down')::integer AS failure,
                (outcome = 'unknown')::integer AS nothing
           FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                       $7::smallint[], $8::integer[], $9::integer[], $10::integer[], $11::integer[],
                       $12::integer[], $13::integer[], $14::integer[], $15::timestamptz[],
                       $16::integer[], $17::text[], $18::timestamptz[], $19::smallint[],
                       $20::timestamptz[], $21::text[])
                AS given (id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                          duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us,
                          hour, bucket, state, state_changed_at, streak, streak_at, last_result)
     ), added AS (
         INSERT INTO results (id, endpoint_id, checked_at, outcome, reason_code, message,
                              status_code, duration_us, dns_us, connect_us, tls_us, send_us,
                              wait_us, receive_us)
         SELECT id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us
           FROM checked
     ), counted AS (
         UPDATE result_hours h
            SET up_count = h.up_count + c.success,
                down_count = h.down_count + c.failure,
                unknown_count = h.unknown_count + c.nothing,
                latency_buckets[c.bucket] = COALESCE(h.latency_buckets[c.bucket], 0) + c.success
           FROM checked c
          WHERE h.endpoint_id = c.endpoint_id AND h.hour = c.hour
         RETURNING h.endpoint_id
     ), opened AS (
         INSERT INTO result_hours (endpoint_id, hour, up_count, down_count, unknown_count,
                                   latency_buckets)
         SELECT endpoint_id, hour, success, failure, nothing,
                array_fill(success, ARRAY[1], ARRAY[bucket])
           FROM checked
          WHERE endpoint_id NOT IN (SELECT endpoint_id FROM counted)
     )
     UPDATE endpoints e
        SET state = c.state, state_changed_at = c.state_changed_at, streak = c.streak,
            streak_at = c.streak_at, last_result = c.last_result::jsonb,
            last_checked_at = CASE WHEN c.duration_us IS NULL THEN e.last_checked_at
                                   ELSE c.checked_at END
       FROM checked c
      WHERE e.id = c.endpoint_id"
);

/// Writes `batch`, at most one result an endpoint.
pub async fn record(tx: &TenantTx, batch: &[&Recorded]) -> Result<(), DbError> {
    let columns = Columns::of(batch)?;
    tx.execute(
        RECORD,
        &[
            &columns.id,
            &columns.endpoint,
            &columns.checked_at,
            &columns.outcome,
            &columns.reason,
            &columns.message,
            &columns.status,
            &columns.duration,
            &columns.dns,
            &columns.connect,
            &columns.tls,
            &columns.send,
            &columns.wait,
            &columns.receive,
            &columns.hour,
            &columns.bucket,
            &columns.state,
            &columns.changed_at,
            &columns.streak,
            &columns.streak_at,
            &columns.last_result,
        ],
    )
    .await
    .map(drop)
}

/// The batch by column, as `unnest` takes it.
#[derive(Default)]
struct Columns<'a> {
    id: Vec<Uuid>,
    endpoint: Vec<Uuid>,
    checked_at: Vec<Timestamp>,
    outcome: Vec<&'static str>,
    reason: Vec<&'static str>,
    message: Vec<&'a str>,
    status: Vec<Option<i16>>,
    duration: Vec<Option<i32>>,
    dns: Vec<Option<i32>>,
    connect: Vec<Option<i32>>,
    tls: Vec<Option<i32>>,
    send: Vec<Option<i32>>,
    wait: Vec<Option<i32>>,
    receive: Vec<Option<i32>>,
    hour: Vec<Timestamp>,
    bucket: Vec<i32>,
    state: Vec<&'static str>,
    changed_at: Vec<Timestamp>,
    streak: Vec<i16>,
    streak_at: Vec<Option<Timestamp>>,
    last_result: Vec<String>,
}

impl<'a> Columns<'a> {
    fn of(batch: &[&'a Recorded]) -> Result<Self, DbError> {
        let mut columns = Self::default();
        for recorded in batch {
            columns.push(recorded)?;
        }
        Ok(columns)
    }

    fn push(&mut self, recorded: &'a Recorded) -> Result<(), DbError> {
        let Recorded {
            endpoint,
            id,
            result,
            health,
        } = recorded;
        self.id.push(*id);
        self.endpoint.push(endpoint.uuid());
        self.checked_at.push(result.checked_at);
        self.outcome.push(result.outcome.as_str());
        self.reason.push(result.reason_code.as_str());
        self.message.push(&result.message);
        self.status
            .push(result.status_code.and_then(|code| i16::try_from(code).ok()));
        self.duration.push(signed(result.duration_us));
        self.dns.push(signed(result.timings.dns_us));
        self.connect.push(signed(result.timings.connect_us));
        self.tls.push(signed(result.timings.tls_us));
        self.send.push(signed(result.timings.send_us));
        self.wait.push(signed(result.timings.wait_us));
        self.receive.push(signed(result.timings.receive_us));
        self.hour.push(hour_of(result.checked_at));
        self.bucket
            .push(histogram::bucket(result.duration_us.unwrap_or(0)));
        self.state.push(health.state.as_str());
        self.changed_at.push(health.changed_at);
        self.streak.push(health.streak);
        self.streak_at.push(health.streak_at);
        let json = serde_json::to_string(result).map_err(|_| DbError::Corrupt {
            table: "endpoints",
            column: "last_result",
        })?;
        self.last_result.push(json);
        Ok(())
    }
}

fn signed(us: Option<u32>) -> Option<i32> {
    us.map(|us| i32::try_from(us).unwrap_or(i32::MAX))
}

fn hour_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(3_600)).unwrap_or(at)
}

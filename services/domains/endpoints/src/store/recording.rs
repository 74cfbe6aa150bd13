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
    /// The claim it is exchanged for; `None` for whoever has locked the endpoint's row before.
    pub claim: Option<Held>,
}

/// A claim, and when the next check is due.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// What the schedule's row must still say.
    pub fence: i64,
    /// When the next check is due.
    pub due_at: Timestamp,
}

// The endpoint's row is locked first, the schedule's second, and only where the fence still matches is
// anything written: from the first lock on, nobody else writes about this endpoint. An endpoint may be in
// one batch once. Subscripts extend the array, so an element that is not there yet counts as 0.
const RECORD: Sql = sql!(
    "WITH given AS (
         SELECT id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us,
                hour, bucket, state, state_changed_at, streak, streak_at, last_result, fence, due_at
           FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                       $7::smallint[], $8::integer[], $9::integer[], $10::integer[], $11::integer[],
                       $12::integer[], $13::integer[], $14::integer[], $15::timestamptz[],
                       $16::integer[], $17::text[], $18::timestamptz[], $19::smallint[],
                       $20::timestamptz[], $21::text[], $22::bigint[], $23::timestamptz[])
                AS batch (id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                          duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us,
                          hour, bucket, state, state_changed_at, streak, streak_at, last_result,
                          fence, due_at)
     ), locked AS MATERIALIZED (
         SELECT e.id, g.fence, g.due_at
           FROM endpoints e
           JOIN given g ON g.endpoint_id = e.id
          ORDER BY e.id
            FOR UPDATE OF e
     ), settled AS (
         UPDATE platform.check_schedule s
            SET next_due_at = l.due_at, leased_until = NULL
           FROM locked l
          WHERE s.endpoint_id = l.id AND s.fence = l.fence
         RETURNING s.endpoint_id
     ), checked AS (
         SELECT id, endpoint_id, checked_at, outcome, reason_code, message, status_code,
                duration_us, dns_us, connect_us, tls_us, send_us, wait_us, receive_us,
                hour, bucket, state, state_changed_at, streak, streak_at, last_result,
                (outcome = 'up')::integer AS success,
                (outcome = 'down')::integer AS failure,
                (outcome = 'unknown')::integer AS nothing
           FROM given
          WHERE fence IS NULL OR endpoint_id IN (SELECT endpoint_id FROM settled)
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
      WHERE e.id = c.endpoint_id
     RETURNING e.id"
);

/// Writes `batch`, at most one result an endpoint. Answers the endpoints whose claim still held; about
/// the others nothing was written.
pub async fn record(tx: &TenantTx, batch: &[&Recorded]) -> Result<Vec<Uuid>, DbError> {
    let columns = Columns::of(batch)?;
    let rows = tx
        .query(
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
                &columns.fence,
                &columns.due_at,
            ],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
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
    fence: Vec<Option<i64>>,
    due_at: Vec<Option<Timestamp>>,
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
            claim,
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
        self.fence.push(claim.map(|held| held.fence));
        self.due_at.push(claim.map(|held| held.due_at));
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

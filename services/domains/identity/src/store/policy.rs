//! The rules for signing in, in their row, and their copies in the rows of sessions and keys. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::{SessionId, UserId};
use kernel::network::Network;

use crate::model::Method;
use crate::model::policy::{Effects, Rules, SignInPolicy, WaysOf};

const FIND: Sql = sql!(
    "SELECT idle_s, second_factor_required, methods, mail_domains, console_networks, key_networks, revision,
            updated_at
       FROM sign_in_policy"
);

/// The rules, which are those of the beginning until somebody changes one.
pub async fn fetch(tx: &TenantTx) -> Result<SignInPolicy, DbError> {
    let row = tx.query_opt(FIND, &[]).await?;
    row.as_ref().map_or(Ok(SignInPolicy::default()), policy)
}

fn policy(row: &Row) -> Result<SignInPolicy, DbError> {
    let corrupt = |column| DbError::Corrupt {
        table: "sign_in_policy",
        column,
    };
    let networks = |column| {
        let stored: Vec<&str> = row.get(column)?;
        let read = stored.into_iter().map(Network::parse);
        read.collect::<Option<Vec<_>>>()
            .ok_or_else(|| corrupt(column))
    };
    let methods: Vec<&str> = row.get("methods")?;
    let methods = methods.into_iter().map(Method::parse);
    Ok(SignInPolicy {
        rules: Rules {
            idle_minutes: row.get::<i32>("idle_s")? / 60,
            second_factor_required: row.get("second_factor_required")?,
            methods: methods
                .collect::<Option<_>>()
                .ok_or_else(|| corrupt("methods"))?,
            mail_domains: row.get("mail_domains")?,
            console_networks: networks("console_networks")?,
            key_networks: networks("key_networks")?,
        },
        revision: row.get("revision")?,
        updated_at: row.get("updated_at")?,
    })
}

// Whoever opens a session or makes a key has locked the person's row, and reads the rules after that.
const LOCK_EVERYBODY: Sql = sql!("SELECT id FROM users ORDER BY id FOR UPDATE");

/// Nobody signs in, makes a key or changes what they prove themselves by until this transaction ends.
pub async fn lock_everybody(tx: &TenantTx) -> Result<(), DbError> {
    tx.query(LOCK_EVERYBODY, &[]).await.map(drop)
}

const LIST_WAYS: Sql = sql!(
    "SELECT u.id, u.role = 'owner' AS owner, u.password_hash IS NOT NULL AS password,
            u.totp_confirmed_at IS NOT NULL AS codes,
            EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id AND p.host = $2) AS passkey,
            EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id) AS discord
       FROM users u
      WHERE u.id = $1 OR (u.role = 'owner' AND u.state = 'active')"
);

/// By what `user` and every active owner can come in on this host. The first are `user`'s own.
pub async fn list_ways(tx: &TenantTx, user: UserId) -> Result<(WaysOf, Vec<WaysOf>), DbError> {
    let host = tx.tenant().host();
    let rows = tx.query(LIST_WAYS, &[&user.uuid(), &host]).await?;
    let (mut own, mut owners) = (None, Vec::new());
    for row in &rows {
        let ways = WaysOf {
            user: row.id("id")?,
            password: row.get("password")?,
            passkey: row.get("passkey")?,
            discord: row.get("discord")?,
            codes: row.get("codes")?,
        };
        if ways.user == user {
            own = Some(ways);
        }
        if row.get("owner")? {
            owners.push(ways);
        }
    }
    Ok((own.ok_or(DbError::Missing)?, owners))
}

const SAVE: Sql = sql!(
    "INSERT INTO sign_in_policy AS it (idle_s, second_factor_required, methods, mail_domains, console_networks,
                                       key_networks, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE
        SET idle_s = $1, second_factor_required = $2, methods = $3, mail_domains = $4, console_networks = $5,
            key_networks = $6, updated_at = $7, revision = it.revision + 1
  RETURNING revision"
);

/// Keeps rules. Answers their revision.
pub async fn save(tx: &TenantTx, rules: &Rules) -> Result<i32, DbError> {
    let saved = tx
        .query_one(
            SAVE,
            &[
                &(rules.idle_minutes * 60),
                &rules.second_factor_required,
                &names(&rules.methods),
                &rules.mail_domains,
                &texts(&rules.console_networks),
                &texts(&rules.key_networks),
                &tx.now(),
            ],
        )
        .await?;
    saved.get("revision")
}

fn names(methods: &[Method]) -> Vec<&'static str> {
    methods.iter().map(|it| it.as_str()).collect()
}

fn texts(networks: &[Network]) -> Vec<String> {
    networks.iter().map(Network::to_string).collect()
}

// By the times that hold and those that come: what was over stays so.
const END_SESSIONS: Sql = sql!(
    "UPDATE sessions
        SET revoked_at = $1
      WHERE revoked_at IS NULL AND expires_at > $1 AND kind <> 'support' AND ($2::uuid IS NULL OR id <> $2)
        AND (method <> ALL ($3)
             OR kind = 'browser'
                AND COALESCE(last_seen_at, created_at) + make_interval(secs => LEAST(idle_s, $4) + 60) <= $1)
  RETURNING id"
);

/// Ends the sessions, but for `except`, that `rules` allow no more, and answers which.
pub async fn end_sessions(
    tx: &TenantTx,
    rules: &Rules,
    except: SessionId,
) -> Result<Vec<SessionId>, DbError> {
    let ended = tx
        .query(
            END_SESSIONS,
            &[
                &tx.now(),
                &except.uuid(),
                &names(&rules.methods),
                &(rules.idle_minutes * 60),
            ],
        )
        .await?;
    ended.iter().map(|row| row.id("id")).collect()
}

// Whoever looks for the platform was let in by consent, from networks of the platform's own.
const COPY: Sql = sql!(
    "WITH keys AS (
         UPDATE api_keys SET networks = NULLIF($3::text[], '{}')
          WHERE revoked_at IS NULL AND networks IS DISTINCT FROM NULLIF($3::text[], '{}')
     )
     UPDATE sessions
        SET idle_s = $1,
            networks = CASE kind WHEN 'support' THEN NULL ELSE NULLIF($2::text[], '{}') END,
            second_factor_required = $4 AND kind <> 'support'
      WHERE revoked_at IS NULL AND expires_at > $5"
);

/// Writes `rules` into the rows of everything that is open.
pub async fn copy(tx: &TenantTx, rules: &Rules) -> Result<(), DbError> {
    tx.execute(
        COPY,
        &[
            &(rules.idle_minutes * 60),
            &texts(&rules.console_networks),
            &texts(&rules.key_networks),
            &rules.second_factor_required,
            &tx.now(),
        ],
    )
    .await
    .map(drop)
}

const FETCH_EFFECTS: Sql = sql!(
    "WITH open AS (
         SELECT method <> ALL ($3)
                OR kind = 'browser'
                   AND COALESCE(last_seen_at, created_at) + make_interval(secs => LEAST(idle_s, $4) + 60) <= $1
                    AS ends,
                cardinality($5::text[]) > 0
                AND NOT COALESCE(COALESCE(last_address, address) <<= ANY ($5::text[]::inet[]), false) AS elsewhere,
                $6 AND NOT second_factor AS owing
           FROM sessions
          WHERE revoked_at IS NULL AND expires_at > $1 AND kind <> 'support' AND id <> $2
            AND (kind = 'program'
                 OR COALESCE(last_seen_at, created_at) + make_interval(secs => idle_s + 60) > $1)
     )
     SELECT count(*) FILTER (WHERE ends) AS ended,
            count(*) FILTER (WHERE NOT ends AND elsewhere) AS elsewhere,
            count(*) FILTER (WHERE NOT ends AND owing) AS owing,
            (SELECT count(*)
               FROM api_keys
              WHERE revoked_at IS NULL AND expires_at > $1 AND last_address IS NOT NULL
                AND cardinality($7::text[]) > 0
                AND NOT last_address <<= ANY ($7::text[]::inet[])) AS keys,
            (SELECT count(*)
               FROM users u
              WHERE u.state = 'active' AND u.totp_confirmed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)) AS without
       FROM open"
);

/// What `rules` would do at this moment to everybody but `except`.
pub async fn fetch_effects(
    tx: &TenantTx,
    rules: &Rules,
    except: SessionId,
) -> Result<Effects, DbError> {
    let row = tx
        .query_one(
            FETCH_EFFECTS,
            &[
                &tx.now(),
                &except.uuid(),
                &names(&rules.methods),
                &(rules.idle_minutes * 60),
                &texts(&rules.console_networks),
                &rules.second_factor_required,
                &texts(&rules.key_networks),
            ],
        )
        .await?;
    Ok(Effects {
        sessions_ended: row.get("ended")?,
        sessions_elsewhere: row.get("elsewhere")?,
        keys_elsewhere: row.get("keys")?,
        sessions_owing: row.get("owing")?,
        people_without_second_factor: row.get("without")?,
    })
}

const SHOW_SECOND_FACTOR: Sql = sql!("UPDATE sessions SET second_factor = true WHERE id = $1");

/// The owner of this session has shown a second factor in it.
pub async fn show_second_factor(tx: &TenantTx, session: SessionId) -> Result<(), DbError> {
    tx.execute(SHOW_SECOND_FACTOR, &[&session.uuid()])
        .await
        .map(drop)
}

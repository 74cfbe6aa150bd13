-- users, sessions, refresh_tokens, one_time_tokens: people live in their organisation's schema, so that leaving is
-- one schema. mails: outgoing mail is a row of its organisation. events, audit_log, auth_log: what happened, who did
-- it, and who tried to sign in. quotas: what the plan allows, counted in the transaction that uses it.
-- idempotency_keys: answers kept for a day.

CREATE TABLE users (
    id uuid NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    state text NOT NULL DEFAULT 'unverified',
    created_at timestamptz NOT NULL,
    verified_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_role_check CHECK (role IN ('owner', 'admin', 'manager', 'member', 'viewer')),
    CONSTRAINT users_state_check CHECK (state IN ('unverified', 'active', 'deactivated'))
);
-- One account an address, whatever its case.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

-- user_state and role are copies, kept by the same transaction that changes the user: one primary-key read
-- answers who is asking and what they may do.
CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    secret_hash bytea NOT NULL,
    user_state text NOT NULL,
    role text NOT NULL,
    user_agent text,
    address inet,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT sessions_kind_check CHECK (kind IN ('browser', 'program'))
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- Refresh tokens of a program's session. One that comes again gets another child (its answer was lost), until one
-- of its children was used: from then on whoever brings the parent or another child is a second holder.
CREATE TABLE refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    parent_hash bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    child_used_at timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id)
);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

CREATE TABLE one_time_tokens (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN ('verify_email'))
);
-- A newer token of the same purpose replaces the older one.
CREATE UNIQUE INDEX one_time_tokens_user_id_key ON one_time_tokens (user_id, purpose);

-- secret is the token a link carries: erased when the mail is sent.
CREATE TABLE mails (
    id uuid NOT NULL,
    template text NOT NULL,
    recipient text NOT NULL,
    params jsonb NOT NULL,
    secret text,
    dedupe_key text,
    state text NOT NULL DEFAULT 'queued',
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_state_check CHECK (state IN ('queued', 'sent', 'failed', 'superseded'))
);
CREATE UNIQUE INDEX mails_dedupe_key_key ON mails (dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX mails_created_at_idx ON mails (created_at);

CREATE TABLE events (
    id uuid NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id)
);

-- seq and hash are filled by the sealer, which chains the rows afterwards.
CREATE TABLE audit_log (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    address inet,
    request_id uuid NOT NULL,
    target_kind text NOT NULL,
    target_id uuid NOT NULL,
    before jsonb,
    after jsonb,
    seq bigint,
    hash bytea,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_seq_key UNIQUE (seq)
);

CREATE TABLE quotas (
    key text NOT NULL,
    used integer NOT NULL DEFAULT 0,
    max integer NOT NULL,
    CONSTRAINT quotas_pkey PRIMARY KEY (key),
    CONSTRAINT quotas_used_check CHECK (used >= 0)
);

CREATE TABLE idempotency_keys (
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    status smallint NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key_hash)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- Every attempt to sign in, kept apart from the audit log: refusals belong here.
CREATE TABLE auth_log (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    user_id uuid,
    address inet,
    user_agent text,
    request_id uuid NOT NULL,
    CONSTRAINT auth_log_pkey PRIMARY KEY (id)
);
CREATE INDEX auth_log_at_idx ON auth_log (at);

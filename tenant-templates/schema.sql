-- Generated from the migrations beside it; a test compares. Do not edit.

CREATE TABLE api_keys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    user_state text DEFAULT 'active'::text NOT NULL,
    role text NOT NULL,
    networks text[],
    per_minute integer,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    last_address inet,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT api_keys_per_minute_check CHECK (((per_minute >= 1) AND (per_minute <= 6000))),
    CONSTRAINT api_keys_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_log (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
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

CREATE TABLE auth_log (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    user_id uuid,
    address inet,
    user_agent text,
    request_id uuid NOT NULL,
    method text,
    session_id uuid,
    CONSTRAINT auth_log_pkey PRIMARY KEY (id)
);

CREATE TABLE devices (
    user_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (user_id, secret_hash)
);

CREATE TABLE endpoints (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    url text NOT NULL,
    method text NOT NULL,
    expected_codes text NOT NULL,
    interval_seconds integer NOT NULL,
    timeout_ms integer NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    state_changed_at timestamp with time zone NOT NULL,
    streak smallint DEFAULT 0 NOT NULL,
    streak_at timestamp with time zone,
    last_checked_at timestamp with time zone,
    last_result jsonb,
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT endpoints_kind_check CHECK ((kind = 'http'::text)),
    CONSTRAINT endpoints_pkey PRIMARY KEY (id),
    CONSTRAINT endpoints_state_check CHECK ((state = ANY (ARRAY['up'::text, 'down'::text, 'pending'::text, 'paused'::text, 'unknown'::text])))
);

CREATE TABLE events (
    id uuid NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id)
);

CREATE TABLE idempotency_keys (
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    status smallint NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key_hash)
);

CREATE TABLE identities (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'linked'::text NOT NULL,
    tokens bytea,
    tokens_expire_at timestamp with time zone,
    guilds jsonb,
    guilds_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT identities_pkey PRIMARY KEY (id),
    CONSTRAINT identities_provider_check CHECK ((provider = 'discord'::text)),
    CONSTRAINT identities_state_check CHECK ((state = ANY (ARRAY['linked'::text, 'ended'::text]))),
    CONSTRAINT identities_subject_key UNIQUE (provider, subject),
    CONSTRAINT identities_user_id_key UNIQUE (user_id, provider)
);

CREATE TABLE invitations (
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by uuid,
    revoked_at timestamp with time zone,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE mails (
    id uuid NOT NULL,
    template text NOT NULL,
    recipient text NOT NULL,
    params jsonb NOT NULL,
    secret text,
    dedupe_key text,
    state text DEFAULT 'queued'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'superseded'::text])))
);

CREATE TABLE one_time_tokens (
    token_hash bytea NOT NULL,
    user_id uuid,
    purpose text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    detail jsonb,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT one_time_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text, 'change_email'::text, 'confirm_email'::text, 'second_factor'::text, 'add_passkey'::text, 'use_passkey'::text, 'sign_in'::text, 'not_me'::text, 'take_ownership'::text, 'recover_ownership'::text])))
);

CREATE TABLE passkeys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    credential_id bytea NOT NULL,
    credential jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id),
    CONSTRAINT passkeys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT passkeys_pkey PRIMARY KEY (id)
);

CREATE TABLE quotas (
    key text NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    max integer NOT NULL,
    CONSTRAINT quotas_pkey PRIMARY KEY (key),
    CONSTRAINT quotas_used_check CHECK ((used >= 0))
);

CREATE TABLE refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    parent_hash bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    child_used_at timestamp with time zone,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash)
);

CREATE TABLE result_hours (
    endpoint_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    up_count integer NOT NULL,
    down_count integer NOT NULL,
    unknown_count integer NOT NULL,
    latency_buckets integer[] NOT NULL,
    CONSTRAINT result_hours_pkey PRIMARY KEY (endpoint_id, hour)
);

CREATE TABLE results (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    reason_code text NOT NULL,
    message text NOT NULL,
    status_code smallint,
    duration_us integer,
    dns_us integer,
    connect_us integer,
    tls_us integer,
    send_us integer,
    wait_us integer,
    receive_us integer,
    CONSTRAINT results_outcome_check CHECK ((outcome = ANY (ARRAY['up'::text, 'down'::text, 'unknown'::text]))),
    CONSTRAINT results_pkey PRIMARY KEY (id)
);

CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    secret_hash bytea NOT NULL,
    user_state text NOT NULL,
    role text NOT NULL,
    user_agent text,
    address inet,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    method text DEFAULT 'password'::text NOT NULL,
    authenticated_at timestamp with time zone,
    last_seen_at timestamp with time zone,
    last_address inet,
    idle_s integer DEFAULT 1209600 NOT NULL,
    networks text[],
    second_factor_required boolean DEFAULT false NOT NULL,
    second_factor boolean DEFAULT false NOT NULL,
    operator_id uuid,
    CONSTRAINT sessions_idle_s_check CHECK (((idle_s >= 900) AND (idle_s <= 1209600))),
    CONSTRAINT sessions_kind_check CHECK ((kind = ANY (ARRAY['browser'::text, 'program'::text, 'support'::text]))),
    CONSTRAINT sessions_method_check CHECK ((method = ANY (ARRAY['password'::text, 'passkey'::text, 'discord'::text, 'support'::text]))),
    CONSTRAINT sessions_operator_id_check CHECK (((kind = 'support'::text) = (operator_id IS NOT NULL))),
    CONSTRAINT sessions_pkey PRIMARY KEY (id)
);

CREATE TABLE sign_in_policy (
    id boolean DEFAULT true NOT NULL,
    idle_s integer NOT NULL,
    second_factor_required boolean NOT NULL,
    methods text[] NOT NULL,
    mail_domains text[] NOT NULL,
    console_networks text[] NOT NULL,
    key_networks text[] NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_policy_id_check CHECK (id),
    CONSTRAINT sign_in_policy_idle_s_check CHECK (((idle_s >= 900) AND (idle_s <= 1209600))),
    CONSTRAINT sign_in_policy_pkey PRIMARY KEY (id)
);

CREATE TABLE users (
    id uuid NOT NULL,
    email text NOT NULL,
    password_hash text,
    role text NOT NULL,
    state text DEFAULT 'unverified'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone,
    name text,
    password_changed_at timestamp with time zone,
    totp_secret bytea,
    totp_confirmed_at timestamp with time zone,
    totp_last_step bigint DEFAULT 0 NOT NULL,
    recovery_codes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    CONSTRAINT users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT users_state_check CHECK ((state = ANY (ARRAY['unverified'::text, 'active'::text, 'deactivated'::text])))
);

CREATE INDEX api_keys_user_id_idx ON api_keys USING btree (user_id);
CREATE INDEX audit_log_actor_id_idx ON audit_log USING btree (actor_id, id);
CREATE INDEX audit_log_target_id_idx ON audit_log USING btree (target_id, id);
CREATE INDEX audit_log_unsealed_idx ON audit_log USING btree (id) WHERE (seq IS NULL);
CREATE INDEX auth_log_address_idx ON auth_log USING btree (at) WHERE (address IS NOT NULL);
CREATE INDEX auth_log_user_id_idx ON auth_log USING btree (user_id, id) WHERE (outcome <> 'refreshed'::text);
CREATE UNIQUE INDEX endpoints_url_key ON endpoints USING btree (kind, url) WHERE (deleted_at IS NULL);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys USING btree (created_at);
CREATE UNIQUE INDEX invitations_email_key ON invitations USING btree (lower(email)) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE INDEX mails_created_at_idx ON mails USING btree (created_at);
CREATE UNIQUE INDEX mails_dedupe_key_key ON mails USING btree (dedupe_key) WHERE (dedupe_key IS NOT NULL);
CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens USING btree (expires_at);
CREATE UNIQUE INDEX one_time_tokens_user_id_key ON one_time_tokens USING btree (user_id, purpose);
CREATE INDEX passkeys_user_id_idx ON passkeys USING btree (user_id);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens USING btree (session_id);
CREATE INDEX results_endpoint_id_idx ON results USING btree (endpoint_id, checked_at DESC, id DESC);
CREATE INDEX sessions_expires_at_idx ON sessions USING btree (expires_at);
CREATE INDEX sessions_user_id_idx ON sessions USING btree (user_id);
CREATE UNIQUE INDEX users_email_key ON users USING btree (lower(email));

ALTER TABLE api_keys ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE devices ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE identities ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE one_time_tokens ADD CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE passkeys ADD CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id);
ALTER TABLE result_hours ADD CONSTRAINT result_hours_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES endpoints(id);
ALTER TABLE results ADD CONSTRAINT results_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES endpoints(id);
ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);

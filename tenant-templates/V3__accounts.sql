-- What accounts are beyond an address and a password. passkeys, identities: other proofs of who somebody is.
-- devices: from where they signed in before, so that a new place is told by mail. invitations: who may join, and as
-- what. api_keys: programs with less than a person's rights. sign_in_policy: the organisation's own rules.

ALTER TABLE users
    -- Null for whoever signs in by a passkey or an identity elsewhere alone.
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN name text,
    ADD COLUMN password_changed_at timestamptz,
    -- Sealed for this row. It asks for nothing until totp_confirmed_at: its owner may have lost the picture.
    ADD COLUMN totp_secret bytea,
    ADD COLUMN totp_confirmed_at timestamptz,
    -- The last time step whose code was taken: a code is good once.
    ADD COLUMN totp_last_step bigint NOT NULL DEFAULT 0,
    -- Hashes of the codes that are left.
    ADD COLUMN recovery_codes bytea[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT users_name_check CHECK (length(name) BETWEEN 1 AND 120);

-- idle_s, networks and second_factor_required are copies of the organisation's rules, as role is one of the
-- person's: the gate reads one row.
ALTER TABLE sessions
    ADD COLUMN method text NOT NULL DEFAULT 'password',
    -- When its owner last proved who they are: sensitive acts want that to be minutes ago. Null, as in the next one,
    -- for the session's beginning.
    ADD COLUMN authenticated_at timestamptz,
    ADD COLUMN last_seen_at timestamptz,
    ADD COLUMN last_address inet,
    ADD COLUMN idle_s integer NOT NULL DEFAULT 1209600,
    -- Null for anywhere.
    ADD COLUMN networks text[],
    ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false,
    -- Whether its owner has shown more than a password or who they are elsewhere.
    ADD COLUMN second_factor boolean NOT NULL DEFAULT false,
    -- Somebody of the platform who looks at what user_id sees, with consent.
    ADD COLUMN operator_id uuid,
    DROP CONSTRAINT sessions_kind_check,
    ADD CONSTRAINT sessions_kind_check CHECK (kind IN ('browser', 'program', 'support')),
    ADD CONSTRAINT sessions_method_check CHECK (method IN ('password', 'passkey', 'discord', 'support')),
    ADD CONSTRAINT sessions_idle_s_check CHECK (idle_s BETWEEN 900 AND 1209600),
    ADD CONSTRAINT sessions_operator_id_check CHECK ((kind = 'support') = (operator_id IS NOT NULL));

-- user_id is null while nobody has said who they are: a passkey's challenge. detail is what the purpose needs
-- besides: a new address, the state of a ceremony. Never a secret.
ALTER TABLE one_time_tokens
    ALTER COLUMN user_id DROP NOT NULL,
    ADD COLUMN detail jsonb,
    DROP CONSTRAINT one_time_tokens_purpose_check,
    ADD CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN (
        'verify_email', 'reset_password', 'change_email', 'confirm_email', 'second_factor',
        'add_passkey', 'use_passkey', 'sign_in', 'not_me', 'take_ownership', 'recover_ownership'));
CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens (expires_at);

CREATE TABLE passkeys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    -- The host it was made on: browsers offer it there and nowhere else.
    host text NOT NULL,
    credential_id bytea NOT NULL,
    -- The public key, its counter and flags, as the library that checks signatures keeps them.
    credential jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id),
    CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id),
    CONSTRAINT passkeys_name_check CHECK (length(name) BETWEEN 1 AND 120)
);
CREATE INDEX passkeys_user_id_idx ON passkeys (user_id);

CREATE TABLE identities (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    -- Who it is there. Never changes, unlike the name.
    subject text NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'linked',
    -- The provider's tokens, sealed for this row; null once the link has ended.
    tokens bytea,
    tokens_expire_at timestamptz,
    guilds jsonb,
    guilds_at timestamptz,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT identities_pkey PRIMARY KEY (id),
    CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT identities_provider_check CHECK (provider IN ('discord')),
    CONSTRAINT identities_state_check CHECK (state IN ('linked', 'ended')),
    CONSTRAINT identities_subject_key UNIQUE (provider, subject),
    CONSTRAINT identities_user_id_key UNIQUE (user_id, provider)
);

CREATE TABLE devices (
    user_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (user_id, secret_hash),
    CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE invitations (
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid,
    revoked_at timestamptz,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'manager', 'member', 'viewer'))
);
-- One open invitation an address.
CREATE UNIQUE INDEX invitations_email_key ON invitations (lower(email))
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- user_id is whoever made the key: it does nothing that they may not, and ends with them.
CREATE TABLE api_keys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    -- Copies of the person's, and of the organisation's rules.
    user_state text NOT NULL DEFAULT 'active',
    role text NOT NULL,
    networks text[],
    per_minute integer,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    last_address inet,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT api_keys_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT api_keys_per_minute_check CHECK (per_minute BETWEEN 1 AND 6000)
);
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);

-- One row, once somebody has changed a rule.
CREATE TABLE sign_in_policy (
    id boolean NOT NULL DEFAULT true,
    idle_s integer NOT NULL,
    second_factor_required boolean NOT NULL,
    methods text[] NOT NULL,
    -- Of people who are invited; empty for any.
    mail_domains text[] NOT NULL,
    console_networks text[] NOT NULL,
    key_networks text[] NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL,
    CONSTRAINT sign_in_policy_pkey PRIMARY KEY (id),
    CONSTRAINT sign_in_policy_id_check CHECK (id),
    CONSTRAINT sign_in_policy_idle_s_check CHECK (idle_s BETWEEN 900 AND 1209600)
);

ALTER TABLE auth_log
    ADD COLUMN method text,
    ADD COLUMN session_id uuid;
-- Refreshed tokens are most of the rows, and nobody's history.
CREATE INDEX auth_log_user_id_idx ON auth_log (user_id, id) WHERE outcome <> 'refreshed';
-- Everybody's are listed by id, which begins with the time; addresses are forgotten the oldest first.
DROP INDEX auth_log_at_idx;
CREATE INDEX auth_log_address_idx ON auth_log (at) WHERE address IS NOT NULL;

-- What the sealer has yet to chain; and what a person did, or what was done to a thing.
CREATE INDEX audit_log_unsealed_idx ON audit_log (id) WHERE seq IS NULL;
CREATE INDEX audit_log_actor_id_idx ON audit_log (actor_id, id);
CREATE INDEX audit_log_target_id_idx ON audit_log (target_id, id);

-- The operators' own accounts and sessions. No organisation's role may see any of it.

CREATE TABLE platform.operators (
    id uuid NOT NULL,
    -- In the form in which two spellings of one address are equal.
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    state text NOT NULL DEFAULT 'active',
    -- Argon2id, in the PHC string format.
    password_hash text NOT NULL,
    -- Sealed with a key made from SIGNALBOX_SECRET_KEY, for this row alone.
    totp_secret bytea NOT NULL,
    -- The last time step whose code was taken: a code is good once.
    totp_last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    last_login_at timestamptz,
    CONSTRAINT operators_pkey PRIMARY KEY (id),
    CONSTRAINT operators_email_key UNIQUE (email),
    CONSTRAINT operators_email_check CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    CONSTRAINT operators_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT operators_role_check CHECK (role IN ('support', 'operator', 'administrator')),
    CONSTRAINT operators_state_check CHECK (state IN ('active', 'disabled'))
);

CREATE TABLE platform.operator_sessions (
    id uuid NOT NULL,
    operator_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    address inet,
    user_agent text,
    revoked_at timestamptz,
    CONSTRAINT operator_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT operator_sessions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES platform.operators (id),
    CONSTRAINT operator_sessions_secret_hash_check CHECK (length(secret_hash) = 32),
    CONSTRAINT operator_sessions_user_agent_check CHECK (length(user_agent) <= 300)
);
CREATE INDEX operator_sessions_operator_id_idx ON platform.operator_sessions (operator_id, id);

-- What was done by one operator, the newest first.
CREATE INDEX operator_audit_actor_idx ON platform.operator_audit (actor, id);

GRANT SELECT, INSERT, UPDATE ON platform.operators TO signalbox_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.operator_sessions TO signalbox_app;

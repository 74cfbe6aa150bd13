-- The schema every process shares: who the tenants are, where they are reached, and what is due.
-- Pointers, times and money only; an organisation's own content never lives here.

CREATE TABLE platform.tenants (
    id uuid NOT NULL,
    schema_name text NOT NULL,
    -- pooled: made and empty, waiting for an organisation.
    state text NOT NULL DEFAULT 'pooled',
    slug text,
    name text,
    schema_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    claimed_at timestamptz,
    verified_at timestamptz,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_schema_name_key UNIQUE (schema_name),
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_schema_name_check CHECK (schema_name ~ '^t_[a-z2-7]{26}$'),
    CONSTRAINT tenants_slug_check CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND length(slug) BETWEEN 3 AND 40),
    CONSTRAINT tenants_state_check CHECK (
        state IN ('pooled', 'active', 'read_only', 'suspended', 'deleting', 'deleted')
        AND ((state = 'pooled') = (slug IS NULL))
        AND ((slug IS NULL) = (name IS NULL))
    )
);
CREATE INDEX tenants_pooled_idx ON platform.tenants (created_at) WHERE state = 'pooled';

CREATE TABLE platform.hosts (
    host text NOT NULL,
    tenant_id uuid NOT NULL,
    canonical boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT hosts_pkey PRIMARY KEY (host),
    CONSTRAINT hosts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id),
    CONSTRAINT hosts_host_check CHECK (host = lower(host) AND length(host) BETWEEN 1 AND 253)
);
CREATE UNIQUE INDEX hosts_canonical_key ON platform.hosts (tenant_id) WHERE canonical;

-- Whose address belongs to which workspace, by keyed hash: the address itself stays with the tenant.
CREATE TABLE platform.address_hashes (
    address_hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT address_hashes_pkey PRIMARY KEY (address_hash, tenant_id),
    CONSTRAINT address_hashes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id),
    CONSTRAINT address_hashes_address_hash_check CHECK (length(address_hash) = 32)
);

-- "Find my workspace" asked for an address; answered by the worker, so that every answer takes as long.
CREATE TABLE platform.workspace_searches (
    id uuid NOT NULL,
    address_hash bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    CONSTRAINT workspace_searches_pkey PRIMARY KEY (id)
);

-- Answers of registrations by Idempotency-Key, for a day. They hold no token.
CREATE TABLE platform.idempotency_keys (
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key_hash)
);

-- Sign-in, registration and resend limits count here always. Generic cell rate algorithm:
-- full_at is the instant at which the bucket is empty again.
CREATE TABLE platform.rate_limits (
    bucket text NOT NULL,
    subject_hash bytea NOT NULL,
    full_at timestamptz NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket, subject_hash)
);
CREATE INDEX rate_limits_full_at_idx ON platform.rate_limits (full_at);

-- The one queue. tenant is the schema's name; NULL is the platform's own work.
CREATE TABLE platform.work (
    id uuid NOT NULL,
    tenant text DEFAULT current_schema(),
    kind text NOT NULL,
    ref uuid NOT NULL,
    due_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    fence bigint NOT NULL DEFAULT 0,
    dead_at timestamptz,
    last_error text,
    CONSTRAINT work_pkey PRIMARY KEY (id)
);
CREATE INDEX work_due_at_idx ON platform.work (due_at) WHERE dead_at IS NULL;
CREATE INDEX work_dead_at_idx ON platform.work (dead_at) WHERE dead_at IS NOT NULL;

-- When each endpoint is checked next. Same lease rules as the queue.
CREATE TABLE platform.check_schedule (
    -- Collated as the name it is compared with: only so does the policy below find its rows by the key.
    tenant text COLLATE "C" NOT NULL DEFAULT current_schema(),
    endpoint_id uuid NOT NULL,
    interval_ms bigint NOT NULL,
    next_due_at timestamptz NOT NULL,
    leased_until timestamptz,
    -- Begins beyond whatever an earlier row of the same endpoint has reached, so that a result claimed
    -- before a pause is never taken for one claimed after it.
    fence bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    CONSTRAINT check_schedule_pkey PRIMARY KEY (tenant, endpoint_id),
    CONSTRAINT check_schedule_interval_ms_check CHECK (interval_ms > 0)
);
CREATE INDEX check_schedule_next_due_at_idx ON platform.check_schedule (next_due_at);

-- What the login that serves may do. It owns nothing and makes nothing.
GRANT USAGE ON SCHEMA platform TO signalbox_app;
GRANT SELECT, UPDATE ON platform.tenants TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON platform.hosts TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON platform.address_hashes TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON platform.workspace_searches TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON platform.idempotency_keys TO signalbox_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.rate_limits TO signalbox_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.work TO signalbox_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.check_schedule TO signalbox_app;

-- What every tenant's role may do here: its own rows of two tables, and never say whose they are.
GRANT USAGE ON SCHEMA platform TO signalbox_tenant;
GRANT INSERT (id, kind, ref, due_at) ON platform.work TO signalbox_tenant;
GRANT SELECT, DELETE, INSERT (endpoint_id, interval_ms, next_due_at),
    UPDATE (interval_ms, next_due_at, leased_until, fence) ON platform.check_schedule TO signalbox_tenant;

ALTER TABLE platform.work ENABLE ROW LEVEL SECURITY;
CREATE POLICY work_app ON platform.work TO signalbox_app USING (true) WITH CHECK (true);
CREATE POLICY work_tenant ON platform.work TO signalbox_tenant
    USING (tenant = current_schema()) WITH CHECK (tenant = current_schema());

ALTER TABLE platform.check_schedule ENABLE ROW LEVEL SECURITY;
CREATE POLICY check_schedule_app ON platform.check_schedule TO signalbox_app USING (true) WITH CHECK (true);
CREATE POLICY check_schedule_tenant ON platform.check_schedule TO signalbox_tenant
    USING (tenant = current_schema()) WITH CHECK (tenant = current_schema());

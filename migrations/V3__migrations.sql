-- The ledger of migrations: what was attempted, when, by whom, and what came of it. Where a tenant stands is
-- platform.tenants.schema_version and nothing else. The owner login alone reads and writes these tables.

CREATE TABLE platform.migration_runs (
    id uuid NOT NULL,
    -- run: everybody who is behind; retry: those whose last attempt failed.
    kind text NOT NULL,
    target_version integer NOT NULL,
    -- done: everybody stands at the target; incomplete: some failed; halted: too many did, and a person decides.
    state text NOT NULL DEFAULT 'running',
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    halted_because text,
    -- As they were when a worker last left the run; while it goes on, the attempts say.
    planned_count integer NOT NULL DEFAULT 0,
    done_count integer NOT NULL DEFAULT 0,
    failed_count integer NOT NULL DEFAULT 0,
    CONSTRAINT migration_runs_pkey PRIMARY KEY (id),
    CONSTRAINT migration_runs_kind_check CHECK (kind IN ('run', 'retry')),
    CONSTRAINT migration_runs_state_check CHECK (
        state IN ('running', 'halted', 'done', 'incomplete') AND (state = 'running') = (ended_at IS NULL)
    ),
    CONSTRAINT migration_runs_halted_because_check CHECK (length(halted_because) <= 500)
);
-- Whoever begins a run while another goes on joins that one.
CREATE UNIQUE INDEX migration_runs_target_version_key ON platform.migration_runs (target_version)
    WHERE state = 'running';

-- One row for each attempt, made when the run is planned. tenant_id is no foreign key: a tenant may be purged,
-- and what was attempted stays true.
CREATE TABLE platform.migration_attempts (
    run_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    attempt smallint NOT NULL,
    -- 0 canary, 1 one in a hundred, 2 one in ten, 3 the rest.
    ring smallint NOT NULL,
    place integer NOT NULL,
    from_version integer NOT NULL,
    version integer NOT NULL,
    -- Whose session holds the attempt: it is alive while the advisory lock of this name is held.
    worker text,
    started_at timestamptz,
    ended_at timestamptz,
    -- How often it gave way to whoever held a lock.
    gave_way_count integer NOT NULL DEFAULT 0,
    outcome text,
    error text,
    -- A person has seen the outcome and let the run go on: it does not halt it again.
    accepted boolean NOT NULL DEFAULT false,
    CONSTRAINT migration_attempts_pkey PRIMARY KEY (run_id, tenant_id, attempt),
    CONSTRAINT migration_attempts_run_id_fkey FOREIGN KEY (run_id) REFERENCES platform.migration_runs (id),
    CONSTRAINT migration_attempts_ring_check CHECK (ring BETWEEN 0 AND 3),
    CONSTRAINT migration_attempts_worker_check CHECK (
        length(worker) <= 100 AND (worker IS NULL) = (started_at IS NULL)
    ),
    CONSTRAINT migration_attempts_outcome_check CHECK (
        outcome IN ('done', 'failed', 'locked', 'abandoned', 'gone')
        AND (outcome IS NULL) = (ended_at IS NULL)
        AND (ended_at IS NULL OR started_at IS NOT NULL)
    ),
    CONSTRAINT migration_attempts_error_check CHECK (length(error) <= 500)
);
CREATE INDEX migration_attempts_waiting_idx ON platform.migration_attempts (run_id, ring, place)
    WHERE started_at IS NULL;
CREATE INDEX migration_attempts_open_idx ON platform.migration_attempts (run_id)
    WHERE started_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX migration_attempts_tenant_id_idx ON platform.migration_attempts (tenant_id, ended_at);

-- endpoints: what is watched, its state kept beside it. results: every check as it was measured.
-- result_hours: the same by the hour, with a mergeable histogram, so that a window's percentile is one short read.

CREATE TABLE endpoints (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    url text NOT NULL,
    method text NOT NULL,
    expected_codes text NOT NULL,
    interval_seconds integer NOT NULL,
    timeout_ms integer NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    state_changed_at timestamptz NOT NULL,
    -- Results in a row that speak against the state and wait for confirmation; negative for ones that say
    -- nothing about the target. The first of them was measured at streak_at.
    streak smallint NOT NULL DEFAULT 0,
    streak_at timestamptz,
    last_checked_at timestamptz,
    last_result jsonb,
    -- Counts changes people make: the entity tag.
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    paused_at timestamptz,
    deleted_at timestamptz,
    CONSTRAINT endpoints_pkey PRIMARY KEY (id),
    CONSTRAINT endpoints_kind_check CHECK (kind IN ('http')),
    CONSTRAINT endpoints_state_check CHECK (state IN ('up', 'down', 'pending', 'paused', 'unknown'))
);
CREATE UNIQUE INDEX endpoints_url_key ON endpoints (kind, url) WHERE deleted_at IS NULL;

CREATE TABLE results (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    checked_at timestamptz NOT NULL,
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
    CONSTRAINT results_pkey PRIMARY KEY (id),
    CONSTRAINT results_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES endpoints (id),
    CONSTRAINT results_outcome_check CHECK (outcome IN ('up', 'down', 'unknown'))
);
CREATE INDEX results_endpoint_id_idx ON results (endpoint_id, checked_at DESC, id DESC);

CREATE TABLE result_hours (
    endpoint_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    up_count integer NOT NULL,
    down_count integer NOT NULL,
    unknown_count integer NOT NULL,
    -- Counts of successful checks by duration: element n counts those up to 100 * 1.1^n microseconds and
    -- above n - 1's. Its bounds reach as far as there are counts, and a gap is NULL.
    latency_buckets integer[] NOT NULL,
    CONSTRAINT result_hours_pkey PRIMARY KEY (endpoint_id, hour),
    CONSTRAINT result_hours_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES endpoints (id)
);

-- Networks whose addresses operators trust or block. Every process reads them with the switches, and keeps them
-- until it is told of a change.

CREATE TABLE platform.networks (
    id uuid NOT NULL,
    -- In the one spelling that each network has: the application compares, and the database only keeps them apart.
    network text COLLATE "C" NOT NULL,
    verdict text NOT NULL,
    reason text NOT NULL,
    -- The moment from which it means nothing any more. Null: until somebody removes it.
    until timestamptz,
    created_at timestamptz NOT NULL,
    -- As operator_audit names whoever acts.
    created_by text NOT NULL,
    CONSTRAINT networks_pkey PRIMARY KEY (id),
    CONSTRAINT networks_network_key UNIQUE (network),
    CONSTRAINT networks_verdict_check CHECK (verdict IN ('trusted', 'blocked')),
    CONSTRAINT networks_reason_check CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT networks_until_check CHECK (until > created_at)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform.networks TO signalbox_app;

-- The life of an organisation after registration: states with a reason, days of grace, other hosts, and what operators did.

ALTER TABLE platform.tenants
    ADD COLUMN plan text NOT NULL DEFAULT 'free',
    ADD COLUMN state_changed_at timestamptz,
    -- For the organisation's people and for operators: why it is not active.
    ADD COLUMN state_reason text,
    -- The state to go back to when a deletion is undone.
    ADD COLUMN state_before text,
    -- End of the days of grace.
    ADD COLUMN purge_at timestamptz,
    -- Noted at most once an hour.
    ADD COLUMN last_active_at timestamptz,
    ADD COLUMN size_bytes bigint,
    ADD COLUMN sized_at timestamptz,
    DROP CONSTRAINT tenants_state_check,
    -- Neither a schema in waiting nor a tombstone has a name.
    ADD CONSTRAINT tenants_state_check CHECK (
        state IN ('pooled', 'active', 'read_only', 'suspended', 'deleting', 'deleted')
        AND ((state IN ('pooled', 'deleted')) = (slug IS NULL))
        AND ((slug IS NULL) = (name IS NULL))
    ),
    ADD CONSTRAINT tenants_purge_at_check CHECK (
        (state = 'deleting') = (purge_at IS NOT NULL) AND (state = 'deleting') = (state_before IS NOT NULL)
    ),
    ADD CONSTRAINT tenants_plan_check CHECK (length(plan) BETWEEN 1 AND 40),
    ADD CONSTRAINT tenants_state_reason_check CHECK (length(state_reason) <= 500);
CREATE INDEX tenants_purge_at_idx ON platform.tenants (purge_at) WHERE state = 'deleting';
CREATE INDEX tenants_claimed_at_idx ON platform.tenants (claimed_at) WHERE claimed_at IS NOT NULL;

-- canonical: where the console signs in. own: <slug>.<base domain>, an earlier one redirects until
-- redirects_until. custom: an organisation's own domain, served only while proven.
ALTER TABLE platform.hosts
    ADD COLUMN kind text NOT NULL DEFAULT 'own',
    ADD COLUMN redirects_until timestamptz,
    -- What the TXT record must hold.
    ADD COLUMN proof text,
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN checked_at timestamptz,
    -- Since when the record has been missing.
    ADD COLUMN failing_since timestamptz,
    ADD CONSTRAINT hosts_kind_check CHECK (
        (kind = 'own' AND proof IS NULL) OR (kind = 'custom' AND proof IS NOT NULL)
    ),
    ADD CONSTRAINT hosts_canonical_check CHECK (
        NOT canonical OR (redirects_until IS NULL AND (kind = 'own' OR verified_at IS NOT NULL))
    );
CREATE INDEX hosts_tenant_id_idx ON platform.hosts (tenant_id);
CREATE INDEX hosts_redirects_until_idx ON platform.hosts (redirects_until) WHERE redirects_until IS NOT NULL;
CREATE INDEX hosts_checked_at_idx ON platform.hosts (checked_at NULLS FIRST) WHERE kind = 'custom';

-- Names of deleted organisations, which nobody else may take for a while.
CREATE TABLE platform.tombstones (
    slug text NOT NULL,
    tenant_id uuid NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT tombstones_pkey PRIMARY KEY (slug),
    CONSTRAINT tombstones_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id)
);
CREATE INDEX tombstones_until_idx ON platform.tombstones (until);

-- What operators, and the platform on its own, did to organisations. Append only.
CREATE TABLE platform.operator_audit (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    -- cli:<user of the machine>, operator:<id>, worker.
    actor text NOT NULL,
    action text NOT NULL,
    tenant_id uuid,
    -- The slug or host as it was.
    subject text,
    reason text,
    detail jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT operator_audit_pkey PRIMARY KEY (id),
    CONSTRAINT operator_audit_reason_check CHECK (length(reason) <= 500)
);
CREATE INDEX operator_audit_tenant_id_idx ON platform.operator_audit (tenant_id, id);

GRANT SELECT, INSERT, DELETE ON platform.tombstones TO signalbox_app;
GRANT SELECT, INSERT ON platform.operator_audit TO signalbox_app;
GRANT UPDATE ON platform.hosts TO signalbox_app;

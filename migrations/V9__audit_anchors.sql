-- How far each organisation's audit log was sealed. A log can be cut off or written anew by whoever can write to
-- its table; this row says what it was, and no organisation's role can change it.

CREATE TABLE platform.audit_anchors (
    -- Collated as the name it is compared with, as in check_schedule.
    tenant text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    CONSTRAINT audit_anchors_pkey PRIMARY KEY (tenant),
    CONSTRAINT audit_anchors_seq_check CHECK (seq > 0),
    CONSTRAINT audit_anchors_hash_check CHECK (length(hash) = 32)
);

GRANT SELECT, INSERT, UPDATE ON platform.audit_anchors TO signalbox_app;
GRANT SELECT ON platform.audit_anchors TO signalbox_tenant;

ALTER TABLE platform.audit_anchors ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_anchors_app ON platform.audit_anchors TO signalbox_app USING (true) WITH CHECK (true);
CREATE POLICY audit_anchors_tenant ON platform.audit_anchors FOR SELECT TO signalbox_tenant
    USING (tenant = current_schema());

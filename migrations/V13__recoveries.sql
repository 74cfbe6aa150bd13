-- Owners who lost access: an operator asks for another address, everybody of the organisation is told, and after a
-- waiting time a link to a new password goes there.

-- One recovery: asked for where a second operator has to approve, waiting, its link sent, over. What was shown as
-- proof is in the operators' audit alone.
CREATE TABLE platform.recoveries (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    -- Whose way in it is: a user of the organisation.
    owner_id uuid NOT NULL,
    -- Where the link goes. None once it is over.
    email text,
    -- The request that a second operator decides about, where there has to be one.
    approval_id uuid,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When its state is over at the latest: the request lapses, the link is sent, the link works no more.
    due_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT recoveries_pkey PRIMARY KEY (id),
    CONSTRAINT recoveries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id),
    CONSTRAINT recoveries_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES platform.operator_approvals (id),
    CONSTRAINT recoveries_state_check CHECK (
        state IN ('asked', 'waiting', 'sent', 'done', 'stopped', 'expired', 'void')
        AND (state IN ('asked', 'waiting', 'sent')) = (ended_at IS NULL)
    ),
    CONSTRAINT recoveries_email_check CHECK ((email IS NULL) = (ended_at IS NOT NULL))
);
-- One at a time.
CREATE UNIQUE INDEX recoveries_tenant_id_key ON platform.recoveries (tenant_id) WHERE ended_at IS NULL;
CREATE INDEX recoveries_due_at_idx ON platform.recoveries (due_at) WHERE state = 'asked';
CREATE INDEX recoveries_ended_at_idx ON platform.recoveries (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX recoveries_approval_id_idx ON platform.recoveries (approval_id) WHERE approval_id IS NOT NULL;

ALTER TABLE platform.operator_approvals
    DROP CONSTRAINT operator_approvals_verb_check,
    ADD CONSTRAINT operator_approvals_verb_check CHECK (verb IN ('suspend', 'freeze', 'delete', 'recover'));

GRANT SELECT, INSERT, UPDATE, DELETE ON platform.recoveries TO signalbox_app;

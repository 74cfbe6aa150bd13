-- Support access, which an organisation consents to; operators' tokens for programs; acts that a second operator approves.

ALTER TABLE platform.tenants
    -- Until when the organisation lets operators look; none: not at all. The year 9999 stands for "until it is
    -- switched off".
    ADD COLUMN support_until timestamptz;

-- One look of an operator at an organisation: asked for, entered with a code, over. Reason and ticket are shown
-- to the organisation.
CREATE TABLE platform.support_accesses (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    operator_id uuid NOT NULL,
    reason text NOT NULL,
    ticket text,
    -- Of the code in the link; none once it was used.
    code_hash bytea,
    created_at timestamptz NOT NULL,
    code_expires_at timestamptz NOT NULL,
    -- The session in the organisation's schema that the code was exchanged for.
    session_id uuid,
    began_at timestamptz,
    -- At the latest.
    ends_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT support_accesses_pkey PRIMARY KEY (id),
    CONSTRAINT support_accesses_code_hash_key UNIQUE (code_hash),
    CONSTRAINT support_accesses_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id),
    CONSTRAINT support_accesses_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES platform.operators (id),
    CONSTRAINT support_accesses_code_hash_check CHECK (length(code_hash) = 32),
    CONSTRAINT support_accesses_reason_check CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT support_accesses_ticket_check CHECK (length(ticket) BETWEEN 1 AND 120),
    CONSTRAINT support_accesses_session_id_check CHECK (
        (session_id IS NULL) = (began_at IS NULL) AND (began_at IS NULL) = (ends_at IS NULL)
        AND (session_id IS NULL OR code_hash IS NULL) AND (ended_at IS NULL OR session_id IS NOT NULL)
    )
);
CREATE INDEX support_accesses_tenant_id_idx ON platform.support_accesses (tenant_id, id);
CREATE INDEX support_accesses_operator_id_idx ON platform.support_accesses (operator_id, id);
CREATE INDEX support_accesses_ends_at_idx ON platform.support_accesses (ends_at)
    WHERE session_id IS NOT NULL AND ended_at IS NULL;

-- Keys of operators' programs. What a token may do is what is listed here and what its operator's role allows,
-- at the moment of the request.
CREATE TABLE platform.operator_tokens (
    id uuid NOT NULL,
    operator_id uuid NOT NULL,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    permissions text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- To the minute.
    last_used_at timestamptz,
    last_address inet,
    revoked_at timestamptz,
    CONSTRAINT operator_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT operator_tokens_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES platform.operators (id),
    CONSTRAINT operator_tokens_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT operator_tokens_secret_hash_check CHECK (length(secret_hash) = 32),
    CONSTRAINT operator_tokens_permissions_check CHECK (cardinality(permissions) > 0),
    CONSTRAINT operator_tokens_expires_at_check CHECK (expires_at <= created_at + interval '366 days')
);
CREATE INDEX operator_tokens_operator_id_idx ON platform.operator_tokens (operator_id, id);

-- What one operator asked for and another one decides about. Over without a decision after expires_at.
CREATE TABLE platform.operator_approvals (
    id uuid NOT NULL,
    verb text NOT NULL,
    -- None where an organisation it was about has been dropped.
    reason text,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT operator_approvals_pkey PRIMARY KEY (id),
    CONSTRAINT operator_approvals_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES platform.operators (id),
    CONSTRAINT operator_approvals_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES platform.operators (id),
    CONSTRAINT operator_approvals_verb_check CHECK (verb IN ('suspend', 'freeze', 'delete')),
    CONSTRAINT operator_approvals_reason_check CHECK (length(reason) <= 500),
    CONSTRAINT operator_approvals_state_check CHECK (
        state IN ('pending', 'approved', 'rejected')
        AND (state = 'pending') = (decided_by IS NULL) AND (state = 'pending') = (decided_at IS NULL)
    ),
    -- The wall behind the rule: nobody approves what they asked for.
    CONSTRAINT operator_approvals_decided_by_check CHECK (state <> 'approved' OR decided_by <> requested_by)
);
CREATE INDEX operator_approvals_expires_at_idx ON platform.operator_approvals (expires_at) WHERE state = 'pending';

-- The organisations of a request, in the order they were named in, and what became of each.
CREATE TABLE platform.approval_tenants (
    approval_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    position smallint NOT NULL,
    -- As it was confirmed by whoever asked. None once the organisation has been dropped.
    slug text,
    -- done, or the code of the refusal; none until it was tried.
    outcome text,
    CONSTRAINT approval_tenants_pkey PRIMARY KEY (approval_id, tenant_id),
    CONSTRAINT approval_tenants_approval_id_fkey FOREIGN KEY (approval_id)
        REFERENCES platform.operator_approvals (id),
    CONSTRAINT approval_tenants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id)
);
CREATE INDEX approval_tenants_tenant_id_idx ON platform.approval_tenants (tenant_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform.support_accesses TO signalbox_app;
GRANT SELECT, INSERT, UPDATE ON platform.operator_tokens TO signalbox_app;
GRANT SELECT, INSERT, UPDATE ON platform.operator_approvals TO signalbox_app;
GRANT SELECT, INSERT, UPDATE ON platform.approval_tenants TO signalbox_app;

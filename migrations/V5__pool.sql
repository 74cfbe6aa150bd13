-- The pool of ready schemas: roles made ahead, whose turn it is, and what one organisation may use at once.

-- Roles whose schema is not made yet. Every new role rebuilds what each connection knows of memberships,
-- so they are made many at a time, long before they are needed.
CREATE TABLE platform.tenant_roles (
    name text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT tenant_roles_pkey PRIMARY KEY (name),
    CONSTRAINT tenant_roles_name_check CHECK (name ~ '^t_[a-z2-7]{26}$')
);

-- Work that one process does at a time. A holder that says nothing more has lost its turn, by the
-- database's own clock.
CREATE TABLE platform.leases (
    name text NOT NULL,
    holder uuid NOT NULL,
    leased_until timestamptz NOT NULL,
    CONSTRAINT leases_pkey PRIMARY KEY (name)
);

-- NULL: what everybody has.
ALTER TABLE platform.tenants
    ADD COLUMN statement_timeout_ms integer,
    ADD COLUMN max_transactions integer,
    ADD CONSTRAINT tenants_statement_timeout_ms_check CHECK (statement_timeout_ms BETWEEN 100 AND 600000),
    ADD CONSTRAINT tenants_max_transactions_check CHECK (max_transactions BETWEEN 1 AND 1000);

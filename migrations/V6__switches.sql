-- What operators switch for everybody, and modules switched off for one organisation.

-- One row: every process reads it, and keeps it until it is told of a change.
CREATE TABLE platform.switches (
    only_row boolean NOT NULL DEFAULT true,
    registration text NOT NULL DEFAULT 'open',
    maintenance boolean NOT NULL DEFAULT false,
    -- Shown at the top of every console.
    banner text,
    CONSTRAINT switches_pkey PRIMARY KEY (only_row),
    CONSTRAINT switches_only_row_check CHECK (only_row),
    CONSTRAINT switches_registration_check CHECK (registration IN ('open', 'invitation', 'closed')),
    CONSTRAINT switches_banner_check CHECK (length(banner) BETWEEN 1 AND 300)
);
INSERT INTO platform.switches (only_row) VALUES (true);

-- A row is a module that is off. Few organisations have any.
CREATE TABLE platform.module_switches (
    tenant_id uuid NOT NULL,
    module text NOT NULL,
    off_since timestamptz NOT NULL,
    CONSTRAINT module_switches_pkey PRIMARY KEY (tenant_id, module),
    CONSTRAINT module_switches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform.tenants (id)
);

GRANT SELECT, UPDATE ON platform.switches TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON platform.module_switches TO signalbox_app;

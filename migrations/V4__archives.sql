-- Backups of the whole database: when each was made, and whether restoring it was tried.

CREATE TABLE platform.backups (
    name text NOT NULL,
    made_at timestamptz NOT NULL,
    size_bytes bigint NOT NULL,
    -- When a restore of it last passed every comparison.
    verified_at timestamptz,
    CONSTRAINT backups_pkey PRIMARY KEY (name),
    CONSTRAINT backups_name_check CHECK (length(name) BETWEEN 1 AND 100)
);

GRANT SELECT ON platform.backups TO signalbox_app;

-- When a tenant's schema was last compared with what its version says, and since when it differs: told to
-- operators as a number, so that nobody has to ask.

ALTER TABLE platform.tenants
    ADD COLUMN compared_at timestamptz,
    ADD COLUMN drifted_at timestamptz;

-- Addresses are looked for under the keys that were replaced as well, and held by the present one's hash in the end.
ALTER TABLE platform.workspace_searches ADD COLUMN replaced_hashes bytea[] NOT NULL DEFAULT '{}';
GRANT UPDATE (address_hash) ON platform.address_hashes TO signalbox_app;
